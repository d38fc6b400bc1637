"""Plans are checked against the schema: what is refused, what is fitted, what is noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from bson import Decimal128, ObjectId
from hypothesis import given, settings
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.errors import MqtError, PlanError, TypeMismatch, UnknownCollection, UnknownField
from mqt_serving.query.checking.notes import NoteKind, percent
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.execution import run
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
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
    Operator,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
    Text,
    TextMatch,
)
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from tests.mqt_serving.query.plans import well_typed_plans
from tests.mqt_serving.query.shop import (
    AGE,
    CITY,
    CUSTOMERS,
    DOCUMENTS,
    ITEMS,
    NAME,
    NOTE,
    ORDERS,
    PLACED,
    PRICE,
    QUANTITY,
    STATUS,
    TAGS,
    TOTAL,
    catalog,
    count,
    is_equal,
    is_over,
    oid,
)

SHOP = catalog()
EMAIL = Field("customers", "email")
CUSTOMER_ID = Field("orders", "customer_id")
ADDRESS = Field("customers", "address")


def shown(*values: Any, where: Predicate | None = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


def fitted(predicate: Predicate) -> Predicate | None:
    return check_plan(shown(count(ORDERS), where=predicate), SHOP).plan.where


def notes(plan: Plan, known: Catalog = SHOP) -> list[str]:
    return [note.text for note in check_plan(plan, known).notes]


def schema_with(**fields: dict[BsonType, float] | FieldSchema) -> Catalog:
    """A catalog of the collection `things`."""
    found = tuple(
        entry if isinstance(entry, FieldSchema) else FieldSchema(path=path, types=entry, presence=1)
        for path, entry in sorted(fields.items())
    )
    things = CollectionSchema(
        database="d", collection="things", document_count=100, sampled=50, fields=found
    )
    return Catalog(database="d", collections=(things,))


def things(path: str) -> Field:
    return Field("things", path)


# ------------------------------------------------------------------------ names


def test_an_unknown_field_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UnknownField, match=r"no field 'citty' .* did you mean `city`"):
        check_plan(shown(Field("customers", "citty")), SHOP)
    with pytest.raises(UnknownField, match=r"did you mean `items\.quantity`"):
        check_plan(shown(Field("orders", "items.qantity")), SHOP)


def test_a_field_of_another_collection_is_found_there() -> None:
    with pytest.raises(UnknownField, match="did you mean `title` of products"):
        check_plan(shown(count(ORDERS), where=is_equal(Field("orders", "title"), "Pen")), SHOP)


def test_a_name_like_nothing_gets_no_suggestion() -> None:
    with pytest.raises(UnknownField) as caught:
        check_plan(shown(Field("customers", "xyzzy")), SHOP)
    assert "did you mean" not in str(caught.value)


def test_private_fields_are_never_suggested() -> None:
    secret = FieldSchema(path="salary", types={BsonType.INT: 1}, presence=1, private=True)
    with pytest.raises(UnknownField) as caught:
        check_plan(shown(things("salry")), schema_with(salary=secret))
    assert "salary" not in str(caught.value)


def test_unknown_collections_and_arrays_are_refused() -> None:
    with pytest.raises(UnknownCollection, match="it has: customers"):
        check_plan(shown(Entity("custmers")), SHOP)
    with pytest.raises(UnknownField, match=r"no array 'item' .* did you mean `items`"):
        check_plan(shown(NAME, where=Related(Entity("orders", "item"))), SHOP)


# ------------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (shown(Aggregate(Function.SUM, NAME)), "holds text, not numbers: it has no sum"),
        (shown(Aggregate(Function.AVG, PLACED)), "holds dates, not numbers: it has no average"),
        (shown(Aggregate(Function.SUM, ITEMS)), r"orders\.items are whole things: there is no sum"),
        (shown(Aggregate(Function.MAX, ADDRESS)), "holds objects, which have no maximum"),
        (shown(PartOf(DatePart.MONTH, TOTAL)), "holds numbers, not dates: it has no month"),
        (shown(PartOf(DatePart.YEAR, NAME)), "holds text, not dates: it has no year"),
        (shown(NAME, where=is_over(ADDRESS, 3)), "holds objects, which are not more or less"),
        (shown(NAME, where=is_equal(ADDRESS, "Berlin")), "holds objects: it cannot be compared"),
        (shown(TOTAL, where=is_equal(PLACED, "soon")), 'cannot be compared with "soon".* Write a'),
        (shown(TOTAL, where=is_equal(CUSTOMER_ID, "Ann")), "24 hexadecimal digits"),
        (shown(TOTAL, where=is_over(TOTAL, "much")), "holds numbers: it cannot be compared with"),
        (shown(TOTAL, where=In(TOTAL, ("a", "b"))), 'holds numbers: .* "a", which is text'),
        (shown(TOTAL, where=Text(TOTAL, TextMatch.CONTAINS, "9")), "not text: .* as a number"),
        (shown(TOTAL, where=Text(PLACED, TextMatch.STARTS, "2")), "not text: .* with dates"),
        (shown(TOTAL, where=Compare(TOTAL, Comparator.LT, PLACED)), "compared with each other"),
        (
            shown(CITY, count(CUSTOMERS), group_by=(CITY,), having=is_over(count(CUSTOMERS), "x")),
            'the number of customers holds numbers: it cannot be compared with "x"',
        ),
        (shown(TOTAL, where=is_equal(PartOf(DatePart.YEAR, PLACED), "May")), "cannot be compared"),
    ],
)
def test_what_cannot_mean_anything_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        check_plan(plan, SHOP)


def test_true_or_false_has_no_order_and_no_sum() -> None:
    known = schema_with(vip={BsonType.BOOL: 1})
    with pytest.raises(TypeMismatch, match="are not more or less than anything"):
        check_plan(shown(things("vip"), where=is_over(things("vip"), True)), known)
    with pytest.raises(TypeMismatch, match="Count those that are true instead"):
        check_plan(shown(Aggregate(Function.SUM, things("vip"))), known)


@pytest.mark.parametrize(("low", "high"), [(9, 3), ("9", "3"), (Decimal128("9"), 3.5)])
def test_a_range_from_high_to_low_is_refused(low: Any, high: Any) -> None:
    with pytest.raises(PlanError, match="the lower bound comes first"):
        check_plan(shown(TOTAL, where=Between(TOTAL, low, high)), SHOP)


def test_an_empty_half_open_range_is_refused_and_a_closed_one_is_a_value() -> None:
    check_plan(shown(TOTAL, where=Between(QUANTITY, 3, 3)), SHOP)
    with pytest.raises(PlanError):
        check_plan(shown(TOTAL, where=Between(QUANTITY, 3, 3, half_open=True)), SHOP)


@pytest.mark.parametrize(
    "plan",
    [
        shown(Aggregate(Function.AVG, AGE)),
        shown(Aggregate(Function.MIN, NAME)),
        shown(Aggregate(Function.MAX, TAGS)),
        shown(count(ADDRESS)),
        shown(ADDRESS, order_by=(Order(ADDRESS),)),
        shown(NAME, where=is_equal(TAGS, "vip")),
        shown(TOTAL, where=is_over(CUSTOMER_ID, oid(101))),
        shown(count(ORDERS), group_by=(PartOf(DatePart.YEAR, CUSTOMER_ID),)),
        shown(NAME, where=Compare(AGE, Comparator.GT, QUANTITY)),
        shown(NAME, where=Between(NAME, "A", "C")),
    ],
)
def test_what_can_sensibly_be_run_is_not_refused(plan: Plan) -> None:
    check_plan(plan, SHOP)


def test_what_the_sample_does_not_show_is_not_refused() -> None:
    known = schema_with(empty={BsonType.NULL: 1}, rare={BsonType.STRING: 0.9, BsonType.INT: 0.1})
    plan = shown(
        Aggregate(Function.SUM, things("rare")), Aggregate(Function.SUM, things("empty")),
        where=And((is_over(things("rare"), 5), is_equal(things("empty"), True))),
    )  # fmt: skip
    assert [note.kind for note in check_plan(plan, known).notes] == [NoteKind.MIXED_TYPES]


# ---------------------------------------------------------------------- literals


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (is_equal(CUSTOMER_ID, str(oid(101))), is_equal(CUSTOMER_ID, oid(101))),
        (is_over(PLACED, "2025-03-01"), is_over(PLACED, datetime(2025, 3, 1, tzinfo=UTC))),
        (is_over(TOTAL, 19.99), is_over(TOTAL, Decimal128("19.99"))),
        (is_equal(AGE, 41), is_equal(AGE, "41")),
        (is_over(AGE, "30"), is_over(AGE, 30)),
        (Between(AGE, "9", 50), Between(AGE, 9, 50)),
        (In(AGE, (9, 41)), In(AGE, ("9", "41"))),
        (
            is_equal(PartOf(DatePart.YEAR, PLACED), "2025"),
            is_equal(PartOf(DatePart.YEAR, PLACED), 2025),
        ),
        (
            is_equal(PartOf(DatePart.YEAR_MONTH, PLACED), datetime(2025, 3, 9)),
            is_equal(PartOf(DatePart.YEAR_MONTH, PLACED), "2025-03"),
        ),
        (  # a Monday of the year after's first ISO week
            is_equal(PartOf(DatePart.WEEK, PLACED), datetime(2024, 12, 30)),
            is_equal(PartOf(DatePart.WEEK, PLACED), "2025-W01"),
        ),
        (
            Not(Related(ITEMS, is_over(QUANTITY, "2"))),
            Not(Related(ITEMS, is_over(QUANTITY, 2))),
        ),
    ],
)
def test_literals_follow_the_stored_type(predicate: Predicate, expected: Predicate) -> None:
    assert repr(fitted(predicate)) == repr(expected)


def test_literals_of_groups_follow_the_aggregate() -> None:
    oldest = Aggregate(Function.MAX, AGE)
    plan = shown(CITY, oldest, group_by=(CITY,), having=is_over(oldest, "100"))
    assert check_plan(plan, SHOP).plan.having == is_over(oldest, 100)


def test_literals_in_conditional_aggregates_follow_the_stored_type() -> None:
    def over(value: Any) -> Aggregate:
        return Aggregate(Function.COUNT, ORDERS, where=is_over(TOTAL, value))

    def of(value: Any) -> Plan:
        twice = Arithmetic(Operator.MULTIPLY, over(value), 2)
        where = is_over(over(value), 3)
        return shown(CITY, over(value), twice, where=where, order_by=(Order(over(value)),))

    assert repr(check_plan(of(19.99), SHOP).plan) == repr(of(Decimal128("19.99")))


def test_a_plan_that_fits_is_returned_as_it_is() -> None:
    plan = shown(NAME, where=And((is_equal(CITY, "Berlin"), IsNull(EMAIL))), limit=3)
    assert check_plan(plan, SHOP).plan is plan


def test_checking_twice_changes_nothing() -> None:
    once = check_plan(shown(NAME, where=is_over(AGE, "30")), SHOP)
    assert check_plan(once.plan, SHOP) == once


# ------------------------------------------------------------------------- notes


def test_negative_tests_say_how_many_have_no_value() -> None:
    expected = "`customers.email` is missing in 67 % of customers: they count as not"
    for where in (
        Compare(EMAIL, Comparator.NE, "x"),
        Not(is_equal(EMAIL, "x")),
        In(EMAIL, ("x",), negated=True),
        Text(EMAIL, TextMatch.CONTAINS, "x", negated=True),
    ):
        (found,) = notes(shown(NAME, where=where))
        assert found.startswith(expected) or found.endswith("as none of these.")
    assert notes(shown(NAME, where=Not(Compare(EMAIL, Comparator.NE, "x")))) == []


def test_null_and_missing_are_told_apart() -> None:
    assert notes(shown(TOTAL, where=Compare(STATUS, Comparator.NE, "paid"))) == [
        '`orders.status` is null in 25 % of orders: they count as not "paid".'
    ]
    mixed = FieldSchema(path="vip", types={BsonType.BOOL: 0.9, BsonType.NULL: 0.1}, presence=0.5)
    known = schema_with(vip=mixed)
    absent = "`things.vip` is missing in 50 % of things and null in 5 %: "
    plan = shown(things("vip"), where=IsNull(things("vip")))
    assert notes(plan, known) == [absent + "both count as having no value."]
    plan = shown(things("vip"), where=Exists(things("vip")))
    assert notes(plan, known) == [absent + "null counts as being there."]


def test_what_has_no_value_comes_first_in_ascending_order() -> None:
    assert notes(shown(TOTAL, order_by=(Order(NOTE),))) == [
        "`orders.note` is missing in 75 % of orders: those come first in this order."
    ]
    assert notes(shown(TOTAL, order_by=(Order(NOTE, descending=True),))) == []


def test_shares_are_of_the_elements_where_the_field_is_in_an_array() -> None:
    documents = {"a": [{"items": [{"x": 1}, {"y": 1}]}, {"items": [{"x": None}, {"x": 2}]}, {}]}
    from mqt_assets.schemas.catalogs import catalog_from_documents

    known = catalog_from_documents("d", documents)
    plan = shown(count(Entity("a")), where=Compare(Field("a", "items.x"), Comparator.NE, 1))
    assert notes(plan, known) == [
        "`a.items.x` is missing in 25 % of a.items and null in 25 %: they count as not 1."
    ]


def test_numbers_and_dates_kept_as_text_are_noted() -> None:
    assert notes(shown(Aggregate(Function.SUM, AGE))) == [
        "`customers.age` keeps numbers as text: they are read as numbers."
    ]
    day = FieldSchema(path="day", types={BsonType.STRING: 1}, presence=1, samples=("2025-03-01",))
    (found,) = notes(shown(PartOf(DatePart.YEAR, things("day"))), schema_with(day=day))
    assert found == "`things.day` keeps dates as text: those that can be read as dates are."


def test_values_that_never_come_up_are_noted() -> None:
    assert notes(shown(TOTAL, where=is_equal(PartOf(DatePart.MONTH, PLACED), 13))) == [
        "the month of `orders.placed_at` goes from 1 to 12: it is never 13."
    ]
    assert notes(shown(TOTAL, where=In(TOTAL, (5, "much")))) == [
        '`orders.total` holds numbers: it is never "much".'
    ]


def test_small_shares_are_not_rounded_away() -> None:
    assert [percent(share) for share in (0.004, 0.3, 0.996, 1)] == [
        "under 1 %", "30 %", "over 99 %", "100 %",
    ]  # fmt: skip


# -------------------------------------------------------------------- properties


@settings(max_examples=300, deadline=None)
@given(well_typed_plans())
def test_well_typed_plans_are_never_refused(plan: Plan) -> None:
    check_plan(plan, SHOP)


# ----------------------------------------------------------------- a real mongod


@pytest.fixture(scope="module")
def shop(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    name = f"test_{uuid4().hex[:12]}"
    for collection, documents in DOCUMENTS.items():
        mongo_client[name][collection].insert_many(documents)
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (is_over(AGE, "30"), {"Ann", "Cleo"}),  # as text, "130" comes before "30"
        (is_equal(AGE, 9), {"Bob"}),
        (Compare(EMAIL, Comparator.NE, "cleo@x.org"), {"Ann", "Bob"}),
        (Not(is_equal(EMAIL, "cleo@x.org")), {"Ann", "Bob"}),
        (In(EMAIL, ("cleo@x.org",), negated=True), {"Ann", "Bob"}),
        (Text(EMAIL, TextMatch.CONTAINS, "cleo", negated=True), {"Ann", "Bob"}),
        (Exists(EMAIL), {"Cleo"}),
        (Compare(AGE, Comparator.EQ, Field("customers", "_id")), None),
    ],
)
def test_checked_plans_return_what_the_notes_say(
    shop: Database[dict[str, Any]], where: Predicate, expected: set[str] | None
) -> None:
    plan = shown(NAME, where=where)
    if expected is None:
        with pytest.raises(MqtError):
            check_plan(plan, SHOP)
        return
    rows = run(lower(check_plan(plan, SHOP).plan, SHOP), shop).rows
    assert {row["name"] for row in rows} == expected


def test_numbers_and_numbers_kept_as_text_are_equal_when_compared(
    database: Database[dict[str, Any]],
) -> None:
    from mqt_assets.schemas.catalogs import catalog_from_documents

    documents = {"pairs": [{"a": 5, "b": "5.0"}, {"a": 6, "b": "7"}]}
    database.pairs.insert_many(documents["pairs"])
    known = catalog_from_documents("d", documents)
    a, b = Field("pairs", "a"), Field("pairs", "b")
    for left, right in ((a, b), (b, a)):
        plan = shown(a, where=Compare(left, Comparator.EQ, right))
        rows = run(lower(check_plan(plan, known).plan, known), database).rows
        assert rows == [{"a": 5}]


def test_missing_and_null_come_first_in_ascending_order(shop: Database[dict[str, Any]]) -> None:
    plan = shown(Field("orders", "_id"), order_by=(Order(STATUS),))
    rows = run(lower(check_plan(plan, SHOP).plan, SHOP), shop).rows
    assert rows[0]["_id"] == ObjectId(oid(204))


def test_prices_are_tested_in_one_element(shop: Database[dict[str, Any]]) -> None:
    """No item of order 201 costs 10.5 and comes twice: different items do."""
    both = And((is_equal(PRICE, 10.5), is_equal(QUANTITY, 2)))
    rows = run(lower(check_plan(shown(TOTAL, where=both), SHOP).plan, SHOP), shop).rows
    assert rows == []


_TESTS = {
    Comparator.EQ: lambda left, right: left == right,
    Comparator.NE: lambda left, right: left != right,
    Comparator.GT: lambda left, right: left > right,
    Comparator.LTE: lambda left, right: left <= right,
}


@pytest.mark.parametrize("first", _TESTS)
@pytest.mark.parametrize("second", _TESTS)
@pytest.mark.parametrize("way", ["and", "related", "not related"])
def test_tests_on_elements_meet_in_one_element(
    shop: Database[dict[str, Any]], first: Comparator, second: Comparator, way: str
) -> None:
    """As computed element by element from the documents, for every pair of values."""
    for price, quantity in ((10.5, 1), (10.5, 2), (1.0, 5), (33.0, 1)):
        both = And((Compare(PRICE, first, price), Compare(QUANTITY, second, quantity)))
        where: Predicate = both if way == "and" else Related(ITEMS, both, way != "related")
        found = run(lower(check_plan(shown(TOTAL, where=where), SHOP).plan, SHOP), shop).rows
        expected = [
            order["total"]
            for order in DOCUMENTS["orders"]
            if any(
                _TESTS[first](item["price"], price) and _TESTS[second](item["quantity"], quantity)
                for item in order["items"]
            )
            is (way != "not related")
        ]
        assert sorted(str(row["total"]) for row in found) == sorted(map(str, expected))
