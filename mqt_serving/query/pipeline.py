"""The pipeline: what MongoDB runs, as a typed, immutable tree that cannot express a write.

Five commands, their stages, filters and expressions. Operators are data (see `operators`): a
name that is not in that table cannot be put into a tree, so nothing that writes or runs
JavaScript exists here. Parsing, rendering, guarding and running live in their own modules.
Depends on `bson`, `collation` and `operators`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.query.collation import Collation
from mqt_serving.query.operators import (
    ACCUMULATORS,
    EXPRESSIONS,
    FIELD_TESTS,
    GEO_TESTS,
    WINDOW_FUNCTIONS,
    suggestion,
)

Value: TypeAlias = (
    "bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex[str]"
    " | Binary | Timestamp | MinKey | MaxKey | tuple[Value, ...] | Document | None"
)
"""A literal as BSON has it. Dates are timezone-aware, in UTC, to the millisecond; a UUID is a
`Binary` of subtype 4."""


@dataclass(frozen=True, slots=True)
class Document:
    """A literal sub-document, its keys in order; a `$` key would be an operator: refused."""

    items: tuple[tuple[str, Value], ...]

    def __post_init__(self) -> None:
        _refuse_dollar_keys([key for key, _ in self.items])


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class PathExpression:
    """`"$a.b"`."""

    path: str


@dataclass(frozen=True, slots=True)
class VariableExpression:
    """`"$$this.a"`, `"$$ROOT"`: the name without the dollars."""

    name: str


@dataclass(frozen=True, slots=True)
class LiteralExpression:
    """A constant. Lists and documents print as `$literal`: bare ones are array and object
    expressions, whose items are expressions themselves."""

    value: Value


@dataclass(frozen=True, slots=True)
class Operation:
    """`{"$op": [a, b]}` (positional): one argument prints without the list where MongoDB allows."""

    operator: str  # with the dollar
    arguments: tuple[Expression, ...]

    def __post_init__(self) -> None:
        _require_operator(self.operator, EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """`{"$op": {name: expression, ...}}`: $dateToString, $filter, $convert, $cond by name..."""

    operator: str
    arguments: tuple[tuple[str, Expression], ...]

    def __post_init__(self) -> None:
        _require_operator(self.operator, EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class ObjectExpression:
    """`{name: expression, ...}`."""

    items: tuple[tuple[str, Expression], ...]

    def __post_init__(self) -> None:
        _refuse_dollar_keys([key for key, _ in self.items])


@dataclass(frozen=True, slots=True)
class ArrayExpression:
    """`[expression, ...]`."""

    items: tuple[Expression, ...]


Expression: TypeAlias = (
    PathExpression
    | VariableExpression
    | LiteralExpression
    | Operation
    | NamedOperation
    | ObjectExpression
    | ArrayExpression
)


# -------------------------------------------------------------------- filters


@dataclass(frozen=True, slots=True)
class FieldTest:
    """`{path: {$op: value}}`; `$eq` prints as `{path: value}` where that means the same.

    Operators: those of `FIELD_TESTS`; `$regex` takes a `Regex`.
    """

    path: str
    operator: str
    value: Value

    def __post_init__(self) -> None:
        _require_operator(self.operator, FIELD_TESTS)
        if self.operator == "$regex" and not isinstance(self.value, Regex):
            raise ValueError(f"$regex needs a Regex, not {self.value!r}")
        if isinstance(self.value, Regex) and self.operator not in ("$regex", "$eq"):
            raise ValueError(f"{self.operator} cannot take a regular expression")
        if self.operator in ("$in", "$nin", "$all") and not isinstance(self.value, tuple):
            raise ValueError(f"{self.operator} needs a tuple, not {self.value!r}")


GEOMETRY, LEGACY_POINT = "$geometry", "point"
GEO_SHAPES = (GEOMETRY, LEGACY_POINT, "$box", "$polygon", "$center", "$centerSphere")


@dataclass(frozen=True, slots=True)
class GeoShape:
    """A place or an area: `$geometry` holds GeoJSON, "point" the pair of a legacy point, the
    others what MongoDB's legacy shapes take. Longitude comes before latitude."""

    kind: str
    value: Value

    def __post_init__(self) -> None:
        if self.kind not in GEO_SHAPES:
            raise ValueError(f"{self.kind} is not a shape (known are {', '.join(GEO_SHAPES)})")
        if isinstance(self.value, Document) is not (self.kind == GEOMETRY):
            raise ValueError(f"{self.kind} cannot hold {self.value!r}")


@dataclass(frozen=True, slots=True)
class GeoTest:
    """`{path: {$geoWithin: shape}}` and its like.

    Distances belong to `$near` and `$nearSphere`, which also sort by distance: metres from a
    GeoJSON point, radians from a legacy one (degrees with `$near`).
    """

    path: str
    operator: str
    shape: GeoShape
    max_distance: int | float | None = None
    min_distance: int | float | None = None

    def __post_init__(self) -> None:
        _require_operator(self.operator, GEO_TESTS)
        near = self.operator in ("$near", "$nearSphere")
        allowed = {
            "$geoWithin": [k for k in GEO_SHAPES if k != LEGACY_POINT],
            "$geoIntersects": [GEOMETRY],
        }.get(self.operator, [GEOMETRY, LEGACY_POINT])
        if self.shape.kind not in allowed:
            raise ValueError(f"{self.operator} cannot take {self.shape.kind}")
        if not near and (self.max_distance, self.min_distance) != (None, None):
            raise ValueError(f"{self.operator} takes no distance")


@dataclass(frozen=True, slots=True)
class TextSearch:
    """`{$text: {$search: ...}}`: words in the fields of the collection's text index."""

    search: str
    language: str | None = None
    case_sensitive: bool = False
    diacritic_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class NotTest:
    """`{path: {$not: {$op: value}}}` (or of an `ElementMatch` or `GeoTest`)."""

    test: FieldTest | ElementMatch | GeoTest

    def __post_init__(self) -> None:
        if isinstance(self.test, GeoTest) and self.test.operator in ("$near", "$nearSphere"):
            raise ValueError(f"{self.test.operator} cannot be negated")


@dataclass(frozen=True, slots=True)
class ElementMatch:
    """`{path: {$elemMatch: filter}}`; paths inside are relative to the element.

    The empty path is the element itself: `{scores: {$elemMatch: {$gt: 5}}}`.
    """

    path: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class AllOf:
    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`{$or: [...]}`, of at least one filter."""

    items: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _require_items(self.items, "$or")


@dataclass(frozen=True, slots=True)
class NoneOf:
    """`{$nor: [...]}`, of at least one filter."""

    items: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _require_items(self.items, "$nor")


@dataclass(frozen=True, slots=True)
class ExpressionFilter:
    """`{$expr: expression}`."""

    expression: Expression


Filter: TypeAlias = (
    FieldTest
    | NotTest
    | ElementMatch
    | GeoTest
    | TextSearch
    | AllOf
    | AnyOf
    | NoneOf
    | ExpressionFilter
)
"""`AllOf(())` is the empty filter `{}`."""


# --------------------------------------------------------------------- stages


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
        _require_operator(self.operator, ACCUMULATORS)
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
        _require_operator(self.operator, WINDOW_FUNCTIONS)


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
    query: Filter = AllOf(())
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


# ------------------------------------------------------------------- commands


@dataclass(frozen=True, slots=True)
class Find:
    """A projection may name `array.$`: the first element that the filter matched."""

    collection: str
    filter: Filter = AllOf(())
    projection: Project | None = None
    sort: Sort | None = None
    skip: int | None = None
    limit: int | None = None
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    collection: str
    stages: tuple[Stage, ...]
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class CountDocuments:
    """How many documents match; after `skip`, and at most `limit`."""

    collection: str
    filter: Filter = AllOf(())
    skip: int | None = None
    limit: int | None = None
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class EstimatedDocumentCount:
    """How many documents the collection has by its metadata: fast, and near enough."""

    collection: str


@dataclass(frozen=True, slots=True)
class Distinct:
    collection: str
    path: str
    filter: Filter = AllOf(())
    collation: Collation | None = None


Command: TypeAlias = Find | Aggregate | CountDocuments | EstimatedDocumentCount | Distinct


# ----------------------------------------------------------------- validation


def _require_operator(name: str, table: Mapping[str, object]) -> None:
    if name not in table:
        near = suggestion(name, table)
        raise ValueError(f"unknown operator {name}" + (f": did you mean {near}?" if near else ""))


def _refuse_dollar_keys(keys: Sequence[str]) -> None:
    for key in keys:
        if key.startswith("$"):
            raise ValueError(f"the key {key!r} starts with a dollar: operators have nodes")


def _require_items(items: Sequence[object], operator: str) -> None:
    if not items:
        raise ValueError(f"{operator} needs at least one filter")
