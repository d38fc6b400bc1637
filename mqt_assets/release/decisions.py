"""What was decided about each candidate, so that it is found later: a file, and tags in MLflow.

The file `candidate_decisions/<translator>.json` of the artifact store has all decisions about a
candidate, oldest first. MLflow keeps the candidate itself, with the last decision as tags.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqt_assets.release.gates import BROKEN, Decision, EvaluationReport
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.mlflow_tracking import MlflowTracking

FOLDER = "candidate_decisions"
_TAG_LENGTH = 4500  # MLflow's stores take 5,000 characters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a decision lies; `problem` is what went wrong in MLflow, empty when nothing did."""

    path: Path
    problem: str


def keep(
    store: ArtifactStore,
    mlflow: MlflowTracking,
    report: EvaluationReport,
    decision: Decision,
    *,
    by: str,
    dagster_run_id: str,
) -> Kept:
    """Write a decision down in both places. The file has it when MLflow is away, so that is no
    reason to fail."""
    path = write(store, report, decision, by=by, dagster_run_id=dagster_run_id)
    return Kept(path, _tag(mlflow, report, decision))


def write(
    store: ArtifactStore,
    report: EvaluationReport,
    decision: Decision,
    *,
    by: str,
    dagster_run_id: str,
    now: datetime | None = None,
) -> Path:
    """Add a decision to the candidate's file, unless it only repeats the last one. `by` is the
    asset or check that decided."""
    name = f"{FOLDER}/{report.translator}.json"
    record = {
        "verdict": decision.verdict,
        "reasons": list(decision.reasons),
        "gates": [
            {"gate": gate.name, "passed": gate.passed, "explanation": gate.explanation}
            for gate in decision.gates
        ],
        "champion": report.champion_release,
        "holdout_digest": report.holdout_digest,
    }
    known = made(store, report.translator)
    if known and {key: known[-1][key] for key in record} == record:
        return store.path(name)
    at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    body = {
        "translator": report.translator,
        "mlflow_run_id": report.mlflow_run_id,
        "mlflow_model_version": report.mlflow_model_version,
        "dataset_digest": report.dataset_digest,
        "decisions": [*known, {"at": at, "by": by, "dagster_run_id": dagster_run_id, **record}],
    }
    return store.write(name, json.dumps(body, ensure_ascii=False, indent=1).encode())


def made(store: ArtifactStore, translator: str) -> list[dict[str, Any]]:
    """The decisions about a candidate, oldest first."""
    name = f"{FOLDER}/{translator}.json"
    if not store.exists(name):
        return []
    found: list[dict[str, Any]] = json.loads(store.read(name))["decisions"]
    return found


def was_refused(store: ArtifactStore, translator: str) -> bool:
    """Whether the last decision found a candidate broken: its run stopped before the release."""
    decided = made(store, translator)
    return bool(decided) and decided[-1]["verdict"] == BROKEN


def _tag(mlflow: MlflowTracking, report: EvaluationReport, decision: Decision) -> str:
    if not report.mlflow_run_id:
        return ""
    tags = {"verdict": decision.verdict, "reasons": " ".join(decision.reasons)[:_TAG_LENGTH]}
    try:
        with mlflow.resume(report.mlflow_run_id) as run:
            run.set_tags(tags)
        if report.mlflow_model_version:
            mlflow.tag_version(report.mlflow_model_version, tags)
    except Exception as error:  # MLflow's stores raise errors of many libraries
        problem = f"MLflow's tags could not be set ({error})"
        log.warning(problem)
        return problem
    return ""
