"""The tables of one SELECT at their places, and what its columns and aggregates are there. Pure.

Joins are left to lowering; `count(*)` counts the finest of the joined entities. Depends on
sqlglot, the plan and `sql_places`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sqlglot import exp

from mqt_assets.training.sql_places import Join, NotTranslated, Places, plain
from mqt_assets.training.sql_reading import (
    columns,
    conjuncts,
    literal,
)
from mqt_serving.query.graph import field_schema
from mqt_serving.query.plan import (
    Aggregate,
    Arithmetic,
    Entity,
    Field,
    Function,
    Operand,
    Operator,
    Plan,
)
from mqt_serving.schema import NUMERIC, BsonType

_FUNCTIONS: Final[dict[type[exp.Expr], Function]] = {
    exp.Count: Function.COUNT, exp.Sum: Function.SUM, exp.Avg: Function.AVG,
    exp.Min: Function.MIN, exp.Max: Function.MAX,
}  # fmt: skip
_OPERATORS: Final[dict[type[exp.Expr], Operator]] = {
    exp.Add: Operator.ADD, exp.Sub: Operator.SUBTRACT,
    exp.Mul: Operator.MULTIPLY, exp.Div: Operator.DIVIDE,
}  # fmt: skip


class Scope:
    """One SELECT: its tables at their places, and the parts of its plan."""

    def __init__(
        self, tree: exp.Select, places: Places, translate: Callable[[exp.Expr], Plan]
    ) -> None:
        """`translate` gives the plans of sub-queries. Raises `NotTranslated`, as all methods do."""
        self.tree, self.places, self._translate = tree, places, translate
        self.catalog = places.catalog
        self.aliases: dict[str, str] = {}
        self.joined: list[Join] = []
        self._conditions: list[exp.Expr] = []
        self._read_from()
        self._wheres = conjuncts(tree.args["where"].this) if tree.args.get("where") else []
        self._wheres = [node for node in self._wheres if not self._is_join(node)]
        needed = self._needed()
        shown = [self.owner(c)[0] for e in tree.expressions for c in columns(e)]
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
                self._conditions += conjuncts(join.args["on"])
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

    def _check_join(self, condition: exp.Expr) -> None:
        one, other = condition.this, condition.args.get("expression")
        if not (
            isinstance(condition, exp.EQ)
            and isinstance(one, exp.Column)
            and isinstance(other, exp.Column)
        ):
            raise NotTranslated("a join on something else")
        left, right = self.owner(one), self.owner(other)
        links = self.places.tables.between(left[0], right[0])
        if links and not any(link.joins(left, right) for link in links):
            raise NotTranslated("a join on something else")
        if not links and left[1] != right[1]:
            raise NotTranslated("a join without a link")
        self.joined.append((left, right))

    def _is_join(self, node: exp.Expr) -> bool:
        if not isinstance(node, exp.EQ):
            return False
        if not (isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column)):
            return False
        if self.owner(node.this)[0] == self.owner(node.expression)[0]:
            return False
        self._check_join(node)
        return True

    def owner(self, column: exp.Column) -> tuple[str, str]:
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
            for column in columns(part):
                table, name = self.owner(column)
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
        table, name = self.owner(column)
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

    def operand(self, node: exp.Expr) -> Operand:
        match node:
            case exp.Paren():
                return self.operand(node.this)
            case exp.Column():
                return self.field(node)
            case exp.Count() | exp.Sum() | exp.Avg() | exp.Min() | exp.Max():
                return self._aggregate(node)
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                left, right = (
                    literal(side) if literal(side) is not None else self.operand(side)
                    for side in (node.this, node.expression)
                )
                if isinstance(left, str) or isinstance(right, str):
                    raise NotTranslated("arithmetic with text")
                for side in (left, right):
                    if isinstance(side, Field) and not self.is_number(side):
                        raise NotTranslated("arithmetic with text")
                return Arithmetic(_OPERATORS[type(node)], left, right)  # type: ignore[arg-type]
        raise NotTranslated(f"an operand that is {node.key}")

    def is_number(self, field: Field) -> bool:
        types = field_schema(field, self.catalog).types.keys()
        return types <= NUMERIC | {BsonType.NULL}

    def _aggregate(self, node: exp.Expr) -> Aggregate:
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
