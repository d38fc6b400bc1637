"""Assets of the group `base_training`: base weights from public corpora and made-up databases.

No other asset waits for them and nothing starts them but a person: `train_base_model` takes hours.
What it made is tried with MQT_BASE_MODEL, and ships when its files replace those in `base_model/`.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from mqt_assets.presentation import bars, curve, image, markdown
from mqt_assets.training.assets import mlflow_link, vars_of
from mqt_assets.training.base_folder import (
    DESCRIPTION,
    LOSSES,
    MODEL_CARD,
    SHIPPED,
    read_whole,
    why_unreadable,
)
from mqt_assets.training.base_recipe import (
    CROSS_ENCODER_MINUTES,
    KEEP_EVERY_SECONDS,
    LEARNING_RATE,
    MINUTES,
    SEED,
    SHARES,
    THREADS,
    Amounts,
)
from mqt_resources.artifacts import folder_bytes
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.schema import digest_of

GROUP = "base_training"
_SCRATCH, _SHIPPED = "scratch", "shipped"


class CorpusConfig(dg.Config):
    """What to learn from. The corpora are those of MQT_TEND_FOLDER and MQT_SPIDER_SYN_FOLDER."""

    seed: int = Field(SEED, description="Of made-up databases, questions and thinned catalogs.")
    keep_dev: bool = Field(
        False, description="Train on TEND's development databases too: then nothing measures it."
    )
    practice_databases: int = Field(Amounts().practice_databases, ge=1)
    practice_questions: int = Field(Amounts().practice_questions, ge=1, description="For each.")
    handwritten_versions: int = Field(Amounts().handwritten_versions, ge=0)


class WeightsConfig(dg.Config):
    """How to train. Neither minutes nor threads make it another training: it goes on with others.

    `start`: `scratch`, `shipped`, or a folder of base weights.
    """

    minutes: float = Field(MINUTES, gt=0, description="In all, however often it is cut off.")
    cross_encoder_minutes: float = Field(
        CROSS_ENCODER_MINUTES, ge=0, description="For the cross-encoder after that; 0 for none."
    )
    threads: int = Field(THREADS, ge=1)
    seed: int = Field(SEED, description="Of first weights and draws.")
    start: str = _SCRATCH
    rate: float = Field(LEARNING_RATE, gt=0, description="The highest learning rate.")
    keep_every_seconds: float = Field(KEEP_EVERY_SECONDS, description="The state to go on from.")


@dg.asset(
    group_name=GROUP,
    kinds={"parquet", "json"},
    io_manager_key="folder_io",
    code_version="3",
    description="All that base weights are trained on: TEND and Spider-Syn where their folders are "
    "set, handwritten and made questions over made-up databases, and the same over thinned ones.",
)
def base_corpus(
    context: dg.AssetExecutionContext, config: CorpusConfig, settings: SettingsResource
) -> dg.Output[Path]:
    import shutil

    from mqt_assets.training.base_training import base_data, group_of, save_data
    from mqt_assets.training.examples import UNANSWERABLE

    place = settings.load()
    missing = " (MQT_TEND_FOLDER is not set: made-up databases only)"
    context.log.info(f"collecting examples{'' if place.tend_folder else missing}")
    amounts = Amounts(
        config.practice_databases, config.practice_questions, config.handwritten_versions
    )
    data = base_data(
        place.tend_folder, place.spider_syn_folder, config.seed, config.keep_dev, amounts
    )
    total = len(data.examples)
    context.log.info(f"{total} examples over {len(data.catalogs)} databases")
    grouped = [(group_of(example), example) for example in data.examples]
    groups = Counter(group for group, _ in grouped)
    spread = Counter(group for group, _ in {(group, e.database) for group, e in grouped})
    cannot = Counter(group for group, e in grouped if e.kind == UNANSWERABLE)
    drawn = sum(SHARES[name] for name in groups)
    by_database = Counter((e.database, group) for group, e in grouped)
    shares = {group: count / total for group, count in groups.most_common()}
    folder = settings.artifacts().path("base_corpus") / ".building"
    shutil.rmtree(folder, ignore_errors=True)
    save_data(folder, data)
    return dg.Output(
        folder,
        data_version=dg.DataVersion(data.digest),
        metadata={
            "examples": total,
            "databases": len(data.catalogs),
            "digest": data.digest,
            "tend": str(place.tend_folder or "MQT_TEND_FOLDER is not set"),
            "spider_syn": str(place.spider_syn_folder or "MQT_SPIDER_SYN_FOLDER is not set"),
            "held_out": ", ".join(data.held_out) or "none",
            "by_source": markdown(
                ["source", "examples", "databases", "unanswerable", "drawn"],
                [
                    [name, count, spread[name], cannot[name], f"{SHARES[name] / drawn:.0%}"]
                    for name, count in groups.most_common()
                ],
            ),
            "by_database": markdown(
                ["database", "source", "examples"],
                [[*key, count] for key, count in by_database.most_common()],
            ),
            "sources": image(bars(shares, f"Where {total:,} examples come from"), "sources"),
        },
    )


@dg.asset(
    group_name=GROUP,
    kinds={"pytorch", "mlflow", "json"},
    io_manager_key="json_io",
    code_version="5",
    description="Base weights trained on base_corpus in <home>/base, with the cross-encoder that "
    "reads what their candidates mean, and the ranking. Cut off, "
    "the next run of the same training goes on where it was. MQT_BASE_MODEL can name the folder.",
)
def base_weights(
    context: dg.AssetExecutionContext,
    config: WeightsConfig,
    base_corpus: Path,
    settings: SettingsResource,
    mlflow: MlflowTracking,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.training.base import load_base
    from mqt_assets.training.base_runs import Reporter, finish, training_folder
    from mqt_assets.training.base_training import base_options, load_data, step_reached, train_base
    from mqt_assets.training.cross_encoder_training import train_cross_encoder
    from mqt_assets.training.ranking_training import fit_base_ranking, why_no_ranking
    from mqt_serving.translator.model import layout

    place = settings.load()
    data = load_data(base_corpus)
    started = {_SCRATCH: None, _SHIPPED: SHIPPED}.get(config.start, Path(config.start))
    start = load_base(started) if started else None
    options = base_options(config.seed, config.minutes, config.threads, config.rate, start)
    origin = start.digest if start else _SCRATCH
    what = [data.digest, config.seed, config.rate, origin, options.shape.as_dict(), layout()]
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{context.run.run_id[:8]}"
    tags = {"dataset_digest": data.digest}
    with (
        training_folder(place.base_models_folder, digest_of(what), name) as folder,
        mlflow.run("train_base", dagster_run_id=context.run.run_id, tags=tags) as run,
    ):
        context.log.info(f"training in {folder}")
        params = vars_of(options) | {"base_model": origin, "folder": folder}
        run.log_params(params | {"examples": len(data.examples), **tags})
        before = step_reached(folder)
        if before:
            context.log.info(f"going on from step {before}: this training had been cut off")
        reporter = Reporter(context.log.info, lambda points: run.log_curve("loss", points))
        if not (folder / DESCRIPTION).is_file():  # else only the ranking is still to be done
            train_base(data, folder, options, start, reporter, config.keep_every_seconds)
        if config.cross_encoder_minutes and "cross_encoder" not in read_whole(folder):
            context.log.info("the cross-encoder: judging candidates, then training on them")
            read = train_cross_encoder(
                folder,
                place.tend_folder,
                place.spider_syn_folder,
                config.cross_encoder_minutes,
                config.threads,
                context.log.info,
            )
            run.log_curve("cross_encoder_loss", read)
        losses = _losses(folder)
        plot = _learning_curve(losses)
        run.log_curve("loss", {s: loss for s, loss in losses.items() if s not in reporter.logged})
        run.log_bytes("plots/loss.png", plot)
        skipped = why_no_ranking(place.tend_folder, read_whole(folder))
        if place.tend_folder is None or skipped:
            context.log.warning(f"no ranking was fitted: {skipped}")
        else:
            context.log.info("fitting the ranking on the databases that were held out")
            figures = fit_base_ranking(folder, place.tend_folder, context.log.info)
            run.log_metrics({f"ranking_{name}": value for name, value in figures.items()})
        run.log_bytes(DESCRIPTION, (folder / DESCRIPTION).read_bytes())
        run.log_metrics({"steps": read_whole(folder)["steps"]})
        finish(folder)
    description = read_whole(folder)
    record = {
        "folder": str(folder),
        "sha256": description["sha256"],
        "started_from": origin,
        "dataset_digest": data.digest,
        "steps": description["steps"],
        "held_out": description["held_out"],
        "ranking_figures": description.get("ranking_figures"),
        "ranking_skipped": skipped,
        "mlflow_run_id": run.run_id,
        "dagster_run_id": context.run.run_id,
    }
    return dg.Output(
        record,
        data_version=dg.DataVersion(description["sha256"]),
        metadata={
            **_described(description, losses),
            "folder": dg.MetadataValue.path(str(folder)),
            "to_use_it": f"MQT_BASE_MODEL={folder}",
            "started_from": origin,
            "went_on_from_step": before,
            "mlflow_run": mlflow_link(place.mlflow_uri, run.run_id),
            "megabytes": round(folder_bytes(folder) / 1e6, 1),
            "cross_encoder": str(description.get("cross_encoder", "none")),
            "left_out": markdown(["reason", "examples"], list(description["left_out"].items())),
            "ranking": _ranking(description, skipped),
            "learning_curve": image(plot, "learning curve"),
        },
    )


@dg.asset(
    group_name=GROUP,
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="The base weights that come with MQT: model card, checksum, learning curve, and "
    "the figures they were shipped with.",
)
def shipped_base_model(context: dg.AssetExecutionContext) -> dg.Output[dict[str, Any]]:
    description = read_whole(SHIPPED)
    losses = _losses(SHIPPED)
    unreadable = why_unreadable(SHIPPED, description)
    if unreadable:
        context.log.warning(unreadable)
    return dg.Output(
        description | {"unreadable": unreadable},
        data_version=dg.DataVersion(description["sha256"]),
        metadata={
            **_described(description, losses),
            "checksum": f"verified: {description['sha256']}",
            "can_be_started_from": unreadable or "yes",
            "megabytes": round(folder_bytes(SHIPPED) / 1e6, 1),
            "ranking": _ranking(description, "none was fitted"),
            "learning_curve": image(_learning_curve(losses), "learning curve"),
            "model_card": dg.MetadataValue.md((SHIPPED / MODEL_CARD).read_text(encoding="utf-8")),
        },
    )


def _losses(folder: Path) -> dict[int, float]:
    """Running mean loss by step."""
    points = json.loads((folder / LOSSES).read_text(encoding="utf-8"))
    return {int(step): float(loss) for step, loss in points}


def _learning_curve(losses: Mapping[int, float]) -> bytes:
    return curve(losses, f"Loss over {max(losses, default=0)} steps", "running mean loss")


def _described(description: Mapping[str, Any], losses: Mapping[int, float]) -> dict[str, Any]:
    """What is said of any base weights."""
    groups = sorted(description["examples"].items())
    return {
        "sha256": description["sha256"],
        "steps": description["steps"],
        "final_loss": losses[max(losses)] if losses else float("nan"),
        "held_out": ", ".join(description["held_out"]) or "none",
        "examples": markdown(["group", "trained on"], groups),
        "shape": markdown(["part", "size"], list(description["shape"].items())),
    }


def _ranking(description: Mapping[str, Any], otherwise: str) -> dg.MetadataValue[Any]:
    """The figures of the ranking as a table, or why there is none."""
    figures = description.get("ranking_figures")
    if not figures:
        return dg.MetadataValue.text(otherwise)
    shares = [[n.replace("_", " "), f"{v:.1%}"] for n, v in figures.items() if n != "questions"]
    return markdown(["right answers", f"of {figures['questions']} questions"], shares)
