"""Schemas with their values survive being stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from bson import Decimal128, ObjectId

from mqt_assets.schemas.catalogs import build_catalog
from mqt_assets.schemas.inference import infer
from mqt_assets.schemas.stored import from_json, to_json

CUSTOMERS = [{"_id": ObjectId(), "name": f"c{n}", "secret": "s" * n} for n in range(20)]
ORDERS = [
    {
        "_id": n,
        "customer_id": CUSTOMERS[n % 20]["_id"],
        "total": Decimal128(Decimal(n)),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "mixed": n if n % 2 else f"text {n}",
        "essay": "long " * 100,
    }
    for n in range(50)
]


def test_references_are_found_from_stored_schemas_as_from_fresh_ones() -> None:
    fresh = [infer(CUSTOMERS, "shop", "customers"), infer(ORDERS, "shop", "orders")]
    stored = [from_json(json.loads(json.dumps(to_json(inferred)))) for inferred in fresh]
    assert build_catalog("shop", stored) == build_catalog("shop", fresh)
    assert build_catalog("shop", stored).references
    assert stored[1].values["customer_id"] == fresh[1].values["customer_id"]
    assert stored[1].values["mixed"] == fresh[1].values["mixed"]


def test_what_refers_to_nothing_is_not_kept() -> None:
    kept = to_json(infer(ORDERS, "shop", "orders"))["values"]
    assert set(kept) == {"_id", "customer_id", "mixed"}


def test_private_values_are_not_kept() -> None:
    inferred = infer(CUSTOMERS, "shop", "customers", private_paths=["secret"])
    assert "sss" not in json.dumps(to_json(inferred))


def test_equal_samples_give_equal_files() -> None:
    assert to_json(infer(ORDERS, "s", "o")) == to_json(infer(ORDERS[::-1], "s", "o"))
