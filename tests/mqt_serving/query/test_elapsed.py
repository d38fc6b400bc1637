"""The time between two dates: what it gives, where it is refused, and how people write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.errors import TypeMismatch
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.explanation import explain
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import (
    ELAPSED,
    Aggregate,
    Arithmetic,
    Comparator,
    Compare,
    Field,
    Function,
    Now,
    Operator,
    Order,
    Output,
    Plan,
)
from mqt_serving.query.raising.commands import raise_command
from tests.mqt_serving.query.answering import Rows, answering

DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "loans": [
        {
            "_id": 1,
            "book": "Emma",
            "branch": "north",
            "lent": datetime(2025, 3, 1, 12),
            "back": datetime(2025, 3, 11),
            "asked": "2025-02-28",
        },
        {
            "_id": 2,
            "book": "Ulysses",
            "branch": "north",
            "lent": datetime(2025, 3, 1),
            "back": datetime(2025, 3, 3),
            "asked": "2025-02-27",
        },
        {
            "_id": 3,
            "book": "Dune",
            "branch": "south",
            "lent": datetime(2025, 4, 1),
            "back": None,
            "asked": "2025-03-22",
        },
    ],
}
CATALOG = catalog_from_documents("library", DOCUMENTS)
BOOK, BRANCH, LENT, BACK, ASKED = (
    Field("loans", name) for name in ("book", "branch", "lent", "back", "asked")
)
KEPT = Arithmetic(Operator.DAYS, LENT, BACK)


@pytest.fixture(scope="module")
def rows(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Callable[[Plan], Rows]]:
    """What a plan answers on the library, past the guard."""
    with answering(mongo_client, DOCUMENTS, CATALOG) as rows_of:
        yield rows_of


def plan(*values: Any, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), **more)


def values_of(found: Rows) -> list[list[Any]]:
    return [list(row.values()) for row in found]


def test_it_has_fractions_and_is_null_without_a_date(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(BOOK, KEPT, order_by=(Order(BOOK),)))
    assert values_of(found) == [["Dune", None], ["Emma", 9.5], ["Ulysses", 2.0]]
    assert list(found[0]) == ["book", "days_lent_back"]


def test_averages_pass_over_what_has_no_end(rows: Callable[[Plan], Rows]) -> None:
    asked = plan(
        BRANCH, Aggregate(Function.AVG, KEPT), group_by=(BRANCH,), order_by=(Order(BRANCH),)
    )
    found = {row["branch"]: row["avg_days_lent_back"] for row in rows(asked)}
    assert found == {"north": 5.75, "south": None}


def test_it_is_tested_and_ordered_by(rows: Callable[[Plan], Rows]) -> None:
    long = Compare(KEPT, Comparator.GT, 7)
    assert values_of(rows(plan(BOOK, where=long))) == [["Emma"]]
    longest = plan(BOOK, order_by=(Order(KEPT, descending=True),), limit=1)
    assert values_of(rows(longest)) == [["Emma"]]


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        (Operator.MINUTES, 2880),
        (Operator.HOURS, 48),
        (Operator.DAYS, 2),
        (Operator.WEEKS, 2 / 7),
        (Operator.YEARS, 2 / 365.25),
    ],
)
def test_each_unit(unit: Operator, length: float, rows: Callable[[Plan], Rows]) -> None:
    asked = plan(Arithmetic(unit, LENT, BACK), where=Compare(BOOK, Comparator.EQ, "Ulysses"))
    assert values_of(rows(asked)) == [[pytest.approx(length)]]
    backwards = plan(Arithmetic(unit, BACK, LENT), where=Compare(BOOK, Comparator.EQ, "Ulysses"))
    assert values_of(rows(backwards)) == [[pytest.approx(-length)]]


def test_dates_kept_as_text_are_read(rows: Callable[[Plan], Rows]) -> None:
    waited = plan(Aggregate(Function.MAX, Arithmetic(Operator.DAYS, ASKED, LENT)))
    assert values_of(rows(waited)) == [[10.0]]


def test_from_the_first_to_the_last(rows: Callable[[Plan], Rows]) -> None:
    first, last = (Aggregate(function, LENT) for function in (Function.MIN, Function.MAX))
    asked = plan(BRANCH, Arithmetic(Operator.HOURS, first, last), group_by=(BRANCH,))
    found = {row["branch"]: row["hours_min_lent_max_lent"] for row in rows(asked)}
    assert found == {"north": 12.0, "south": 0.0}


def test_until_now(rows: Callable[[Plan], Rows]) -> None:
    ago = Arithmetic(Operator.DAYS, LENT, Now())
    [[days]] = values_of(rows(plan(ago, where=Compare(BOOK, Comparator.EQ, "Dune"))))
    lent = datetime(2025, 4, 1, tzinfo=UTC)
    assert days == pytest.approx((datetime.now(UTC) - lent).total_seconds() / 86400, abs=0.01)
    long = plan(BOOK, where=Compare(ago, Comparator.GT, days + 1), order_by=(Order(BOOK),))
    assert values_of(rows(long)) == [["Emma"], ["Ulysses"]]
    assert "number of days from the lent" in explain(long, CATALOG)
    assert "to now" in explain(long, CATALOG)
    oldest = plan(BRANCH, Aggregate(Function.MAX, ago), group_by=(BRANCH,))
    again = raise_command(parse_query(render_mongosh(lower(oldest, CATALOG))), CATALOG)
    assert again.outputs[1].value == Aggregate(Function.MAX, ago)


@pytest.mark.parametrize(
    "asked",
    [
        Arithmetic(Operator.SUBTRACT, Now(), LENT),
        Arithmetic(Operator.DAYS, Now(), Now()),
        Arithmetic(Operator.DAYS, BOOK, BACK),
        Arithmetic(Operator.DAYS, LENT, 3),
        Arithmetic(Operator.DAYS, LENT, Aggregate(Function.AVG, BACK)),
        Arithmetic(Operator.SUBTRACT, LENT, BACK),
    ],
)
def test_what_is_no_date_is_refused(asked: Arithmetic) -> None:
    with pytest.raises(TypeMismatch):
        check_plan(plan(asked), CATALOG)


def test_it_reads_in_plain_english() -> None:
    asked = plan(BRANCH, Aggregate(Function.AVG, KEPT), group_by=(BRANCH,))
    assert "the average number of days from the lent" in explain(asked, CATALOG)


@pytest.mark.parametrize("unit", sorted(ELAPSED))
def test_written_out_it_is_the_same_plan(unit: Operator) -> None:
    asked = plan(BRANCH, Aggregate(Function.AVG, Arithmetic(unit, LENT, BACK)), group_by=(BRANCH,))
    written = render_mongosh(lower(asked, CATALOG))
    again = raise_command(parse_query(written), CATALOG)
    assert lower(again, CATALOG) == lower(asked, CATALOG)
    [_, output] = again.outputs
    assert output.value == Aggregate(Function.AVG, Arithmetic(unit, LENT, BACK))


def test_milliseconds_alone_are_not_days() -> None:
    written = (
        "db.loans.aggregate([{$project: {_id: 0, kept: {$divide: [{$subtract: "
        '["$back", "$lent"]}, 1000]}}}])'
    )
    with pytest.raises(TypeMismatch):
        check_plan(raise_command(parse_query(written), CATALOG), CATALOG)
