"""Infers a `CollectionSchema` from sampled documents: a pure function of the documents.

The result does not depend on the order of the documents (but for collections with thousands of
different top-level keys), so equal samples give equal digests. Everything is bounded: paths,
depth, array elements visited, and objects that are used as dictionaries (their keys are data) are
kept as one field without children. Values of private fields are never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mqt_assets.schemas.copies import copied_paths
from mqt_assets.schemas.observation import Node, children_of, observe
from mqt_assets.schemas.values import PathValues, numeric_value, sample_texts, text_of
from mqt_serving.schema import (
    GEOJSON,
    NUMERIC,
    BsonType,
    CollectionSchema,
    FieldSchema,
    IndexSchema,
)

MAX_PATHS = 400

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*")
_NUMERIC_TEXT_SHARE = 0.95
_LATITUDES = frozenset({"lat", "latitude"})
_LONGITUDES = frozenset({"lng", "lon", "long", "longitude"})


@dataclass(frozen=True)
class Inferred:
    """A schema with the values behind it: `values` serve `references`, and are not stored."""

    schema: CollectionSchema
    values: Mapping[str, PathValues]


def infer_collection(
    documents: Iterable[Mapping[str, object]],
    database: str,
    collection: str,
    document_count: int,
    indexes: Sequence[IndexSchema] = (),
    private_paths: Iterable[str] = (),
) -> CollectionSchema:
    """The schema of `documents`; fields below a path of `private_paths` are private as well."""
    return infer(documents, database, collection, document_count, indexes, private_paths).schema


def infer(
    documents: Iterable[Mapping[str, object]],
    database: str,
    collection: str,
    document_count: int | None = None,
    indexes: Sequence[IndexSchema] = (),
    private_paths: Iterable[str] = (),
) -> Inferred:
    """As `infer_collection`, with the values of each path (none of private fields).

    Without `document_count` the documents are taken to be the whole collection.
    """
    sample = list(documents)
    root = observe(sample, frozenset(private_paths))
    reached = _reached(root)
    fields = tuple(
        sorted((_field(path, entry) for path, entry in reached.items()), key=lambda f: f.path)
    )
    schema = CollectionSchema(
        database=database,
        collection=collection,
        document_count=len(sample) if document_count is None else document_count,
        sampled=len(sample),
        fields=fields,
        indexes=tuple(sorted(indexes, key=lambda index: index.name)),
    )
    return Inferred(schema, _values(sample, schema, reached))


def private_paths_for(entries: Iterable[str], database: str, collection: str) -> tuple[str, ...]:
    """The paths that settings mark private in one collection.

    An entry reads `collection.path` or `database.collection.path`; a collection name may hold
    dots. An entry that is just a collection hides nothing: hiding all of it is the guard's policy.
    """
    prefixes = (f"{collection}.", f"{database}.{collection}.")
    found = {
        entry[len(prefix) :] for entry in entries for prefix in prefixes if entry.startswith(prefix)
    }
    return tuple(sorted(path for path in found if path))


def _values(
    sample: Sequence[Mapping[str, object]], schema: CollectionSchema, reached: Mapping[str, _Entry]
) -> dict[str, PathValues]:
    copied = copied_paths(
        sample,
        frozenset(
            field.path
            for field in schema.fields
            if field.is_scalar and not field.private and field.arrays[:1] not in ((), (field.path,))
        ),
    )
    values = {
        path: replace(_path_values(entry.node), copied=path in copied)
        for path, entry in reached.items()
    }
    return {path: found for path, found in values.items() if found.count}


@dataclass(frozen=True)
class _Entry:
    node: Node
    presence: float
    arrays: tuple[str, ...]


def _reached(root: Node) -> dict[str, _Entry]:
    """At most `MAX_PATHS` paths: those that most documents reach, parents before children."""
    found: list[tuple[float, int, str, _Entry]] = []
    pending: list[tuple[Node, str, float, int, tuple[str, ...]]] = [(root, "", 1.0, 0, ())]
    while pending:
        parent, prefix, parent_reach, depth, parent_arrays = pending.pop()
        for key, node in children_of(parent).items():
            path = prefix + key
            presence = node.present / parent.objects
            reach = parent_reach * presence
            arrays = (*parent_arrays, path) if node.is_array else parent_arrays
            found.append((-reach, depth, path, _Entry(node, presence, arrays)))
            pending.append((node, path + ".", reach, depth + 1, arrays))
    found.sort(key=lambda item: item[:3])
    return {path: entry for _, _, path, entry in found[:MAX_PATHS]}


def _field(path: str, entry: _Entry) -> FieldSchema:
    node = entry.node
    seen = sum(node.types.values())
    types = {
        kind: round(count / seen, 4)
        for kind, count in sorted(node.types.items(), key=lambda item: item[0].value)
    }
    field = FieldSchema(
        path=path,
        types=types,
        presence=round(entry.presence, 4),
        arrays=entry.arrays,
        private=node.private,
        point=None if node.private else _point(node),
    )
    if node.private or not node.values:
        return field
    minimum, maximum = _range(node, field.main_type)
    return field.model_copy(
        update={
            "distinct": len(_path_values(node).distinct),
            "minimum": minimum,
            "maximum": maximum,
            "samples": sample_texts(node.values),
            "numeric_text": _is_numeric_text(node, field.main_type),
        }
    )


def _point(node: Node) -> tuple[str, str] | None:
    """Where longitude and latitude stand, if every object seen is a point; None otherwise."""
    if node.is_array or set(node.types) - {BsonType.NULL} != {BsonType.OBJECT}:
        return None
    children = node.children
    if any(child.private for child in children.values()):
        return None
    if _is_geojson(children, node.objects):
        return GEOJSON
    latitude = next((key for key in children if key.lower() in _LATITUDES), None)
    longitude = next((key for key in children if key.lower() in _LONGITUDES), None)
    if latitude is None or longitude is None or len(children) > 2:
        return None
    fits = _lies_within(children[latitude], 90) and _lies_within(children[longitude], 180)
    return (longitude, latitude) if fits else None


def _is_geojson(children: Mapping[str, Node], objects: int) -> bool:
    kind, coordinates = children.get("type"), children.get("coordinates")
    if kind is None or coordinates is None:
        return False
    numbers = sum(coordinates.types[each] for each in NUMERIC)
    arrays = coordinates.types[BsonType.ARRAY]
    return (
        kind.values == {BsonType.STRING: {"Point": objects}}
        and set(coordinates.types) <= {BsonType.ARRAY, *NUMERIC}
        and 0 < 2 * arrays <= numbers <= 3 * arrays
    )


def _lies_within(node: Node, bound: int) -> bool:
    """Whether all values are numbers from `-bound` to `bound`."""
    if set(node.types) - {BsonType.NULL, *NUMERIC} or not node.values:
        return False
    numbers = [numeric_value(value) for values in node.values.values() for value in values]
    return all(number is not None and -bound <= number <= bound for number in numbers)


def _range(node: Node, main_type: BsonType) -> tuple[str | None, str | None]:
    if main_type in NUMERIC:
        numbers = [
            (number, value)
            for kind in NUMERIC
            for value in node.values.get(kind, ())
            if (number := numeric_value(value)) is not None
        ]
        if not numbers:
            return None, None
        return (
            text_of(min(numbers, key=lambda pair: pair[0])[1]),
            text_of(max(numbers, key=lambda pair: pair[0])[1]),
        )
    if main_type is BsonType.DATE:
        dates = [value for value in node.values[BsonType.DATE] if isinstance(value, datetime)]
        return (text_of(min(dates)), text_of(max(dates))) if dates else (None, None)
    return None, None


def _is_numeric_text(node: Node, main_type: BsonType) -> bool:
    if main_type is not BsonType.STRING:
        return False
    texts = node.values[BsonType.STRING]
    numeric = sum(count for text, count in texts.items() if _NUMBER.fullmatch(str(text)))
    return numeric >= _NUMERIC_TEXT_SHARE * texts.total()


def _path_values(node: Node) -> PathValues:
    distinct: set[Hashable] = set()
    count = 0
    for kind, values in node.values.items():
        if kind is BsonType.BOOL:
            # True equals 1 for Python but not for MongoDB: booleans get keys of their own.
            distinct.update((BsonType.BOOL, value) for value in values)
        else:
            distinct.update(values)
        count += values.total()
    return PathValues(frozenset(distinct), count)
