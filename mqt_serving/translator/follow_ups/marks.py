"""The words of a condition as marks: values, dates, numbers, names, and the words that join them.

A phrase is read from left to right, the longest reading first. A word that is none of these and
says nothing either makes the whole phrase unreadable: nothing a person said is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from mqt_serving.query.plan import Comparator, Entity, Field
from mqt_serving.schema import BsonType
from mqt_serving.translator.dates import find_dates
from mqt_serving.translator.follow_ups.ground import Ground
from mqt_serving.translator.values import Value, ValueKind, find_values
from mqt_serving.translator.words import split_words

_MONTHS = {
    name: number
    for number, names in enumerate(
        """january jan;february feb;march mar;april apr;may;june jun;july jul;august aug;
        september sep sept;october oct;november nov;december dec""".split(";"),
        start=1,
    )
    for name in names.split()
}
_SILENT = frozenset(
    """the a an ones one those these them they that which who whom are is was were be all any some
    in from of for at on by to do did does it its their whose there s please like say located
    living live lives based happened made results rows entries records instead""".split()
)
_BEFORE_DATES = _SILENT | frozenset("after since before until till between".split())
_NEGATIVE = frozenset(
    """not no without excluding except exclude excl non minus aren't isn't wasn't weren't don't
    doesn't neither nor""".split()
)
_HAVING = frozenset("with have has having had".split())
_COMPARED: tuple[tuple[str, Comparator], ...] = (
    ("more than or equal to", Comparator.GTE), ("greater than or equal to", Comparator.GTE),
    ("less than or equal to", Comparator.LTE), ("no more than", Comparator.LTE),
    ("no less than", Comparator.GTE), ("not more than", Comparator.LTE),
    ("not less than", Comparator.GTE), ("more than", Comparator.GT),
    ("greater than", Comparator.GT), ("higher than", Comparator.GT),
    ("larger than", Comparator.GT), ("bigger than", Comparator.GT),
    ("less than", Comparator.LT), ("fewer than", Comparator.LT), ("lower than", Comparator.LT),
    ("smaller than", Comparator.LT), ("cheaper than", Comparator.LT), ("later than", Comparator.GT),
    ("earlier than", Comparator.LT), ("newer than", Comparator.GT), ("older than", Comparator.LT),
    ("at least", Comparator.GTE), ("at most", Comparator.LTE), ("up to", Comparator.LTE),
    ("or more", Comparator.GTE), ("over", Comparator.GT), ("above", Comparator.GT),
    ("exceeding", Comparator.GT), ("under", Comparator.LT), ("below", Comparator.LT),
    ("exactly", Comparator.EQ), ("equal to", Comparator.EQ), ("after", Comparator.GT),
    ("since", Comparator.GTE), ("before", Comparator.LT), ("until", Comparator.LTE),
    ("till", Comparator.LTE), (">=", Comparator.GTE), ("<=", Comparator.LTE),
    (">", Comparator.GT), ("<", Comparator.LT),
)  # fmt: skip
_OF_AMOUNTS = tuple(
    text for text, _ in _COMPARED
    if text not in ("after", "since", "before", "until", "till", "later than", "earlier than",
                    "newer than", "older than")
)  # fmt: skip
_LONGEST_NAME = 4


class Unreadable(Exception):
    """Something in the phrase means nothing that is known here."""


class Kind(Enum):
    AND = auto()
    OR = auto()
    NOT = auto()
    HAVING = auto()
    BETWEEN = auto()
    COMPARATOR = auto()
    NUMBER = auto()
    DATE = auto()
    MONTH = auto()
    QUARTER = auto()
    VALUE = auto()
    TEXT = auto()
    NAME = auto()
    ENTITY = auto()


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, `[start, end)`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    kind: Kind
    text: str = ""
    comparator: Comparator | None = None
    number: int | float = 0
    span: Span | None = None
    stored: tuple[tuple[str, Field], ...] = ()  # text as it is stored, field that holds it
    field: Field | None = None
    entity: Entity | None = None


def read_marks(phrase: str, ground: Ground, now: datetime) -> list[Mark]:
    """Raises `Unreadable`."""
    return _Reader(phrase, ground, now).marks()


class _Reader:
    def __init__(self, phrase: str, ground: Ground, now: datetime) -> None:
        self.phrase = phrase
        self.ground = ground
        self.words = split_words(phrase)
        self.lower = [word.text.lower() for word in self.words]
        known = ground.known
        values = find_values(phrase, self.words, known.values, frozenset(), now)
        self.values = [value for value in values if value.last > value.first]
        self.dates: dict[int, tuple[int, Span]] = {}
        for found in find_dates(phrase, now):
            inside = [
                i
                for i, word in enumerate(self.words)
                if word.start < found.last and word.end > found.first
            ]
            span = Span(_utc(found.start), _utc(found.end))
            self.dates[inside[0]] = (inside[-1] + 1, span)

    def marks(self) -> list[Mark]:
        found: list[Mark] = []
        at = 0
        while at < len(self.words):
            mark, at = self.next(at)
            if mark is not None:
                found.append(mark)
        return found

    def next(self, at: int) -> tuple[Mark | None, int]:
        word = self.lower[at]
        if at in self.dates and not self.is_amount(at):
            end, span = self.dates[at]
            return Mark(Kind.DATE, self.text(at, end), span=span), end
        for text, comparator in _COMPARED:
            parts = text.split() if text[0].isalpha() else list(text)
            if self.lower[at : at + len(parts)] == parts:
                return Mark(Kind.COMPARATOR, text, comparator), at + len(parts)
        if word == "between":
            return Mark(Kind.BETWEEN), at + 1
        if word in ("and", ",", "&", "but"):
            return Mark(Kind.AND), at + 1
        if word == "or":
            return Mark(Kind.OR), at + 1
        if word in _NEGATIVE:
            return Mark(Kind.NOT), at + 1
        if word in _HAVING:
            return Mark(Kind.HAVING), at + 1
        return self.content(at)

    def content(self, at: int) -> tuple[Mark | None, int]:
        word = self.lower[at]
        found = self.stored(at) if not self.is_hint(at) else None
        if found is not None:
            return found
        if word == "q" and at + 1 < len(self.words) and self.lower[at + 1] in "1234":
            return Mark(Kind.QUARTER, self.text(at, at + 2), number=int(self.lower[at + 1])), at + 2
        if word in _MONTHS and (len(word) > 3 or word != "may" or self.words[at].text[0] == "M"):
            return Mark(Kind.MONTH, word, number=_MONTHS[word]), at + 1
        number = next((v for v in self.at(at) if v.kind == ValueKind.NUMBER), None)
        if number is not None and isinstance(number.literal, int | float):
            return Mark(Kind.NUMBER, number.text, number=number.literal), number.last
        for end in range(min(len(self.words), at + _LONGEST_NAME), at, -1):
            if self.words[at].is_stop or self.words[end - 1].is_stop:
                continue
            named = self.words[at:end]
            entity = self.ground.entity(named)
            if entity is not None:
                return Mark(Kind.ENTITY, self.text(at, end), entity=entity), end
            field = self.ground.field(named)
            if field is not None:
                spoken = next((e for w in named if (e := self.ground.entity([w]))), None)
                return Mark(Kind.NAME, self.text(at, end), field=field, entity=spoken), end
        if word in _SILENT or not word[0].isalnum():
            if word == "$" or word in _SILENT:
                return None, at + 1
            if not self.text_here(at):
                return None, at + 1
        texts = [v for v in self.at(at) if v.kind == ValueKind.TEXT]
        text = max(texts, key=lambda value: value.last, default=None)
        if text is not None and (self.words[at].text[0].isupper() or not word[0].isalnum()):
            return Mark(Kind.TEXT, text.text), text.last
        if self.words[at].text[0].isupper():
            return Mark(Kind.TEXT, self.words[at].text), at + 1
        raise Unreadable(f"{self.words[at].text!r} means nothing here")

    def stored(self, at: int) -> tuple[Mark, int] | None:
        """The longest stored value that begins here and that the plan's rows may hold."""
        near = [
            (value.last, value.exact, value)
            for value in self.at(at)
            if value.kind == ValueKind.STORED
        ]
        for last in sorted({last for last, _, _ in near}, reverse=True):
            here = [value for end, _, value in near if end == last]
            exact = [value for value in here if value.exact] or here
            stored = tuple(
                (value.text, field)
                for value in exact
                for holder in sorted(value.holders)
                if self.ground.tier(field := Field(*holder)) is not None
            )
            if stored:
                return Mark(Kind.VALUE, self.text(at, last), stored=stored), last
        return None

    def is_hint(self, at: int) -> bool:
        """Whether the word says which date: the "shipped" of "shipped in March"."""
        after = at + 1
        while after < len(self.words) and self.lower[after] in _BEFORE_DATES:
            after += 1
        timed = after < len(self.words) and (after in self.dates or self.lower[after] in _MONTHS)
        stem = self.words[at].stem
        return (
            timed
            and after > at + 1
            and any(
                stem in named.leaf and named.schema.main_type == BsonType.DATE
                for named in self.ground.known.fields
            )
        )

    def is_amount(self, at: int) -> bool:
        """Whether four digits are a number, not a year: "over 2000"."""
        before = " ".join(self.lower[max(0, at - 2) : at])
        return self.dates[at][0] == at + 1 and before.endswith(_OF_AMOUNTS)

    def text_here(self, at: int) -> bool:
        return any(value.kind == ValueKind.TEXT for value in self.at(at))

    def at(self, first: int) -> list[Value]:
        return [value for value in self.values if value.first == first]

    def text(self, first: int, last: int) -> str:
        return self.phrase[self.words[first].start : self.words[last - 1].end]


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
