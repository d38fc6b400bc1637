"""Assets of the group `training`: from catalogs, corpora and corrections to a candidate model.

Every example carries its source and the digest of the data set goes with the model, so that each
answer can be traced to what taught it. The holdout is drawn first and never trained on.
"""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_assets.presentation import curve, image, markdown
from mqt_assets.release.audit import record_training
from mqt_assets.retraining.decision import why
from mqt_assets.retraining.schema_change import write_shape
from mqt_assets.schemas.assets import read_catalogs
from mqt_assets.state import FEEDBACK, HOLDOUT, TRAINING, TRAINING_SET
from mqt_resources.artifacts import folder_bytes, folder_digest
from mqt_resources.gateways import EmbedderResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking, TrackedRun
from mqt_serving.schema import Catalog, digest_of

if TYPE_CHECKING:
    from mqt_assets.training.leakage import Leak


@dg.asset(
    group_name="training",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="Catalogs of the public corpus's databases (MQT_TEND_FOLDER); none without it.",
)
def corpus_catalogs(
    context: dg.AssetExecutionContext, settings: SettingsResource
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.training.corpora import tend_catalogs

    folder = settings.load().tend_folder
    catalogs = tend_catalogs(folder) if folder else {}
    context.log.info(f"{len(catalogs)} corpus databases")
    return _catalogs_output(catalogs, folder=str(folder or "MQT_TEND_FOLDER is not set"))


@dg.asset(
    group_name="training",
    kinds={"parquet"},
    io_manager_key="parquet_io",
    code_version="5",
    description="Questions of the public corpus whose gold query has a plan (and those without "
    "one, for evaluation only), and Spider-Syn's on its databases (MQT_SPIDER_SYN_FOLDER).",
)
def corpus_examples(
    context: dg.AssetExecutionContext,
    corpus_catalogs: dict[str, Any],
    settings: SettingsResource,
) -> dg.Output[Any]:
    from mqt_assets.training.corpora import load_tend
    from mqt_assets.training.examples import dataset_digest
    from mqt_assets.training.spider_syn import load_spider_syn
    from mqt_assets.training.tables import to_table

    config = settings.load()
    folder = config.tend_folder
    if folder is None:
        missing = "none: MQT_TEND_FOLDER is not set"
        context.log.info(f"corpus questions: {missing}")
        return dg.Output(to_table([]), metadata={"examples": 0, "corpus": missing})
    catalogs = read_catalogs(corpus_catalogs)
    report = load_tend(folder, catalogs)
    failures = sorted(report.failures.items(), key=lambda item: -item[1])
    context.log.info(f"{len(report.examples)} questions from {folder.name}")
    examples, spider_syn = list(report.examples), "none: MQT_SPIDER_SYN_FOLDER is not set"
    if config.spider_syn_folder is not None:
        more = load_spider_syn(config.spider_syn_folder, folder, report, catalogs)
        examples += more.examples
        spider_syn = (
            f"{len(more.examples)} questions: {more.matched} of {more.entries} entries ask what "
            f"the corpus asks, {more.set_apart} of them on databases set apart; of others, the SQL "
            f"of {more.translated} is translated, of {more.untranslated} not"
        )
    context.log.info(f"Spider-Syn: {spider_syn}")
    return dg.Output(
        to_table(examples),
        data_version=dg.DataVersion(dataset_digest(examples)),
        metadata={
            "examples": len(examples),
            "spider_syn": spider_syn,
            "by_kind": _by_kind(examples),
            "not_raised": markdown(["cause", "records"], failures),
        },
    )


@dg.asset(
    group_name="training",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="4",
    description="Catalogs of made-up databases from many domains, some with questions written by "
    "hand: a model that has seen only yours would learn your names instead of reading them.",
)
def practice_catalogs(
    context: dg.AssetExecutionContext, settings: SettingsResource
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.training.composing import practice_databases

    catalogs = practice_databases(settings.load().seed)
    context.log.info(f"{len(catalogs)} made-up databases")
    return _catalogs_output(catalogs)


@dg.asset(
    group_name="training",
    kinds={"parquet"},
    io_manager_key="parquet_io",
    code_version="4",
    description="Questions made from your schemas, and for practice from made-up ones: typed "
    "templates over plans, varied wording, values from the data; and some written by hand.",
)
def synthetic_examples(
    context: dg.AssetExecutionContext,
    schema_catalog: dict[str, Any],
    practice_catalogs: dict[str, Any],
    settings: SettingsResource,
) -> dg.Output[Any]:
    from mqt_assets.training.composing import own_questions, practice_questions
    from mqt_assets.training.examples import dataset_digest
    from mqt_assets.training.tables import to_table

    config = settings.load()
    catalogs = read_catalogs(schema_catalog).values()
    own = own_questions(catalogs, config.synthetic_questions, config.seed)
    practice = practice_questions(
        read_catalogs(practice_catalogs), config.practice_questions, config.seed
    )
    examples = [*own, *practice.made, *practice.written]
    context.log.info(
        f"{len(own)} questions on your data, {len(practice.made)} for practice, "
        f"{len(practice.written)} written by hand"
    )
    return dg.Output(
        to_table(examples),
        data_version=dg.DataVersion(dataset_digest(examples)),
        metadata={
            "examples": len(examples),
            "on_your_data": len(own),
            "by_kind": _by_kind(examples),
            "some": markdown(
                ["question", "query"], [[e.question, e.command] for e in own[::97][:15]]
            ),
        },
    )


@dg.asset(
    group_name="training",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="Questions that no model is ever trained on: whole collections of your data, whole "
    "databases of the corpus. What was held out once stays held out.",
)
def holdout(
    context: dg.AssetExecutionContext,
    synthetic_examples: Any,
    corpus_examples: Any,
    schema_catalog: dict[str, Any],
    settings: SettingsResource,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.training.corpora import dev_databases
    from mqt_assets.training.holdout import Holdout, freeze
    from mqt_assets.training.tables import from_table

    folder = settings.load().tend_folder
    store = settings.artifacts()
    before = json.loads(store.read(HOLDOUT)) if store.exists(HOLDOUT) else None
    # Practice questions measure nothing for the user, so none are held out.
    own = [e for e in from_table(synthetic_examples) if e.database in schema_catalog]
    held = freeze(
        [*own, *from_table(corpus_examples)],
        Holdout.from_json(before) if before else None,
        catalogs=read_catalogs(schema_catalog),
        corpus_databases=dev_databases(folder) if folder else None,
    )
    context.log.info(f"{len(held.members)} questions held out")
    return dg.Output(
        held.to_json(),
        data_version=dg.DataVersion(held.digest),
        metadata={
            "examples": len(held.members),
            "new": len(held.members) - len(before["members"] if before else ()),
            "digest": held.digest,
            "collections": ", ".join(f"{d}.{c}" for d, c in held.collections) or "none",
            "corpus_databases": ", ".join(held.databases) or "none",
            "by_kind": _by_kind(held.members),
        },
    )


@dg.asset(
    group_name="training",
    kinds={"parquet"},
    io_manager_key="parquet_io",
    code_version="3",
    description="All that a candidate may learn from: synthetic and corpus questions outside the "
    "holdout, and accepted corrections but those that paraphrase a question of it.",
)
def training_set(
    context: dg.AssetExecutionContext,
    synthetic_examples: Any,
    corpus_examples: Any,
    feedback_dataset: dict[str, Any],
    holdout: dict[str, Any],
    schema_catalog: dict[str, Any],
    embedder: EmbedderResource,
) -> dg.Output[Any]:
    from mqt_assets.training.composing import compose
    from mqt_assets.training.examples import Example, dataset_digest
    from mqt_assets.training.holdout import Holdout
    from mqt_assets.training.tables import from_table, to_table

    composed = compose(
        [*from_table(synthetic_examples), *from_table(corpus_examples)],
        map(Example.from_json, feedback_dataset["examples"]),
        Holdout.from_json(holdout),
        schema_catalog,
        embedder.wordings,
    )
    examples = composed.examples
    digest = dataset_digest(examples)
    context.log.info(f"{len(examples)} examples, {composed.corrections} of them corrections")
    return dg.Output(
        to_table(examples),
        data_version=dg.DataVersion(digest),
        metadata={
            "examples": len(examples),
            "digest": digest,
            "corrections": composed.corrections,
            "kept_out_by_the_holdout": len(composed.division.excluded),
            "corrections_of_holdout_questions": len(composed.division.dropped),
            "corrections_of_other_databases": len(composed.elsewhere),
            "leaks": len(composed.leaks),
            "leaks_by_source": markdown(
                ["source", "why", "examples"],
                [
                    [source, reason, count]
                    for (source, reason), count in Counter(
                        (leak.example.source, str(leak.reason)) for leak in composed.leaks
                    ).most_common()
                ],
            ),
            "leaking": leak_table(composed.leaks),
            "by_kind": _by_kind(examples),
        },
    )


@dg.asset(
    group_name="training",
    kinds={"pytorch", "onnx", "mlflow"},
    io_manager_key="folder_io",
    code_version="6",
    description="A translator trained from the champion's or the base weights, exported for "
    "serving and registered in MLflow. It serves only after evaluation and release.",
)
def candidate_model(
    context: dg.AssetExecutionContext,
    training_set: Any,
    schema_catalog: dict[str, Any],
    corpus_catalogs: dict[str, Any],
    practice_catalogs: dict[str, Any],
    feedback_dataset: dict[str, Any],
    text_encoder: Path,
    settings: SettingsResource,
    mlflow: MlflowTracking,
) -> dg.Output[Path]:
    from mqt_assets.feedback.dataset import learnable
    from mqt_assets.release.packaging import champion_version, code_version
    from mqt_assets.training.base import find_base
    from mqt_assets.training.candidate_training import Task, trained_candidate
    from mqt_assets.training.composing import databases_of
    from mqt_assets.training.examples import dataset_digest
    from mqt_assets.training.fitting import export_fitted, options_from
    from mqt_assets.training.selection import choose_training
    from mqt_assets.training.starting import champion_weights, save_weights
    from mqt_assets.training.tables import from_table, to_frame
    from mqt_serving.encoder import ENCODER_FILES
    from mqt_serving.translator.cross_encoder import CROSS_ENCODER_FILE

    config = settings.load()
    base = find_base(config)
    options = options_from(config, base)
    origin = base.digest if base else "scratch"
    corrections = str(feedback_dataset.get("digest", ""))
    found = from_table(training_set)
    digest = dataset_digest(found)
    examples = choose_training(found, config.corpus_questions)
    context.log.info(f"{len(examples)} of {len(found)} examples fit the time for training")
    # A name in several is the user's.
    stored = databases_of(examples, corpus_catalogs, practice_catalogs, schema_catalog)
    practice = frozenset(practice_catalogs) - frozenset(schema_catalog)
    folder = settings.artifacts().path("candidate_model") / ".building"
    shutil.rmtree(folder, ignore_errors=True)
    translator = folder / "translator"
    dagster_run, began = context.run.run_id, datetime.now(UTC)
    reasons = why(context.run.tags)
    record_training(config.releases_folder, dagster_run, reasons)
    tags = {"dataset_digest": digest, **{f"reason_{name}": text for name, text in reasons.items()}}

    champion, no_champion = champion_weights(config.releases_folder, text_encoder, options.shape)
    task = Task(
        examples,
        read_catalogs(stored),
        text_encoder,
        options,
        practice,
        frozenset(schema_catalog),
        base,
        champion,
        no_champion,
        config.training_start,
    )
    trainings = settings.artifacts().path("candidate_model") / ".training"
    name = f"{began:%Y%m%d-%H%M%S}-{dagster_run[:8]}"
    with (
        mlflow.run("train", dagster_run_id=dagster_run, tags=tags) as run,
        ExitStack() as training,
    ):
        run.log_params(
            {
                "dataset_digest": digest,
                "dataset_examples": len(found),
                "examples": len(examples),
                "corpus_questions": config.corpus_questions,
                "base_model": origin,
                **vars_of(options),
            }
        )
        store = settings.artifacts()
        run.log_dataset(
            to_frame(found),
            name="training_set",
            digest=digest,
            source=store.path(TRAINING_SET),
            context="training",
        )
        _log_corrections(run, feedback_dataset, store.path(FEEDBACK))
        trained = training.enter_context(trained_candidate(trainings, name, task, context.log.info))
        model, start = trained.model, trained.choice
        run.log_params({"started_from": start.start})
        for of, score in start.scores.items():
            figures = {"loss": score.loss, "right": score.right, "questions": score.questions}
            run.log_metrics({f"validation_{what}_{of}": value for what, value in figures.items()})
        export_fitted(model, translator, text_encoder, base)
        save_weights(translator, model.network)
        write_shape(translator, read_catalogs(schema_catalog).values())
        losses = dict(model.losses)
        plot = curve(losses, f"Loss over {model.steps} steps", "loss")
        run.log_curve("loss", losses)
        run.log_metrics({"training_seconds": model.seconds, "steps": model.steps})
        run.log_bytes("plots/loss.png", plot)
        # The text encoder is the same in every version; 90 MB of it each time would be waste.
        exported = folder / "logged"
        shutil.copytree(
            translator, exported, ignore=shutil.ignore_patterns(*ENCODER_FILES, CROSS_ENCODER_FILE)
        )
        source = run.log_folder("translator", exported)
        shutil.rmtree(exported)
        identity = folder_digest(translator)
        version = mlflow.register(
            run.run_id,
            source,
            {
                "translator": identity,
                "dataset_digest": digest,
                "feedback_digest": corrections,
                "dagster_run_id": dagster_run,
                "base_model": origin,
                "parent_version": champion_version(config.releases_folder),
                "code_version": code_version(),
            },
        )
    about = {
        "trained_at": began.isoformat(timespec="seconds"),
        "reasons": reasons,
        "translator": identity,
        "dataset_digest": digest,
        "feedback_digest": corrections,
        "base_model": origin,
        "started_from": start.to_json(),
        "examples": len(examples),
        "steps": model.steps,
        "seconds": round(model.seconds, 1),
        "databases": sorted(schema_catalog),
        "feedback": learnable(feedback_dataset),
        "mlflow_run_id": run.run_id,
        "mlflow_model_version": version,
        "dagster_run_id": dagster_run,
    }
    (folder / TRAINING).write_text(json.dumps(about, indent=1), encoding="utf-8")
    return dg.Output(
        folder,
        data_version=dg.DataVersion(identity),
        metadata={
            "mlflow_run": mlflow_link(config.mlflow_uri, run.run_id),
            "mlflow_model_version": version,
            "reasons": markdown(["reason", "how it stood"], list(reasons.items())),
            "dataset_digest": digest,
            "base_model": origin,
            "started_from": start.start,
            "starts": markdown(["start", "on validation questions", ""], start.rows),
            "start_note": start.note or "chosen by the validation questions",
            "went_on_from_step": trained.went_on_from,
            "steps": model.steps,
            "seconds": round(model.seconds, 1),
            "final_loss": model.losses[-1][1] if model.losses else float("nan"),
            "translator_megabytes": round(folder_bytes(translator) / 1e6, 1),
            "examples": markdown(["group", "trained on"], sorted(model.examples.items())),
            "left_out": markdown(["reason", "examples"], model.left_out.most_common(10)),
            "loss": image(plot, "loss"),
        },
    )


def _catalogs_output(catalogs: Mapping[str, Catalog], **metadata: str) -> dg.Output[dict[str, Any]]:
    return dg.Output(
        {name: catalog.model_dump(mode="json") for name, catalog in sorted(catalogs.items())},
        data_version=dg.DataVersion(digest_of({n: c.digest for n, c in catalogs.items()})),
        metadata={
            "databases": len(catalogs),
            "collections": sum(len(c.collections) for c in catalogs.values()),
            **metadata,
        },
    )


def _log_corrections(run: TrackedRun, dataset: Mapping[str, Any], source: Path) -> None:
    """The corrections with their sources: the artifact store keeps the last versions only."""
    from mqt_assets.feedback.export import lines_of
    from mqt_assets.training.examples import Example
    from mqt_assets.training.tables import to_frame

    if not dataset["examples"]:
        return
    run.log_dataset(
        to_frame(map(Example.from_json, dataset["examples"])),
        name="feedback_dataset",
        digest=dataset["digest"],
        source=source,
        context="training",
    )
    run.log_bytes("datasets/feedback_dataset.jsonl", lines_of(dataset).encode())


def leak_table(leaks: Sequence["Leak"]) -> dg.MarkdownMetadataValue:
    """What was kept from training, corrections first, without the questions of the holdout."""
    ordered = sorted(leaks, key=lambda leak: leak.example.source != "correction")
    rows = [
        [leak.example.database, leak.example.question, leak.example.source, leak.reason,
         f"{leak.similarity:.2f}"]
        for leak in ordered
    ]  # fmt: skip
    return markdown(["database", "question", "source", "why", "cosine"], rows)


def vars_of(options: Any) -> dict[str, object]:
    """Dataclass fields as flat parameters."""
    return {name: getattr(options, name) for name in options.__dataclass_fields__}


def mlflow_link(tracking_uri: str, run_id: str) -> dg.MetadataValue[Any]:
    """A link for a tracking server; a bare database has no pages to link to."""
    if tracking_uri.startswith("http"):
        return dg.MetadataValue.url(f"{tracking_uri.rstrip('/')}/#/experiments/0/runs/{run_id}")
    return dg.MetadataValue.text(run_id)


def _by_kind(examples: Sequence[Any]) -> dg.MarkdownMetadataValue:
    from mqt_assets.training.tables import counts

    rows = [[source, kind, n] for (source, kind), n in counts(examples).items()]
    return markdown(["source", "kind", "examples"], rows)
