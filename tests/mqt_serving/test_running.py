"""Every query that serving runs passes the policy and the cost check, and can be cancelled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from mqt_serving.assembly import build_serving
from mqt_serving.connections import LazyClient
from mqt_serving.errors import QueryCancelled, QueryRefused, QueryTimeout
from mqt_serving.observing import Observer
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import Reading
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.query.pipeline import FieldTest
from mqt_serving.running import QueryRunner
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.settings import Settings
from tests.mqt_serving.small_shop import Recorder
from tests.mqt_serving.table_translator import LOADERS

Documents = Database[dict[str, Any]]


@pytest.fixture
def mongodb(mongo_uri: str) -> Iterator[LazyClient]:
    client = LazyClient(lambda: mongo_uri, "MongoDB", selection_ms=2000, socket_ms=15_000)
    yield client
    client.close()


def runner(mongodb: LazyClient, policy: Policy) -> QueryRunner:
    return QueryRunner(mongodb, policy, Reading("local"), Observer())


def test_rows_are_those_of_the_policy(mongodb: LazyClient, catalog: Catalog) -> None:
    own = CollectionPolicy(mandatory=FieldTest("status", "$eq", "new"))
    limited = runner(mongodb, Policy(collections=(("orders", own),)))
    table, _ = limited.run(parse_query("db.orders.countDocuments()"), catalog)
    assert table.rows == ({"count": 2},)


def test_what_would_read_too_much_does_not_run(mongodb: LazyClient, catalog: Catalog) -> None:
    limited = runner(mongodb, Policy(Limits(max_documents_examined=3)))
    with pytest.raises(QueryRefused, match=r"An index on \{status: 1\} of orders would help"):
        limited.run(parse_query("db.orders.countDocuments({status: 'new'})"), catalog)
    table, _ = limited.run(parse_query("db.orders.find().limit(2)"), catalog)
    assert len(table.rows) == 2


def test_one_query_can_be_bounded_more_tightly(mongodb: LazyClient, database: Documents) -> None:
    database.slow.insert_many({"n": n} for n in range(3000))
    field = FieldSchema(path="n", types={BsonType.INT: 1.0}, presence=1.0)
    slow = CollectionSchema(
        database=database.name, collection="slow", document_count=3000, sampled=9, fields=(field,)
    )
    catalog = Catalog(database=database.name, collections=(slow,))
    usual = runner(mongodb, Policy(Limits()))
    table, _ = usual.run(parse_query("db.slow.find()"), catalog, limits=Limits(max_rows=2))
    assert (len(table.rows), table.truncated) == (2, True)
    crossed = parse_query(
        "db.slow.aggregate([{$lookup: {from: 'slow', pipeline: [{$match: {n: {$gte: 0}}}], "
        "as: 'all'}}, {$unwind: '$all'}, {$group: {_id: '$all.n', count: {$sum: 1}}}])"
    )
    started = time.monotonic()
    with pytest.raises(QueryTimeout, match="50 ms"):
        usual.run(crossed, catalog, limits=Limits(max_time_ms=50))
    assert time.monotonic() - started < 3.0
    assert len(usual.run(parse_query("db.slow.find()"), catalog)[0].rows) == 1000


def test_what_nobody_waits_for_does_not_run(mongodb: LazyClient, catalog: Catalog) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(QueryCancelled):
        runner(mongodb, Policy()).run(parse_query("db.orders.find()"), catalog, cancellation)


def test_serving_takes_policy_and_limits_from_the_settings(
    settings: Settings, release: Any, tmp_path: Path, shop: Documents, recorder: Recorder
) -> None:
    file = tmp_path / "policies.json"
    file.write_text('{"default": {"collections": {"orders": {"mandatory": {"status": "new"}}}}}')
    release("one")
    serving = build_serving(settings.model_copy(update={"policy_file": file}), recorder, LOADERS)
    try:
        serving.releases.check()
        answer = serving.service.run("db.orders.countDocuments()", shop.name)
        assert answer.table.rows == ({"count": 2},)
        with pytest.raises(QueryRefused, match="customers may not be read"):
            serving.service.run("db.customers.find()", shop.name)
    finally:
        serving.close()
