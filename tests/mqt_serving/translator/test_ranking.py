"""A plan that reads more of the question comes before a likelier one that skips a part of it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.query.plan import Comparator, Compare, Field, Output, Plan
from mqt_serving.translator.decoding import Beam
from mqt_serving.translator.items import SchemaItems, build_items
from mqt_serving.translator.linking import Linked, link, prepare_words
from mqt_serving.translator.ranking import UNNAMED_ITEM, UNREAD_WORD, penalty, probabilities
from mqt_serving.translator.sequence import to_steps

CATALOG = catalog_from_documents(
    "shop",
    {
        "orders": [
            {"_id": n, "status": ("open", "paid")[n % 2], "city": ("Rome", "Oslo")[n % 2]}
            for n in range(20)
        ],
        "staff": [{"_id": n, "pay": n} for n in range(5)],
    },
)
STATUS, CITY = Field("orders", "status"), Field("orders", "city")


@pytest.fixture(scope="module")
def schema() -> SchemaItems:
    return build_items(CATALOG, lambda texts: np.eye(len(texts), 40, dtype=np.float32))


@pytest.fixture(scope="module")
def linked(schema: SchemaItems) -> Linked:
    question = "the city of open orders"
    words = prepare_words(question)
    nothing = np.zeros((len(words), 40), np.float32)
    return link(question, words, nothing, nothing, schema, datetime(2026, 1, 1))


def beam(schema: SchemaItems, linked: Linked, plan: Plan, log_probability: float) -> Beam:
    return Beam(tuple(to_steps(plan, linked, schema)), (), log_probability)


def test_a_skipped_condition_costs_what_it_needs_to_come_second(
    schema: SchemaItems, linked: Linked
) -> None:
    short = beam(schema, linked, Plan((Output(CITY),)), -0.5)
    whole = beam(
        schema,
        linked,
        Plan((Output(CITY),), Compare(STATUS, Comparator.EQ, "open")),
        -1.2,
    )
    # "orders" names the collection of both fields; "open" is read by the value alone.
    assert penalty(whole, linked) == 0
    assert penalty(short, linked) == UNREAD_WORD
    first, second = probabilities([short, whole], linked)
    assert second > first
    assert first + second == pytest.approx(np.exp(-0.5) + np.exp(-1.2))


def test_a_field_that_no_word_names_costs_too(schema: SchemaItems, linked: Linked) -> None:
    other = beam(schema, linked, Plan((Output(Field("staff", "pay")),)), -0.5)
    assert penalty(other, linked) == pytest.approx(3 * UNREAD_WORD + UNNAMED_ITEM)


def test_without_beams_there_is_nothing_to_rank(linked: Linked) -> None:
    assert probabilities([], linked) == []
