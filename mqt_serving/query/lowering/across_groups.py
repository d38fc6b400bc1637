"""What depends on other groups: `$setWindowFields` behind the `$group`.

Running totals, changes from group to group, moving averages and ranks.

Used by `lowering`, and by `raising` for what groups follow each other by.
"""

from __future__ import annotations

from collections.abc import Sequence

from mqt_serving.errors import PlanError
from mqt_serving.query import graph, naming
from mqt_serving.query.lowering.grouping import Grouped
from mqt_serving.query.lowering.ordering import ordered
from mqt_serving.query.pipeline import (
    AddFields,
    Expression,
    LiteralExpression,
    ObjectExpression,
    Operation,
    PathExpression,
    SetWindowFields,
    Sort,
    Stage,
    Window,
    WindowOutput,
)
from mqt_serving.query.plan import (
    TEXT_PARTS,
    AcrossGroups,
    Aggregate,
    DatePart,
    Field,
    Function,
    Moving,
    Order,
    PartOf,
    Plan,
    Rank,
    Running,
)
from mqt_serving.schema import NUMERIC, BsonType, Catalog

SO_FAR = Window("documents", "unbounded", "current")
MOST_GROUPS = 1000
"""That a moving average may be over."""
_FROM_COARSE_TO_FINE = (
    DatePart.YEAR, DatePart.QUARTER, DatePart.YEAR_MONTH, DatePart.MONTH, DatePart.WEEK,
    DatePart.DATE, DatePart.DAY, DatePart.WEEKDAY, DatePart.HOUR,
)  # fmt: skip

Keys = tuple[Field | PartOf, ...]


def across_groups(plan: Plan) -> tuple[AcrossGroups, ...]:
    """Those among the outputs, each once."""
    values = (output.value for output in plan.outputs)
    return tuple(dict.fromkeys(value for value in values if isinstance(value, AcrossGroups)))


def check_across_groups(plan: Plan) -> None:
    """`PlanError` for running totals of what does not add up, or without groups."""
    for value in across_groups(plan):
        if isinstance(value, Running) and not adds_up(value.aggregate):
            raise PlanError("only sums and counts add up to a running total")
        if isinstance(value, Moving) and not 1 < value.groups <= MOST_GROUPS:
            raise PlanError(f"a moving average is over 2 to {MOST_GROUPS} groups")
        if not plan.group_by:
            raise PlanError("running totals, changes, moving averages and ranks need groups")


def adds_up(aggregate: Aggregate) -> bool:
    """Whether the aggregates of several groups make that of all."""
    return aggregate.function in (Function.SUM, Function.COUNT) and not aggregate.distinct


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
        raise PlanError("groups follow each other by a date or by a number: group by one")
    return turn, tuple(key for key in keys if key not in turn)


def add_across_groups(plan: Plan, names: Sequence[str], scope: Grouped) -> list[Stage]:
    """The stages that add the running totals and changes of the plan to its groups."""
    wanted = across_groups(plan)
    if not wanted:
        return []
    shown = {output.value: name for output, name in zip(plan.outputs, names, strict=True)}
    taken = {"_id", *scope.names.values(), *names}
    for value in wanted:
        name = shown[value]
        if "." in name or name == "_id" or name in scope.names.values():
            name = naming.unique_name(value, taken)
        taken.add(name)
        scope.names[value] = name
    ranks = [value for value in wanted if isinstance(value, Rank)]
    others = [value for value in wanted if not isinstance(value, Rank)]
    stages = [stage for rank in ranks for stage in _ranked(rank, scope)]
    return stages + (_in_turn(others, plan.group_by, scope) if others else [])


def _ranked(rank: Rank, scope: Grouped) -> list[Stage]:
    stages = ordered([Order(rank.aggregate, descending=True)], scope, scope.rows.new_name)
    sort = stages.pop()
    assert isinstance(sort, Sort)
    output = WindowOutput(scope.names[rank], "$rank", ObjectExpression(()))
    return [*stages, SetWindowFields((output,), None, sort)]


def _in_turn(values: Sequence[AcrossGroups], keys: Keys, scope: Grouped) -> list[Stage]:
    rows = scope.rows
    turn, others = keys_in_turn(keys, rows.catalog)
    stages = ordered([Order(key) for key in turn], scope, rows.new_name)
    sort = stages.pop()
    assert isinstance(sort, Sort)
    outputs: list[WindowOutput] = []
    changes: list[tuple[str, Expression]] = []
    for value in values:
        name, here = scope.names[value], scope.expression(value.aggregate)
        if isinstance(value, Running):
            outputs.append(WindowOutput(name, "$sum", here, SO_FAR))
            continue
        _require_number(value.aggregate, rows.catalog)
        if isinstance(value, Moving):
            window = Window("documents", 1 - value.groups, 0)
            outputs.append(WindowOutput(name, "$avg", here, window))
        else:
            before = ObjectExpression((("output", here), ("by", LiteralExpression(-1))))
            outputs.append(WindowOutput(name, "$shift", before))
            changes.append((name, Operation("$subtract", (here, PathExpression(name)))))
    stages.append(SetWindowFields(tuple(outputs), _partition(others, scope), sort))
    return [*stages, AddFields(tuple(changes))] if changes else stages


def _require_number(aggregate: Aggregate, catalog: Catalog) -> None:
    argument = aggregate.argument
    if aggregate.function in (Function.MIN, Function.MAX) and (
        (isinstance(argument, Field) and not _is_number(argument, catalog))
        or (isinstance(argument, PartOf) and argument.part in TEXT_PARTS)
    ):
        raise PlanError("only numbers have a change or a mean from group to group")


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
