"""Literals, dates and periods as people read them. Pure; depends on `english` and `bson`.

Different literals never read the same, those that Python calls equal aside (5 and 5.0). Dates
say their time zone: `UTC`, in brackets where a date came without a zone and is read as UTC.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from bson import Decimal128, ObjectId

from mqt_serving.english import MONTHS, NUMBER_WORDS
from mqt_serving.query.plan import Comparator, Scalar
from mqt_serving.schema import BsonType

WEEKDAYS: Final = (
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
)  # fmt: skip
_ORDINALS: Final = ("first", "second", "third", "fourth")
_DAY: Final = timedelta(days=1)


def literal(value: Scalar, stored: BsonType | None = None) -> str:
    """A literal as people read it: text in quotes, whole numbers without decimals.

    Where decimals are stored, they are the ones that need no word; elsewhere other numbers.
    """
    match value, stored is BsonType.DECIMAL:
        case Decimal128(), False:
            return f"{value} (decimal)"
        case ((bool() | str() | datetime() | ObjectId() | Decimal128()), _):
            return _plain(value)
        case _, True:
            return f"the number {_plain(value)}"
    return _plain(value)


def _plain(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case datetime():
            return f"{instant(value)} {zone(value)}"
        case ObjectId():
            return f"id {value}"
        case Decimal128():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        case int():
            return str(int(value))


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def spelled(count: int) -> str:
    """A small number as a word: `five`, `40`."""
    return NUMBER_WORDS[count] if 0 <= count < len(NUMBER_WORDS) else str(count)


def listed(items: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


# ----------------------------------------------------------------------- dates


def zone(moment: datetime) -> str:
    return "UTC" if moment.tzinfo else "(UTC)"


def instant(moment: datetime) -> str:
    """The moment in UTC, to the minute or as exactly as it is given, without its zone."""
    moment = _in_utc(moment)
    time = moment.time()
    exact = f"{time:%H:%M}" if not (time.second or time.microsecond) else time.isoformat()
    return f"{_day(moment)} {exact}"


def compared_with(op: Comparator, moment: datetime) -> str:
    """`before 1 March 2025 UTC`: how something is compared with a moment.

    A whole day stands for its first instant where that says the same: before it, or on it or
    after. Elsewhere the time of day is said too.
    """
    whole = _in_utc(moment).time() == datetime.min.time()
    day, exact = _day(_in_utc(moment)), instant(moment)
    match op:
        case Comparator.EQ:
            text = f"exactly {exact}"
        case Comparator.NE:
            text = f"not exactly {exact}"
        case Comparator.GT:
            text = f"after {exact}"
        case Comparator.LTE:
            text = f"at or before {exact}"
        case Comparator.GTE:
            text = f"on or after {day}" if whole else f"at or after {exact}"
        case Comparator.LT:
            text = f"before {day}" if whole else f"before {exact}"
    return f"{text} {zone(moment)}"


def stretch(low: datetime, high: datetime, half_open: bool) -> str:
    """`in March 2025 UTC`, or the two ends where the range is no calendar period."""
    together = bool(low.tzinfo) == bool(high.tzinfo)
    start, end = _in_utc(low), _in_utc(high)
    if half_open and together and (period := _period(start, end)) is not None:
        return f"{period} {zone(low)}"
    first = instant(low) if together else f"{instant(low)} {zone(low)}"
    joint, after = ("up to but not including", "from") if half_open else ("and", "between")
    included = "" if half_open else ", both included"
    return f"{after} {first} {joint} {instant(high)} {zone(high)}{included}"


def _period(start: datetime, end: datetime) -> str | None:
    """The calendar period that begins at `start` and ends right before `end`; None for none."""
    if start >= end or any(m.time() != datetime.min.time() for m in (start, end)):
        return None
    last = end - _DAY
    if last == start:
        return f"on {_day(start)}"
    if start.day != 1 or end.day != 1:
        return f"from {_day(start)} through {_day(last)}"
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.month == 1 and months % 12 == 0:
        years = f"in {start.year}"
        return years if months == 12 else f"from {start.year} through {last.year}"
    if months == 1:
        return f"in {_month(start)}"
    if months == 3 and start.month % 3 == 1:
        return f"in the {_ORDINALS[start.month // 3]} quarter of {start.year}"
    if months == 6 and start.month % 6 == 1:
        return f"in the {_ORDINALS[start.month // 6]} half of {start.year}"
    return f"from {_month(start)} through {_month(last)}"


def _in_utc(moment: datetime) -> datetime:
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)


def _day(moment: datetime) -> str:
    return f"{moment.day} {_month(moment)}"


def _month(moment: datetime) -> str:
    return f"{MONTHS[moment.month - 1]} {moment.year}"
