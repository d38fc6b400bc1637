"""What becomes of a corrected query when its question is asked at another time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.corrections.moving import brought_to, query_at, says_relative_dates
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.plan import Between, Entity, Field, Output, Plan
from mqt_serving.release_loading import Correction

JUNE_20 = datetime(2025, 6, 20, 23, 30, tzinfo=UTC)
SAME_DAY, NEXT_DAY = datetime(2025, 6, 20, 23, 59), datetime(2025, 6, 21, 8)
JULY = datetime(2025, 7, 9, 12)
MAY = "db.orders.countDocuments({at: {$gte: ISODate('2025-05-01'), $lt: ISODate('2025-06-01')}})"


def corrected(question: str, query: str = MAY, asked_at: datetime = JUNE_20) -> LiveCorrection:
    command = parse_query(query)
    later = asked_at + timedelta(days=3)  # corrected by somebody who looked at it later
    return LiveCorrection("one", question, "shop", None, command, "ada", later, asked_at)


def moved(correction: LiveCorrection | Correction, now: datetime) -> str | None:
    found = query_at(correction, now)
    return None if found is None else render_mongosh(found)


def as_written(query: str) -> str:
    return render_mongosh(parse_query(query))


@pytest.mark.parametrize(
    ("question", "query", "now", "expected"),
    [
        ("Orders last month", MAY, datetime(2025, 6, 30), MAY),
        ("Orders last month", MAY, JULY, MAY.replace("-06-", "-07-").replace("-05-", "-06-")),
        (
            "New orders of the last 7 days",
            "db.orders.find({status: 'new', at: {$gte: ISODate('2025-06-14')}})",
            NEXT_DAY,
            "db.orders.find({status: 'new', at: {$gte: ISODate('2025-06-15')}})",
        ),
        (
            "Orders last month and this month",
            "db.orders.aggregate([{$match: {at: {$gte: ISODate('2025-05-01'), "
            "$lt: ISODate('2025-07-01')}}}, {$group: {_id: {$lt: ['$at', ISODate('2025-06-01')]}, "
            "n: {$sum: 1}}}])",
            JULY,
            "db.orders.aggregate([{$match: {at: {$gte: ISODate('2025-06-01'), "
            "$lt: ISODate('2025-08-01')}}}, {$group: {_id: {$lt: ['$at', ISODate('2025-07-01')]}, "
            "n: {$sum: 1}}}])",
        ),
        (
            "Orders last month of customers who joined in 2024",
            "db.orders.find({at: {$gte: ISODate('2025-05-01'), $lt: ISODate('2025-06-01')}, "
            "joined: {$gte: ISODate('2024-01-01'), $lt: ISODate('2025-01-01')}})",
            JULY,
            "db.orders.find({at: {$gte: ISODate('2025-06-01'), $lt: ISODate('2025-07-01')}, "
            "joined: {$gte: ISODate('2024-01-01'), $lt: ISODate('2025-01-01')}})",
        ),
        (
            "Orders last month",
            "db.orders.find({at: {$gte: ISODate('2025-05-01'), "
            "$lte: ISODate('2025-05-31T23:59:59.999Z')}})",
            datetime(2026, 3, 1),
            "db.orders.find({at: {$gte: ISODate('2026-02-01'), "
            "$lte: ISODate('2026-02-28T23:59:59.999Z')}})",
        ),
        (
            "Orders of the last 24 hours",
            "db.orders.find({at: {$gt: ISODate('2025-06-19T23:30:00Z')}})",
            NEXT_DAY,
            "db.orders.find({at: {$gt: ISODate('2025-06-20T08:00:00Z')}})",
        ),
        ("Orders in May 2025", MAY, JULY, MAY),
        ("Orders by status", MAY, JULY, MAY),
    ],
)
def test_dates_that_the_question_names_move_along_with_it(
    question: str, query: str, now: datetime, expected: str
) -> None:
    assert moved(corrected(question, query), now) == as_written(expected)


@pytest.mark.parametrize(
    ("question", "query"),
    [
        # A date that the question does not name may be anything.
        ("Orders last month", MAY.replace("2025-06-01", "2025-05-20")),
        # The month as a text, or as a number: nobody knows what else is one.
        (
            "Orders last month",
            "db.orders.countDocuments({$expr: {$eq: [{$dateToString: "
            "{date: '$at', format: '%Y-%m'}}, '2025-05']}})",
        ),
        ("Orders this month", "db.orders.countDocuments({$expr: {$eq: [{$month: '$at'}, 6]}})"),
        # Of two spans that begin on one day, one stays and one moves.
        ("Orders last month, and those of May 2025", MAY),
        ("Orders last month, by the year 2025", "db.orders.countDocuments({})"),
    ],
)
def test_a_query_whose_dates_are_not_all_its_questions_is_of_its_time(
    question: str, query: str
) -> None:
    assert moved(corrected(question, query), SAME_DAY) == as_written(query)
    assert moved(corrected(question, query), JULY) is None


def test_a_query_by_the_clock_of_mongodb_stays_as_it_is() -> None:
    query = (
        "db.orders.countDocuments({$expr: {$gte: ['$at', "
        "{$dateSubtract: {startDate: '$$NOW', unit: 'day', amount: 7}}]}})"
    )
    assert moved(corrected("Orders of the last 7 days", query), JULY) == as_written(query)


def test_the_day_of_a_question_is_that_of_utc() -> None:
    east = JUNE_20.astimezone(timezone(timedelta(hours=5)))
    today = "db.orders.find({at: {$gte: ISODate('2025-06-20')}})"
    assert moved(corrected("Orders today", today, asked_at=east), SAME_DAY) == as_written(today)
    assert moved(corrected("Orders today", today, asked_at=east), NEXT_DAY) == as_written(
        "db.orders.find({at: {$gte: ISODate('2025-06-21')}})"
    )


def test_the_plan_moves_with_its_query() -> None:
    at = Field("orders", "at")
    plan = Plan(
        (Output(Entity("orders")),),
        Between(at, datetime(2025, 5, 1), datetime(2025, 6, 1, tzinfo=UTC), half_open=True),
    )
    released = Correction("Orders last month", "shop", plan, parse_query(MAY), JUNE_20)
    later = brought_to(released, JULY)
    assert later is not None
    june, july = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    assert later.plan == Plan(plan.outputs, Between(at, june, july, half_open=True))


@pytest.mark.parametrize(
    ("question", "expected"), [("Orders last year", None), ("In 2024", as_written(MAY))]
)
def test_a_correction_of_unknown_time_holds_for_fixed_dates_only(
    question: str, expected: str | None
) -> None:
    assert moved(Correction(question, "shop", None, parse_query(MAY)), JULY) == expected


@pytest.mark.parametrize(
    ("question", "relative"),
    [
        ("Orders yesterday", True),
        ("The next 30 days", True),
        ("Q1 this year", True),
        ("Orders in May 2025", False),
        ("Between 1 June and 31 August 2024", False),
        ("The last order", False),
    ],
)
def test_which_questions_depend_on_when_they_are_asked(question: str, relative: bool) -> None:
    assert says_relative_dates(question) is relative
