"""What `explain` (verbosity queryPlanner) says of how a query would read its first collection.

Knows the shapes of MongoDB 3.6 to 8: classic plans, SBE (`queryPlan` beside `slotBasedPlan`),
pipelines (`stages` with `$cursor`), shards, express plans. Anything else is an `UnknownPlan`.
See https://www.mongodb.com/docs/manual/reference/explain-results/. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class UnknownPlan(ValueError):
    """The output has a shape that is not known: its cost cannot be told."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading of documents: by index with its bounds, or of the whole collection (None).

    `bounds` are the intervals of each path as MongoDB prints them: `[5, 5]`, `(3, inf.0]`.
    """

    index: str | None
    bounds: tuple[tuple[str, tuple[str, ...]], ...] = ()
    points: bool = False  # a look-up by _id or of a whole key: one document a point


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """`sorts`: documents are sorted after they were read, so all are read before the first."""

    scans: tuple[Scan, ...]
    sorts: bool = False


_WHOLE = frozenset({"COLLSCAN", "CLUSTERED_IXSCAN"})
_INDEXED = frozenset({"IXSCAN", "COUNT_SCAN", "DISTINCT_SCAN", "EXPRESS_IXSCAN"})
_POINTS = frozenset({"IDHACK", "EXPRESS_IDHACK", "EXPRESS_CLUSTERED_IXSCAN"})
_NOTHING = frozenset({"EOF", "RECORD_STORE_FAST_COUNT", "COUNT"})
_GEO = frozenset({"GEO_NEAR_2D", "GEO_NEAR_2DSPHERE"})
_CHILDREN = ("inputStage", "outerStage", "innerStage", "thenStage", "elseStage")


def access_plan(output: Mapping[str, Any]) -> AccessPlan:
    """Raises UnknownPlan."""
    plans = list(_winning_plans(output))
    if not plans:
        raise UnknownPlan("it names no winning plan")
    nodes = [node for plan in plans for node in _nodes(plan)]
    scans = [scan for node in nodes for scan in _scans(node)]
    sorts = any(node["stage"] in ("SORT", "TEXT_MATCH", "TEXT_OR") for node in nodes)
    return AccessPlan(tuple(dict.fromkeys(scans)), sorts or "$sort" in _later_stages(output))


def _winning_plans(output: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    match output:
        case {"queryPlanner": {"winningPlan": {"shards": [*shards]}}}:
            for shard in shards:
                yield from _winning_plans({"queryPlanner": shard})
        case {"queryPlanner": {"winningPlan": {"queryPlan": Mapping() as plan}}}:
            yield plan
        case {"queryPlanner": {"winningPlan": Mapping() as plan}}:
            yield plan
        case {"stages": [Mapping() as first, *_]}:
            for operand in first.values():
                if isinstance(operand, Mapping) and "queryPlanner" in operand:
                    yield from _winning_plans(operand)
        case {"shards": Mapping() as shards}:
            for shard in shards.values():
                yield from _winning_plans(shard)


def _later_stages(output: Mapping[str, Any]) -> set[str]:
    """Names of the stages behind the first, of all shards."""
    match output:
        case {"stages": [_, *stages]}:
            return {name for stage in stages for name in stage}
        case {"shards": Mapping() as shards}:
            return {name for shard in shards.values() for name in _later_stages(shard)}
        case _:
            return set()


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    pending: list[Any] = [plan]
    while pending:
        node = pending.pop()
        if not isinstance(node, Mapping) or not isinstance(node.get("stage"), str):
            raise UnknownPlan(f"{str(node)[:60]!r} is not a stage of a plan")
        yield node
        pending.extend(_inputs(node))


def _inputs(node: Mapping[str, Any]) -> Sequence[Any]:
    single = [node[name] for name in _CHILDREN if name in node]
    return [*single, *node.get("inputStages", ())]


def _scans(node: Mapping[str, Any]) -> Iterator[Scan]:
    stage = node["stage"]
    if stage in _WHOLE:
        yield Scan(None)
    elif stage in _POINTS:
        yield Scan("_id_", points=True)
    elif stage in _INDEXED:
        yield Scan(str(node.get("indexName", "")), _bounds(node), points=stage == "EXPRESS_IXSCAN")
    elif stage in _GEO:
        yield Scan(str(node.get("indexName", "")))
    elif stage not in _NOTHING and not _inputs(node):
        raise UnknownPlan(f"the stage {stage} is not known")


def _bounds(node: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    match node.get("indexBounds"):
        case {"startKey": Mapping() as start, "endKey": Mapping() as end}:  # of a COUNT_SCAN
            return tuple((path, (f"[{start[path]}, {end.get(path)}]",)) for path in start)
        case Mapping() as bounds:
            return tuple((path, tuple(map(str, intervals))) for path, intervals in bounds.items())
        case _:
            return ()
