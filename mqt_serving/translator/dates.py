"""Dates in words: finds the calendar spans that a question names, as half-open UTC ranges.

Understands ISO dates, `5 March 2025`, `March 5th, 2025`, `03/15/2025`, `March 2025`, `Q1 2025`,
`the first half of 2025`, years, decades (`the 1990s`, `the 90s`), and spans relative to
a clock (`last month`, `Q1 this year`, `May last year`, `last May`, `the past six months`, `the
next 30 days`, `two weeks ago`, `year to date`, `today`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mqt_serving.english import NUMBER_WORDS

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
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_SHIFTS = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1}
_HALVES = ("first", "second")
_QUARTERS = ("first", "second", "third", "fourth")
_COUNTS = {word: number for number, word in enumerate(NUMBER_WORDS) if number > 1} | {
    "couple of": 2,
    "dozen": 12,
}
_COUNT = r"(\d+|" + "|".join(_COUNTS) + ")"
_ANY_YEAR = r"(?:of )?(?:the )?((?:19|20)\d\d|(?:this|last|previous|current|next) year)"


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


def _year(text: str, now: datetime) -> int:
    """The year that "2025" or "last year" names."""
    return int(text) if text.isdigit() else now.year + _SHIFTS[text.split()[0].lower()]


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _COUNTS[text.lower()]


def _moved(day: datetime, months: int) -> datetime:
    """The same day of another month; of the 29th to 31st the 28th, so that every month has it."""
    return _months(day.year, day.month + months, 1)[0] + timedelta(days=min(day.day, 28) - 1)


def _relative(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    shift, unit, today = _SHIFTS[match[1].lower()], match[2].lower(), _midnight(now)
    if unit == "week":
        start = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return start, start + timedelta(weeks=1)
    if unit == "month":
        return _months(now.year, now.month + shift, 1)
    if unit == "quarter":
        return _months(now.year, (now.month - 1) // 3 * 3 + 1 + 3 * shift, 3)
    return _months(now.year + shift, 1, 12)


def _trailing(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    return _back(_count(match[1]), match[2].lower(), now), _midnight(now) + timedelta(days=1)


def _just_past(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    return _back(1, match[1].lower(), now), _midnight(now) + timedelta(days=1)


def _back(count: int, unit: str, now: datetime) -> datetime:
    """The first day of a stretch of so many units that today ends."""
    if unit in _UNITS:
        return _midnight(now) + timedelta(days=1 - count * _UNITS[unit])
    return _moved(_midnight(now), -count * _MONTHS_IN[unit])


def _hours(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    return now - timedelta(hours=_count(match[1])), now


def _coming(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    count, unit, today = _count(match[1]), match[2].lower(), _midnight(now)
    if unit in _UNITS:
        return today, today + timedelta(days=count * _UNITS[unit] + 1)
    return today, _moved(today, count * _MONTHS_IN[unit])


def _ago(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    count, unit, today = _count(match[1]), match[2].lower(), _midnight(now)
    days = count * _UNITS[unit] if unit in _UNITS else None
    start = _moved(today, -count * _MONTHS_IN[unit]) if days is None else today - timedelta(days)
    return start, start + timedelta(days=1)


def _to_date(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    first = _midnight(now).replace(day=1)
    start = first if match[1].lower() == "month" else first.replace(month=1)
    return start, _midnight(now) + timedelta(days=1)


def _last_named(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    """`last May`: the last one that is over."""
    month = _MONTHS[match[1].lower()]
    return _months(now.year if month < now.month else now.year - 1, month, 1)


def _single(days: int) -> Build:
    def build(_: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
        start = _midnight(now) + timedelta(days=days)
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
            r"\b" + _MONTH + r",? " + _ANY_YEAR + r"\b",
            lambda m, now: _months(_year(m[2], now), _MONTHS[m[1].lower()], 1),
        ),
        (
            r"\bq([1-4]),?[ -]?" + _ANY_YEAR + r"\b",
            lambda m, now: _months(_year(m[2], now), 3 * int(m[1]) - 2, 3),
        ),
        (
            r"\b(first|second|third|fourth) quarter " + _ANY_YEAR + r"\b",
            lambda m, now: _months(_year(m[2], now), 3 * _QUARTERS.index(m[1].lower()) + 1, 3),
        ),
        (
            r"\bh([12]),?[ -]?" + _ANY_YEAR + r"\b",
            lambda m, now: _months(_year(m[2], now), 6 * int(m[1]) - 5, 6),
        ),
        (
            r"\b(first|second) half " + _ANY_YEAR + r"\b",
            lambda m, now: _months(_year(m[2], now), 6 * _HALVES.index(m[1].lower()) + 1, 6),
        ),
        (r"\b((?:19|20)\d)0s\b", lambda m, _: _months(int(m[1]) * 10, 1, 120)),
        (r"(?:\bthe '?|')([3-9])0s\b", lambda m, _: _months(1900 + int(m[1]) * 10, 1, 120)),
        (r"\b(?:last|past|previous) " + _COUNT + r" (day|week|month|quarter|year)s?\b", _trailing),
        (r"\b(?:last|past|previous) " + _COUNT + r" hours?\b", _hours),
        (r"\bpast (day|week|month|quarter|year)\b", _just_past),
        (
            r"\b(?:next|coming|following) " + _COUNT + r" (day|week|month|quarter|year)s?\b",
            _coming,
        ),
        (r"\b" + _COUNT + r" (day|week|month|quarter|year)s? ago\b", _ago),
        (r"\b(year|month)[ -]to[ -]date\b", _to_date),
        (
            r"\b(?:the )?year before last\b",
            lambda _, now: _months(now.year - 2, 1, 12),
        ),
        (
            r"\b(?:the )?month before last\b",
            lambda _, now: _months(now.year, now.month - 2, 1),
        ),
        (r"\blast " + _MONTH, _last_named),
        (r"\b(last|previous|this|current|next) (week|month|quarter|year)\b", _relative),
        (r"\b(?:the )?day before yesterday\b", _single(-2)),
        (r"\b(?:the )?day after tomorrow\b", _single(2)),
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
