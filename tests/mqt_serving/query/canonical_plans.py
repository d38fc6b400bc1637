"""Plans over the shop in the form in which raising gives them: lowered and raised, they come back.

Form means what is left open by meaning: tests that need no other wording (two bounds are a range,
a count above zero is `Related`), sides in the order of MongoDB's tests, and nothing idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bson import Decimal128
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
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Moving,
    Not,
    Operator,
    Or,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Rank,
    Related,
    Running,
    Text,
    TextMatch,
    Top,
)
from tests.mqt_serving.query.shop import (
    AGE,
    CATEGORY,
    CITY,
    ITEMS,
    NAME,
    NOTE,
    ORDERS,
    PLACED,
    PRICE,
    QUANTITY,
    STATUS,
    TITLE,
    TOTAL,
    count,
    is_equal,
    is_over,
)

BUYER, BUYER_ID = Field("orders", "customer_id"), Field("customers", "_id")
YEAR, MONTH = PartOf(DatePart.YEAR, PLACED), PartOf(DatePart.YEAR_MONTH, PLACED)
WEEK = PartOf(DatePart.WEEK, PLACED)
WORTH = Arithmetic(Operator.MULTIPLY, PRICE, QUANTITY)
MEAN, PAID = Aggregate(Function.AVG, TOTAL), is_equal(STATUS, "paid")
FIVE = Decimal128("5.00")


def _plan(*values: Any, where: Predicate | None = None, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), where, **more)


LISTED = _plan(BUYER_ID, where=is_equal(CITY, "Berlin"))
BUSY = _plan(BUYER, group_by=(BUYER,), order_by=(Order(count(ORDERS), True),), limit=1)

ON_ORDERS: tuple[Predicate, ...] = (
    PAID,
    is_over(TOTAL, FIVE),
    Compare(STATUS, Comparator.NE, "open"),
    Between(PLACED, datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC), True),
    In(STATUS, ("paid", "open")),
    In(STATUS, ("open",), negated=True),
    IsNull(NOTE),
    Exists(NOTE, negated=True),
    Text(NOTE, TextMatch.STARTS, "frag"),
    Or((PAID, is_over(TOTAL, FIVE))),
    Compare(YEAR, Comparator.EQ, 2025),
    Related(ITEMS),
    Related(ITEMS, is_over(QUANTITY, 1), negated=True),
    Related(ITEMS, And((is_over(QUANTITY, 1), is_over(PRICE, 2)))),
    # Sub-queries: the average of all, those that another plan lists, the first of an order.
    Compare(TOTAL, Comparator.GT, _plan(MEAN)),
    Compare(TOTAL, Comparator.LT, _plan(MEAN, where=PAID)),
    Compare(BUYER, Comparator.EQ, BUSY),
    In(BUYER, LISTED),
    In(BUYER, LISTED, negated=True),
    In(BUYER, _plan(BUYER_ID, where=In(CITY, _plan(CITY, where=is_over(AGE, 30))))),
    Or((PAID, Compare(TOTAL, Comparator.GT, _plan(MEAN)))),
    Not(And((PAID, is_over(TOTAL, FIVE)))),
    Compare(PartOf(DatePart.QUARTER, PLACED), Comparator.LTE, 2),
    In(PartOf(DatePart.WEEKDAY, PLACED), (1, 7)),
    Compare(PartOf(DatePart.WEEK, PLACED), Comparator.GTE, "2025-W09"),
)
ON_ITEMS: tuple[Predicate, ...] = (
    is_over(QUANTITY, 1),
    PAID,
    Compare(WORTH, Comparator.GT, 20),
    Compare(PRICE, Comparator.GTE, _plan(Aggregate(Function.AVG, PRICE))),
    is_equal(CATEGORY, "office"),
    is_equal(CITY, "Berlin"),
)
TOPS: tuple[Top, ...] = (
    Top(ORDERS, (Order(TOTAL, True),), 2),
    Top(ORDERS, (Order(PLACED), Order(TOTAL, True)), 3, PAID, 1),
    Top(ITEMS, (Order(QUANTITY, True),), 2),
)

OF_GROUPS: tuple[Aggregate | Arithmetic, ...] = (
    count(ORDERS),
    MEAN,
    Aggregate(Function.MAX, PLACED),
    count(BUYER, True),
    Aggregate(Function.COUNT, ORDERS, where=PAID),
    Aggregate(Function.SUM, TOTAL, where=PAID),
    Aggregate(Function.COUNT, ORDERS, where=Or((PAID, IsNull(NOTE)))),
    Aggregate(Function.COUNT, ORDERS, where=Exists(NOTE)),
    Aggregate(Function.COUNT, BUYER, True, And((PAID, is_over(TOTAL, FIVE)))),
    Arithmetic(Operator.DIVIDE, Aggregate(Function.SUM, TOTAL), count(ORDERS)),
    Arithmetic(Operator.SUBTRACT, Aggregate(Function.MAX, TOTAL), Aggregate(Function.MIN, TOTAL)),
)
OF_ITEMS: tuple[Aggregate | Arithmetic, ...] = (
    count(ITEMS),
    Aggregate(Function.SUM, WORTH),
    Aggregate(Function.AVG, PRICE),
    Aggregate(Function.COUNT, ITEMS, where=is_over(QUANTITY, 1)),
    Aggregate(Function.SUM, WORTH, where=is_over(QUANTITY, 1)),
    Arithmetic(Operator.DIVIDE, Aggregate(Function.SUM, WORTH), count(ITEMS)),
)
OF_CUSTOMERS: tuple[Aggregate, ...] = (
    count(ORDERS),
    Aggregate(Function.SUM, TOTAL),
    Aggregate(Function.COUNT, ORDERS, where=PAID),
    Aggregate(Function.MAX, TOTAL, where=PAID),
)


def _some(draw: st.DrawFn, items: Sequence[Any], least: int, most: int) -> list[Any]:
    return draw(st.lists(st.sampled_from(items), min_size=least, max_size=most, unique_by=repr))


def _all_of(tests: Sequence[Predicate]) -> Predicate | None:
    return None if not tests else tests[0] if len(tests) == 1 else And(tuple(tests))


def _cut(draw: st.DrawFn, by: Sequence[Any]) -> dict[str, Any]:
    """An order by what is shown, and a limit where there is one."""
    order = tuple(Order(each, draw(st.booleans())) for each in _some(draw, by, 0, 1))
    limit, skip = draw(st.sampled_from([(None, None), (3, None), (2, 1)]))
    return {"order_by": order, **({"limit": limit, "skip": skip} if order else {})}


@st.composite
def rows(draw: st.DrawFn) -> Plan:
    """Fields of orders, or of their items with what they refer to, filtered, ordered and cut."""
    over_items = draw(st.booleans())
    tests = ON_ITEMS if over_items else ON_ORDERS
    values = _some(draw, (QUANTITY, PRICE, WORTH) if over_items else (TOTAL, STATUS, PLACED), 1, 2)
    values += _some(draw, (TITLE, NAME) if over_items else (CITY,), 0, 1)
    return _plan(*values, where=_all_of(_some(draw, tests, 0, 2)), **_cut(draw, values))


@st.composite
def groups(draw: st.DrawFn) -> Plan:
    """Aggregates of groups of orders or items, or of all of them."""
    over_items = draw(st.booleans())
    totals = _some(draw, OF_ITEMS if over_items else OF_GROUPS, 1, 2)
    keys = _some(draw, (STATUS, YEAR, MONTH, CITY), 0, 2)
    where = _all_of(_some(draw, ON_ITEMS if over_items else ON_ORDERS, 0, 1))
    if not keys:
        return _plan(*totals, where=where)
    counted = count(ITEMS if over_items else ORDERS)
    having = draw(st.sampled_from([
        None, Compare(counted, Comparator.GT, 1), Between(counted, 1, 3), In(counted, (1, 2)),
        Compare(totals[0], Comparator.GTE, _plan(MEAN)),
    ]))  # fmt: skip
    return _plan(
        *keys, *totals, where=where, group_by=tuple(keys), having=having, **_cut(draw, totals)
    )  # fmt: skip


@st.composite
def totals_of_rows(draw: st.DrawFn) -> Plan:
    """Customers with totals of what belongs to each."""
    totals = _some(draw, OF_CUSTOMERS, 1, 2)
    where = _all_of(_some(draw, (is_equal(CITY, "Berlin"), is_over(AGE, 30)), 0, 1))
    having = draw(st.sampled_from([None, Compare(count(ORDERS), Comparator.GT, 1)]))
    return _plan(NAME, *totals, where=where, having=having, **_cut(draw, totals))


@st.composite
def wider_rows(draw: st.DrawFn) -> Plan:
    """Rows of finer entities than shown, rows that may lack some, the first of an order."""
    form = draw(st.sampled_from(["rows", "optional", "left join", "top", "distinct"]))
    match form:
        case "rows":
            return _plan(NAME, where=draw(st.sampled_from([None, PAID])), rows=ORDERS)
        case "optional":
            return _plan(
                TOTAL, QUANTITY, where=draw(st.sampled_from([None, PAID])), optional=(ITEMS,)
            )
        case "left join":
            return _plan(NAME, draw(st.sampled_from([TOTAL, STATUS])), optional=(ORDERS,))
        case "top":
            # The first items, and nothing after them, would be an order and a limit.
            tests = [draw(st.sampled_from(TOPS)), *_some(draw, ON_ITEMS, 1, 2)]
            return _plan(QUANTITY, where=_all_of(tests))
        case _:
            keys = (draw(st.sampled_from([STATUS, YEAR])), *_some(draw, (CITY, MONTH), 0, 1))
            return _plan(*keys, where=_all_of(_some(draw, ON_ORDERS, 0, 1)), distinct=True)


@st.composite
def tops(draw: st.DrawFn) -> Plan:
    """The first rows, groups or rows with totals for each value of some keys."""
    limit, skip = draw(st.sampled_from([(1, None), (3, None), (2, 1)]))
    cut: dict[str, Any] = {"limit": limit, "skip": skip}
    descending = draw(st.booleans())
    match draw(st.sampled_from(["rows", "items", "documents", "groups", "totals", "distinct"])):
        case "rows":
            per = tuple(_some(draw, (STATUS, YEAR, CITY, BUYER), 1, 2))
            where = _all_of(_some(draw, ON_ORDERS, 0, 1))
            order = (Order(draw(st.sampled_from([TOTAL, PLACED])), descending),)
            return _plan(TOTAL, PLACED, where=where, per=per, order_by=order, **cut)
        case "items":
            per = (draw(st.sampled_from([TITLE, CATEGORY, STATUS])),)
            order = (Order(draw(st.sampled_from([QUANTITY, WORTH])), descending),)
            return _plan(*per, QUANTITY, WORTH, per=per, order_by=order, **cut)
        case "documents":
            per = tuple(_some(draw, (STATUS, MONTH), 1, 2))
            return _plan(ORDERS, per=per, order_by=(Order(TOTAL, descending),), **cut)
        case "groups":
            total, keys = draw(st.sampled_from(OF_GROUPS)), _some(draw, (STATUS, YEAR, CITY), 2, 3)
            per, order = tuple(keys[: draw(st.integers(1, 2))]), (Order(total, descending),)
            return _plan(*keys, total, group_by=tuple(keys), per=per, order_by=order, **cut)
        case "totals":
            total = draw(st.sampled_from(OF_CUSTOMERS))
            order = (Order(total, descending),)
            return _plan(NAME, total, per=(CITY,), order_by=order, **cut)
        case _:
            order = (Order(STATUS, descending),)
            return _plan(STATUS, YEAR, distinct=True, per=(YEAR,), order_by=order, **cut)


def _mean(total: Aggregate) -> Moving:
    return Moving(total, 3)


@st.composite
def running_totals(draw: st.DrawFn) -> Plan:
    """Groups that follow each other, with their totals so far."""
    turn = draw(
        st.sampled_from([(YEAR,), (MONTH,), (WEEK,), (YEAR, PartOf(DatePart.MONTH, PLACED))])
    )
    keys = (*_some(draw, (STATUS, CITY), 0, 2), *turn)
    totals = _some(draw, (count(ORDERS), Aggregate(Function.SUM, TOTAL, where=PAID)), 1, 2)
    over = draw(st.sampled_from([(Running,), (Change,), (Running, Change), (Rank,), (Rank, _mean)]))
    shown = [*_some(draw, totals, 0, 1), *(kind(total) for kind in over for total in totals)]
    having = draw(st.sampled_from([None, Compare(count(ORDERS), Comparator.GT, 1)]))
    where = _all_of(_some(draw, ON_ORDERS, 0, 1))
    return _plan(
        *keys, *shown, where=where, group_by=keys, having=having, **_cut(draw, totals)
    )  # fmt: skip


def canonical_plans() -> st.SearchStrategy[Plan]:
    return st.one_of(
        rows(), groups(), totals_of_rows(), wider_rows(), tops(), running_totals()
    )  # fmt: skip
