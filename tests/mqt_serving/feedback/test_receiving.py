"""From what a person says about an answer to its receipt, against a real MongoDB."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_serving.assembly import Serving
from mqt_serving.errors import (
    CannotAnswer,
    FeedbackConflict,
    FeedbackError,
    MqtError,
    QueryError,
    QueryFailed,
    QueryNotReadOnly,
    UnknownCollection,
    UnknownQuery,
)
from mqt_serving.feedback.receiving import FeedbackReceiver
from mqt_serving.feedback.records import Reason, Said, Signal
from mqt_serving.service import Service
from mqt_serving.settings import JOURNAL_DATABASE
from tests.mqt_serving.conftest import Journaled
from tests.mqt_serving.small_shop import Recorder


@pytest.fixture
def service(serving: Serving, release: Callable[..., str]) -> Service:
    """With release `one` live."""
    release("one")
    serving.releases.check()
    return serving.service


def correcting(query_id: str, query: str, **more: Any) -> Said:
    return Said(query_id, "down", corrected_query=query, **more)


@pytest.fixture
def feedback(serving: Serving) -> FeedbackReceiver:
    return serving.feedback


def test_a_verdict_is_noted(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled, recorder: Recorder
) -> None:
    asked = service.query("Orders by status").translation
    receipt = feedback.receive(Said(asked.query_id, "up", comment="nice", author="ada"))
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert (document["verdict"], document["status"]) == ("up", "noted")
    assert (document["comment"], document["author"]) == ("nice", "ada")
    assert (document["question"], document["release_id"]) == ("Orders by status", "one")
    assert recorder.feedback == [("up", "noted")]


def test_a_correction_is_kept_with_its_plan(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    asked = service.query("Orders by status").translation
    receipt = feedback.receive(
        correcting(asked.query_id, "db.orders.countDocuments({status: 'new'})")
    )
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert document["status"] == "accepted"
    assert document["plan"] is not None
    assert 'status: "new"' in document["corrected_query"].replace("'", '"')
    assert receipt.checked is not None
    assert receipt.checked.learnable
    assert "new" in receipt.checked.choice.meaning


def test_a_correction_that_does_not_parse_says_where(
    service: Service, feedback: FeedbackReceiver
) -> None:
    asked = service.query("Orders by status").translation
    with pytest.raises(QueryError) as caught:
        feedback.receive(correcting(asked.query_id, "db.orders.find(\n  {status: })"))
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("db.orders.deleteMany({})", QueryNotReadOnly),
        ("db.orders.aggregate([{$out: 'x'}])", QueryNotReadOnly),
        ("db.orders.find({$where: 'true'})", QueryNotReadOnly),
        ("db.unicorns.find({})", UnknownCollection),
        ("db.customers.find({email: 'x'})", MqtError),
        ("", QueryError),
        ("x" * 30_000, QueryError),
        ("db.orders.aggregate([{$project: {x: {$divide: [1, 0]}}}])", QueryFailed),
    ],
)
def test_a_correction_that_must_not_or_cannot_run_is_not_kept(
    service: Service,
    feedback: FeedbackReceiver,
    mongo_client: MongoClient[dict[str, Any]],
    text: str,
    error: type[MqtError],
) -> None:
    asked = service.query("Orders by status").translation
    with pytest.raises(error):
        feedback.receive(correcting(asked.query_id, text))
    kept = mongo_client[JOURNAL_DATABASE].feedback.count_documents({"query_id": asked.query_id})
    assert kept == 0


def test_feedback_needs_a_known_question(service: Service, feedback: FeedbackReceiver) -> None:
    with pytest.raises(UnknownQuery):
        feedback.receive(Said("nobody-asked", "up"))


def test_a_query_that_a_person_ran_has_no_question_to_correct(
    service: Service, feedback: FeedbackReceiver
) -> None:
    ran = service.run("db.orders.countDocuments({})")
    with pytest.raises(FeedbackError, match="no question"):
        feedback.receive(correcting(ran.query_id, "db.orders.find({})"))


def test_the_correction_of_a_follow_up_is_kept_but_teaches_nothing(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    first = service.query("How many orders are there?").translation
    asked = service.query("only the shipped ones", previous=first.query_id).translation
    receipt = feedback.receive(correcting(asked.query_id, "db.orders.find({status: 'shipped'})"))
    assert receipt.status == "noted"
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert document["corrected_query"].startswith("db.orders.find(")


def test_a_question_without_an_answer_can_be_taught(
    service: Service, feedback: FeedbackReceiver
) -> None:
    with pytest.raises(CannotAnswer) as caught:
        service.query("How is the weather?")
    assert caught.value.query_id is not None
    receipt = feedback.receive(correcting(caught.value.query_id, "db.orders.countDocuments({})"))
    assert receipt.status == "accepted"


def test_the_database_of_an_answer_stays_whatever_the_feedback_names(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    asked = service.query("Orders by status").translation
    receipt = feedback.receive(
        correcting(asked.query_id, "db.orders.countDocuments({})", database="elsewhere")
    )
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert document["database"] == asked.database


# --------------------------------------------------------------- other kinds


def test_everything_that_can_be_said_is_kept(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    asked = service.query("Orders by status").translation
    receipt = feedback.receive(
        Said(
            asked.query_id,
            rating=2,
            reasons=(Reason.WRONG_GROUPING, Reason.TOO_SLOW),
            expected_answer="Three shipped, two new",
            comment="by month",
            signals=(Signal.COPIED,),
        )
    )
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert document["rating"] == 2
    assert document["reasons"] == ["wrong-grouping", "too-slow"]
    assert document["expected_answer"] == "Three shipped, two new"
    assert document["signals"] == ["copied"]
    assert document["verdict"] is None
    assert document["status"] == "noted"
    assert document["decided_by"] == "mqt"
    assert document["decided_at"] is not None
    assert document["decision_reason"] == receipt.reason == "It corrects nothing."


def test_an_answer_is_journaled_with_the_readings_that_it_offered(
    service: Service, journaled: Journaled
) -> None:
    asked = service.query("How many orders were shipped?").translation
    document = journaled("queries", asked.query_id)
    assert document is not None
    assert document["chosen"] == 0
    offered = document["candidates"]
    assert [c["mongosh"] for c in offered] == [c.mongosh for c in asked.choices]
    assert [c["probability"] for c in offered] == [0.8, 0.15, 0.05]
    assert all(candidate["plan"] for candidate in offered)


def test_picking_another_reading_is_a_correction_by_its_query(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    asked = service.query("How many orders were shipped?").translation
    receipt = feedback.receive(Said(asked.query_id, picked_candidate=1))
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert (document["status"], document["verdict"]) == ("accepted", "down")
    assert document["corrected_query"] == asked.choices[1].mongosh
    assert document["picked_candidate"] == 1
    assert document["plan"] == asked.choices[1].plan_json


def test_picking_the_answered_reading_confirms_it(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    asked = service.query("How many orders were shipped?").translation
    receipt = feedback.receive(Said(asked.query_id, picked_candidate=0))
    document = journaled("feedback", receipt.feedback_id)
    assert document is not None
    assert (document["status"], document["verdict"]) == ("noted", "up")
    assert document["corrected_query"] is None


@pytest.mark.parametrize("picked", [-1, 3, 400])
def test_a_reading_that_was_not_offered_cannot_be_picked(
    service: Service, feedback: FeedbackReceiver, picked: int
) -> None:
    asked = service.query("How many orders were shipped?").translation
    with pytest.raises(FeedbackError, match="offers 0 to 2"):
        feedback.receive(Said(asked.query_id, picked_candidate=picked))


# --------------------------------------------------------- once, however often


def test_the_same_key_again_returns_the_same_receipt_and_keeps_one(
    service: Service, feedback: FeedbackReceiver, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    asked = service.query("Orders by status").translation
    said = correcting(asked.query_id, "db.orders.countDocuments({})", client_key=uuid4().hex)
    first = feedback.receive(said)
    assert feedback.receive(said) == first
    assert first.checked is not None
    kept = mongo_client[JOURNAL_DATABASE].feedback.count_documents({"query_id": asked.query_id})
    assert kept == 1


def test_the_same_key_sent_many_times_at_once_keeps_one(
    service: Service, feedback: FeedbackReceiver, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    asked = service.query("Orders by status").translation
    said = Said(asked.query_id, rating=4, client_key=uuid4().hex)
    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(lambda _: feedback.receive(said), range(24)))
    assert len(receipts) == 1
    kept = mongo_client[JOURNAL_DATABASE].feedback.count_documents({"query_id": asked.query_id})
    assert kept == 1


def test_the_same_key_with_other_content_is_refused(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    asked = service.query("Orders by status").translation
    said = Said(asked.query_id, rating=4, client_key=uuid4().hex)
    first = feedback.receive(said)
    with pytest.raises(FeedbackConflict, match="new one for each piece"):
        feedback.receive(replace(said, rating=1))
    document = journaled("feedback", first.feedback_id)
    assert document is not None
    assert document["rating"] == 4


def test_without_a_key_every_piece_is_kept(service: Service, feedback: FeedbackReceiver) -> None:
    asked = service.query("Orders by status").translation
    said = Said(asked.query_id, "up")
    assert feedback.receive(said).feedback_id != feedback.receive(said).feedback_id
