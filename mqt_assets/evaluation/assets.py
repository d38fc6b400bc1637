"""The asset of the group `evaluation`: how good the candidate is, beside the release that serves.

Both answer the same frozen holdout questions, by running predicted and gold queries on MongoDB:
the user's own database for their questions, corpus documents loaded beside the journal for theirs.
"""

import json
from pathlib import Path
from typing import Any

import dagster as dg

from mqt_assets.evaluation.champion import Answers, known_or_asked
from mqt_assets.evaluation.measuring import Measurement, measure
from mqt_assets.evaluation.presenting import files_of, metadata_of, metrics_of
from mqt_assets.release.gates import EvaluationReport
from mqt_assets.release.packaging import TRANSLATOR, Champion
from mqt_assets.schemas.assets import read_catalogs
from mqt_assets.state import HOLDOUT, TRAINING
from mqt_resources.artifacts import folder_bytes
from mqt_resources.gateways import JournalResource, MongoResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking


@dg.asset(
    group_name="evaluation",
    kinds={"mongodb", "mlflow", "json"},
    io_manager_key="json_io",
    code_version="4",
    description="Execution accuracy of the candidate on the frozen holdout, by kind of question, "
    "with latency and size; the champion's on the same questions.",
)
def candidate_evaluation(
    context: dg.AssetExecutionContext,
    candidate_model: Path,
    holdout: dict[str, Any],
    schema_catalog: dict[str, Any],
    corpus_catalogs: dict[str, Any],
    feedback_dataset: dict[str, Any],
    settings: SettingsResource,
    mongodb: MongoResource,
    journal: JournalResource,
    mlflow: MlflowTracking,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.evaluation.questions import holdout_questions
    from mqt_assets.training.examples import Example, dataset_digest
    from mqt_assets.training.holdout import Holdout
    from mqt_assets.training.tables import to_frame

    config = settings.load()
    # Corrections about a database that is no longer looked at can't be asked; they aren't lost.
    corrections = [
        example
        for example in map(Example.from_json, feedback_dataset["examples"])
        if example.database in schema_catalog
    ]
    record = json.loads((candidate_model / TRAINING).read_text(encoding="utf-8"))
    measurement = Measurement(
        own=read_catalogs(schema_catalog),
        corpus=read_catalogs(corpus_catalogs),
        tend_folder=config.tend_folder,
        mongodb=mongodb,
        journal=journal,
        say=context.log.info,
    )
    members = Holdout.from_json(holdout).members
    chosen = holdout_questions(members, measurement.catalogs, config.evaluation_questions)
    questions, digest = chosen.questions, dataset_digest(chosen.questions)
    for reason, count in chosen.retired.items():
        context.log.warning(f"{count} questions of the holdout are asked no more: {reason}")
    candidate = measure(candidate_model / TRANSLATOR, questions, measurement)
    learned = measure(candidate_model / TRANSLATOR, corrections, measurement)
    champion = Champion.of(config.releases_folder)
    theirs = None
    if champion is not None and champion.parts.translator == record["translator"]:
        theirs = Answers.of(candidate.outcomes, learned.outcomes)
    elif champion is not None:
        folder = champion.folder / TRANSLATOR
        theirs = known_or_asked(
            champion.report,
            questions,
            corrections,
            measurement.measured_on,
            lambda some: measure(folder, some, measurement),
            context.log.info,
        )
    report = EvaluationReport(
        translator=record["translator"],
        holdout_digest=digest,
        overall=candidate.overall,
        by_kind=candidate.by_kind,
        by_source=candidate.by_source,
        milliseconds_p50=candidate.p50,
        milliseconds_p95=candidate.p95,
        megabytes=folder_bytes(candidate_model / TRANSLATOR) / 1e6,
        corrections=len(corrections),
        corrections_learned=learned.overall.correct,
        champion_release=champion.manifest.id if champion else None,
        champion_translator=champion.parts.translator if champion else None,
        champion=theirs.overall if theirs else None,
        champion_by_kind=theirs.by_kind if theirs else {},
        retired=chosen.retired,
        outcomes=candidate.outcomes,
        champion_outcomes=theirs.outcomes if theirs else (),
        correction_outcomes=learned.outcomes,
        champion_correction_outcomes=theirs.corrections if theirs else (),
        mlflow_run_id=record["mlflow_run_id"],
        mlflow_model_version=record["mlflow_model_version"],
        dataset_digest=record["dataset_digest"],
    )
    with mlflow.resume(report.mlflow_run_id) as run:
        run.set_tags({"evaluation_dagster_run_id": context.run_id, "holdout": digest})
        run.log_metrics(metrics_of(report))
        run.log_dataset(
            to_frame(questions),
            name="holdout",
            digest=digest,
            source=settings.artifacts().path(HOLDOUT),
            context="evaluation",
        )
        for name, content in files_of(report, candidate.failures).items():
            run.log_bytes(name, content)
    context.log.info(
        f"{report.overall.correct} of {report.overall.total} right ({report.score:.1%}), "
        f"median {report.milliseconds_p50:.0f} ms"
    )
    if report.comparison is not None:
        context.log.info(f"against the champion {report.champion_release}: {report.comparison}")
    return dg.Output(
        report.model_dump(mode="json"),
        metadata=metadata_of(report, candidate.failures, config.mlflow_uri),
    )
