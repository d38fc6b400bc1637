"""Asset checks: what must hold before the next step, and what people should look at.

A blocking check stops the steps behind it in the same run when it fails as an error. It binds no
later run, which is why `release` decides by the gates again. "No better than the champion" is a
warning: then the champion keeps serving, and everything else may go on.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg

from mqt_assets.embeddings.stored import from_arrays
from mqt_assets.evaluation.measuring import corrections_on_data
from mqt_assets.presentation import markdown
from mqt_assets.release.audit import entries, withdrawn
from mqt_assets.release.decisions import keep
from mqt_assets.release.gates import EvaluationReport, Limits, decide
from mqt_assets.release.packaging import Champion
from mqt_assets.schemas.assets import read_catalogs
from mqt_assets.schemas.quality import Severity, assess
from mqt_assets.training.assets import leak_table
from mqt_resources.gateways import EmbedderResource, MongoResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.search import SemanticIndex


@dg.asset_check(
    asset="schema_catalog",
    description="What is questionable about the data: empty collections, mixed types, numbers kept "
    "as text. Warns; the data is its owner's.",
)
def schema_quality(schema_catalog: dict[str, Any]) -> dg.AssetCheckResult:
    findings = [
        (f"{schema.database}.{schema.collection}", finding)
        for catalog in read_catalogs(schema_catalog).values()
        for schema in catalog.collections
        for finding in assess(schema)
    ]
    serious = [item for item in findings if item[1].severity is not Severity.INFO]
    codes = Counter(finding.code for _, finding in serious).most_common()
    told = ", ".join(f"{code} {count}" for code, count in codes)
    return dg.AssetCheckResult(
        passed=not serious,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(serious)} remarks on the data ({told})." if serious else "No remarks.",
        metadata={
            "findings": len(findings),
            "by_code": markdown(
                ["finding", "times"], Counter(f.code for _, f in findings).most_common()
            ),
            "list": markdown(
                ["collection", "severity", "what"],
                [[name, f.severity.value, f.message] for name, f in findings],
            ),
        },
    )


@dg.asset_check(
    asset="schema_catalog",
    blocking=True,
    description="There is something to ask about: at least one collection with fields.",
)
def catalog_has_data(schema_catalog: dict[str, Any]) -> dg.AssetCheckResult:
    asked_about = [
        schema.collection
        for catalog in read_catalogs(schema_catalog).values()
        for schema in catalog.collections
        if any(field.is_scalar and field.path != "_id" for field in schema.fields)
    ]
    return dg.AssetCheckResult(
        passed=bool(asked_about),
        description=f"{len(asked_about)} collections can be asked about."
        if asked_about
        else "No collection holds documents with fields: load data, then run everything_job.",
    )


@dg.asset_check(
    asset="semantic_index",
    additional_ins={"collection_embeddings": dg.AssetIn("collection_embeddings")},
    blocking=True,
    description="Every schema item of every collection has a vector in the index.",
)
def every_item_has_a_vector(
    semantic_index: Path, collection_embeddings: dict[str, Any]
) -> dg.AssetCheckResult:
    index = SemanticIndex.load(semantic_index)
    indexed = set(index.items)
    expected = {
        text for arrays in collection_embeddings.values() for text in from_arrays(arrays)[0].texts
    }
    missing = sorted(expected - indexed, key=lambda text: text.text)
    return dg.AssetCheckResult(
        passed=not missing and bool(expected),
        metadata={
            "items": len(indexed),
            "missing": markdown(
                ["collection", "path", "text"], [[t.collection, t.path, t.text] for t in missing]
            ),
        },
    )


@dg.asset_check(
    asset="training_set",
    additional_ins={"holdout": dg.AssetIn("holdout")},
    blocking=True,
    description="Nothing in the training set, whatever its source, gives a question of the holdout "
    "away: not its words, its query, nor a paraphrase.",
)
def no_holdout_leakage(
    training_set: Any, holdout: dict[str, Any], embedder: EmbedderResource
) -> dg.AssetCheckResult:
    from mqt_assets.training.holdout import Holdout, divide
    from mqt_assets.training.leakage import find_leaks
    from mqt_assets.training.tables import from_table

    examples = from_table(training_set)
    held = Holdout.from_json(holdout)
    division = divide(examples, held)
    clean = {example.id for example in division.train}
    copies = [example for example in examples if example.id not in clean]
    paraphrases = find_leaks(division.train, held.members, embedder.wordings)
    return dg.AssetCheckResult(
        passed=not copies and not paraphrases,
        description=""
        if not copies and not paraphrases
        else f"{len(copies)} examples are of the holdout and {len(paraphrases)} paraphrase it: "
        "materialize training_set again.",
        metadata={
            "training_examples": len(examples),
            "holdout_examples": len(held.members),
            "of_the_holdout": markdown(
                ["database", "question"], [[e.database, e.question] for e in copies]
            ),
            "paraphrases": leak_table(paraphrases),
        },
    )


@dg.asset_check(
    asset="candidate_evaluation",
    additional_ins={
        "schema_catalog": dg.AssetIn("schema_catalog"),
        "feedback_dataset": dg.AssetIn("feedback_dataset"),
    },
    blocking=True,
    description="The candidate may serve. Blocks when something is broken (nothing right, too "
    "slow, too large); warns when the champion is better.",
)
def evaluation_gates(
    context: dg.AssetCheckExecutionContext,
    candidate_evaluation: dict[str, Any],
    schema_catalog: dict[str, Any],
    feedback_dataset: dict[str, Any],
    settings: SettingsResource,
    mongodb: MongoResource,
    mlflow: MlflowTracking,
) -> dg.AssetCheckResult:
    from mqt_assets.training.examples import Example

    config = settings.load()
    report = EvaluationReport.model_validate(candidate_evaluation)
    corrections = [Example.from_json(body) for body in feedback_dataset["examples"]]
    champion = Champion.of(config.releases_folder)
    reruns = corrections_on_data(corrections, read_catalogs(schema_catalog), mongodb)
    decision = decide(
        report,
        Limits.of(config),
        reruns.broken,
        translator=report.translator,
        holdout_digest=report.holdout_digest,
        champion_translator=champion.parts.translator if champion else None,
        withdrawn=withdrawn(entries(config.releases_folder)),
        slow_corrections=reruns.slow,
    )
    kept = keep(  # what blocks the run keeps `release` from doing this
        settings.artifacts(),
        mlflow,
        report,
        decision,
        by="evaluation_gates",
        dagster_run_id=context.run.run_id,
    )
    return dg.AssetCheckResult(
        passed=decision.passed,
        severity=dg.AssetCheckSeverity.ERROR if decision.broken else dg.AssetCheckSeverity.WARN,
        description=" ".join(decision.reasons) or "Every gate is passed.",
        metadata={
            "candidate": decision.verdict,
            "gates": markdown(["gate", "result", "figures"], decision.rows),
            "decisions": dg.MetadataValue.path(str(kept.path)),
            "mlflow_tags": kept.problem or "verdict and reasons",
        },
    )


@dg.asset_check(
    asset="shipped_base_model",
    description="This code can start from the base weights that come with it.",
)
def shipped_base_is_readable(shipped_base_model: dict[str, Any]) -> dg.AssetCheckResult:
    reason = str(shipped_base_model["unreadable"])
    return dg.AssetCheckResult(
        passed=not reason,
        severity=dg.AssetCheckSeverity.WARN,
        description=reason or "The layout is this code's.",
    )


CHECKS = [
    schema_quality,
    catalog_has_data,
    every_item_has_a_vector,
    no_holdout_leakage,
    evaluation_gates,
    shipped_base_is_readable,
]
