"""Candidate values: every literal that a question could mean, found before decoding.

The decoder points at these instead of writing literals, so a value is always one that stands in
the question, in the database, or is a constant. Kinds: numbers (in digits or words), calendar
spans, coordinates, values stored in the database that the question mentions, and spans of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from mqt_serving.query.plan import Point
from mqt_serving.schema import BsonType, Catalog
from mqt_serving.translator.coordinates import PointSpan, find_points
from mqt_serving.translator.dates import find_dates
from mqt_serving.translator.positions import find_positions
from mqt_serving.translator.spoken import spoken_stems
from mqt_serving.translator.words import Word, name_stems, split_words, stem

MAX_VALUES = 28
_MAX_STORED_WORDS = 12
_JOINTS = frozenset("-_/")  # in `no_show`, as people say it: nothing
_UNITS = {
    word: number
    for number, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen""".split()
    )
} | {"once": 1, "twice": 2, "dozen": 12, "single": 1}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_CALENDAR_WORDS = {
    word: number
    for names in (
        "january february march april may june july august september october november december",
        "sunday monday tuesday wednesday thursday friday saturday",
    )
    for number, word in enumerate(names.split(), start=1)
}  # $month and $dayOfWeek
_CALENDAR_WORDS |= {
    word[:length]: number for word, number in _CALENDAR_WORDS.items() for length in (3, 4)
} | {"thurs": 5, "tues": 3}
_WORKDAYS = re.compile(
    r"\bmon(?:day)?s?\s*(?:-|–|to|till|until|through)\s*fri(?:day)?s?\b", re.IGNORECASE
)
_HOUR = re.compile(
    r"\b(\d{1,2}|"
    + "|".join("one two three four five six seven eight nine ten eleven".split())
    + r")"
    r"(?::00)?(?:\s?(?:(p)\.?m\b|(a)\.?m\b)"
    r"|(?: o'clock)? (?:in the (?:(evening|afternoon)|morning)|(at night)))"
    r"|\b(noon|midday|midnight)\b",
    re.IGNORECASE,
)
_DAY_OF_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)(?= (?:of )?(?:(?:the|every|each) )?(?:months?|"
    + "|".join(word for word in _CALENDAR_WORDS if not word.endswith("day"))
    + r")\b)",
    re.IGNORECASE,
)
_WEEKENDS = frozenset({"weekend", "weekends", "weekday", "weekdays"})
_PER_CENT = re.compile(r"\b(?:per ?cent(?:age)?s?|pct)\b|%(?!\w)", re.IGNORECASE)
_QUARTER = re.compile(r"\bq([1-4])\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.-])-?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)"
    r"(?:(?=[^\w.]|\.(?!\d)|$)|(?=(?!st\b|nd\b|rd\b|th\b)[a-z]{1,3}\b))"
    r"|(?<=\b(?:pre|sub)-)\d+(?=s?\b)|(?<=\b(?:over|post)-)\d+(?=s?\b)|(?<=\bunder-)\d+(?=s?\b)",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?) ?(?:%|per ?cent\b|pct\b)", re.IGNORECASE)
_FRACTIONS = {
    "half": 0.5, "third": 0.3333, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1,
    "two thirds": 0.6667, "three quarters": 0.75, "three fourths": 0.75, "four fifths": 0.8,
    "one and a half": 1.5, "double": 2, "triple": 3,
}  # fmt: skip
_FRACTION = re.compile(
    r"\b(one and a half|two thirds|three (?:quarters|fourths)|four fifths|half|double|triple"
    r"|(?<=\ba )(?:third|quarter|fifth|tenth)|(?<=\bone )(?:third|quarter|fifth|tenth))\b"
    r"(?! (?:of )?(?:the )?(?:this |last )?(?:year|month|week)\b)",
    re.IGNORECASE,
)
_IN_SMALLER_UNITS = re.compile(
    r"\b(half an|an?|one|\d{1,3})[ -]?(h|hours?|hrs?|weeks?)\b(?! ago)", re.IGNORECASE
)
"""Lengths of time that fields keep in minutes or days."""
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|‘([^’]+)’|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`")
_CODE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])\w[\w-]*\w\b|\b[0-9a-f]{24}\b"
)
_CUES = frozenset(
    """named called titled contains contain containing includes include including with letter
    letters word text phrase starts start starting begins begin beginning ends end ending like
    is are was by in from for of at not""".split()
)


class ValueKind(IntEnum):
    CONSTANT = 0
    NUMBER = 1
    DATE = 2
    STORED = 3
    TEXT = 4
    POINT = 5


@dataclass(frozen=True, slots=True)
class Value:
    """A candidate literal: a number, text or bool; a date is its text with `start` and `end`,
    coordinates are theirs with a `point`.

    `first`/`last` are the words of the question it covers (`first == last` for constants);
    `holders` the (collection, path) pairs of the fields that hold it, for stored values.
    """

    kind: ValueKind
    literal: str | int | float | bool
    first: int
    last: int
    start: datetime | None = None
    end: datetime | None = None
    holders: frozenset[tuple[str, str]] = frozenset()
    exact: bool = False  # stored values: written as in the database, but for case
    point: Point | None = None

    @property
    def text(self) -> str:
        """The literal as text; dates as the question writes them."""
        return str(self.literal)


CONSTANTS: tuple[Value, ...] = tuple(
    Value(ValueKind.CONSTANT, literal, 0, 0) for literal in (True, False, 0, 1)
)


def shape_of(text: str) -> str | None:
    """How a code is written, `AA-9999` for `so-2024`; None for text without digits or `@`."""
    if "@" in text:
        return "@"
    if " " in text or not any(c.isdigit() for c in text):
        return None
    return "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in text)


class ValueIndex:
    """Stored text values of a catalog by their word stems, built once per catalog.

    Also how the codes of each field are written: most codes that people ask for are in no sample.
    """

    def __init__(self, catalog: Catalog) -> None:
        table: dict[tuple[str, ...], dict[str, set[tuple[str, str]]]] = {}
        shapes: dict[str, set[tuple[str, str]]] = {}
        for schema in catalog.collections:
            for field in schema.fields:
                if field.private or BsonType.STRING not in field.types:
                    continue
                for sample in field.samples:
                    if shape := shape_of(sample):
                        shapes.setdefault(shape, set()).add((schema.collection, field.path))
                    for key in _keys(sample):
                        holders = table.setdefault(key, {}).setdefault(sample, set())
                        holders.add((schema.collection, field.path))
                for said, sample in spoken_stems(field.samples):
                    holders = table.setdefault((said,), {}).setdefault(sample, set())
                    holders.add((schema.collection, field.path))
        self._table = table
        self._shapes = {shape: frozenset(fields) for shape, fields in shapes.items()}
        self.has_points = any(
            field.point is not None for schema in catalog.collections for field in schema.fields
        )
        self._longest = max((len(key) for key in table), default=0)

    def alike(self, text: str) -> frozenset[tuple[str, str]]:
        """(collection, path) of the fields whose values are written like `text`."""
        shape = shape_of(text)
        return self._shapes.get(shape, frozenset()) if shape else frozenset()

    def find(self, words: list[Word]) -> Iterable[tuple[int, int, str, frozenset[tuple[str, str]]]]:
        """(first word, word after the last, stored text, holders), longest spans first."""
        places = [at for at, word in enumerate(words) if word.text not in _JOINTS]
        stems = [words[at].stem for at in places]
        for size in range(min(self._longest, len(places)), 0, -1):
            for at in range(len(places) - size + 1):
                key = tuple(stems[at : at + size])
                one = (*key[:-1], key[-1].removesuffix("s"))  # "follow-ups": stems keep short words
                found = self._table.get(key) or (self._table.get(one, {}) if size > 1 else {})
                first, last = places[at], places[at + size - 1] + 1
                beside: list[str] | None = None
                if size == 1 and words[first].is_stop:
                    beside = stems[max(0, at - 1) : at] + stems[at + 1 : at + 2]
                for text, holders in sorted(found.items()):
                    meant = holders if beside is None else _named_by(beside, holders)
                    if meant:
                        yield first, last, text, frozenset(meant)


def _keys(sample: str) -> set[tuple[str, ...]]:
    """How a stored text is looked up: the stems of its words, `no_show` and `noShow` as "no show"
    and as "noshow"; empty for a text that is too long."""
    key = tuple(word.stem for word in split_words(sample) if word.text not in _JOINTS)
    keys = {key}
    if not any(character.isspace() for character in sample):
        apart = name_stems(sample)
        keys |= {apart, ("".join(apart),)} if 1 < len(apart) < 5 else set()
    return {key for key in keys if 0 < len(key) <= _MAX_STORED_WORDS}


def _named_by(stems: list[str], holders: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of the (collection, path) pairs those whose last name has one of the stems: what may hold
    the `out` of "in state out"."""
    return {
        (collection, path)
        for collection, path in holders
        if not {*name_stems(path.rsplit(".", 1)[-1])}.isdisjoint(stems)
    }


def find_values(
    question: str,
    words: list[Word],
    index: ValueIndex,
    names: frozenset[str],
    now: datetime,
    unknown: frozenset[str] = frozenset(),
) -> list[Value]:
    """At most `MAX_VALUES` candidates, constants first; `names` are stems of schema names.

    Order is by kind of evidence: what is dropped at the limit is the least likely. Stored texts
    in `unknown` are taken for texts that no sample holds.
    """
    found: list[Value] = list(CONSTANTS)
    seen: set[tuple[object, int, int]] = set()

    def add(value: Value) -> None:
        key = (value.start or repr(value.literal), value.first, value.last)
        if key not in seen:
            seen.add(key)
            found.append(value)

    def cover(first: int, last: int) -> tuple[int, int]:
        inside = [i for i, word in enumerate(words) if word.start < last and word.end > first]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)

    quoted: list[tuple[int, int]] = []
    for match in _QUOTED.finditer(question):
        text = next(group for group in match.groups() if group)
        quoted.append(cover(match.start(), match.end()))
        add(Value(ValueKind.TEXT, text, *quoted[-1]))
    points = list(find_points(question)) if index.has_points else []
    dates = [s for s in find_dates(question, now) if not _within(s.first, s.last, points)]
    for span in dates:
        written = question[span.first : span.last]
        where = cover(span.first, span.last)
        add(Value(ValueKind.DATE, written, *where, span.start, span.end))
    for place in points:
        written, where = question[place.first : place.last], cover(place.first, place.last)
        add(Value(ValueKind.POINT, written, *where, point=place.point))
    for number, first, last in _numbers(question, index.has_points):
        if not _within(first, last, points):
            add(Value(ValueKind.NUMBER, number, *cover(first, last)))
    for number, first, last in (*_shares(question), *_in_smaller_units(question)):
        if not any(first < span.last and last > span.first for span in dates):
            add(Value(ValueKind.NUMBER, number, *cover(first, last)))
    for word_number, first, last in _spelled_numbers(words):
        add(Value(ValueKind.NUMBER, word_number, first, last))
    for rows, first, last in find_positions(question):
        if not any(first < span.last and last > span.first for span in dates):
            add(Value(ValueKind.NUMBER, rows, *cover(first, last)))
    for i, word in enumerate(words):
        calendar = _CALENDAR_WORDS.get(word.text.lower().removesuffix("s"))
        if calendar is not None:
            add(Value(ValueKind.NUMBER, calendar, i, i + 1))
        if word.text.lower() in _WEEKENDS:
            for day in (1, 7):  # Sunday and Saturday: where these days are, or are not
                add(Value(ValueKind.NUMBER, day, i, i + 1))
    for match in _WORKDAYS.finditer(question):
        for day in (1, 7):
            add(Value(ValueKind.NUMBER, day, *cover(*match.span())))
    for match in _HOUR.finditer(question):
        add(Value(ValueKind.NUMBER, _hour(match), *cover(*match.span())))
    for match in _DAY_OF_MONTH.finditer(question):
        add(Value(ValueKind.NUMBER, int(match[1]), *cover(*match.span())))
    for match in _PER_CENT.finditer(question):  # of something: a hundred times its share
        add(Value(ValueKind.NUMBER, 100, *cover(match.start(), match.end())))
    for match in _QUARTER.finditer(question):
        add(Value(ValueKind.NUMBER, int(match[1]), *cover(match.start(), match.end())))
    covered: list[tuple[int, int]] = list(quoted)
    labels = [cover(place.label, place.last) for place in points]
    for first, last, text, holders in index.find(words):
        if text in unknown or any(first < b and last > a for a, b in labels):
            continue
        inner = any(a <= first and last <= b and (a, b) != (first, last) for a, b in covered)
        if inner and last - first == 1 and not holders:
            continue
        covered.append((first, last))
        written = question[words[first].start : words[last - 1].end]
        exact = written.casefold() == text.casefold()
        add(Value(ValueKind.STORED, text, first, last, None, None, holders, exact))
    for first, last in _text_spans(question, words, names):
        if any(first < b and last > a for a, b in labels):
            continue
        text = question[words[first].start : words[last - 1].end]
        add(Value(ValueKind.TEXT, text, first, last))
    return found[:MAX_VALUES]


def _hour(match: re.Match[str]) -> int:
    """0 to 23 for `11 pm`, `ten in the evening`, `noon`."""
    if match[6]:
        return 0 if match[6].lower() == "midnight" else 12
    hour = int(match[1]) if match[1].isdigit() else _UNITS[match[1].lower()]
    late = match[2] or match[4] or (match[5] and 6 <= hour < 12)
    return hour % 12 + 12 if late and hour <= 12 else hour % 12 if match[3] else hour


def _within(first: int, last: int, points: Iterable[PointSpan]) -> bool:
    """Whether these characters are coordinates, or some of them."""
    return any(first < place.last and last > place.first for place in points)


def _numbers(question: str, metres: bool) -> Iterable[tuple[int | float, int, int]]:
    """(number, first character, character after the last); `metres`: `500m` may be metres."""
    for match in _NUMBER.finditer(question):
        text = match.group().replace(",", "")
        number: int | float = float(text) if "." in text else int(text)
        suffix = question[match.end() : match.end() + 1].lower()
        if suffix == "m" and metres:
            yield number, match.start(), match.end()
        if suffix in ("k", "m") and not question[match.end() + 1 : match.end() + 2].isalnum():
            number *= 1_000 if suffix == "k" else 1_000_000
        yield number, match.start(), match.end()


def _shares(question: str) -> Iterable[tuple[int | float, int, int]]:
    """Of a whole: 0.1 for `10 %`, 0.5 for `half`; 2 for `double`."""
    for match in _PERCENT.finditer(question):
        yield round(float(match[1]) / 100, 6), match.start(1), match.end()
    for match in _FRACTION.finditer(question):
        yield _FRACTIONS[match[1].lower()], *match.span()


def _in_smaller_units(question: str) -> Iterable[tuple[int, int, int]]:
    """Minutes of `an hour`, days of `two weeks`."""
    for match in _IN_SMALLER_UNITS.finditer(question):
        many = 1.0 if not match[1].isdigit() else float(match[1])
        if match[1].lower().startswith("half"):
            many = 0.5
        yield int(many * (60 if match[2].lower().startswith("h") else 7)), *match.span()


def _spelled_numbers(words: list[Word]) -> Iterable[tuple[int, int, int]]:
    """`twenty thousand`, `two hundred and fifty`: (number, first word, word after the last)."""
    at = 0
    while at < len(words):
        total, current, end = 0, 0, at
        for i in range(at, len(words)):
            text = words[i].text.lower()
            if text in _UNITS or text in _TENS:
                current += _UNITS.get(text, 0) + _TENS.get(text, 0)
            elif text in _SCALES:
                scaled = max(current, 1) * _SCALES[text]
                total, current = (total + scaled, 0) if text != "hundred" else (total, scaled)
            elif not (text in ("and", "-") and i > at and _continues(words, i + 1, current)):
                break
            end = i + 1
        if end > at:
            yield total + current, at, end
        at = max(end, at + 1)


def _continues(words: list[Word], i: int, current: int) -> bool:
    """Whether the word at `i` goes on with a number after "and" or a hyphen."""
    if i >= len(words):
        return False
    text = words[i].text.lower()
    return (text in _UNITS and current in _TENS.values()) or (
        current >= 100 and text in (_UNITS | _TENS)
    )


def _text_spans(
    question: str, words: list[Word], names: frozenset[str]
) -> Iterable[tuple[int, int]]:
    """Spans that read like values: codes, capitalised runs, and what follows a cue word."""
    for i, word in enumerate(words):
        if word.text[0].isdigit() and any(mark in word.text for mark in ":/-"):
            yield i, i + 1
    for match in _CODE.finditer(question):
        inside = [i for i, w in enumerate(words) if w.start < match.end() and w.end > match.start()]
        if inside:
            yield inside[0], inside[-1] + 1
    position = 1
    while position < len(words):
        if not words[position].text[0].isupper():
            position += 1
            continue
        end = position + 1
        while end < len(words) and (
            words[end].text[0].isupper()
            or (
                words[end].text.lower() in ("of", "the", "and", "de", "&", "'", "-")
                and end + 1 < len(words)
                and words[end + 1].text[0].isupper()
            )
        ):
            end += 1
        yield position, end
        if end - position > 1:
            for i in range(position, end):
                yield i, i + 1
        position = end
    for i in range(1, len(words)):
        cue = words[i - 1].text.lower() in _CUES
        plain = not words[i].is_stop and stem(words[i].text) not in names
        if words[i].text[0].isalpha() and cue and (plain or len(words[i].text) <= 2):
            yield i, i + 1
            if i + 1 < len(words) and not words[i + 1].is_stop:
                yield i, i + 2
    for i, word in enumerate(words):
        if word.text[0].isalpha() and not word.is_stop and word.stem not in names and i > 0:
            yield i, i + 1


def schema_stems(catalog: Catalog) -> frozenset[str]:
    """Stems of all words in collection and field names."""
    stems: set[str] = set()
    for schema in catalog.collections:
        stems.update(name_stems(schema.collection))
        for field in schema.fields:
            stems.update(name_stems(field.path))
    return frozenset(stems)
