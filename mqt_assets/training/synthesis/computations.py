"""Two fields of a thing that people compute with, the operation, and the words for it.

Products of prices and counts, differences and sums of like measures, quotients of any two, the
time between two dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.lexicon import measure_of
from mqt_assets.training.synthesis.phrases import field_words
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_serving.query.plan import Arithmetic, Now, Operator

_COUNTS: Final = frozenset(
    "quantity units stock copies nights hours days count pieces bottles seats tickets minutes "
    "guests participants number boxes tons workers months shares items rooms sessions".split()
)
_MONEY: Final = frozenset(
    "price cost amount total revenue salary wage fee budget balance payment discount spent fare "
    "rent income profit fine paid subtotal tax charge rate bill value funding deposit raised goal "
    "premium".split()
)
_WORDS: Final[dict[Operator, tuple[str, ...]]] = {
    Operator.MULTIPLY: (
        "{0} times {1}",
        "{0} multiplied by {1}",
        "product of {0} and {1}",
        "{0} times the {1}",
        "{0} * {1}",
        "{0} x {1}",
    ),
    Operator.SUBTRACT: (
        "difference between {0} and {1}",
        "{0} minus {1}",
        "{0} less the {1}",
        "difference of {0} and {1}",
        "{0} - {1}",
        "{0} minus the {1}",
        "gap between {0} and {1}",
    ),
    Operator.ADD: (
        "sum of {0} and {1}",
        "{0} plus {1}",
        "{0} and {1} added together",
        "{0} + {1}",
        "{0} plus the {1}",
        "{0} and {1} combined",
    ),
    Operator.DIVIDE: (
        "{0} divided by {1}",
        "ratio of {0} to {1}",
        "{0} divided by the {1}",
        "quotient of {0} and {1}",
        "{0} / {1}",
    ),
}


_UNITS: Final = (
    (Operator.DAYS, 0.6), (Operator.HOURS, 0.15), (Operator.MINUTES, 0.1), (Operator.WEEKS, 0.05),
    (Operator.YEARS, 0.1),
)  # fmt: skip
_BETWEEN: Final = (
    "number of {2} from {0} to {1}",
    "number of {2} between {0} and {1}",
    "{2} between {0} and {1}",
    "{2} from {0} to {1}",
    "{2} from {0} until {1}",
    "time from {0} to {1} in {2}",
    "time in {2} between {0} and {1}",
    "time between {0} and {1} in {2}",
    "{2} that pass between {0} and the {1}",
    "delay between {0} and {1} in {2}",
    "gap in {2} between {0} and {1}",
    "{2} it takes from {0} to {1}",
    "number of {2} that lie between {0} and {1}",
    "duration in {2} from {0} to {1}",
)


_BIRTHS: Final = frozenset({"birth", "born", "birthday", "dob", "birthdate"})
_AHEAD: Final = frozenset({"due", "expiry", "expires", "expiration", "deadline", "valid", "until"})
_SINCE: Final = (
    "number of {1} since {0}",
    "{1} since {0}",
    "{1} that have passed since {0}",
    "time since {0} in {1}",
    "number of {1} from {0} until today",
    "{1} between {0} and now",
    "{1} from {0} to today",
    "time in {1} since {0}",
)
_LEFT: Final = (
    "number of {1} until {0}",
    "{1} left until {0}",
    "{1} remaining until {0}",
    "time left in {1} until {0}",
    "{1} from now to {0}",
)


@dataclass(frozen=True, slots=True)
class Computed:
    """An operation on two fields with its words; the values of numbers run from 0 or above."""

    value: Arithmetic
    words: str
    left: FieldView
    right: FieldView


def computed(draft: Draft, view: EntityView) -> Computed:
    numbers, dates = view.of_role(Role.NUMBER), view.of_role(Role.DATE)
    if dates and draft.chance((0.6 if len(dates) > 1 else 0.2) if len(numbers) > 1 else 1.0):
        return _elapsed(draft, dates)
    if len(numbers) < 2:
        raise NotHere
    operator = draft.weighted(
        (
            (Operator.MULTIPLY, 0.4),
            (Operator.SUBTRACT, 0.35),
            (Operator.ADD, 0.13),
            (Operator.DIVIDE, 0.12),
        )
    )
    if operator is Operator.MULTIPLY:
        left, right = _price_and_count(draft, numbers)
    elif operator is Operator.DIVIDE:
        left, right = _any_pair(draft, numbers)
    else:
        left, right = alike_pair(draft, view)
    words = draft.pick(_WORDS[operator])
    one, other = field_words(draft, left), field_words(draft, right)
    if draft.chance(0.05) and operator is Operator.SUBTRACT:
        words = "{1} subtracted from {0}"
    value = Arithmetic(operator, left.field, right.field)
    return Computed(value, words.format(one, other), left, right)


def _elapsed(draft: Draft, dates: list[FieldView]) -> Computed:
    if len(dates) == 1 or draft.chance(0.3):
        return _until_now(draft, draft.pick(dates))
    left, right = draft.rng.sample(dates, 2)
    unit = draft.weighted(_UNITS)
    words = draft.pick(_BETWEEN).format(field_words(draft, left), field_words(draft, right), unit)
    return Computed(Arithmetic(unit, left.field, right.field), words, left, right)


def _until_now(draft: Draft, date: FieldView) -> Computed:
    """Ages of people in years, else the time since a date; before a date, the time left."""
    words, name = set(date.words), field_words(draft, date)
    if words & _BIRTHS:
        unit, said = Operator.YEARS, draft.pick(("age", "age in years", "age today", "present age"))
    else:
        unit = draft.weighted(_UNITS)
        said = draft.pick(_SINCE).format(name, unit)
    if words & _AHEAD and draft.chance(0.7):
        said = draft.pick(_LEFT).format(name, unit)
        return Computed(Arithmetic(unit, Now(), date.field), said, date, date)
    return Computed(Arithmetic(unit, date.field, Now()), said, date, date)


def _price_and_count(draft: Draft, numbers: list[FieldView]) -> tuple[FieldView, FieldView]:
    prices = [item for item in numbers if set(item.words) & _MONEY]
    counts = [item for item in numbers if set(item.words) & _COUNTS and item not in prices]
    if not prices or not counts:
        if draft.chance(0.8):
            raise NotHere
        return _any_pair(draft, numbers)
    pair = (draft.pick(prices), draft.pick(counts))
    return pair if draft.chance(0.5) else (pair[1], pair[0])


def _any_pair(draft: Draft, numbers: list[FieldView]) -> tuple[FieldView, FieldView]:
    if len(numbers) < 2:
        raise NotHere
    left, right = draft.rng.sample(numbers, 2)
    return left, right


def alike_pair(draft: Draft, view: EntityView) -> tuple[FieldView, FieldView]:
    """Two numbers that can be compared or added: the same measure, or both money."""
    numbers = view.of_role(Role.NUMBER)
    left, right = _any_pair(draft, numbers)
    alike = (
        left.head == right.head
        or measure_of(left.words) == measure_of(right.words)
        or bool(set(left.words) & _MONEY and set(right.words) & _MONEY)
        or bool(set(left.words) & _COUNTS and set(right.words) & _COUNTS)
    )
    if not alike and draft.chance(0.85):
        raise NotHere
    return left, right
