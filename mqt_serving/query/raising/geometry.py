"""MongoDB's own tests of places as plans say them: `$near`, `$geoNear`, circles on the globe.

Where they are from is a GeoJSON point, and what they are about a field that holds such points.
Used by `filters` and `commands`.
"""

from __future__ import annotations

from typing import Final

from mqt_serving.errors import RaiseError
from mqt_serving.query.pipeline import (
    GEOMETRY,
    AllOf,
    Document,
    Filter,
    GeoNear,
    GeoShape,
    GeoTest,
)
from mqt_serving.query.plan import (
    DISTANCES,
    Arithmetic,
    Comparator,
    Compare,
    Field,
    IsNull,
    Operator,
    Point,
    Predicate,
)
from mqt_serving.query.raising.combining import all_of, not_none
from mqt_serving.schema import GEOJSON, Catalog

_NEAR: Final = frozenset({"$near", "$nearSphere"})
_PER_METRE: Final = {1: Operator.METRES, 0.001: Operator.KILOMETRES}
_DIGITS: Final = 9  # of radii, which people compute from kilometres


def is_near(condition: Filter) -> bool:
    """Whether the filter also says in which order documents come."""
    items = condition.items if isinstance(condition, AllOf) else (condition,)
    return any(isinstance(item, GeoTest) and item.operator in _NEAR for item in items)


def nearness(condition: Filter, catalog: Catalog, collection: str) -> Arithmetic:
    """What documents are ordered by where `is_near`."""
    items = condition.items if isinstance(condition, AllOf) else (condition,)
    test = next(item for item in items if isinstance(item, GeoTest) and item.operator in _NEAR)
    field = _point_field(Field(collection, test.path), catalog)
    return Arithmetic(Operator.METRES, field, _point(test.shape))


def raise_geo_test(test: GeoTest, field: Field, catalog: Catalog) -> Predicate:
    """The test of how far the field's point is."""
    field = _point_field(field, catalog)
    match test:
        case GeoTest(operator="$near" | "$nearSphere"):
            far = Arithmetic(Operator.METRES, field, _point(test.shape))
            return _between(far, test.min_distance, test.max_distance, 1)
        case GeoTest(
            operator="$geoWithin",
            shape=GeoShape(
                kind="$centerSphere",
                value=(
                    (int() | float() as longitude, int() | float() as latitude),
                    int() | float() as radius,
                ),
            ),
        ):
            unit = Operator.KILOMETRES
            far = Arithmetic(unit, field, Point(longitude, latitude))
            return _between(far, None, radius, DISTANCES[unit])
    raise RaiseError("geo", f"{test.operator} {test.shape.kind} has no plan")


def raise_geo_near(
    stage: GeoNear, collection: str, catalog: Catalog
) -> tuple[Arithmetic, Predicate]:
    """The distance that a first stage gives its rows, and the test of it."""
    unit = _PER_METRE.get(1 if stage.multiplier is None else stage.multiplier)
    if unit is None or stage.location_field is not None:
        raise RaiseError("geo", "$geoNear with another unit, or with the place it found")
    points = [f.path for f in catalog.by_name[collection].fields if f.point == GEOJSON]
    path = stage.key if stage.key is not None or len(points) != 1 else points[0]
    if path is None:
        raise RaiseError("geo", f"$geoNear by one of the {len(points)} points of {collection}")
    field = _point_field(Field(collection, path), catalog)
    far = Arithmetic(unit, field, _point(stage.near))
    factor = 1 if unit is Operator.METRES else 0.001
    return far, _between(far, stage.min_distance, stage.max_distance, factor)


def _between(
    far: Arithmetic, low: int | float | None, high: int | float | None, factor: float
) -> Predicate:
    """Within these distances times `factor`; without any, that there is a place."""
    tests: list[Predicate] = []
    for op, bound in ((Comparator.GTE, low), (Comparator.LTE, high)):
        if bound is not None and (bound or op is Comparator.LTE):
            tests.append(Compare(far, op, _short(bound * factor)))
    assert isinstance(far.left, Field)
    return not_none(all_of(tests)) if tests else IsNull(far.left, negated=True)


def _short(number: float) -> int | float:
    rounded = round(number, _DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded


def _point(shape: GeoShape) -> Point:
    match shape:
        case GeoShape(
            kind=kind,
            value=Document(
                items=(
                    ("type", "Point"),
                    ("coordinates", (int() | float() as longitude, int() | float() as latitude)),
                )
            ),
        ) if kind == GEOMETRY:
            return Point(longitude, latitude)
    raise RaiseError("geo", "a distance from something else than a GeoJSON point")


def _point_field(field: Field, catalog: Catalog) -> Field:
    known = catalog.field(field.collection, field.path)
    if known is None or known.point != GEOJSON or known.arrays:
        raise RaiseError("geo", f"{field.path!r} is no field that holds one GeoJSON point")
    return field
