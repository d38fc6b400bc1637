"""An accepted correction as an example."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mqt_assets.release.packaging import corrections_text
from mqt_assets.training.corrections import asked_then, example_of
from mqt_assets.training.examples import Example
from mqt_assets.training.tables import from_table, to_table
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


MAY = "db.orders.find({at: {$gte: ISODate('2025-05-01'), $lt: ISODate('2025-06-01')}})"
ASKED = datetime(2025, 6, 30, 23, tzinfo=UTC)
CORRECTED = datetime(2025, 7, 1, 9, tzinfo=UTC)


def _of_last_month(**changes: Any) -> Example:
    said = {"question": "Orders last month", "corrected_query": MAY, "plan": None}
    return example_of(_feedback(**{**said, "asked_at": ASKED, "at": CORRECTED, **changes}))


def test_dates_are_those_of_when_the_question_was_asked_where_it_depends_on_that() -> None:
    example = _of_last_month()
    assert example.asked_at == datetime(2025, 6, 30, 23)
    assert Example.from_json(json.loads(json.dumps(example.to_json()))) == example
    assert from_table(to_table([example])) == [example]
    (released,) = json.loads(corrections_text([example]))
    assert released["asked_at"] == "2025-06-30T23:00:00"
    older = _feedback(question="Orders last month", corrected_query=MAY, plan=None, at=CORRECTED)
    assert example_of(older).asked_at == datetime(2025, 7, 1, 9)
    fixed = example_of(_feedback(asked_at=ASKED, at=CORRECTED))
    assert fixed.asked_at is None
    assert fixed == example_of(_feedback())
    assert "asked_at" not in json.loads(corrections_text([fixed]))[0]


def test_an_example_can_be_asked_at_another_time() -> None:
    example = _of_last_month()
    then = asked_then(example, datetime(2026, 1, 1))
    assert then is not None
    assert "2025-12-01" in then.command
    assert "2026-01-01" in then.command
    assert (then.id, then.asked_at) == (example.id, datetime(2026, 1, 1))
    assert asked_then(example, datetime(2025, 6, 2)) == example
    of_its_time = _of_last_month(corrected_query="db.orders.find({month: 5})")
    assert asked_then(of_its_time, datetime(2026, 1, 1)) is None


def test_an_unreadable_correction_names_its_feedback() -> None:
    with pytest.raises(QueryError, match="feedback f1"):
        example_of(_feedback(corrected_query="db.orders.find("))
