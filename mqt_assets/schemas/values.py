"""Single BSON values: their type, their text in a schema, and the values of one path together.

Pure and dependent on `bson` only. Texts are what `FieldSchema` stores: dates as ISO 8601 in UTC
with a `Z`, doubles as Python prints them (`3.0`), booleans as `true`/`false`.
"""

from __future__ import annotations

import heapq
import math
import re
import uuid
import zlib
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bson import Binary, Decimal128, Int64, ObjectId, Regex
from bson.datetime_ms import DatetimeMS

from mqt_serving.schema import BsonType

MAX_SAMPLES = 50
MAX_TEXT_SAMPLES = 1_000
"""Of fields that hold text: questions name these values, and those known are linked to them."""
MAX_SAMPLE_LENGTH = 80

_TYPES: dict[type, BsonType] = {
    str: BsonType.STRING,
    bool: BsonType.BOOL,
    int: BsonType.INT,
    Int64: BsonType.INT,
    float: BsonType.DOUBLE,
    Decimal128: BsonType.DECIMAL,
    Decimal: BsonType.DECIMAL,
    datetime: BsonType.DATE,
    DatetimeMS: BsonType.DATE,
    ObjectId: BsonType.OBJECT_ID,
    type(None): BsonType.NULL,
    dict: BsonType.OBJECT,
    list: BsonType.ARRAY,
    tuple: BsonType.ARRAY,
    bytes: BsonType.BINARY,
    Binary: BsonType.BINARY,
    uuid.UUID: BsonType.BINARY,
    re.Pattern: BsonType.REGEX,
    Regex: BsonType.REGEX,
}


@dataclass(frozen=True)
class PathValues:
    """The values sampled at one path: the distinct ones and how many there were in all.

    Numbers compare as MongoDB compares them (3 equals 3.0); `count` leaves out nulls. `copied`:
    the path only repeats a field of an enclosing object (see `copies`).
    """

    distinct: frozenset[Hashable]
    count: int
    copied: bool = False

    @property
    def unique(self) -> bool:
        return 0 < self.count == len(self.distinct)


def bson_type_of(value: object) -> BsonType:
    """The BSON type that PyMongo stores the value as; `OTHER` for what no query names."""
    kind = _TYPES.get(type(value))
    if kind is not None:
        return kind
    if isinstance(value, Mapping):
        kind = BsonType.OBJECT
    else:
        kind = next((k for t, k in _TYPES.items() if isinstance(value, t)), BsonType.OTHER)
    return kind


def hashable(value: object) -> Hashable:
    """The value as a dictionary key: PyMongo's `Decimal128` has no hash, `Decimal` has."""
    if isinstance(value, Decimal128):
        number = value.to_decimal()
        return Decimal("NaN") if number.is_snan() else number  # a signaling one has no hash
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    assert isinstance(value, Hashable)
    return value


def numeric_value(value: object) -> Decimal | float | int | None:
    """The number, or None for NaN, which has no place in a range."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    return value if isinstance(value, int) else None


def text_of(value: object) -> str:
    """The text of a scalar in a schema."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        precision = "milliseconds" if naive.microsecond else "seconds"
        return naive.isoformat(timespec=precision) + "Z"
    if isinstance(value, float):
        return repr(value)
    return str(value)


def sample_texts(values: Mapping[BsonType, Counter[Hashable]]) -> tuple[str, ...]:
    """The most frequent distinct values as text; equally frequent ones in an arbitrary fixed order.

    The order of ties comes from a hash: alphabetical order would show only names with A, and the
    order of the documents would make the digest depend on it. Longer texts are left out rather
    than cut: a cut value equals nothing that is stored.
    """
    texts: Counter[str] = Counter()
    for kind, counter in values.items():
        if kind is BsonType.BINARY:
            continue
        for value, count in counter.items():
            if isinstance(value, DatetimeMS):
                continue  # a year that Python, and so a question, has no date for
            text = text_of(value)
            if len(text) <= MAX_SAMPLE_LENGTH and text.strip():
                texts[text] += count
    most = MAX_TEXT_SAMPLES if BsonType.STRING in values else MAX_SAMPLES
    ranked = heapq.nsmallest(
        most,
        texts.items(),
        key=lambda item: (-item[1], zlib.crc32(item[0].encode("utf-8", "replace")), item[0]),
    )
    return tuple(text for text, _ in ranked)
