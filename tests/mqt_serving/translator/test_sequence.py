"""Whatever the grammar lets the decoder write reads into a plan, and the plan writes back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Change,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Field,
    Function,
    In,
    Moving,
    Now,
    Operator,
    Order,
    Output,
    PartOf,
    Plan,
    Point,
    Predicate,
    Rank,
    Related,
    Running,
    Text,
    TextMatch,
)
from mqt_serving.schema import (
    GEOJSON,
    BsonType,
    Catalog,
    CollectionSchema,
    FieldSchema,
    Reference,
)
from mqt_serving.translator.grammar import ALLOWED, INITIAL, Step, Symbol, Token, advance
from mqt_serving.translator.items import SchemaItems, build_items
from mqt_serving.translator.linking import Linked, link, prepare_words
from mqt_serving.translator.masks import Masks
from mqt_serving.translator.sequence import NotExpressible, to_plan, to_steps

NOW = datetime(2026, 1, 1)
QUESTION = (
    'Show five orders over 12.5 from Berlin or Paris between March 2025 and June 2025 with "blue" '
    "lamps, 3 of them, within 2 km of 52.52, 13.4"
)


def _field(path: str, kind: BsonType, arrays: tuple[str, ...] = (), **more: object) -> FieldSchema:
    return FieldSchema(path=path, types={kind: 1.0}, presence=1.0, arrays=arrays, **more)  # type: ignore[arg-type]


CATALOG = Catalog(
    database="shop",
    collections=(
        CollectionSchema(
            database="shop",
            collection="customers",
            document_count=10,
            sampled=10,
            fields=(
                _field("_id", BsonType.OBJECT_ID, distinct=10),
                _field("city", BsonType.STRING, samples=("Berlin", "Paris"), distinct=2),
                _field("home", BsonType.OBJECT, point=GEOJSON),
                _field("home.coordinates", BsonType.DOUBLE, ("home.coordinates",)),
                _field("home.type", BsonType.STRING, samples=("Point",), distinct=1),
                _field("vip", BsonType.BOOL),
            ),
        ),
        CollectionSchema(
            database="shop",
            collection="orders",
            document_count=10,
            sampled=10,
            fields=(
                _field("_id", BsonType.OBJECT_ID, distinct=10),
                _field("customer_id", BsonType.OBJECT_ID),
                _field("items", BsonType.ARRAY, ("items",)),
                _field("items.color", BsonType.STRING, ("items",), samples=("blue",)),
                _field("items.quantity", BsonType.INT, ("items",)),
                _field("placed_at", BsonType.DATE),
                _field("sent_at", BsonType.DATE),
                _field("ship_to", BsonType.OBJECT, point=("lng", "lat")),
                _field("total", BsonType.DOUBLE),
            ),
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
    ),
)


def _encode(texts: Sequence[str]) -> np.ndarray:
    """A vector a text, from its hash: enough for shapes, no meaning."""
    rows = []
    for text in texts:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        row = np.random.default_rng(seed).normal(size=16)
        rows.append(row / np.linalg.norm(row))
    return np.array(rows, np.float32)


def _linked() -> tuple[Linked, SchemaItems]:
    schema = build_items(CATALOG, _encode)
    words = prepare_words(QUESTION)
    vectors = _encode([word.text for word in words])
    return link(QUESTION, words, vectors, vectors, schema, NOW), schema


LINKED, SCHEMA = _linked()
MASKS = Masks(LINKED, SCHEMA)
BERLIN = Compare(Field("customers", "city"), Comparator.EQ, "Berlin")
MARCH = Between(
    Field("orders", "placed_at"), datetime(2025, 3, 1), datetime(2025, 4, 1), half_open=True
)
SPRING = Between(
    Field("orders", "placed_at"), datetime(2025, 3, 1), datetime(2025, 7, 1), half_open=True
)
AVERAGE = Plan(outputs=(Output(Aggregate(Function.AVG, Field("orders", "total"))),), where=MARCH)
CITIES = Plan(outputs=(Output(Field("customers", "city")),), where=BERLIN, distinct=True)
EXCESS = Arithmetic(Operator.SUBTRACT, Field("orders", "total"), Field("orders", "items.quantity"))
GROWTH = Arithmetic(Operator.DIVIDE, EXCESS, Field("orders", "items.quantity"))
SENT = Arithmetic(Operator.DAYS, Field("orders", "placed_at"), Field("orders", "sent_at"))
HOME, SHIP_TO = Field("customers", "home"), Field("orders", "ship_to")
AWAY = Arithmetic(Operator.KILOMETRES, SHIP_TO, HOME)
NEAR = Arithmetic(Operator.METRES, HOME, Point(13.4, 52.52))
FROM_BERLIN = Arithmetic(
    Operator.KILOMETRES, SHIP_TO, Plan(outputs=(Output(HOME),), where=BERLIN, limit=1)
)
BERLIN_ORDERS = Aggregate(Function.COUNT, Entity("orders"), where=BERLIN)
LAST = Aggregate(Function.MAX, Field("orders", "placed_at"), where=BERLIN)
ORDERS = Aggregate(Function.COUNT, Entity("orders"))
SHARE = Arithmetic(Operator.DIVIDE, BERLIN_ORDERS, ORDERS)
OTHER_SHARE = Arithmetic(Operator.DIVIDE, ORDERS, BERLIN_ORDERS)
AFTER_MARCH = Compare(Field("orders", "placed_at"), Comparator.GTE, datetime(2025, 4, 1))


@pytest.mark.parametrize(
    "where",
    [
        BERLIN,
        MARCH,
        SPRING,
        AFTER_MARCH,
        In(Field("customers", "city"), ("Berlin", "Paris")),
        Compare(Field("customers", "vip"), Comparator.EQ, True),
        Compare(Field("orders", "total"), Comparator.GT, 12.5),
        Text(Field("orders", "items.color"), TextMatch.CONTAINS, "blue"),
        Related(Entity("orders", "items"), None, negated=True),
        Related(Entity("orders"), And((MARCH, AFTER_MARCH))),
        Compare(Field("orders", "total"), Comparator.GT, AVERAGE),
        And((In(Field("customers", "city"), CITIES, negated=True), BERLIN)),
        Compare(Aggregate(Function.COUNT, Entity("orders")), Comparator.GTE, 3),
        Compare(EXCESS, Comparator.GT, 12.5),
        Compare(SENT, Comparator.GT, 5),
        Compare(NEAR, Comparator.LTE, 2),
        Compare(AWAY, Comparator.LT, 12.5),
        And((Compare(FROM_BERLIN, Comparator.LTE, 2), BERLIN)),
    ],
)
def test_a_plan_survives_the_way_to_steps_and_back(where: Predicate) -> None:
    _survives(_everything(where, Compare(ORDERS, Comparator.GTE, 3)))


@pytest.mark.parametrize(
    "having",
    [
        Compare(BERLIN_ORDERS, Comparator.GT, 3),
        And((Compare(BERLIN_ORDERS, Comparator.GT, 3), Compare(ORDERS, Comparator.LT, 5))),
        Between(BERLIN_ORDERS, 3, 5),
        Between(LAST, datetime(2025, 3, 1), datetime(2025, 7, 1), half_open=True),
        Compare(LAST, Comparator.GTE, datetime(2025, 4, 1)),
        Compare(SHARE, Comparator.GT, 12.5),
        Compare(OTHER_SHARE, Comparator.GT, 12.5),
        Compare(Arithmetic(Operator.MULTIPLY, OTHER_SHARE, 5), Comparator.LTE, 12.5),
    ],
)
def test_groups_are_told_apart_by_some_of_their_rows(having: Predicate) -> None:
    """What a test compares is the aggregate, whatever the fields are that its rows are told by."""
    _survives(_everything(MARCH, having))


def _everything(where: Predicate, having: Predicate) -> Plan:
    return Plan(
        outputs=(
            Output(Field("customers", "city")),
            Output(Aggregate(Function.COUNT, Entity("orders"))),
            Output(Aggregate(Function.COUNT, Entity("orders"), where=MARCH)),
            Output(Arithmetic(Operator.MULTIPLY, 3, EXCESS)),
            Output(GROWTH),
            Output(FROM_BERLIN),
            Output(Aggregate(Function.AVG, NEAR)),
            Output(SHARE),
            Output(Arithmetic(Operator.MULTIPLY, BERLIN_ORDERS, 5)),
            Output(Arithmetic(Operator.MULTIPLY, 5, OTHER_SHARE)),
        ),
        where=where,
        group_by=(Field("customers", "city"),),
        having=having,
        order_by=(Order(Aggregate(Function.COUNT, Entity("orders")), descending=True),),
        limit=5,
        rows=Entity("orders", "items"),
        optional=(Entity("orders"),),
    )


def _survives(plan: Plan) -> None:
    steps = to_steps(plan, LINKED, SCHEMA)
    assert to_plan(steps, LINKED, SCHEMA) == plan
    stack = INITIAL
    for at, step in enumerate(steps):
        symbol, before = stack[-1], steps[:at]
        token = Token(step.at) if step.kind == 0 else None
        assert token is None or token in ALLOWED[symbol].tokens
        assert step.kind != 1 or MASKS.items(symbol, before)[step.at]
        assert step.kind != 2 or MASKS.values(symbol, before)[step.at]
        stack = advance(stack, token)
    assert stack[-1] == Symbol.DONE


def test_the_first_of_each_and_running_totals_survive_it_too() -> None:
    city, placed = Field("customers", "city"), Field("orders", "placed_at")
    month, total = PartOf(DatePart.YEAR_MONTH, placed), Field("orders", "total")
    paid = Aggregate(Function.COUNT, Entity("orders"), where=MARCH)
    plan = Plan(
        outputs=(
            Output(Running(Aggregate(Function.SUM, total))),
            Output(city),
            Output(month),
            Output(Running(paid)),
            Output(Change(Aggregate(Function.AVG, total))),
            Output(Change(paid)),
            Output(Moving(Aggregate(Function.SUM, total), 3)),
            Output(Rank(paid)),
            Output(Aggregate(Function.AVG, Arithmetic(Operator.YEARS, placed, Now()))),
        ),
        group_by=(city, month),
        order_by=(Order(Aggregate(Function.SUM, total), descending=True),),
        limit=1,
        per=(month, city),
        rows=Entity("orders", "items"),
    )
    steps = to_steps(plan, LINKED, SCHEMA)
    stack = INITIAL
    for step in steps:
        token = Token(step.at) if step.kind == 0 else None
        assert token is None or token in ALLOWED[stack[-1]].tokens
        stack = advance(stack, token)
    assert stack[-1] == Symbol.DONE
    assert to_plan(steps, LINKED, SCHEMA) == plan


def test_running_totals_are_of_sums_and_counts() -> None:
    item = to_steps(Plan((Output(Field("orders", "total")),)), LINKED, SCHEMA)[0]
    tokens = (Token.RUNNING, Token.ONLY, Token.AVG)
    test = to_steps(Plan((Output(Entity("orders")),), BERLIN), LINKED, SCHEMA)[2:]
    with pytest.raises(NotExpressible, match="add up"):
        to_plan([*(Step(0, int(t)) for t in tokens), item, *test], LINKED, SCHEMA)


def test_a_value_that_the_question_does_not_hold_cannot_be_written() -> None:
    plan = Plan(
        outputs=(Output(Entity("customers")),),
        where=Compare(Field("customers", "city"), Comparator.EQ, "Tokyo"),
    )
    with pytest.raises(NotExpressible, match="Tokyo"):
        to_steps(plan, LINKED, SCHEMA)


@pytest.mark.parametrize("where", [MARCH, SPRING, AFTER_MARCH])
def test_dates_of_a_query_that_a_person_wrote_have_a_zone_and_are_found_all_the_same(
    where: Between | Compare,
) -> None:
    zoned = {
        name: value.replace(tzinfo=UTC)
        for name in ("low", "high", "right")
        if isinstance(value := getattr(where, name, None), datetime)
    }
    plans = [Plan((Output(Entity("orders")),), each) for each in (where, replace(where, **zoned))]
    made, raised = (to_steps(plan, LINKED, SCHEMA) for plan in plans)
    assert raised == made


@st.composite
def _walks(draw: st.DrawFn) -> list[Step]:
    """A random way through the grammar, as the decoder could take it."""
    stack, steps = INITIAL, list[Step]()
    while stack[-1] != Symbol.DONE and len(steps) < 60:
        symbol = stack[-1]
        choices = [Step(0, int(token)) for token in sorted(ALLOWED[symbol].tokens)]
        choices += [Step(1, int(i)) for i in MASKS.items(symbol, steps).nonzero()[0]]
        choices += [Step(2, int(i)) for i in MASKS.values(symbol, steps).nonzero()[0]]
        if not choices:
            return []
        step = draw(st.sampled_from(choices))
        steps.append(step)
        stack = advance(stack, Token(step.at) if step.kind == 0 else None)
    return steps if stack[-1] == Symbol.DONE else []


@settings(max_examples=300, deadline=None)
@given(_walks())
def test_what_the_grammar_allows_reads_and_reads_again_the_same(steps: list[Step]) -> None:
    if not steps:
        return
    try:
        plan = to_plan(steps, LINKED, SCHEMA)
    except NotExpressible:
        return  # well formed, but a value made no sense there
    try:
        written = to_steps(plan, LINKED, SCHEMA)
    except NotExpressible:
        return  # e.g. not(date == span) reads as a negated range, which has other steps
    assert to_plan(written, LINKED, SCHEMA) == plan
