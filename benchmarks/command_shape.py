"""The shape of a command, for golds that no plan can be raised from. Pure.

Gives the kinds that `kind_of` gives for plans, and the parts that a breakdown can compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mqt_assets.evaluation.execution_accuracy import observable_sort
from mqt_serving.query.guarding.reads import collections_read
from mqt_serving.query.pipeline import (
    EVERYTHING,
    Accumulator,
    Aggregate,
    Bucket,
    BucketAuto,
    Command,
    Count,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    Find,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    Project,
    SortByCount,
    Stage,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """`totals` are accumulators over all rows; `sort` has leaf names and directions."""

    collections: frozenset[str]
    filters: bool
    groups: bool
    distinct: bool
    totals: tuple[str, ...]
    sort: tuple[tuple[str, str], ...]
    limit: int | None

    @property
    def kind(self) -> str:
        """As `mqt_assets.training.examples.kind_of` calls the plan of such a command."""
        if len(self.collections) > 1:
            return "join"
        if self.groups:
            return "group"
        if self.totals:
            return "count" if set(self.totals) == {"count"} else "aggregate"
        if self.distinct:
            return "distinct"
        return "top" if self.sort and self.limit is not None else "find"


def shape_of(command: Command) -> Shape:
    stages = tuple(_stages(command.stages)) if isinstance(command, Aggregate) else ()
    groups = [stage for stage in stages if isinstance(stage, Group) and stage.key is not None]
    counted = any(isinstance(stage, Bucket | BucketAuto | SortByCount) for stage in stages)
    return Shape(
        collections=frozenset(collections_read(command)),
        filters=_filters(command, stages),
        groups=counted or any(group.accumulators for group in groups),
        distinct=bool(groups) or isinstance(command, Distinct),
        totals=tuple(_totals(command, stages)),
        sort=tuple(
            (path.rpartition(".")[2], str(direction))
            for path, direction in observable_sort(command) or ()
        ),
        limit=_limit(command, stages),
    )


def output_fields(command: Command) -> tuple[str, ...]:
    """What the last projection names; empty where there is none."""
    if isinstance(command, Find):
        projections = [command.projection] if command.projection else []
    elif isinstance(command, Aggregate):
        projections = [stage for stage in command.stages if isinstance(stage, Project)]
    else:
        projections = []
    items = projections[-1].items if projections else ()
    return tuple(name for name, value in items if value is not False)


def _stages(stages: tuple[Stage, ...]) -> Iterator[Stage]:
    """The stages, with those of joined pipelines."""
    for stage in stages:
        yield stage
        if isinstance(stage, Lookup):
            yield from _stages(stage.stages or ())


def _filters(command: Command, stages: tuple[Stage, ...]) -> bool:
    if isinstance(command, Find | CountDocuments | Distinct):
        return command.filter != EVERYTHING
    return any(isinstance(stage, Match) for stage in stages)


def _limit(command: Command, stages: tuple[Stage, ...]) -> int | None:
    if isinstance(command, Find):
        return command.limit
    return next((stage.count for stage in reversed(stages) if isinstance(stage, Limit)), None)


def _totals(command: Command, stages: tuple[Stage, ...]) -> Iterator[str]:
    if isinstance(command, CountDocuments | EstimatedDocumentCount):
        yield "count"
    for stage in stages:
        match stage:
            case Count():
                yield "count"
            case Group(key=None, accumulators=accumulators):
                yield from map(_function, accumulators)


def _function(accumulator: Accumulator) -> str:
    match accumulator:
        case Accumulator(operator="$count") | Accumulator(argument=LiteralExpression(value=1)):
            return "count"
    return accumulator.operator.removeprefix("$")
