"""Ending a query from another thread, whatever the moment."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.errors import QueryCancelled
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.limits import Limits

Documents = Database[dict[str, Any]]

SLOW = (
    "db.n.aggregate([{$lookup: {from: 'n', let: {a: '$i'}, pipeline: "
    "[{$match: {$expr: {$gt: [{$add: ['$i', 1]}, '$$a']}}}], as: 'x'}}, "
    "{$group: {_id: null, n: {$sum: {$size: '$x'}}}}])"
)


@pytest.fixture
def many(database: Documents) -> Documents:
    database.n.insert_many([{"i": i} for i in range(4000)])
    return database


def operations(database: Documents) -> list[dict[str, Any]]:
    client: MongoClient[dict[str, Any]] = database.client
    return list(
        client.admin.aggregate(
            [{"$currentOp": {}}, {"$match": {"ns": f"{database.name}.n", "op": "command"}}]
        )
    )


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.3])
def test_a_running_query_ends_long_before_its_time_limit(many: Documents, delay: float) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(delay, cancellation.cancel)
    started = time.monotonic()
    timer.start()
    with pytest.raises(QueryCancelled):
        run(parse_query(SLOW), many, Limits(max_time_ms=60_000), cancellation=cancellation)
    timer.join()
    assert time.monotonic() - started < 3.0
    assert operations(many) == []


def test_a_cancelled_request_runs_nothing_more(many: Documents) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(QueryCancelled, match="not run"):
        run(parse_query("db.n.find()"), many, cancellation=cancellation)


def test_after_a_query_has_ended_nothing_is_ended() -> None:
    ended = []
    cancellation = Cancellation()
    with cancellation.running(lambda: ended.append(1)):
        pass
    cancellation.cancel()
    assert ended == []


def test_the_end_is_asked_for_until_the_query_has_ended() -> None:
    ends: list[float] = []
    cancellation = Cancellation()
    with cancellation.running(lambda: ends.append(time.monotonic())):
        waiter = threading.Thread(target=cancellation.cancel)
        waiter.start()
        time.sleep(0.5)
    waiter.join(timeout=2)
    assert not waiter.is_alive()
    assert len(ends) >= 2
