"""Experiments over HTTP: which one runs, how the others came out, and each by its id."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from mqt_serving.errors import UnknownExperiment
from mqt_serving.experiment_reports import ExperimentReport, find_report, list_reports
from mqt_serving.http.edge import Workers
from mqt_serving.http.routes import PROBLEMS
from mqt_serving.releases import read_pointer

MOST_PAST = 50


class ExperimentsBody(BaseModel):
    model_config = ConfigDict(frozen=True)

    running: str | None = Field(description="Id of the experiment that runs.")
    current: ExperimentReport | None = Field(
        description="Its figures; null until the first look at it."
    )
    past: list[ExperimentReport] = Field(
        description="The others, newest first, without their points over time."
    )


def experiment_routes(root: Path, workers: Workers) -> APIRouter:
    """`root` is the folder of the releases."""
    router = APIRouter(prefix="/v1/experiment", tags=["experiments"], responses=PROBLEMS)

    @router.get("")
    async def experiments() -> ExperimentsBody:
        """The running experiment with its figures, and the past ones."""
        return await workers.run(lambda: _all(root))

    @router.get("/{experiment_id}")
    async def experiment(experiment_id: str) -> ExperimentReport:
        """One experiment with its figures over time."""
        return await workers.run(lambda: _one(root, experiment_id))

    return router


def _all(root: Path) -> ExperimentsBody:
    pointer = read_pointer(root)
    running = pointer.experiment if pointer else ""
    reports = list_reports(root)
    past = [report for report in reports if report.experiment != running][:MOST_PAST]
    return ExperimentsBody(
        running=running or None,
        current=next((report for report in reports if report.experiment == running), None),
        past=[report.model_copy(update={"points": ()}) for report in past],
    )


def _one(root: Path, experiment_id: str) -> ExperimentReport:
    report = find_report(root, experiment_id)
    if report is None:
        raise UnknownExperiment(
            f"There is no report of an experiment {experiment_id!r}; GET /v1/experiment lists them."
        )
    return report
