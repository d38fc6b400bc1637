"""A plan that reads more of the question comes before a likelier one that skips a part of it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    Output,
    Plan,
    Running,
)
from mqt_serving.translator.decoding import Beam
from mqt_serving.translator.items import SchemaItems, build_items
from mqt_serving.translator.linking import Linked, link, prepare_words
from mqt_serving.translator.ranking import FEATURES, UNFITTED, Ranking, describe, near
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


@lru_cache
def schema_items() -> SchemaItems:
    return build_items(CATALOG, lambda texts: np.eye(len(texts), 40, dtype=np.float32))


@pytest.fixture(scope="module")
def schema() -> SchemaItems:
    return schema_items()


@pytest.fixture(scope="module")
def linked(schema: SchemaItems) -> Linked:
    return asked_of(schema, "the city of open orders")


def asked_of(schema: SchemaItems, question: str) -> Linked:
    words = prepare_words(question)
    nothing = np.zeros((len(words), 40), np.float32)
    return link(question, words, nothing, nothing, schema, datetime(2026, 1, 1))


def beam(schema: SchemaItems, linked: Linked, plan: Plan, log_probability: float) -> Beam:
    return Beam(tuple(to_steps(plan, linked, schema)), (), log_probability)


def feature(name: str, one: Beam, linked: Linked) -> float:
    return float(described([one], linked)[0, FEATURES.index(name)])


def described(
    beams: list[Beam], linked: Linked, scores: list[float | None] | None = None
) -> npt.NDArray[np.float64]:
    return describe(beams, linked, schema_items(), scores or [None] * len(beams))


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
    assert feature("unread words", whole, linked) == 0
    assert feature("unread words", short, linked) == 1
    first, second = UNFITTED.probabilities(described([short, whole], linked), linked)
    assert second > first
    assert first + second == pytest.approx(1.0)


def test_a_field_that_no_word_names_costs_too(schema: SchemaItems, linked: Linked) -> None:
    other = beam(schema, linked, Plan((Output(Field("staff", "pay")),)), -0.5)
    assert feature("unread words", other, linked) == 3
    assert feature("unnamed items", other, linked) == 1


def test_what_is_said_is_held_against_what_is_made(schema: SchemaItems) -> None:
    asked = asked_of(schema, "how many orders does each city have")
    count = Output(Aggregate(Function.COUNT, Entity("orders")))
    total = beam(schema, asked, Plan((count,)), -1.0)
    each = beam(schema, asked, Plan((Output(CITY), count), group_by=(CITY,)), -1.0)
    assert feature("group: said, not made", total, asked) == 1
    assert feature("group: said and made", each, asked) == 1
    assert feature("count: said and made", total, asked) == 1
    assert feature("superlative: made, not said", each, asked) == 0
    ranking = Ranking({"group: said, not made": -2.0})
    assert ranking.probabilities(described([total, each], asked), asked)[1] > 0.8


def test_a_running_total_wants_to_be_asked_for(schema: SchemaItems) -> None:
    total = Aggregate(Function.SUM, Field("staff", "pay"))
    plain = Plan((Output(CITY), Output(total)), group_by=(CITY,))
    running = Plan((Output(CITY), Output(Running(total))), group_by=(CITY,))
    for question, made_up in (("total pay by city", 1), ("running total of pay by city", 0)):
        asked = asked_of(schema, question)
        one = beam(schema, asked, running, -1.0)
        assert feature("running: made, not said", one, asked) == made_up
        other = beam(schema, asked, plain, -1.0)
        assert feature("running: made, not said", other, asked) == 0


def test_none_of_the_candidates_may_be_the_likeliest(schema: SchemaItems, linked: Linked) -> None:
    one = beam(schema, linked, Plan((Output(CITY),)), -0.5)
    sure = Ranking({"log probability": 1.0})
    doubtful = Ranking({"log probability": 1.0, "none: always": 2.0})
    assert sure.probabilities(described([one], linked), linked) == [1.0]
    assert doubtful.probabilities(described([one], linked), linked)[0] < 0.2


def test_a_value_beside_a_field_that_does_not_hold_it_is_seen(
    schema: SchemaItems, linked: Linked
) -> None:
    there = beam(schema, linked, Plan((Output(CITY),), Compare(STATUS, Comparator.EQ, "open")), -1)
    (value,) = {step for step in there.steps if step.kind == 2}
    city = next(step for step in there.steps if step.kind == 1)
    steps = tuple(city if step.kind == 1 else step for step in there.steps)
    elsewhere = Beam(steps, (), -1.0)
    assert value in steps
    assert feature("values held there", there, linked) == 1
    assert feature("values held elsewhere", there, linked) == 0
    assert feature("values held elsewhere", elsewhere, linked) == 1


def test_reading_two_collections_is_seen(schema: SchemaItems, linked: Linked) -> None:
    pay = Output(Field("staff", "pay"))
    one = beam(schema, linked, Plan((Output(CITY),)), -1.0)
    both = beam(schema, linked, Plan((Output(CITY), pay)), -1.0)
    assert feature("collections", one, linked) == 1
    assert feature("collections", both, linked) == 2


def test_what_the_cross_encoder_prefers_comes_first(schema: SchemaItems, linked: Linked) -> None:
    beams = [
        beam(schema, linked, Plan((Output(field),)), log_probability)
        for field, log_probability in ((CITY, -0.5), (STATUS, -1.0), (CITY, -9.0))
    ]
    assert near(beams, ["city", "status", "also city"]) == [True, True, False]
    assert near(beams, ["city", "status", "city"]) == [True, True, True], "it is read anyway"
    assert near(beams[:1] * 5, [*"abacd"]) == [True, True, True, True, False]
    found = described(beams, linked, [0.2, 2.2, None])
    at = FEATURES.index("cross-encoder: score")
    assert found[:, at].tolist() == pytest.approx([-1.0, 1.0, 0.0])
    assert np.exp(found[:2, at + 1]).sum() == pytest.approx(1.0)
    assert found[:, at + 2].tolist() == [0.0, 0.0, 1.0]
    assert not described(beams, linked)[:, at:].any(), "nothing is said where it was not asked"
    ranking = Ranking({"log probability": 1.0, "cross-encoder: score": 1.0})
    shares = ranking.probabilities(found, linked)
    assert shares[1] > shares[0] > shares[2]
