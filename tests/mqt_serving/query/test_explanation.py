"""Explanations read naturally, are exact, and tell different plans apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128
from hypothesis import assume, given, settings

from mqt_serving.query.explanation import explain, humanise, literal
from mqt_serving.query.plan import (
    And,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Field,
    IsNull,
    Not,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Related,
    Text,
    TextMatch,
)
from tests.mqt_serving.query.plans import plans
from tests.mqt_serving.query.shop import (
    CITY,
    CUSTOMERS,
    NAME,
    NOTE,
    ORDERS,
    PLACED,
    STATUS,
    TOTAL,
    catalog,
    count,
    is_equal,
    is_over,
)

CATALOG = catalog()
MARCH = Between(PLACED, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC), True)


def plan(*values: Any, where: Any = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (
            plan(
                NAME, count(ORDERS), where=MARCH, group_by=(NAME,),
                order_by=(Order(count(ORDERS), True),), limit=5,
            ),
            "For each name (`customers.name`), show the name and the number of `orders`, over "
            "the `orders` where the placed at (`orders.placed_at`) is in March 2025; take the 5 "
            "with the highest number of `orders`.",
        ),
        (
            plan(count(CUSTOMERS), where=is_equal(CITY, "Berlin")),
            'Count the `customers` where the city (`customers.city`) is "Berlin".',
        ),
        (plan(CUSTOMERS), "Show all `customers`, with all fields."),
        (
            plan(CITY, distinct=True, order_by=(Order(CITY),)),
            "Without repeats, show the city (`customers.city`), for all `customers`; sort by the "
            "city (A to Z).",
        ),
        (
            plan(NAME, count(ORDERS)),
            "For each of all `customers`, show the name (`customers.name`) and the number of "
            "`orders` belonging to it.",
        ),
        (
            plan(NAME, where=Related(Entity("tickets"), negated=True)),
            "Show the name (`customers.name`), for the `customers` where there is no row of "
            "`tickets`.",
        ),
    ],
)  # fmt: skip
def test_a_plan_reads_as_a_sentence(asked: Plan, text: str) -> None:
    assert explain(asked, CATALOG) == text


def test_alternatives_and_negations_are_bracketed() -> None:
    where = And((Or((is_over(TOTAL, 20), IsNull(STATUS))), Not(is_equal(CITY, "x"))))
    assert (
        "where (the total (`orders.total`) is over 20 or the status (`orders.status`) is null or "
        'missing) and it is not so that (the city (`customers.city`) is "x")'
    ) in explain(plan(NAME, where=where))


def test_fields_that_sound_alike_are_always_called_by_their_exact_name() -> None:
    text = explain(plan(Field("a", "total"), Field("b", "total"), where=is_over(TOTAL, 1)))
    assert "`a.total`" in text and "`b.total`" in text and "total (" not in text


def test_periods_are_named_when_a_range_is_just_that() -> None:
    year = replace(MARCH, low=datetime(2025, 1, 1), high=datetime(2026, 1, 1))
    day = replace(MARCH, low=datetime(2025, 3, 9), high=datetime(2025, 3, 10))
    odd = replace(MARCH, high=datetime(2025, 4, 2, 10, 30))
    assert "is in 2025" in explain(plan(TOTAL, where=year))
    assert "is on 9 March 2025" in explain(plan(TOTAL, where=day))
    assert "is from 1 March 2025 up to, not including, 2 April 2025 10:30:00" in explain(
        plan(TOTAL, where=odd)
    )


def test_calendar_parts_are_named() -> None:
    month = Compare(PartOf(DatePart.MONTH, PLACED), Comparator.EQ, 3)
    assert "the month of the placed at (`orders.placed_at`) is 3 (March)" in explain(
        plan(TOTAL, where=month)
    )


def test_text_tests_say_whether_spelling_counts() -> None:
    test = Text(NOTE, TextMatch.STARTS, 'a "b"', ignore_case=False, negated=True)
    assert 'does not start with "a \\"b\\"" in exactly this spelling' in explain(
        plan(TOTAL, where=test)
    )


def test_literals_and_names() -> None:
    assert literal("5") != literal(5)
    assert literal(Decimal128("9.90")) == "9.90"
    assert literal(datetime(2025, 3, 9, 14, 5)) == "9 March 2025 14:05:00"
    assert humanise("placedAt") == humanise("placed_at") == "placed at"


@given(plans(), plans())
@settings(max_examples=100, deadline=None)
def test_different_plans_never_read_the_same(one: Plan, other: Plan) -> None:
    assume(one != other)
    assert explain(one, CATALOG) != explain(other, CATALOG)


@given(plans(), plans())
@settings(max_examples=100, deadline=None)
def test_no_part_of_a_plan_goes_unsaid(one: Plan, other: Plan) -> None:
    for name in ("outputs", "where", "group_by", "having", "order_by", "limit", "skip", "distinct"):
        changed = replace(one, **{name: getattr(other, name)})
        if changed != one:
            assert explain(changed, CATALOG) != explain(one, CATALOG), name
