"""The asset of the group `release`: what serves next, decided here and nowhere else.

A candidate that passes every gate brings its translator, at once or as a challenger that has to
prove itself first (MQT_PROMOTE_TO); one that doesn't stays a candidate. New schemas, index and
corrections are released either way, with the translator that may serve: a candidate that is no
better must not keep a correction or a new collection from people. The pointer moves last, after the
new release was loaded as serving loads it.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg

from mqt_assets.evaluation.measuring import corrections_on_data
from mqt_assets.evaluation.questions import holdout_questions
from mqt_assets.presentation import markdown
from mqt_assets.prompts.stored import prompt_text
from mqt_assets.release.audit import entries, stopped, withdrawn
from mqt_assets.release.automatic import way_back
from mqt_assets.release.decisions import keep
from mqt_assets.release.gates import Decision, EvaluationReport, Limits, decide
from mqt_assets.release.packaging import (
    TRANSLATOR,
    Champion,
    Contents,
    corrections_text,
    mirror_pointer,
)
from mqt_assets.release.publishing import offer, serve
from mqt_assets.schemas.assets import read_catalogs
from mqt_resources.artifacts import folder_digest
from mqt_resources.gateways import MongoResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.releases import prune, read_pointer
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
    # Read first: whatever moves it from here on makes `serve` try again on what serves then.
    started = read_pointer(config.releases_folder)
    champion = Champion.of(config.releases_folder)
    catalogs = read_catalogs(schema_catalog)
    corrections = [Example.from_json(body) for body in feedback_dataset["examples"]]
    report = EvaluationReport.model_validate(candidate_evaluation)
    candidate = folder_digest(candidate_model / TRANSLATOR)
    if champion is not None and champion.parts.translator == candidate:
        decision = Decision(())  # it serves already: new data is all that there may be to release
    else:
        questions = holdout_questions(
            Holdout.from_json(holdout).members,
            {**read_catalogs(corpus_catalogs), **catalogs},
            config.evaluation_questions,
        ).questions
        reruns = corrections_on_data(corrections, catalogs, mongodb)
        decision = decide(
            report,
            Limits.of(config),
            reruns.broken,
            translator=candidate,
            holdout_digest=dataset_digest(questions),
            champion_translator=champion.parts.translator if champion else None,
            withdrawn=withdrawn(entries(config.releases_folder)),
            slow_corrections=reruns.slow,
        )
        keep(
            settings.artifacts(),
            mlflow,
            report,
            decision,
            by="release",
            dagster_run_id=context.run.run_id,
        )
    on_trial = decision.passed and _is_tried_first(config, champion, candidate)
    chosen = _choose(
        champion, candidate, candidate_model / TRANSLATOR, report, decision.passed and not on_trial
    )
    if chosen is None:
        return _kept("nothing is released yet", decision, report, champion)
    translator, chosen_report = chosen
    contents = Contents(
        translator,
        catalogs,
        semantic_index,
        corrections_text(corrections),
        chosen_report,
        prompt_text(settings.artifacts(), config.releases_folder),
    )
    unchanged = champion is not None and champion.is_live and contents.parts == champion.parts
    if unchanged and not on_trial:
        return _kept("nothing changed", decision, report, champion)
    run_id = context.run.run_id
    if not unchanged:
        serve(
            config,
            contents,
            corrections,
            run_id,
            instead_of=started.champion if started else None,
            reason="" if decision.passed else " ".join(decision.reasons),
        )
    challenger = "none"
    if on_trial:
        tried = replace(contents, translator=candidate_model / TRANSLATOR, report=report)
        challenger = offer(config, tried, corrections, run_id)
        context.log.info(f"challenger: {challenger}")
    pointer = read_pointer(config.releases_folder)
    assert pointer is not None
    problem = mirror_pointer(config.releases_folder, pointer, mlflow)
    kept = way_back(config.releases_folder)
    if stopped_at := stopped(entries(config.releases_folder)).get(candidate):
        kept |= {stopped_at}  # a person may want to try it again
    gone = prune(config.releases_folder, config.keep_releases, kept)
    context.log.info(f"{pointer.champion} serves from now on")
    new_model = champion is None or champion.parts.translator != contents.parts.translator
    return dg.Output(
        _value(pointer.champion, not unchanged, decision, report),
        data_version=dg.DataVersion(pointer.champion),
        metadata={
            "release": pointer.champion,
            "model": "the candidate" if new_model else "the champion's, with new data",
            "challenger": challenger,
            "previous": pointer.previous or "none",
            "accuracy": chosen_report.score,
            "candidate": decision.verdict,
            "gates": _gates(decision),
            "reasons": _reasons(decision),
            "prompt": contents.parts.prompt[:16] or "as it comes with MQT",
            "pruned": ", ".join(gone) or "none",
            "mlflow_aliases": problem or "follow the pointer",
            "page": dg.MetadataValue.url(config.http_url),
        },
    )


def _is_tried_first(config: Settings, champion: Champion | None, candidate: str) -> bool:
    """Whether a candidate that passed has to prove itself on some people (MQT_PROMOTE_TO)."""
    if champion is None or champion.parts.translator == candidate:
        return False
    return config.promote_to == "challenger"


def _choose(
    champion: Champion | None,
    candidate: str,
    folder: Path,
    report: EvaluationReport,
    passed: bool,
) -> tuple[Path, EvaluationReport] | None:
    """The translator that serves next, with its report; None when there is none yet."""
    if champion is not None and champion.parts.translator == candidate:
        return champion.folder / TRANSLATOR, champion.report
    if passed:
        return folder, report
    return (champion.folder / TRANSLATOR, champion.report) if champion else None


def _value(
    serving: str | None, moved: bool, decision: Decision, report: EvaluationReport
) -> dict[str, Any]:
    """`candidate` is the translator that was decided about: that of the evaluation."""
    reasons = list(decision.reasons)
    return {
        "release": serving,
        "moved": moved,
        "candidate": report.translator,
        "reasons": reasons,
    }


def _kept(
    why: str, decision: Decision, report: EvaluationReport, champion: Champion | None
) -> dg.Output[dict[str, Any]]:
    """The pointer stays where it is."""
    serving = champion.manifest.id if champion else None
    return dg.Output(
        _value(serving, False, decision, report),
        data_version=dg.DataVersion(serving or "none"),
        metadata={
            "release": serving or "none",
            "pointer": f"not moved: {why}",
            "candidate": decision.verdict,
            "gates": _gates(decision),
            "reasons": _reasons(decision),
        },
    )


def _reasons(decision: Decision) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {reason}" for reason in decision.reasons) or "none")


def _gates(decision: Decision) -> dg.MarkdownMetadataValue:
    if not decision.gates:
        return dg.MetadataValue.md("The candidate serves already; there was nothing to decide.")
    return markdown(["gate", "result", "figures"], decision.rows)
