"""Running totals over groups: `$setWindowFields` behind the `$group`. Used by `lowering` only."""

from __future__ import annotations

from collections.abc import Sequence

from mqt_serving.errors import PlanError
from mqt_serving.query import graph, naming
from mqt_serving.query.lowering.grouping import Grouped
from mqt_serving.query.lowering.ordering import ordered
from mqt_serving.query.pipeline import (
    Expression,
    ObjectExpression,
    SetWindowFields,
    Sort,
    Stage,
    Window,
    WindowOutput,
)
from mqt_serving.query.plan import (
    DatePart,
    Field,
    Function,
    Order,
    PartOf,
    Plan,
    Running,
)
from mqt_serving.schema import NUMERIC, BsonType, Catalog

SO_FAR = Window("documents", "unbounded", "current")
_FROM_COARSE_TO_FINE = (
    DatePart.YEAR, DatePart.QUARTER, DatePart.YEAR_MONTH, DatePart.MONTH, DatePart.DATE,
    DatePart.DAY, DatePart.WEEKDAY, DatePart.HOUR,
)  # fmt: skip

Keys = tuple[Field | PartOf, ...]


def running_totals_of(plan: Plan) -> tuple[Running, ...]:
    """The running totals among the outputs, each once."""
    values = (output.value for output in plan.outputs)
    return tuple(dict.fromkeys(value for value in values if isinstance(value, Running)))


def check_running(plan: Plan) -> None:
    """`PlanError` for running totals of what does not add up, or without groups."""
    for running in running_totals_of(plan):
        aggregate = running.aggregate
        if aggregate.function not in (Function.SUM, Function.COUNT) or aggregate.distinct:
            raise PlanError("only sums and counts add up to a running total")
        if not plan.group_by:
            raise PlanError("a running total needs groups that follow each other")


def keys_in_turn(keys: Keys, catalog: Catalog) -> tuple[Keys, Keys]:
    """The keys by which groups follow each other, and those whose values start anew.

    All parts of the first date are the former, the year before the month; else the first number.
    """
    date = next((key for key in keys if _is_date(key, catalog)), None)
    numbers = (key for key in keys if isinstance(key, Field) and _is_number(key, catalog))
    number = next(numbers, None)
    if isinstance(date, PartOf):
        parts = [key for key in keys if isinstance(key, PartOf) and key.field == date.field]
        parts.sort(key=lambda key: _FROM_COARSE_TO_FINE.index(key.part))
        turn: Keys = tuple(parts)
    elif date is not None or number is not None:
        turn = tuple(key for key in (date or number,) if key is not None)
    else:
        raise PlanError("a running total needs groups by a date or by a number")
    return turn, tuple(key for key in keys if key not in turn)


def add_running_totals(plan: Plan, names: Sequence[str], scope: Grouped) -> list[Stage]:
    """The stages that add the running totals of the plan to its groups."""
    wanted = running_totals_of(plan)
    if not wanted:
        return []
    rows = scope.rows
    turn, others = keys_in_turn(plan.group_by, rows.catalog)
    stages = ordered([Order(key) for key in turn], scope, rows.new_name)
    sort = stages.pop()
    assert isinstance(sort, Sort)
    shown = {output.value: name for output, name in zip(plan.outputs, names, strict=True)}
    taken = {"_id", *scope.names.values(), *names}
    outputs: list[WindowOutput] = []
    for running in wanted:
        name = shown[running]
        if "." in name or name == "_id" or name in scope.names.values():
            name = naming.unique_name(running, taken)
        taken.add(name)
        added = scope.expression(running.aggregate)
        outputs.append(WindowOutput(name, "$sum", added, SO_FAR))
        scope.names[running] = name
    return [*stages, SetWindowFields(tuple(outputs), _partition(others, scope), sort)]


def _partition(keys: Keys, scope: Grouped) -> Expression | None:
    if len(keys) == 1:
        return scope.expression(keys[0])
    items: dict[str, Expression] = {}
    for key in keys:
        items[naming.unique_name(key, items)] = scope.expression(key)
    return ObjectExpression(tuple(items.items())) if items else None


def _is_date(key: Field | PartOf, catalog: Catalog) -> bool:
    if isinstance(key, PartOf):
        return True
    return graph.field_schema(key, catalog).main_type is BsonType.DATE


def _is_number(key: Field, catalog: Catalog) -> bool:
    known = graph.field_schema(key, catalog)
    return known.numeric_text or known.main_type in NUMERIC
