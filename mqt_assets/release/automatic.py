"""Rollback by itself: a sensor that watches the model that serves, and asks for `rollback_job`.

`watching` decides; here the journal and the audit trail are read. The journal being away is a
reason to skip, since no figures are no bad figures. An experiment that is about to end by itself
comes first, since that may change what is judged; not for long, since its move may never succeed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from mqt_assets.experiments.decision import Action
from mqt_assets.experiments.running import fresh_report
from mqt_assets.release.audit import entries
from mqt_assets.release.counting import figures_in
from mqt_assets.release.packaging import mirror_is_owed, mirror_pointer
from mqt_assets.release.rollback import RollbackConfig, rollback_job
from mqt_assets.release.watching import Case, Limits, case_of, judge
from mqt_assets.run_keys import hourly
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking, brief_requests
from mqt_serving.errors import MqtError
from mqt_serving.experiment_reports import ExperimentReport
from mqt_serving.releases import list_releases, read_pointer
from mqt_serving.settings import Settings

AUTHOR = "rollback_sensor"
PATIENCE = timedelta(minutes=10)
"""How long an experiment's end is waited for: many times what the move takes."""
_ENDS = (Action.PROMOTE, Action.WITHDRAW, Action.STOP)


@dataclass(frozen=True, slots=True)
class Watch:
    """What was found; `case` is there when its live release is to be rolled back."""

    reason: str
    case: Case | None = None


def limits_of(settings: Settings) -> Limits:
    return Limits(
        minimum=settings.rollback_min_questions,
        errors=settings.rollback_most_errors,
        corrections=settings.rollback_most_corrections,
        margin=settings.rollback_margin,
    )


def current_case(root: Path) -> Case | str:
    """What there is to judge now, or why there is nothing."""
    return case_of(read_pointer(root), entries(root), list_releases(root))


def way_back(root: Path) -> frozenset[str]:
    """The release that an automatic rollback would go to: it has to be kept."""
    case = current_case(root)
    return frozenset() if isinstance(case, str) else frozenset({case.target})


def watch(settings: Settings, journal: JournalResource, now: datetime | None = None) -> Watch:
    """Judge the model that serves; raises what reading the journal raises."""
    root, at = settings.releases_folder, now or datetime.now(UTC)
    case = current_case(root)
    if isinstance(case, str):
        return Watch(case)
    days = timedelta(days=settings.rollback_days)
    if at - case.live.since > days:
        return Watch(
            f"The model of {case.champion} serves since {case.live.since:%Y-%m-%d}, longer than it "
            f"is watched ({settings.rollback_days:g} days)."
        )
    experiment = fresh_report(settings, journal, at) if settings.experiment_auto else None
    if experiment is not None and _ends_soon(experiment, at):
        return Watch(f"The experiment moves first: {experiment.reason}")
    with journal.reading() as database:
        live, before = figures_in(database, case, days)
    judgement = judge(live, before, limits_of(settings))
    return Watch(judgement.reason, case if judgement.worse else None)


def _ends_soon(experiment: ExperimentReport, at: datetime) -> bool:
    """Whether its end was asked for just now: one that was not made since then may never be."""
    since = experiment.asked_since
    return experiment.action in _ENDS and (since is None or at - since < PATIENCE)


@dg.sensor(
    name="rollback_sensor",
    job=rollback_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches errors and corrections of the model that serves, and rolls it back when "
    "it is surely worse than the one before or than its limits (MQT_ROLLBACK_AUTO).",
)
def rollback_sensor(
    context: dg.SensorEvaluationContext,
    settings: SettingsResource,
    journal: JournalResource,
    mlflow: MlflowTracking,
) -> dg.RunRequest | dg.SkipReason:
    config = settings.load()
    now = datetime.now(UTC)
    try:
        found = watch(config, journal, now)
    except MqtError as error:
        return dg.SkipReason(f"The model that serves could not be judged. {error}")
    if found.case is None:
        _make_up(config.releases_folder, mlflow)
        return dg.SkipReason(found.reason)
    if not config.rollback_auto:
        return dg.SkipReason(f"{found.reason}. MQT_ROLLBACK_AUTO is off: roll back by hand.")
    judged, target = found.case.champion, found.case.target
    asked = RollbackConfig(release_id=target, reason=found.reason, author=AUTHOR, judged=judged)
    key = hourly(f"rollback:{judged}:{target}", now)
    run = dg.RunConfig(ops={"move_release_pointer": asked})
    return dg.RunRequest(run_key=key, run_config=run)


def _make_up(root: Path, mlflow: MlflowTracking) -> None:
    """Show in MLflow what it missed while it was away."""
    pointer = read_pointer(root)
    if pointer is not None and mirror_is_owed(root):
        with brief_requests():  # Dagster ends a tick after a minute
            mirror_pointer(root, pointer, mlflow)
