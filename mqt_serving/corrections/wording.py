"""What a question says that its paraphrases say too: literals, names of the data, telling words.

Pure. Two questions whose literals differ ask for different things however alike they sound; words
that turn a question around (not, most, fewer, average) are compared class by class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from mqt_serving.query.plan import Between, Compare, In, Plan, Text, walk
from mqt_serving.schema import Catalog
from mqt_serving.translator.values import ValueIndex, ValueKind, find_values, schema_stems
from mqt_serving.translator.words import Word, split_words

_ANY_MOMENT = datetime(2026, 1, 1)
"""Two questions are compared as if asked at once: "last month" is the same words in both."""


class Cue(StrEnum):
    """A class of words that changes what is asked for."""

    MORE = "more"
    LESS = "less"
    NOT = "not"
    MOST = "most"
    LEAST = "least"
    AVERAGE = "average"
    SUM = "sum"
    COUNT = "count"
    DISTINCT = "distinct"
    EACH = "each"
    SORTED = "sorted"
    DOWN = "down"
    UP = "up"
    EITHER = "either"
    BOTH = "both"


_CUES = {
    Cue.MORE: r"more|greater|above|over|exceed(?:s|ing)?|larger|higher|bigger|older|longer|after"
    r"|later|heavier|taller|since",
    Cue.LESS: r"less|fewer|below|under|smaller|lower|younger|shorter|before|earlier"
    r"|lighter|cheaper|until",
    Cue.NOT: r"not|no|never|without|except|excluding|other than|neither|nor|none|\w+n't|non"
    r"|lacks?|lacking|missing|cannot|isnt|arent|dont|doesnt|outside",
    Cue.MOST: r"most|highest|maximum|max|largest|greatest|top|oldest|longest|biggest|latest|last"
    r"|newest|best|heaviest|tallest|richest|first|leading|maximal",
    Cue.LEAST: r"least|lowest|minimum|min|smallest|fewest|youngest|shortest|earliest|cheapest"
    r"|worst|lightest|minimal",
    Cue.AVERAGE: r"average|averages|mean|avg|typical|averaged",
    Cue.SUM: r"total|sum|altogether|combined|overall|totals",
    Cue.COUNT: r"how many|number of|numbers of|count|counts|counted|frequency|how often|quantity of"
    r"|amount of",
    Cue.DISTINCT: r"distinct|different|unique|various|separate",
    Cue.EACH: r"each|every|per|for all|grouped|respective(?:ly)?|corresponding|group",
    Cue.SORTED: r"order(?:ed)? (?:by|in|of)|sort(?:ed|s|ing)?|ascending|descending"
    r"|alphabetical(?:ly)?|(?:in|by) \w+ order|list(?:ed)? in|arranged|ranked|lexicographic\w*",
    Cue.DOWN: r"descending|decreasing|from (?:the )?(?:high|larg|most|old|new|late)\w*|reverse"
    r"|high(?:est)? to low(?:est)?|desc",
    Cue.UP: r"ascending|increasing|alphabetical(?:ly)?"
    r"|from (?:the )?(?:low|small|least|young|early)\w*"
    r"|low(?:est)? to high(?:est)?|asc|lexicographic\w*",
    Cue.EITHER: r"either|or",
    Cue.BOTH: r"both|as well as|also|simultaneously",
}
_BOUND = re.compile(
    r"\b(?:at (?:the very )?(?:least|most)"
    r"|(?:a )?(?:minimum|maximum) of(?= (?:\d|one|two|three)))\b",
    re.IGNORECASE,
)
"""Bounds, not superlatives."""
_PATTERNS = {cue: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for cue, words in _CUES.items()}
_DECISIVE = frozenset({Cue.NOT, Cue.AVERAGE, Cue.SORTED, Cue.DOWN})
"""In train records of TEND these differ in under 1 % of paraphrases, each."""
_OPPOSITES = ((Cue.MORE, Cue.LESS), (Cue.MOST, Cue.LEAST), (Cue.UP, Cue.DOWN))
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|(?<!\w)['‘]([^'’]+)['’](?!\w)")


class Vocabulary:
    """Names and values of one catalog, read once."""

    def __init__(self, catalog: Catalog) -> None:
        self.names = schema_stems(catalog)
        self.values = ValueIndex(catalog)


@dataclass(frozen=True, slots=True)
class Wording:
    """`stems` of its telling words; `literals` are numbers and dates, as text."""

    stems: tuple[str, ...]
    cues: frozenset[Cue]
    literals: tuple[str, ...]  # sorted
    quoted: frozenset[str]  # case-folded
    proper: frozenset[str]  # stems of capitalised words that are no names of the data
    stored: frozenset[tuple[str, ...]]  # values of the database that it mentions, as stems
    named: frozenset[str]  # stems that name something in the schema
    sequence: tuple[str, ...]  # stems of all words, in order

    def mentions(self, stems: tuple[str, ...]) -> bool:
        size = len(stems)
        return any(
            self.sequence[at : at + size] == stems for at in range(len(self.sequence) - size + 1)
        )


def wording_of(question: str, vocabulary: Vocabulary) -> Wording:
    words = split_words(question)
    found = find_values(question, words, vocabulary.values, vocabulary.names, _ANY_MOMENT)
    literals = [
        str(value.literal)
        for value in found
        if value.kind is ValueKind.NUMBER and value.literal != 1
    ]
    literals += [
        f"{value.start:%Y-%m-%d} {value.end:%Y-%m-%d}"
        for value in found
        if value.kind is ValueKind.DATE and value.start and value.end
    ]
    stored = {
        tuple(word.stem for word in words[value.first : value.last])
        for value in found
        if value.kind is ValueKind.STORED and value.exact
    }
    telling = [word for word in words if not word.is_stop]
    return Wording(
        stems=tuple(word.stem for word in telling),
        cues=_cues_of(question),
        literals=tuple(sorted(set(literals))),
        quoted=frozenset(
            next(group for group in match.groups() if group).casefold().strip(" .,?!")
            for match in _QUOTED.finditer(question)
        ),
        proper=frozenset(_proper(words, vocabulary.names)),
        stored=frozenset(s for s in stored if not _says_nothing(s, vocabulary.names)),
        named=frozenset(word.stem for word in telling) & vocabulary.names,
        sequence=tuple(word.stem for word in words if word.text[0].isalnum()),
    )


def literals_of(plan: Plan) -> frozenset[tuple[str, ...]]:
    """The texts that the plan compares with, as stems of their words."""
    texts: set[str] = set()
    for node in walk(plan):
        match node:
            case Compare(right=str(text)) | Text(value=text):
                texts.add(text)
            case In(values=tuple(values)):
                texts |= {value for value in values if isinstance(value, str)}
            case Between(low=low, high=high):
                texts |= {value for value in (low, high) if isinstance(value, str)}
    return frozenset(
        stems for text in texts if (stems := tuple(word.stem for word in split_words(text)))
    )


def difference(
    asked: Wording, corrected: Wording, literals: frozenset[tuple[str, ...]]
) -> str | None:
    """Why the two cannot mean the same, whatever they sound like; None: nothing speaks against.

    `literals` are those of the corrected query.
    """
    if asked.literals != corrected.literals:
        return "numbers or dates differ"
    for one, other in ((asked, corrected), (corrected, asked)):
        if any(not other.mentions(_stems(text)) for text in one.quoted):
            return "quoted texts differ"
        if any(not other.mentions((stem,)) for stem in one.proper):
            return "names differ"
        if any(not other.mentions(value) for value in one.stored):
            return "values differ"
    if any(corrected.mentions(text) and not asked.mentions(text) for text in literals):
        return "values of the query differ"
    if asked.cues & _DECISIVE != corrected.cues & _DECISIVE:
        return "only one has a telling word"
    if any(_opposed(asked.cues, corrected.cues, *pair) for pair in _OPPOSITES):
        return "one asks for the opposite of the other"
    return None


def _opposed(asked: frozenset[Cue], corrected: frozenset[Cue], one: Cue, other: Cue) -> bool:
    pair = {one, other}
    return {asked & pair, corrected & pair} == {frozenset({one}), frozenset({other})}


def _cues_of(question: str) -> frozenset[Cue]:
    bounds = {match.group().casefold() for match in _BOUND.finditer(question)}
    rest = _BOUND.sub(" ", question)
    cues = {cue for cue, pattern in _PATTERNS.items() if pattern.search(rest)}
    if bounds:
        most = any("most" in bound or "max" in bound for bound in bounds)
        cues.add(Cue.LESS if most else Cue.MORE)
    return frozenset(cues)


def _stems(text: str) -> tuple[str, ...]:
    return tuple(word.stem for word in split_words(text) if word.text[0].isalnum())


def _says_nothing(value: tuple[str, ...], names: frozenset[str]) -> bool:
    """A value spelt like names of the data, or a number, which `literals` hold."""
    return all(stem in names or stem.isdigit() for stem in value)


def _proper(words: list[Word], names: frozenset[str]) -> Iterator[str]:
    """Capitalised after the first word, such as places and people."""
    for before, word in pairwise(words):
        opens = before.text in ".?!:"
        # Title case only: what is written in capitals is often a unit or a kind of name (GB, IDs).
        titled = len(word.text) > 2 and word.text.istitle()
        if titled and not (opens or word.is_stop or word.stem in names):
            yield word.stem
