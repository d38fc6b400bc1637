"""What waits for what, by Dagster's own queue with the `dagster.yaml` that MQT comes with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)

from mqt_assets.definitions import defs
from mqt_serving.platform.launch import prepare_dagster_home
from mqt_serving.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = {"experiment_job": {"ops": {"move_experiment": {"config": {"action": "stop"}}}}}
RUNNING, WAITING = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.QUEUED


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as found:
        yield found


def add(
    instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus, **tags: str
) -> dg.DagsterRun:
    """A run in Dagster's books, with the tags that Dagster gives it; nothing is executed."""
    definition = defs.resolve_job_def(job)
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("mqt"), "__repository__")
    return instance.create_run_for_job(
        definition,
        run_config=CONFIG.get(job),
        status=status,
        tags={**definition.run_tags, **tags},
        remote_job_origin=RemoteJobOrigin(repository, job),
    )


def starts(instance: dg.DagsterInstance) -> list[str]:
    """The jobs whose runs the queue would start now, in order."""
    config = instance.get_concurrency_config()
    queue = QueuedRunCoordinatorDaemon(interval_seconds=1)
    return [run.job_name for run in queue._get_runs_to_dequeue(instance, config, None)]


@pytest.mark.parametrize("job", ["rollback_job", "experiment_job"])
def test_what_moves_the_pointer_starts_at_once(instance: dg.DagsterInstance, job: str) -> None:
    for running in ("retrain_job", "embed_job"):
        add(instance, running, RUNNING)
    add(instance, "__ASSET_JOB", RUNNING, **{"dagster/backfill": "days"})
    for waiting in ("train_base_model", "query_log_job", "prompt_job"):
        add(instance, waiting, WAITING)
    assert starts(instance) == []
    add(instance, job, WAITING)
    assert starts(instance) == [job]


def test_it_goes_before_what_people_start_asset_by_asset(instance: dg.DagsterInstance) -> None:
    for _ in range(4):
        add(instance, "__ASSET_JOB", RUNNING)
    add(instance, "__ASSET_JOB", WAITING)
    add(instance, "rollback_job", WAITING)
    assert starts(instance) == ["rollback_job"]


def test_everything_else_takes_turns(instance: dg.DagsterInstance) -> None:
    jobs = {job.name for job in defs.resolve_all_job_defs() if not job.name.startswith("__")}
    turns = jobs - {"rollback_job", "experiment_job"}
    for job in sorted(turns):
        add(instance, job, WAITING)
    assert len(starts(instance)) == 2


def test_two_trainings_never_run_together(instance: dg.DagsterInstance) -> None:
    add(instance, "retrain_job", RUNNING)
    for job in ("everything_job", "train_base_model", "embed_job"):
        add(instance, job, WAITING)
    assert starts(instance) == ["embed_job"]


def test_partitions_that_a_person_asks_for_run_one_by_one(instance: dg.DagsterInstance) -> None:
    for _ in range(3):
        add(instance, "__ASSET_JOB", WAITING, **{"dagster/backfill": "days"})
    assert len(starts(instance)) == 1


def test_a_home_gets_the_queue_of_this_version_unless_somebody_changed_it(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path)
    target = settings.dagster_home / "dagster.yaml"
    ours = (PROJECT / "dagster.yaml").read_bytes()
    prepare_dagster_home(settings)
    assert target.read_bytes() == ours
    target.write_bytes((PROJECT / "tests" / "mqt_assets" / "dagster_of_before.yaml").read_bytes())
    prepare_dagster_home(settings)
    assert target.read_bytes() == ours
    theirs = ours.replace(b"max_concurrent_runs: 5", b"max_concurrent_runs: 3")
    target.write_bytes(theirs)
    prepare_dagster_home(settings)
    assert target.read_bytes() == theirs
