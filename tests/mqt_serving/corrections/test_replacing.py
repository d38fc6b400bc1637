"""Nobody finds two answers accepted, also where a process was cut off or somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_serving.assembly import Serving
from mqt_serving.corrections.deciding import Decider
from mqt_serving.errors import JournalUnavailable
from mqt_serving.feedback.records import Receipt, Said
from mqt_serving.settings import JOURNAL_DATABASE

QUESTION = "Orders by status"
NEW = "db.orders.countDocuments({status: 'new'})"
SHIPPED = "db.orders.countDocuments({status: 'shipped'})"
GRACE = Decider("grace", reviewer="local")


@pytest.fixture
def serving(serving: Serving, release: Callable[..., str]) -> Serving:
    """With release `one` live."""
    release("one")
    serving.releases.check()
    return serving


@pytest.fixture
def status_of(mongo_client: MongoClient[dict[str, Any]]) -> Callable[[str], str]:
    def status_of(id: str) -> str:
        document = mongo_client[JOURNAL_DATABASE].feedback.find_one({"_id": id})
        assert document is not None
        return str(document["status"])

    return status_of


def said(serving: Serving, session: str, query: str, key: str | None = None) -> Said:
    asked = serving.service.query(QUESTION).translation
    return Said(asked.query_id, corrected_query=query, author_key=session, client_key=key)


def correct(serving: Serving, session: str, query: str) -> Receipt:
    return serving.feedback.receive(said(serving, session, query))


def cut_off(error: Exception) -> Callable[..., None]:
    def replaced(*_: Any) -> None:
        raise error

    return replaced


def test_with_the_journal_gone_in_between_it_is_replaced_once_it_is_back(
    serving: Serving, status_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = correct(serving, "ada", NEW)
    with monkeypatch.context() as patch:
        patch.setattr(serving.desk, "replaced", cut_off(JournalUnavailable("gone")))
        second = correct(serving, "ada", SHIPPED)
    assert second.status == "waiting"
    assert status_of(first.feedback_id) == status_of(second.feedback_id) == "accepted"
    for _ in range(2):
        serving.drainer.check()
        assert status_of(first.feedback_id) == "revoked"
        assert status_of(second.feedback_id) == "accepted"


def test_cut_off_in_between_it_is_replaced_when_it_is_sent_again(
    serving: Serving, status_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = correct(serving, "ada", NEW)
    again = said(serving, "ada", SHIPPED, uuid4().hex)
    with monkeypatch.context() as patch:
        patch.setattr(serving.desk, "replaced", cut_off(RuntimeError("killed")))
        with pytest.raises(RuntimeError, match="killed"):
            serving.feedback.receive(again)
    assert status_of(first.feedback_id) == "accepted"
    assert serving.feedback.receive(again).status == "accepted"
    assert status_of(first.feedback_id) == "revoked"


def test_one_that_is_gone_keeps_no_other_from_being_replaced(
    serving: Serving, status_of: Callable[[str], str]
) -> None:
    first = correct(serving, "ada", NEW)
    serving.desk.replaced(("gone", first.feedback_id), "another", "ada")
    assert status_of(first.feedback_id) == "revoked"


def test_a_reviewers_decision_holds_where_somebody_revoked_the_other_before(
    serving: Serving,
    status_of: Callable[[str], str],
    mongo_client: MongoClient[dict[str, Any]],
) -> None:
    first, held = correct(serving, "ada", NEW), correct(serving, "bob", SHIPPED)
    assert held.status == "held"
    # By another process, whose change did not arrive here yet.
    mongo_client[JOURNAL_DATABASE].feedback.update_one(
        {"_id": first.feedback_id}, {"$set": {"status": "revoked"}}
    )
    decided = serving.desk.review(held.feedback_id, "accept", GRACE, "checked")
    assert decided["status"] == status_of(held.feedback_id) == "accepted"
