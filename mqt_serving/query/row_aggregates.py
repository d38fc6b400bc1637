"""Aggregates over what belongs to each row: `$size`, `$sum`... over arrays and lookups.

Rows to which nothing belongs stay, with a count of zero: that is the difference to grouping.
Used by `lowering` when a plan shows fields beside aggregates and groups by nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mqt_serving.errors import PlanError
from mqt_serving.query import graph
from mqt_serving.query.pipeline import (
    ArrayExpression,
    Expression,
    LiteralExpression,
    NamedOperation,
    Operation,
    PathExpression,
    VariableExpression,
)
from mqt_serving.query.plan import Aggregate, Entity, Field, Function, PartOf
from mqt_serving.query.predicates import convert, date_part
from mqt_serving.query.rows import Rows

_EMPTY = ArrayExpression(())
_NULL = LiteralExpression(None)


def add_row_aggregates(rows: Rows, aggregates: Sequence[Aggregate]) -> None:
    """Let the rows know every aggregate as an expression; adds the lookups that these need."""
    for aggregate in aggregates:
        rows.inline[aggregate] = _expression(aggregate, rows)


def _expression(aggregate: Aggregate, rows: Rows) -> Expression:
    argument = aggregate.argument
    if isinstance(argument, Entity):
        if aggregate.function is not Function.COUNT:
            raise PlanError(f"{aggregate.function.value} needs a field, not a kind of thing")
        return Operation("$size", (_or_empty(_values(argument, "", rows)),))
    field = argument.field if isinstance(argument, PartOf) else argument
    entity = graph.entity_of(field, rows.catalog)
    values = _values(entity, field.path, rows)
    values = _converted(argument, values, rows)
    if aggregate.distinct:
        values = Operation("$setDifference", (_or_empty(values), ArrayExpression((_NULL,))))
    if aggregate.function is not Function.COUNT:
        return Operation(f"${aggregate.function.value}", (values,))
    if not aggregate.distinct:
        there = Operation("$gt", (VariableExpression("this"), _NULL))
        values = NamedOperation("$filter", (("input", _or_empty(values)), ("cond", there)))
    return Operation("$size", (values,))


def _values(entity: Entity, path: str, rows: Rows) -> Expression:
    """The list of a field's values over the entity's rows (of the rows themselves for "")."""
    place, levels = rows.belonging(entity)
    inner = path.removeprefix(entity.path).removeprefix(".") if entity.path else path
    values: Expression = PathExpression(f"{place}.{inner}" if inner else place)
    for _ in range(levels - 1):
        joined = Operation(
            "$concatArrays", (VariableExpression("value"), VariableExpression("this"))
        )
        values = NamedOperation(
            "$reduce", (("input", values), ("initialValue", _EMPTY), ("in", joined))
        )
    return values


def _converted(argument: Field | PartOf, values: Expression, rows: Rows) -> Expression:
    if isinstance(argument, PartOf):
        schema = rows.schema(argument.field)
        return _mapped(values, lambda item: date_part(argument.part, item, schema))
    if rows.schema(argument).numeric_text:
        return _mapped(values, lambda item: convert(item, "double"))
    return values


def _mapped(values: Expression, change: Callable[[Expression], Expression]) -> Expression:
    changed = change(VariableExpression("this"))
    return NamedOperation("$map", (("input", _or_empty(values)), ("in", changed)))


def _or_empty(values: Expression) -> Expression:
    return Operation("$ifNull", (values, _EMPTY))
