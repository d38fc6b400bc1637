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
    ],
)
def test_the_year_may_be_said_once(question: str, starts: list[str]) -> None:
    found = [span.start.date().isoformat() for span in find_dates(question, NOW)]
    assert found == starts


@pytest.mark.parametrize(
    "question",
    ["on 31 February 2025", "the 5 biggest", "room 12", "", "order SO-2024-006100", "in a1999"],
)
def test_what_is_no_date_is_left_alone(question: str) -> None:
    assert find_dates(question, NOW) == []
