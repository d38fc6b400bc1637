"""What two plans differ in is said in a few words, and nothing that they share."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mqt_serving.query.explanation import differences, either_or
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    Order,
    Output,
    Plan,
    Predicate,
    Related,
)
from tests.mqt_serving.query.plan_mutations import mutations
from tests.mqt_serving.query.plans import plans
from tests.mqt_serving.query.shop import (
    CITY,
    CUSTOMERS,
    ITEMS,
    NAME,
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
MARCH = Between(PLACED, datetime(2025, 3, 1), datetime(2025, 4, 1), half_open=True)
MANY_ORDERS = Compare(count(ORDERS), Comparator.GT, 10)


def plan(*values: Any, where: Predicate | None = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


PAID = is_equal(STATUS, "paid")
CATEGORY = Field("products", "category")
DEAREST = (Order(TOTAL, True),)
PER_CITY = plan(CITY, count(ORDERS), group_by=(CITY,))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        # what is counted or shown
        (plan(count(ORDERS)), plan(count(ITEMS)), ("count orders", "count items")),
        (
            plan(count(ORDERS), where=MARCH),
            plan(Aggregate(Function.SUM, TOTAL), where=MARCH),
            ("count orders", "show the sum of the totals"),
        ),
        (plan(NAME), plan(NAME, CITY), ("without the city", "with the city")),
        (
            plan(NAME, TOTAL),
            plan(CITY, TOTAL),
            ("show the customer name", "show the customer city"),
        ),
        (plan(CUSTOMERS), plan(ORDERS), ("show customers", "show orders")),
        (
            plan(count(CUSTOMERS)),
            plan(Aggregate(Function.COUNT, NAME, distinct=True)),
            ("count customers", "show the number of different names"),
        ),
        # conditions
        (
            plan(count(ORDERS), where=PAID),
            plan(count(ORDERS)),
            ('only those where the status is "paid"', "whatever the status"),
        ),
        (
            plan(count(ORDERS), where=And((PAID, MARCH))),
            plan(count(ORDERS), where=PAID),
            ("only those placed in March 2025 (UTC)", "whatever the date placed"),
        ),
        (
            plan(count(ORDERS), where=And((PAID, is_over(TOTAL, 5)))),
            plan(count(ORDERS), where=And((PAID, is_over(TOTAL, 50)))),
            ("where the total is over the number 5", "where the total is over the number 50"),
        ),
        (
            plan(NAME, where=Related(ORDERS)),
            plan(NAME),
            ("only those with at least one order", "with or without such orders"),
        ),
        # grouping, and what is kept of it
        (
            PER_CITY,
            plan(STATUS, count(ORDERS), group_by=(STATUS,)),
            ("for each customer city", "for each status"),
        ),
        (PER_CITY, plan(count(ORDERS)), ("for each customer city", "in total")),
        (
            replace(PER_CITY, having=MANY_ORDERS),
            PER_CITY,
            ("only those with more than 10 orders", "whatever the number of orders"),
        ),
        # order and limit
        (
            plan(TOTAL, order_by=DEAREST, limit=5),
            plan(TOTAL, order_by=DEAREST, limit=1),
            ("only the first five", "only the first"),
        ),
        (plan(TOTAL, order_by=DEAREST, limit=5), plan(TOTAL, order_by=DEAREST),
         ("only the first five", "all of them")),
        (
            plan(TOTAL, order_by=DEAREST, limit=5),
            plan(TOTAL, order_by=(Order(TOTAL),), limit=5),
            ("take the five with the highest total", "take the five with the lowest total"),
        ),
        (plan(TOTAL, order_by=DEAREST), plan(TOTAL),
         ("sort by total, highest first", "in any order")),
        (
            plan(TOTAL, order_by=DEAREST, limit=1, per=(STATUS,)),
            plan(TOTAL, order_by=DEAREST, limit=1),
            ("within each status", "overall"),
        ),
        # how often a row comes
        (plan(CITY), plan(CITY, distinct=True), ("with repeats", "without repeats")),
        (plan(NAME), plan(NAME, rows=ORDERS),
         ("once for each customer", "once for each order")),
        (
            plan(NAME, group_by=(NAME,)),
            plan(count(ORDERS)),
            ("for each name", "count orders"),
        ),
        # several at once: what only says that the other's part is not there is left out
        (
            plan(count(ORDERS)),
            plan(NAME, count(ORDERS), group_by=(NAME,), order_by=(Order(count(ORDERS), True),),
                 limit=3),
            ("in total",
             "for each customer name, take the three with the most orders"),
        ),
        (
            plan(count(ORDERS), where=PAID),
            plan(count(CUSTOMERS)),
            ('count orders, only those where the status is "paid"',
             "count customers"),
        ),
    ],
)  # fmt: skip
def test_each_side_says_what_the_other_does_not(
    first: Plan, second: Plan, said: tuple[str, str]
) -> None:
    assert differences(first, second, CATALOG) == said
    assert differences(second, first, CATALOG) == said[::-1]


def test_things_that_sound_alike_are_told_apart() -> None:
    one, other = plan(Field("a", "status")), plan(Field("b", "status"))
    assert differences(one, other) == (
        "show the status (`a.status`)",
        "show the status (`b.status`)",
    )


def test_names_are_readable_or_else_exact() -> None:
    one, other = plan(Aggregate(Function.SUM, Field("a", "$%"))), plan(count(Entity("a")))
    assert differences(one, other) == ("show the sum of the `a.$%`", "count as")


def test_what_no_part_says_is_said_in_full() -> None:
    one, other = plan(NAME, CITY), plan(CITY, NAME)
    ours, theirs = differences(one, other, CATALOG)
    assert ours.startswith("show the name (`customers.name`) and")
    assert theirs.startswith("show the city (`customers.city`) and")


def test_the_two_make_a_question() -> None:
    assert either_or(("count orders", "count items")) == "Count orders or count items?"
    assert either_or(("count orders, all", "count items")) == "Count orders, all, or count items?"


@given(plans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_different_plans_are_never_said_to_be_the_same(asked: Plan) -> None:
    for near in mutations(asked):
        if near == asked:
            continue
        for known in (CATALOG, None):
            ours, theirs = differences(asked, near, known)
            assert ours and theirs and ours != theirs
