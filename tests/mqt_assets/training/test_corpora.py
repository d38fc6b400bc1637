"""TEND as examples: nearly every gold has a plan, and what has none is counted, not lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_assets.evaluation.execution_accuracy import evaluate
from mqt_assets.training.corpora import (
    CorpusReport,
    dev_databases,
    load_tend,
    tend_catalogs,
    tend_documents,
)
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.lowering.plans import lower
from mqt_serving.schema import Catalog

RECORDS, PARAPHRASES = 2849, 14245


@pytest.fixture(scope="module")
def catalogs(tend_folder: Path) -> dict[str, Catalog]:
    return tend_catalogs(tend_folder)


@pytest.fixture(scope="module")
def report(tend_folder: Path, catalogs: dict[str, Catalog]) -> CorpusReport:
    started = time.process_time()
    loaded = load_tend(tend_folder, catalogs)
    assert time.process_time() - started < 60
    return loaded


def test_every_paraphrase_is_an_example(report: CorpusReport) -> None:
    assert report.records == RECORDS
    assert len(report.examples) == PARAPHRASES


def test_most_golds_have_a_plan_and_the_others_a_cause(report: CorpusReport) -> None:
    assert report.raised / report.records >= 0.84
    assert sum(report.failures.values()) == report.records - report.raised
    without = {example.command for example in report.examples if example.plan is None}
    assert without
    assert all(failure.cause and failure.message for failure in report.failed)


def test_the_order_counts_where_sql_or_the_query_orders(report: CorpusReport) -> None:
    by_command = {example.command: example.ordered for example in report.examples}
    assert by_command["db.singer.find({}, { Birth_Year: 1, Citizenship: 1, _id: 0 });"] is False
    sorted_finds = [c for c in by_command if ".sort(" in c]
    assert sorted_finds and all(by_command[command] for command in sorted_finds)


def test_loading_can_be_restricted_to_some_databases(tend_folder: Path) -> None:
    some = load_tend(tend_folder, databases=["singer"])
    assert {example.database for example in some.examples} == {"singer"}


def test_the_dev_databases_are_those_of_the_corpus(
    tend_folder: Path, catalogs: dict[str, Catalog]
) -> None:
    assert len(dev_databases(tend_folder)) == 18
    assert dev_databases(tend_folder) <= set(catalogs)


def test_a_folder_that_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no TEND corpus"):
        load_tend(tmp_path)
    (tmp_path / "train.json").write_text(json.dumps([]))
    (tmp_path / "databases").mkdir()
    assert load_tend(tmp_path).examples == ()


def test_plans_return_what_their_golds_return(
    tend_folder: Path,
    catalogs: dict[str, Catalog],
    report: CorpusReport,
    mongo_client: MongoClient[dict[str, Any]],
) -> None:
    databases = ("singer", "car_1", "course_teach", "pets_1", "concert_singer", "museum_visit")
    try:
        for name in databases:
            for collection, documents in tend_documents(tend_folder / "databases" / name).items():
                mongo_client[f"tend_{name}"][collection].insert_many(documents)
        golds = {
            (example.database, example.command): example
            for example in report.examples
            if example.database in databases and example.plan is not None
        }
        limits = Limits(max_rows=100_000)
        result = evaluate(
            list(golds.values()),
            lambda e: lower(e.plan, catalogs[e.database]),  # type: ignore[arg-type]
            lambda database, command: run(command, mongo_client[f"tend_{database}"], limits).rows,
        )
    finally:
        for name in databases:
            mongo_client.drop_database(f"tend_{name}")
    assert result.overall.total > 80
    assert result.score >= 0.95, [case.reason for case in result.failures]
