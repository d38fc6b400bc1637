"""The schema contract: what is known of a collection, a database, and their references.

Written by the schema assets, read by everything else. A `CollectionSchema` is inferred from a
bounded sample (see `mqt_assets/schemas`); its `digest` is the asset's data version. A `Catalog`
joins the collections of one database with the references between them. JSON in and out,
canonical, so that equal schemas have equal digests. Depends on pydantic only.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class BsonType(StrEnum):
    STRING = "string"
    INT = "int"  # int32 and int64
    DOUBLE = "double"
    DECIMAL = "decimal"
    BOOL = "bool"
    DATE = "date"
    OBJECT_ID = "objectId"
    OBJECT = "object"
    ARRAY = "array"
    NULL = "null"
    BINARY = "binData"
    REGEX = "regex"
    OTHER = "other"


NUMERIC = frozenset({BsonType.INT, BsonType.DOUBLE, BsonType.DECIMAL})
GEOJSON: Final = ("coordinates.0", "coordinates.1")
"""Where a GeoJSON point has its longitude and its latitude."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldSchema(_Frozen):
    """One dotted path; arrays are passed through without positions (`items.price`).

    `types` gives each BSON type's share of the values seen at the path (sum 1; for an array path,
    `array` stands for the array itself and the scalar types for its elements when it holds
    scalars). `presence` is the share of parent documents (or array elements) that have the path.
    `arrays` lists the array paths on the way, outermost first, the path itself included when it
    is an array. `minimum`/`maximum` are text (numbers, ISO dates). `samples` are the most
    frequent distinct values as text, at most 50 of at most 80 characters, most frequent first;
    empty for private fields, objects and binary. `distinct` counts distinct values in the sample.
    `point` is for objects that hold a point on the earth: where its longitude and its latitude (in
    degrees) stand in it, a number being the position in an array.
    """

    path: str
    types: dict[BsonType, float]
    presence: float
    arrays: tuple[str, ...] = ()
    distinct: int = 0
    minimum: str | None = None
    maximum: str | None = None
    samples: tuple[str, ...] = ()
    numeric_text: bool = False  # strings that nearly all (>= 95 %) read as numbers
    private: bool = False
    point: tuple[str, str] | None = None

    @model_serializer(mode="wrap")
    def _without_default_point(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Fields that are no points read, and are hashed, as before there were points."""
        body: dict[str, Any] = serialize(self)
        if body["point"] is None:
            del body["point"]
        return body

    @property
    def leaf(self) -> str:
        return self.path.rsplit(".", 1)[-1]

    @property
    def main_type(self) -> BsonType:
        """The most frequent type other than null and array (array or null if nothing else)."""
        ranked = sorted(self.types.items(), key=lambda item: (-item[1], item[0]))
        for kind, _ in ranked:
            if kind not in (BsonType.NULL, BsonType.ARRAY):
                return kind
        return ranked[0][0] if ranked else BsonType.NULL

    @property
    def is_scalar(self) -> bool:
        """Whether the path has values of its own (a leaf), not only objects."""
        return self.main_type not in (BsonType.OBJECT, BsonType.ARRAY, BsonType.NULL)

    @property
    def is_value(self) -> bool:
        """Whether what stands at the path is one thing to people: a scalar or a point."""
        return self.is_scalar or self.point is not None


class IndexSchema(_Frozen):
    name: str
    keys: tuple[tuple[str, str], ...]  # (path, "1" | "-1" | "2dsphere" | "text" | ...)
    unique: bool = False


class CollectionSchema(_Frozen):
    database: str
    collection: str
    document_count: int
    sampled: int
    fields: tuple[FieldSchema, ...]  # sorted by path, objects and arrays included
    indexes: tuple[IndexSchema, ...] = ()

    @cached_property
    def by_path(self) -> dict[str, FieldSchema]:
        return {field.path: field for field in self.fields}

    @cached_property
    def array_paths(self) -> tuple[str, ...]:
        """Paths of arrays (of objects or scalars), parents before children."""
        return tuple(f.path for f in self.fields if f.arrays and f.arrays[-1] == f.path)

    @cached_property
    def parts_of_points(self) -> frozenset[str]:
        """Paths inside GeoJSON points, which mean nothing by themselves."""
        points = tuple(f"{field.path}." for field in self.fields if field.point == GEOJSON)
        return frozenset(f.path for f in self.fields if points and f.path.startswith(points))

    @cached_property
    def values(self) -> tuple[FieldSchema, ...]:
        """The fields that people ask for, private ones included."""
        inside = self.parts_of_points
        return tuple(f for f in self.fields if f.is_value and f.path not in inside)

    @property
    def digest(self) -> str:
        """Content hash over names and types, presence and samples; not over counts."""
        body = self.model_dump(mode="json", exclude={"document_count", "sampled"})
        return digest_of(body)


class Reference(_Frozen):
    """`from_collection.from_path` holds values of `to_collection.to_path` (many to one).

    `to_unique`: the target values are unique, so following the reference yields one document.
    `overlap` is the share of distinct source values found in the target.
    """

    from_collection: str
    from_path: str
    to_collection: str
    to_path: str
    to_unique: bool
    overlap: float


class Catalog(_Frozen):
    """All collections of one database and the references between them."""

    database: str
    collections: tuple[CollectionSchema, ...]  # sorted by name
    references: tuple[Reference, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, CollectionSchema]:
        return {schema.collection: schema for schema in self.collections}

    def field(self, collection: str, path: str) -> FieldSchema | None:
        schema = self.by_name.get(collection)
        return schema.by_path.get(path) if schema else None

    @property
    def digest(self) -> str:
        return digest_of(
            {
                "database": self.database,
                "collections": {s.collection: s.digest for s in self.collections},
                "references": [r.model_dump(mode="json") for r in self.references],
            }
        )


def digest_of(body: object) -> str:
    """SHA-256 of canonical JSON, first 16 hex digits: short enough to read, unique enough here."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
