"""The journal keeps what it acknowledges, and being away costs answers nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_serving import journal as journal_module
from mqt_serving.connections import LazyClient
from mqt_serving.errors import JournalUnavailable, SettingError, UnknownQuery
from mqt_serving.feedback.records import FeedbackRecord
from mqt_serving.journal import LOOKED_AT, Journal, QueryRecord
from mqt_serving.platform.processes import free_port
from mqt_serving.platform.servers import MongoServer
from mqt_serving.spool import Spool
from tests.mqt_serving.small_shop import Recorder

NOON = datetime(2025, 3, 9, 12, tzinfo=UTC)


def client_of(uri: str) -> LazyClient:
    return LazyClient(lambda: uri, "the journal", selection_ms=300, socket_ms=5000)


def query_record(**changes: Any) -> QueryRecord:
    fields: dict[str, Any] = {
        "query_id": uuid4().hex,
        "at": NOON,
        "question": "How many orders?",
        "database": "shop",
        "plan": {"outputs": [{"$date": "2025-01-01T00:00:00Z"}]},
        "command": "db.orders.countDocuments()",
        "release_id": "one",
        "source": "model",
        "outcome": "answered",
        "row_count": 1,
        "timings": {"translate_ms": 1.5},
    }
    return QueryRecord(**{**fields, **changes})


def feedback_record(query_id: str) -> FeedbackRecord:
    return FeedbackRecord(
        feedback_id=uuid4().hex,
        query_id=query_id,
        at=NOON,
        question="How many orders?",
        database="shop",
        verdict="down",
        corrected_query="db.orders.countDocuments({})",
        plan=None,
        status="accepted",
        comment="",
        author="ada",
        release_id="one",
        decided_at=NOON,
    )


@pytest.fixture
def name(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    name = f"mqt_test_{uuid4().hex[:8]}"
    yield name
    mongo_client.drop_database(name)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "queries")


@pytest.fixture
def journal(mongo_uri: str, name: str, recorder: Recorder, spool: Spool) -> Iterator[Journal]:
    client = client_of(mongo_uri)
    yield Journal(client, recorder, spool, database=name)
    client.close()


def test_a_question_is_found_again_with_plan_and_time(journal: Journal) -> None:
    record = query_record()
    assert journal.record_query(record)
    found = journal.find_query(record.query_id)
    assert found["question"] == "How many orders?"
    assert found["plan"] == record.plan
    assert found["at"] == NOON.replace(tzinfo=None)
    assert found["timings"] == {"translate_ms": 1.5}


def test_writing_a_question_twice_keeps_one(journal: Journal, mongo_uri: str, name: str) -> None:
    record = query_record()
    assert journal.record_query(record)
    assert journal.record_query(record)
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        assert client[name].queries.count_documents({}) == 1


def test_what_sensors_look_at_every_minute_is_indexed(
    journal: Journal, mongo_uri: str, name: str
) -> None:
    assert journal.record_query(query_record())
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        found = client[name].queries.index_information().values()
    keys = {tuple(key for key, _ in index["key"]) for index in found}
    assert keys >= {fields for fields, _ in LOOKED_AT}


def test_feedback_is_written_with_every_field(journal: Journal, mongo_uri: str, name: str) -> None:
    record = feedback_record("q1")
    assert journal.record_feedback(record) is None
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        kept = client[name].feedback.find_one()
    assert kept is not None
    assert kept.pop("changed_at") is not None  # MongoDB's own time
    assert kept == record.document()


def test_feedback_under_an_id_that_is_taken_changes_nothing(journal: Journal) -> None:
    first = feedback_record("q1")
    assert journal.record_feedback(first) is None
    kept = journal.record_feedback(replace(first, comment="other"))
    assert kept is not None
    assert kept["comment"] == ""


def test_an_unknown_question_is_named(journal: Journal) -> None:
    with pytest.raises(UnknownQuery, match="'no-such-id'"):
        journal.find_query("no-such-id")


def test_a_record_that_bson_cannot_hold_is_reported_and_does_not_block_the_next(
    journal: Journal, recorder: Recorder
) -> None:
    assert not journal.record_query(query_record(plan={"number": 2**80}))
    assert recorder.journal_failures == ["query"]
    assert journal.record_query(query_record())


def test_while_away_questions_wait_and_feedback_is_refused(
    recorder: Recorder, spool: Spool
) -> None:
    client = client_of(f"mongodb://127.0.0.1:{free_port()}")
    away = Journal(client, recorder, spool)
    assert not away.record_query(query_record())
    assert away.waiting == 1
    with pytest.raises(JournalUnavailable, match="nothing was kept"):
        away.record_feedback(feedback_record("q"))
    with pytest.raises(JournalUnavailable):
        away.find_query("q")
    assert recorder.journal_failures == ["query", "feedback", "read"]
    client.close()


def test_a_missing_address_counts_as_away(recorder: Recorder, spool: Spool) -> None:
    def no_uri() -> str:
        raise SettingError("MQT_JOURNAL_URI is not set")

    away = Journal(
        LazyClient(no_uri, "the journal", selection_ms=300, socket_ms=1), recorder, spool
    )
    assert not away.record_query(query_record())
    with pytest.raises(JournalUnavailable, match="MQT_JOURNAL_URI is not set"):
        away.record_feedback(feedback_record("q"))


def test_after_a_failure_questions_do_not_wait_for_the_journal_each(
    recorder: Recorder, spool: Spool
) -> None:
    seconds = 0.0
    opened = 0

    def uri() -> str:
        nonlocal opened
        opened += 1
        raise SettingError("away")

    client = LazyClient(uri, "the journal", selection_ms=300, socket_ms=1)
    away = Journal(client, recorder, spool, clock=lambda: seconds)
    for _ in range(3):
        away.record_query(query_record())
    assert opened == 1
    seconds = journal_module.PAUSE_SECONDS + 1
    away.record_query(query_record())
    assert opened == 2
    assert away.waiting == 4


def test_what_waits_is_bounded(
    recorder: Recorder, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_uri() -> str:
        raise SettingError("away")

    monkeypatch.setattr(journal_module, "MOST_WAITING", 3)
    away = Journal(
        LazyClient(no_uri, "the journal", selection_ms=300, socket_ms=1), recorder, spool
    )
    for _ in range(5):
        away.record_query(query_record())
    assert away.waiting == 3


def test_questions_that_waited_are_written_when_the_journal_is_back(
    tmp_path: Path, recorder: Recorder, spool: Spool
) -> None:
    port = free_port()
    client = client_of(f"mongodb://127.0.0.1:{port}")
    seconds = 0.0
    journal = Journal(client, recorder, spool, clock=lambda: seconds)
    first = query_record()
    assert not journal.record_query(first)
    with MongoServer(tmp_path / "mongod", port=port):
        seconds = 60.0
        second = query_record()
        assert journal.record_query(second)
        assert journal.waiting == 1
        journal.drain()
        assert journal.waiting == 0
        found = journal.find_query(first.query_id)
        assert found["question"] == first.question
        assert found["plan"] == first.plan
        assert journal.find_query(second.query_id)["outcome"] == "answered"
    client.close()


def test_a_question_that_waits_is_found_even_by_a_process_that_starts_later(
    recorder: Recorder, spool: Spool, tmp_path: Path
) -> None:
    client = client_of(f"mongodb://127.0.0.1:{free_port()}")
    record = query_record()
    assert not Journal(client, recorder, spool).record_query(record)
    later = Journal(client, recorder, Spool(tmp_path / "queries"))
    found = later.find_query(record.query_id)
    assert (found["question"], found["plan"]) == (record.question, record.plan)
    assert found["at"] == NOON.replace(tzinfo=None)
    client.close()
