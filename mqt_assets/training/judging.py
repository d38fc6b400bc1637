"""Asks a translator questions and judges its candidates by running them: what rankings learn from.

Databases are loaded onto a mongod of its own, one after the other, as many at a time as there are
processors.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from pymongo import MongoClient

from mqt_assets.evaluation.answering import command_of, runner
from mqt_assets.evaluation.execution_accuracy import Gold, run_gold
from mqt_assets.training.base_recipe import Amounts
from mqt_assets.training.corpora import load_tend, tend_catalogs, tend_documents
from mqt_assets.training.examples import ASKED_AT, UNANSWERABLE, Example
from mqt_assets.training.handwritten import (
    Sheet,
    handwritten,
    is_held_out,
    load_sheets,
    sheet_database,
    sheet_documents,
)
from mqt_assets.training.ranking_fit import JudgedBeams
from mqt_assets.training.spider_syn import load_spider_syn
from mqt_assets.training.synonyms import (
    Lexicon,
    learn_lexicon,
    load_thesaurus,
    reworded,
    synonym_pairs,
    within,
)
from mqt_serving.errors import MqtError
from mqt_serving.platform.servers import MongoServer
from mqt_serving.query.explanation import explain
from mqt_serving.schema import Catalog
from mqt_serving.translator import Translator
from mqt_serving.translator.model import SPARE_BEAMS, doubt_of
from mqt_serving.translator.ranking import FEATURES, NOTHING, describe_none
from mqt_serving.translator.turns import processors
from mqt_serving.translator.values import schema_stems

_BEAMS = 5 + SPARE_BEAMS  # what serving searches for five candidates
_REPORT_EVERY = 30.0
_VERSIONS = Amounts().handwritten_versions
_SYNONYM_SHARE = 0.4  # of the questions, asked with synonyms where some are known


@dataclass(frozen=True, slots=True)
class DatabaseQuestions:
    """Questions about one database, and its documents by collection."""

    catalog: Catalog
    examples: tuple[Example, ...]
    documents: Mapping[str, Sequence[Mapping[str, Any]]]


def unseen_questions(tend: Path, held_out: frozenset[str]) -> list[DatabaseQuestions]:
    """All about the corpus's databases that were held out, and the sheets that are."""
    catalogs = tend_catalogs(tend, held_out)
    found = _of_corpus(tend, catalogs, list(load_tend(tend, catalogs, held_out).examples))
    sheets = [sheet for sheet in load_sheets() if is_held_out(sheet)]
    for sheet in sheets:
        written = handwritten(1, [sheet])
        found.append(_of_sheet(sheet, 0, written.catalogs, written.examples))
    return found


def seen_questions(
    tend: Path | None, spider_syn: Path | None, held_out: frozenset[str], share: float, seed: int
) -> list[DatabaseQuestions]:
    """A share of those about the databases that base weights learn from, some with synonyms.

    One wording, over one version of its database, of each plan that is drawn from the sheets.
    """
    rng = Random(f"seen {seed}")
    found: list[DatabaseQuestions] = []
    thesaurus = load_thesaurus()
    if tend is not None:
        catalogs = {n: c for n, c in tend_catalogs(tend).items() if n not in held_out}
        report = load_tend(tend, catalogs, set(catalogs))
        examples, learned = list(report.examples), thesaurus
        if spider_syn is not None:
            examples += load_spider_syn(spider_syn, tend, report, catalogs).examples
            learned = learn_lexicon(synonym_pairs(spider_syn, held_out))
        drawn = [e for e in examples if e.plan is not None and rng.random() < share]
        known = {n: (learned, _of_schema(thesaurus, c)) for n, c in catalogs.items()}
        found += _of_corpus(tend, catalogs, [_said(e, known[e.database], rng) for e in drawn])
    for sheet in load_sheets():
        if is_held_out(sheet):
            continue
        version = rng.randrange(_VERSIONS)
        written = handwritten(_VERSIONS, [sheet])
        name = sheet_database(sheet, version)
        lexicon = _of_schema(thesaurus, written.catalogs[name])
        wordings: dict[str, list[Example]] = {}
        for example in written.examples:
            if example.database == name and example.plan is not None:
                wordings.setdefault(example.command, []).append(example)
        drawn = [rng.choice(same) for same in wordings.values() if rng.random() < share]
        said = [_said(example, (lexicon,), rng) for example in drawn]
        found.append(_of_sheet(sheet, version, written.catalogs, said))
    rng.shuffle(found)
    return found


def _of_schema(thesaurus: Lexicon, catalog: Catalog) -> Lexicon:
    return within(thesaurus, schema_stems(catalog))


def _said(example: Example, lexicons: Sequence[Lexicon], rng: Random) -> Example:
    """As it is, or with synonyms; those of Spider-Syn have theirs already."""
    if example.source == "spider_syn" or rng.random() >= _SYNONYM_SHARE:
        return example
    return reworded(example, rng.choice(lexicons), rng) or example


def _of_corpus(
    tend: Path, catalogs: Mapping[str, Catalog], examples: Sequence[Example]
) -> list[DatabaseQuestions]:
    by_database: dict[str, list[Example]] = {}
    for example in examples:
        by_database.setdefault(example.database, []).append(example)
    return [
        DatabaseQuestions(catalogs[name], tuple(ours), tend_documents(tend / "databases" / name))
        for name, ours in sorted(by_database.items())
    ]


def _of_sheet(
    sheet: Sheet, version: int, catalogs: Mapping[str, Catalog], examples: Sequence[Example]
) -> DatabaseQuestions:
    documents, _ = sheet_documents(sheet, version)
    return DatabaseQuestions(catalogs[sheet_database(sheet, version)], tuple(examples), documents)


def judge(
    folder: Path, asked: Sequence[DatabaseQuestions], say: Callable[[str], object]
) -> list[JudgedBeams]:
    """The candidates that the translator in `folder` gives for each question, in order.

    Starts a mongod and ends it. A question whose gold does not run is left out.
    """
    judged: list[JudgedBeams] = []
    total = sum(len(one.examples) for one in asked)
    started = said = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="mqt-judging-") as place,
        MongoServer(Path(place) / "mongo") as server,
        ProcessPoolExecutor(
            processors(), get_context("spawn"), _begin, (folder, server.uri)
        ) as workers,
    ):
        for found in workers.map(_judge, asked):
            judged += found
            now = time.monotonic()
            if now - said > _REPORT_EVERY:
                said = now
                say(f"{len(judged)} of {total} questions in {now - started:.0f} s")
    return judged


class _Worker:
    """What a process of the pool keeps."""

    translator: Translator
    client: MongoClient[dict[str, Any]]


def _begin(folder: Path, uri: str) -> None:
    _Worker.translator = Translator.load(folder, threads=1)
    _Worker.client = MongoClient(uri)


def _judge(asked: DatabaseQuestions) -> list[JudgedBeams]:
    client, name = _Worker.client, asked.catalog.database
    for collection, rows in asked.documents.items():
        if rows:
            client[name][collection].insert_many(dict(row) for row in rows)
    try:
        return list(judge_beams(_Worker.translator, asked.examples, asked.catalog, client))
    finally:
        client.drop_database(name)


def judge_beams(
    translator: Translator,
    examples: Sequence[Example],
    catalog: Catalog,
    client: MongoClient[dict[str, Any]],
) -> Iterator[JudgedBeams]:
    """One for each question whose gold runs, or that has no answer."""
    run = runner(lambda name: client[name])
    golds: dict[str, Gold | str] = {}
    results: dict[str, list[dict[str, Any]] | MqtError] = {}
    for example in examples:
        answerable = example.kind != UNANSWERABLE
        asked = f"{example.ordered} {example.command}"
        if answerable and asked not in golds:
            golds[asked] = run_gold(example, run)
        gold = golds[asked] if answerable else None
        if isinstance(gold, str):
            continue
        found = translator.read(example.question, catalog, example.asked_at or ASKED_AT, _BEAMS)
        doubt = doubt_of(found.beams)
        judged: list[tuple[int, bool]] = []
        for at, plan in enumerate(found.plans if gold is not None else ()):
            try:
                command = command_of(plan, catalog)
            except MqtError:
                continue
            place = repr(command)
            if place not in results:
                try:
                    results[place] = run(example.database, command)
                except MqtError as error:
                    results[place] = error
            result = results[place]
            judged.append(
                (
                    at,
                    gold is not None
                    and isinstance(result, list)
                    and gold.equals(result, example.ordered),
                )
            )
        kept = [at for at, _ in judged]
        if kept and found.described is not None:
            described = found.described[kept]
            none = describe_none(described, found.linked)
        else:
            described, none = np.zeros((0, len(FEATURES))), np.zeros(len(NOTHING))
        yield JudgedBeams(
            example.database,
            described,
            none,
            np.array([right for _, right in judged], bool),
            doubt,
            answerable,
            example.question,
            tuple(explain(found.plans[at], catalog) for at in kept),
        )
