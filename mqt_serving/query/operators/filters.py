"""Operators of filters."""

from __future__ import annotations

from collections.abc import Mapping

from mqt_serving.query.operators.definition import Kind, Operator, Type, shape, table


def _filter(name: str, takes: str, english: str, since: str = "3.6") -> Operator:
    return Operator(name, Kind.FILTER, shape(takes), Type.NONE, english, since)


FIELD_TESTS: Mapping[str, Operator] = table(
    _filter("$eq", "any", "is {0}"),
    _filter("$ne", "any", "is not {0}"),
    _filter("$gt", "any", "is more than {0}"),
    _filter("$gte", "any", "is at least {0}"),
    _filter("$lt", "any", "is less than {0}"),
    _filter("$lte", "any", "is at most {0}"),
    _filter("$in", "array", "is one of {all}"),
    _filter("$nin", "array", "is none of {all}"),
    _filter("$exists", "bool", "is present: {0}"),
    _filter("$type", "string|int|array", "is of type {0}"),
    _filter("$regex", "regex", "matches {0}"),
    _filter("$size", "int", "has {0} elements"),
    _filter("$all", "array", "contains all of {all}"),
    _filter("$mod", "number number", "leaves {1} when divided by {0}"),
    _filter("$bitsAllSet", "int|array", "has all of the bits {0}"),
    _filter("$bitsAnySet", "int|array", "has any of the bits {0}"),
    _filter("$bitsAllClear", "int|array", "has none of the bits {0}"),
    _filter("$bitsAnyClear", "int|array", "lacks any of the bits {0}"),
)
"""Operators of a `FieldTest`."""

GEO_TESTS: Mapping[str, Operator] = table(
    _filter("$geoWithin", "object", "lies within {0}"),
    _filter("$geoIntersects", "object", "meets {0}"),
    _filter(
        "$near",
        "object|array",
        "is near {0}[, at least {minDistance} away]"
        "[, at most {maxDistance} away], the nearest first",
    ),
    _filter(
        "$nearSphere",
        "object|array",
        "is near {0} on the globe[, at least {minDistance} away]"
        "[, at most {maxDistance} away], the nearest first",
    ),
)
"""Operators of a `GeoTest`."""

FILTER_FORMS: Mapping[str, Operator] = table(
    _filter("$and", "object+", "{all| and }"),
    _filter("$or", "object+", "{all| or }"),
    _filter("$nor", "object+", "none of this is so: {all|; }"),
    _filter("$not", "object|regex", "it is not so that {0}"),
    _filter("$elemMatch", "object", "has an element where {0}"),
    _filter("$expr", "any", "{0}"),
    _filter(
        "$text",
        "search: string, language?: string, caseSensitive?: bool, diacriticSensitive?: bool",
        "the indexed text has words of {search}[ in the language {language}]"
        "[, case-sensitive: {caseSensitive}][, accents count: {diacriticSensitive}]",
    ),
)
"""Filter operators that have a node of their own in the tree."""

FILTERS: Mapping[str, Operator] = {**FIELD_TESTS, **GEO_TESTS, **FILTER_FORMS}
