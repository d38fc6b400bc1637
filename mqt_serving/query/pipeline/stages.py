"""Stages of an aggregation, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mqt_serving.query.operators import ACCUMULATORS, WINDOW_FUNCTIONS
from mqt_serving.query.pipeline.expressions import ArrayExpression, Expression, LiteralExpression
from mqt_serving.query.pipeline.filters import EVERYTHING, GEOMETRY, LEGACY_POINT, Filter, GeoShape
from mqt_serving.query.pipeline.validation import require_operator
from mqt_serving.query.pipeline.values import Value


@dataclass(frozen=True, slots=True)
class Match:
    filter: Filter


@dataclass(frozen=True, slots=True)
class Project:
    """Items: name -> True (include), False (exclude) or an expression, in order."""

    items: tuple[tuple[str, bool | Expression], ...]


@dataclass(frozen=True, slots=True)
class AddFields:
    items: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Unset:
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unwind:
    path: str  # without the dollar
    preserve: bool = False
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Accumulator:
    """One output of `$group` or of a bucket: `{name: {$operator: argument}}`.

    The argument of `$count` is the empty object, that of `$topN` and its like an object.
    """

    name: str
    operator: str
    argument: Expression

    def __post_init__(self) -> None:
        require_operator(self.operator, ACCUMULATORS)
        if isinstance(self.argument, ArrayExpression):
            raise ValueError(f"{self.operator} takes one expression in $group, not a list")


@dataclass(frozen=True, slots=True)
class Group:
    """`key` None is `_id: null`."""

    key: Expression | None
    accumulators: tuple[Accumulator, ...] = ()


@dataclass(frozen=True, slots=True)
class Bucket:
    """Groups by ranges of values: `boundaries` ascending, each bucket without its upper one.

    Without `default` a value outside of all buckets fails the query.
    """

    by: Expression
    boundaries: tuple[Value, ...]
    default: LiteralExpression | None = None
    accumulators: tuple[Accumulator, ...] = ()

    def __post_init__(self) -> None:
        if len(self.boundaries) < 2:
            raise ValueError("$bucket needs at least two boundaries")


@dataclass(frozen=True, slots=True)
class BucketAuto:
    """Groups by `buckets` ranges of about as many rows each."""

    by: Expression
    buckets: int
    accumulators: tuple[Accumulator, ...] = ()
    granularity: str | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """`{$meta: "textScore"}` as a sort key: the best match of `$text` first."""

    keyword: str

    def __post_init__(self) -> None:
        if self.keyword not in SORT_META:
            raise ValueError(f"cannot sort by {self.keyword} (known are {', '.join(SORT_META)})")


SORT_META = ("textScore",)


@dataclass(frozen=True, slots=True)
class Sort:
    keys: tuple[tuple[str, int | Meta], ...]  # 1 or -1


@dataclass(frozen=True, slots=True)
class Limit:
    count: int


@dataclass(frozen=True, slots=True)
class Skip:
    count: int


@dataclass(frozen=True, slots=True)
class Count:
    name: str


@dataclass(frozen=True, slots=True)
class SortByCount:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Lookup:
    """`localField`/`foreignField`, `let`/`pipeline`, or both (MongoDB 5+)."""

    collection: str
    name: str  # "as"
    local: str | None = None
    foreign: str | None = None
    let: tuple[tuple[str, Expression], ...] = ()
    stages: tuple[Stage, ...] | None = None


@dataclass(frozen=True, slots=True)
class GraphLookup:
    """Follows references within a collection: `start`, then `connect_from` to `connect_to`."""

    collection: str
    start: Expression
    connect_from: str
    connect_to: str
    name: str  # "as"
    max_depth: int | None = None
    depth_field: str | None = None
    restrict: Filter | None = None


@dataclass(frozen=True, slots=True)
class ReplaceRoot:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Facet:
    """Several pipelines over the same rows: one document with an array for each."""

    pipelines: tuple[tuple[str, tuple[Stage, ...]], ...]


@dataclass(frozen=True, slots=True)
class UnionWith:
    """Adds the rows of another collection, after `stages`."""

    collection: str
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    size: int


UNBOUNDED, CURRENT = "unbounded", "current"
Bound: TypeAlias = int | float | str
"""A distance from the current row, `UNBOUNDED` or `CURRENT`."""


@dataclass(frozen=True, slots=True)
class Window:
    """The rows around each row, by position ("documents") or by the sort value ("range")."""

    kind: str
    low: Bound
    high: Bound
    unit: str | None = None  # of time, for ranges of dates

    def __post_init__(self) -> None:
        if self.kind not in ("documents", "range"):
            raise ValueError(f"a window is of documents or a range, not {self.kind}")
        for bound in (self.low, self.high):
            if isinstance(bound, str) and bound not in (UNBOUNDED, CURRENT):
                raise ValueError(f"a window ends at {UNBOUNDED}, {CURRENT} or a number: {bound}")


@dataclass(frozen=True, slots=True)
class WindowOutput:
    """`{name: {$operator: argument, window: {...}}}`; without a window, the whole partition."""

    name: str
    operator: str
    argument: Expression
    window: Window | None = None

    def __post_init__(self) -> None:
        require_operator(self.operator, WINDOW_FUNCTIONS)


@dataclass(frozen=True, slots=True)
class SetWindowFields:
    """Adds fields computed over neighbouring rows: running totals, ranks, moving averages."""

    outputs: tuple[WindowOutput, ...]
    partition: Expression | None = None
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Densify:
    """Adds rows where values of `path` are missing in steps of `step` (of `unit`, for dates).

    `bounds`: "full" (of all rows), "partition", or a pair of values.
    """

    path: str
    step: int | float
    bounds: str | tuple[Value, Value]
    unit: str | None = None
    partition: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.bounds, str) and self.bounds not in ("full", "partition"):
            raise ValueError(f"bounds are full, partition or two values, not {self.bounds}")


FILL_METHODS = ("linear", "locf")


@dataclass(frozen=True, slots=True)
class Fill:
    """Gives null and missing fields a value: by a method of `FILL_METHODS` or an expression."""

    outputs: tuple[tuple[str, str | Expression], ...]
    partition: Expression | tuple[str, ...] | None = None
    sort: Sort | None = None

    def __post_init__(self) -> None:
        for name, output in self.outputs:
            if isinstance(output, str) and output not in FILL_METHODS:
                raise ValueError(f"{name} is filled by linear or locf, not by {output}")


@dataclass(frozen=True, slots=True)
class GeoNear:
    """The rows by their distance from a point, which `distance_field` gets; a first stage only."""

    near: GeoShape
    distance_field: str
    key: str | None = None
    query: Filter = EVERYTHING
    max_distance: int | float | None = None
    min_distance: int | float | None = None
    multiplier: int | float | None = None
    location_field: str | None = None  # "includeLocs"
    spherical: bool = False

    def __post_init__(self) -> None:
        if self.near.kind not in (GEOMETRY, LEGACY_POINT):
            raise ValueError(f"$geoNear starts at a point, not at {self.near.kind}")


Stage: TypeAlias = (
    Match
    | Project
    | AddFields
    | Unset
    | Unwind
    | Group
    | Bucket
    | BucketAuto
    | Sort
    | Limit
    | Skip
    | Count
    | SortByCount
    | Lookup
    | GraphLookup
    | ReplaceRoot
    | Facet
    | UnionWith
    | Sample
    | SetWindowFields
    | Densify
    | Fill
    | GeoNear
)
