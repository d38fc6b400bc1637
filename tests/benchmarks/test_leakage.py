"""How paraphrases and other questions are counted, and the command on a corpus of one database."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.leakage import choose, main, pairs_of
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, make_example
from mqt_assets.training.leakage import topic_of
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.raising.commands import raise_command

PANS = [{"_id": n, "name": f"Pan {n}", "price": 10 * n, "size": n % 4} for n in range(1, 9)]
CATALOG = catalog_from_documents("kitchen", {"pans": PANS})
NAMES, PRICES = "db.pans.find({}, {_id: 0, name: 1})", "db.pans.find({}, {_id: 0, price: 1})"


def asked(question: str, query: str) -> Example:
    plan = raise_command(parse_query(query), CATALOG)
    return make_example(question, "kitchen", plan, query, source="tend")


def test_pairs_are_of_one_record_or_of_different_queries() -> None:
    examples = [
        asked("a", NAMES), asked("b", NAMES), asked("c", PRICES),
        asked("d", "db.pans.find({size: 1})"),
        asked("the same query written otherwise", NAMES.replace("{}", "{ }", 1) + " "),
    ]  # fmt: skip
    angles = np.array([0.0, 0.1, 0.5, 1.0, 0.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    pairs = pairs_of(examples, vectors, topic_of)
    assert pairs.paraphrases == pytest.approx([np.cos(0.1)])
    assert sorted(pairs.others) == pytest.approx(sorted(np.cos([0.5, 0.4, 0.5])))
    everything = pairs_of(examples, vectors, lambda example: 0)
    assert len(everything.others) == 3 + 4
    row = pairs.row("topic", 0.9)
    assert (row.precision, row.recall, row.wrong) == (0.5, 1.0, pytest.approx(1 / 3))
    assert choose(pairs) == pytest.approx(0.93)


def test_the_command_measures_a_folder_of_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "corpus"
    for database in ("kitchen", "bakery", "pantry", "shop"):  # two of each half
        place = folder / "databases" / database
        place.mkdir(parents=True)
        (place / "pans.json").write_text(json.dumps(PANS))
    (folder / "dev_databases.json").write_text("[]")
    wordings = {
        NAMES: ["What are the names of all pans?", "List the names of all the pans."],
        PRICES: ["What are the prices of all pans?", "List the prices of all the pans."],
    }
    records = [
        {"record_id": number, "db_id": database, "nl_queries": each, "ref_sql": "", "MQL": query}
        for number, (query, each) in enumerate(wordings.items())
        for database in ("kitchen", "bakery", "pantry", "shop")
    ]
    (folder / "train.json").write_text(json.dumps(records))
    main(["--data", str(folder), "--json"])
    lines = capsys.readouterr().out.splitlines()
    assert sum("<- chosen" in line for line in lines) == 1
    body = json.loads(lines[-1])
    assert {row["topic"] for row in body["rows"]} == {
        "any two of the database", "same literals", "same topic"
    }  # fmt: skip
    assert all(0 <= row["precision"] <= 1 for row in body["rows"])
