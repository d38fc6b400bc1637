"""What is known of each experiment: a file a piece, written by the pipeline and read by serving.

`<releases>/experiments/<id>.json` lies beside the pointer, so that the page shows experiments while
the journal is away, and serving needs neither the statistics nor the questions behind the figures.
Every look at an experiment adds a point, thinned out when there are many; a move that ends it
closes the report. Writing is atomic: a reader sees the report before or this one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mqt_serving.durable_files import write_durably
from mqt_serving.errors import ReleaseCorrupt, UnknownExperiment
from mqt_serving.releases import Pointer

log = logging.getLogger(__name__)

FOLDER = "experiments"
MOST_POINTS = 200
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Bounds(_Part):
    """Challenger less champion, with the interval that holds at every look."""

    estimate: float
    low: float
    high: float


class Arm(_Part):
    """`outcomes` are shares of the questions, by name."""

    variant: str
    units: int
    questions: int
    p95_ms: float | None
    outcomes: dict[str, float]


class OutcomeFigures(_Part):
    """`guard`: the stricter interval of an outcome that ends the experiment when it is worse."""

    name: str
    better: str = Field(description="`more` or `less`.")
    decides: bool
    difference: Bounds | None
    guard: Bounds | None = None


class Point(_Part):
    """What one look saw. `units` are the champion's and the challenger's."""

    at: datetime
    share: float
    units: tuple[int, int]
    satisfied: Bounds | None
    guards: dict[str, Bounds | None] = {}
    mismatch_p: float

    @property
    def exposed(self) -> float | None:
        """Share of the people that got the challenger."""
        return self.units[1] / sum(self.units) if sum(self.units) else None


class Ending(_Part):
    """`move`: promote, withdraw, stop, or what else ended it (release, rollback)."""

    at: datetime
    move: str
    reason: str


class ExperimentReport(_Part):
    experiment: str
    champion: str
    challenger: str | None
    share: float
    started_at: datetime
    looked_at: datetime
    arms: tuple[Arm, ...]
    outcomes: tuple[OutcomeFigures, ...]
    mismatch_p: float = Field(description="Sample ratio mismatch; small: assignment is broken.")
    level: float
    action: str = Field(description="What the last look asks for.")
    reason: str
    asked_since: datetime | None = Field(None, description="Since when every look asks for it.")
    points: tuple[Point, ...] = ()
    ended: Ending | None = None

    def after(self, before: ExperimentReport | None) -> ExperimentReport:
        """With the points of the report before; a look that saw nothing new adds none, and one that
        asks for the same does so since then.

        It may have begun before the experiment ended: how it ended stays.
        """
        if before is None:
            return self
        points = list(before.points)
        for point in self.points:
            if not points or points[-1].model_copy(update={"at": point.at}) != point:
                points.append(point)
        since = self.asked_since
        if before.action == self.action:
            since = before.asked_since or before.looked_at
        return self.model_copy(
            update={"points": thinned(points), "ended": before.ended, "asked_since": since}
        )


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> tuple[Point, ...]:
    """At most `most` of them: every second one goes, the first and the last stay."""
    kept = list(points)
    while len(kept) > most:
        kept = [*kept[:-1:2], kept[-1]]
    return tuple(kept)


def write_report(root: Path, report: ExperimentReport) -> None:
    path = _path(root, report.experiment)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, report.model_dump_json().encode())


def find_report(root: Path, experiment: str) -> ExperimentReport | None:
    """None when nobody looked at it yet; `ReleaseCorrupt` when the file cannot be read."""
    path = _path(root, experiment)
    try:
        return ExperimentReport.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ReleaseCorrupt(
            f"{path} cannot be read: {error}. It only reports: delete it, the next look writes it."
        ) from error


def list_reports(root: Path) -> list[ExperimentReport]:
    """All experiments, the newest first; what cannot be read is left out, with a warning."""
    found = []
    for path in (root / FOLDER).glob("[!.]*.json"):
        try:
            report = find_report(root, path.stem)
        except (ReleaseCorrupt, UnknownExperiment) as error:
            log.warning("%s", error)
            continue
        if report is not None:
            found.append(report)
    return sorted(found, key=lambda report: report.started_at, reverse=True)


def close_when_over(
    root: Path,
    before: Pointer | None,
    after: Pointer,
    move: str,
    reason: str,
    now: datetime | None = None,
) -> None:
    """Say in its report how an experiment ended, if this move of the pointer ended one.

    Never raises for a report that cannot be read: the pointer has moved.
    """
    if before is None or not before.experiment or before.experiment == after.experiment:
        return
    try:
        report = find_report(root, before.experiment)
    except ReleaseCorrupt as error:
        log.warning("%s", error)
        return
    if report is not None:  # else nobody ever looked at it
        ended = Ending(at=now or datetime.now(UTC), move=move, reason=reason)
        write_report(root, report.model_copy(update={"ended": ended}))


def _path(root: Path, experiment: str) -> Path:
    if not _ID.fullmatch(experiment):
        raise UnknownExperiment(f"{experiment[:80]!r} is no id of an experiment.")
    return root / FOLDER / f"{experiment}.json"
