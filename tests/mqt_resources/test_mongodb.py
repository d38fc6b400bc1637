"""The gateway against a real server: what it lists and samples, and how it fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database

from mqt_resources import mongodb
from mqt_resources.mongodb import MongoGateway
from mqt_serving.errors import QueryTimeout, ServiceUnavailable, SettingError

Records = Database[dict[str, Any]]


@pytest.fixture
def gateway(mongo_uri: str) -> Iterator[MongoGateway]:
    with MongoGateway(mongo_uri) as opened:
        yield opened


def numbered(database: Records, count: int) -> None:
    database.things.insert_many([{"_id": n, "n": n} for n in range(count)])


def test_databases_of_mongodb_and_of_mqt_are_not_listed(
    gateway: MongoGateway, database: Records, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    database.things.insert_one({})
    mongo_client["mqt_corpus_test"].things.insert_one({})
    listed = gateway.list_databases()
    mongo_client.drop_database("mqt_corpus_test")
    assert database.name in listed
    assert not any(name in ("admin", "local", "config") or name[:3] == "mqt" for name in listed)
    assert gateway.list_databases([database.name, "absent"]) == (database.name,)


def test_collections_and_views_are_listed_without_system_ones(
    gateway: MongoGateway, database: Records
) -> None:
    database.b.insert_one({"x": 1})
    database.a.insert_one({"x": 1})
    database.command("create", "view", viewOn="a", pipeline=[])
    assert gateway.list_collections(database.name) == ("a", "b", "view")
    assert gateway.indexes(database.name, "view") == ()
    assert gateway.sample(database.name, "view", 5) == list(database.a.find())


def test_indexes_are_described(gateway: MongoGateway, database: Records) -> None:
    database.places.create_index([("at", "2dsphere"), ("n", -1)], name="near")
    database.places.create_index("code", unique=True)
    found = {index.name: index for index in gateway.indexes(database.name, "places")}
    assert found["near"].keys == (("at", "2dsphere"), ("n", "-1"))
    assert found["code_1"].unique
    assert found["_id_"].unique


def test_a_small_collection_is_read_completely(gateway: MongoGateway, database: Records) -> None:
    numbered(database, 50)
    assert [d["_id"] for d in gateway.sample(database.name, "things", 50)] == list(range(50))


def test_a_sample_is_reproducible_holds_the_newest_and_depends_on_the_seed(
    gateway: MongoGateway, database: Records
) -> None:
    numbered(database, 3_000)
    first = gateway.sample(database.name, "things", 200, seed=1)
    identifiers = [document["_id"] for document in first]
    assert first == gateway.sample(database.name, "things", 200, seed=1)
    assert first != gateway.sample(database.name, "things", 200, seed=2)
    assert set(range(2_980, 3_000)) <= set(identifiers)
    assert len(set(identifiers)) == len(identifiers) >= 190
    assert 1_000 < sum(identifiers) / len(identifiers) < 2_200


def test_a_few_new_documents_change_a_sample_only_a_little(
    gateway: MongoGateway, database: Records
) -> None:
    numbered(database, 3_000)
    before = {d["_id"] for d in gateway.sample(database.name, "things", 200)}
    database.things.insert_many([{"_id": -n} for n in range(1, 31)])
    after = {d["_id"] for d in gateway.sample(database.name, "things", 200)}
    assert len(before - after) < 10


def test_a_huge_collection_is_sampled_by_the_server(
    gateway: MongoGateway, database: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongodb, "REPRODUCIBLE_UP_TO", 1_000)
    numbered(database, 2_000)
    found = gateway.sample(database.name, "things", 100)
    assert 80 <= len(found) <= 100


def test_a_sample_is_bounded_in_bytes(
    gateway: MongoGateway, database: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongodb, "MAX_SAMPLE_BYTES", 100_000)
    database.things.insert_many([{"_id": n, "text": "x" * 10_000} for n in range(40)])
    assert len(gateway.sample(database.name, "things", 40)) == 9


def test_dates_beyond_python_do_not_end_a_sample(gateway: MongoGateway, database: Records) -> None:
    database.command(
        "insert",
        "things",
        documents=[
            RawBSONDocument(
                b"\x10\x00\x00\x00\x09d\x00" + (10**16).to_bytes(8, "little") + b"\x00"
            ),
            {"d": datetime(2025, 1, 1)},
        ],
    )
    assert len(gateway.sample(database.name, "things", 5)) == 2


def test_values_are_looked_up_inside_arrays_too(gateway: MongoGateway, database: Records) -> None:
    ids = [ObjectId() for _ in range(4)]
    database.orders.insert_many([{"items": [{"product": i} for i in ids[:2]]}, {"items": []}])
    assert gateway.contains(database.name)("orders", "items.product", ids) == ids[:2]


def test_an_expensive_look_up_is_not_done(
    gateway: MongoGateway, database: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongodb, "REPRODUCIBLE_UP_TO", 1)
    numbered(database, 3)
    look_up = gateway.contains(database.name)
    assert look_up("things", "n", [1]) is None
    assert look_up("things", "_id", [1, 7]) == [1]


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    with (
        MongoGateway("mongodb://ada:hush@127.0.0.1:1/", selection_ms=200) as away,
        pytest.raises(ServiceUnavailable, match=r"127\.0\.0\.1:1") as told,
    ):
        away.list_databases()
    assert "hush" not in str(told.value)


def test_an_unusable_address_is_a_setting_error() -> None:
    with pytest.raises(SettingError, match="MONGODB_URI"):
        MongoGateway("mongodb://host:notaport/")


def test_a_slow_view_ends_at_the_time_limit(mongo_uri: str, database: Records) -> None:
    numbered(database, 2_000)
    every_pair = [
        {"$lookup": {"from": "things", "pipeline": [{"$match": {"n": {"$gte": 0}}}], "as": "x"}},
        {"$match": {"$expr": {"$lt": [{"$sum": "$x.n"}, 0]}}},
    ]
    database.command("create", "slow", viewOn="things", pipeline=every_pair)
    with MongoGateway(mongo_uri, max_time_ms=150) as hurried:
        started = time.monotonic()
        with pytest.raises(QueryTimeout, match=r"0\.15 s"):
            hurried.sample(database.name, "slow", 10)
        assert time.monotonic() - started < 10
