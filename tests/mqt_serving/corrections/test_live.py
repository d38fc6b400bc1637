"""Which correction answers a question: the latest accepted one, or none once it is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mqt_serving.corrections.live import LiveCorrection, LiveCorrections
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.release_loading import Correction

START = datetime(2026, 1, 1, tzinfo=UTC)


def kept(
    id: str, status: str = "accepted", question: str = "Orders by status", **more: Any
) -> dict[str, Any]:
    return {
        "_id": id,
        "question": question,
        "database": "shop",
        "plan": None,
        "corrected_query": "db.orders.countDocuments({})",
        "author": "ada",
        "at": START,
        "status": status,
        **more,
    }


RELEASED = Correction("Orders by status", "shop", None, parse_query("db.orders.find({})"))


def found(corrections: LiveCorrections, question: str = "orders by STATUS?") -> str | None:
    correction = corrections.snapshot.find(question, "shop", RELEASED)
    if correction is None:
        return None
    return correction.id if isinstance(correction, LiveCorrection) else "released"


def test_the_latest_accepted_correction_of_a_question_answers_it() -> None:
    corrections = LiveCorrections()
    assert found(corrections) == "released"
    corrections.apply([kept("new", at=START + timedelta(days=1)), kept("old")])
    assert found(corrections) == "new"
    assert corrections.snapshot.find("orders by status", "other", None) is None


def test_one_that_is_revoked_brings_back_the_one_before_and_never_the_released_one() -> None:
    corrections = LiveCorrections()
    later = START + timedelta(days=1)
    corrections.apply([kept("old"), kept("new", at=later)])
    corrections.apply([kept("new", "revoked", at=later)])
    assert found(corrections) == "old"
    corrections.apply([kept("old", "revoked")])
    assert found(corrections) is None
    assert corrections.snapshot.by_database == {}


def test_one_that_is_held_or_noted_leaves_things_as_they_are() -> None:
    corrections = LiveCorrections()
    corrections.apply([kept("held", "held"), kept("noted", "noted")])
    assert found(corrections) == "released"


def test_one_that_cannot_be_read_is_left_out() -> None:
    corrections = LiveCorrections()
    corrections.apply([kept("bad", corrected_query="db.orders.drop("), kept("good", question="Q")])
    assert found(corrections) == "released"
    assert found(corrections, "q") == "good"


def test_taking_in_the_same_again_changes_nothing() -> None:
    corrections = LiveCorrections()
    corrections.apply([kept("one")])
    before = corrections.snapshot
    corrections.apply([kept("one")])
    assert corrections.snapshot is before
