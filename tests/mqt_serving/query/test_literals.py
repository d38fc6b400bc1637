"""Literals become what the field stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bson import Decimal128, ObjectId

from mqt_serving.query.literals import fit, parse_date
from mqt_serving.schema import BsonType, FieldSchema


def stored(*types: BsonType, samples: tuple[str, ...] = (), numeric: bool = False) -> FieldSchema:
    shares = {kind: 1 / len(types) for kind in types}
    return FieldSchema(
        path="f", types=shares, presence=1.0, samples=samples, numeric_text=numeric
    )  # fmt: skip


OID = "65f0aa00000000000000000a"


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        ("Berlin", stored(BsonType.STRING), "Berlin"),
        (OID, stored(BsonType.OBJECT_ID), ObjectId(OID)),
        ("no id", stored(BsonType.OBJECT_ID), "no id"),
        ("2025-03-01", stored(BsonType.DATE), datetime(2025, 3, 1, tzinfo=UTC)),
        (2025, stored(BsonType.DATE), datetime(2025, 1, 1, tzinfo=UTC)),
        (19.99, stored(BsonType.DECIMAL), Decimal128("19.99")),
        ("1,200", stored(BsonType.DECIMAL), Decimal128("1200")),
        ("7", stored(BsonType.INT), 7),
        (7.0, stored(BsonType.INT), 7),
        (7.5, stored(BsonType.INT), 7.5),
        ("7.5", stored(BsonType.DOUBLE), 7.5),
        (3000, stored(BsonType.STRING, samples=("3000.0", "12.0"), numeric=True), "3000.0"),
        (3000, stored(BsonType.STRING, samples=("17",), numeric=True), "3000"),
        (datetime(2025, 3, 1), stored(BsonType.STRING, samples=("2024-12-31",)), "2025-03-01"),
        (
            datetime(2025, 3, 1, 9),
            stored(BsonType.STRING, samples=("2024-12-31 10:00:00",)),
            "2025-03-01 09:00:00",
        ),
        ("yes", stored(BsonType.BOOL), True),
        (0, stored(BsonType.BOOL), False),
        (True, stored(BsonType.STRING, samples=("True", "False")), "True"),
        (5, stored(BsonType.STRING, BsonType.INT), 5),
        (True, stored(BsonType.STRING, samples=("N", "Y")), "Y"),
        (True, stored(BsonType.INT, samples=("1", "0")), 1),
        (True, stored(BsonType.INT, samples=("1", "7")), True),
    ],
)
def test_a_literal_takes_the_stored_type(value: Any, field: FieldSchema, expected: Any) -> None:
    found = fit(value, field)
    assert (found, type(found)) == (expected, type(expected))


def test_dates_are_in_utc_to_the_millisecond() -> None:
    moment = datetime(2025, 3, 1, 1, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    assert fit(moment, stored(BsonType.DATE)) == datetime(2025, 2, 28, 23, 0, 0, 123_000, UTC)
    assert parse_date("2025-03-01T00:00:00Z") == datetime(2025, 3, 1, tzinfo=UTC)
    assert parse_date("yesterday") is None
