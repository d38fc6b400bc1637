"""Plans survive JSON; what is not such JSON is refused with the place named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqt_serving.errors import PlanError
from mqt_serving.query.plan import Field, Output, Plan
from mqt_serving.query.plan_json import plan_from_json, plan_to_json
from tests.mqt_serving.query.plans import plans, wider_plans


@given(st.one_of(plans(), wider_plans()))
@settings(max_examples=150, deadline=None)
def test_every_plan_reads_back_equal(plan: Plan) -> None:
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@given(plans())
@settings(max_examples=50, deadline=None)
def test_json_is_the_same_for_equal_plans(plan: Plan) -> None:
    again = plan_from_json(plan_to_json(plan))
    assert json.dumps(plan_to_json(again)) == json.dumps(plan_to_json(plan))


def test_members_with_their_default_are_left_out() -> None:
    body = plan_to_json(Plan((Output(Field("a", "b")),)))
    assert set(body) == {"node", "outputs"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (None, "plan"),
        ({"node": "field", "collection": "a", "path": "b"}, "plan"),
        ({"node": "plan"}, "outputs"),
        ({"node": "plan", "outputs": [], "color": 1}, "color"),
        ({"node": "plan", "outputs": [], "limit": "5"}, r"plan\.limit"),
        ({"node": "plan", "outputs": [{"node": "plan", "outputs": []}]}, r"outputs\[0\]"),
        (
            {"node": "plan", "outputs": [], "where": {"node": "is_null", "left": {"date": "x"}}},
            r"where\.left",
        ),
        (
            {
                "node": "plan",
                "outputs": [],
                "where": {
                    "node": "compare",
                    "left": {"node": "field", "collection": "a", "path": "b"},
                    "op": "eq",
                    "right": {"object_id": "zz"},
                },
            },
            r"where\.right",
        ),
    ],
)
def test_anything_else_is_refused_naming_the_place(body: Any, place: str) -> None:
    with pytest.raises(PlanError, match=place):
        plan_from_json(body)
