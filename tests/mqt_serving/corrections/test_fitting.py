"""Whether the dates in a corrected query are those that its question means now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mqt_serving.corrections.fitting import is_of_then
from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.release_loading import Correction

MAY = (
    "db.orders.countDocuments({placed_at: "
    "{$gte: ISODate('2025-05-01'), $lt: ISODate('2025-06-01')}})"
)
BY_CLOCK = (
    "db.orders.countDocuments({$expr: {$gte: ['$placed_at', "
    "{$dateSubtract: {startDate: '$$NOW', unit: 'day', amount: 7}}]}})"
)
CORRECTED = datetime(2025, 6, 20, 23, tzinfo=UTC)
SAME_DAY, NEXT_DAY = datetime(2025, 6, 20, 23, 59), datetime(2025, 6, 21)
END_OF_JUNE, JULY = datetime(2025, 6, 30), datetime(2025, 7, 1)


def corrected(question: str, query: str = MAY, at: datetime = CORRECTED) -> LiveCorrection:
    return LiveCorrection("one", question, "shop", None, parse_query(query), "ada", at)


@pytest.mark.parametrize(
    ("question", "now", "of_then"),
    [
        ("Orders last month", END_OF_JUNE, False),
        ("Orders last month", JULY, True),
        ("Orders today", SAME_DAY, False),
        ("Orders today", NEXT_DAY, True),
        ("Orders of the last 7 days", SAME_DAY, False),
        ("Orders of the last 7 days", NEXT_DAY, True),
        ("Orders in May 2025", JULY, False),
        ("Orders by status", JULY, False),
    ],
)
def test_a_correction_is_of_then_once_its_question_means_other_dates(
    question: str, now: datetime, of_then: bool
) -> None:
    assert is_of_then(corrected(question), now) is of_then


def test_the_day_of_a_correction_is_that_of_utc() -> None:
    east = CORRECTED.astimezone(timezone(timedelta(hours=5)))
    assert not is_of_then(corrected("Orders today", at=east), SAME_DAY)


def test_a_query_by_the_clock_moves_along() -> None:
    assert not is_of_then(corrected("Orders of the last 7 days", BY_CLOCK), JULY)


@pytest.mark.parametrize(("question", "of_then"), [("Orders last year", True), ("In 2024", False)])
def test_a_correction_of_unknown_day_holds_for_fixed_dates_only(
    question: str, of_then: bool
) -> None:
    released = Correction(question, "shop", None, parse_query(MAY))
    assert is_of_then(released, JULY) is of_then
