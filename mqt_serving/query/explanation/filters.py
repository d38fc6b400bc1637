"""Filters of a pipeline as English clauses, from the operators' own wording.

`and` and `or` inside each other stand in brackets. Null is told apart from missing: a filter for
null also finds what is missing. Depends on `expressions` and the operator tables.
"""

from __future__ import annotations

from typing import assert_never

from mqt_serving.query.explanation.expressions import expression_text, value_text
from mqt_serving.query.explanation.names import code
from mqt_serving.query.explanation.templates import fill, filled
from mqt_serving.query.operators import FIELD_TESTS, FILTER_FORMS, GEO_TESTS
from mqt_serving.query.pipeline import (
    GEOMETRY,
    LEGACY_POINT,
    AllOf,
    AnyOf,
    ElementMatch,
    ExpressionFilter,
    FieldTest,
    Filter,
    GeoShape,
    GeoTest,
    NoneOf,
    NotTest,
    TextSearch,
)

_SHAPES = {
    LEGACY_POINT: "the point",
    GEOMETRY: "the place",
    "$box": "the box",
    "$polygon": "the polygon",
    "$center": "the circle",
    "$centerSphere": "the circle on the globe",
}


def filter_text(condition: Filter) -> str:
    """The filter where a whole clause stands: no brackets around `and`."""
    match condition:
        case AllOf(items=()):
            return "anything is so"
        case AllOf(items=items) if len(items) > 1:
            return _joined("$and", items)
        case _:
            return _clause(condition)


def shape_text(shape: GeoShape) -> str:
    return f"{_SHAPES[shape.kind]} {value_text(shape.value)}"


def distance_text(distance: int | float | None, shape: GeoShape, on_globe: bool) -> str | None:
    """MongoDB takes metres from GeoJSON, and from legacy points radians or degrees."""
    if distance is None:
        return None
    unit = "metres" if shape.kind == GEOMETRY else "radians" if on_globe else "degrees"
    return f"{value_text(distance)} {unit}"


def _clause(condition: Filter) -> str:
    match condition:
        case FieldTest() | ElementMatch() | GeoTest():
            return f"{_subject(condition.path)} {_said_of(condition)}"
        case NotTest(test=test):
            said = f"({_subject(test.path)} {_said_of(test)})"
            return filled(FILTER_FORMS["$not"].english, {"0": said})
        case TextSearch():
            return _search(condition)
        case AllOf(items=()):
            return "anything is so"
        case AllOf(items=items):
            return f"({_joined('$and', items)})"
        case AnyOf(items=items):
            return f"({_joined('$or', items)})"
        case NoneOf(items=items):
            return f"({_joined('$nor', items)})"
        case ExpressionFilter(expression=expression):
            return f"by computation ({expression_text(expression)})"
        case _:
            assert_never(condition)


def _joined(operator: str, items: tuple[Filter, ...]) -> str:
    said = [_clause(item) for item in items]
    if len(said) == 1 and operator != "$nor":
        return f"{'all' if operator == '$and' else 'any'} of only {said[0]}"
    return fill(FILTER_FORMS[operator].english, lambda *_: None, said)


def _subject(path: str) -> str:
    return code(path) if path else "the element"


def _said_of(test: FieldTest | ElementMatch | GeoTest) -> str:
    match test:
        case FieldTest():
            return _field_test(test)
        case ElementMatch(filter=inner):
            english = FILTER_FORMS["$elemMatch"].english
            return filled(english, {"0": f"({filter_text(inner)})"})
        case GeoTest(shape=shape):
            on_globe = test.operator == "$nearSphere"
            phrases = {
                "0": shape_text(shape),
                "minDistance": distance_text(test.min_distance, shape, on_globe),
                "maxDistance": distance_text(test.max_distance, shape, on_globe),
            }
            return filled(GEO_TESTS[test.operator].english, phrases)
        case _:
            assert_never(test)


def _field_test(test: FieldTest) -> str:
    match test.operator, test.value:
        case "$eq", None:
            return "is null or missing"
        case "$ne", None:
            return "is neither null nor missing"
        case "$exists", True:
            return "is present, even if null"
        case "$exists", False:
            return "is missing, not just null"
        case "$mod", (divisor, remainder):
            said = [value_text(divisor), value_text(remainder)]
        case "$in" | "$nin" | "$all", tuple(values):
            said = [value_text(value) for value in values]
        case _, value:
            said = [value_text(value)]
    english = FIELD_TESTS[test.operator].english
    return fill(english, lambda name, _: dict(enumerate(said)).get(int(name)), said)


def _search(search: TextSearch) -> str:
    phrases = {
        "search": value_text(search.search),
        "language": None if search.language is None else value_text(search.language),
        "caseSensitive": "yes" if search.case_sensitive else None,
        "diacriticSensitive": "yes" if search.diacritic_sensitive else None,
    }
    return filled(FILTER_FORMS["$text"].english, phrases)
