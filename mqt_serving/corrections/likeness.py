"""How likely it is that a question asks for what a corrected one asks for. Pure.

A logistic model over how near the two are in meaning, which names of the data only one of them
says, telling words that only one has, and how alike the translator reads them: it tends to read
paraphrases alike even where it reads them wrong. Where literals differ, or one asks for the
opposite of the other, the answer is no without it (`wording.difference`). Weights were fitted on
pairs of questions over 40 train databases of TEND that are not development databases, each pair
twice: as the translator reads it, and as if it had never found a right reading. Those for
questions that it cannot read are stricter than the fit, which saw hardly any.
`python -m benchmarks.corrections` measures it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from mqt_serving.corrections.wording import Cue, Wording

REUSE = 0.7
"""From this likelihood on a correction answers: see `docs/corrections.md` for what others give."""
NEAREST_COSINE = 0.55
"""Below it no pair was fitted, and hardly any is a paraphrase."""

_BIAS = -5.1
_COSINE = 8.4
_ONLY_CORRECTED, _ONLY_ASKED = -0.85, -1.7  # names of the data that only one of them says, up to 3
_SAME_BEST, _OVERLAP, _OTHER_BEST = 2.1, 6.2, -1.4
_NEITHER_READ, _ONLY_CORRECTED_READ = 0.0, -1.0
_CUES: Mapping[Cue, float] = {
    Cue.MORE: -0.6,
    Cue.MOST: -1.1,
    Cue.LEAST: -0.7,
    Cue.COUNT: -0.65,
    Cue.DISTINCT: -1.0,
    Cue.EACH: -0.95,
    Cue.EITHER: -1.4,
    Cue.BOTH: -0.4,
}
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What the translator makes of a question: queries with their probabilities, best first."""

    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def best(self) -> str | None:
        return next(iter(self.shares), None)


def likeness(
    cosine: float,
    asked: Wording,
    corrected: Wording,
    names: frozenset[str],
    read: Reading,
    corrected_read: Reading,
) -> float:
    """0 to 1; `names` are stems of what the corrected query is about."""
    only_corrected = len((corrected.named - asked.named) & names)
    only_asked = len(asked.named - corrected.named - names)
    score = _BIAS + _COSINE * cosine
    score += _ONLY_CORRECTED * min(only_corrected, _MOST_NAMES)
    score += _ONLY_ASKED * min(only_asked, _MOST_NAMES)
    score += sum(_CUES.get(cue, 0.0) for cue in asked.cues ^ corrected.cues)
    score += _of_readings(read, corrected_read)
    return 1.0 / (1.0 + math.exp(-score))


def _of_readings(read: Reading, corrected: Reading) -> float:
    if read.best is None:
        return _NEITHER_READ if corrected.best is None else _ONLY_CORRECTED_READ
    shared = sum(
        min(share, corrected.shares[query])
        for query, share in read.shares.items()
        if query in corrected.shares
    )
    score = _OVERLAP * min(shared, 1.0)
    if read.best == corrected.best:
        return score + _SAME_BEST
    return score + _OTHER_BEST * min(read.shares[read.best], 1.0)
