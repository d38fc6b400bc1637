"""Why a candidate was not released is found later, whatever happened since."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mqt_assets.release.decisions import keep, made, write
from mqt_assets.release.gates import Decision, EvaluationReport, Gate, Share
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking

WORSE = Decision((Gate("accuracy", False, False, "It lost more than it gained."),))
SLOW = Decision((Gate("latency", False, True, "latency 9000.0 ms."), *WORSE.gates))
GOOD = Decision((Gate("accuracy", True, False, "Better."),))


def report(**changes: Any) -> EvaluationReport:
    values: dict[str, Any] = {
        "translator": "t2",
        "holdout_digest": "h",
        "overall": Share(correct=1, total=3),
        "milliseconds_p50": 40,
        "milliseconds_p95": 90,
        "megabytes": 95,
        "champion_release": "r1",
    }
    return EvaluationReport(**{**values, **changes})


def test_decisions_are_added_and_repetitions_are_not(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    when = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for by, decision in [("evaluation_gates", WORSE), ("release", WORSE), ("release", GOOD)]:
        path = write(store, report(), decision, by=by, dagster_run_id=f"run of {by}", now=when)
    first, last = made(store, "t2")
    assert (first["by"], first["verdict"], first["reasons"]) == (
        "evaluation_gates",
        "kept back",
        ["It lost more than it gained."],
    )
    assert (last["by"], last["verdict"], last["dagster_run_id"]) == (
        "release",
        "passed",
        "run of release",
    )
    assert first["at"] == "2026-03-01T12:00:00+00:00"
    assert json.loads(path.read_bytes())["translator"] == "t2"
    assert made(store, "another") == []


@pytest.fixture
def tracking(tmp_path: Path) -> MlflowTracking:
    return MlflowTracking(settings=SettingsResource(overrides={"home": str(tmp_path / "home")}))


def test_mlflow_has_the_last_verdict_with_its_reasons(
    tracking: MlflowTracking, tmp_path: Path
) -> None:
    with tracking.run("train", dagster_run_id="d") as run:
        pass
    version = tracking.register(run.run_id, run.artifact_uri, {})
    measured = report(mlflow_run_id=run.run_id, mlflow_model_version=version)
    kept = keep(ArtifactStore(tmp_path), tracking, measured, SLOW, by="x", dagster_run_id="d")
    assert kept.problem == ""
    expected = {"verdict": "broken", "reasons": "latency 9000.0 ms. It lost more than it gained."}
    assert expected.items() <= tracking.client.get_run(run.run_id).data.tags.items()
    stored = tracking.client.get_model_version(tracking.model_name, version)
    assert expected.items() <= stored.tags.items()


def test_the_longest_reasons_fit_mlflow(tracking: MlflowTracking, tmp_path: Path) -> None:
    with tracking.run("train", dagster_run_id="d") as run:
        pass
    version = tracking.register(run.run_id, run.artifact_uri, {})
    measured = report(mlflow_run_id=run.run_id, mlflow_model_version=version)
    long = Decision((Gate("corrections", False, False, "broken " * 3000),))
    kept = keep(ArtifactStore(tmp_path), tracking, measured, long, by="x", dagster_run_id="d")
    assert kept.problem == ""
    assert len(made(ArtifactStore(tmp_path), "t2")[0]["reasons"][0]) > 20_000


def test_a_run_that_mlflow_does_not_know_is_told_and_stops_nothing(
    tracking: MlflowTracking, tmp_path: Path
) -> None:
    measured = report(mlflow_run_id="0" * 32)
    kept = keep(ArtifactStore(tmp_path), tracking, measured, WORSE, by="x", dagster_run_id="d")
    assert "could not be set" in kept.problem
    assert kept.path.exists()
