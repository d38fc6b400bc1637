"""Follow-ups over a small shop: the plan that is meant, and what is no follow-up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from bson import Decimal128
from hypothesis import strategies as st

from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Field,
    Function,
    In,
    IsNull,
    Operand,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
    Scalar,
    Shown,
    Top,
)
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema, Reference
from mqt_serving.translator.follow_ups import resolve

NOW = datetime(2026, 5, 20, 12, 0)


def field(path: str, kind: BsonType, *samples: str, **more: Any) -> FieldSchema:
    more.setdefault("presence", 1.0)
    more.setdefault("distinct", len(samples) or 500)
    return FieldSchema(path=path, types={kind: 1.0}, samples=samples, **more)


def collection(name: str, *fields: FieldSchema) -> CollectionSchema:
    return CollectionSchema(
        database="shop",
        collection=name,
        document_count=1000,
        sampled=1000,
        fields=tuple(sorted(fields, key=lambda f: f.path)),
    )


IN_ITEMS = ("items",)
SHOP = Catalog(
    database="shop",
    collections=(
        collection(
            "customers",
            field("_id", BsonType.OBJECT_ID),
            field("name", BsonType.STRING, "Ada Lovelace", "Berta Benz", distinct=900),
            field("email", BsonType.STRING),
            field("phone", BsonType.STRING, presence=0.6),
            field("address", BsonType.OBJECT),
            field("address.city", BsonType.STRING, "Berlin", "Hamburg", "Munich", distinct=80),
            field("segment", BsonType.STRING, "retail", "business"),
            field("active", BsonType.BOOL, distinct=2),
            field("points", BsonType.INT),
            field("registered_at", BsonType.DATE),
        ),
        collection(
            "orders",
            field("_id", BsonType.OBJECT_ID),
            field("customer_id", BsonType.OBJECT_ID),
            field("status", BsonType.STRING, "shipped", "new", "cancelled", "returned"),
            field("channel", BsonType.STRING, "web", "app", "store"),
            field("total", BsonType.DECIMAL),
            field("placed_at", BsonType.DATE),
            field("shipped_at", BsonType.DATE, presence=0.7),
            FieldSchema(path="items", types={BsonType.ARRAY: 1.0}, presence=1.0, arrays=IN_ITEMS),
            field("items.product_id", BsonType.OBJECT_ID, arrays=IN_ITEMS),
            field("items.quantity", BsonType.INT, arrays=IN_ITEMS),
        ),
        collection(
            "products",
            field("_id", BsonType.OBJECT_ID),
            field("name", BsonType.STRING, "Teapot", "Kettle", distinct=400),
            field("price", BsonType.DECIMAL),
            field("stock", BsonType.INT),
            field("category", BsonType.STRING, "kitchen", "garden", "office"),
            field("discontinued", BsonType.BOOL, distinct=2),
        ),
    ),
    references=(
        Reference(
            from_collection="orders",
            from_path="customer_id",
            to_collection="customers",
            to_path="_id",
            to_unique=True,
            overlap=1.0,
        ),
        Reference(
            from_collection="orders",
            from_path="items.product_id",
            to_collection="products",
            to_path="_id",
            to_unique=True,
            overlap=1.0,
        ),
    ),
)

CUSTOMERS, ORDERS, PRODUCTS = Entity("customers"), Entity("orders"), Entity("products")
NAME, EMAIL = Field("customers", "name"), Field("customers", "email")
PHONE, CITY = Field("customers", "phone"), Field("customers", "address.city")
SEGMENT, ACTIVE = Field("customers", "segment"), Field("customers", "active")
POINTS, REGISTERED = Field("customers", "points"), Field("customers", "registered_at")
STATUS, TOTAL = Field("orders", "status"), Field("orders", "total")
CHANNEL, PLACED = Field("orders", "channel"), Field("orders", "placed_at")
SHIPPED_AT = Field("orders", "shipped_at")
PRODUCT, PRICE = Field("products", "name"), Field("products", "price")
CATEGORY, STOCK = Field("products", "category"), Field("products", "stock")
DISCONTINUED = Field("products", "discontinued")
MONTH, YEAR = PartOf(DatePart.YEAR_MONTH, PLACED), PartOf(DatePart.YEAR, PLACED)
WEEK = PartOf(DatePart.WEEK, PLACED)


def show(*values: Shown, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), **more)


def count(entity: Entity = ORDERS, **more: Any) -> Aggregate:
    return Aggregate(Function.COUNT, entity, **more)


def sum_of(argument: Field = TOTAL) -> Aggregate:
    return Aggregate(Function.SUM, argument)


def average(argument: Field = TOTAL) -> Aggregate:
    return Aggregate(Function.AVG, argument)


def per(key: Field | PartOf, *figures: Aggregate, **more: Any) -> Plan:
    return show(key, *figures, group_by=(key,), **more)


def eq(left: Operand, value: Scalar) -> Compare:
    return Compare(left, Comparator.EQ, value)


def compare(left: Operand, op: Comparator, value: Scalar) -> Compare:
    if left in (TOTAL, PRICE):
        value = Decimal128(str(value))
    return Compare(left, op, value)


def more_than(left: Operand, value: Scalar) -> Compare:
    return compare(left, Comparator.GT, value)


def less_than(left: Operand, value: Scalar) -> Compare:
    return compare(left, Comparator.LT, value)


def day(year: int, month: int = 1) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


def within(start: datetime, end: datetime, left: Field = PLACED) -> Between:
    return Between(left, start, end, half_open=True)


def both(*items: Predicate) -> And:
    return And(items)


Y2024, Y2025 = within(day(2024), day(2025)), within(day(2025), day(2026))
MARCH = within(day(2025, 3), day(2025, 4))
BERLIN, HAMBURG = eq(CITY, "Berlin"), eq(CITY, "Hamburg")
SHIPPED, NEW = eq(STATUS, "shipped"), eq(STATUS, "new")

ALL_CUSTOMERS = show(CUSTOMERS)
NAMES = show(NAME)
ORDER_ROWS = show(STATUS, TOTAL)
ALL_ORDERS = show(ORDERS)
ORDER_COUNT = show(count())
REVENUE = show(sum_of())
BY_CITY = per(CITY, sum_of())
BY_STATUS = per(STATUS, count())
PRODUCT_ROWS = show(PRODUCT, PRICE)
EACH_CUSTOMER = show(NAME, count())
TOP_FIVE = show(PRODUCT, PRICE, order_by=(Order(PRICE, True),), limit=5)

FOLLOW_UPS: list[tuple[Plan, str, Plan]] = [
    # a condition more
    (ALL_CUSTOMERS, "only the ones from Berlin", show(CUSTOMERS, where=BERLIN)),
    (ALL_CUSTOMERS, "Only those in Berlin or Hamburg.",
     show(CUSTOMERS, where=In(CITY, ("Berlin", "Hamburg")))),
    (ORDER_ROWS, "just those over 100", show(STATUS, TOTAL, where=more_than(TOTAL, 100))),
    (ORDER_ROWS, "and in 2024?", show(STATUS, TOTAL, where=Y2024)),
    (ORDER_ROWS, "only those over 2000", show(STATUS, TOTAL, where=more_than(TOTAL, 2000))),
    (ALL_ORDERS, "only the returned status", show(ORDERS, where=eq(STATUS, "returned"))),
    (NAMES, "only those without an email, which of them are active?",
     show(NAME, where=both(IsNull(EMAIL), eq(ACTIVE, True)))),
    (ORDER_COUNT, "list their customer names", show(NAME, rows=ORDERS)),
    (ORDER_COUNT, "in 2024", show(count(), where=Y2024)),
    (ORDER_COUNT, "only since March 2025",
     show(count(), where=Compare(PLACED, Comparator.GTE, day(2025, 3)))),
    (ORDER_COUNT, "last month", show(count(), where=within(day(2026, 4), day(2026, 5)))),
    (ALL_ORDERS, "without the cancelled ones",
     show(ORDERS, where=Compare(STATUS, Comparator.NE, "cancelled"))),
    (ALL_ORDERS, "excluding cancelled and returned orders",
     show(ORDERS, where=In(STATUS, ("cancelled", "returned"), negated=True))),
    (ALL_ORDERS, "but not the returned ones",
     show(ORDERS, where=Compare(STATUS, Comparator.NE, "returned"))),
    (ALL_ORDERS, "now show me only the shipped ones", show(ORDERS, where=SHIPPED)),
    (ALL_ORDERS, "Only orders from Berlin", show(ORDERS, where=BERLIN)),
    (ORDER_COUNT, "only the ones shipped in March 2025",
     show(count(), where=within(day(2025, 3), day(2025, 4), SHIPPED_AT))),
    (ORDER_ROWS, "only the shipped ones over 50",
     show(STATUS, TOTAL, where=both(SHIPPED, more_than(TOTAL, 50)))),
    (NAMES, "only those without an email", show(NAME, where=IsNull(EMAIL))),
    (NAMES, "just the ones with a phone", show(NAME, where=IsNull(PHONE, negated=True))),
    (NAMES, "only the active ones", show(NAME, where=eq(ACTIVE, True))),
    (PRODUCT_ROWS, "without the discontinued ones",
     show(PRODUCT, PRICE, where=eq(DISCONTINUED, False))),
    (PRODUCT_ROWS, "only those with more than 20 in stock",
     show(PRODUCT, PRICE, where=more_than(STOCK, 20))),
    (PRODUCT_ROWS, "only those with stock below 20",
     show(PRODUCT, PRICE, where=less_than(STOCK, 20))),
    (PRODUCT_ROWS, "between 10 and 20",
     show(PRODUCT, PRICE, where=Between(PRICE, Decimal128("10"), Decimal128("20")))),
    (NAMES, "only those without orders", show(NAME, where=Related(ORDERS, negated=True))),
    (NAMES, "only those with more than 5 orders", show(NAME, where=more_than(count(), 5))),
    (show(NAME, where=BERLIN), "which of them are active?",
     show(NAME, where=both(BERLIN, eq(ACTIVE, True)))),
    (BY_STATUS, "only those with more than 10",
     per(STATUS, count(), having=more_than(count(), 10))),
    (EACH_CUSTOMER, "only those with more than 3 orders",
     show(NAME, count(), having=more_than(count(), 3))),
    (EACH_CUSTOMER, "in 2024", show(NAME, count(where=Y2024))),
    # another condition on the same field
    (show(NAME, where=BERLIN), "what about Hamburg?", show(NAME, where=HAMBURG)),
    (show(NAME, where=BERLIN), "And Hamburg?", show(NAME, where=HAMBURG)),
    (show(NAME, where=BERLIN), "Hamburg?", show(NAME, where=HAMBURG)),
    (show(NAME, where=BERLIN), "the same for Munich", show(NAME, where=eq(CITY, "Munich"))),
    (show(NAME, where=BERLIN), "how about those from Hamburg instead", show(NAME, where=HAMBURG)),
    (show(NAME, where=BERLIN), "also the ones from Hamburg",
     show(NAME, where=In(CITY, ("Berlin", "Hamburg")))),
    (show(NAME, where=BERLIN), "what about Osnabrück?", show(NAME, where=eq(CITY, "Osnabrück"))),
    (show(count(), where=both(SHIPPED, Y2025)), "and in March?",
     show(count(), where=both(SHIPPED, MARCH))),
    (show(count(), where=MARCH), "and in April?",
     show(count(), where=within(day(2025, 4), day(2025, 5)))),
    (show(count(), where=Y2025), "what about 2024?", show(count(), where=Y2024)),
    (show(count(), where=Y2025), "and the year before?", show(count(), where=Y2024)),
    (show(count(), where=Y2025), "and in Q2?",
     show(count(), where=within(day(2025, 4), day(2025, 7)))),
    (show(STATUS, TOTAL, where=more_than(TOTAL, 100)), "what about over 200?",
     show(STATUS, TOTAL, where=more_than(TOTAL, 200))),
    (show(STATUS, TOTAL, where=more_than(TOTAL, 100)), "but only those under 500",
     show(STATUS, TOTAL, where=both(more_than(TOTAL, 100), less_than(TOTAL, 500)))),
    (show(count(), where=both(SHIPPED, Y2024)), "regardless of the status",
     show(count(), where=Y2024)),
    # groups
    (REVENUE, "and by month?", per(MONTH, sum_of())),
    (REVENUE, "weekly instead", per(WEEK, sum_of())),
    (REVENUE, "per calendar week", per(WEEK, sum_of())),
    (ORDER_COUNT, "per city", per(CITY, count())),
    (BY_CITY, "per month instead", per(MONTH, sum_of())),
    (BY_CITY, "and by status?", per(STATUS, sum_of())),
    (BY_CITY, "also by year", show(CITY, YEAR, sum_of(), group_by=(CITY, YEAR))),
    (BY_CITY, "by segment and year", show(SEGMENT, YEAR, sum_of(), group_by=(SEGMENT, YEAR))),
    (show(count(), where=SHIPPED), "broken down by channel",
     per(CHANNEL, count(), where=SHIPPED)),
    (ORDER_COUNT, "for each customer", per(NAME, count())),
    (show(NAME, where=BERLIN), "group them by segment",
     per(SEGMENT, count(CUSTOMERS), where=BERLIN)),
    (per(CITY, sum_of(), order_by=(Order(sum_of(), True),), limit=5), "by channel instead",
     per(CHANNEL, sum_of(), order_by=(Order(sum_of(), True),), limit=5)),
    # columns
    (NAMES, "also show their email", show(NAME, EMAIL)),
    (NAMES, "and their email and phone", show(NAME, EMAIL, PHONE)),
    (show(NAME, where=BERLIN), "with their points", show(NAME, POINTS, where=BERLIN)),
    (ORDER_ROWS, "with the date", show(STATUS, TOTAL, PLACED)),
    (ORDER_ROWS, "also show the customer name", show(STATUS, TOTAL, NAME)),
    (ORDER_ROWS, "add the customer name", show(STATUS, TOTAL, NAME)),
    (show(NAME, EMAIL), "just their phone", show(PHONE)),
    (show(NAME, EMAIL), "without the email", show(NAME)),
    (show(count(CUSTOMERS), where=BERLIN), "show their names", show(NAME, where=BERLIN)),
    (show(count(CUSTOMERS), where=BERLIN), "list them", show(CUSTOMERS, where=BERLIN)),
    # order and size
    (PRODUCT_ROWS, "sort by price", show(PRODUCT, PRICE, order_by=(Order(PRICE),))),
    (PRODUCT_ROWS, "sort them by stock descending",
     show(PRODUCT, PRICE, order_by=(Order(STOCK, True),))),
    (PRODUCT_ROWS, "cheapest first", show(PRODUCT, PRICE, order_by=(Order(PRICE),))),
    (PRODUCT_ROWS, "only the most expensive one",
     show(PRODUCT, PRICE, order_by=(Order(PRICE, True),), limit=1)),
    (PRODUCT_ROWS, "the 3 cheapest", show(PRODUCT, PRICE, order_by=(Order(PRICE),), limit=3)),
    (ALL_ORDERS, "newest first", show(ORDERS, order_by=(Order(PLACED, True),))),
    (BY_CITY, "top 3", per(CITY, sum_of(), order_by=(Order(sum_of(), True),), limit=3)),
    (BY_STATUS, "sorted by count, highest first",
     per(STATUS, count(), order_by=(Order(count(), True),))),
    (TOP_FIVE, "only the first three",
     show(PRODUCT, PRICE, order_by=(Order(PRICE, True),), limit=3)),
    (TOP_FIVE, "the next 10",
     show(PRODUCT, PRICE, order_by=(Order(PRICE, True),), skip=5, limit=10)),
    (TOP_FIVE, "and the next ones?",
     show(PRODUCT, PRICE, order_by=(Order(PRICE, True),), skip=5, limit=5)),
    (TOP_FIVE, "in reverse order",
     show(PRODUCT, PRICE, where=Top(PRODUCTS, (Order(PRICE, True),), 5), order_by=(Order(PRICE),))),
    (TOP_FIVE, "sort by name",
     show(PRODUCT, PRICE, where=Top(PRODUCTS, (Order(PRICE, True),), 5),
          order_by=(Order(PRODUCT),))),
    (TOP_FIVE, "the 3 cheapest", show(PRODUCT, PRICE, order_by=(Order(PRICE),), limit=3)),
    (TOP_FIVE, "show all of them", show(PRODUCT, PRICE, order_by=(Order(PRICE, True),))),
    # figures
    (show(NAME, where=BERLIN), "how many are there?", show(count(CUSTOMERS), where=BERLIN)),
    (show(NAME, where=BERLIN), "count them", show(count(CUSTOMERS), where=BERLIN)),
    (ORDER_ROWS, "how many of them are shipped?", show(count(), where=SHIPPED)),
    (show(STATUS, TOTAL, where=SHIPPED), "and the total?", show(sum_of(), where=SHIPPED)),
    (show(count(), where=SHIPPED), "and the average total?", show(average(), where=SHIPPED)),
    (PRODUCT_ROWS, "and what is the average price?", show(average(PRICE))),
    (PRODUCT_ROWS, "what is the average?", show(average(PRICE))),
    (PRODUCT_ROWS, "what's their average price?", show(average(PRICE))),
    (BY_CITY, "and the average?", per(CITY, average())),
    (PRODUCT_ROWS, "and the highest price?", show(Aggregate(Function.MAX, PRICE))),
    (BY_CITY, "also show the average total",
     show(CITY, sum_of(), average(), group_by=(CITY,))),
    (BY_CITY, "also the average", show(CITY, sum_of(), average(), group_by=(CITY,))),
    (BY_STATUS, "how many are there?", show(Aggregate(Function.COUNT, STATUS, distinct=True))),
    (BY_CITY, "overall", REVENUE),
    # several at once
    (ALL_ORDERS, "only the shipped ones, newest first",
     show(ORDERS, where=SHIPPED, order_by=(Order(PLACED, True),))),
    (ORDER_COUNT, "only the shipped ones by month", per(MONTH, count(), where=SHIPPED)),
    (PRODUCT_ROWS, "only kitchen, sorted by price, top 3",
     show(PRODUCT, PRICE, where=eq(CATEGORY, "kitchen"), order_by=(Order(PRICE),), limit=3)),
]  # fmt: skip

COMPLETE = [
    "How many orders are there?",
    "How many orders were shipped?",
    "And how many orders were cancelled in 2024?",
    "Show all customers",
    "Show me all orders from Berlin",
    "Now show all products",
    "Only show customers from Berlin",
    "Just list the products cheaper than 10",
    "List the names of customers in Hamburg",
    "Which customers are from Berlin?",
    "Which products are discontinued?",
    "Who placed the most orders?",
    "What is the average price of products?",
    "What is the average order total per customer segment?",
    "What is the total revenue per month?",
    "Show the maximum total of orders",
    "The highest price of products",
    "Show the average price",
    "Total of orders by city",
    "Orders by status",
    "Orders in 2024",
    "Shipped orders",
    "Customers from Berlin",
    "Berlin customers",
    "The cheapest products",
    "Top 3 products by price",
    "The two dearest orders",
    "Sort products by price",
    "How many customers have no phone?",
    "How many products are in the category kitchen?",
    "What about products?",
    "And the customers?",
    "Give me the email of Ada Lovelace",
    "In 2024, how many orders were placed?",
    "Per city, how many customers are there?",
    "By month, show the number of orders",
    "Count the orders from Berlin",
    "Who is the customer whose points are below 30?",
    "For each status of order, how many of them are there?",
    "Also show orders from 2024",
    "Without discounts, what is the revenue?",
    "How many of the customers are from Berlin and have orders over 100 placed in March 2025?",
]

UNCLEAR = [
    "only the ones from Atlantis",
    "and by weather?",
    "also show their shoe size",
    "why?",
    "in March and in April",
    "only 2024 and 2025",
    "thanks",
    "sort by smell",
    "without the purple ones",
    "and?",
    "only",
    "the same",
    "what about it?",
    "delete them",
    "only the ones that make sense in Berlin",
]

PREVIOUS = [
    ALL_CUSTOMERS, show(NAME, where=BERLIN), ALL_ORDERS, ORDER_COUNT, BY_CITY, BY_STATUS,
    PRODUCT_ROWS, TOP_FIVE, EACH_CUSTOMER, show(count(), where=both(SHIPPED, Y2025)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("previous", "question", "expected"), FOLLOW_UPS, ids=[row[1] for row in FOLLOW_UPS]
)
def test_a_follow_up_is_the_plan_that_is_meant(
    previous: Plan, question: str, expected: Plan
) -> None:
    lower(previous, SHOP)
    assert resolve(question, previous, SHOP, NOW) == expected


@pytest.mark.parametrize("question", COMPLETE)
def test_a_complete_question_is_not_touched(question: str) -> None:
    for previous in PREVIOUS:
        assert resolve(question, previous, SHOP, NOW) is None, previous


@pytest.mark.parametrize("question", UNCLEAR)
def test_what_cannot_be_read_is_left_alone(question: str) -> None:
    for previous in PREVIOUS:
        assert resolve(question, previous, SHOP, NOW) is None, previous


def test_a_plan_that_no_longer_fits_the_catalog_has_no_follow_up() -> None:
    gone = show(Field("invoices", "sum"))
    assert resolve("only the first 3", gone, SHOP, NOW) is None


def test_a_column_that_would_show_rows_more_than_once_is_not_added() -> None:
    assert resolve("also show the quantity", ORDER_ROWS, SHOP, NOW) is None
    assert resolve("sort by quantity", ORDER_ROWS, SHOP, NOW) is None
    assert resolve("by quantity", REVENUE, SHOP, NOW) is None


def test_a_name_in_two_fields_is_both() -> None:
    people = collection(
        "people",
        field("_id", BsonType.OBJECT_ID),
        field("first_name", BsonType.STRING),
        field("last_name", BsonType.STRING),
        field("home", BsonType.OBJECT),
        field("home.street", BsonType.STRING),
        field("home.town", BsonType.STRING),
    )
    catalog = Catalog(database="shop", collections=(people,))
    everyone = show(count(Entity("people")))
    names = [Field("people", "first_name"), Field("people", "last_name")]
    assert resolve("show their names", everyone, catalog, NOW) == show(*names)
    home = [Field("people", "home.street"), Field("people", "home.town")]
    assert resolve("also show their home", show(*names), catalog, NOW) == show(*names, *home)


WORDS = sorted({word for row in FOLLOW_UPS for word in row[1].split()} | {"0", ",", "'", '"', "5k"})


@hypothesis.settings(deadline=None, max_examples=300)
@hypothesis.given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=9),
    previous=st.sampled_from(PREVIOUS),
)
def test_whatever_is_said_gives_a_plan_that_runs_or_none(words: list[str], previous: Plan) -> None:
    plan = resolve(" ".join(words), previous, SHOP, NOW)
    if plan is not None:
        assert check_plan(plan, SHOP).plan == plan
        lower(plan, SHOP)
