"""The figures of an accuracy measurement, beside what they should be. Pure.

Every figure is derived from judged answers; a row that could not be measured says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.breakdown import counted
from benchmarks.judging import CANDIDATES, Judged
from benchmarks.written_measuring import Report as Written
from mqt_assets.evaluation.figures import (
    Bin,
    Interval,
    clustered_interval,
    expected_calibration_error,
    reliability,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; shares are 0 to 1, a difference in points is 0 to 100.

    `must` and `aim` are the goals, a floor or (where `at_most`) a ceiling. Without a `value`,
    `skipped` says why.
    """

    name: str
    value: float | None
    count: int
    must: float
    aim: float
    at_most: bool = False
    points: bool = False
    interval: Interval | None = None
    skipped: str = ""

    @property
    def met(self) -> str:
        """Which goal is met: aim, must or none."""
        if self.value is None:
            return "none"
        value = -self.value if self.at_most else self.value
        for name, goal in (("aim", self.aim), ("must", self.must)):
            if value >= (-goal if self.at_most else goal):
                return name
        return "none"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """`synonyms` are pairs of the answers to the plain and to the synonym wording."""

    translator: str
    corpus: tuple[Judged, ...]
    synonyms: tuple[tuple[Judged, Judged], ...] = ()
    written: Written | None = None
    no_synonyms: str = ""
    no_written: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        return (
            self._right,
            self._among_first,
            self._synonyms,
            *self._written,
            self._calibration,
        )

    @property
    def _right(self) -> Row:
        scores = [(each.example.database, float(each.right)) for each in self.corpus]
        return Row("right (EX-E)", *_mean(scores), 0.75, 0.82, interval=clustered_interval(scores))

    @property
    def _among_first(self) -> Row:
        scores = [(e.example.database, float(e.rank is not None)) for e in self.corpus]
        name = f"right among the first {CANDIDATES}"
        return Row(name, *_mean(scores), 0.86, 0.92, interval=clustered_interval(scores))

    @property
    def _synonyms(self) -> Row:
        name = "lost with synonyms, points"
        row = Row(name, None, len(self.synonyms), 6, 3, at_most=True, points=True)
        if not self.synonyms:
            return replace(row, skipped=self.no_synonyms)
        scores = [
            (plain.example.database, 100 * (float(plain.right) - float(synonym.right)))
            for plain, synonym in self.synonyms
        ]
        return replace(row, value=_mean(scores)[0], interval=clustered_interval(scores))

    @property
    def _written(self) -> Iterator[Row]:
        rows = (
            Row("written test, right", None, 0, 0.75, 0.90),
            Row("unanswerable, recognised", None, 0, 0.85, 0.95),
            Row("answerable, falsely refused", None, 0, 0.03, 0.03, at_most=True),
        )
        if self.written is None:
            yield from (replace(row, skipped=self.no_written) for row in rows)
            return
        found = (
            (self.written.right, len(self.written.answered)),
            (self.written.recognised, len(self.written.without_answer)),
            (self.written.falsely_declined, len(self.written.with_answer)),
        )
        for row, (value, count) in zip(rows, found, strict=True):
            yield replace(row, value=value, count=count)

    @property
    def _calibration(self) -> Row:
        bins = self.reliability
        error, count = expected_calibration_error(bins), sum(each.count for each in bins)
        return Row("calibration error (ECE)", error, count, 0.06, 0.03, at_most=True)

    @property
    def reliability(self) -> tuple[Bin, ...]:
        """Of the first candidates of the corpus; questions without any have no probability."""
        return reliability(
            [(e.probability, e.right) for e in self.corpus if e.probability is not None]
        )

    @property
    def synonym_shares(self) -> tuple[float, float]:
        """Right with the plain and with the synonym wording, over the same records."""
        plain, synonym = zip(*self.synonyms, strict=True) if self.synonyms else ((), ())
        return _share(plain), _share(synonym)

    @property
    def by_kind(self) -> dict[str, tuple[float, int]]:
        return self._by(lambda each: each.kind)

    @property
    def by_database(self) -> dict[str, tuple[float, int]]:
        return self._by(lambda each: each.example.database)

    @property
    def breakdown(self) -> dict[str, int]:
        """Wrong answers to the corpus by what differs; one may count in several parts."""
        return counted(each.differences for each in self.corpus if not each.right)

    @property
    def breakdown_by_kind(self) -> dict[str, dict[str, int]]:
        wrong = [each for each in self.corpus if not each.right]
        kinds = sorted({each.kind for each in wrong})
        return {k: counted(e.differences for e in wrong if e.kind == k) for k in kinds}

    def _by(self, key: Callable[[Judged], str]) -> dict[str, tuple[float, int]]:
        groups: defaultdict[str, list[Judged]] = defaultdict(list)
        for each in self.corpus:
            groups[key(each)].append(each)
        return {name: (_share(groups[name]), len(groups[name])) for name in sorted(groups)}

    def as_json(self) -> dict[str, Any]:
        plain, synonym = self.synonym_shares
        return {
            "translator": self.translator,
            "rows": [{**asdict(row), "met": row.met} for row in self.rows],
            "by_kind": _named(self.by_kind),
            "by_database": _named(self.by_database),
            "synonyms": {"pairs": len(self.synonyms), "plain": plain, "synonym": synonym},
            "written_by_part": _named(self.written.by_part if self.written else {}),
            "written_by_construct": _named(self.written.by_construct if self.written else {}),
            "unanswerable_by_kind": _named(self.written.recognised_by_kind if self.written else {}),
            "reliability": [asdict(each) for each in self.reliability],
            "breakdown": self.breakdown,
            "breakdown_by_kind": self.breakdown_by_kind,
        }


def _named(groups: dict[str, tuple[float, int]]) -> dict[str, dict[str, float]]:
    return {name: {"right": share, "count": count} for name, (share, count) in groups.items()}


def _mean(scores: Sequence[tuple[str, float]]) -> tuple[float, int]:
    return sum(score for _, score in scores) / max(1, len(scores)), len(scores)


def _share(judged: Sequence[Judged]) -> float:
    return sum(each.right for each in judged) / max(1, len(judged))
