"""The twenty questions themselves: every gold query is in the language and has a telling answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run

SHOP = json.loads((Path(__file__).parent / "shop.json").read_text())
QUESTIONS = SHOP["questions"]


def test_there_are_twenty_different_ones() -> None:
    assert len({q["question"] for q in QUESTIONS}) == len({q["id"] for q in QUESTIONS}) == 20


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["id"] for q in QUESTIONS])
def test_the_gold_query_has_a_telling_answer(
    question: dict[str, Any], shop: Database[dict[str, Any]]
) -> None:
    result = run(parse_query(question["gold"]), shop)
    assert result.rows
    assert not result.truncated, "an answer cut off at the row limit cannot be compared"
    assert len(result.rows) <= 50, "more than a person would look at"
    if len(result.rows) == 1:
        (value,) = result.rows[0].values()
        assert value > 1
    else:
        assert len({json.dumps(row, default=str) for row in result.rows}) > 1


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["id"] for q in QUESTIONS])
def test_a_question_with_an_order_asks_for_it(question: dict[str, Any]) -> None:
    asks = any(word in question["question"] for word in ("first", "top "))
    assert question["ordered"] is asks
    assert question["ordered"] is (".sort(" in question["gold"] or "$sort" in question["gold"])
