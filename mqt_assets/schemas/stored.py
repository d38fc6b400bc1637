"""How the inferred schema of a collection is kept: JSON, with the values that references need.

A reference can only be found when the values of both collections are at hand, and they come from
different partitions. So the sampled values of fields that may refer to something are kept beside
the schema, in the local artifact store. Never those of private fields (they are not even sampled),
nor of long texts, which refer to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from bson import Decimal128, json_util

from mqt_assets.schemas.inference import Inferred
from mqt_assets.schemas.values import PathValues, hashable
from mqt_serving.schema import BsonType, CollectionSchema

LONGEST_KEY = 200
_MAY_REFER = frozenset(
    {BsonType.STRING, BsonType.INT, BsonType.DOUBLE, BsonType.OBJECT_ID, BsonType.BINARY}
)


def to_json(inferred: Inferred) -> dict[str, Any]:
    """Schema and values; inverse of `from_json` for the values that are kept."""
    fields = inferred.schema.by_path
    values = {
        path: {"count": known.count, "distinct": _encode(known), "copied": known.copied}
        for path, known in inferred.values.items()
        if path in fields and fields[path].main_type in _MAY_REFER and _is_short(known)
    }
    return {"schema": inferred.schema.model_dump(mode="json"), "values": values}


def from_json(body: Mapping[str, Any]) -> Inferred:
    values = {
        path: PathValues(
            frozenset(_decode(known["distinct"])), known["count"], known.get("copied", False)
        )
        for path, known in body["values"].items()
    }
    return Inferred(CollectionSchema.model_validate(body["schema"]), values)


def _is_short(known: PathValues) -> bool:
    """False too for mixed fields with booleans, whose keys JSON has no form for."""
    return all(
        not isinstance(value, tuple) and (not isinstance(value, str) or len(value) <= LONGEST_KEY)
        for value in known.distinct
    )


def _encode(known: PathValues) -> list[Any]:
    plain = [Decimal128(v) if isinstance(v, Decimal) else v for v in known.distinct]
    # Sorted by their text: equal values must give equal files, and sets have no order.
    return sorted(json.loads(json_util.dumps(plain)), key=repr)


def _decode(values: list[Any]) -> list[Hashable]:
    return [hashable(value) for value in json_util.loads(json.dumps(values))]
