"""The dataset as files, read back by what reads corpora."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import MongoClient

from benchmarks.corpus_set import load_corpus
from mqt_assets.feedback.dataset import FeedbackDataset, curate
from mqt_assets.feedback.export import lines_of, main, records_of
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.corpora import load_tend
from mqt_assets.training.examples import Example
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.plan_json import plan_to_json
from mqt_serving.query.raising.commands import raise_command

DATABASE = "export_shop"
ORDERS = [
    {
        "_id": ObjectId(),
        "n": n,
        "at": datetime(2026, 1, n),
        "card": {"number": str(n), "kind": "x"},
        "items": [{"sku": n}],
    }
    for n in range(1, 9)
]
CATALOG = catalog_from_documents(DATABASE, {"orders": ORDERS})
LATE = "db.orders.find({at: {$gt: ISODate('2026-01-05T00:00:00Z')}}, {_id: 0, n: 1})"

SINCE = "db.orders.find({at: {$gte: ISODate('2025-12-01T00:00:00Z')}}, {_id: 0, n: 1})"


def correction(number: int, question: str, query: str) -> dict[str, Any]:
    plan = plan_to_json(raise_command(parse_query(query), CATALOG))
    return {
        "_id": f"f{number}",
        "query_id": f"q{number}",
        "at": datetime(2026, 1, number),
        "question": question,
        "database": DATABASE,
        "verdict": "down",
        "corrected_query": query,
        "plan": plan,
        "status": "accepted",
        "author": "Ada Lovelace",
        "release_id": "r1",
    }


@pytest.fixture
def dataset() -> FeedbackDataset:
    unwound = (
        "db.orders.aggregate([{$sort: {n: -1}}, {$unwind: '$items'}, {$project: "
        "{_id: 0, sku: '$items.sku'}}])"
    )
    return curate(
        [
            correction(1, "Which orders are late?", LATE),
            correction(2, "Late orders, please", LATE),
            correction(3, "Newest first", "db.orders.find({}, {_id: 0, n: 1}).sort({at: -1})"),
            correction(4, "Items, of the last order first", unwound),
            correction(5, "Orders since last month", SINCE),
        ]
    )


def asked(examples: tuple[Example, ...]) -> list[tuple[Any, ...]]:
    return [(e.database, e.question, e.command, e.plan, e.ordered, e.asked_at) for e in examples]


def test_each_line_is_an_example_with_its_sources_and_version(dataset: FeedbackDataset) -> None:
    lines = [json.loads(line) for line in lines_of(dataset.to_json("1.2.3")).splitlines()]
    assert [Example.from_json(line) for line in lines] == list(dataset.examples)
    assert {line["dataset"] for line in lines} == {dataset.digest}
    assert lines[1]["origins"][0]["feedback_id"] == "f2"
    assert lines[1]["code_version"] == "1.2.3"


def test_a_record_is_a_query_with_all_its_wordings(dataset: FeedbackDataset) -> None:
    first, *others = records_of(dataset.to_json(""))
    assert first["nl_queries"] == ["Which orders are late?", "Late orders, please"]
    assert first["feedback"] == ["f1", "f2"]
    assert [record["record_id"] for record in (first, *others)] == [1, 2, 3, 4]
    assert [record["ordered"] for record in (first, *others)] == [False, True, True, False]
    asked = [record.get("asked_at") for record in (first, *others)]
    assert asked == [None, None, None, "2026-01-05T00:00:00"]


def test_the_command_writes_a_corpus_that_is_read_as_one(
    dataset: FeedbackDataset,
    tmp_path: Path,
    mongo_uri: str,
    mongo_client: MongoClient[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mongo_client[DATABASE]["orders"].insert_many(ORDERS)
    home, out = tmp_path / "home", tmp_path / "out"
    (home / "artifacts").mkdir(parents=True)
    monkeypatch.setenv("MQT_HOME", str(home))
    monkeypatch.setenv("MONGODB_URI", mongo_uri)
    monkeypatch.setenv("MQT_PRIVATE_FIELDS", "orders.card.number")
    try:
        assert main(["--out", str(out)]) == 1
        assert "materialize feedback_dataset first" in capsys.readouterr().err
        body = json.dumps(dataset.to_json("1.2.3"))
        (home / "artifacts" / "feedback_dataset.json").write_text(body)
        assert main(["--out", str(out), "--format", "tend", "--documents", "100"]) == 0
    finally:
        mongo_client.drop_database(DATABASE)
    assert f"5 examples of version {dataset.digest}" in capsys.readouterr().out
    corpus = load_corpus(out)
    assert asked(corpus.examples) == asked(dataset.examples)
    assert asked(load_tend(out).examples) == asked(dataset.examples)
    stored = corpus.documents(DATABASE)["orders"]
    assert {d["_id"]: d["at"] for d in stored} == {d["_id"]: d["at"] for d in ORDERS}
    assert {key for document in stored for key in document["card"]} == {"kind"}
    assert main(["--out", str(out)]) == 0
    assert (out / "examples.jsonl").read_text() == lines_of(dataset.to_json("1.2.3"))
