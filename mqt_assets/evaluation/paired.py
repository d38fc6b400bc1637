"""Two translators on the same questions: what was gained and lost, and how sure that is. Pure.

The test is McNemar's, exact: only questions that one of the two gets right tell them apart, and
without a difference each is a fair coin (McNemar 1947). The interval of the difference is a
bootstrap that draws whole databases (Field and Welsh 2007), with one question gained and one lost
more than were seen (Bonett and Price 2012): twenty questions without a loss don't rule losses out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mqt_assets.evaluation.figures import RESAMPLES, stratified_interval
from mqt_assets.training.examples import CORPUS_SOURCES

FEWEST_DATABASES = 10
"""To be drawn as wholes: the spread between fewer says little, so their queries are drawn."""

_ONE_MORE_OF_EACH = (("gained", 1.0), ("lost", -1.0))


class Outcome(NamedTuple):
    """What came of one question; a row of JSON. `question` is the example's id, `query` a digest of
    its gold, `confidence` the probability of the reading that was judged, None where there is none.
    `measured_on` stands for the data and the code that it was measured with (see `measuring`);
    outcomes of older versions have none.
    """

    question: str
    query: str
    database: str
    kind: str
    source: str
    right: bool
    confidence: float | None
    measured_on: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question: whether the champion (`before`) and the candidate (`after`) were right."""

    database: str
    query: str
    kind: str
    source: str
    before: bool
    after: bool

    @property
    def origin(self) -> str:
        return "corpus" if self.source in CORPUS_SOURCES else "own databases"

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidate less champion, as shares of the questions; `low` and `high` are the interval.

    `gained` only the candidate got right, `lost` only the champion. `p_value` is two-sided;
    `p_better` is the chance of so many gains among those if there were no difference, `p_worse`
    that of so many losses.
    """

    questions: int
    gained: int
    lost: int
    low: float
    high: float

    @property
    def difference(self) -> float:
        return (self.gained - self.lost) / self.questions if self.questions else 0.0

    @property
    def p_value(self) -> float:
        return min(1.0, 2 * _at_least(max(self.gained, self.lost), self.gained + self.lost))

    @property
    def p_better(self) -> float:
        return _at_least(self.gained, self.gained + self.lost)

    @property
    def p_worse(self) -> float:
        return _at_least(self.lost, self.gained + self.lost)

    def __str__(self) -> str:
        return (
            f"{self.gained} gained, {self.lost} lost, {100 * self.difference:+.1f} points "
            f"(95% interval {100 * self.low:+.1f} to {100 * self.high:+.1f}, "
            f"McNemar p {self.p_value:.2f})"
        )


def pairs(champion: Sequence[Outcome], candidate: Sequence[Outcome]) -> tuple[Pair, ...]:
    """The questions that both were asked, in the candidate's order."""
    before = {outcome.question: outcome.right for outcome in champion}
    return tuple(
        Pair(o.database, o.query, o.kind, o.source, before[o.question], o.right)
        for o in candidate
        if o.question in before
    )


def compare(paired: Sequence[Pair], *, seed: int = 1, resamples: int = RESAMPLES) -> Comparison:
    """With the 95 % interval of the difference.

    Own and corpus questions are drawn apart, since their shares are set and not found.
    """
    by_origin = grouped(paired, lambda pair: pair.origin)
    strata = [_clusters(by_origin[origin]) for origin in sorted(by_origin)]
    interval = stratified_interval([*strata, _ONE_MORE_OF_EACH], 0.95, seed, resamples)
    return Comparison(
        len(paired),
        sum(pair.change > 0 for pair in paired),
        sum(pair.change < 0 for pair in paired),
        interval.low,
        interval.high,
    )


def grouped(paired: Sequence[Pair], key: Callable[[Pair], str]) -> dict[str, list[Pair]]:
    """The pairs by kind, origin, ..., in the order of the names."""
    groups: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in paired:
        groups[key(pair)].append(pair)
    return {name: groups[name] for name in sorted(groups)}


def _clusters(paired: Sequence[Pair]) -> list[tuple[str, float]]:
    """Wordings of one query stand or fall together, and so do questions about one database."""
    whole = len({pair.database for pair in paired}) >= FEWEST_DATABASES
    return [(pair.database if whole else pair.query, float(pair.change)) for pair in paired]


def _at_least(heads: int, tosses: int) -> float:
    """The chance of so many heads or more with a fair coin."""
    return math.fsum(math.comb(tosses, k) / 2**tosses for k in range(heads, tosses + 1))
