"""Spider-Syn gives TEND's golds more wordings, and none on the databases that are set apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mqt_assets.training.corpora import load_tend
from mqt_assets.training.holdout import divide, freeze
from mqt_assets.training.spider_syn import SpiderSynReport, load_spider_syn, normal_sql

PETS_SQL = "SELECT name FROM pets WHERE kind = 'Dog' ORDER BY name"
PETS_GOLD = "db.pets.find({kind: 'Dog'}, {name: 1, _id: 0}).sort({name: 1})"


@pytest.mark.parametrize(
    "same",
    [
        "select name from pets where kind = 'Dog' order by name",
        "SELECT name\n FROM pets  WHERE kind='Dog' ORDER BY name ;",
        'SELECT name FROM pets WHERE kind = "Dog" ORDER BY name',
        "SELECT `name` FROM pets WHERE kind = 'Dog' ORDER BY name ASC",
    ],
)
def test_spelling_does_not_tell_queries_apart(same: str) -> None:
    assert normal_sql(same) == normal_sql(PETS_SQL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT T1.a FROM x AS T1 JOIN y AS T2 ON T1.i  =  T2.i",
         "SELECT t1.a FROM x t1 INNER JOIN y t2 ON t1.i = t2.i"),
        ("SELECT count(*) FROM x WHERE a  <>  1", "SELECT COUNT ( * ) FROM x WHERE a!=1"),
    ],
)  # fmt: skip
def test_joins_and_inequalities_are_matched(one: str, other: str) -> None:
    assert normal_sql(one) == normal_sql(other)


@pytest.mark.parametrize(
    "different",
    [
        PETS_SQL.replace("Dog", "dog"),
        PETS_SQL.replace("Dog", "D og"),
        PETS_SQL.replace("'Dog'", "Dog"),
        PETS_SQL.replace(" = ", " >= "),
        f"{PETS_SQL} DESC",
        PETS_SQL.replace("kind", "kinds"),
    ],
)
def test_other_queries_stay_apart(different: str) -> None:
    assert normal_sql(different) != normal_sql(PETS_SQL)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two databases with the same documents and record; `shown` is set apart."""
    folder = tmp_path / "tend"
    pets = [{"name": f"n{n}", "kind": "Dog" if n % 2 else "Cat"} for n in range(10)]
    for database in ("known", "shown"):
        _write(folder / "databases" / database / "pets.json", pets)
    _write(folder / "dev_databases.json", ["shown"])
    records = [
        {"record_id": number, "db_id": database, "nl_queries": ["Names of dogs?", "List dogs."],
         "ref_sql": PETS_SQL, "MQL": f"{PETS_GOLD}\n"}
        for number, database in enumerate(("known", "shown"))
    ]  # fmt: skip
    unraised = {"record_id": 9, "db_id": "known", "nl_queries": ["What?"], "ref_sql": "SELECT 1",
                "MQL": "db.pets.nonsense()"}  # fmt: skip
    _write(folder / "train.json", [*records, unraised])
    return folder


def _write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def _entry(question: str, synonym: str, database: str = "known", sql: str = PETS_SQL) -> Any:
    return {"db_id": database, "question": question, "synonym_question": synonym, "sql": sql}


def _load(corpus: Path, *entries: Any) -> SpiderSynReport:
    folder = corpus.parent / "spider_syn"
    _write(folder / "questions.json", entries)
    return load_spider_syn(folder, corpus, load_tend(corpus))


def test_both_questions_get_the_records_answer(corpus: Path) -> None:
    report = _load(corpus, _entry("Who is a dog?", "Who is a hound?", sql=f"{PETS_SQL.lower()};"
                                  .replace("dog", "Dog")))  # fmt: skip
    assert [e.question for e in report.examples] == ["Who is a dog?", "Who is a hound?"]
    gold = load_tend(corpus).examples[0]
    for example in report.examples:
        assert (example.source, example.database) == ("spider_syn", "known")
        assert example.plan is not None and example.plan == gold.plan
        assert (example.command, example.ordered) == (PETS_GOLD, True)


def test_a_wording_is_taken_once(corpus: Path) -> None:
    report = _load(
        corpus,
        _entry("names of  dogs", "List hounds"),
        _entry("List hounds.", "list hounds"),
    )
    assert [e.question for e in report.examples] == ["List hounds"]


def test_what_matches_no_record_or_has_no_plan_is_counted_not_taken(corpus: Path) -> None:
    report = _load(
        corpus,
        _entry("Cats?", "Felines?", sql=PETS_SQL.replace("Dog", "Cat")),
        _entry("Elsewhere?", "Abroad?", database="unknown"),
        _entry("Nothing?", "None?", sql="SELECT 1"),
    )
    assert report == SpiderSynReport((), entries=3, matched=1, set_apart=0)


def test_databases_set_apart_give_nothing(corpus: Path) -> None:
    report = _load(corpus, _entry("Who is a dog?", "Who is a hound?", database="shown"))
    assert report == SpiderSynReport((), entries=1, matched=1, set_apart=1)


def test_what_the_holdout_asks_is_not_trained_on(corpus: Path) -> None:
    more = _load(corpus, _entry("Who is a dog?", "Who is a hound?")).examples
    holdout = freeze([*load_tend(corpus).examples, *more], corpus_databases=["known"])
    assert {example.source for example in holdout.members} == {"tend"}
    assert divide(more, holdout).excluded == more


def test_a_folder_without_questions_is_named(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not Spider-Syn's"):
        load_spider_syn(tmp_path, corpus, load_tend(corpus))
