"""Fits a base model's ranking: `python -m mqt_assets.training.ranking_training --base FOLDER`.

Asks the base model the questions over databases that it was not trained on, the corpus's and those
of handwritten sheets, runs its candidates on a mongod of its own and fits on what turned out right:
the weights, the confidence shown, and the doubt from which on a question is declined. Writes them
into the base model's description. Prints the share of right answers before, after, and when each
database is ranked by weights from the others.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pymongo import MongoClient

from mqt_assets.evaluation.answering import command_of, runner
from mqt_assets.evaluation.execution_accuracy import Gold, run_gold
from mqt_assets.training.base import BaseModel, describe_base, load_base
from mqt_assets.training.corpora import load_tend, tend_catalogs, tend_documents
from mqt_assets.training.examples import ASKED_AT, UNANSWERABLE, Example
from mqt_assets.training.export import export_encoder
from mqt_assets.training.fitting import export_fitted
from mqt_assets.training.handwritten import (
    handwritten,
    is_held_out,
    load_sheets,
    sheet_database,
    sheet_documents,
)
from mqt_assets.training.network import TranslatorNetwork
from mqt_assets.training.ranking_fit import (
    CrossValidated,
    Floats,
    JudgedBeams,
    choose_refusal,
    cross_validated,
    first_is_right,
    fit_confidence,
    fit_ranking,
)
from mqt_assets.training.trainer import TrainedModel, TrainingOptions
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import MqtError, SettingError
from mqt_serving.platform.servers import MongoServer
from mqt_serving.schema import Catalog
from mqt_serving.settings import Settings
from mqt_serving.translator import Translator
from mqt_serving.translator.linking import prepare_words
from mqt_serving.translator.model import doubt_of
from mqt_serving.translator.ranking import FEATURES, NOTHING, UNFITTED, describe, describe_none
from mqt_serving.translator.sequence import NotExpressible, to_plan

_BEAMS = 8
MOST_DECLINED = 0.03
"""Of the questions that have an answer, the share that may be declined."""
_REPORT_EVERY = 200


def base_translator(model: BaseModel, folder: Path) -> Translator:
    """The base model exported into `folder` as it stands, without adapting it to anything."""
    export_encoder(folder / "encoder", reader=model.reader)
    network = TranslatorNetwork(model.shape)
    network.load_state_dict(model.network)
    trained = TrainedModel(
        network=network.eval(),
        options=TrainingOptions(shape=model.shape),
        encoder=TextEncoder.load(folder / "encoder"),
        losses=[],
        examples=Counter(),
        left_out=Counter(),
        seconds=0.0,
        steps=int(model.description.get("steps", 0)),
    )
    export_fitted(trained, folder / "translator", folder / "encoder", model)
    return Translator.load(folder / "translator")


def judge_beams(
    translator: Translator,
    examples: Sequence[Example],
    catalogs: dict[str, Catalog],
    client: MongoClient[dict[str, Any]],
) -> Iterator[JudgedBeams]:
    """One for each question whose gold runs, or that has no answer."""
    run = runner(lambda name: client[name])
    golds: dict[str, Gold | str] = {}
    results: dict[str, list[dict[str, Any]] | MqtError] = {}
    for example in examples:
        answerable = example.kind != UNANSWERABLE
        asked = f"{example.database} {example.ordered} {example.command}"
        if answerable and asked not in golds:
            golds[asked] = run_gold(example, run)
        gold = golds[asked] if answerable else None
        if isinstance(gold, str):
            continue
        catalog = catalogs[example.database]
        schema = translator.prepare(catalog)
        words = prepare_words(example.question)
        linked = translator.link(example.question, words, schema, example.asked_at or ASKED_AT)
        rows: list[Floats] = []
        right: list[bool] = []
        beams = translator.beams(linked, schema, _BEAMS)
        for beam in beams if gold is not None else ():
            try:
                command = command_of(to_plan(beam.steps, linked, schema), catalog)
            except (NotExpressible, MqtError):
                continue
            place = f"{example.database} {command!r}"
            if place not in results:
                try:
                    results[place] = run(example.database, command)
                except MqtError as error:
                    results[place] = error
            result = results[place]
            rows.append(describe(beam, linked, schema))
            right.append(
                gold is not None
                and isinstance(result, list)
                and gold.equals(result, example.ordered)
            )
        described = np.stack(rows) if rows else np.zeros((0, len(FEATURES)))
        none = describe_none(described, linked) if rows else np.zeros(len(NOTHING))
        yield JudgedBeams(
            example.database, described, none, np.array(right, bool), doubt_of(beams), answerable
        )


def why_no_ranking(tend: Path | None, description: Mapping[str, Any]) -> str:
    """Why no ranking can be fitted for these base weights; empty when one can."""
    if tend is None:
        return "MQT_TEND_FOLDER is not set: the ranking is fitted on its questions"
    if len(description["held_out"]) < 2:
        return "fewer than two databases were held out of the training: nothing to fit a ranking on"
    return ""


def fit_base_ranking(folder: Path, tend: Path, say: Callable[[str], object]) -> dict[str, float]:
    """Write the ranking into the description of the base weights in `folder`; returns its figures.

    `tend` holds the databases that were held out; handwritten sheets that were take part too. With
    the ranking goes the doubt from which on a question is declined. Starts a mongod of its own and
    ends it.
    """
    base = load_base(folder)
    held_out = frozenset(base.description["held_out"])
    catalogs = tend_catalogs(tend, held_out)
    examples = list(load_tend(tend, catalogs, held_out).examples)
    documents = {name: tend_documents(tend / "databases" / name) for name in sorted(held_out)}
    sheets = [sheet for sheet in load_sheets() if is_held_out(sheet)]
    written = handwritten(1, sheets)
    documents |= {sheet_database(sheet, 0): sheet_documents(sheet, 0)[0] for sheet in sheets}
    catalogs = {**catalogs, **written.catalogs}
    examples += written.examples
    judged: list[JudgedBeams] = []
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="mqt-ranking-") as place,
        MongoServer(Path(place) / "mongo") as server,
        MongoClient[dict[str, Any]](server.uri) as client,
    ):
        for name, collections in documents.items():
            for collection, rows in collections.items():
                if rows:
                    client[name][collection].insert_many(rows)
        translator = base_translator(base, Path(place))
        for one in judge_beams(translator, examples, catalogs, client):
            judged.append(one)
            if len(judged) % _REPORT_EVERY == 0:
                spent = time.monotonic() - started
                say(f"{len(judged)} of {len(examples)} questions in {spent:.0f} s")
    answerable = [one for one in judged if one.answerable]
    weights = fit_ranking(answerable)
    apart = cross_validated(answerable)
    weights |= fit_confidence(apart.shares, apart.answered)
    refusal = choose_refusal(judged, MOST_DECLINED)
    figures = _figures(judged, weights, apart, held_out, refusal)
    describe_base(
        folder,
        {**base.description, "ranking": weights, "refusal": refusal, "ranking_figures": figures},
    )
    return figures


def _figures(
    judged: Sequence[JudgedBeams],
    weights: dict[str, float],
    apart: CrossValidated,
    held_out: frozenset[str],
    refusal: float,
) -> dict[str, float]:
    """Of the corpus's questions, and of those written by hand under names that say so."""
    found: dict[str, float] = {"refusal": refusal}
    ordered = sorted((one for one in judged if one.answerable), key=lambda one: one.database)
    right = dict(zip(map(id, ordered), apart.right, strict=True))
    for prefix, ours in (("", True), ("handwritten_", False)):
        part = [one for one in ordered if (one.database in held_out) == ours]
        lost = [one for one in judged if not one.answerable and (one.database in held_out) == ours]
        if part:
            found |= {
                f"{prefix}questions": len(part),
                f"{prefix}before": float(np.mean(first_is_right(dict(UNFITTED.weights), part))),
                f"{prefix}after": float(np.mean(first_is_right(weights, part))),
                f"{prefix}cross_validated": float(np.mean([right[id(one)] for one in part])),
                f"{prefix}among_all_beams": float(np.mean([one.right.any() for one in part])),
                f"{prefix}declined": float(np.mean([one.doubt >= refusal for one in part])),
            }
        if lost:
            found[f"{prefix}recognised"] = float(np.mean([one.doubt >= refusal for one in lost]))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mqt_assets.training.ranking_training")
    parser.add_argument("--base", type=Path, required=True, help="folder of base weights")
    asked = parser.parse_args(arguments)
    tend = Settings.load().tend_folder
    reason = why_no_ranking(tend, load_base(asked.base).description)
    if tend is None or reason:
        raise SettingError(reason)
    figures = fit_base_ranking(asked.base, tend, lambda text: print(text, flush=True))
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MqtError as error:
        sys.exit(f"mqt: {error}")
