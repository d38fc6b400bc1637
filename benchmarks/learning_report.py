"""What a learning curve shows: a point for each database and share, their means beside it. Pure.

Every gain is paired: the model that was corrected against the one that was not, on the same
questions. A mean counts each database once, and its interval draws whole databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mqt_assets.evaluation.figures import Interval, clustered_interval

MUST_MINUTES, AIM_MINUTES = 5.0, 2.0
"""How long a training may take on two cores."""
_FEW_STEPS = 20
"""Below, a correction has hardly been drawn: a batch has three or four of them."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `total` questions, `right` by this model; `before` by the one without corrections, None
    where that was not measured."""

    right: int
    total: int
    before: int | None = None

    @property
    def share(self) -> float | None:
        """None of no questions."""
        return self.right / self.total if self.total else None

    @property
    def gain(self) -> float | None:
        """As a share of the questions."""
        if self.before is None or not self.total:
            return None
        return (self.right - self.before) / self.total


@dataclass(frozen=True, slots=True)
class Point:
    """One training: a database with a share of its queries corrected.

    `fed` queries of `queries` were corrected, `learned` examples came of it. `asked` are the
    corrected questions, `reworded` other wordings of the same queries, `rest` all other questions.
    """

    database: str
    share: float
    queries: int
    fed: int
    learned: int
    seconds: float
    steps: int
    rest: Tally
    asked: Tally
    reworded: Tally

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Point:
        """Inverse of `as_json`."""
        tallies = {name: Tally(**body[name]) for name in ("rest", "asked", "reworded")}
        return cls(**{**body, **tallies})

    @property
    def line(self) -> str:
        """One line for people."""
        return (
            f"{self.database:<30} {self.share:>5.0%}  {self.fed:>2} of {self.queries} corrected, "
            f"{self.learned} learned from; {self.seconds:.0f} s, {self.steps} steps; right: "
            f"rest {_said(self.rest)}, corrected {_said(self.asked)}, "
            f"reworded {_said(self.reworded)}"
        )


@dataclass(frozen=True, slots=True)
class Mean:
    """Over the databases that have such questions; no interval of fewer than two."""

    value: float | None
    interval: Interval | None

    @classmethod
    def of(cls, values: Sequence[tuple[str, float]]) -> Mean:
        """Of values by database."""
        if not values:
            return cls(None, None)
        mean = sum(value for _, value in values) / len(values)
        return cls(mean, clustered_interval(values) if len(values) > 1 else None)


@dataclass(frozen=True, slots=True)
class Row:
    """One share. `pooled` counts each question of the rest once instead of each database."""

    share: float
    databases: int
    fed: int
    steps: tuple[int, int]  # fewest and most
    rest: Mean
    before: Mean
    gain: Mean
    pooled: float | None
    asked: Mean
    asked_gain: Mean
    reworded: Mean
    reworded_gain: Mean


@dataclass(frozen=True, slots=True)
class Curve:
    """`seen` are databases that the base weights may have learned from."""

    points: tuple[Point, ...]
    base: str  # digest of the base weights
    seconds: int  # allowed for each training
    cores: int
    wordings: int
    seed: int
    seen: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        shares = sorted({point.share for point in self.points})
        return tuple(self._row(share) for share in shares)

    def _row(self, share: float) -> Row:
        points = [point for point in self.points if point.share == share]
        total = sum(point.rest.total for point in points)
        right = sum(point.rest.right for point in points)
        return Row(
            share=share,
            databases=len(points),
            fed=sum(point.fed for point in points),
            steps=(min(p.steps for p in points), max(p.steps for p in points)),
            rest=_mean(points, lambda point: point.rest.share),
            before=_mean(points, lambda point: _before(point.rest)),
            gain=_mean(points, lambda point: point.rest.gain),
            pooled=right / total if total else None,
            asked=_mean(points, lambda point: point.asked.share),
            asked_gain=_mean(points, lambda point: point.asked.gain),
            reworded=_mean(points, lambda point: point.reworded.share),
            reworded_gain=_mean(points, lambda point: point.reworded.gain),
        )

    @property
    def slowest(self) -> Point | None:
        return max(self.points, key=lambda point: point.seconds, default=None)

    @property
    def few_steps(self) -> int:
        """How many trainings were too short to tell anything."""
        return sum(point.steps < _FEW_STEPS for point in self.points)

    @property
    def met(self) -> str:
        """Which goal the slowest training meets: aim, must or none."""
        if self.slowest is None:
            return "none"
        minutes = self.slowest.seconds / 60
        return "aim" if minutes <= AIM_MINUTES else "must" if minutes <= MUST_MINUTES else "none"

    @property
    def table(self) -> Iterator[str]:
        """Lines for people."""
        yield (
            f"{'share':>5}  {'fed':>4}  {'steps':>9}  {'rest':>6}  "
            f"{'95 % interval':<16} {'gain, points':<22} {'pooled':>6}  "
            f"{'corrected':>9}  {'reworded':>8}  databases"
        )
        for row in self.rows:
            yield (
                f"{row.share:>5.0%}  {row.fed:>4}  {_range(row.steps):>9}  "
                f"{_percent(row.rest.value):>6}  "
                f"{_between(row.rest):<16} {_gained(row.gain):<22} {_percent(row.pooled):>6}  "
                f"{_percent(row.asked.value):>9}  {_percent(row.reworded.value):>8}  "
                f"{row.databases:>9}"
            )
        if self.slowest is not None:
            yield (
                f"slowest training: {self.slowest.seconds / 60:.1f} min ({self.slowest.database}, "
                f"{self.slowest.share:.0%}, {self.seconds} s allowed, {self.cores} cores); must "
                f"{MUST_MINUTES:g} min, aim {AIM_MINUTES:g} min on 2 cores: meets {self.met}"
            )
        if self.few_steps:
            yield (
                f"{self.few_steps} of {len(self.points)} trainings made fewer than {_FEW_STEPS} "
                "steps, too few to show what corrections teach: give them more --seconds, or a "
                "quieter machine"
            )
        if self.seen:
            yield f"the base weights may have learned from {', '.join(self.seen)}: no fair figures"

    def as_json(self) -> dict[str, Any]:
        slowest = self.slowest
        return {
            "base": self.base,
            "seconds": self.seconds,
            "cores": self.cores,
            "wordings": self.wordings,
            "seed": self.seed,
            "seen": list(self.seen),
            "few_steps": self.few_steps,
            "points": [point.as_json() for point in self.points],
            "rows": [asdict(row) for row in self.rows],
            "slowest": {
                "minutes": None if slowest is None else slowest.seconds / 60,
                "must": MUST_MINUTES,
                "aim": AIM_MINUTES,
                "met": self.met,
            },
        }


def _mean(points: Sequence[Point], value: Callable[[Point], float | None]) -> Mean:
    found = ((point.database, value(point)) for point in points)
    return Mean.of([(database, one) for database, one in found if one is not None])


def _before(tally: Tally) -> float | None:
    return None if tally.before is None or not tally.total else tally.before / tally.total


def _said(tally: Tally) -> str:
    if tally.share is None:
        return "-"
    gain = "" if tally.gain is None else f" ({100 * tally.gain:+.1f})"
    return f"{tally.share:.1%} of {tally.total}{gain}"


def _range(ends: tuple[int, int]) -> str:
    low, high = ends
    return str(low) if low == high else f"{low}-{high}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _between(mean: Mean) -> str:
    if mean.interval is None:
        return ""
    return f"{_percent(mean.interval.low)} to {_percent(mean.interval.high)}"


def _gained(mean: Mean) -> str:
    if mean.value is None:
        return "-"
    interval = mean.interval
    between = f" ({100 * interval.low:+.1f} to {100 * interval.high:+.1f})" if interval else ""
    return f"{100 * mean.value:+.1f}{between}"
