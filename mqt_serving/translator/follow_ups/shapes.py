"""Other shapes of the same rows: counted, summed up, grouped, with other columns, in other order.

Each function takes the ground of a plan and gives the changed plan, or raises `Unclear` where it
would have to guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mqt_serving.query.lowering.predicates import conjunction, conjuncts
from mqt_serving.query.plan import (
    Aggregate,
    DatePart,
    Entity,
    Field,
    Function,
    Operand,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Top,
    walk,
)
from mqt_serving.query.trees import rebuilt
from mqt_serving.translator.follow_ups.ground import Ground
from mqt_serving.translator.follow_ups.merging import Mode, Unclear, merge

_UNCUT: dict[str, Any] = {"order_by": (), "limit": None, "skip": None, "per": ()}


# ------------------------------------------------------------------ how many


def counted(ground: Ground) -> Plan:
    """How many rows (or groups) there are."""
    plan = ground.plan
    if ground.is_grouped:
        if len(plan.group_by) != 1 or plan.having is not None:
            raise Unclear("what is counted is not said")
        count = Aggregate(Function.COUNT, plan.group_by[0], distinct=True)
        return Plan((Output(count),), plan.where, rows=plan.rows)
    if plan.distinct:
        shown = [output.value for output in plan.outputs]
        if len(shown) != 1 or not isinstance(shown[0], Field | PartOf):
            raise Unclear("what is counted is not said")
        return Plan((Output(Aggregate(Function.COUNT, shown[0], distinct=True)),), plan.where)
    count = Aggregate(Function.COUNT, ground.subject)
    where = plan.where
    if ground.per_row and plan.having is not None:
        where = conjunction([*conjuncts(where), *conjuncts(plan.having)])
    elif plan.having is not None:
        raise Unclear("what is counted is not said")
    return Plan((Output(count),), where)


def listed(ground: Ground, columns: Sequence[Field] = ()) -> Plan:
    """The rows that were counted or summed up, with all their fields or with these."""
    if not ground.only_aggregates or ground.plan.having is not None:
        raise Unclear("there is nothing counted to list")
    shown = tuple(Output(column) for column in columns) or (Output(ground.subject),)
    return _same_rows(ground, Plan(shown, ground.plan.where))


# --------------------------------------------------------------- in figures


def summed(
    ground: Ground, function: Function, argument: Field | None, beside: bool = False
) -> Plan:
    """Sum, average, least or greatest of a number: of all rows, or of each group."""
    plan = ground.plan
    argument = argument or _argument(ground)
    figure = Aggregate(function, argument)
    if not (ground.is_grouped or ground.only_aggregates):
        if ground.per_row or plan.distinct:
            raise Unclear("what is summed up is not said")
        return Plan((Output(figure),), plan.where)
    if figure in ground.aggregates:
        return plan
    if beside:
        return replace(plan, outputs=(*plan.outputs, Output(figure)))
    return _with_figure(ground, figure)


def in_all(ground: Ground) -> Plan:
    """The figures of all groups together."""
    plan = ground.plan
    if not ground.is_grouped or plan.having is not None or not ground.aggregates:
        raise Unclear("there are no groups")
    outputs = tuple(output for output in plan.outputs if isinstance(output.value, Aggregate))
    return replace(plan, outputs=outputs, group_by=(), **_UNCUT)


def _argument(ground: Ground) -> Field:
    figures = {a.argument for a in ground.aggregates if isinstance(a.argument, Field)}
    measured = ground.measures(figures) if figures else []
    found = measured[0] if len(measured) == 1 else ground.number_field()
    if found is None:
        raise Unclear("which number is meant is not said")
    return found


def _with_figure(ground: Ground, figure: Aggregate) -> Plan:
    """The figure in the place of those shown; orders by one that goes are by the new one."""
    plan = ground.plan
    old = set(ground.aggregates)
    if plan.having is not None and len(old) != 1:
        raise Unclear("groups are chosen by a figure that goes")
    kept = [output for output in plan.outputs if not isinstance(output.value, Aggregate)]
    order = tuple(replace(o, by=figure) if o.by in old else o for o in plan.order_by)
    return replace(plan, outputs=(*kept, Output(figure)), order_by=order)


# ------------------------------------------------------------------- groups


def regrouped(ground: Ground, keys: Sequence[Field | PartOf], beside: bool = False) -> Plan:
    """The same figures for each value of other keys; of plain rows, how many there are."""
    plan = ground.plan
    if plan.distinct or any(not isinstance(o.by, Operand) for o in plan.order_by):
        raise Unclear("rows without repeats are not grouped")
    figures = [o for o in plan.outputs if isinstance(o.value, Aggregate)]
    if not ground.is_grouped and not figures:
        figures = [Output(Aggregate(Function.COUNT, ground.subject))]
    if not figures:
        raise Unclear("there are no figures")
    old = plan.group_by
    new = tuple(dict.fromkeys((*old, *keys) if beside else keys))
    gone = set(old) - set(new)
    if any(key in gone for key in walk(plan.having)):
        raise Unclear("groups are chosen by a key that goes")
    shown = {output.value for output in figures}
    order = tuple(o for o in plan.order_by if o.by in shown or o.by in new)
    limit = plan.limit if order and old else None
    changed = replace(
        plan,
        outputs=(*(Output(key) for key in new), *figures),
        group_by=new,
        order_by=order,
        limit=limit,
        skip=None,
        per=(),
        rows=plan.rows if old else None,
    )
    return changed if ground.per_row else _same_rows(ground, changed)


# ------------------------------------------------------------------ columns


def with_columns(ground: Ground, columns: Sequence[Field], only: bool = False) -> Plan:
    plan = ground.plan
    if ground.is_grouped:
        raise Unclear("groups have no such column")
    if ground.only_aggregates:
        return listed(ground, columns)
    if only:
        kept = [o for o in plan.outputs if isinstance(o.value, Aggregate)]
        if kept:
            raise Unclear("whether figures stay is not said")
        shown_now = tuple(Output(column) for column in columns)
        return _same_rows(ground, replace(plan, outputs=shown_now))
    shown = [output.value for output in plan.outputs]
    whole = {value for value in shown if isinstance(value, Entity)}
    added = [
        Output(column)
        for column in dict.fromkeys(columns)
        if column not in shown and Entity(column.collection) not in whole
    ]
    return _same_rows(ground, replace(plan, outputs=(*plan.outputs, *added)))


def without_columns(ground: Ground, columns: Sequence[Field]) -> Plan:
    left = tuple(o for o in ground.plan.outputs if o.value not in columns)
    if not left or ground.is_grouped or len(left) == len(ground.plan.outputs):
        raise Unclear("there is no such column to leave out")
    return replace(ground.plan, outputs=left)


# ------------------------------------------------------------ order and size


def ordered(ground: Ground, by: Operand, descending: bool, anew: bool = False) -> Plan:
    """In another order: the same rows where they were the first of more, unless `anew`."""
    if ground.only_aggregates or ground.plan.per:
        raise Unclear("there is one row only")
    if ground.is_grouped and by not in ground.plan.group_by and not isinstance(by, Aggregate):
        raise Unclear("groups have no such order")
    plan = ground.plan if anew else _kept_rows(ground)
    return _same_rows(ground, replace(plan, order_by=(Order(by, descending),)))


def reversed_order(ground: Ground) -> Plan:
    if not ground.plan.order_by or ground.plan.per:
        raise Unclear("there is no order to turn round")
    return replace(_kept_rows(ground), order_by=_turned(ground.plan.order_by))


def _kept_rows(ground: Ground) -> Plan:
    """The first rows that the plan shows, as a condition: their order can then be another."""
    plan = ground.plan
    if plan.limit is None and plan.skip is None:
        return plan
    if plan.limit is None or ground.is_grouped or ground.per_row or plan.distinct:
        raise Unclear("which of the rows come first would change")
    top = Top(ground.subject, plan.order_by, plan.limit, plan.where, plan.skip)
    return replace(plan, where=top, limit=None, skip=None)


def _same_rows(ground: Ground, plan: Plan) -> Plan:
    """Each row once: refuses columns and orders of which each has several."""
    if Ground(plan, ground.catalog).subject != ground.subject:
        plan = replace(plan, rows=ground.subject)
    if Ground(plan, ground.catalog).subject != ground.subject:
        raise Unclear("there are several of it for each row")
    return plan


def one_figure(ground: Ground) -> Operand | None:
    """What rows are ranked by when nothing is said: the only figure, or the only number shown."""
    if ground.aggregates:
        return ground.aggregates[0] if len(ground.aggregates) == 1 else None
    shown = ground.measures(output.value for output in ground.plan.outputs)
    return shown[0] if len(shown) == 1 else None


def first(ground: Ground, number: int, ranked: bool) -> Plan:
    """The first rows in the order there is; `ranked`: else the largest first."""
    plan = ground.plan
    if ground.only_aggregates:
        raise Unclear("there is one row only")
    if ranked and not plan.order_by:
        by = one_figure(ground)
        if by is not None:
            plan = replace(plan, order_by=(Order(by, descending=True),))
        elif ground.is_grouped:
            raise Unclear("what is first is not said")
    return replace(plan, limit=number, skip=None)


def last(ground: Ground, number: int) -> Plan:
    if ground.plan.limit is not None:
        raise Unclear("the last of the first")
    plan = reversed_order(ground)
    return replace(plan, limit=number, skip=None)


def following(ground: Ground, number: int | None) -> Plan:
    plan = ground.plan
    if plan.limit is None or plan.per:
        raise Unclear("nothing was cut off")
    skip = (plan.skip or 0) + plan.limit
    return replace(plan, skip=skip, limit=number or plan.limit)


def uncut(ground: Ground) -> Plan:
    if ground.plan.limit is None:
        raise Unclear("nothing was cut off")
    return replace(ground.plan, limit=None, skip=None)


def _turned(order_by: Sequence[Order]) -> tuple[Order, ...]:
    return tuple(replace(order, descending=not order.descending) for order in order_by)


# ------------------------------------------------------------ what is summed


def over(plan: Plan, added: Sequence[Predicate], mode: Mode) -> Plan:
    """Conditions on what belongs to each row: all figures are over those only."""

    def narrowed(part: object) -> object:
        if not isinstance(part, Aggregate):
            return part
        return replace(part, where=merge(part.where, added, mode))

    return replace(
        plan,
        outputs=rebuilt(plan.outputs, narrowed),
        having=rebuilt(plan.having, narrowed),
        order_by=rebuilt(plan.order_by, narrowed),
    )


def part_of(part: DatePart, ground: Ground) -> PartOf:
    date = ground.date_field()
    if date is None:
        raise Unclear("which date is meant is not said")
    return PartOf(part, date)
