"""SQL over the tables that a document database was made of, as plans over its documents. Pure.

`plan_of_sql` follows the conventions of the corpus whose golds are raised into plans: joins are
left to lowering, `count(*)` counts the finest of the joined entities, and what is asked of a finer
entity than what is shown becomes "at least one". Depends on sqlglot, the plan and `sql_places`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mqt_assets.training.sql_places import Join, NotTranslated, Places, plain
from mqt_serving.errors import MqtError
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.graph import entity_of, field_schema, path, spanning_joins, with_parents
from mqt_serving.query.lowering.plans import lower
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
    Operator,
    Or,
    Order,
    Output,
    Plan,
    Predicate,
    Related,
    Scalar,
    Text,
    TextMatch,
    walk,
)
from mqt_serving.schema import NUMERIC

_FUNCTIONS: Final[dict[type[exp.Expression], Function]] = {
    exp.Count: Function.COUNT, exp.Sum: Function.SUM, exp.Avg: Function.AVG,
    exp.Min: Function.MIN, exp.Max: Function.MAX,
}  # fmt: skip
_OPERATORS: Final[dict[type[exp.Expression], Operator]] = {
    exp.Add: Operator.ADD, exp.Sub: Operator.SUBTRACT,
    exp.Mul: Operator.MULTIPLY, exp.Div: Operator.DIVIDE,
}  # fmt: skip
_COMPARATORS: Final[dict[type[exp.Expression], Comparator]] = {
    exp.EQ: Comparator.EQ, exp.NEQ: Comparator.NE, exp.GT: Comparator.GT,
    exp.GTE: Comparator.GTE, exp.LT: Comparator.LT, exp.LTE: Comparator.LTE,
}  # fmt: skip
_TURNED: Final = {
    Comparator.GT: Comparator.LT, Comparator.LT: Comparator.GT,
    Comparator.GTE: Comparator.LTE, Comparator.LTE: Comparator.GTE,
}  # fmt: skip


def plan_of_sql(sql: str, places: Places) -> Plan | str:
    """The plan, checked against the catalog, or why there is none."""
    try:
        tree = sqlglot.parse_one(sql.strip().rstrip("; "), read="mysql")
        plan = _query(tree, places)
        plan = check_plan(plan, places.catalog).plan
        lower(plan, places.catalog)
    except SqlglotError:
        return "not read"
    except NotTranslated as error:
        return str(error)
    except MqtError as error:
        return f"{error.code}: {str(error)[:60]}"
    return plan


def _query(tree: exp.Expression, places: Places) -> Plan:
    match tree:
        case exp.Select():
            return _Select(tree, places).plan()
        case exp.Subquery():
            return _query(tree.this, places)
        case exp.Intersect() | exp.Except() | exp.Union():
            return _combined(tree, places)
    raise NotTranslated(f"a query that is {tree.key}")


# ------------------------------------------------------------------ one SELECT


class _Select:
    """One SELECT: its tables at their places, and the parts of its plan."""

    def __init__(self, tree: exp.Select, places: Places) -> None:
        self.tree, self.places = tree, places
        self.catalog = places.catalog
        self.aliases: dict[str, str] = {}
        self.joined: list[Join] = []
        self._conditions: list[exp.Expression] = []
        self._read_from()
        self._wheres = _conjuncts(tree.args["where"].this) if tree.args.get("where") else []
        self._wheres = [node for node in self._wheres if not self._is_join(node)]
        needed = self._needed()
        shown = [self._owner(c)[0] for e in tree.expressions for c in _columns(e)]
        self.chosen, self.joins = places.choose(needed, self.joined, shown)

    # ------------------------------------------------------------- FROM

    def _read_from(self) -> None:
        start = self.tree.args.get("from_") or self.tree.args.get("from")
        if start is None:
            raise NotTranslated("no FROM")
        joins = self.tree.args.get("joins") or []
        for join in joins:
            if join.args.get("side") or join.args.get("kind") not in (None, "", "INNER"):
                raise NotTranslated("an outer join")
            if join.args.get("using"):
                raise NotTranslated("USING")
            if join.args.get("on") is not None:
                self._conditions += _conjuncts(join.args["on"])
        for source in (start.this, *(join.this for join in joins)):
            if not isinstance(source, exp.Table):
                raise NotTranslated("a sub-query in FROM")
            table = plain(source.name)
            if table not in self.places.tables.columns:
                raise NotTranslated("a table or column is kept nowhere")
            if table in self.aliases.values():
                raise NotTranslated("a table joined with itself")
            self.aliases[(source.alias or source.name).lower()] = table
        for condition in self._conditions:
            self._check_join(condition)

    def _check_join(self, condition: exp.Expression) -> None:
        one, other = condition.this, condition.args.get("expression")
        if not (
            isinstance(condition, exp.EQ)
            and isinstance(one, exp.Column)
            and isinstance(other, exp.Column)
        ):
            raise NotTranslated("a join on something else")
        left, right = self._owner(one), self._owner(other)
        links = self.places.tables.between(left[0], right[0])
        if links and not any(link.joins(left, right) for link in links):
            raise NotTranslated("a join on something else")
        if not links and left[1] != right[1]:
            raise NotTranslated("a join without a link")
        self.joined.append((left, right))

    def _owner(self, column: exp.Column) -> tuple[str, str]:
        """The table of a column and its plain name."""
        name = plain(column.name)
        if column.table:
            table = self.aliases.get(column.table.lower())
            if table is None:
                raise NotTranslated("a column of another query")
            return table, name
        for table in self.aliases.values():
            if name in self.places.tables.columns[table]:
                return table, name
        raise NotTranslated("a table or column is kept nowhere")

    def _needed(self) -> dict[str, set[str]]:
        """The tables that matter, and the columns they need: lists of codes that are joined
        without being asked anything change nothing."""
        used: dict[str, set[str]] = {table: set() for table in self.aliases.values()}
        parts = [*self.tree.expressions, *self._wheres]
        parts += [self.tree.args[k] for k in ("group", "having", "order") if self.tree.args.get(k)]
        for part in parts:
            for column in _columns(part):
                table, name = self._owner(column)
                used[table].add(name)
        star = any(isinstance(e, exp.Star) for e in self.tree.expressions)
        while len(used) > 1 and not star:
            spare = next((t for t in used if not used[t] and self._only_looks_up(t, used)), None)
            if spare is None:
                break
            del used[spare]
        return used

    def _only_looks_up(self, table: str, used: Mapping[str, object]) -> bool:
        joined = [
            link
            for other in used
            if other != table
            for link in self.places.tables.between(table, other)
        ]
        return len(joined) == 1 and joined[0].other == table

    # ---------------------------------------------------------- operands

    def field(self, column: exp.Column) -> Field:
        table, name = self._owner(column)
        found = self.places.field(self.chosen[table], name)
        if found is None:
            raise NotTranslated("a table or column is kept nowhere")
        return found

    @property
    def finest(self) -> Entity:
        """The entity that joined rows are of."""
        if any(not edge.is_upward for edge in self.joins.edges):
            raise NotTranslated("rows of several entities at once")
        return self.joins.anchor

    def operand(self, node: exp.Expression) -> Operand:
        match node:
            case exp.Paren():
                return self.operand(node.this)
            case exp.Column():
                return self.field(node)
            case exp.Count() | exp.Sum() | exp.Avg() | exp.Min() | exp.Max():
                return self._aggregate(node)
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                left, right = (
                    _literal(side) if _literal(side) is not None else self.operand(side)
                    for side in (node.this, node.expression)
                )
                if isinstance(left, str) or isinstance(right, str):
                    raise NotTranslated("arithmetic with text")
                for side in (left, right):
                    if isinstance(side, Field) and not self._is_number(side):
                        raise NotTranslated("arithmetic with text")
                return Arithmetic(_OPERATORS[type(node)], left, right)  # type: ignore[arg-type]
        raise NotTranslated(f"an operand that is {node.key}")

    def _is_number(self, field: Field) -> bool:
        return field_schema(field, self.catalog).main_type in NUMERIC

    def _aggregate(self, node: exp.Expression) -> Aggregate:
        function = _FUNCTIONS[type(node)]
        argument = node.this
        distinct = isinstance(argument, exp.Distinct)
        if distinct:
            if len(argument.expressions) != 1:
                raise NotTranslated("several columns counted at once")
            argument = argument.expressions[0]
        if function is Function.COUNT and not distinct:
            return Aggregate(function, self.finest)
        if isinstance(argument, exp.Star):
            raise NotTranslated("a star that is counted")
        inside = self.operand(argument)
        if isinstance(inside, Aggregate):
            raise NotTranslated("an aggregate of an aggregate")
        return Aggregate(function, inside, distinct)

    # -------------------------------------------------------- predicates

    def predicate(self, node: exp.Expression) -> Predicate:
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
                    _needed_literal(node.args["low"]),
                    _needed_literal(node.args["high"]),
                )
            case exp.Like():
                return self._like(node, False)
            case exp.Is() if isinstance(node.expression, exp.Null):
                return IsNull(self._plain_field(node.this))
        if type(node) in _COMPARATORS:
            return self._compare(node)
        raise NotTranslated(f"a test that is {node.key}")

    def _negated(self, node: exp.Expression) -> Predicate:
        match node:
            case exp.In():
                return self._in(node, True)
            case exp.Like():
                return self._like(node, True)
            case exp.Is() if isinstance(node.expression, exp.Null):
                return IsNull(self._plain_field(node.this), True)
        return Not(self.predicate(node))

    def _plain_field(self, node: exp.Expression) -> Field:
        if not isinstance(node, exp.Column):
            raise NotTranslated("a test of something computed")
        return self.field(node)

    def _compare(self, node: exp.Expression) -> Predicate:
        op = _COMPARATORS[type(node)]
        left, right = node.this, node.expression
        if _literal(left) is not None:
            left, right, op = right, left, _TURNED.get(op, op)
        value = _literal(right)
        if value is not None:
            return Compare(self.operand(left), op, value)
        if isinstance(right, exp.Column):
            return Compare(self.operand(left), op, self.field(right))
        if isinstance(right, exp.Subquery):
            return Compare(self.operand(left), op, _query(right, self.places))
        raise NotTranslated("a comparison with something else")

    def _in(self, node: exp.In, negated: bool) -> Predicate:
        query = node.args.get("query")
        if query is None:
            values = tuple(_needed_literal(item) for item in node.expressions)
            return In(self.operand(node.this), values, negated)
        inner = query.this if isinstance(query, exp.Subquery) else query
        related = self._related(node.this, inner, negated)
        if related is not None:
            return related
        return In(self.operand(node.this), _query(inner, self.places), negated)

    def _related(
        self, left: exp.Expression, query: exp.Expression, negated: bool
    ) -> Predicate | None:
        """`id [NOT] IN (SELECT id FROM finer ...)` as some (no) row of the finer entity."""
        if not (isinstance(left, exp.Column) and isinstance(query, exp.Select)):
            return None
        if any(query.args.get(k) for k in ("group", "having", "order", "limit")):
            return None
        inner = _Select(query, self.places)
        [shown, *more] = query.expressions
        if more or not isinstance(shown, exp.Column) or len(inner.chosen) != 1:
            return None
        table, column = inner._owner(shown)
        mine = self._owner(left)
        if not any(link.joins((table, column), mine) for link in self.places.tables.between(
            table, mine[0]
        )):  # fmt: skip
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
        pattern = _literal(node.expression)
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

    def _is_join(self, node: exp.Expression) -> bool:
        if not isinstance(node, exp.EQ):
            return False
        if not (isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column)):
            return False
        if self._owner(node.this)[0] == self._owner(node.expression)[0]:
            return False
        self._check_join(node)
        return True

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
            limit=_whole(limit.expression) if limit else None,
            distinct=bool(tree.args.get("distinct")),
        )
        return self._with_rows(self._with_keys_above(plan))

    def _outputs(self, node: exp.Expression) -> list[Operand]:
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
        if aggregates and not plan.group_by and (
            plan.order_by or any(not isinstance(o.value, Aggregate | Arithmetic) for o in plan.outputs)
        ):  # fmt: skip
            raise NotTranslated("aggregates beside columns without groups")
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
        for item in _outside(shown):
            if isinstance(item, Entity):
                found[item] = None
            elif isinstance(item, Field):
                found[entity_of(item, self.catalog)] = None
        return found


def _outside(node: object) -> Iterator[object]:
    """All of a node but for what sub-queries hold."""
    inside = {
        id(part)
        for item in walk(node)
        if isinstance(item, Plan)
        for part in walk(item)
    }  # fmt: skip
    return (item for item in walk(node) if id(item) not in inside)


# -------------------------------------------------------- several SELECTs


def _combined(tree: exp.Expression, places: Places) -> Plan:
    """UNION, EXCEPT and INTERSECT of one column, as tests of the first query."""
    if not (isinstance(tree.this, exp.Select) and isinstance(tree.expression, exp.Select)):
        raise NotTranslated("more than two queries")
    first, second = _query(tree.this, places), _query(tree.expression, places)
    if tree.args.get("limit") or tree.args.get("order"):
        raise NotTranslated("an order of several queries")
    if isinstance(tree, exp.Union):
        bare = replace(first, where=None, distinct=True, rows=None)
        if bare != replace(second, where=None, distinct=True, rows=None) or first.limit:
            raise NotTranslated("a union of different things")
        if first.where is None or second.where is None or first.group_by:
            raise NotTranslated("a union of different things")
        return replace(bare, where=joined(Or, first.where, second.where))
    negated = isinstance(tree, exp.Except)
    related = _some_or_none(first, second, negated, places)
    if related is not None:
        return related
    if len(first.outputs) != 1 or len(second.outputs) != 1:
        raise NotTranslated("a combination of several columns")
    value = first.outputs[0].value
    if not isinstance(value, Field) or first.limit:
        raise NotTranslated("a combination of something computed")
    test = In(value, second, negated=negated)
    where = test if first.where is None else joined(And, first.where, test)
    return replace(first, where=where, distinct=not first.group_by)


def _some_or_none(first: Plan, second: Plan, negated: bool, places: Places) -> Plan | None:
    """The first query with "and (no) such row of ...", where the second shows the same things.

    None unless the second only asks for a row of one entity that is finer than what is shown.
    """
    plans = (first, second)
    if any(p.group_by or p.limit or p.order_by for p in plans) or first.outputs != second.outputs:
        return None
    shown = {
        entity_of(o.value, places.catalog) for o in first.outputs if isinstance(o.value, Field)
    }
    if len(shown) != 1:
        return None
    [home] = shown
    tested = _Tested(places, home)
    theirs = tested.finer(second)
    if theirs is None:
        return None
    where: list[Predicate] = [replace(theirs, negated=negated)]
    if first.where is not None or first.rows is not None:
        ours = tested.finer(first)
        mine = first.where if ours is None else ours
        if ours is None and first.rows is not None:
            return None
        where = [mine, *where] if mine is not None else where
    return replace(first, where=joined(And, *where), rows=None, distinct=False)


@dataclass(frozen=True)
class _Tested:
    """What plans that show `home` ask of finer entities."""

    places: Places
    home: Entity

    def finer(self, plan: Plan) -> Related | None:
        """All that the plan asks, where that is one row of one finer entity."""
        where = plan.where
        if isinstance(where, Related) and where.entity != self.home and plan.rows is None:
            return where
        catalog = self.places.catalog
        entities = {
            entity_of(item, catalog) for item in _outside(where) if isinstance(item, Field)
        }
        if any(isinstance(item, Related | Plan) for item in walk(where)):
            return None
        if where is None:
            return None if plan.rows is None else Related(plan.rows)
        if len(entities) != 1:
            return None
        [entity] = entities
        if entity == self.home or self.home in self._below(entity):
            return None
        return Related(entity, where)

    def _below(self, entity: Entity) -> tuple[Entity, ...]:
        """What has exactly one row of the entity: asking it is no question of "some"."""
        upward = path([self.home], entity, self.places.catalog, upward_only=True)
        return () if upward is None else (self.home,)


# ------------------------------------------------------------------- pieces


def joined(form: type[And] | type[Or], *items: Predicate) -> Predicate:
    """The items under one `And` (`Or`), those of the same kind opened up."""
    flat: list[Predicate] = []
    for item in items:
        flat += item.items if isinstance(item, And | Or) and isinstance(item, form) else [item]
    return flat[0] if len(flat) == 1 else form(tuple(flat))


def _conjuncts(node: exp.Expression) -> list[exp.Expression]:
    if isinstance(node, exp.And):
        return [*_conjuncts(node.this), *_conjuncts(node.expression)]
    return [node]


def _columns(node: exp.Expression) -> Iterator[exp.Column]:
    """The columns of a part of a query, without those of its sub-queries."""
    if isinstance(node, exp.Select | exp.SetOperation):
        return
    if isinstance(node, exp.Column):
        if not isinstance(node.this, exp.Star):
            yield node
        return
    for child in node.iter_expressions():
        yield from _columns(child)


def _literal(node: exp.Expression) -> Scalar | None:
    if isinstance(node, exp.Paren):
        return _literal(node.this)
    if isinstance(node, exp.Neg):
        value = _literal(node.this)
        return -value if isinstance(value, int | float) else None
    if not isinstance(node, exp.Literal):
        return None
    text = str(node.this)
    if node.is_string:
        return text
    return int(text) if text.isdigit() else float(text)


def _needed_literal(node: exp.Expression) -> Scalar:
    value = _literal(node)
    if value is None:
        raise NotTranslated("a value that is no literal")
    return value


def _whole(node: exp.Expression) -> int:
    value = _literal(node)
    if not isinstance(value, int):
        raise NotTranslated("a limit that is no number")
    return value
