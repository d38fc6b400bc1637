"""Words of a question and words of names, and how well the two match.

Pure text: splits questions and field names (`orderDate`, `Order_Date`, `orders.items.qty`) into
words, normalises them, and grades how much of a name a question mentions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:'[a-z]+)?|\d+(?:[.,:/-]\d+)*|[^\sA-Za-zÀ-ɏ\d]")
_CAMEL = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])"
)
_SEPARATORS = re.compile(r"[^A-Za-zÀ-ɏ0-9]+")

STOP_WORDS = frozenset(
    """a an the of in on at by for to from with and or is are was were be been do does did has
    have had having that which who whom whose what when where how many much me show list give
    find tell get all each every any some their its his her there this these those it as than
    not no per more most least less i we you our my please can could would will us out into
    about also only both same s""".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A token of a question: text as written, its stem, and its character span."""

    text: str
    stem: str
    start: int
    end: int

    @property
    def is_stop(self) -> bool:
        return self.text.lower() in STOP_WORDS or not self.text[0].isalnum()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A light English stemmer: plural and common verb endings only, so that names stay apart."""
    w = word.lower()
    if w.endswith("'s"):
        w = w[:-2]
    if len(w) > 4 and w.endswith("ies"):
        return w[:-3] + "y"
    if len(w) > 4 and w.endswith(("sses", "shes", "ches", "xes", "zes")):
        return w[:-2]
    if len(w) > 3 and w.endswith("s") and not w.endswith(("ss", "us", "is")):
        w = w[:-1]
    if len(w) > 5 and w.endswith("ing"):
        w = _undouble(w[:-3])
    elif len(w) > 4 and w.endswith("ed"):
        w = _undouble(w[:-2])
    if len(w) > 4 and w.endswith("e"):
        w = w[:-1]
    return w


def _undouble(w: str) -> str:
    return w[:-1] if len(w) > 3 and w[-1] == w[-2] and w[-1] not in "lsz" else w


def split_words(question: str) -> list[Word]:
    """Words and punctuation marks of a question with their character spans."""
    return [
        Word(match.group(), stem(match.group()), match.start(), match.end())
        for match in _WORD.finditer(question)
    ]


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """`shippingAddress.Postal_code` -> (shipping, address, postal, code); lower case."""
    words: list[str] = []
    for part in _SEPARATORS.split(name):
        words.extend(w.lower() for w in _CAMEL.split(part) if w)
    return tuple(words)


@lru_cache(maxsize=65536)
def name_stems(name: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in name_words(name))


def natural_name(name: str) -> str:
    return " ".join(name_words(name))
