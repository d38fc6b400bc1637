"""Plans as text: what is written reads back, and what can't be read is said."""

from __future__ import annotations

from datetime import datetime

import pytest

from mqt_assets.training.examples import ASKED_AT
from mqt_assets.training.notation import NotationError, PlanReader
from mqt_assets.training.notation_writing import write_plan
from mqt_assets.training.practice import practice_catalogs, practice_examples
from mqt_serving.query.graph import entities_of
from mqt_serving.query.plan import (
    Aggregate,
    Arithmetic,
    Between,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    Operator,
    Order,
    Output,
    Plan,
    Point,
    Related,
    Running,
)
from mqt_serving.schema import Catalog

ITEMS = Entity("orders", "items")
PRICE = Field("orders", "items.price")
PLACED = Field("orders", "placed_at")
ENTITIES = {Entity("orders"), ITEMS, Entity("customers")}
DUE = Field("orders", "due_on")
HOME, SHIP_TO = Field("customers", "home"), Field("orders", "ship_to")
FIELDS = {
    HOME,
    SHIP_TO,
    PRICE,
    PLACED,
    DUE,
    Field("orders", "items.quantity"),
    Field("customers", "name"),
}


def read(text: str) -> Plan:
    return PlanReader(ENTITIES.__contains__, FIELDS.__contains__, ASKED_AT).read(text)


def test_paths_are_entities_or_fields_as_the_schema_says() -> None:
    assert read("orders.items") == Plan((Output(ITEMS),))
    assert read("count(orders.items)") == Plan((Output(Aggregate(Function.COUNT, ITEMS)),))
    assert read("customers.name order customers.name desc limit 3") == Plan(
        (Output(Field("customers", "name")),),
        order_by=(Order(Field("customers", "name"), descending=True),),
        limit=3,
    )


def test_products_bind_tighter_than_sums_and_parentheses_tighter_still() -> None:
    quantity = Field("orders", "items.quantity")
    product = Arithmetic(Operator.MULTIPLY, PRICE, quantity)
    assert read("orders.items.price * orders.items.quantity - 1").outputs == (
        Output(Arithmetic(Operator.SUBTRACT, product, 1)),
    )
    assert read("sum((orders.items.price - 1) * 2)").outputs == (
        Output(
            Aggregate(
                Function.SUM,
                Arithmetic(Operator.MULTIPLY, Arithmetic(Operator.SUBTRACT, PRICE, 1), 2),
            )
        ),
    )


def test_units_of_time_are_from_one_date_to_another() -> None:
    late = Compare(Arithmetic(Operator.DAYS, DUE, PLACED), Comparator.GT, 3)
    assert read("orders where days(orders.due_on, orders.placed_at) > 3").where == late
    with pytest.raises(NotationError):
        read("days(orders.placed_at)")


def test_distances_are_to_coordinates_to_another_point_or_to_what_a_plan_gives() -> None:
    def far(unit: Operator, place: Field | Point | Plan) -> Plan:
        return Plan((Output(Arithmetic(unit, HOME, place)),))

    named = Compare(Field("customers", "name"), Comparator.EQ, "Ann")
    plans = {
        "km(customers.home, 51.46 -2.11)": far(Operator.KILOMETRES, Point(-2.11, 51.46)),
        "m(customers.home, -33 151.5)": far(Operator.METRES, Point(151.5, -33)),
        "m(customers.home, orders.ship_to)": far(Operator.METRES, SHIP_TO),
        'km(customers.home, (customers.home where customers.name = "Ann"))': far(
            Operator.KILOMETRES, Plan((Output(HOME),), where=named)
        ),
    }
    for text, plan in plans.items():
        assert read(text) == plan
        assert read(write_plan(plan)) == plan
    for text in ("km(customers.home)", "km(customers.home, 51)", 'km(customers.home, "x")'):
        with pytest.raises(NotationError):
            read(text)


def test_dates_are_read_as_people_write_them() -> None:
    where = read('orders where orders.placed_at during "last month"').where
    assert where == Between(PLACED, datetime(2025, 12, 1), datetime(2026, 1, 1), half_open=True)
    where = read('orders where orders.placed_at after "March 2025"').where
    assert where == Compare(PLACED, Comparator.GTE, datetime(2025, 4, 1))


@pytest.mark.parametrize(
    "text",
    [
        "customers.name, orders.items.price order orders.items.price desc limit 2 "
        "per customers.name",
        "orders order orders.placed_at skip 1 limit 1 per year(orders.placed_at), customers.name "
        "rows orders.items",
        "running(sum(orders.items.price)), year(orders.placed_at) group year(orders.placed_at)",
        "running(count(orders)), change(avg(orders.items.price)) group orders.placed_at",
        "running(count(orders only orders.items.price > 5)) group orders.placed_at",
        "running(count(orders)), moving(count(orders), 3), rank(sum(orders.items.price)), "
        "avg(days(orders.placed_at, now)) group orders.placed_at",
    ],
)
def test_the_first_of_each_and_running_totals_read_back(text: str) -> None:
    plan = read(text)
    assert write_plan(plan) == text
    assert plan.per or any(isinstance(output.value, Running) for output in plan.outputs)


def test_sub_queries_and_related_things_nest() -> None:
    plan = read(
        "customers.name where no orders (orders.items.price > (avg(orders.items.price))) "
        'and customers.name not in (customers.name where customers.name starts "A")'
    )
    assert plan.where is not None
    assert any(isinstance(item, Related) and item.negated for item in plan.where.items)  # type: ignore[union-attr]
    assert read(write_plan(plan)) == plan


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("orders.colour", "'orders.colour' is no field"),
        ("customers.name where", "no field"),
        ("customers.name limit many", "whole number"),
        ('orders where orders.placed_at during "someday"', "is no date"),
        ("sum(count(orders))", "aggregate of an aggregate"),
        ("running(orders.placed_at)", "running is of an aggregate"),
        ("customers.name ?", "cannot read"),
        ("customers.name customers.name", "was not expected"),
        ("orders where orders.placed_at is blue", "expected 'missing'"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(NotationError, match=said):
        read(text)


@pytest.fixture(scope="module")
def catalogs() -> dict[str, Catalog]:
    return practice_catalogs(seed=5, count=12)


def test_what_is_written_reads_back(catalogs: dict[str, Catalog]) -> None:
    written = 0
    for example in practice_examples(catalogs, each=40, seed=3):
        assert example.plan is not None
        catalog = catalogs[example.database]
        entities = set(entities_of(catalog))
        scalars = {
            Field(s.collection, f.path) for s in catalog.collections for f in s.fields if f.is_value
        }
        reader = PlanReader(entities.__contains__, scalars.__contains__, ASKED_AT)
        try:
            text = write_plan(example.plan)
        except NotationError:
            continue  # moments within a day, and ids
        written += 1
        assert write_plan(reader.read(text)) == text
    assert written > 400
