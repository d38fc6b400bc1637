"""Synonyms of schema words, put into questions that say them as the schema does. Pure.

Two lexicons: one learned from Spider-Syn (each entry is a question and the same question with its
schema words replaced; databases that TEND sets apart give none), and `thesaurus.txt`, written with
the help of a large language model for the words that names of collections and fields are made of.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Final

from mqt_assets.training.examples import Example, make_example
from mqt_serving.english import plural_phrase, singular_phrase
from mqt_serving.translator.words import stem

THESAURUS: Final = Path(__file__).parent / "thesaurus.txt"
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d+|[^\w\s]")
_MOST_WORDS: Final = 4
_REPLACED: Final = (0.5, 0.8, 1.0)  # shares of the phrases that a question gets replaced
_PLAIN: Final = frozenset(
    """a an the of in on at to for by with from is are was were be been do does did have has had
    and or not no all any each every what which who how that this these those it its their there
    show list find give return than more less most least many much""".split()
)

Lexicon = Mapping[str, tuple[tuple[str, int], ...]]
"""Phrase in lower case -> its replacements, each with how often it was seen."""


def synonym_pairs(folder: Path, apart: Collection[str]) -> list[tuple[str, str]]:
    """(question, with synonyms) of all databases but those `apart`."""
    entries = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    return [
        (entry["question"], entry["synonym_question"])
        for entry in entries
        if entry["db_id"] not in apart and entry["question"] != entry["synonym_question"]
    ]


def learn_lexicon(pairs: Iterable[tuple[str, str]], least: int = 2) -> Lexicon:
    """Phrases seen replaced at least `least` times, each with replacements seen as often."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for plain, other in pairs:
        a, b = _WORD.findall(plain.lower()), _WORD.findall(other.lower())
        for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if kind != "replace" or j - i > _MOST_WORDS or m - k > _MOST_WORDS:
                continue
            left, right = a[i:j], b[k:m]
            if not _says_something(left) or not _says_something(right):
                continue
            counts[" ".join(left)][" ".join(right)] += 1
    return {
        phrase: kept
        for phrase, found in sorted(counts.items())
        if (kept := tuple((text, n) for text, n in found.most_common() if n >= least))
    }


def load_thesaurus(file: Path = THESAURUS) -> Lexicon:
    """Lines `phrase: other, other`, what fits best first; regular plurals come by themselves."""
    lexicon: dict[str, tuple[tuple[str, int], ...]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        phrase, _, rest = line.partition(": ")
        others = rest.split(", ")
        lexicon[phrase] = _weighed(others)
        if singular_phrase(phrase) == phrase:
            several = dict.fromkeys(map(plural_phrase, others))
            lexicon.setdefault(plural_phrase(phrase), _weighed(several))
    return lexicon


def _weighed(others: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple((other, max(1, 5 - place)) for place, other in enumerate(others))


def within(lexicon: Lexicon, names: Collection[str]) -> Lexicon:
    """What `lexicon` has for a schema whose names have the stems `names`.

    Only phrases made of the schema's words, and no replacement that is another word of the schema.
    """
    found = {}
    for phrase, others in lexicon.items():
        own = set(map(stem, phrase.split()))
        if not own <= set(names):
            continue
        kept = tuple(
            (other, weight)
            for other, weight in others
            if not any(s in names and s not in own for s in map(stem, other.split()))
        )
        if kept:
            found[phrase] = kept
    return found


def _says_something(words: list[str]) -> bool:
    return all(word.isalpha() for word in words) and not all(word in _PLAIN for word in words)


def with_synonyms(question: str, lexicon: Lexicon, rng: Random, share: float = 0.8) -> str | None:
    """The question with about `share` of the phrases that the lexicon knows replaced.

    Words in quotes and words with a capital inside a sentence (they are values) stay. None where
    nothing could be replaced.
    """
    words = list(_WORD.finditer(question))
    low = [word.group().lower() for word in words]
    said: list[str] = []
    at, last, changed, quoted = 0, 0, False, False
    while at < len(words):
        if words[at].group() in "\"'`":
            quoted = not quoted
        size = 0 if quoted else _longest(words, low, at, lexicon)
        if size and rng.random() < share:
            texts, weights = zip(*lexicon[" ".join(low[at : at + size])], strict=True)
            text = rng.choices(texts, weights)[0]
            if words[at].group()[0].isupper():
                text = text[0].upper() + text[1:]
            said += (question[last : words[at].start()], text)
            last, changed = words[at + size - 1].end(), True
        at += max(1, size)
    return "".join(said) + question[last:] if changed else None


def _longest(words: list[re.Match[str]], low: list[str], at: int, lexicon: Lexicon) -> int:
    for size in range(min(_MOST_WORDS, len(words) - at), 0, -1):
        values = any(words[i].group()[0].isupper() for i in range(max(1, at), at + size))
        if not values and " ".join(low[at : at + size]) in lexicon:
            return size
    return 0


def reworded(example: Example, lexicon: Lexicon, rng: Random) -> Example | None:
    """The same, asked with synonyms; None where the lexicon knows none for its words."""
    said = with_synonyms(example.question, lexicon, rng, rng.choice(_REPLACED))
    if said is None:
        return None
    return make_example(
        said, example.database, example.plan, example.command,
        source="handwritten" if example.source == "handwritten" else "spider_syn",
        ordered=example.ordered,
    )  # fmt: skip
