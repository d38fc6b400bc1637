"""Dates in words: finds the calendar spans that a question names, as half-open UTC ranges.

Understands ISO dates, `5 March 2025`, `March 5th, 2025`, `03/15/2025`, `March 2025`, `Q1 2025`,
`the first half of 2025`, years, decades (`the 1990s`, `the 90s`), and spans relative to
a clock (`last month`, `this year`, `the last 30 days`, `today`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"),
            ("may",), ("june", "jun"), ("july", "jul"), ("august", "aug"),
            ("september", "sep", "sept"), ("october", "oct"), ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"((?:19|20)\d\d)"
_UNITS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class DateSpan:
    """`[start, end)` in UTC, and the characters that named it."""

    start: datetime
    end: datetime
    first: int
    last: int


Build = Callable[[re.Match[str], datetime], tuple[datetime, datetime] | None]


def _day(year: int, month: int, day: int) -> tuple[datetime, datetime] | None:
    try:
        start = datetime(year, month, day)
    except ValueError:
        return None  # 31 February is text, not a date
    return start, start + timedelta(days=1)


def _months(year: int, month: int, count: int) -> tuple[datetime, datetime]:
    """`count` months from the first of `month`, which may lie outside 1..12."""
    first = year * 12 + month - 1
    last = first + count
    return datetime(first // 12, first % 12 + 1, 1), datetime(last // 12, last % 12 + 1, 1)


def _relative(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    shift = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1}[match[1].lower()]
    unit = match[2].lower()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        start = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return start, start + timedelta(weeks=1)
    if unit == "month":
        return _months(now.year, now.month + shift, 1)
    if unit == "quarter":
        return _months(now.year, (now.month - 1) // 3 * 3 + 1 + 3 * shift, 3)
    return _months(now.year + shift, 1, 12)


def _trailing(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    count, unit = int(match[1]), match[2].lower()
    end = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if unit in _UNITS:
        return end - timedelta(days=count * _UNITS[unit]), end
    months = count * (12 if unit == "year" else 1)
    start = _months(now.year, now.month - months, 1)[0]
    return start + timedelta(days=min(now.day, 28) - 1), end


def _single(days: int) -> Build:
    def build(_: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
        start = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
        return start, start + timedelta(days=1)

    return build


_PATTERNS: tuple[tuple[re.Pattern[str], Build], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), build)
    for pattern, build in (
        (r"\b(\d{4})-(\d{2})-(\d{2})\b", lambda m, _: _day(int(m[1]), int(m[2]), int(m[3]))),
        (r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", lambda m, _: _day(int(m[3]), int(m[1]), int(m[2]))),
        (
            r"\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? " + _MONTH + r",? " + _YEAR + r"\b",
            lambda m, _: _day(int(m[3]), _MONTHS[m[2].lower()], int(m[1])),
        ),
        (
            r"\b" + _MONTH + r" (\d{1,2})(?:st|nd|rd|th)?,? " + _YEAR + r"\b",
            lambda m, _: _day(int(m[3]), _MONTHS[m[1].lower()], int(m[2])),
        ),
        (
            r"\b" + _MONTH + r",?(?: of)? " + _YEAR + r"\b",
            lambda m, _: _months(int(m[2]), _MONTHS[m[1].lower()], 1),
        ),
        (
            r"(?<![\w-])" + _YEAR + r"-(0[1-9]|1[0-2])(?![\w-])",
            lambda m, _: _months(int(m[1]), int(m[2]), 1),
        ),
        (
            r"\bq([1-4])(?: of)?[ -]?" + _YEAR + r"\b",
            lambda m, _: _months(int(m[2]), 3 * int(m[1]) - 2, 3),
        ),
        (
            r"\b(first|second|third|fourth) quarter(?: of)? " + _YEAR + r"\b",
            lambda m, _: _months(
                int(m[2]), 3 * ["first", "second", "third", "fourth"].index(m[1].lower()) + 1, 3
            ),
        ),
        (
            r"\bh([12])(?: of)?[ -]?" + _YEAR + r"\b",
            lambda m, _: _months(int(m[2]), 6 * int(m[1]) - 5, 6),
        ),
        (
            r"\b(first|second) half(?: of)? " + _YEAR + r"\b",
            lambda m, _: _months(int(m[2]), 1 if m[1].lower() == "first" else 7, 6),
        ),
        (r"\b((?:19|20)\d)0s\b", lambda m, _: _months(int(m[1]) * 10, 1, 120)),
        (r"(?:\bthe '?|')([3-9])0s\b", lambda m, _: _months(1900 + int(m[1]) * 10, 1, 120)),
        (r"\b(?:last|past|previous) (\d+) (day|week|month|year)s?\b", _trailing),
        (r"\b(last|previous|this|current|next) (week|month|quarter|year)\b", _relative),
        (r"\btoday\b", _single(0)),
        (r"\byesterday\b", _single(-1)),
        (r"\btomorrow\b", _single(1)),
        (r"(?<!\w)(?<![A-Za-z]-)" + _YEAR + r"(?!\w)", lambda m, _: _months(int(m[1]), 1, 12)),
    )
)


def find_dates(question: str, now: datetime) -> list[DateSpan]:
    """Non-overlapping spans in order of appearance; longer readings win over shorter ones."""
    found: list[DateSpan] = []
    taken: list[tuple[int, int]] = []
    for pattern, build in _PATTERNS:
        for match in pattern.finditer(question):
            if any(match.start() < last and match.end() > first for first, last in taken):
                continue
            taken.append(match.span())  # 31 February 2025 must not read as February 2025
            span = build(match, now)
            if span is not None:
                found.append(DateSpan(span[0], span[1], match.start(), match.end()))
    found += [early for span in found if (early := _without_year(question, span)) is not None]
    return sorted(found, key=lambda span: span.first)


_UNTIL = re.compile(
    r"(?:\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? )?\b"
    + _MONTH
    + r"(?: (\d{1,2})(?:st|nd|rd|th)?)?\s+(?:and|to|until|till|through|-|–)\s+(?:the )?$",
    re.IGNORECASE,
)


def _without_year(question: str, last: DateSpan) -> DateSpan | None:
    """The `1 June` of "between 1 June and 31 August 2024", which takes the year of `last`."""
    match = _UNTIL.search(question[: last.first])
    if match is None:
        return None
    month, day = _MONTHS[match[2].lower()], match[1] or match[3]
    for year in (last.start.year, last.start.year - 1):
        span = _day(year, month, int(day)) if day else _months(year, month, 1)
        if span is not None and span[0] < last.start:
            end = match.end(3) if match[3] else match.end(2)
            return DateSpan(span[0], span[1], match.start(), end)
    return None
