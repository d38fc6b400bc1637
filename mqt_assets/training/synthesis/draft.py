"""The sheet that one question is written on, and the literal values put into it.

A `Draft` carries the random source and remembers how each literal was spelled, so that style
never damages it. Every literal that a plan holds is spelled in the question: as its own text
(perhaps in another case, `_` as a space), a number, or a date span. Depends on `view`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from mqt_assets.training.synthesis.things import FieldView, Role
from mqt_assets.training.wording import (
    quoted,
    spell_day,
    spell_half,
    spell_number,
    spell_quarter,
    spell_without_year,
    spell_year_month,
)
from mqt_serving.query.literals import fit
from mqt_serving.query.plan import Scalar
from mqt_serving.schema import BsonType

T = TypeVar("T")

_LONGEST_VALUE = 48


class NotHere(Exception):
    """The shape or condition doesn't suit this thing; another one is drawn."""


@dataclass(slots=True)
class Draft:
    rng: Random
    literals: list[str] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; raises NotHere when there is none."""
        if not options:
            raise NotHere
        return options[int(self.rng.random() * len(options))]

    def weighted(self, options: Sequence[tuple[T, float]]) -> T:
        if not options:
            raise NotHere
        return self.rng.choices(
            [option for option, _ in options], [weight for _, weight in options]
        )[0]

    def say(self, spelled: str) -> str:
        self.literals.append(spelled)
        return spelled


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time as it was spelled: `start` inclusive, `end` exclusive."""

    start: datetime
    end: datetime
    text: str
    unit: str  # day | month | quarter | half | year


# ---------------------------------------------------------------------- text


def text_value(draft: Draft, item: FieldView) -> tuple[Scalar, str]:
    """A stored text and how it stands in the question."""
    stored = _stored_text(draft, item)
    spelled = stored
    if "_" in stored and draft.chance(0.5):
        spelled = stored.replace("_", " ")
    if draft.chance(0.12):
        spelled = spelled.lower()
    long = len(stored.split()) > 3
    if long or item.role in (Role.CODE, Role.NAME, Role.TEXT) or draft.chance(0.3):
        spelled = quoted(spelled, draft.rng)
    return fit(stored, item.schema), draft.say(spelled)


def text_values(draft: Draft, item: FieldView, count: int) -> list[tuple[Scalar, str]]:
    """Different stored texts, all in the same kind of quotes."""
    usable = [text for text in item.schema.samples if _is_usable(text)]
    if len(usable) < count:
        raise NotHere
    chosen = draft.rng.sample(usable, count)
    mark = draft.pick(("", "", "", '"', "'"))
    if any("," in text or len(text.split()) > 3 for text in chosen):
        mark = '"'
    if any(mark and mark in text for text in chosen):
        raise NotHere
    return [(fit(text, item.schema), draft.say(f"{mark}{text}{mark}")) for text in chosen]


def fragment(draft: Draft, item: FieldView) -> tuple[str, str, str]:
    """A word of a stored text: (fragment, as spelled, contains | starts | ends)."""
    words = _stored_text(draft, item).split()
    where = draft.weighted((("contains", 0.6), ("starts", 0.27), ("ends", 0.13)))
    word = words[0] if where == "starts" else words[-1] if where == "ends" else draft.pick(words)
    word = word.strip("\"'()[]{},.;:!?")
    if not word or not word[0].isalnum():
        raise NotHere
    if len(word) > 4 and where != "contains" and draft.chance(0.35):
        cut = draft.rng.randrange(1, 4)
        word = word[:cut] if where == "starts" else word[-cut:]
    if where == "contains" and len(word) < 3:
        raise NotHere
    if draft.chance(0.25):
        word = word.lower()
    spelled = draft.pick((word, f'"{word}"', f"'{word}'", f'"{word}"'))
    return word, draft.say(spelled), where


def _stored_text(draft: Draft, item: FieldView) -> str:
    samples = item.schema.samples
    for _ in range(4):
        if samples and _is_usable(text := draft.pick(samples)):
            return text
    raise NotHere


def _is_usable(text: str) -> bool:
    return 0 < len(text.strip()) <= _LONGEST_VALUE and text == text.strip() and "\n" not in text


# ------------------------------------------------------------------- numbers


def number_value(draft: Draft, item: FieldView, exact: bool = False) -> tuple[Scalar, str, float]:
    """A number inside the field's range: as stored, as spelled, and as a float.

    `exact` takes a stored value (for equality); others are rounded as people round bounds.
    """
    if exact or draft.chance(0.3):
        number = _as_number(draft.pick(item.schema.samples))
    else:
        low, high = _range_of(item)
        number = _rounded(draft, low + (high - low) * draft.rng.random())
        if item.schema.main_type == BsonType.INT:
            number = round(number)
    return _spelled_number(draft, item, number)


def number_range(draft: Draft, item: FieldView) -> tuple[Scalar, Scalar, str, str]:
    """Two different bounds, the lower first."""
    for _ in range(6):
        low, low_text, low_float = number_value(draft, item)
        high, high_text, high_float = number_value(draft, item)
        if low_float < high_float:
            return low, high, low_text, high_text
        del draft.literals[-2:]
    raise NotHere


def count_bound(draft: Draft, rows: int) -> int:
    """A number of rows to ask for in a group, out of `rows` in all."""
    if rows > 400 and draft.chance(0.4):
        top = math.log10(rows / 2)
        return int(_rounded(draft, 10 ** (1.5 + (top - 1.5) * draft.rng.random())))
    return draft.weighted(
        (
            (1, 2.0),
            (2, 3.0),
            (3, 3.0),
            (4, 1.5),
            (5, 3.0),
            (6, 0.7),
            (8, 0.7),
            (10, 2.5),
            (12, 0.5),
            (15, 0.7),
            (20, 1.2),
            (25, 0.5),
            (50, 1.0),
            (100, 1.0),
        )
    )


def _spelled_number(
    draft: Draft, item: FieldView, number: int | float
) -> tuple[Scalar, str, float]:
    stored = fit(number, item.schema)
    spelled = str(number) if item.role == Role.YEAR else spell_number(number, draft.rng)
    if item.head in _MONEY and draft.chance(0.22):
        spelled = draft.pick(
            (f"${spelled}", f"{spelled} dollars", f"${spelled}", f"{spelled} euros", f"€{spelled}")
        )
    return stored, draft.say(spelled), float(number)


_MONEY = frozenset(
    "price cost amount total revenue salary wage fee budget balance payment discount spent fare "
    "rent income profit fine paid subtotal tax".split()
)


def _as_number(text: str) -> int | float:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        raise NotHere from None
    if not math.isfinite(number) or abs(number) > 1e15:
        raise NotHere
    if number.is_integer() and "." not in text and "e" not in text.lower():
        return int(number)
    return number


def _range_of(item: FieldView) -> tuple[float, float]:
    low, high = _as_number(item.schema.minimum or ""), _as_number(item.schema.maximum or "")
    if not low < high:
        raise NotHere
    return low, high


def _rounded(draft: Draft, number: float) -> int | float:
    if number == 0:
        return 0
    size = math.floor(math.log10(abs(number)))
    digits = draft.weighted(((1, 0.5), (2, 0.4), (3, 0.1)))
    rounded = round(number, digits - 1 - size)
    if size >= 1 or rounded == int(rounded):
        return int(rounded)
    return rounded


# --------------------------------------------------------------------- dates


def span_value(draft: Draft, item: FieldView) -> Span:
    """A day, month, quarter or year within the field's range."""
    low, high = date_range(item)
    moment = low + (high - low) * draft.rng.random()
    unit = draft.weighted(
        (("year", 0.35), ("month", 0.28), ("day", 0.26), ("quarter", 0.07), ("half", 0.04))
    )
    return span_around(draft, moment, unit)


def span_pair(draft: Draft, item: FieldView) -> tuple[Span, Span]:
    """Two spans of the same unit, the first one earlier."""
    low, high = date_range(item)
    first, second = sorted(low + (high - low) * draft.rng.random() for _ in range(2))
    unit = draft.weighted((("year", 0.25), ("month", 0.3), ("day", 0.45)))
    if _start(first, unit) == _start(second, unit):
        raise NotHere
    if unit != "year" and first.year == second.year and draft.chance(0.4):
        # "between 1 June and 31 August 2024": the year is said once.
        last = span_around(draft, second, unit)
        start = _start(first, unit)
        text = spell_without_year(start, unit, draft.rng)
        end = _months_later(start, 1) if unit == "month" else start + timedelta(days=1)
        return Span(start, end, draft.say(text), unit), last
    return span_around(draft, first, unit), span_around(draft, second, unit)


def span_around(draft: Draft, moment: datetime, unit: str) -> Span:
    start = _start(moment, unit)
    match unit:
        case "year":
            end, text = start.replace(year=start.year + 1), str(start.year)
        case "quarter":
            end, text = _months_later(start, 3), spell_quarter(start, draft.rng)
        case "half":
            end, text = _months_later(start, 6), spell_half(start, draft.rng)
        case "month":
            end, text = _months_later(start, 1), spell_year_month(start, draft.rng)
        case _:
            end, text = start + timedelta(days=1), spell_day(start, draft.rng)
    return Span(start, end, draft.say(text), unit)


def _start(moment: datetime, unit: str) -> datetime:
    day = datetime(moment.year, moment.month, moment.day)
    match unit:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "half":
            return day.replace(month=1 if day.month < 7 else 7, day=1)
        case "month":
            return day.replace(day=1)
    return day


def _months_later(start: datetime, months: int) -> datetime:
    month = start.month - 1 + months
    return start.replace(year=start.year + month // 12, month=month % 12 + 1)


def date_range(item: FieldView) -> tuple[datetime, datetime]:
    """Earliest and latest date of the field; raises NotHere without two."""
    low, high = _as_date(item.schema.minimum), _as_date(item.schema.maximum)
    if not low < high or not 1000 <= low.year <= high.year <= 3000:
        raise NotHere
    return low, high


def _as_date(text: str | None) -> datetime:
    try:
        return datetime.fromisoformat((text or "").replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        raise NotHere from None
