"""Which questions count as failed, and what they were about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mqt_assets.feedback.failures import (
    CORRECTED,
    NO_QUERY,
    RATED_LOW,
    VOTED_DOWN,
    asked_of,
    failures_of,
    shape_of,
)
from mqt_serving.query.plan import Aggregate, Entity, Field, Function, Output, Plan
from mqt_serving.query.plan_json import plan_to_json

BY_CITY = Plan(
    (Output(Aggregate(Function.COUNT, Entity("customers"))),),
    group_by=(Field("customers", "city"),),
)


def row(**changes: Any) -> dict[str, Any]:
    """A row of the query log, as `to_table` gives it."""
    return {
        "query_id": "q",
        "at": datetime(2026, 11, 5, tzinfo=UTC),
        "question": "How many orders?",
        "database": "shop",
        "command": "db.orders.countDocuments({})",
        "plan": None,
        "release_id": "r1",
        "outcome": "answered",
        **changes,
    }


@pytest.mark.parametrize(
    ("outcome", "feedback", "expected"),
    [
        ("answered", {}, set()),
        ("translated", {"verdict": "up"}, set()),
        ("cannot-answer", {}, {"cannot-answer"}),
        ("answered", {"verdict": "down"}, {VOTED_DOWN}),
        ("answered", {"verdict": "down", "corrected_query": "x"}, {VOTED_DOWN, CORRECTED}),
        ("answered", {"rating": 2}, {RATED_LOW}),
        ("answered", {"rating": 3}, set()),
        ("answered", {"reasons": ["wrong-filter", "too-slow"]}, {"wrong-filter"}),
        ("answered", {"corrected_query": "x", "status": "revoked"}, set()),
        ("query-failed", {"corrected_query": "x"}, {"query-failed", CORRECTED}),
    ],
)
def test_what_counts_as_failed(outcome: str, feedback: dict[str, Any], expected: set[str]) -> None:
    assert failures_of(outcome, [feedback]) == expected


def test_feedback_finds_its_question() -> None:
    rows = [row(query_id="a"), row(query_id="b")]
    first, second = asked_of(rows, [{"query_id": "b", "verdict": "down"}])
    assert not first.failed
    assert second.failures == {VOTED_DOWN}


def test_a_corrected_question_is_about_what_was_meant() -> None:
    feedback = {
        "query_id": "q",
        "database": "shop",
        "corrected_query": "db.customers...",
        "plan": plan_to_json(BY_CITY),
    }
    (asked,) = asked_of([row(database="", command="", outcome="cannot-answer")], [feedback])
    assert asked.shape.kind == "group"
    assert asked.shape.fields == {("customers", "city")}
    assert asked.database == "shop"
    assert asked.error == "cannot-answer"


def test_a_query_without_a_plan_has_a_kind_only() -> None:
    assert shape_of(None, has_query=True).kind == "unraised"
    assert shape_of(None, has_query=False).kind == NO_QUERY
    assert shape_of(json.dumps({"node": "from another version"}), has_query=True).kind == "unraised"


def test_a_query_that_a_person_wrote_is_no_question() -> None:
    assert asked_of([row(question="", outcome="ran")], []) == []
