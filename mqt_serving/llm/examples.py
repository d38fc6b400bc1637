"""Which corrections are shown as examples: those nearest to the question. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from mqt_serving.corrections.moving import Asked
from mqt_serving.translator.words import split_words


class Known(Asked, Protocol):
    """A question that was answered right: a correction."""

    @property
    def database(self) -> str: ...


def nearest_first(question: str, known: Sequence[Known]) -> list[Known]:
    """Those that share telling words with the question; a word tells the more the rarer it is."""
    words = [{w.stem for w in split_words(k.question) if not w.is_stop} for k in known]
    often = Counter(word for each in words for word in each)
    asked = {w.stem for w in split_words(question) if not w.is_stop}
    nearness = [sum(1 / often[w] for w in asked & own) / max(1, len(asked | own)) for own in words]
    ranked = sorted(range(len(known)), key=lambda at: -nearness[at])
    return [known[at] for at in ranked if nearness[at] > 0]
