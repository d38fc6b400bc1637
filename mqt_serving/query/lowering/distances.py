"""Distances on the earth as expressions: no index is needed, unlike for `$geoNear`.

The haversine formula on a sphere with MongoDB's radius, so that results are those of `$geoNear`.
Null where a coordinate is. `sides_of` reads such an expression again. Used by `predicates` and
by `raising`.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from mqt_serving.errors import PlanError
from mqt_serving.query.pipeline import (
    Expression,
    LiteralExpression,
    Operation,
    PathExpression,
    VariableExpression,
)

Place: TypeAlias = tuple[Expression, Expression]
"""Longitude and latitude, in degrees."""

BEYOND = LiteralExpression(math.inf)
"""Farther than any place: where nothing is known to be is sorted there."""
_TWO = LiteralExpression(2)


def place_in(holder: Expression, point: tuple[str, str]) -> Place:
    """The place that `holder` is, whose coordinates stand in it where `point` says."""
    longitude, latitude = (_coordinate(holder, path) for path in point)
    return longitude, latitude


def holder_of(place: Place, point: tuple[str, str]) -> Expression | None:
    """What `place_in` was given; None where the coordinates are not those of one thing."""
    holder = _without(place[0], point[0])
    return holder if holder is not None and place_in(holder, point) == place else None


def distance(one: Place, other: Place, radius: float) -> Expression:
    """How far two places are apart, in the unit of the earth's radius."""
    across, up = (_half_turn(a, b) for a, b in zip(one, other, strict=True))
    slopes = (_call("$cos", _radians(place[1])) for place in (one, other))
    haversine = _call("$add", up, _call("$multiply", *slopes, across))
    angle = _call("$asin", _call("$sqrt", haversine))
    return _call("$multiply", LiteralExpression(2 * radius), angle)


def sides_of(expression: Expression) -> tuple[Place, Place, float] | None:
    """What `distance` was given, for an expression that it gives; None for any other."""
    match expression:
        case Operation(
            "$multiply",
            (
                LiteralExpression(value=int() | float() as diameter),
                Operation(
                    "$asin",
                    (
                        Operation(
                            "$sqrt",
                            (
                                Operation(
                                    "$add",
                                    (
                                        up,
                                        Operation("$multiply", (*_, across)),
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ):
            longitudes, latitudes = _turned(across), _turned(up)
            if longitudes is None or latitudes is None:
                return None
            one, other = zip(longitudes, latitudes, strict=True)
            radius = diameter / 2
            return (one, other, radius) if distance(one, other, radius) == expression else None
    return None


def _coordinate(holder: Expression, path: str) -> Expression:
    parent, _, last = path.rpartition(".")
    if not last.isdigit():
        return _inside(holder, path)
    array = _inside(holder, parent) if parent else holder
    return _call("$arrayElemAt", array, LiteralExpression(int(last)))


def _inside(holder: Expression, path: str) -> Expression:
    match holder:
        case PathExpression(path=name):
            return PathExpression(f"{name}.{path}")
        case VariableExpression(name=name):
            return VariableExpression(f"{name}.{path}")
        case Operation("$first", (values,)):
            return Operation("$first", (_inside(values, path),))
    raise PlanError("a point that is computed has no distance from anything")


def _without(coordinate: Expression, path: str) -> Expression | None:
    """The holder of a coordinate."""
    if isinstance(coordinate, Operation) and coordinate.operator == "$arrayElemAt":
        coordinate, path = coordinate.arguments[0], path.rpartition(".")[0]
    match coordinate:
        case PathExpression(path=name) if name.endswith(f".{path}"):
            return PathExpression(name.removesuffix(f".{path}"))
        case VariableExpression(name=name) if name.endswith(f".{path}"):
            return VariableExpression(name.removesuffix(f".{path}"))
        case Operation("$first", (values,)):
            inner = _without(values, path)
            return None if inner is None else Operation("$first", (inner,))
    return None


def _half_turn(one: Expression, other: Expression) -> Expression:
    """The squared sine of half the angle between two meridians, or two parallels."""
    half = _call("$divide", _radians(_call("$subtract", one, other)), _TWO)
    return _call("$pow", _call("$sin", half), _TWO)


def _turned(squared: Expression) -> tuple[Expression, Expression] | None:
    """What `_half_turn` was given."""
    match squared:
        case Operation(
            "$pow",
            (
                Operation(
                    "$sin",
                    (
                        Operation(
                            "$divide",
                            (
                                Operation(
                                    "$degreesToRadians", (Operation("$subtract", (one, other)),)
                                ),
                                _,
                            ),
                        ),
                    ),
                ),
                _,
            ),
        ):
            return one, other
    return None


def _radians(degrees: Expression) -> Expression:
    return _call("$degreesToRadians", degrees)


def _call(operator: str, *arguments: Expression) -> Expression:
    return Operation(operator, arguments)
