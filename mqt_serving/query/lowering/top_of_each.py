"""The first rows for each value of some keys: `$group` with `$topN`, which keeps these only.

A numbering of all rows (`$setWindowFields`) would hold every row in memory; here a group holds as
many as are wanted, and of these what is shown. Used by `lowering` only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mqt_serving.errors import PlanError
from mqt_serving.query import naming
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    Expression,
    Group,
    LiteralExpression,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    ReplaceRoot,
    Sort,
    Stage,
    Unwind,
    VariableExpression,
)
from mqt_serving.query.plan import Field, PartOf, Plan

_TOP = "top"
_WHOLE = VariableExpression("ROOT")


@dataclass(frozen=True, slots=True)
class TopOfEach:
    """Which rows stay: the first `limit` after `skip` of each value of the keys, by `order`."""

    keys: Mapping[Field | PartOf, Expression]
    order: tuple[tuple[str, int], ...]
    limit: int
    skip: int | None = None

    def columns(self, columns: Sequence[tuple[str, Expression]]) -> list[Stage]:
        """The stages that give the columns of these rows, by the keys and then the order."""
        safe = [f"{name.replace('.', '_')}" for name, _ in columns]
        names = [name if safe.count(name) == 1 else f"{name}_{at}" for at, name in enumerate(safe)]
        kept = ObjectExpression(
            tuple((name, value) for name, (_, value) in zip(names, columns, strict=True))
        )
        shown: list[tuple[str, bool | Expression]] = [
            (name, PathExpression(f"{_TOP}.{inner}"))
            for inner, (name, _) in zip(names, columns, strict=True)
        ]
        if all(name != "_id" for name, _ in columns):
            shown.append(("_id", False))
        return [*self._rows(kept), Project(tuple(shown))]

    def documents(self) -> list[Stage]:
        """The stages that give these rows as they are."""
        return [*self._rows(_WHOLE), ReplaceRoot(PathExpression(_TOP))]

    def _rows(self, kept: Expression) -> list[Stage]:
        skip = self.skip or 0
        order = ObjectExpression(tuple((path, LiteralExpression(way)) for path, way in self.order))
        number = LiteralExpression(self.limit + skip)
        top = ObjectExpression((("n", number), ("sortBy", order), ("output", kept)))
        stages: list[Stage] = [
            Group(self._key(), (Accumulator(_TOP, "$topN", top),)),
            Sort((("_id", 1),)),
        ]
        if skip:
            bounds = (LiteralExpression(skip), LiteralExpression(self.limit))
            rest = Operation("$slice", (PathExpression(_TOP), *bounds))
            stages.append(AddFields(((_TOP, rest),)))
        return [*stages, Unwind(_TOP)]

    def _key(self) -> Expression:
        if len(self.keys) == 1:
            (value,) = self.keys.values()
            return value
        items: dict[str, Expression] = {}
        for key, value in self.keys.items():
            items[naming.unique_name(key, items)] = value
        return ObjectExpression(tuple(items.items()))


def check_per(plan: Plan, is_total: bool) -> None:
    """`PlanError` where "the first of each" says nothing; `is_total`: there is one row in all."""
    if not plan.per:
        return
    if not plan.limit or not plan.order_by:
        raise PlanError("the first of each (`per`) need an order and a limit of at least one")
    if is_total:
        raise PlanError("there is one total only, not the first of each (`per`)")
    if plan.group_by and not set(plan.per) <= set(plan.group_by):
        raise PlanError("the first groups of each (`per`) are told apart by some of the group keys")
