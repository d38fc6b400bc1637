"""Dates in words: finds the calendar spans that a question names, as half-open UTC ranges.

Understands ISO dates, `5 March 2025`, `March 5th, 2025`, `03/15/2025`, `March 2025`, `Q1 2025`,
`the first half of 2025`, `summer 2025` (as in the north), years, decades (`the 1990s`, `the 90s`,
`the nineties`), weeks (`week 12 of 2025`, `2025-W12`, `the week of 3 March 2025`, `the first week
of March 2025`), and spans relative to a clock (`last month`, `Q1 this year`, `May last year`,
`last May`, `last summer`, `the past six months`, `the next 30 days`, `two weeks ago`, `year to
date`, `last weekend`, `since Monday`, `today`). A day without a year (`since 1 March`) is the last
one that has come; so is a calendar week.
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
_UNITS = {"day": 1, "week": 7, "wk": 7, "fortnight": 14}
_MONTHS_IN = {"month": 1, "mth": 1, "quarter": 3, "qtr": 3, "year": 12, "yr": 12}
_FULL = {"wk": "week", "mth": "month", "qtr": "quarter", "yr": "year"}
_SHIFTS = {
    "last": -1, "previous": -1, "preceding": -1, "prior": -1, "this": 0, "current": 0, "next": 1,
    "coming": 1, "upcoming": 1,
}  # fmt: skip
_HALVES = ("first", "second")
_QUARTERS = ("first", "second", "third", "fourth")
_WEEKS = (*_QUARTERS, "last")
_WHICH_WEEK = "(" + "|".join(_WEEKS) + ")"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}  # the month that they begin with
_SEASON = "(" + "|".join(_SEASONS) + ")"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = "(" + "|".join(_WEEKDAYS) + ")"
_DECADES = ("thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_TO_DATE = {"y": "year", "q": "quarter", "m": "month", "w": "week"}
_COUNTS = {word: number for number, word in enumerate(NUMBER_WORDS) if number > 1} | {
    "couple of": 2,
    "dozen": 12,
    "a": 1,
    "an": 1,
    "one": 1,
}
_COUNT = r"(\d+|" + "|".join(_COUNTS) + ")"
_STRETCH = "(day|week|wk|fortnight|month|mth|quarter|qtr|year|yr)"
_ANY_YEAR = r"(?:of )?(?:the )?((?:19|20)\d\d|(?:this|last|previous|current|next) (?:year|yr))"


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
    return _this(match[2].lower(), _SHIFTS[match[1].lower()], now)


def _this(unit: str, shift: int, now: datetime) -> tuple[datetime, datetime]:
    """The calendar week, month, quarter or year so many after this one."""
    today, unit = _midnight(now), _FULL.get(unit, unit)
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
    unit = match[1].lower()
    return _this(_TO_DATE.get(unit, unit), 0, now)[0], _midnight(now) + timedelta(days=1)


def _season(match: re.Match[str], _: datetime) -> tuple[datetime, datetime]:
    return _months(int(match[2]), _SEASONS[match[1].lower()], 3)


def _last_season(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    """`last summer`: the last one that is over."""
    month = _SEASONS[match[1].lower()]
    return _months(now.year if month + 3 <= now.month else now.year - 1, month, 3)


def _week(year: int, week: int) -> tuple[datetime, datetime] | None:
    try:
        start = datetime.fromisocalendar(year, week, 1)
    except ValueError:
        return None
    return start, start + timedelta(weeks=1)


def _last_week(match: re.Match[str], now: datetime) -> tuple[datetime, datetime] | None:
    """`calendar week 10`: the last one that has begun."""
    span = _week(now.isocalendar().year, int(match[1]))
    return span if span is None or span[0] <= now else _week(now.year - 1, int(match[1]))


def _week_of_month(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    """The 1st to the 7th, the 8th to the 14th, ...; the last seven days."""
    first, end = _months(_year(match[3], now), _MONTHS[match[2].lower()], 1)
    which = _WEEKS.index(match[1].lower())
    start = end - timedelta(weeks=1) if which == 4 else first + timedelta(weeks=which)
    return start, start + timedelta(weeks=1)


def _weekend(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    """Saturday and Sunday; the last weekend is over, this one is this week's."""
    this = _this("week", 0, now)[0] + timedelta(days=5)
    start = this + timedelta(weeks=_SHIFTS.get(match[1].lower(), -1))
    return start, start + timedelta(days=2)


def _weekday(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    """The last such day; `since Monday` may mean today, `last Monday` does not."""
    today = _midnight(now)
    back = (today.weekday() - _WEEKDAYS.index(match[2].lower())) % 7
    if back == 0 and match[1]:
        back = 7
    return today - timedelta(days=back), today - timedelta(days=back - 1)


def _from_now(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    count, unit, today = _count(match[1]), match[2].lower(), _midnight(now)
    days = count * _UNITS[unit] if unit in _UNITS else None
    start = _moved(today, count * _MONTHS_IN[unit]) if days is None else today + timedelta(days)
    return start, start + timedelta(days=1)


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
        (
            r"\b" + _WHICH_WEEK + r" week (?:of|in) " + _MONTH + r",? " + _ANY_YEAR + r"\b",
            _week_of_month,
        ),
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
            r"\bq([1-4]),?[ /-]?(?:'(\d\d)\b|(?<=[ /-])([1-3]\d)\b(?=\s*(?:$|[,.;:?!)/]|"
            r"(?:than|vs|versus|and|or|to|against|compared|by|per)\b)))",
            lambda m, _: _months(2000 + int(m[2] or m[3]), 3 * int(m[1]) - 2, 3),
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
        (
            r"\b(?:(?:calendar |iso )?week|[ck]w)[ -]?(\d{1,2}),?[ -]?(?:of |in )?" + _YEAR + r"\b",
            lambda m, _: _week(int(m[2]), int(m[1])),
        ),
        (
            r"\b" + _YEAR + r"[- ]?W(\d{2})\b",
            lambda m, _: _week(int(m[1]), int(m[2])),
        ),
        (r"\b(?:(?:calendar|iso) week|[ck]w)[ -]?(\d{1,2})\b", _last_week),
        (r"\b" + _SEASON + r"(?: of)? " + _YEAR + r"\b", _season),
        (r"\blast " + _SEASON + r"\b", _last_season),
        (
            r"\bthe " + "(" + "|".join(_DECADES) + r")\b",
            lambda m, _: _months(1930 + 10 * _DECADES.index(m[1].lower()), 1, 120),
        ),
        (r"\b((?:19|20)\d)0s\b", lambda m, _: _months(int(m[1]) * 10, 1, 120)),
        (r"(?:\bthe '?|')([3-9])0s\b", lambda m, _: _months(1900 + int(m[1]) * 10, 1, 120)),
        (r"\b(?:last|past|previous) " + _COUNT + " " + _STRETCH + r"s?\b", _trailing),
        (r"\b(?:last|past|previous) " + _COUNT + r" hours?\b", _hours),
        (r"\bpast " + _STRETCH + r"\b", _just_past),
        (r"\blast (fortnight)\b", _just_past),
        (r"\b(last|past|this past|previous|this|next|coming) weekend\b", _weekend),
        (r"(?:(?<=\bsince )|\b(last|past) )" + _WEEKDAY + r"\b", _weekday),
        (
            r"\b(?:next|coming|following) " + _COUNT + " " + _STRETCH + r"s?\b",
            _coming,
        ),
        (r"\b" + _COUNT + r" " + _STRETCH + r"s? ago\b", _ago),
        (r"\b" + _COUNT + r" " + _STRETCH + r"s? from now\b", _from_now),
        (r"\b(year|quarter|month|week)[ -]to[ -]date\b", _to_date),
        (r"\b([yqmw])td\b", _to_date),
        (
            r"\b(?:the )?year before last\b",
            lambda _, now: _months(now.year - 2, 1, 12),
        ),
        (
            r"\b(?:the )?(week|month|quarter) before last\b",
            lambda m, now: _this(m[1].lower(), -2, now),
        ),
        (r"\blast " + _MONTH, _last_named),
        (
            r"\b(" + "|".join(_SHIFTS) + ") (?:full |complete |whole |calendar )?"
            r"(week|wk|month|mth|quarter|qtr|year|yr)\b",
            _relative,
        ),
        (r"\b(?:the )?day before yesterday\b", _single(-2)),
        (r"\b(?:the )?day after tomorrow\b", _single(2)),
        (r"\boverdue\b|\bpast due\b|\bupcoming\b(?! (?:week|month|quarter|year))", _single(0)),
        (r"\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b", _single(0)),
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
    taken += [(span.first, span.last) for span in found]
    for match in _DAY_ALONE.finditer(question):
        clear = all(match.end() <= first or match.start() >= last for first, last in taken)
        if clear and (day := _latest_day(match, now)) is not None:
            found.append(day)
    found = [_whole_week(question, span) for span in found]
    return sorted(found, key=lambda span: span.first)


_DAY_UNTIL = re.compile(
    r"(?<![\w.,-])(\d{1,2})(?:st|nd|rd|th)?\s*(?:-|–|to|until|till|through|thru|and)\s*(?:the )?$",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(r"\d{1,2}(?:st|nd|rd|th)?\s")


def _earlier_day(question: str, last: DateSpan) -> DateSpan | None:
    """The `20` of "20 to 24 December 2025"."""
    match = _DAY_UNTIL.search(question[: last.first])
    if match is None or last.end - last.start != timedelta(days=1):
        return None
    day = int(match[1])
    if not 0 < day < last.start.day or not _DAY_FIRST.match(question[last.first : last.last]):
        return None
    start = last.start.replace(day=day)
    return DateSpan(start, start + timedelta(days=1), match.start(), match.end(1))


_WEEK_WITH = re.compile(
    r"\bweek (of|containing|beginning|starting|commencing|from|ending)(?: on)? (?:the )?$",
    re.IGNORECASE,
)


def _whole_week(question: str, day: DateSpan) -> DateSpan:
    """The week of "the week of 3 March 2025", in place of the day; other spans stay."""
    match = _WEEK_WITH.search(question[: day.first])
    if match is None or day.end - day.start != timedelta(days=1):
        return day
    match match[1].lower():
        case "ending":
            start = day.start - timedelta(days=6)
        case "of" | "containing":
            start = day.start - timedelta(days=day.start.weekday())
        case _:
            start = day.start
    return DateSpan(start, start + timedelta(weeks=1), match.start(), day.last)


_DAY_ALONE = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"|" + _MONTH + r" (\d{1,2})"
    r"(?:st|nd|rd|th)?\b)(?![-/:.]?\d)",
    re.IGNORECASE,
)


def _latest_day(match: re.Match[str], now: datetime) -> DateSpan | None:
    """The `1 March` of "since 1 March": the last one that has come."""
    month, day = _MONTHS[(match[2] or match[3]).lower()], int(match[1] or match[4])
    for year in range(now.year, now.year - 5, -1):  # 29 February may be four years ago
        span = _day(year, month, day)
        if span is not None and span[0] <= now:
            return DateSpan(*span, match.start(), match.end())
    return None


_UNTIL = re.compile(
    r"(?:(?:\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? )?\b"
    + _MONTH
    + r"(?: (\d{1,2})(?:st|nd|rd|th)?)?\s+(?:and|to|until|till|through|thru|-|–)"
    r"|\b(?:(q)(?=[1-4])|(h)(?=[12]))([1-4])\s*(?:,|/|-|–|and|or|to|against|than|vs\.?|versus|over))"
    r"\s*(?:in )?(?:the )?$",
    re.IGNORECASE,
)


def _without_year(question: str, last: DateSpan) -> DateSpan | None:
    """The `1 June` of "between 1 June and 31 August 2024", the `Q1` of "Q1 and Q3 2025" and the
    `20` of "20 to 24 May 2025", which take what they leave out from `last`."""
    match = _UNTIL.search(question[: last.first])
    if match is None:
        return _earlier_day(question, last)
    if match[6]:  # a quarter or a half
        months = 3 if match[4] else 6
        start, end = _months(last.start.year, months * (int(match[6]) - 1) + 1, months)
        return DateSpan(start, end, match.start(), match.end(6))
    month, day = _MONTHS[match[2].lower()], match[1] or match[3]
    for year in (last.start.year, last.start.year - 1):
        span = _day(year, month, int(day)) if day else _months(year, month, 1)
        if span is not None and span[0] < last.start:
            stop = match.end(3) if match[3] else match.end(2)
            return DateSpan(span[0], span[1], match.start(), stop)
    return None
