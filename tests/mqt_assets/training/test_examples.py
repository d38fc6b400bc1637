"""Examples survive JSON, and their kinds and ids say what they promise."""

from __future__ import annotations

import json

import pytest

from mqt_assets.training.examples import (
    Example,
    collections_of,
    dataset_digest,
    kind_of,
    literals_of,
    make_example,
    question_key,
)
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    Order,
    Output,
    Plan,
    Related,
    Text,
    TextMatch,
)

NAME, CITY = Field("customers", "name"), Field("customers", "city")
COUNT = Aggregate(Function.COUNT, Entity("customers"))
BERLIN = Compare(CITY, Comparator.EQ, "Berlin")


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        (Plan((Output(NAME),), BERLIN), "find"),
        (Plan((Output(NAME),), order_by=(Order(NAME),), limit=3), "top"),
        (Plan((Output(CITY),), distinct=True), "distinct"),
        (Plan((Output(COUNT),)), "count"),
        (Plan((Output(Aggregate(Function.AVG, NAME)),)), "aggregate"),
        (Plan((Output(CITY), Output(COUNT)), group_by=(CITY,)), "group"),
        (Plan((Output(NAME),), Related(Entity("customers", "visits"))), "related"),
        (Plan((Output(NAME),), Related(Entity("orders"))), "join"),
    ],
)
def test_kind_is_the_shape_of_the_plan(plan: Plan, kind: str) -> None:
    assert kind_of(plan) == kind


def test_an_example_survives_json() -> None:
    example = make_example(
        "Who?", "shop", Plan((Output(NAME),), BERLIN), "db.x", source="synthetic"
    )
    assert Example.from_json(json.loads(json.dumps(example.to_json()))) == example
    unraised = make_example("Who?", "shop", None, "db.x", source="tend", ordered=True)
    assert Example.from_json(unraised.to_json()) == unraised
    assert unraised.kind == "unraised"


def test_damaged_json_is_named() -> None:
    body = make_example("Who?", "shop", None, "db.x", source="tend").to_json()
    with pytest.raises(ValueError, match="unknown source 'guess'"):
        Example.from_json({**body, "source": "guess"})
    del body["command"]
    with pytest.raises(ValueError, match="lacks command"):
        Example.from_json(body)


def test_ids_tell_examples_apart_and_the_digest_ignores_their_order() -> None:
    one = make_example("Who?", "shop", None, "db.x", source="tend")
    other = make_example("Who?", "shop", None, "db.y", source="tend")
    assert one.id != other.id
    assert dataset_digest([one, other]) == dataset_digest([other, one]) != dataset_digest([one])


def test_the_same_question_is_found_whatever_its_case_and_punctuation() -> None:
    one = make_example("Who  lives in Rome?", "shop", None, "db.x", source="tend")
    other = make_example("who lives in rome", "shop", None, "db.y", source="correction")
    assert question_key(one) == question_key(other)


def test_collections_and_literals_are_found_everywhere() -> None:
    inner = Text(Field("reviews", "title"), TextMatch.CONTAINS, "good")
    plan = Plan(
        (Output(NAME),),
        And((BERLIN, Related(Entity("reviews"), inner))),
        having=Compare(Aggregate(Function.COUNT, Entity("orders")), Comparator.GT, 3),
    )
    assert collections_of(plan) == {"customers", "reviews", "orders"}
    assert literals_of(plan) == ["Berlin", "good", 3]
