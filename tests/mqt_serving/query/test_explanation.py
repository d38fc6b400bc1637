"""Explanations read naturally, are exact, and tell different plans apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from bson import Decimal128
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.query.explanation import explain, humanise, literal
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
    Text,
    TextMatch,
)
from mqt_serving.schema import BsonType, Catalog
from tests.mqt_serving.query.plan_mutations import mutations
from tests.mqt_serving.query.plans import ENTITIES, FIELDS, plans
from tests.mqt_serving.query.shop import (
    CITY,
    CUSTOMERS,
    ITEMS,
    NAME,
    NOTE,
    ORDERS,
    PLACED,
    PRICE,
    QUANTITY,
    STATUS,
    SUBJECT,
    TAGS,
    TITLE,
    TOTAL,
    catalog,
    count,
    is_equal,
    is_over,
)

CATALOG = catalog()


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def within(low: datetime, high: datetime, half_open: bool = True) -> Between:
    return Between(PLACED, low, high, half_open)


MARCH = within(utc(2025, 3, 1), utc(2025, 4, 1))
SINCE_MARCH = Compare(PLACED, Comparator.GTE, utc(2025, 3, 1))
MOST_ORDERS = Order(count(ORDERS), descending=True)
LATEST = Aggregate(Function.MAX, PLACED)
MONTHLY = PartOf(DatePart.YEAR_MONTH, PLACED)


def plan(*values: Any, where: Predicate | None = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (plan(CUSTOMERS), "Show all fields of all `customers`."),
        (
            plan(count(CUSTOMERS), where=is_equal(CITY, "Berlin")),
            'Count the `customers` where the city (`customers.city`) is "Berlin".',
        ),
        (
            plan(NAME, CITY, distinct=True, order_by=(Order(CITY), Order(NAME, True))),
            "Without repeats, show the name (`customers.name`) and the city (`customers.city`) of "
            "all `customers`; sort by city, A to Z, then by name, Z to A.",
        ),
        (
            plan(
                NAME, count(ORDERS), where=MARCH, group_by=(NAME,), order_by=(MOST_ORDERS,), limit=5
            ),
            "For each customer name (`customers.name`), count the `orders` placed "
            "(`orders.placed_at`) in March 2025 UTC; take the five with the most orders.",
        ),
        (
            plan(
                STATUS,
                group_by=(STATUS,),
                having=Compare(count(ORDERS), Comparator.LT, 4),
                order_by=(Order(Aggregate(Function.AVG, TOTAL), True),),
                limit=1,
            ),
            "List each status (`orders.status`) once, over all `orders`; keep only those with "
            "fewer than 4 orders; take the one with the highest average total (`orders.total`).",
        ),
        (
            plan(MONTHLY, Aggregate(Function.SUM, TOTAL), group_by=(MONTHLY,)),
            "For each month and year of the date placed (`orders.placed_at`), show the sum of the "
            "totals (`orders.total`), over all `orders`.",
        ),
        (
            plan(
                NAME, LATEST, where=Related(Entity("tickets"), is_equal(SUBJECT, "late")),
                order_by=(Order(LATEST, True),), limit=3,
            ),
            "For each of the `customers` with at least one ticket (`tickets`) where (the subject "
            '(`tickets.subject`) is "late"), show the name (`customers.name`) and the latest order '
            "date placed (`orders.placed_at`); take the three whose latest order date placed is "
            "latest.",
        ),
        (
            plan(ORDERS, where=And((SINCE_MARCH, Related(ITEMS, negated=True), IsNull(STATUS)))),
            "Show all fields of the `orders` placed (`orders.placed_at`) on or after 1 March 2025 "
            "UTC and with no item (`orders.items`) and where the status (`orders.status`) has no "
            "value (null or missing).",
        ),
        (
            plan(TITLE, Aggregate(Function.AVG, PRICE), count(ORDERS, True), group_by=(TITLE,)),
            "For each product title (`products.title`), show the average price "
            "(`orders.items.price`) and the number of different `orders`, over all items "
            "(`orders.items`).",
        ),
        (
            plan(NOTE, order_by=(Order(NOTE),), skip=20, limit=10),
            "Show the note (`orders.note`) of all `orders`; take the first ten in alphabetical "
            "order of note, after skipping the first 20.",
        ),
    ],
)  # fmt: skip
def test_a_plan_reads_as_a_sentence(asked: Plan, text: str) -> None:
    assert explain(asked, CATALOG) == text


def said_of(predicate: Predicate, *values: Any) -> str:
    """What stands behind "where" in the explanation of orders (or the values) so filtered."""
    text = explain(plan(*(values or (ORDERS,)), where=predicate), CATALOG)
    return text.partition(" where ")[2].removesuffix(".")


def test_alternatives_and_negations_are_bracketed() -> None:
    either = Or((IsNull(STATUS), is_equal(STATUS, "open")))
    assert said_of(And((either, Not(is_equal(CITY, "x")))), NAME, STATUS) == (
        '(the status has no value (null or missing) or the status is "open") and it is not so '
        'that (the customer city (`customers.city`) is "x")'
    )


def test_tests_on_what_a_row_has_several_of_say_so_and_whether_one_must_meet_them() -> None:
    where = And((is_over(QUANTITY, 2), is_equal(STATUS, "paid"), is_over(PRICE, 5)))
    assert said_of(where) == (
        "for at least one item the quantity (`orders.items.quantity`) is over 2 and the status "
        '(`orders.status`) is "paid" and for the same item the price (`orders.items.price`) is '
        "over 5"
    )
    assert said_of(is_equal(TAGS, "vip"), NAME) == 'at least one tag (`customers.tags`) is "vip"'


def test_null_and_missing_are_told_apart() -> None:
    texts = [said_of(test(NOTE, n)) for test in (IsNull, Exists) for n in (False, True)]
    assert texts == [
        "the note (`orders.note`) has no value (null or missing)",
        "the note (`orders.note`) has a value",
        "the note (`orders.note`) is present, even if null",
        "the note (`orders.note`) is missing, not just null",
    ]


def test_fields_that_sound_alike_are_called_by_their_exact_name() -> None:
    documents = {"a": [{"total": 1, "Total": 2, "number_of_a": 3}]}
    small, large, number = (Field("a", name) for name in ("total", "Total", "number_of_a"))
    ordered = plan(small, large, number, order_by=(Order(large), Order(number)))
    assert explain(ordered, catalog_from_documents("x", documents)) == (
        "Show the total (`a.total`), the total (`a.Total`) and the number of a (`a.number_of_a`) "
        "of all as (`a`); sort by `a.Total`, lowest first, then by `a.number_of_a`, lowest first."
    )


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ((2025, 3, 9), (2025, 3, 10), "on 9 March 2025 UTC"),
        ((2025, 3, 9), (2025, 3, 12), "from 9 March 2025 through 11 March 2025 UTC"),
        ((2025, 3, 1), (2025, 4, 1), "in March 2025 UTC"),
        ((2025, 1, 1), (2025, 4, 1), "in the first quarter of 2025 UTC"),
        ((2025, 7, 1), (2026, 1, 1), "in the second half of 2025 UTC"),
        ((2025, 11, 1), (2026, 2, 1), "from November 2025 through January 2026 UTC"),
        ((2025, 1, 1), (2026, 1, 1), "in 2025 UTC"),
        ((2023, 1, 1), (2026, 1, 1), "from 2023 through 2025 UTC"),
        (
            (2025, 3, 1), (2025, 4, 2, 10, 30),
            "from 1 March 2025 00:00 up to but not including 2 April 2025 10:30 UTC",
        ),
    ],
)  # fmt: skip
def test_periods_are_named_when_a_range_is_just_that(
    low: tuple[int, ...], high: tuple[int, ...], text: str
) -> None:
    found = explain(plan(count(ORDERS), where=within(utc(*low), utc(*high))), CATALOG)
    assert found == f"Count the `orders` placed (`orders.placed_at`) {text}."


def test_dates_say_their_zone_and_the_time_of_day_where_it_matters() -> None:
    def placed(op: Comparator, moment: datetime) -> str:
        text = explain(plan(count(ORDERS), where=Compare(PLACED, op, moment)), CATALOG)
        return text.rpartition("`) ")[2].removesuffix(".")

    day = utc(2025, 3, 1)
    assert placed(Comparator.LT, day) == "before 1 March 2025 UTC"
    assert placed(Comparator.LTE, day) == "at or before 1 March 2025 00:00 UTC"
    assert placed(Comparator.GT, day) == "after 1 March 2025 00:00 UTC"
    assert placed(Comparator.GTE, day.replace(hour=9)) == "at or after 1 March 2025 09:00 UTC"
    assert placed(Comparator.LT, datetime(2025, 3, 1)) == "before 1 March 2025 (UTC)"


def test_calendar_parts_are_named() -> None:
    weekday = Compare(PartOf(DatePart.WEEKDAY, PLACED), Comparator.EQ, 1)
    assert said_of(weekday) == "the weekday of the date placed (`orders.placed_at`) is 1 (Sunday)"


def test_choices_read_as_choices() -> None:
    letters = ("a", "b", "c")
    texts = [said_of(In(CITY, letters[:n], out), NAME) for n in (1, 2, 3) for out in (False, True)]
    assert [text.removeprefix("the city (`customers.city`) ") for text in texts] == [
        'is one of only "a"',
        'is none of only "a"',
        'is either "a" or "b"',
        'is neither "a" nor "b"',
        'is one of "a", "b" or "c"',
        'is none of "a", "b" or "c"',
    ]


def test_text_tests_say_whether_case_counts() -> None:
    test = Text(NOTE, TextMatch.STARTS, 'a "b"', ignore_case=False, negated=True)
    assert said_of(test) == (
        'the note (`orders.note`) does not start with "a \\"b\\"" (upper and lower case as written)'
    )


def test_literals_and_names() -> None:
    assert literal("5") != literal(5) == literal(5.0)
    assert literal(Decimal128("9.90")) == "9.90 (decimal)"
    assert literal(Decimal128("9.90"), BsonType.DECIMAL) == "9.90"
    assert literal(9.9, BsonType.DECIMAL) == "the number 9.9"
    assert humanise("placedAt") == humanise("placed_at") == "placed at"


# --------------------------------------------------------- different plans differ


def assert_no_two_read_the_same(asked: Iterable[Plan], known: Catalog | None) -> None:
    seen: dict[str, Plan] = {}
    for one in asked:
        text = explain(one, known)
        assert seen.setdefault(text, one) == one, text


@given(plans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_plans_that_differ_in_one_place_never_read_the_same(asked: Plan) -> None:
    near = [asked, *mutations(asked)]
    assert_no_two_read_the_same(near, CATALOG)
    assert_no_two_read_the_same(near, None)


@given(plans(), plans())
@settings(max_examples=60, deadline=None)
def test_no_part_of_a_plan_goes_unsaid(one: Plan, other: Plan) -> None:
    swapped = [replace(one, **{f.name: getattr(other, f.name)}) for f in fields(Plan)]
    assert_no_two_read_the_same([one, other, *swapped], CATALOG)


@pytest.mark.parametrize("zone", [None, UTC])
@pytest.mark.parametrize("half_open", [True, False])
def test_no_two_stretches_of_time_read_the_same(zone: Any, half_open: bool) -> None:
    ends = [
        datetime(y, m, d, tzinfo=zone) for y in (2024, 2025) for m in range(1, 13) for d in (1, 2)
    ]
    stretches = [within(low, high, half_open) for low in ends for high in ends]
    assert_no_two_read_the_same([plan(count(ORDERS), where=w) for w in stretches], CATALOG)


NOW = datetime(2025, 1, 1)
CONFUSING: dict[str, list[dict[str, Any]]] = {
    "order": [
        {
            "total": 1, "a": 1, "b": 1, "a and the b": 2, "number_of_orders": 1, "average_total": 2,
            "total_": 3, "Total": 4, "placed_at": NOW, "placed_on": NOW, "date placed": NOW,
            "is_active": True, "active": True, "active flag": 1, "tags": ["x"], "tag": "x",
            "2025": 1, "is over 5": 3, "name`": 1, "日本": 1,
            "items": [{"price": 1, "order price": 2, "n": "x"}],
        }
    ],
    "orders": [
        {
            "total": 1, "items": [{"price": 1}], "tags": [1], "tag": 2, "order": 1, "orders": 2,
            "order total": 1, "highest total": 3, "total is over 5 and the a": 1,
        }
    ],
    "a": [{"b.c": 1, "b": {"c": 2}, "c": 1}],
    "a.b": [{"c": 1}],
}  # fmt: skip
"""Names that sound alike, that are made of the words of sentences, or that hold dots and marks."""
CONFUSING_CATALOG = catalog_from_documents("confusing", CONFUSING)
CONFUSING_FIELDS = tuple(
    Field(schema.collection, field.path)
    for schema in CONFUSING_CATALOG.collections
    for field in schema.fields
    if field.is_scalar
)
CONFUSING_ENTITIES = tuple(
    Entity(schema.collection, path)
    for schema in CONFUSING_CATALOG.collections
    for path in ("", *schema.array_paths)
)


def renamed(node: Any, name: Callable[[Any], Any]) -> Any:
    """The node with every field and entity in it replaced."""
    if isinstance(node, Field | Entity):
        return name(node)
    if isinstance(node, tuple):
        return tuple(renamed(item, name) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        changed = {f.name: renamed(getattr(node, f.name), name) for f in fields(node)}
        return replace(node, **changed)
    return node


@given(plans(), st.randoms(use_true_random=True))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_confusing_names_never_make_two_plans_read_the_same(asked: Plan, rng: Random) -> None:
    names: dict[Field | Entity, Field | Entity] = {f: rng.choice(CONFUSING_FIELDS) for f in FIELDS}
    names |= {entity: rng.choice(CONFUSING_ENTITIES) for entity in ENTITIES}
    near = [renamed(asked, names.__getitem__)]
    for thing in FIELDS:
        near += [renamed(asked, (names | {thing: f}).__getitem__) for f in CONFUSING_FIELDS]
    assert_no_two_read_the_same(near, CONFUSING_CATALOG)


def test_a_threshold_for_how_many_says_which_are_counted() -> None:
    costly = replace(count(ORDERS), where=is_over(TOTAL, 9))
    asked = Plan((Output(CITY),), group_by=(CITY,), having=Compare(costly, Comparator.GT, 2))
    text = explain(asked, CATALOG)
    assert "more than 2 orders (only those where the total" in text
    assert text != explain(replace(asked, having=Compare(count(ORDERS), Comparator.GT, 2)), CATALOG)
