"""Loading the sample shop into MongoDB: only into an empty database, and all of it or none.

A mark in the server's `mqt` database says "loading" until the last index stands, so that a load
that was interrupted is recognised and done again, while a database that is someone's own (no such
mark) is left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, TEXT, IndexModel, MongoClient
from pymongo.errors import PyMongoError

from mqt_resources.sample_database.generator import DEFAULT_SEED, generate
from mqt_serving.errors import ServiceUnavailable
from mqt_serving.settings import JOURNAL_DATABASE, SAMPLE_DATABASE, redact

_MARKS = "sample_database"
_BATCH = 2000

INDEXES: dict[str, tuple[IndexModel, ...]] = {
    "categories": (IndexModel("slug", unique=True), IndexModel("parent_id")),
    "suppliers": (IndexModel("name", unique=True), IndexModel("country")),
    "staff": (IndexModel("email", unique=True), IndexModel("manager_id"), IndexModel("department")),
    "customers": (
        IndexModel("email", unique=True),
        IndexModel("customer_number", unique=True),
        IndexModel([("address.country", ASCENDING), ("address.city", ASCENDING)]),
        IndexModel("joined_at"),
    ),
    "products": (
        IndexModel("sku", unique=True),
        IndexModel("category_id"),
        IndexModel("supplier_id"),
        IndexModel([("name", TEXT)]),
    ),
    "promotions": (IndexModel("code", unique=True),),
    "warehouses": (
        IndexModel("code", unique=True),
        IndexModel([("location", GEOSPHERE)]),
        IndexModel("stock.product_id"),
    ),
    "orders": (
        IndexModel("order_number", unique=True),
        IndexModel([("customer_id", ASCENDING), ("placed_at", DESCENDING)]),
        IndexModel("placed_at"),
        IndexModel("items.product_id"),
    ),
    "payments": (IndexModel("order_id"), IndexModel("paid_at")),
    "shipments": (IndexModel("order_id"), IndexModel("warehouse_id"), IndexModel("shipped_at")),
    "reviews": (IndexModel("product_id"), IndexModel("customer_id"), IndexModel("created_at")),
    "support_tickets": (
        IndexModel("ticket_number", unique=True),
        IndexModel("customer_id"),
        IndexModel("order_id", sparse=True),
        IndexModel([("status", ASCENDING), ("opened_at", DESCENDING)]),
    ),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did; `documents` is 0 when the database already had content."""

    database: str
    documents: int
    collections: int
    seconds: float


def load(
    uri: str,
    database: str = SAMPLE_DATABASE,
    seed: int = DEFAULT_SEED,
    scale: float = 1.0,
    progress: Callable[[str, int], None] = lambda collection, documents: None,
) -> Loaded:
    """Fill `database` on the server at `uri` unless it has content; raises `ServiceUnavailable`.

    `progress` is called with each collection's name and its number of documents once loaded.
    """
    started = time.monotonic()
    client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=5000)
    try:
        marks = client[JOURNAL_DATABASE][_MARKS]
        mark = marks.find_one({"_id": database})
        if mark is not None and mark["state"] == "loading":
            client.drop_database(database)  # ours, and only partly there
        elif client[database].list_collection_names():
            return Loaded(database, 0, 0, time.monotonic() - started)
        state = {"seed": seed, "scale": scale}
        marks.replace_one({"_id": database}, {"state": "loading", **state}, upsert=True)
        shop = generate(seed, scale)
        for name, documents in shop.items():
            collection = client[database][name]
            for start in range(0, len(documents), _BATCH):
                collection.insert_many(documents[start : start + _BATCH], ordered=False)
            collection.create_indexes(list(INDEXES[name]))
            progress(name, len(documents))
        marks.replace_one({"_id": database}, {"state": "loaded", **state})
    except PyMongoError as error:
        raise ServiceUnavailable(
            f"The sample database could not be loaded into {redact(uri)}: {error}. "
            "Loading starts afresh the next time."
        ) from error
    finally:
        client.close()
    count = sum(len(documents) for documents in shop.values())
    return Loaded(database, count, len(shop), time.monotonic() - started)
