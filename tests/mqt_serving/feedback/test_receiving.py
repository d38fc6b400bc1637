"""From what a person says about an answer to its receipt, against a real MongoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_serving.assembly import Serving, build_serving
from mqt_serving.errors import (
    CannotAnswer,
    FeedbackError,
    JournalUnavailable,
    MqtError,
    QueryError,
    QueryFailed,
    QueryNotReadOnly,
    UnknownCollection,
    UnknownQuery,
)
from mqt_serving.feedback.receiving import FeedbackReceiver
from mqt_serving.platform.processes import free_port
from mqt_serving.service import Service
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.conftest import Journaled
from tests.mqt_serving.small_shop import Recorder
from tests.mqt_serving.table_translator import LOADERS


@pytest.fixture
def service(serving: Serving, release: Callable[..., str]) -> Service:
    """With release `one` live."""
    release("one")
    serving.releases.check()
    return serving.service


@pytest.fixture
def feedback(serving: Serving) -> FeedbackReceiver:
    return serving.feedback


def test_a_verdict_is_noted(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled, recorder: Recorder
) -> None:
    asked = service.query("Orders by status").translation
    receipt = feedback.receive(asked.query_id, "up", comment="nice", author="ada")
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
    receipt = feedback.receive(asked.query_id, "down", "db.orders.countDocuments({status: 'new'})")
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
        feedback.receive(asked.query_id, "down", "db.orders.find(\n  {status: })")
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
        feedback.receive(asked.query_id, "down", text)
    kept = mongo_client[JOURNAL_DATABASE].feedback.count_documents({"query_id": asked.query_id})
    assert kept == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "maybe"},
        {"verdict": "up", "corrected_query": "db.orders.find({})"},
        {"verdict": "up", "comment": "x" * 3000},
        {"verdict": "up", "author": "x" * 300},
    ],
)
def test_contradictory_or_endless_feedback_is_refused(
    service: Service, feedback: FeedbackReceiver, changes: dict[str, str]
) -> None:
    asked = service.query("Orders by status").translation
    with pytest.raises(FeedbackError):
        feedback.receive(asked.query_id, **changes)


def test_feedback_needs_a_known_question(service: Service, feedback: FeedbackReceiver) -> None:
    with pytest.raises(UnknownQuery):
        feedback.receive("nobody-asked", "up")


def test_a_query_that_a_person_ran_has_no_question_to_correct(
    service: Service, feedback: FeedbackReceiver
) -> None:
    ran = service.run("db.orders.countDocuments({})")
    with pytest.raises(FeedbackError, match="no question"):
        feedback.receive(ran.query_id, "down", "db.orders.find({})")


def test_the_correction_of_a_follow_up_is_kept_but_teaches_nothing(
    service: Service, feedback: FeedbackReceiver, journaled: Journaled
) -> None:
    first = service.query("How many orders are there?").translation
    asked = service.query("only the shipped ones", previous=first.query_id).translation
    receipt = feedback.receive(asked.query_id, "down", "db.orders.find({status: 'shipped'})")
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
    receipt = feedback.receive(caught.value.query_id, "down", "db.orders.countDocuments({})")
    assert receipt.status == "accepted"


def test_with_the_journal_away_feedback_is_refused(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    away = settings.model_copy(update={"journal_uri": f"mongodb://127.0.0.1:{free_port()}"})
    without = build_serving(away, Recorder(), LOADERS)
    with pytest.raises(JournalUnavailable):
        without.feedback.receive("some-query", "up")
    without.close()
