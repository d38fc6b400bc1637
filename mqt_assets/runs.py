"""Dagster's runs as sensors see them: which are in progress, and which trainings there were."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from mqt_assets.jobs import everything_job, retrain_job, train_base_model
from mqt_assets.retraining.decision import LONGEST_RUN, Outcome, TrainingRun

IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_CANDIDATE = dg.AssetKey("candidate_model")
_BY_HAND = "__ASSET_JOB"  # what the UI materializes without a job of ours
_MOST_RUNS = 100  # of one job: more trainings than any budget
_OUTCOMES = {
    dg.DagsterRunStatus.SUCCESS: Outcome.SUCCEEDED,
    dg.DagsterRunStatus.CANCELED: Outcome.CANCELED,
}


def in_progress(instance: dg.DagsterInstance) -> Sequence[dg.DagsterRun]:
    """Runs that may be working now. Those of a machine that lost power stay "started" for ever in
    Dagster's books; none that is waited for here takes hours, so old ones don't count."""
    recent = datetime.now(UTC) - LONGEST_RUN
    return instance.get_runs(filters=dg.RunsFilter(statuses=IN_PROGRESS, created_after=recent))


def training_runs(
    instance: dg.DagsterInstance, since: datetime, now: datetime
) -> tuple[TrainingRun, ...]:
    """Runs that train or trained a candidate, by whomever they were started, requested since then.

    A base training is one only while it is in progress: then it has the machine.
    """
    found = []
    for job in (retrain_job.name, everything_job.name, train_base_model.name, _BY_HAND):
        asked = dg.RunsFilter(job_name=job, created_after=since)
        for record in instance.get_run_records(asked, limit=_MOST_RUNS):
            run = _training_run(record, now)
            base = job == train_base_model.name
            if base and run.outcome is Outcome.IN_PROGRESS:
                found.append(run)
            if not base and _trains(record.dagster_run, everything=job != _BY_HAND):
                found.append(run)
    return tuple(found)


def run_of(instance: dg.DagsterInstance, run_id: str, now: datetime) -> TrainingRun | None:
    """How a run stands; None where Dagster's books don't have it."""
    record = instance.get_run_record_by_id(run_id)
    return None if record is None else _training_run(record, now)


def tagged_run(
    instance: dg.DagsterInstance, tag: str, value: str, now: datetime
) -> TrainingRun | None:
    """The newest run with this tag, and how it stands."""
    records = instance.get_run_records(dg.RunsFilter(tags={tag: value}), limit=1)
    return _training_run(records[0], now) if records else None


def _trains(run: dg.DagsterRun, everything: bool) -> bool:
    """Whether the candidate is among what the run makes; `everything`: unless it has selected."""
    if run.asset_selection:
        return _CANDIDATE in run.asset_selection
    return everything


def _training_run(record: dg.RunRecord, now: datetime) -> TrainingRun:
    run, requested = record.dagster_run, record.create_timestamp.astimezone(UTC)
    base = run.job_name == train_base_model.name
    if run.status in IN_PROGRESS:
        if base or now - requested < LONGEST_RUN:
            return TrainingRun(run.run_id, Outcome.IN_PROGRESS, requested)
        # Lost with its machine: see `in_progress`.
        return TrainingRun(run.run_id, Outcome.FAILED, requested, requested + LONGEST_RUN)
    ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else requested
    return TrainingRun(run.run_id, _OUTCOMES.get(run.status, Outcome.FAILED), requested, ended)
