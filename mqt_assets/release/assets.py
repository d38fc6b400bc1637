"""The asset of the group `release`: what serves next, decided here and nowhere else.

A candidate that passes every gate brings its translator; one that doesn't stays a candidate. New
schemas, index and corrections are released either way, with the translator that may serve: a
candidate that is no better must not keep a correction or a new collection from people. The pointer
moves last, after the new release was loaded as serving loads it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from mqt_assets.evaluation.measuring import corrections_that_broke
from mqt_assets.evaluation.questions import choose_questions
from mqt_assets.presentation import markdown
from mqt_assets.prompts.stored import prompt_text
from mqt_assets.release.audit import entries, record, withdrawn
from mqt_assets.release.automatic import way_back
from mqt_assets.release.decisions import keep
from mqt_assets.release.gates import Decision, EvaluationReport, Limits, decide
from mqt_assets.release.packaging import (
    TRANSLATOR,
    Champion,
    Contents,
    assemble,
    code_version,
    corrections_text,
    mirror_pointer,
    translator_of,
)
from mqt_assets.release.trying_out import load_as_serving
from mqt_assets.schemas.assets import read_catalogs
from mqt_resources.artifacts import folder_digest
from mqt_resources.gateways import MongoResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.releases import PROMPT, Manifest, promote, prune, read_pointer, write_release
from mqt_serving.settings import Settings


@dg.asset(
    group_name="release",
    # Read where there is one: most homes have no language model, and never promote a prompt.
    deps=["prompt_promotion"],
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="An immutable folder with all that serving needs, and the pointer to it. Re-checks "
    "the gates itself and never replaces a better model.",
)
def release(
    context: dg.AssetExecutionContext,
    candidate_model: Path,
    candidate_evaluation: dict[str, Any],
    holdout: dict[str, Any],
    schema_catalog: dict[str, Any],
    corpus_catalogs: dict[str, Any],
    semantic_index: Path,
    feedback_dataset: dict[str, Any],
    settings: SettingsResource,
    mongodb: MongoResource,
    mlflow: MlflowTracking,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.training.examples import Example, dataset_digest
    from mqt_assets.training.holdout import Holdout

    config = settings.load()
    champion = Champion.of(config.releases_folder)
    catalogs = read_catalogs(schema_catalog)
    corrections = [Example.from_json(body) for body in feedback_dataset["examples"]]
    report = EvaluationReport.model_validate(candidate_evaluation)
    candidate = folder_digest(candidate_model / TRANSLATOR)
    if champion is not None and champion.parts.translator == candidate:
        decision = Decision(())  # it serves already: new data is all that there may be to release
    else:
        questions = choose_questions(
            Holdout.from_json(holdout).members,
            {*schema_catalog, *corpus_catalogs},
            config.evaluation_questions,
        )
        decision = decide(
            report,
            Limits.of(config),
            corrections_that_broke(corrections, catalogs, mongodb),
            translator=candidate,
            holdout_digest=dataset_digest(questions),
            champion_translator=champion.parts.translator if champion else None,
            withdrawn=withdrawn(entries(config.releases_folder)),
        )
        keep(
            settings.artifacts(),
            mlflow,
            report,
            decision,
            by="release",
            dagster_run_id=context.run.run_id,
        )
    chosen = _choose(champion, candidate, candidate_model / TRANSLATOR, report, decision)
    if chosen is None:
        return _kept("nothing is released yet", decision, champion)
    translator, chosen_report = chosen
    contents = Contents(
        translator,
        catalogs,
        semantic_index,
        corrections_text(corrections),
        chosen_report,
        prompt_text(settings.artifacts()),
    )
    if champion is not None and champion.is_live and contents.parts == champion.parts:
        return _kept("nothing changed", decision, champion)
    manifest = _write(config, contents, context.run.run_id)
    _try_out(config, manifest.id, corrections)
    before = read_pointer(config.releases_folder)
    after = promote(config.releases_folder, manifest.id)
    record(
        config.releases_folder,
        action="release",
        dagster_run_id=context.run.run_id,
        before=before.champion if before else None,
        after=after.champion,
        translators=(
            translator_of(config.releases_folder, before.champion if before else None),
            contents.parts.translator,
        ),
        reason="" if decision.passed else " ".join(decision.reasons),
    )
    problem = mirror_pointer(config.releases_folder, after, mlflow)
    gone = prune(config.releases_folder, config.keep_releases, way_back(config.releases_folder))
    context.log.info(f"{manifest.id} serves from now on")
    new_model = champion is None or champion.parts.translator != contents.parts.translator
    return dg.Output(
        {"release": manifest.id, "moved": True, "reasons": list(decision.reasons)},
        data_version=dg.DataVersion(manifest.id),
        metadata={
            "release": manifest.id,
            "model": "the candidate" if new_model else "the champion's, with new data",
            "previous": after.previous or "none",
            "accuracy": chosen_report.score,
            "candidate": decision.verdict,
            "gates": _gates(decision),
            "reasons": _reasons(decision),
            "prompt": manifest.files.get(PROMPT, "")[:16] or "as it comes with MQT",
            "files": len(manifest.files),
            "pruned": ", ".join(gone) or "none",
            "mlflow_aliases": problem or "follow the pointer",
            "page": dg.MetadataValue.url(config.http_url),
        },
    )


def _choose(
    champion: Champion | None,
    candidate: str,
    folder: Path,
    report: EvaluationReport,
    decision: Decision,
) -> tuple[Path, EvaluationReport] | None:
    """The translator that may serve, with its report; None when there is none yet."""
    if champion is not None and champion.parts.translator == candidate:
        return champion.folder / TRANSLATOR, champion.report
    if decision.passed:
        return folder, report
    return (champion.folder / TRANSLATOR, champion.report) if champion else None


def _kept(why: str, decision: Decision, champion: Champion | None) -> dg.Output[dict[str, Any]]:
    """The pointer stays where it is."""
    serving = champion.manifest.id if champion else None
    return dg.Output(
        {"release": serving, "moved": False, "reasons": list(decision.reasons)},
        data_version=dg.DataVersion(serving or "none"),
        metadata={
            "release": serving or "none",
            "pointer": f"not moved: {why}",
            "candidate": decision.verdict,
            "gates": _gates(decision),
            "reasons": _reasons(decision),
        },
    )


def _write(config: Settings, contents: Contents, dagster_run_id: str) -> Manifest:
    from mqt_resources.artifacts import ArtifactStore

    report = contents.report
    metrics = {
        "holdout_accuracy": report.score,
        "translate_ms_p50": report.milliseconds_p50,
        "translate_ms_p95": report.milliseconds_p95,
        **{f"accuracy_{kind}": share.score for kind, share in report.by_kind.items()},
    }
    with ArtifactStore(config.artifacts_folder).scratch("release_folder") as folder:
        assemble(folder, contents)
        return write_release(
            config.releases_folder,
            folder,
            metrics=metrics,
            dataset_digest=report.dataset_digest,
            catalog_digests={name: c.digest for name, c in contents.catalogs.items()},
            index_version=contents.parts.index,
            dagster_run_id=dagster_run_id,
            mlflow_model_version=report.mlflow_model_version,
            code_version=code_version(),
        )


def _try_out(config: Settings, release_id: str, corrections: Sequence[Any]) -> None:
    """Load the release as serving does and ask it every corrected question.

    Raises what loading raises, or `dg.Failure`: such a release must not go live.
    """
    from mqt_serving.query.dialects.parsing import parse_query

    loaded = load_as_serving(config.releases_folder / release_id, config)
    for example in corrections:
        answer = loaded.correction(example.question, example.database)
        if answer is None or answer.command != parse_query(example.command):
            raise dg.Failure(
                f"Release {release_id} does not answer {example.question!r} as it was corrected; "
                "the pointer stays where it is."
            )


def _reasons(decision: Decision) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {reason}" for reason in decision.reasons) or "none")


def _gates(decision: Decision) -> dg.MarkdownMetadataValue:
    if not decision.gates:
        return dg.MetadataValue.md("The candidate serves already; there was nothing to decide.")
    return markdown(["gate", "result", "figures"], decision.rows)
