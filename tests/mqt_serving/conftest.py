"""A small shop in a real MongoDB, releases about it on disk, serving around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson import Decimal128, ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.assembly import Serving, build_serving
from mqt_serving.releases import promote, write_release
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema, IndexSchema
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.small_shop import TABLE_OF_QUESTIONS, Recorder
from tests.mqt_serving.table_translator import LOADERS, TABLE, Entry, table_json

Documents = Database[dict[str, Any]]


@pytest.fixture(scope="session")
def shop(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Documents]:
    """Five orders of two customers, one of them with markup for a name."""
    database = mongo_client[f"shop_{uuid4().hex[:8]}"]
    customers = [ObjectId(), ObjectId()]
    database.customers.insert_many(
        [
            {"_id": customers[0], "name": "Ada", "email": "ada@secret.example"},
            {"_id": customers[1], "name": "<img src=x onerror=alert(1)>", "email": "eve@secret"},
        ]
    )
    totals = ["10.00", "25.50", "7.25", "99.90", "12.00"]
    statuses = ["shipped", "new", "shipped", "shipped", "new"]
    database.orders.insert_many(
        {
            "customer_id": customers[number % 2],
            "status": status,
            "total": Decimal128(total),
            "placed_at": datetime(2024, 1 + number, 3, tzinfo=UTC),
        }
        for number, (status, total) in enumerate(zip(statuses, totals, strict=True))
    )
    yield database
    mongo_client.drop_database(database.name)
    mongo_client.drop_database(JOURNAL_DATABASE)


def _field(path: str, kind: BsonType, **more: Any) -> FieldSchema:
    return FieldSchema(path=path, types={kind: 1.0}, presence=1.0, **more)


@pytest.fixture(scope="session")
def catalog(shop: Documents) -> Catalog:
    orders = CollectionSchema(
        database=shop.name,
        collection="orders",
        document_count=5,
        sampled=5,
        fields=(
            _field("_id", BsonType.OBJECT_ID, distinct=5),
            _field("customer_id", BsonType.OBJECT_ID, distinct=2),
            _field("placed_at", BsonType.DATE, distinct=5),
            _field("status", BsonType.STRING, distinct=2, samples=("shipped", "new")),
            _field("total", BsonType.DECIMAL, distinct=5),
        ),
    )
    customers = CollectionSchema(
        database=shop.name,
        collection="customers",
        document_count=2,
        sampled=2,
        fields=(
            _field("_id", BsonType.OBJECT_ID, distinct=2),
            _field("email", BsonType.STRING, distinct=2, private=True),
            _field("name", BsonType.STRING, distinct=2, samples=("Ada",)),
        ),
        indexes=(IndexSchema(name="email_1", keys=(("email", "1"),), unique=True),),
    )
    return Catalog(database=shop.name, collections=(customers, orders))


@pytest.fixture
def settings(
    tmp_path: Path, mongo_uri: str, mongo_client: MongoClient[dict[str, Any]]
) -> Iterator[Settings]:
    yield Settings.load(
        home=tmp_path / "home",
        mongodb_uri=mongo_uri,
        journal_uri=mongo_uri,
        release_poll_seconds=0.05,
    )
    # What one test corrects would answer the questions of the next.
    mongo_client[JOURNAL_DATABASE].feedback.delete_many({})


WriteRelease = Callable[..., str]
Journaled = Callable[[str, str], dict[str, Any] | None]


@pytest.fixture
def release(tmp_path: Path, settings: Settings, catalog: Catalog) -> WriteRelease:
    """`release("one")` writes a release about the shop and makes it champion."""

    def write(
        name: str,
        table: Mapping[str, Entry] = TABLE_OF_QUESTIONS,
        corrections: Sequence[Mapping[str, Any]] = (),
        catalogs: Sequence[Catalog] = (catalog,),
        index: Path | None = None,
        live: bool = True,
        prompt: str | None = None,
    ) -> str:
        parts = tmp_path / f"parts-{uuid4().hex}"
        (parts / "catalogs").mkdir(parents=True)
        for one in catalogs:
            (parts / "catalogs" / f"{one.database}.json").write_text(one.model_dump_json())
        (parts / TABLE).parent.mkdir()
        (parts / TABLE).write_text(table_json(table))
        (parts / "corrections.json").write_text(json.dumps(list(corrections)))
        if prompt is not None:
            (parts / "prompt.json").write_text(prompt)
        if index is not None:
            index.rename(parts / "index")
        write_release(settings.releases_folder, parts, release_id=name)
        if live:
            promote(settings.releases_folder, name)
        return name

    return write


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def serving(settings: Settings, recorder: Recorder) -> Iterator[Serving]:
    """Not following the pointer by itself: tests call `serving.releases.check()`."""
    built = build_serving(settings, recorder, LOADERS)
    yield built
    built.close()


@pytest.fixture
def journaled(mongo_client: MongoClient[dict[str, Any]]) -> Journaled:
    def find(collection: str, key: str) -> dict[str, Any] | None:
        return mongo_client[JOURNAL_DATABASE][collection].find_one({"_id": key})

    return find
