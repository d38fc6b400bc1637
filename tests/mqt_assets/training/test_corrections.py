"""An accepted correction as an example."""

from __future__ import annotations

from typing import Any

import pytest

from mqt_assets.training.corrections import example_of
from mqt_serving.errors import QueryError
from mqt_serving.query.plan import Entity, Output, Plan
from mqt_serving.query.plan_json import plan_to_json

PLAN = Plan((Output(Entity("orders")),))


def _feedback(**changes: Any) -> dict[str, Any]:
    return {
        "_id": "f1",
        "question": "Which orders are late?",
        "database": "shop",
        "corrected_query": "db.orders.find({n: 1})",
        "plan": plan_to_json(PLAN),
        **changes,
    }


def test_a_correction_becomes_an_example_with_its_plan() -> None:
    example = example_of(_feedback())
    assert example.source == "correction"
    assert example.plan == PLAN
    assert (example.question, example.database) == ("Which orders are late?", "shop")
    assert example.command == "db.orders.find({n: 1})"
    assert not example.ordered


def test_a_correction_without_a_plan_is_kept_to_answer_from() -> None:
    example = example_of(_feedback(plan=None))
    assert example.plan is None
    assert example.kind == "unraised"


def test_a_sorted_correction_is_ordered() -> None:
    assert example_of(_feedback(corrected_query="db.orders.find({}).sort({n: 1})")).ordered


def test_an_unreadable_correction_names_its_feedback() -> None:
    with pytest.raises(QueryError, match="feedback f1"):
        example_of(_feedback(corrected_query="db.orders.find("))
