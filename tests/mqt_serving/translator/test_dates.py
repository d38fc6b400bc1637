"""Dates in words become half-open ranges."""

from __future__ import annotations

from datetime import datetime

import pytest

from mqt_serving.translator.dates import find_dates

NOW = datetime(2026, 5, 20, 15, 30)


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("orders on 2025-03-09", "2025-03-09", "2025-03-10"),
        ("orders on 5 March 2025", "2025-03-05", "2025-03-06"),
        ("orders on March 5th, 2025", "2025-03-05", "2025-03-06"),
        ("orders on 03/15/2025", "2025-03-15", "2025-03-16"),
        ("orders in March 2025", "2025-03-01", "2025-04-01"),
        ("orders in December 2025", "2025-12-01", "2026-01-01"),
        ("orders in Q4 2025", "2025-10-01", "2026-01-01"),
        ("orders in the first quarter of 2025", "2025-01-01", "2025-04-01"),
        ("orders in 2025", "2025-01-01", "2026-01-01"),
        ("orders in the first half of 2025", "2025-01-01", "2025-07-01"),
        ("orders in H2 2025", "2025-07-01", "2026-01-01"),
        ("people born in the 1980s", "1980-01-01", "1990-01-01"),
        ("people born in the 90s", "1990-01-01", "2000-01-01"),
        ("people born in the '70s", "1970-01-01", "1980-01-01"),
        ("orders last month", "2026-04-01", "2026-05-01"),
        ("orders this year", "2026-01-01", "2027-01-01"),
        ("orders last quarter", "2026-01-01", "2026-04-01"),
        ("orders last week", "2026-05-11", "2026-05-18"),
        ("orders of the last 7 days", "2026-05-14", "2026-05-21"),
        ("orders of today", "2026-05-20", "2026-05-21"),
        ("orders in the first half of this year", "2026-01-01", "2026-07-01"),
        ("orders in H2 of last year", "2025-07-01", "2026-01-01"),
        ("orders in Q1 last year", "2025-01-01", "2025-04-01"),
        ("orders in the fourth quarter of the previous year", "2025-10-01", "2026-01-01"),
        ("orders in March last year", "2025-03-01", "2025-04-01"),
        ("orders since last May", "2025-05-01", "2025-06-01"),
        ("orders since last April", "2026-04-01", "2026-05-01"),
        ("orders over the past six months", "2025-11-20", "2026-05-21"),
        ("orders of the last couple of weeks", "2026-05-07", "2026-05-21"),
        ("orders of the previous two quarters", "2025-11-20", "2026-05-21"),
        ("orders of the past week", "2026-05-14", "2026-05-21"),
        ("orders of the last 24 hours", "2026-05-19T15:30", "2026-05-20T15:30"),
        ("due within the next 30 days", "2026-05-20", "2026-06-20"),
        ("due in the coming two months", "2026-05-20", "2026-07-20"),
        ("orders of three weeks ago", "2026-04-29", "2026-04-30"),
        ("orders of two months ago", "2026-03-20", "2026-03-21"),
        ("revenue year to date", "2026-01-01", "2026-05-21"),
        ("month-to-date revenue", "2026-05-01", "2026-05-21"),
        ("orders in the year before last", "2024-01-01", "2025-01-01"),
        ("orders of the day before yesterday", "2026-05-18", "2026-05-19"),
        ("revenue YTD", "2026-01-01", "2026-05-21"),
        ("revenue qtd", "2026-04-01", "2026-05-21"),
        ("revenue month to date", "2026-05-01", "2026-05-21"),
        ("revenue week-to-date", "2026-05-18", "2026-05-21"),
        ("orders in week 12 of 2025", "2025-03-17", "2025-03-24"),
        ("orders in calendar week 1, 2026", "2025-12-29", "2026-01-05"),
        ("orders in 2025-W12", "2025-03-17", "2025-03-24"),
        ("orders in CW 12", "2026-03-16", "2026-03-23"),
        ("orders in calendar week 40", "2025-09-29", "2025-10-06"),
        ("orders in the week of 5 March 2025", "2025-03-03", "2025-03-10"),
        ("orders in the week of March 5", "2026-03-02", "2026-03-09"),
        ("orders in the week starting on 5 March 2025", "2025-03-05", "2025-03-12"),
        ("orders in the week ending 2025-03-09", "2025-03-03", "2025-03-10"),
        ("orders in the week before last", "2026-05-04", "2026-05-11"),
        ("orders in the quarter before last", "2025-10-01", "2026-01-01"),
        ("orders in the second week of March 2025", "2025-03-08", "2025-03-15"),
        ("orders in the last week of February last year", "2025-02-22", "2025-03-01"),
        ("orders last weekend", "2026-05-16", "2026-05-18"),
        ("shifts this weekend", "2026-05-23", "2026-05-25"),
        ("orders since Monday", "2026-05-18", "2026-05-19"),
        ("orders since Wednesday", "2026-05-20", "2026-05-21"),
        ("orders last Wednesday", "2026-05-13", "2026-05-14"),
        ("orders since 1 March", "2026-03-01", "2026-03-02"),
        ("orders on December 24th", "2025-12-24", "2025-12-25"),
        ("born on 29 February", "2024-02-29", "2024-03-01"),
        ("orders in the summer of 2025", "2025-06-01", "2025-09-01"),
        ("orders in spring 2025", "2025-03-01", "2025-06-01"),
        ("orders last fall", "2025-09-01", "2025-12-01"),
        ("orders last spring", "2025-03-01", "2025-06-01"),
        ("people born in the nineties", "1990-01-01", "2000-01-01"),
        ("orders of the last full month", "2026-04-01", "2026-05-01"),
        ("orders of the previous calendar year", "2025-01-01", "2026-01-01"),
        ("appointments of the coming week", "2026-05-25", "2026-06-01"),
        ("orders of a year ago", "2025-05-20", "2025-05-21"),
        ("joined more than one month ago", "2026-04-20", "2026-04-21"),
        ("orders of the past two fortnights", "2026-04-23", "2026-05-21"),
        ("due two weeks from now", "2026-06-03", "2026-06-04"),
        ("orders of this morning", "2026-05-20", "2026-05-21"),
        ("sales this yr", "2026-01-01", "2027-01-01"),
        ("sales last qtr", "2026-01-01", "2026-04-01"),
        ("sales Q3 last yr", "2025-07-01", "2025-10-01"),
        ("sales in Q4 '25", "2025-10-01", "2026-01-01"),
        ("sales in q4 25", "2025-10-01", "2026-01-01"),
        ("overdue invoices", "2026-05-20", "2026-05-21"),
        ("upcoming visits", "2026-05-20", "2026-05-21"),
    ],
)
def test_a_calendar_span_is_read(question: str, start: str, end: str) -> None:
    (span,) = find_dates(question, NOW)
    assert (span.start, span.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_longer_readings_win_over_the_year_inside_them() -> None:
    spans = find_dates("between March 2024 and 7 June 2025", NOW)
    assert [span.start for span in spans] == [datetime(2024, 3, 1), datetime(2025, 6, 7)]


@pytest.mark.parametrize(
    ("question", "starts"),
    [
        ("between 1 June and 31 August 2024", ["2024-06-01", "2024-08-31"]),
        ("from June 3rd to July 4, 2025", ["2025-06-03", "2025-07-04"]),
        ("from June to August 2024", ["2024-06-01", "2024-08-01"]),
        ("from November through February 2024", ["2023-11-01", "2024-02-01"]),
        ("the years 2024-2025", ["2024-01-01", "2025-01-01"]),
        ("Q1 and Q3 2025", ["2025-01-01", "2025-07-01"]),
        ("H1 vs H2 2025", ["2025-01-01", "2025-07-01"]),
        ("fewer in q4 25 than in q3 25", ["2025-10-01", "2025-07-01"]),
        ("20-24 dec 2025", ["2025-12-20", "2025-12-24"]),
        ("24 thru 31 Dec 2025", ["2025-12-24", "2025-12-31"]),
        ("between the 3rd and the 5th of March 2025", ["2025-03-03", "2025-03-05"]),
        ("page 7 and 5 March 2025", ["2025-03-05"]),
        ("the 3 to 2025-03-05", ["2025-03-05"]),
        ("Q1/Q2 2025", ["2025-01-01", "2025-04-01"]),
    ],
)
def test_the_year_may_be_said_once(question: str, starts: list[str]) -> None:
    found = [span.start.date().isoformat() for span in find_dates(question, NOW)]
    assert found == starts


@pytest.mark.parametrize(
    "question",
    [
        "the last three orders",
        "the past months",
        "on 31 February 2025",
        "the 5 biggest",
        "room 12",
        "",
        "order SO-2024-006100",
        "in a1999",
        "in Q4 20 best customers",
        "week 12 of the course",
        "on 29 February 2025",
        "the quarter finals",
        "on Mondays",
        "leaves that fall early",
    ],
)  # fmt: skip
def test_what_is_no_date_is_left_alone(question: str) -> None:
    assert find_dates(question, NOW) == []
