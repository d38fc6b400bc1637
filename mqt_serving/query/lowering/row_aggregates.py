"""Aggregates over what belongs to each row: `$size`, `$sum`... over arrays and lookups.

Rows to which nothing belongs stay, with a count of zero: that is the difference to grouping.
Used by `lowering` when a plan shows fields beside aggregates and groups by nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mqt_serving.errors import PlanError
from mqt_serving.query import graph
from mqt_serving.query.lowering.predicates import (
    arithmetic,
    convert,
    date_part,
    expression_of,
    fields_in,
)
from mqt_serving.query.lowering.rows import Rows
from mqt_serving.query.lowering.semi_joins import Element
from mqt_serving.query.pipeline import (
    ArrayExpression,
    Expression,
    LiteralExpression,
    NamedOperation,
    Operation,
    PathExpression,
    VariableExpression,
)
from mqt_serving.query.plan import (
    Aggregate,
    Arithmetic,
    Entity,
    Field,
    Function,
    PartOf,
    Predicate,
)

_EMPTY = ArrayExpression(())
_NULL = LiteralExpression(None)
_ITEM = "item"


def add_row_aggregates(rows: Rows, aggregates: Sequence[Aggregate]) -> None:
    """Let the rows know every aggregate as an expression; adds the lookups that these need."""
    for aggregate in aggregates:
        rows.inline[aggregate] = _expression(aggregate, rows)


def _expression(aggregate: Aggregate, rows: Rows) -> Expression:
    argument = aggregate.argument
    if isinstance(argument, Entity):
        if aggregate.function is not Function.COUNT:
            raise PlanError(f"{aggregate.function.value} needs a field, not a kind of thing")
        return Operation("$size", (_or_empty(_values(argument, "", aggregate.where, rows)),))
    values = _argument_values(argument, aggregate.where, rows)
    if aggregate.distinct:
        values = Operation("$setDifference", (_or_empty(values), ArrayExpression((_NULL,))))
    if aggregate.function is not Function.COUNT:
        return Operation(f"${aggregate.function.value}", (values,))
    if not aggregate.distinct:
        there = Operation("$gt", (VariableExpression("this"), _NULL))
        values = NamedOperation("$filter", (("input", _or_empty(values)), ("cond", there)))
    return Operation("$size", (values,))


def _argument_values(
    argument: Field | PartOf | Arithmetic, where: Predicate | None, rows: Rows
) -> Expression:
    """The list of what is aggregated."""
    entities = [graph.entity_of(field, rows.catalog) for field in fields_in(argument)]
    if not isinstance(argument, Arithmetic):
        (field,) = fields_in(argument)
        return _converted(argument, _values(entities[0], field.path, where, rows), rows)
    entity = max(entities, key=lambda each: each.path)
    elements = _values(entity, "", where, rows)
    if entity.collection != rows.collection:
        raise PlanError("something computed in another collection cannot be aggregated for rows")
    scope = Element(rows, entity, rows.entity_path(entity), _ITEM)
    return NamedOperation(
        "$map",
        (
            ("input", _or_empty(elements)),
            ("as", LiteralExpression(_ITEM)),
            ("in", arithmetic(argument, scope)),
        ),
    )


def _values(entity: Entity, path: str, where: Predicate | None, rows: Rows) -> Expression:
    """The list of a field's values over the entity's rows (of the rows themselves for "")."""
    place, levels, filtered = rows.belonging(entity, where)
    inner = path.removeprefix(entity.path).removeprefix(".") if entity.path else path
    if where is not None and not filtered:
        if levels > 1:
            raise PlanError(
                f"{graph.describe(entity)} is an array inside an array: a part of it cannot be "
                "aggregated for each row"
            )
        return _values_where(entity, inner, where, rows)
    values: Expression = PathExpression(f"{place}.{inner}" if inner else place)
    for _ in range(levels - 1):
        joined = Operation(
            "$concatArrays", (VariableExpression("value"), VariableExpression("this"))
        )
        values = NamedOperation(
            "$reduce", (("input", values), ("initialValue", _EMPTY), ("in", joined))
        )
    return values


def _values_where(entity: Entity, inner: str, where: Predicate, rows: Rows) -> Expression:
    place = rows.entity_path(entity)
    kept = NamedOperation(
        "$filter",
        (
            ("input", _or_empty(PathExpression(place))),
            ("as", LiteralExpression(_ITEM)),
            ("cond", expression_of(where, Element(rows, entity, place, _ITEM))),
        ),
    )
    if not inner:
        return kept
    value = VariableExpression(f"this.{inner}")
    return NamedOperation("$map", (("input", kept), ("in", value)))


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
