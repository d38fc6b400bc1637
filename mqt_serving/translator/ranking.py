"""Re-ranks finished beams: which reading fits the question best, and how sure that is.

The decoder scores one step at a time and likes short plans. What a whole plan says can be held
against the whole question: words that it leaves unread, items that no word names, a total where
nobody asked "how many", no grouping where somebody said "each". Log-linear (a reranker as in
Collins and Koo 2005, over features of the plan); the last candidate is "none of these". Several
candidates often mean the same and share its probability, so what is shown is calibrated once more
(Platt 1999). All weights are fitted where the answers are known (see
`mqt_assets.training.ranking_fit`). Pure.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mqt_serving.translator.decoding import Beam
from mqt_serving.translator.grammar import AGGREGATES, ARITHMETIC, PARTS, Token
from mqt_serving.translator.items import SchemaItems
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.words import Word

Floats = npt.NDArray[np.float64]

NAMES: Final = 0.25
"""From this strength of link on, a word names an item (see `linking`)."""

_T = Token
_CUES: Final[Mapping[str, frozenset[str]]] = {
    "count": frozenset("number count many amount tally".split()),
    "group": frozenset("each every per by respective respectively corresponding".split()),
    "superlative": frozenset(
        """most least highest lowest largest smallest biggest maximum minimum max min best worst
        oldest youngest longest shortest latest earliest newest top first last more fewest greatest
        cheapest nearest closest farthest furthest""".split()
    ),
    "average": frozenset("average mean avg averages".split()),
    "sum": frozenset("total sum overall altogether combined cumulative accumulated".split()),
    "running": frozenset(
        """running cumulative cumulatively cumulated cumulate accumulated accumulating accumulate
        accumulates rolling far add adding added pile piling piled grow growing grown build building
        built counting then until till ytd""".split()
    ),
    "change": frozenset(
        """change changes changed difference growth grew grow rise rose risen fall fell drop dropped
        increase increased decrease decreased movement delta previous before prior gain gained lost
        up down over versus vs than""".split()
    ),
    "moving": frozenset("moving rolling smoothed smooth averaged trailing sliding".split()),
    "rank": frozenset("rank ranks ranked ranking place places position standing".split()),
    "distinct": frozenset("different distinct unique various".split()),
    "order": frozenset(
        """sorted sort order ordered ordering ascending descending alphabetical alphabetically
        increasing decreasing arranged rank ranked""".split()
    ),
    "negative": frozenset(
        """not no never without neither none nor don't doesn't isn't aren't didn't haven't hasn't
        wasn't weren't except excluding exclude excludes excluded ignoring ignore omit omitting
        apart leave leaving besides other outside""".split()
    ),
    "either": frozenset("or either any".split()),
    "both": frozenset("both also".split()),
    "null": frozenset(
        """missing without blank empty unknown null no nobody none not never yet still open unpaid
        outstanding lack lacks lacking unset entered recorded filled given known has have""".split()
    ),
    "part": frozenset(
        """month months monthly week weeks weekly day days daily year years yearly annual annually
        quarter quarters quarterly hour hours hourly weekday weekdays weekend weekends date dates
        calendar monday mondays tuesday tuesdays wednesday wednesdays thursday thursdays friday
        fridays saturday saturdays sunday sundays""".split()
    ),
    "divide": frozenset(
        """percent percentage share part portion fraction ratio proportion quota rate % divided
        per average mean""".split()
    ),
    "elapsed": frozenset(
        """long longer old older age ago days hours minutes weeks years took take takes last lasted
        duration time between until since wait waited waiting""".split()
    ),
    "distance": frozenset(
        """km kilometres kilometers kilometre metres meters m near nearest closest far farther
        farthest furthest distance distant within away radius""".split()
    ),
}
_MADE_OF: Final[Mapping[str, frozenset[int]]] = {
    "count": frozenset({_T.COUNT, _T.COUNT_DISTINCT}),
    "group": frozenset({_T.GROUP, _T.PER}),
    "superlative": frozenset({_T.LIMIT, _T.MAX, _T.MIN}),
    "average": frozenset({_T.AVG}),
    "sum": frozenset({_T.SUM, _T.RUNNING}),
    "running": frozenset({_T.RUNNING}),
    "change": frozenset({_T.CHANGE}),
    "moving": frozenset({_T.MOVING}),
    "rank": frozenset({_T.RANK}),
    "distinct": frozenset({_T.DISTINCT, _T.COUNT_DISTINCT}),
    "order": frozenset({_T.ORDER}),
    "negative": frozenset({_T.NOT, _T.NOT_IN, _T.NO, _T.NE, _T.IS_NULL, _T.MISSING}),
    "either": frozenset({_T.OR, _T.IN}),
    "both": frozenset({_T.SUB, _T.AND}),
    "null": frozenset({_T.IS_NULL, _T.NOT_NULL, _T.EXISTS, _T.MISSING}),
    "part": frozenset(PARTS),
    "divide": frozenset({_T.DIVIDE}),
    "elapsed": frozenset({_T.MINUTES, _T.HOURS, _T.DAYS, _T.WEEKS, _T.YEARS}),
    "distance": frozenset({_T.KILOMETRES, _T.METRES}),
}
_COUNTED: Final[Mapping[str, frozenset[int]]] = {
    "aggregates": frozenset(AGGREGATES),
    "parts": frozenset(PARTS),
    "arithmetic": frozenset(ARITHMETIC),
    "having": frozenset({_T.HAVING}),
    "sub-queries": frozenset({_T.SUB}),
    "conditional": frozenset({_T.ONLY}),
    "grain": frozenset({_T.ROWS, _T.OPTIONAL}),
    "related": frozenset({_T.SOME, _T.NO}),
    "and": frozenset({_T.AND}),
    "skip": frozenset({_T.SKIP}),
    "limit one": frozenset({_T.LIMIT_ONE}),
}
CROSS: Final = ("cross-encoder: score", "cross-encoder: log share", "cross-encoder: not near")
"""Of what the cross-encoder says; all 0 where it was not asked."""
FEATURES: Final = (
    "log probability", "log probability per step", "unread words", "unnamed items", "steps",
    "outputs", "outputs beyond the conjunctions", "plain outputs", "values",
    "collections", "things under several parents", "values held there", "values held elsewhere",
    *_COUNTED,
    *(f"{cue}: said and made" for cue in _CUES),
    *(f"{cue}: said, not made" for cue in _CUES),
    *(f"{cue}: made, not said" for cue in _CUES),
    *CROSS,
)  # fmt: skip
NOTHING: Final = ("none: always", "none: best log probability", "none: length", "none: unread")
"""Features of the candidate "none of these"."""
SLOPE: Final = "confidence: slope"
LEVEL: Final = "confidence: level"
"""Of the log odds that a share of the candidates' probability becomes."""
_SURE: Final = 1e-4
_NEAR, _MOST = 4.0, 3
"""The cross-encoder reads at most so many different plans, none of them by more (in nats) less
likely than the likeliest: all eight would bring no more on questions that were held out."""
_TAILS: Final = frozenset(
    {_T.WHERE, _T.GROUP, _T.HAVING, _T.ORDER, _T.SKIP, _T.LIMIT, _T.ROWS, _T.OPTIONAL, _T.END}
)


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Weights by feature; those not named weigh nothing. Without any of `NOTHING`, it is taken for
    certain that one candidate is right.
    """

    weights: Mapping[str, float]

    def probabilities(self, described: Floats, linked: Linked) -> list[float]:
        """Of each of the (beams, FEATURES); what is left of 1 is that none of them is right."""
        scores = described @ self._vector(FEATURES)
        if any(name in self.weights for name in NOTHING):
            none = describe_none(described, linked) @ self._vector(NOTHING)
            scores = np.append(scores, none)
        shares = np.exp(scores - scores.max())
        return [float(share) for share in (shares / shares.sum())[: len(described)]]

    def confidence(self, share: float) -> float:
        """The probability that a candidate is right that has this share among all candidates."""
        if SLOPE not in self.weights:
            return share
        odds = self.weights[SLOPE] * log_odds(share) + self.weights[LEVEL]
        return 1.0 / (1.0 + math.exp(-odds))

    def _vector(self, names: Sequence[str]) -> Floats:
        return np.array([self.weights.get(name, 0.0) for name in names])


UNFITTED: Final = Ranking({"log probability": 1.0, "unread words": -1.5, "unnamed items": -1.0})
"""For a network whose candidates nobody has judged yet: tuned by hand on an early one."""


def log_odds(share: float) -> float:
    """Bounded, so that certainty stays finite."""
    kept = min(max(share, _SURE), 1.0 - _SURE)
    return math.log(kept / (1.0 - kept))


def near(beams: Sequence[Beam], plans: Sequence[Hashable]) -> list[bool]:
    """Which of the beams' plans may be what is meant, the decoder's word on it taken.

    `plans` tells them apart: several beams may write the same.
    """
    best = max(beam.log_probability for beam in beams)
    found: set[Hashable] = set()
    for at in sorted(range(len(beams)), key=lambda at: -beams[at].log_probability):
        if best - beams[at].log_probability < _NEAR and len(found | {plans[at]}) <= _MOST:
            found.add(plans[at])
    return [plan in found for plan in plans]


def describe(
    beams: Sequence[Beam],
    linked: Linked,
    schema: SchemaItems,
    cross_scores: Sequence[float | None],
) -> Floats:
    """(beams, FEATURES); `cross_scores` are the cross-encoder's, None where it was not asked."""
    own = np.stack([_describe(beam, linked, schema) for beam in beams])
    return np.concatenate([own, _describe_scores(cross_scores)], axis=1)


def _describe_scores(scores: Sequence[float | None]) -> Floats:
    """(beams, CROSS): of those scored, how far above their mean and the log of their share."""
    described = np.zeros((len(scores), len(CROSS)))
    scored = [at for at, score in enumerate(scores) if score is not None]
    if scored:
        values = np.array([score for score in scores if score is not None])
        described[:, 2] = 1.0
        described[scored, 0] = values - values.mean()
        described[scored, 1] = values - values.max() - np.log(np.exp(values - values.max()).sum())
        described[scored, 2] = 0.0
    return described


def _describe(beam: Beam, linked: Linked, schema: SchemaItems) -> Floats:
    """(FEATURES less CROSS,) what the plan says, held against what the question says."""
    tokens = [step.at for step in beam.steps if step.kind == 0]
    read, unnamed = _reading(beam, linked)
    unread = sum(not w.is_stop for w, seen in zip(linked.words, read, strict=True) if not seen)
    outputs, plain = _outputs(beam)
    said = _cues(linked.words)
    made = {cue: any(token in forms for token in tokens) for cue, forms in _MADE_OF.items()}
    conjunctions = sum(word.text.lower() in ("and", ",") for word in linked.words)
    return np.array(
        [
            beam.log_probability,
            beam.log_probability / max(1, len(beam.steps)),
            unread,
            unnamed,
            len(beam.steps) / 10,
            outputs,
            max(0, outputs - 1 - conjunctions),
            plain,
            len({step.at for step in beam.steps if step.kind == 2}),
            *_places(beam, linked, schema),
            *_held(beam, linked, schema),
            *(sum(token in forms for token in tokens) for forms in _COUNTED.values()),
            *(said[cue] and made[cue] for cue in _CUES),
            *(said[cue] and not made[cue] for cue in _CUES),
            *(made[cue] and not said[cue] for cue in _CUES),
        ],
        np.float64,
    )


def describe_none(described: Floats, linked: Linked) -> Floats:
    """(NOTHING,) from the (beams, FEATURES) of what was found."""
    best = described[int(described[:, 0].argmax())]
    return np.array([1.0, best[0], len(linked.words) / 10, best[FEATURES.index("unread words")]])


def _reading(beam: Beam, linked: Linked) -> tuple[npt.NDArray[np.bool_], int]:
    """Words that a value covers or an item is named by, and how many items no word names."""
    read = np.zeros(len(linked.words), bool)
    unnamed = 0
    for step in set(beam.steps):
        if step.kind == 1:
            named = linked.links[:, step.at] >= NAMES
            read |= named
            unnamed += not named.any()
        elif step.kind == 2:
            first, last = linked.value_spans[step.at]
            read[first:last] = True
    return read, unnamed


def _places(beam: Beam, linked: Linked, schema: SchemaItems) -> tuple[int, int]:
    """Collections that the plan reads, and names of arrays that it reads in more than one."""
    chosen = {int(linked.chosen[step.at]) for step in beam.steps if step.kind == 1}
    entities = {schema.items[schema.items[at].entity].ref for at in chosen}
    names: dict[str, set[str]] = {}
    for entity in entities:
        names.setdefault(entity.path.rsplit(".", 1)[-1], set()).add(entity.collection)
    several = sum(len(found) > 1 for name, found in names.items() if name)
    return len({entity.collection for entity in entities}), several


def _held(beam: Beam, linked: Linked, schema: SchemaItems) -> tuple[int, int]:
    """Values beside a field that is known to hold them, and beside one when only others do."""
    there = elsewhere = 0
    field: tuple[str, str] | None = None
    for step in beam.steps:
        if step.kind == 1:
            ref = schema.items[int(linked.chosen[step.at])].ref
            field = (ref.collection, ref.path)
        elif step.kind == 2 and field is not None:
            holders = _holders(linked, step.at)
            there += field in holders
            elsewhere += bool(holders) and field not in holders
    return there, elsewhere


def _holders(linked: Linked, at: int) -> set[tuple[str, str]]:
    """Fields that hold the text of a value, whichever candidate stands for it."""
    value = linked.values[at]
    return {
        place
        for other in linked.values
        if (other.first, other.last) == (value.first, value.last)
        for place in other.holders
    }


def _outputs(beam: Beam) -> tuple[int, int]:
    """How many items stand before the first clause, and how many of them as they are stored."""
    columns = plain = 0
    before = -1
    for step in beam.steps:
        if step.kind == 0 and step.at in _TAILS:
            break
        if step.kind == 1:
            columns += 1
            plain += before in (-1, int(_T.DISTINCT))
        before = step.at if step.kind == 0 else -1
    return columns, plain


def _cues(words: Sequence[Word]) -> dict[str, bool]:
    texts = {word.text.lower() for word in words}
    return {cue: bool(texts & forms) for cue, forms in _CUES.items()}
