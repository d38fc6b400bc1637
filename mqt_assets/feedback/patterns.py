"""Which sorts of questions fail more than the others: by query kind, collection, field, release.

Shares with Wilson intervals, lift against the rest of the day, and Fisher's exact test; what
stands out is decided for all patterns together (Benjamini-Hochberg at 5 %), since among hundreds of
fields some always look bad by chance. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mqt_assets.feedback.failures import NO_QUERY, Asked
from mqt_serving.insights import Dimension, Pattern

MOST_BY_DIMENSION = 10
FEWEST_ASKED = 10
FEWEST_FAILED = 3
FALSE_DISCOVERIES = 0.05

_Z = 1.959964  # 95 %


@dataclass(frozen=True, slots=True)
class _Sort:
    dimension: Dimension
    value: str
    database: str = ""
    collection: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class _Compared:
    """A sort's questions among all of its dimension."""

    sort: _Sort
    asked: int
    failed: int
    total: int
    total_failed: int

    @property
    def rate(self) -> float:
        return self.failed / self.asked

    @property
    def rest(self) -> float:
        """The share that failed of all others."""
        return (self.total_failed - self.failed) / (self.total - self.asked)

    @property
    def chance(self) -> float:
        """The probability of so many failures or more if this sort failed as the rest does."""
        from scipy.stats import hypergeom

        return float(hypergeom.sf(self.failed - 1, self.total, self.total_failed, self.asked))


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927); (0, 1) of none."""
    if not of:
        return 0.0, 1.0
    share, scale = found / of, 1 + _Z**2 / of
    centre = (share + _Z**2 / (2 * of)) / scale
    radius = _Z / scale * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    # At the ends the interval touches 0 and 1, which rounding may miss.
    low = 0.0 if found == 0 else centre - radius
    return low, 1.0 if found == of else centre + radius


def patterns_of(asked: Sequence[Asked], fewest_asked: int = FEWEST_ASKED) -> list[Pattern]:
    """The worst sorts of each dimension, worst first: asked and failed often enough to tell, and
    failing more than the rest.

    Ranked by the failures more than elsewhere that are certain. A question without a query fails by
    definition: it says something of its release, nothing of kinds, collections and fields, so these
    are compared among questions with a query. A sort that is everything has nothing beside it.
    """
    compared: list[_Compared] = []
    for sorts_of in _SORTS:
        compared += _compared(sorts_of, asked, fewest_asked)
    significant = _discoveries([each.chance for each in compared])
    patterns = [_pattern(each, index in significant) for index, each in enumerate(compared)]
    patterns.sort(key=lambda p: (-p.excess, -p.failed, p.dimension, p.database, p.value))
    shown: Counter[str] = Counter()
    kept = []
    for pattern in patterns:
        shown[pattern.dimension] += 1
        if shown[pattern.dimension] <= MOST_BY_DIMENSION:
            kept.append(pattern)
    return kept


def _kind(question: Asked) -> Iterator[_Sort]:
    if question.shape.kind != NO_QUERY:
        yield _Sort("query kind", question.shape.kind)


def _collections(question: Asked) -> Iterator[_Sort]:
    for name in question.shape.collections:
        yield _Sort("collection", name, question.database, name)


def _fields(question: Asked) -> Iterator[_Sort]:
    for name, path in question.shape.fields:
        yield _Sort("field", f"{name}.{path}", question.database, name, path)


def _release(question: Asked) -> Iterator[_Sort]:
    yield _Sort("release", question.release_id)


_SORTS = (_kind, _collections, _fields, _release)


def _compared(
    sorts_of: Callable[[Asked], Iterator[_Sort]], asked: Sequence[Asked], fewest_asked: int
) -> Iterator[_Compared]:
    """Each sort beside all questions that have one in this dimension."""
    counts: Counter[_Sort] = Counter()
    failures: Counter[_Sort] = Counter()
    total = failed = 0
    for question in asked:
        sorts = list(sorts_of(question))
        total += bool(sorts)
        failed += bool(sorts) and question.failed
        counts.update(sorts)
        if question.failed:
            failures.update(sorts)
    for sort, count in counts.items():
        one = _Compared(sort, count, failures[sort], total, failed)
        if fewest_asked <= count < total and one.failed >= FEWEST_FAILED and one.rate > one.rest:
            yield one


def _pattern(found: _Compared, stands_out: bool) -> Pattern:
    low, high = wilson(found.failed, found.asked)
    rate, rest = found.rate, found.rest
    return Pattern(
        dimension=found.sort.dimension,
        value=found.sort.value,
        database=found.sort.database,
        collection=found.sort.collection,
        path=found.sort.path,
        asked=found.asked,
        failed=found.failed,
        rate=round(rate, 4),
        low=round(low, 4),
        high=round(high, 4),
        rest=round(rest, 4),
        lift=round(rate / rest, 3) if rest else None,
        excess=round((low - rest) * found.asked, 2),
        stands_out=stands_out,
    )


def _discoveries(chances: Sequence[float]) -> set[int]:
    """Indexes of the significant ones (Benjamini and Hochberg 1995)."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    last = 0
    for rank, index in enumerate(order, 1):
        if chances[index] <= FALSE_DISCOVERIES * rank / len(order):
            last = rank
    return set(order[:last])
