"""Positioned nodes as places, areas and the tests on them: GeoJSON and MongoDB's legacy shapes."""

from __future__ import annotations

from collections.abc import Mapping

from bson import Decimal128

from mqt_serving.query.dialects.reading import (
    list_of,
    number_of,
    object_of,
    only_keys,
    read_value,
    text_of,
)
from mqt_serving.query.dialects.syntax import Entry, ListNode, Node, ObjectNode
from mqt_serving.query.pipeline import (
    GEO_SHAPES,
    GEOMETRY,
    LEGACY_POINT,
    Document,
    GeoShape,
    GeoTest,
    Value,
)

DISTANCES = ("$maxDistance", "$minDistance")

# How deep the numbers of each GeoJSON type are nested: a point is one list of numbers.
_DEPTHS: Mapping[str, int] = {
    "Point": 1,
    "MultiPoint": 2,
    "LineString": 2,
    "MultiLineString": 3,
    "Polygon": 3,
    "MultiPolygon": 4,
}
_COLLECTION = "GeometryCollection"
_LEGACY_FORMS: Mapping[str, str] = {
    "$box": "[[west, south], [east, north]]",
    "$polygon": "[[x, y], [x, y], [x, y]]",
    "$center": "[[x, y], radius]",
    "$centerSphere": "[[longitude, latitude], radius in radians]",
}


def read_geo_test(path: str, entry: Entry, siblings: ObjectNode) -> GeoTest:
    """`{path: {$near: ...}}`; the distances of a legacy point stand beside it."""
    operator, node = entry.key, entry.value
    near = operator in ("$near", "$nearSphere")
    place = object_of(node, operator) if isinstance(node, ObjectNode) or not near else None
    if near and (place is None or place.get(GEOMETRY) is None):
        return _test(path, entry, read_point(node, operator), siblings)
    assert place is not None
    shapes = [e for e in place.entries if e.key in GEO_SHAPES]
    others = [e for e in place.entries if e.key not in GEO_SHAPES]
    if len(shapes) != 1:
        raise node.position.error(f"{operator} needs one shape, such as $geometry")
    for other in others:
        if not (near and other.key in DISTANCES):
            raise other.position.error(f"{operator} has no option {other.key}")
    return _test(path, entry, _shape(shapes[0]), place)


def read_point(node: Node, what: str) -> GeoShape:
    """A GeoJSON point or a legacy pair of numbers."""
    if isinstance(node, ObjectNode) and "coordinates" in node.keys:
        return GeoShape(GEOMETRY, _geometry(node, what))
    pair = (
        [entry.value for entry in node.entries]
        if isinstance(node, ObjectNode)
        else list_of(node, what).items
    )
    if len(pair) != 2:
        raise node.position.error(f"{what} needs a point: [longitude, latitude]")
    return GeoShape(LEGACY_POINT, tuple(number_of(item, "A coordinate") for item in pair))


def _test(path: str, entry: Entry, shape: GeoShape, options: ObjectNode) -> GeoTest:
    most, least = (options.get(name) for name in DISTANCES)
    try:
        return GeoTest(
            path,
            entry.key,
            shape,
            None if most is None else number_of(most, "$maxDistance"),
            None if least is None else number_of(least, "$minDistance"),
        )
    except ValueError as error:
        raise entry.position.error(str(error)) from error


def _shape(entry: Entry) -> GeoShape:
    if entry.key == GEOMETRY:
        return GeoShape(GEOMETRY, _geometry(object_of(entry.value, GEOMETRY), GEOMETRY))
    items = read_value(list_of(entry.value, entry.key))
    if not _is_legacy_shape(entry.key, items):
        form = _LEGACY_FORMS.get(entry.key, "numbers")
        raise entry.value.position.error(f"{entry.key} needs {form}")
    return GeoShape(entry.key, items)


def _is_legacy_shape(kind: str, items: Value) -> bool:
    if not isinstance(items, tuple):
        return False
    match kind, items:
        case "$box", (low, high):
            return _is_pair(low) and _is_pair(high)
        case "$polygon", points:
            return len(points) >= 3 and all(_is_pair(point) for point in points)
        case (("$center" | "$centerSphere"), (center, radius)):
            return _is_pair(center) and _is_number(radius)
        case _:
            return False


def _is_pair(value: Value) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | Decimal128) and not isinstance(value, bool)


def _geometry(node: ObjectNode, what: str) -> Document:
    """GeoJSON, its kind and the nesting of its coordinates checked."""
    kind_node = node.get("type")
    if kind_node is None:
        raise node.position.error(
            f'{what} needs GeoJSON: {{type: "Point", coordinates: [longitude, latitude]}}'
        )
    kind = text_of(kind_node, "type")
    if kind == _COLLECTION:
        only_keys(node, kind, ["type", "geometries"], ["crs"])
        for item in list_of(node.get("geometries") or node, "geometries").items:
            _geometry(object_of(item, "A geometry"), "A geometry")
    elif kind in _DEPTHS:
        only_keys(node, kind, ["type", "coordinates"], ["crs"])
        _require_depth(node.get("coordinates") or node, kind, _DEPTHS[kind])
    else:
        known = ", ".join([*_DEPTHS, _COLLECTION])
        raise kind_node.position.error(f"{kind} is not a type of GeoJSON (known are {known})")
    value = read_value(node)
    assert isinstance(value, Document)
    return value


def _require_depth(node: Node, kind: str, depth: int) -> None:
    if not isinstance(node, ListNode) or not node.items:
        raise node.position.error(f"The coordinates of a {kind} are nested lists of numbers")
    for item in node.items:
        if depth > 1:
            _require_depth(item, kind, depth - 1)
        else:
            number_of(item, "A coordinate")
