"""The first of each group and running totals: their results, and the ways people write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bson import Decimal128
from pymongo import MongoClient

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.errors import PlanError, QueryRefused, RaiseError, UnknownField
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.explanation import explain
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import (
    Aggregate,
    Change,
    Comparator,
    Compare,
    DatePart,
    Field,
    Function,
    Moving,
    Order,
    Output,
    PartOf,
    Plan,
    Rank,
    Running,
)
from mqt_serving.query.raising.commands import raise_command
from tests.mqt_serving.query.answering import Rows, answering
from tests.mqt_serving.query.shop import (
    AGE,
    CATEGORY,
    CITY,
    DOCUMENTS,
    ITEMS,
    NAME,
    ORDERS,
    PLACED,
    PRODUCTS,
    QUANTITY,
    STATUS,
    TITLE,
    TOTAL,
    catalog,
    count,
    is_equal,
    oid,
)

CATALOG = catalog()
BUYER, REVENUE = Field("orders", "customer_id"), Aggregate(Function.SUM, TOTAL)
YEAR, MONTH = PartOf(DatePart.YEAR, PLACED), PartOf(DatePart.YEAR_MONTH, PLACED)
MOST, LATEST = (Order(count(ORDERS), True),), (Order(PLACED, True),)


def plan(*values: Any, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), **more)


@pytest.fixture(scope="module")
def rows(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Callable[[Plan], Rows]]:
    """What a plan answers on the shop, past the guard."""
    with answering(mongo_client, DOCUMENTS, CATALOG) as rows_of:
        yield rows_of


# ------------------------------------------------------------------ the first of each


def test_the_first_rows_of_each_value_come_by_the_value(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(CATEGORY, TITLE, order_by=(Order(TITLE, True),), limit=1, per=(CATEGORY,))
    assert rows(asked) == [
        {"category": "kitchen", "title": "Fork"},
        {"category": "office", "title": "Pen"},
    ]


def test_skipped_are_the_first_of_each(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(TITLE, order_by=(Order(TITLE),), limit=5, skip=1, per=(CATEGORY,))
    assert [row["title"] for row in rows(asked)] == ["Fork", "Pen"]


def test_whole_documents_stay_as_they_are(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(PRODUCTS, order_by=(Order(TITLE),), limit=1, per=(CATEGORY,))
    assert rows(asked) == [
        {"_id": oid(302), "title": "Cup", "category": "kitchen"},
        {"_id": oid(303), "title": "Lamp", "category": "office"},
    ]


def test_the_key_may_be_of_what_rows_refer_to(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(NAME, TOTAL, order_by=LATEST, limit=1, per=(NAME,)))
    assert [(row["name"], str(row["total"])) for row in found] == [
        ("Ann", "99.00"),
        ("Bob", "7.25"),
    ]
    whole = rows(plan(ORDERS, order_by=LATEST, limit=1, per=(NAME,)))
    assert [(row["_id"], "customers" in row) for row in whole] == [
        (oid(202), False),
        (oid(204), False),
    ]


def test_null_and_missing_are_one_value(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(STATUS, TOTAL, order_by=(Order(TOTAL),), limit=1, per=(STATUS,)))
    assert [str(row["total"]) for row in found] == ["7.25", "99.00", "5.00"]


def test_rows_of_arrays_and_several_keys(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(TITLE, QUANTITY, order_by=(Order(QUANTITY, True),), limit=1, per=(TITLE, YEAR))
    found = [(row["title"], row["quantity"]) for row in rows(asked)]
    assert found == [("Cup", 5), ("Cup", 2), ("Lamp", 3), ("Pen", 1)]


def test_numbers_kept_as_text_rank_as_numbers(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(CITY, NAME, order_by=(Order(AGE, True),), limit=1, per=(CITY,)))
    assert [row["name"] for row in found] == ["Cleo", "Bob"]


def test_the_top_groups_within_others(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(
        YEAR, NAME, count(ORDERS), group_by=(YEAR, NAME), order_by=(Order(REVENUE, True),),
        limit=1, per=(YEAR,),
    )  # fmt: skip
    assert rows(asked) == [
        {"year": 2024, "name": "Bob", "count": 1},
        {"year": 2025, "name": "Ann", "count": 2},
    ]


def test_the_order_may_be_of_something_nested(rows: Callable[[Plan], Rows]) -> None:
    zip_code = Field("customers", "address.zip")
    asked = plan(NAME, order_by=(Order(zip_code, True),), limit=1, per=(CITY,))
    assert [row["name"] for row in rows(asked)] == ["Cleo", "Bob"]
    assert parse_query(render_mongosh(lower(asked, CATALOG))) == lower(asked, CATALOG)


def test_rows_with_totals_of_what_belongs_to_them(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(CITY, NAME, count(ORDERS), order_by=MOST, limit=1, skip=1, per=(CITY,))
    assert rows(asked) == [{"city": "Berlin", "name": "Cleo", "count": 0}]


def test_of_different_values_the_first_of_each(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(NAME, STATUS, order_by=(Order(STATUS, True),), limit=1, per=(NAME,), distinct=True)
    assert rows(asked) == [{"name": "Ann", "status": "paid"}, {"name": "Bob", "status": "paid"}]


@pytest.mark.parametrize(
    "asked",
    [
        plan(TITLE, order_by=(Order(TITLE),), per=(CATEGORY,)),
        plan(TITLE, limit=1, per=(CATEGORY,)),
        plan(TITLE, order_by=(Order(TITLE),), limit=0, per=(CATEGORY,)),
        plan(count(ORDERS), order_by=MOST, limit=1, per=(CITY,)),
        plan(CITY, count(ORDERS), group_by=(CITY,), order_by=MOST, limit=1, per=(NAME,)),
        plan(TITLE, order_by=(Order(TITLE),), limit=1, per=(CATEGORY,), distinct=True),
        plan(Running(Aggregate(Function.AVG, TOTAL)), group_by=(YEAR,)),
        plan(Running(count(BUYER, True)), group_by=(YEAR,)),
        plan(Running(REVENUE), group_by=(STATUS,)),
        plan(Running(REVENUE)),
        plan(Rank(REVENUE)),
        plan(Moving(REVENUE, 3), group_by=(STATUS,)),
        plan(Moving(REVENUE, 1), group_by=(YEAR,)),
    ],
    ids=["no limit", "no order", "none", "one total", "no key", "not shown", "average",
         "different ones", "text", "no groups", "rank of one", "moving over text", "over one"],
)  # fmt: skip
def test_what_says_nothing_is_refused(asked: Plan) -> None:
    with pytest.raises(PlanError):
        lower(asked, CATALOG)


def test_unknown_keys_and_arguments_are_named() -> None:
    nowhere = Field("orders", "nowhere")
    for asked in (
        plan(TOTAL, order_by=LATEST, limit=1, per=(nowhere,)),
        plan(Running(Aggregate(Function.SUM, nowhere)), group_by=(YEAR,)),
    ):
        with pytest.raises(UnknownField):
            check_plan(asked, CATALOG)


def test_literals_in_what_is_added_up_are_fitted() -> None:
    paid = Aggregate(Function.COUNT, ORDERS, where=Compare(TOTAL, Comparator.GT, 5))
    value = check_plan(plan(Running(paid), group_by=(YEAR,)), CATALOG).plan.outputs[0].value
    assert isinstance(value, Running) and isinstance(value.aggregate.where, Compare)
    assert value.aggregate.where.right == Decimal128("5")


def test_a_private_field_does_not_rank() -> None:
    hidden = catalog_from_documents("shop", DOCUMENTS, {"customers": ("age",)})
    for text in (
        "db.customers.aggregate([{$group: {_id: '$city', t: {$top: {sortBy: {age: 1},"
        "output: '$name'}}}}])",
        "db.customers.aggregate([{$setWindowFields: {partitionBy: '$city', output: {t: {$bottomN:"
        "{n: 1, sortBy: {age: 1}, output: '$name'}}}}}])",
    ):
        with pytest.raises(QueryRefused, match="age"):
            check(parse_query(text), hidden)


# ------------------------------------------------------------------ running totals


def test_a_running_total_adds_all_groups_before(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(MONTH, count(ORDERS), Running(count(ORDERS)), group_by=(MONTH,)))
    assert [(r["year_month"], r["count"], r["running_count"]) for r in found] == [
        ("2024-03", 1, 1), ("2025-03", 2, 3), ("2025-04", 1, 4),
    ]  # fmt: skip


def test_it_starts_anew_for_each_value_of_other_keys(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(NAME, MONTH, Running(REVENUE), group_by=(NAME, MONTH))
    found = {(r["name"], r["year_month"]): str(r["running_sum_total"]) for r in rows(asked)}
    assert found == {
        ("Ann", "2025-03"): "30.50",
        ("Ann", "2025-04"): "129.50",
        ("Bob", "2024-03"): "5.00",
        ("Bob", "2025-03"): "12.25",
    }


def test_all_parts_of_the_date_are_one_sequence(rows: Callable[[Plan], Rows]) -> None:
    month = PartOf(DatePart.MONTH, PLACED)
    found = rows(plan(month, YEAR, Running(count(ORDERS)), group_by=(month, YEAR)))
    in_turn = [(row["year"], row["month"], row["running_count"]) for row in found]
    assert in_turn == [(2024, 3, 1), (2025, 3, 3), (2025, 4, 4)]


def test_what_is_cut_off_counts_and_what_having_drops_does_not(
    rows: Callable[[Plan], Rows],
) -> None:
    total = Running(count(ORDERS))
    last = plan(MONTH, total, group_by=(MONTH,), order_by=(Order(MONTH, True),), limit=1)
    assert rows(last)[0]["running_count"] == 4
    having = Compare(count(ORDERS), Comparator.GT, 1)
    assert rows(plan(MONTH, total, group_by=(MONTH,), having=having))[0]["running_count"] == 2


def test_numbers_are_a_sequence_too(rows: Callable[[Plan], Rows]) -> None:
    by_quantity = plan(QUANTITY, Running(count(ITEMS)), group_by=(QUANTITY,))
    assert [row["running_count"] for row in rows(by_quantity)] == [1, 2, 3, 4]
    by_age = plan(AGE, Running(Aggregate(Function.COUNT, NAME)), group_by=(AGE,))
    assert [(row["age"], row["running_count"]) for row in rows(by_age)] == [
        ("9", 1), ("41", 2), ("130", 3),
    ]  # fmt: skip


def test_only_rows_that_meet_a_test_are_added_up(rows: Callable[[Plan], Rows]) -> None:
    paid = Aggregate(Function.SUM, TOTAL, where=is_equal(STATUS, "paid"))
    found = rows(plan(YEAR, Running(paid), group_by=(YEAR,)))
    assert [str(row["running_sum_total"]) for row in found] == ["5.00", "35.50"]


# ------------------------------------------------------------------------- changes


def test_a_change_is_from_the_group_before(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(MONTH, Change(count(ORDERS)), Change(REVENUE), group_by=(MONTH,)))
    assert [(r["year_month"], r["change_count"]) for r in found] == [
        ("2024-03", None), ("2025-03", 1), ("2025-04", -1),
    ]  # fmt: skip
    assert [str(row["change_sum_total"]) for row in found] == ["None", "32.75", "61.25"]


def test_changes_are_within_the_other_keys(rows: Callable[[Plan], Rows]) -> None:
    mean = Aggregate(Function.AVG, TOTAL)
    found = rows(plan(NAME, MONTH, Change(mean), Running(count(ORDERS)), group_by=(NAME, MONTH)))
    changes = {(r["name"], r["year_month"]): str(r["change_avg_total"]) for r in found}
    assert changes == {
        ("Ann", "2025-03"): "None",
        ("Ann", "2025-04"): "68.50",
        ("Bob", "2024-03"): "None",
        ("Bob", "2025-03"): "2.25",
    }


def test_dates_have_no_change() -> None:
    with pytest.raises(PlanError, match="numbers"):
        lower(plan(Change(Aggregate(Function.MAX, PLACED)), group_by=(YEAR,)), CATALOG)


# ------------------------------------------------------------ moving averages, ranks


def test_a_moving_average_is_over_this_group_and_those_before(
    rows: Callable[[Plan], Rows],
) -> None:
    found = rows(plan(MONTH, Moving(count(ORDERS), 2), group_by=(MONTH,)))
    assert [(row["year_month"], row["moving_avg_count"]) for row in found] == [
        ("2024-03", 1.0), ("2025-03", 1.5), ("2025-04", 1.5),
    ]  # fmt: skip
    apart = rows(plan(NAME, MONTH, Moving(count(ORDERS), 3), group_by=(NAME, MONTH)))
    assert {row["moving_avg_count"] for row in apart} == {1.0}


def test_ranks_are_by_the_figure_and_shared_by_equals(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(Rank(count(ORDERS)), MONTH, group_by=(MONTH,), order_by=MOST)
    assert rows(asked)[0] == {"rank": 1, "year_month": "2025-03"}
    assert [row["rank"] for row in rows(asked)] == [1, 2, 2]
    both = plan(NAME, Rank(REVENUE), Running(count(ORDERS)), MONTH, group_by=(NAME, MONTH))
    found = {(r["name"], r["year_month"]): (r["rank"], r["running_count"]) for r in rows(both)}
    assert found[("Ann", "2025-04")] == (1, 2)
    assert found[("Bob", "2024-03")] == (4, 1)


# ------------------------------------------------------------------------ in words


def test_they_read_in_plain_english() -> None:
    asked = plan(TITLE, order_by=(Order(TITLE),), limit=2, skip=1, per=(CATEGORY,))
    assert explain(asked, CATALOG) == (
        "Show the title (`products.title`) of all `products`; within each category "
        "(`products.category`), take the first two in alphabetical order of title, after skipping "
        "the first one."
    )
    asked = plan(YEAR, Running(REVENUE), group_by=(YEAR,))
    assert explain(asked, CATALOG) == (
        "For each year of the date placed (`orders.placed_at`), show the running total of the sum "
        "of the totals (`orders.total`), over all `orders`."
    )
    asked = plan(YEAR, Rank(REVENUE), Moving(REVENUE, 3), group_by=(YEAR,))
    words = explain(asked, CATALOG)
    assert "the rank by the sum of the totals (`orders.total`), largest first" in words
    assert "over 3 groups, this one and those before" in words


# ----------------------------------------------------------------- as people write

_SORTED = "db.orders.aggregate([{$sort: {placed_at: -1}}, {$group: {_id: '$customer_id', "
_TOP_TOTALS = plan(BUYER, TOTAL, order_by=(Order(TOTAL, True),), limit=2, per=(BUYER,))
_CUT = "{$unwind: '$t'}, {$project: {_id: 0, customer_id: '$_id', total: '$t'}}])"
_ROW = "{$project: {_id: 0, customer_id: 1, total: 1}}])"
_NUMBERED = (
    "db.orders.aggregate([{$setWindowFields: {partitionBy: '$customer_id', sortBy: {total: -1},"
    "output: {place: {$documentNumber: {}}}}}, "
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            _SORTED + "o: {$first: '$$ROOT'}}}, {$replaceRoot: {newRoot: '$o'}}])",
            plan(ORDERS, order_by=LATEST, limit=1, per=(BUYER,)),
        ),
        (
            _SORTED + "status: {$last: '$status'}}}, {$project: {_id: 0, status: 1}}])",
            plan(STATUS, order_by=(Order(PLACED),), limit=1, per=(BUYER,)),
        ),
        (
            _SORTED + "o: {$first: '$$ROOT'}}}, {$replaceRoot: {newRoot: '$o'}}, {$lookup: {from:"
            "'customers', localField: 'customer_id', foreignField: '_id', as: 'c'}},"
            "{$unwind: '$c'}, {$project: {_id: 0, name: '$c.name', total: 1}}])",
            plan(NAME, TOTAL, order_by=LATEST, limit=1, per=(BUYER,)),
        ),
        (
            "db.orders.aggregate([{$sort: {total: -1}}, {$group: {_id: '$customer_id',"
            "t: {$push: '$total'}}}, {$project: {t: {$slice: ['$t', 2]}}}, " + _CUT,
            _TOP_TOTALS,
        ),
        (
            "db.orders.aggregate([{$sort: {total: -1}}, {$group: {_id: '$customer_id',"
            "t: {$firstN: {n: 2, input: '$total'}}}}, " + _CUT,
            _TOP_TOTALS,
        ),
        (
            "db.orders.aggregate([{$group: {_id: '$customer_id', t: {$bottomN: {n: 2, sortBy:"
            "{total: 1}, output: '$total'}}}}, " + _CUT,
            _TOP_TOTALS,
        ),
        (_NUMBERED + "{$match: {place: {$lte: 2}}}, " + _ROW, _TOP_TOTALS),
        (
            _NUMBERED + "{$match: {place: {$lt: 3}}}, {$sort: {customer_id: 1}}, " + _ROW,
            _TOP_TOTALS,
        ),
        (
            _NUMBERED + "{$match: {place: 2}}, " + _ROW,
            plan(BUYER, TOTAL, order_by=(Order(TOTAL, True),), limit=1, skip=1, per=(BUYER,)),
        ),
        (
            "db.orders.aggregate([{$group: {_id: {s: '$status', c: '$customer_id'}, n: {$sum: 1}}},"
            "{$sort: {n: -1}}, {$group: {_id: '$_id.s', customer_id: {$first: '$_id.c'}}},"
            "{$project: {_id: 0, status: '$_id', customer_id: 1}}])",
            plan(STATUS, BUYER, group_by=(STATUS, BUYER), order_by=MOST, limit=1, per=(STATUS,)),
        ),
        (
            "db.orders.aggregate([{$group: {_id: {$year: '$placed_at'}, n: {$sum: 1}}},"
            "{$setWindowFields: {sortBy: {_id: 1}, output: {last: {$shift: {output: '$n', by: -1,"
            "default: null}}}}}, {$project: {_id: 0, year: '$_id', change_count: {$subtract:"
            "['$n', '$last']}}}])",
            plan(YEAR, Change(count(ORDERS)), group_by=(YEAR,)),
        ),
        (
            "db.orders.aggregate([{$group: {_id: {$year: '$placed_at'}, s: {$sum: '$total'}}},"
            "{$setWindowFields: {sortBy: {_id: 1}, output: {running_sum_total: {$sum: '$s', window:"
            "{documents: ['unbounded', 'current']}}}}}, {$sort: {_id: 1}},"
            "{$project: {_id: 0, year: '$_id', running_sum_total: 1}}])",
            plan(YEAR, Running(REVENUE), group_by=(YEAR,), order_by=(Order(YEAR),)),
        ),
    ],
)
def test_people_write_them_in_many_ways(text: str, meant: Plan) -> None:
    found = raise_command(parse_query(text), CATALOG)
    by_name = sorted(found.outputs, key=repr)
    assert (by_name, found) == (
        sorted(meant.outputs, key=repr),
        Plan(found.outputs, **_rest(meant)),
    )


def _rest(meant: Plan) -> dict[str, Any]:
    names = ("where", "group_by", "having", "order_by", "limit", "skip", "distinct", "rows",
             "optional", "per")  # fmt: skip
    return {name: getattr(meant, name) for name in names}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (_NUMBERED + "{$project: {_id: 0, place: 1}}])", "position-output"),
        (_NUMBERED + "{$match: {place: {$gt: 2}}}, " + _ROW, "position-test"),
        (_NUMBERED + "{$match: {status: 'paid'}}, " + _ROW, "filter-after-limit"),
        (_NUMBERED + "{$match: {place: 1}}, {$sort: {total: -1}}, " + _ROW, "sort-after-limit"),
        (_NUMBERED + "{$match: {place: 1}}, {$limit: 3}, " + _ROW, "limit-after-limit"),
        (_NUMBERED.replace("documentNumber", "rank") + _ROW, "stage-SetWindowFields"),
        (_SORTED + "n: {$sum: 1}, t: {$first: '$status'}}}, {$project: {n: 1, t: 1}}])",
         "first-of-order"),
        (_SORTED + "t: {$firstN: {n: 2, input: '$status'}}}}, {$project: {_id: 0, t: 1}}])",
         "array-output"),
    ],
)  # fmt: skip
def test_what_means_something_else_is_refused(text: str, cause: str) -> None:
    with pytest.raises(RaiseError) as caught:
        raise_command(parse_query(text), CATALOG)
    assert caught.value.cause == cause
