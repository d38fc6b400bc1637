"""Filters: what find, `$match` and their like test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bson import Regex

from mqt_serving.query.operators import FIELD_TESTS, GEO_TESTS
from mqt_serving.query.pipeline.expressions import Expression
from mqt_serving.query.pipeline.validation import require_items, require_operator
from mqt_serving.query.pipeline.values import Document, Value


@dataclass(frozen=True, slots=True)
class FieldTest:
    """`{path: {$op: value}}`; `$eq` prints as `{path: value}` where that means the same.

    Operators: those of `FIELD_TESTS`; `$regex` takes a `Regex`.
    """

    path: str
    operator: str
    value: Value

    def __post_init__(self) -> None:
        require_operator(self.operator, FIELD_TESTS)
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
        require_operator(self.operator, GEO_TESTS)
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
        require_items(self.items, "$or")


@dataclass(frozen=True, slots=True)
class NoneOf:
    """`{$nor: [...]}`, of at least one filter."""

    items: tuple[Filter, ...]

    def __post_init__(self) -> None:
        require_items(self.items, "$nor")


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

EVERYTHING = AllOf(())
"""The empty filter `{}`, which every document meets."""
