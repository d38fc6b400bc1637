"""Execution on a real mongod: bounded rows and time, and errors a person can act on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from bson import (
    Binary,
    Code,
    DatetimeMS,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from mqt_serving.errors import (
    AuthenticationFailed,
    QueryFailed,
    QueryRefused,
    QueryTimeout,
    ServiceUnavailable,
)
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import Reading, mapped_error, run, to_json
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.pipeline import AnyOf, ElementMatch, FieldTest, Find

Documents = Database[dict[str, Any]]


@pytest.fixture
def numbers(database: Documents) -> Documents:
    """Documents 0 to 29, each with its tens and a list."""
    database.n.insert_many(
        [{"_id": i, "tens": i // 10, "in": {"list": [i, i + 1]}} for i in range(30)]
    )
    return database


def rows_of(text: str, database: Documents, limits: Limits | None = None) -> list[dict[str, Any]]:
    return run(parse_query(text), database, limits).rows


def test_find_returns_rows_in_order(numbers: Documents) -> None:
    text = "db.n.find({tens: 1}, {tens: 1}).sort({_id: -1}).skip(1).limit(2)"
    assert rows_of(text, numbers) == [{"_id": 18, "tens": 1}, {"_id": 17, "tens": 1}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db.n.find({w: 'e'}, {_id: 1}).collation({locale: 'en', strength: 1})", [1, 2, 3]),
        ("db.n.find({w: 'e'}, {_id: 1}).collation({locale: 'en', strength: 2})", [1, 2]),
        ("db.n.find({w: 'e'}, {_id: 1})", [1]),
    ],
)
def test_a_collation_decides_how_text_compares(
    text: str, expected: list[int], database: Documents
) -> None:
    database.n.insert_many([{"_id": 1, "w": "e"}, {"_id": 2, "w": "E"}, {"_id": 3, "w": "é"}])
    assert sorted(row["_id"] for row in rows_of(text, database)) == expected
    options = "" if "collation" not in text else text[text.index("{locale") : -1]
    tail = f", {{collation: {options}}}" if options else ""
    count = f"db.n.countDocuments({{w: 'e'}}{tail})"
    assert rows_of(count, database) == [{"count": len(expected)}]
    pipeline = f"db.n.aggregate([{{$match: {{w: 'e'}}}}, {{$count: 'n'}}]{tail})"
    assert rows_of(pipeline, database) == [{"n": len(expected)}]
    values = f"db.n.distinct('_id', {{w: 'e'}}{tail})"
    assert sorted(row["_id"] for row in rows_of(values, database)) == expected


def test_counts_can_be_cut_or_estimated(numbers: Documents) -> None:
    assert rows_of("db.n.countDocuments({}, {skip: 20, limit: 7})", numbers) == [{"count": 7}]
    assert rows_of("db.n.countDocuments({}, {skip: 27})", numbers) == [{"count": 3}]
    assert rows_of("db.n.estimatedDocumentCount()", numbers) == [{"count": 30}]


def test_aggregate_returns_rows(numbers: Documents) -> None:
    text = "db.n.aggregate([{$group: {_id: '$tens', n: {$sum: 1}}}, {$sort: {_id: 1}}])"
    assert rows_of(text, numbers) == [{"_id": tens, "n": 10} for tens in range(3)]


def test_a_count_is_one_row_even_of_nothing(numbers: Documents) -> None:
    assert rows_of("db.n.countDocuments({tens: 2})", numbers) == [{"count": 10}]
    assert rows_of("db.n.countDocuments({tens: 9})", numbers) == [{"count": 0}]
    assert rows_of("db.nothing.countDocuments()", numbers) == [{"count": 0}]


def test_distinct_is_one_row_a_value_under_the_last_name(numbers: Documents) -> None:
    assert rows_of("db.n.distinct('tens')", numbers) == [{"tens": 0}, {"tens": 1}, {"tens": 2}]
    assert rows_of("db.n.distinct('in.list', {_id: 4})", numbers) == [{"list": 4}, {"list": 5}]


@pytest.mark.parametrize(
    "text", ["db.n.find()", "db.n.aggregate([])", "db.n.distinct('_id')", "db.n.find().limit(20)"]
)
def test_rows_beyond_the_limit_are_cut_and_said_so(text: str, numbers: Documents) -> None:
    result = run(parse_query(text), numbers, Limits(max_rows=5))
    assert len(result.rows) == 5
    assert result.truncated


def test_exactly_the_limit_is_not_truncated(numbers: Documents) -> None:
    result = run(parse_query("db.n.find()"), numbers, Limits(max_rows=30))
    assert (len(result.rows), result.truncated) == (30, False)
    assert result.milliseconds > 0


def test_a_slow_query_times_out(numbers: Documents) -> None:
    numbers.big.insert_many([{"i": i} for i in range(3000)])
    text = (
        "db.big.aggregate([{$lookup: {from: 'big', pipeline: [], as: 'x'}}, {$unwind: '$x'}, "
        "{$group: {_id: '$x.i', n: {$sum: 1}}}])"
    )
    with pytest.raises(QueryTimeout, match="within 50 ms"):
        run(parse_query(text), numbers, Limits(max_time_ms=50))


def test_what_mongodb_refuses_carries_its_reason(numbers: Documents) -> None:
    with pytest.raises(QueryFailed, match="divide by zero") as caught:
        rows_of("db.n.aggregate([{$project: {a: {$divide: ['$tens', 0]}}}])", numbers)
    assert "full error" not in str(caught.value)


def test_a_tree_that_mql_cannot_write_fails_clearly(numbers: Documents) -> None:
    either = AnyOf((FieldTest("", "$eq", 1), FieldTest("", "$eq", 2)))
    with pytest.raises(QueryFailed, match="cannot be sent"):
        run(Find("n", ElementMatch("in.list", either)), numbers)


@pytest.mark.parametrize("condition", [FieldTest("a", "$eq", 2**70), FieldTest("a\0", "$eq", 1)])
def test_values_that_bson_cannot_hold_fail_clearly(
    condition: FieldTest, numbers: Documents
) -> None:
    with pytest.raises(QueryFailed):
        run(Find("n", condition), numbers)


def test_a_server_that_is_away_is_unavailable() -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(
        "mongodb://127.0.0.1:1", serverSelectionTimeoutMS=200
    )
    with pytest.raises(ServiceUnavailable, match="MONGODB_URI"):
        run(parse_query("db.n.find()"), client.get_database("x"))
    client.close()


@pytest.mark.parametrize("code", [13, 18, 8000])
def test_refused_credentials_are_told_apart(code: int) -> None:
    error = OperationFailure("Authentication failed.", code)
    assert isinstance(mapped_error(error, Limits()), AuthenticationFailed)


def test_dates_come_back_in_utc_and_impossible_ones_do_not_break_the_query(
    database: Documents,
) -> None:
    far = DatetimeMS(10**15)
    database.d.insert_many([{"_id": 1, "at": datetime(2025, 3, 1)}, {"_id": 2, "at": far}])
    rows = rows_of("db.d.find().sort({_id: 1})", database)
    assert rows == [
        {"_id": 1, "at": datetime(2025, 3, 1, tzinfo=UTC)},
        {"_id": 2, "at": DatetimeMS(10**15)},
    ]
    assert to_json(rows)[1]["at"] == 10**15


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (Int64(5), 5),
        (2.5, 2.5),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("é", "é"),
        (datetime(2025, 3, 1, 12, tzinfo=UTC), "2025-03-01T12:00:00Z"),
        (datetime(2025, 3, 1, 12, 0, 0, 5000), "2025-03-01T12:00:00.005Z"),
        (ObjectId("64b7f0a1c2d3e4f5a6b7c8d9"), "64b7f0a1c2d3e4f5a6b7c8d9"),
        (Decimal128("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Binary(b"ab"), "YWI="),
        (Timestamp(86400, 1), "1970-01-02T00:00:00Z"),
        (Regex("^a"), "/^a/"),
        (Code("x"), "x"),
        (DBRef("c", 1), {"$ref": "c", "$id": 1}),
        (MinKey(), "MinKey"),
        (MaxKey(), "MaxKey"),
        ({"a": [Int64(1), {"b": Decimal128("2")}]}, {"a": [1, {"b": "2"}]}),
    ],
)
def test_every_bson_value_has_a_json_form(value: object, expected: object) -> None:
    converted = to_json(value)
    assert converted == expected
    assert type(converted) is type(expected)
    json.dumps(converted, allow_nan=False)


# --------------------------------------------------------- sessions, bytes, memory


class Commands(CommandListener):
    """Remembers the commands that were sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...

    def named(self, name: str) -> list[dict[str, Any]]:
        return [command for command in self.sent if name in command]


@pytest.fixture
def watched(mongo_uri: str, numbers: Documents) -> Iterator[tuple[Documents, Commands]]:
    commands = Commands()
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, event_listeners=[commands])
    yield client[numbers.name], commands
    client.close()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("db.n.find()", "find"),
        ("db.n.aggregate([])", "aggregate"),
        ("db.n.countDocuments()", "aggregate"),
        ("db.n.distinct('tens')", "distinct"),
    ],
)
def test_every_command_runs_in_a_session_with_its_concern_and_time_limit(
    text: str, name: str, watched: tuple[Documents, Commands]
) -> None:
    database, commands = watched
    run(parse_query(text), database, Limits(max_time_ms=1234), Reading("local", "nearest"))
    (sent,) = commands.named(name)
    assert sent["lsid"] and sent["maxTimeMS"] == 1234
    assert sent["readConcern"] == {"level": "local"}
    assert sent.get("allowDiskUse", False) is False


def test_a_cut_result_leaves_no_cursor_open(watched: tuple[Documents, Commands]) -> None:
    database, commands = watched
    database.n.insert_many([{"text": "x" * 100_000} for _ in range(400)])
    result = run(parse_query("db.n.find()"), database, Limits(max_result_bytes=1_000_000))
    assert result.truncated
    assert commands.named("killCursors")


def test_the_bytes_of_a_result_are_bounded(numbers: Documents) -> None:
    numbers.n.insert_many([{"text": "x" * 1000} for _ in range(100)])
    for text in ("db.n.find({text: {$exists: true}})", "db.n.aggregate([{$match: {text: /x/}}])"):
        result = run(parse_query(text), numbers, Limits(max_result_bytes=10_000))
        assert result.truncated
        assert len(result.rows) == 9
    one = run(parse_query("db.n.find({text: /x/}).limit(1)"), numbers, Limits(max_result_bytes=10))
    assert (len(one.rows), one.truncated) == (1, False)


def test_more_memory_than_mongodb_gives_is_a_refusal_that_says_what_to_do(
    numbers: Documents,
) -> None:
    numbers.big.insert_many([{"text": str(i) + "x" * 1_000_000} for i in range(120)])
    text = "db.big.aggregate([{$sort: {text: 1}}, {$group: {_id: 1, n: {$first: '$text'}}}])"
    with pytest.raises(QueryRefused, match="100 MB of memory to sort or group"):
        run(parse_query(text), numbers)


def test_a_query_is_ended_on_the_server_when_the_connection_times_out(
    mongo_uri: str, numbers: Documents
) -> None:
    numbers.big.insert_many([{"i": i} for i in range(4000)])
    text = (
        "db.big.aggregate([{$lookup: {from: 'big', let: {a: '$i'}, pipeline: [{$match: {$expr: "
        "{$gt: [{$add: ['$i', 1]}, '$$a']}}}], as: 'x'}}, {$count: 'n'}])"
    )
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, socketTimeoutMS=300)
    with pytest.raises(ServiceUnavailable):
        run(parse_query(text), client[numbers.name], Limits(max_time_ms=60_000))
    running = [
        {"$currentOp": {}},
        {"$match": {"ns": f"{numbers.name}.big", "op": "command"}},
    ]
    deadline = time.monotonic() + 3
    while list(numbers.client.admin.aggregate(running)):
        assert time.monotonic() < deadline, "the query runs on"
        time.sleep(0.02)
    client.close()
