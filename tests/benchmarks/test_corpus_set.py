"""Reading a folder in TEND's format, and matching Spider-Syn's questions to its records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.corpus_set import Corpus, database_names, load_corpus, synonym_pairs

NAMES = "db.pans.find({}, {_id: 0, name: 1})"


def record(number: int, database: str, sql: str, gold: str, *questions: str) -> dict[str, Any]:
    return {
        "record_id": number,
        "db_id": database,
        "nl_queries": list(questions),
        "ref_sql": sql,
        "MQL": gold,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("kitchen", "attic"):
        place = tmp_path / "databases" / name
        place.mkdir(parents=True)
        (place / "pans.json").write_text(json.dumps([{"_id": 1, "name": "Wok", "price": 3}]))
    count = "db.pans.countDocuments({})"
    records = [
        record(1, "kitchen", "SELECT name FROM pans", NAMES, "pans?", "which pans?"),
        record(2, "attic", "SELECT count(*) FROM pans ORDER BY 1", count, "how many pans?"),
    ]
    (tmp_path / "test.json").write_text(json.dumps(records))
    (tmp_path / "other.json").write_text('["kitchen"]')
    return tmp_path


def entry(database: str, sql: str) -> dict[str, str]:
    return {"db_id": database, "question": "all pans", "synonym_question": "pots", "sql": sql}


def test_every_wording_is_asked_database_by_database(folder: Path) -> None:
    corpus = load_corpus(folder)
    assert [(e.database, e.question) for e in corpus.examples] == [
        ("attic", "how many pans?"),
        ("kitchen", "pans?"),
        ("kitchen", "which pans?"),
    ]
    assert [example.ordered for example in corpus.examples] == [True, False, False]
    assert corpus.documents("kitchen") == {"pans": [{"_id": 1, "name": "Wok", "price": 3}]}


def test_databases_restrict_and_a_limit_takes_first_wordings_first(folder: Path) -> None:
    assert {e.database for e in load_corpus(folder, ["kitchen"]).examples} == {"kitchen"}
    assert {e.database for e in load_corpus(folder, limit=2).examples} == {"attic", "kitchen"}
    with pytest.raises(ValueError, match="no record about cellar"):
        load_corpus(folder, ["cellar"])


def test_two_files_of_records_are_one_too_many(folder: Path) -> None:
    (folder / "more.json").write_text((folder / "test.json").read_text())
    with pytest.raises(FileNotFoundError, match=r"more\.json, test\.json"):
        load_corpus(folder)


def test_a_database_without_documents_is_named(folder: Path) -> None:
    (folder / "databases" / "attic" / "pans.json").unlink()
    (folder / "databases" / "attic").rmdir()
    with pytest.raises(FileNotFoundError, match="no documents of attic"):
        load_corpus(folder)
    assert len(load_corpus(folder, ["kitchen"]).examples) == 2


def test_the_folders_own_list_of_databases_counts_unless_another_is_named(folder: Path) -> None:
    assert database_names(folder, None) is None
    (folder / "dev_databases.json").write_text('["attic"]')
    assert database_names(folder, None) == ["attic"]
    assert database_names(folder, folder / "other.json") == ["kitchen"]
    with pytest.raises(ValueError, match="not a JSON list"):
        database_names(folder, folder / "test.json")


def synonyms_of(corpus: Corpus, *entries: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (pair.plain.question, pair.synonym.question, pair.synonym.command)
        for pair in synonym_pairs(corpus, entries)
    ]


def test_entries_match_by_database_and_sql_whatever_spacing_and_case(folder: Path) -> None:
    corpus = load_corpus(folder)
    assert synonyms_of(corpus, entry("kitchen", "select  name\nFROM Pans ;")) == [
        ("all pans", "pots", NAMES)
    ]
    assert synonyms_of(corpus, entry("attic", "SELECT name FROM pans")) == []
    assert synonyms_of(corpus, entry("kitchen", "SELECT price FROM pans")) == []


def test_both_wordings_keep_the_golds_plan_and_order(folder: Path) -> None:
    (pair,) = synonym_pairs(
        load_corpus(folder), [entry("attic", "SELECT count(*) FROM pans ORDER BY 1")]
    )
    assert pair.plain.plan is not None
    assert pair.plain.plan == pair.synonym.plan
    assert pair.plain.ordered and pair.synonym.ordered
