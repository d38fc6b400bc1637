"""One SELECT as a plan. Pure.

What is asked of a finer entity than what is shown becomes "at least one", as people write such
golds; `id in (select id ...)` becomes "some". Depends on `sql_scope`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlglot import exp

from mqt_assets.training.sql_places import NotTranslated, plain
from mqt_assets.training.sql_reading import (
    joined,
    literal,
    needed_literal,
    outside_subqueries,
    whole,
)
from mqt_assets.training.sql_scope import Scope
from mqt_serving.query.graph import entity_of, field_schema, path, spanning_joins, with_parents
from mqt_serving.query.naming import leaf
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Operand,
    Or,
    Order,
    Output,
    Plan,
    Predicate,
    Related,
    Text,
    TextMatch,
    walk,
)

_COMPARATORS: Final[dict[type[exp.Expr], Comparator]] = {
    exp.EQ: Comparator.EQ, exp.NEQ: Comparator.NE, exp.GT: Comparator.GT,
    exp.GTE: Comparator.GTE, exp.LT: Comparator.LT, exp.LTE: Comparator.LTE,
}  # fmt: skip
_TURNED: Final = {
    Comparator.GT: Comparator.LT, Comparator.LT: Comparator.GT,
    Comparator.GTE: Comparator.LTE, Comparator.LTE: Comparator.GTE,
}  # fmt: skip


class Select(Scope):
    """Tests and the plan of a SELECT; everything raises `NotTranslated`."""

    # -------------------------------------------------------- predicates

    def predicate(self, node: exp.Expr) -> Predicate:
        match node:
            case exp.Paren():
                return self.predicate(node.this)
            case exp.And() | exp.Or():
                form: type[And] | type[Or] = And if isinstance(node, exp.And) else Or
                return joined(form, *(self.predicate(s) for s in (node.this, node.expression)))
            case exp.Not():
                return self._negated(node.this)
            case exp.In():
                return self._in(node, False)
            case exp.Between():
                return Between(
                    self.operand(node.this),
                    needed_literal(node.args["low"]),
                    needed_literal(node.args["high"]),
                )
            case exp.Like():
                return self._like(node, False)
            case exp.Is() if isinstance(node.expression, exp.Null):
                return IsNull(self._plain_field(node.this))
        if type(node) in _COMPARATORS:
            return self._compare(node)
        raise NotTranslated(f"a test that is {node.key}")

    def _negated(self, node: exp.Expr) -> Predicate:
        match node:
            case exp.In():
                return self._in(node, True)
            case exp.Like():
                return self._like(node, True)
            case exp.Is() if isinstance(node.expression, exp.Null):
                return IsNull(self._plain_field(node.this), True)
        return Not(self.predicate(node))

    def _plain_field(self, node: exp.Expr) -> Field:
        if not isinstance(node, exp.Column):
            raise NotTranslated("a test of something computed")
        return self.field(node)

    def _compare(self, node: exp.Expr) -> Predicate:
        op = _COMPARATORS[type(node)]
        left, right = node.this, node.expression
        if literal(left) is not None:
            left, right, op = right, left, _TURNED.get(op, op)
        value = literal(right)
        if value is not None:
            return Compare(self.operand(left), op, value)
        if isinstance(right, exp.Column):
            return Compare(self.operand(left), op, self.field(right))
        if isinstance(right, exp.Subquery):
            inner = self._translate(right)
            if any(self._is_extreme_of_text(output.value) for output in inner.outputs):
                raise NotTranslated("an extreme of text")
            return Compare(self.operand(left), op, inner)
        raise NotTranslated("a comparison with something else")

    def _is_extreme_of_text(self, value: object) -> bool:
        """Of numbers kept as text the largest is a number: it equals none of the texts."""
        return (
            isinstance(value, Aggregate)
            and value.function in (Function.MIN, Function.MAX)
            and isinstance(value.argument, Field)
            and field_schema(value.argument, self.catalog).numeric_text
        )

    def _in(self, node: exp.In, negated: bool) -> Predicate:
        query = node.args.get("query")
        if query is None:
            values = tuple(needed_literal(item) for item in node.expressions)
            return In(self.operand(node.this), values, negated)
        inner = query.this if isinstance(query, exp.Subquery) else query
        related = self._related(node.this, inner, negated)
        if related is not None:
            return related
        return In(self.operand(node.this), self._translate(inner), negated)

    def _related(self, left: exp.Expr, query: exp.Expr, negated: bool) -> Predicate | None:
        """`id [NOT] IN (SELECT id FROM finer ...)` as some (no) row of the finer entity."""
        if not (isinstance(left, exp.Column) and isinstance(query, exp.Select)):
            return None
        if any(query.args.get(k) for k in ("group", "having", "order", "limit")):
            return None
        inner = Select(query, self.places, self._translate)
        [shown, *more] = query.expressions
        if more or not isinstance(shown, exp.Column) or len(inner.chosen) != 1:
            return None
        table, column = inner.owner(shown)
        mine = self.owner(left)
        tables = self.places.tables
        links = [link for link in tables.between(table, mine[0])
                 if link.joins((table, column), mine)]  # fmt: skip
        if not links or tables.is_ambiguous(links[0]):
            return None
        home = self.chosen[mine[0]]
        below = [
            place for place in self.places.all_of(table)
            if place != home and home in with_parents(place, self.catalog)[1:2]
        ]  # fmt: skip
        if not below:
            return None
        inner.chosen[table] = below[0]
        where = inner.tests()
        if where is not None and any(isinstance(item, Plan) for item in walk(where)):
            return None
        return Related(below[0], where, negated)

    def _like(self, node: exp.Like, negated: bool) -> Predicate:
        pattern = literal(node.expression)
        if not isinstance(pattern, str):
            raise NotTranslated("a pattern that is no text")
        value = pattern.strip("%")
        if not value or "%" in value or "_" in value:
            raise NotTranslated("a pattern with gaps")
        match = {
            (True, True): TextMatch.CONTAINS,
            (False, True): TextMatch.STARTS,
            (True, False): TextMatch.ENDS,
        }.get((pattern.startswith("%"), pattern.endswith("%")))
        field = self._plain_field(node.this)
        if match is None:
            return Compare(field, Comparator.NE if negated else Comparator.EQ, value)
        return Text(field, match, value, negated=negated)

    def tests(self) -> Predicate | None:
        """WHERE, without what only joins."""
        return joined(And, *map(self.predicate, self._wheres)) if self._wheres else None

    # -------------------------------------------------------------- plan

    def plan(self) -> Plan:
        tree = self.tree
        values = dict.fromkeys(v for node in tree.expressions for v in self._outputs(node))
        outputs = tuple(map(Output, values))
        group = tree.args.get("group")
        keys = tuple(self._plain_field(node) for node in group.expressions) if group else ()
        having = tree.args.get("having")
        order = tree.args.get("order")
        limit = tree.args.get("limit")
        orders = tuple(
            Order(self.operand(node.this), bool(node.args.get("desc")))
            for node in (order.expressions if order else ())
        )
        plan = Plan(
            outputs=outputs,
            where=self.tests(),
            group_by=keys,
            having=self.predicate(having.this) if having else None,
            order_by=orders,
            limit=whole(limit.expression) if limit else None,
            distinct=bool(tree.args.get("distinct")),
        )
        return self._with_rows(self._with_keys_above(plan))

    def _outputs(self, node: exp.Expr) -> list[Operand]:
        if isinstance(node, exp.Alias):
            node = node.this
        if isinstance(node, exp.Star):
            if len(self.chosen) > 1:
                raise NotTranslated("all columns of several tables")
            [(table, place)] = self.chosen.items()
            found = (self.places.field(place, c) for c in self.places.tables.columns[table])
            return [field for field in found if field is not None]
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            raise NotTranslated("all columns of several tables")
        return [self.operand(node)]

    def _with_keys_above(self, plan: Plan) -> Plan:
        """Groups by the key of what holds the rows, not by the copies of it in the rows."""
        above = {
            field: key
            for table, place in self.chosen.items()
            for column in self.places.tables.columns[table]
            if (field := self.places.field(place, column)) is not None
            and (key := self.places.key_above(table, place, column)) is not None
            and plain(leaf(key)) == plain(leaf(field))
        }
        counted = [item for item in walk(plan) if isinstance(item, Aggregate)]
        entities = self._grain(tuple(counted))
        above = {field: key for field, key in above.items()
                 if entity_of(field, self.catalog) in entities}  # fmt: skip
        if not plan.group_by or not above:
            return plan
        return replace(
            plan,
            group_by=tuple(above.get(key, key) for key in plan.group_by),  # type: ignore[arg-type]
            outputs=tuple(
                Output(above.get(o.value, o.value)) if isinstance(o.value, Field) else o
                for o in plan.outputs
            ),
        )

    def _with_rows(self, plan: Plan) -> Plan:
        """What the joins of tables that only tests are about mean: at least one, or a row each."""
        shown = (plan.outputs, plan.group_by, plan.having, plan.order_by)
        aggregates = [item for item in walk(shown) if isinstance(item, Aggregate)]
        plain_columns = [o for o in plan.outputs if not isinstance(o.value, Aggregate | Arithmetic)]
        if aggregates and not plan.group_by and (plan.order_by or plain_columns):
            raise NotTranslated("aggregates beside columns without groups")
        extremes = [a for a in aggregates if a.function in (Function.MIN, Function.MAX)]
        shows_extreme = any(o.value in extremes for o in plan.outputs)
        if shows_extreme and any(o.value not in plan.group_by for o in plain_columns):
            raise NotTranslated("columns of the row with the extreme")
        finer = self._finer(self._grain(shown))
        if not finer:
            return plan
        items = list(plan.where.items) if isinstance(plan.where, And) else [plan.where]
        tested = [e for e in finer if any(e in self._grain(item) for item in items)]
        once = plan.distinct or (plan.group_by and not aggregates)
        if len(tested) > 1 or (not once and (not tested or plan.order_by or plan.group_by)):
            return replace(plan, rows=self.finest)
        if not tested:
            some = Related(self.finest)
            return replace(plan, where=joined(And, plan.where, some) if plan.where else some)
        about = [i for i in items if i is not None and tested[0] in self._grain(i)]
        if len(about) == 1:
            return plan
        rest = [item for item in items if item is not None and item not in about]
        return replace(plan, where=joined(And, *rest, Related(tested[0], joined(And, *about))))

    def _finer(self, grain: Mapping[Entity, None]) -> list[Entity]:
        """The entities of the query of which a row of the grain may have several."""
        if not grain:
            return list(self.chosen.values())
        anchor = spanning_joins(list(grain), self.catalog).anchor
        return [
            place
            for place in self.chosen.values()
            if path([anchor], place, self.catalog, upward_only=True) is None
        ]

    def _grain(self, shown: object) -> dict[Entity, None]:
        found: dict[Entity, None] = {}
        for item in outside_subqueries(shown):
            if isinstance(item, Entity):
                found[item] = None
            elif isinstance(item, Field):
                found[entity_of(item, self.catalog)] = None
        return found
