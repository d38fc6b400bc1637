"""How many documents a query would read, and the index that would help.

An estimate before anything runs: the first collection as `explain` says it would be read, joined
ones as their indexes allow (a join without an index reads the whole other collection for every
row). Pure; depends on the trees, `explain_output` and `statistics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mqt_serving.errors import QueryRefused
from mqt_serving.query.guarding.explain_output import AccessPlan, Scan
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.statistics import RANGE, CollectionStatistics, tested_paths
from mqt_serving.query.pipeline import (
    AddFields,
    Aggregate,
    AllOf,
    Bucket,
    BucketAuto,
    Command,
    Count,
    CountDocuments,
    Densify,
    Distinct,
    EstimatedDocumentCount,
    Expression,
    Facet,
    FieldTest,
    Fill,
    Filter,
    Find,
    GeoNear,
    GraphLookup,
    Group,
    Limit,
    Lookup,
    Match,
    PathExpression,
    Project,
    ReplaceRoot,
    Sample,
    SetWindowFields,
    Skip,
    Sort,
    SortByCount,
    Stage,
    UnionWith,
    Unset,
    Unwind,
)

SORT_BYTES = 100 * 2**20  # what MongoDB sorts in memory
_ARRAY_LENGTH = 5  # elements of an array of which nothing is known
_GRAPH_LEVELS = 10
_GRAPH_NODES = 100
_DENSIFIED = 500_000  # MongoDB makes no more rows
_STREAMING = (Match, Project, AddFields, Unset, Skip, Limit)

Statistics = Mapping[str, CollectionStatistics]


@dataclass(frozen=True, slots=True)
class Reading:
    """Documents read of one collection, and the keys of an index that would spare them."""

    collection: str
    documents: float
    index: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Estimate:
    """`sorted_bytes` is the most that has to be held to sort."""

    readings: list[Reading] = field(default_factory=list)
    sorted_bytes: float = 0
    sort: Reading | None = None

    @property
    def documents(self) -> float:
        return sum(reading.documents for reading in self.readings)


def decide(estimate: Estimate, limits: Limits) -> None:
    """Raises QueryRefused when the query would read or sort too much."""
    if estimate.documents > limits.max_documents_examined:
        worst = max(estimate.readings, key=lambda reading: reading.documents)
        raise QueryRefused(
            f"The query would read about {_rounded(estimate.documents)} documents, "
            f"{_rounded(worst.documents)} of them of {worst.collection}; at most "
            f"{limits.max_documents_examined:,} are allowed. {_advice(worst)}"
        )
    if estimate.sort is not None and estimate.sorted_bytes > SORT_BYTES:
        raise QueryRefused(
            f"The query would sort about {_rounded(estimate.sort.documents)} documents of "
            f"{estimate.sort.collection} ({estimate.sorted_bytes / 2**20:,.0f} MB) in memory; "
            f"MongoDB takes at most {SORT_BYTES // 2**20} MB. {_advice(estimate.sort)}"
        )


def _advice(reading: Reading) -> str:
    if not reading.index:
        return "Filter on an indexed field first."
    keys = ", ".join(f"{path}: {way}" for path, way in reading.index)
    return (
        f"An index on {{{keys}}} of {reading.collection} would help, or a filter that keeps less."
    )


def _rounded(number: float) -> str:
    digits = max(0, len(str(int(number))) - 2)
    return f"{int(round(number, -digits)):,}"


def estimate(command: Command, plan: AccessPlan, statistics: Statistics) -> Estimate:
    """What `command` would read, its own collection by `plan`."""
    walk = _Walk(statistics)
    match command:
        case Find():
            stages: list[Stage] = [Match(command.filter)]
            stages += [] if command.sort is None else [command.sort]
            stages += [] if command.skip is None else [Skip(command.skip)]
            stages += [] if command.limit is None else [Limit(command.limit)]
            walk.first(command.collection, stages, plan)
        case Aggregate(collection=collection, stages=pipeline):
            walk.first(collection, pipeline, plan)
        case CountDocuments(collection=collection, filter=condition):
            walk.first(collection, (Match(condition), Count("count")), plan)
        case EstimatedDocumentCount():
            pass  # MongoDB knows it without reading a document
        case Distinct(collection=collection, path=path, filter=condition):
            distinct = SortByCount(PathExpression(path))
            walk.first(collection, (Match(condition), distinct), plan)
        case _:
            assert_never(command)
    return walk.estimate


def most(command: Command, statistics: Statistics) -> Estimate:
    """What `command` would read if no index served: what is cheap even so needs no `explain`."""
    bare = {
        name: CollectionStatistics(known.count, known.size) for name, known in statistics.items()
    }
    return estimate(command, AccessPlan((Scan(None),), sorts=True), bare)


class _Walk:
    """Follows the rows through the stages and collects what is read for them."""

    def __init__(self, statistics: Statistics) -> None:
        self.estimate = Estimate()
        self._statistics = statistics

    def first(self, collection: str, stages: Sequence[Stage], plan: AccessPlan) -> None:
        known = self._statistics[collection]
        condition = leading_filter(stages)
        share = known.selectivity(condition)
        read = min(sum(_scanned(scan, known) for scan in plan.scans), 2.0 * known.count)
        narrow = read < known.count
        rows = min(known.count * share, read)
        if not plan.sorts:
            read = min(read, _needed(stages, ordered=True) * (read / max(1.0, rows)))
        self._read(collection, read, () if narrow else _helpful(condition, stages))
        self._follow(collection, stages, rows, sorts=plan.sorts)

    def _read(self, collection: str, documents: float, index: tuple[tuple[str, int], ...]) -> None:
        self.estimate.readings.append(Reading(collection, documents, index))

    def _follow(
        self, collection: str, stages: Sequence[Stage], rows: float, sorts: bool = True
    ) -> float:
        """The number of rows behind the stages; `sorts`: no index gives the order."""
        joined: dict[str, float] = {}
        for position, stage in enumerate(stages):
            following = stages[position + 1] if position + 1 < len(stages) else None
            if isinstance(stage, Sort) and sorts and not isinstance(following, Limit | Skip):
                self._sort(collection, stage, rows)
            rows = self._after(collection, stage, rows, joined)
        return rows

    def _sort(self, collection: str, stage: Sort, rows: float) -> None:
        known = self._statistics[collection]
        held = rows * known.size / max(1, known.count)
        if held > self.estimate.sorted_bytes:
            self.estimate.sorted_bytes = held
            self.estimate.sort = Reading(collection, rows, _sort_keys(stage))

    def _after(self, collection: str, stage: Stage, rows: float, joined: dict[str, float]) -> float:
        known = self._statistics[collection]
        match stage:
            case Match() | Project() | AddFields() | Unset() | Sort() | ReplaceRoot():
                return rows  # what the leading filter drops is dropped already
            case SetWindowFields() | Fill() | GeoNear():
                return rows
            case Densify():
                return rows + _DENSIFIED
            case Skip(count=count):
                return max(0.0, rows - count)
            case Limit(count=count) | Sample(size=count) | BucketAuto(buckets=count):
                return min(rows, count)
            case Count():
                return 1.0
            case Bucket(boundaries=boundaries):
                return min(rows, len(boundaries))
            case Group(key=key):
                return 1.0 if key is None else min(rows, _groups(key, known))
            case SortByCount(expression=key):
                return min(rows, _groups(key, known))
            case Unwind(path=path):
                return rows * joined.get(path, _ARRAY_LENGTH)
            case Facet(pipelines=pipelines):
                for _, inner in pipelines:
                    self._follow(collection, inner, rows)
                return 1.0
            case UnionWith(collection=other, stages=inner):
                return rows + self._joined(other, inner, times=1)
            case Lookup():
                joined[stage.name] = self._lookup(stage, rows)
                return rows
            case GraphLookup():
                joined[stage.name] = self._graph_lookup(stage, rows)
                return rows
            case _:
                assert_never(stage)

    def _lookup(self, stage: Lookup, rows: float) -> float:
        """The number of documents that each row gets."""
        inner = stage.stages or ()
        if stage.foreign is not None:
            same = Match(FieldTest(stage.foreign, "$eq", "the row's"))
            return self._joined(stage.collection, (same, *inner), times=rows)
        correlated = bool(stage.let)
        # MongoDB keeps what a sub-pipeline without variables gives, and reads it once.
        return self._joined(stage.collection, inner, times=rows if correlated else 1)

    def _joined(self, collection: str, stages: Sequence[Stage], times: float) -> float:
        """Reads a pipeline of another collection `times` times; the rows of one time."""
        known = self._statistics[collection]
        condition = leading_filter(stages)
        share = known.indexed_share(condition)
        read = known.count * (1.0 if share is None else share)
        rows = known.count * known.selectivity(condition)
        if share is not None or condition == AllOf(()):
            read = min(read, _needed(stages))
        helpful = () if share is not None else _helpful(condition, stages)
        self._read(collection, times * max(1.0, read), helpful)
        before = len(self.estimate.readings)
        after = self._follow(collection, stages, min(rows, max(1.0, read)))
        nested = self.estimate.readings[before:]
        self.estimate.readings[before:] = [
            Reading(r.collection, r.documents * times, r.index) for r in nested
        ]
        return after

    def _graph_lookup(self, stage: GraphLookup, rows: float) -> float:
        known = self._statistics[stage.collection]
        same = FieldTest(stage.connect_to, "$eq", "the row's")
        share = known.indexed_share(same)
        levels = _GRAPH_LEVELS if stage.max_depth is None else stage.max_depth + 1
        found = min(known.count, _GRAPH_NODES)
        read = known.count * levels if share is None else min(known.count, found * levels)
        helpful = ((stage.connect_to, 1),) if share is None else ()
        self._read(stage.collection, rows * read, helpful)
        return found


def leading_filter(stages: Sequence[Stage]) -> Filter:
    """What an index can serve: the filters before any stage that changes the documents."""
    found: list[Filter] = []
    for stage in stages:
        match stage:
            case Match(filter=condition) if condition != AllOf(()):
                found.append(condition)
            case GeoNear(query=condition):
                found.append(condition)
            case Match() | Unset():
                continue
            case Project(items=items) if all(isinstance(item, bool) for _, item in items):
                continue
            case _:
                break
    return found[0] if len(found) == 1 else AllOf(tuple(found))


def _scanned(scan: Scan, known: CollectionStatistics) -> float:
    """The documents that one scan of the collection reads."""
    if scan.index is None:
        return float(known.count)
    if scan.points:
        return 1.0
    share = 1.0
    for path, intervals in scan.bounds:
        if all(map(_is_point, intervals)):
            share *= min(1.0, len(intervals) * known.share_of(path))
            continue
        whole = any("MinKey" in i and "MaxKey" in i for i in intervals)
        share *= 1.0 if whole else RANGE
        break
    return known.count * share


def _is_point(interval: str) -> bool:
    """`[5, 5]`: both ends are the same; texts with commas in them too."""
    inside = interval[1:-1]
    half = (len(inside) - 2) // 2
    return interval[:1] == "[" and interval[-1:] == "]" and inside[:half] == inside[half + 2 :]


def _needed(stages: Sequence[Stage], ordered: bool = False) -> float:
    """The rows after which a limit stops the reading, when nothing before needs them all.

    `ordered`: an index gives the order that a sort asks for.
    """
    skipped = 0
    for stage in stages:
        match stage:
            case Limit(count=count):
                return float(skipped + count)
            case Skip(count=count):
                skipped += count
            case Sort() if ordered:
                continue
            case _ if not isinstance(stage, _STREAMING):
                break
    return float("inf")


def _groups(key: Expression, known: CollectionStatistics) -> float:
    return known.values_at(key.path) if isinstance(key, PathExpression) else float("inf")


def _helpful(condition: Filter, stages: Sequence[Stage]) -> tuple[tuple[str, int], ...]:
    """The keys of an index by the rule equality, sort, range."""
    equal, ranged = tested_paths(condition)
    sort = next((stage for stage in stages if isinstance(stage, Sort)), None)
    keys = dict.fromkeys(equal, 1)
    for path, way in _sort_keys(sort) if sort and (equal or ranged) else ():
        keys.setdefault(path, way)
    for path in ranged:
        keys.setdefault(path, 1)
    return tuple(keys.items())


def _sort_keys(stage: Sort) -> tuple[tuple[str, int], ...]:
    return tuple((path, way) for path, way in stage.keys if isinstance(way, int))
