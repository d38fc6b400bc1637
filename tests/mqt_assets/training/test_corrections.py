"""What of the feedback becomes training data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mqt_assets.training.corrections import from_feedback
from mqt_serving.errors import QueryError
from mqt_serving.query.plan import Entity, Output, Plan
from mqt_serving.query.plan_json import plan_to_json

PLAN = Plan((Output(Entity("orders")),))


def _feedback(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "_id": f"f{number}",
        "query_id": f"q{number}",
        "at": datetime(2026, 1, number),
        "question": "Which orders are late?",
        "database": "shop",
        "verdict": "down",
        "corrected_query": f"db.orders.find({{n: {number}}})",
        "plan": plan_to_json(PLAN),
        "status": "accepted",
        "comment": "",
        "author": "ada",
        "release_id": "r1",
        **changes,
    }


def test_an_accepted_correction_becomes_an_example_with_its_plan() -> None:
    (example,) = from_feedback([_feedback(1)])
    assert example.source == "correction"
    assert example.plan == PLAN
    assert (example.question, example.database) == ("Which orders are late?", "shop")
    assert example.command == "db.orders.find({n: 1})"
    assert not example.ordered


def test_feedback_that_corrects_nothing_teaches_nothing() -> None:
    praised = _feedback(1, verdict="up", corrected_query=None, plan=None)
    noted = _feedback(2, status="noted")
    assert from_feedback([praised, noted]) == []


def test_the_latest_correction_of_a_question_wins() -> None:
    newer = _feedback(3, question="which orders are late")
    other = _feedback(2, database="other")
    found = from_feedback([newer, other, _feedback(1)])
    assert [(e.database, e.command) for e in found] == [
        ("other", "db.orders.find({n: 2})"),
        ("shop", "db.orders.find({n: 3})"),
    ]


def test_a_correction_without_a_plan_is_kept_to_answer_from() -> None:
    (example,) = from_feedback([_feedback(1, plan=None)])
    assert example.plan is None
    assert example.kind == "unraised"


def test_a_sorted_correction_is_ordered() -> None:
    (example,) = from_feedback([_feedback(1, corrected_query="db.orders.find({}).sort({n: 1})")])
    assert example.ordered


def test_an_unreadable_correction_names_its_feedback() -> None:
    with pytest.raises(QueryError, match="feedback f1"):
        from_feedback([_feedback(1, corrected_query="db.orders.find(")])
