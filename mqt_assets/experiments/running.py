"""The running experiment looked at and acted on: what sensor, op and command line share.

Each look leaves its report where serving and `experiment_report` read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mqt_assets.experiments.decision import (
    Action,
    Experiment,
    Rules,
    Verdict,
    examine,
    judge,
    report_of,
)
from mqt_assets.experiments.moves import promote_challenger, ramp, start, stop
from mqt_assets.experiments.outcomes import arms_of, exposed, said_of, started_at
from mqt_assets.release.audit import entries
from mqt_resources.gateways import JournalResource
from mqt_serving.experiment_reports import ExperimentReport, find_report, write_report
from mqt_serving.releases import Pointer, read_pointer
from mqt_serving.settings import Settings

FRESH = timedelta(minutes=2)
"""A look of so long ago is as good as one of now, where nothing is moved by it."""


@dataclass(frozen=True, slots=True)
class Look:
    """A verdict with the report that was written."""

    verdict: Verdict
    report: ExperimentReport


def rules_of(settings: Settings) -> Rules:
    return Rules(
        steps=settings.experiment_steps,
        minimum=settings.experiment_min_units,
        longest=timedelta(days=settings.experiment_days),
        margin=settings.experiment_margin,
        latency_ratio=settings.experiment_latency_ratio,
    )


def look(settings: Settings, journal: JournalResource, now: datetime | None = None) -> Look | None:
    """None when no experiment runs; raises what reading the journal raises."""
    root, at = settings.releases_folder, now or datetime.now(UTC)
    pointer = read_pointer(root)
    if pointer is None or not pointer.experiment:
        return None
    began = started_at(entries(root), pointer.experiment) or at
    rules, share = rules_of(settings), pointer.challenger_share
    with journal.reading() as database:
        said = said_of(database, began)
        arms = arms_of(exposed(database, pointer.experiment, share), said)
    findings = examine(arms, share, rules)
    verdict = judge(arms, findings, share, began, at, rules)
    running = Experiment(pointer.experiment, pointer.champion, pointer.challenger, share, began)
    report = report_of(running, arms, findings, verdict, rules, at)
    report = report.after(find_report(root, pointer.experiment))
    write_report(root, report)
    return Look(verdict, report)


def fresh_report(
    settings: Settings, journal: JournalResource, now: datetime
) -> ExperimentReport | None:
    """What the last look at the running experiment found, if it is fresh, else a new one; None when
    none runs. Raises what reading the journal raises."""
    pointer = read_pointer(settings.releases_folder)
    if pointer is None or not pointer.experiment:
        return None
    report = find_report(settings.releases_folder, pointer.experiment)
    if report and report.share == pointer.challenger_share and now - report.looked_at <= FRESH:
        return report
    found = look(settings, journal, now)
    return found.report if found else None


def act(
    root: Path,
    action: str,
    try_out: Callable[[Path], object],
    *,
    share: float,
    challenger: str = "",
    experiment: str = "",
    reason: str = "",
    author: str = "",
    run_id: str = "",
) -> Pointer:
    """Make the move that a verdict or a person asks for.

    `experiment`: raises `ExperimentError` unless it is the one that runs when the pointer moves.
    """
    if action == "start":
        return start(
            root, share, challenger=challenger, reason=reason, author=author, run_id=run_id
        )
    if action == Action.RAMP:
        return ramp(root, share, experiment=experiment, reason=reason, author=author, run_id=run_id)
    if action == Action.PROMOTE:
        return promote_challenger(
            root, try_out, experiment=experiment, reason=reason, author=author, run_id=run_id
        )
    if action in (Action.STOP, Action.WITHDRAW):
        return stop(
            root,
            withdraw=action == Action.WITHDRAW,
            experiment=experiment,
            reason=reason,
            author=author,
            run_id=run_id,
        )
    raise ValueError(f"{action!r} is no move of an experiment")
