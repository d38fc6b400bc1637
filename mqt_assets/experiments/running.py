"""The running experiment looked at and acted on: what sensor, op and command line share.

Each look leaves its report where serving and `experiment_report` read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
from mqt_assets.experiments.outcomes import arms_of, started_at
from mqt_assets.release.audit import entries
from mqt_resources.gateways import JournalResource
from mqt_serving.experiment_reports import ExperimentReport, find_report, write_report
from mqt_serving.releases import Pointer, read_pointer
from mqt_serving.settings import Settings

_FIELDS = ("at", "question", "outcome", "timings", "follow_up_of", "exposure")


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
    arms = arms_of(*_journal(journal, pointer.experiment, began), pointer.experiment, share)
    findings = examine(arms, share, rules)
    verdict = judge(arms, findings, share, began, at, rules)
    running = Experiment(pointer.experiment, pointer.champion, pointer.challenger, share, began)
    report = report_of(running, arms, findings, verdict, rules, at)
    report = report.after(find_report(root, pointer.experiment))
    write_report(root, report)
    return Look(verdict, report)


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


def _journal(
    journal: JournalResource, experiment: str, began: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    since = {"at": {"$gte": began}}
    with journal.reading() as database:
        exposed = {**since, "exposure.experiment": experiment}
        queries = list(database["queries"].find(exposed, dict.fromkeys(_FIELDS, 1)))
        feedback = list(
            database["feedback"].find(since, {"query_id": 1, "verdict": 1, "corrected_query": 1})
        )
    return queries, feedback
