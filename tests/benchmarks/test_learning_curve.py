"""What is corrected and what is left, what the figures are, and the command on tiny databases."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.corrections_set import Query, accepted, queries_of, split
from benchmarks.learning_curve import main, shares_of, tally
from benchmarks.learning_plot import draw, write_plot
from benchmarks.learning_points import PointsFile
from benchmarks.learning_report import Curve, Point, Tally
from mqt_assets.evaluation.execution_accuracy import Rows
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training import handwritten
from mqt_assets.training.examples import Example, make_example, question_key
from mqt_serving.errors import QueryFailed, SettingError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.pipeline import Command
from mqt_serving.query.raising.commands import raise_command

PANS = [{"_id": n, "name": f"Pan {n}", "price": 10 * n, "size": n % 4} for n in range(1, 9)]
CATALOG = catalog_from_documents("kitchen", {"pans": PANS})
NAMES = "db.pans.find({}, {_id: 0, name: 1})"
SHARES = (0.0, 0.1, 0.2, 0.5, 0.9)


def asked(question: str, gold: str = NAMES, raised: bool = True) -> Example:
    plan = raise_command(parse_query(gold), CATALOG) if raised else None
    return make_example(question, "kitchen", plan, gold, source="tend", ordered=False)


def cheaper(number: int) -> str:
    return f"db.pans.find({{price: {{$lt: {number}}}}}, {{_id: 0, name: 1}})"


@pytest.fixture(scope="module")
def queries() -> tuple[Query, ...]:
    return queries_of(
        asked(f"{word} below {number}", cheaper(number))
        for number in range(20)
        for word in ("pans", "which pans are", "any pan")
    )


# ------------------------------------------------------------------- splitting


def test_all_wordings_of_a_gold_are_one_query(queries: Sequence[Query]) -> None:
    assert len(queries) == 20
    assert [each.question for each in queries[3].wordings] == [
        "pans below 3",
        "which pans are below 3",
        "any pan below 3",
    ]


def test_golds_that_are_one_plan_or_share_a_wording_are_one_query() -> None:
    spaced = "db.pans.find({}, { name: 1, _id: 0 })"
    same_plan = queries_of([asked("names", NAMES), asked("all names", spaced)])
    assert len(same_plan) == 1
    same_wording = queries_of(
        [asked("Cheap pans?", cheaper(5)), asked("names"), asked("cheap  pans", cheaper(9))]
    )
    assert [[e.question for e in query.wordings] for query in same_wording] == [
        ["Cheap pans?", "cheap  pans"],
        ["names"],
    ]


def test_a_later_wording_joins_what_seemed_apart() -> None:
    (query,) = queries_of([asked("a", cheaper(5)), asked("b", cheaper(9)), asked("b", cheaper(5))])
    assert [example.question for example in query.wordings] == ["a", "b", "b"]


def test_nothing_that_is_corrected_asks_what_the_rest_asks(queries: Sequence[Query]) -> None:
    for share in SHARES:
        parts = split(queries, share, wordings=1, seed=1)
        corrected = [*parts.asked, *parts.reworded]
        assert len(corrected) + len(parts.rest) == 60
        assert not {question_key(e) for e in corrected} & {question_key(e) for e in parts.rest}
        assert not {e.command for e in corrected} & {e.command for e in parts.rest}


def test_a_smaller_share_is_part_of_a_larger_one(queries: Sequence[Query]) -> None:
    fed = [{e.id for e in split(queries, share, 1, seed=1).asked} for share in SHARES]
    assert [len(ids) for ids in fed] == [0, 2, 4, 10, 18]
    assert all(less < more for less, more in pairwise(fed))


def test_the_seed_decides_and_not_the_order(queries: Sequence[Query]) -> None:
    first = split(queries, 0.2, 1, seed=1)
    assert split(queries[::-1], 0.2, 1, seed=1) == first
    assert split(queries, 0.2, 1, seed=2).asked != first.asked


def test_a_correction_has_one_wording_unless_more_are_wanted(queries: Sequence[Query]) -> None:
    one, all_of_them = split(queries, 0.1, 1, seed=1), split(queries, 0.1, 5, seed=1)
    assert (len(one.asked), len(one.reworded)) == (2, 4)
    assert (len(all_of_them.asked), len(all_of_them.reworded)) == (6, 0)
    assert one.queries == all_of_them.queries == 2


def test_any_share_corrects_something_and_leaves_something(queries: Sequence[Query]) -> None:
    assert split(queries[:2], 0.01, 1, seed=1).queries == 1
    assert split(queries[:2], 0.99, 1, seed=1).queries == 1
    assert split(queries[:1], 0.5, 1, seed=1).queries == 0
    assert split((), 0.5, 1, seed=1).rest == ()


# ----------------------------------------------------------------- corrections


def runs(name: str, command: Command) -> Rows:
    return []


def test_a_correction_comes_out_as_the_journal_gives_it() -> None:
    (found,) = accepted([asked("names?")], CATALOG, runs)
    assert (found.source, found.question, found.database) == ("correction", "names?", "kitchen")
    assert found.plan == raise_command(parse_query(NAMES), CATALOG)
    assert parse_query(found.command) == parse_query(NAMES)


def test_a_gold_without_a_plan_is_kept_without_one() -> None:
    gold = "db.pans.aggregate([{$sample: {size: 1}}, {$project: {_id: 0, name: 1}}])"
    (found,) = accepted([asked("any?", gold, raised=False)], CATALOG, runs)
    assert found.plan is None


def test_what_serving_would_not_accept_is_no_correction() -> None:
    def fails(name: str, command: Command) -> Rows:
        raise QueryFailed("no such operator")

    nowhere = asked("?", "db.nowhere.find({})", raised=False)
    assert accepted([nowhere], CATALOG, runs) == []
    assert accepted([asked("names?")], CATALOG, fails) == []


# --------------------------------------------------------------------- figures


def point(database: str, share: float, rest: Tally, **other: Any) -> Point:
    none = Tally(0, 0, 0)
    values: dict[str, Any] = {
        "queries": 20,
        "fed": 2,
        "learned": 2,
        "seconds": 90.0,
        "steps": 30,
        "asked": none,
        "reworded": none,
    }
    return Point(database, share, rest=rest, **(values | other))


def curve(*points: Point) -> Curve:
    return Curve(points, "base", 150, 2, 1, 1)


def test_a_gain_is_against_the_same_questions_before() -> None:
    examples = [asked("a"), asked("b"), asked("c")]
    before = {examples[0].id: True, examples[1].id: False, examples[2].id: False}
    right = {example.id: True for example in examples}
    assert tally(examples[1:], right, before) == Tally(2, 2, 0)
    assert tally(examples[1:], right, before).gain == 1.0
    assert tally(examples, right, None).gain is None
    assert tally([], right, before).share is None


def test_a_mean_counts_each_database_once_and_pooled_each_question() -> None:
    (row,) = curve(
        point("a", 0.1, Tally(9, 10, 7)), point("b", 0.1, Tally(10, 100, 10), asked=Tally(1, 2, 0))
    ).rows
    assert row.rest.value == pytest.approx(0.5)
    assert row.pooled == pytest.approx(19 / 110)
    assert row.gain.value == pytest.approx(0.1)
    assert row.before.value == pytest.approx(0.4)
    assert (row.databases, row.fed) == (2, 4)
    assert row.asked.value == 0.5  # of b alone: nothing was corrected in a
    assert row.rest.interval is not None
    assert (row.rest.interval.low, row.rest.interval.high) == pytest.approx((0.1, 0.9))


def test_one_database_has_no_interval() -> None:
    (row,) = curve(point("a", 0.1, Tally(9, 10, 7))).rows
    assert row.rest.interval is None
    assert row.asked.value is None


def test_the_table_has_a_line_a_share_and_the_slowest_training() -> None:
    found = curve(
        point("a", 0.5, Tally(6, 10, 5), seconds=200.0),
        point("a", 0.0, Tally(5, 10, 5), seconds=90.0),
        point("b", 0.0, Tally(8, 10, 8)),
        point("b", 0.5, Tally(8, 10, 8)),
    )
    lines = list(found.table)
    assert [line.split()[0] for line in lines] == ["share", "0%", "50%", "slowest"]
    assert "+5.0 (+0.0 to +10.0)" in lines[2]
    assert "3.3 min (a, 50%" in lines[3]
    assert "meets must" in lines[3]
    assert found.as_json()["slowest"]["met"] == "must"
    assert json.loads(json.dumps(found.as_json()))["rows"][1]["share"] == 0.5


def test_trainings_too_short_to_tell_anything_are_counted() -> None:
    found = curve(
        point("a", 0.0, Tally(5, 10, 5), steps=2), point("b", 0.0, Tally(5, 10, 5), steps=30)
    )
    assert found.rows[0].steps == (2, 30)
    assert list(found.table)[1].split()[2] == "2-30"
    assert list(found.table)[-1].startswith("1 of 2 trainings made fewer than 20 steps")
    assert found.as_json()["few_steps"] == 1


@pytest.mark.parametrize(
    ("seconds", "met"), [(100.0, "aim"), (120.0, "aim"), (300.0, "must"), (301.0, "none")]
)
def test_the_slowest_training_stands_beside_its_goals(seconds: float, met: str) -> None:
    assert curve(point("a", 0.0, Tally(1, 2), seconds=seconds)).met == met


def test_a_point_says_what_was_not_measured() -> None:
    said = point("a", 0.1, Tally(1, 2)).line
    assert "rest 50.0% of 2, corrected -, reworded -" in said
    assert "(+25.0)" in point("a", 0.1, Tally(3, 4, 2)).line


def test_the_drawing_is_the_same_every_time(tmp_path: Path) -> None:
    found = curve(point("a", 0.0, Tally(5, 10, 5)), point("a", 0.5, Tally(6, 10, 5)))
    write_plot(found, tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_bytes() == draw(found)
    assert b"<svg" in draw(found)
    assert [file.name for file in tmp_path.iterdir()] == ["curve.svg"]


# ------------------------------------------------------------------ points kept

ABOUT = {"base": "abc", "shares": [0.0, 0.5]}


def test_points_come_back_as_they_were_kept_and_a_line_cut_off_does_not_count(
    tmp_path: Path,
) -> None:
    file = PointsFile(tmp_path / "points.jsonl", ABOUT)
    assert file.read() == ()
    pans = (point("a", 0.0, Tally(5, 10, 5)), point("a", 0.5, Tally(6, 8, 5), asked=Tally(1, 2, 0)))
    file.add(pans)
    file.add([point("b", 0.0, Tally(1, 2))])
    assert file.read() == (*pans, point("b", 0.0, Tally(1, 2)))
    file.path.write_text(file.path.read_text() + '[{"database": "c", "sh')
    file.add([point("c", 0.0, Tally(2, 2))])
    assert file.read() == (*pans, point("b", 0.0, Tally(1, 2)), point("c", 0.0, Tally(2, 2)))
    assert [kept.name for kept in tmp_path.iterdir()] == ["points.jsonl"]


def test_points_of_another_measurement_are_not_mixed_in(tmp_path: Path) -> None:
    file = PointsFile(tmp_path / "points.jsonl", ABOUT)
    file.add([point("a", 0.0, Tally(5, 10, 5))])
    other = PointsFile(file.path, {**ABOUT, "base": "another"})
    for use in (other.read, lambda: other.add([point("b", 0.0, Tally(1, 2))])):
        with pytest.raises(SettingError, match="name another file with --points"):
            use()
    assert len(file.read()) == 1


# ----------------------------------------------------------------- the command


def test_shares_are_sorted_and_below_one() -> None:
    assert shares_of("0.5, 0,0.1,0.5") == (0.0, 0.1, 0.5)
    for wrong in ("1", "-0.1", "", "half"):
        with pytest.raises(argparse.ArgumentTypeError):
            shares_of(wrong)


def records(database: str, collection: str) -> list[dict[str, Any]]:
    golds = {
        f"db.{collection}.find({{}}, {{_id: 0, name: 1}})": ("What are the names?", "All names"),
        f"db.{collection}.countDocuments({{}})": ("How many are there?", f"Number of {collection}"),
        f"db.{collection}.find({{price: {{$gt: 30}}}}, {{_id: 0, name: 1}})": (
            "Which cost more than 30?",
            "Names of those with a price above 30",
        ),
    }
    return [
        {"record_id": n, "db_id": database, "nl_queries": list(asks), "ref_sql": "", "MQL": gold}
        for n, (gold, asks) in enumerate(golds.items())
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    content = {"kitchen": "pans", "library": "books"}
    for database, collection in content.items():
        place = tmp_path / "tend" / "databases" / database
        place.mkdir(parents=True)
        (place / f"{collection}.json").write_text(json.dumps(PANS))
    found = [record for pair in content.items() for record in records(*pair)]
    (tmp_path / "tend" / "train.json").write_text(json.dumps(found))
    (tmp_path / "tend" / "dev_databases.json").write_text(json.dumps(list(content)))
    return tmp_path / "tend"


def test_a_folder_that_lacks_something_is_told_what(folder: Path) -> None:
    with pytest.raises(ValueError, match="no record about cellar"):
        main(["--data", str(folder), "--databases", "kitchen,cellar"])
    (folder / "databases").rename(folder / "elsewhere")
    with pytest.raises(FileNotFoundError, match="no folder `databases`"):
        main(["--data", str(folder)])
    (folder / "dev_databases.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"dev_databases\.json is missing or empty"):
        main(["--data", str(folder)])
    with pytest.raises(FileNotFoundError, match="is no TEND corpus"):
        main(["--data", str(folder / "nowhere"), "--databases", "kitchen"])


@pytest.mark.parametrize(
    "wrong", [["--shares", "2"], ["--seconds", "0"], ["--plot", "nowhere/c.svg"], ["--plot", "c"]]
)
def test_what_makes_no_sense_stops_before_anything_runs(folder: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", str(folder), *wrong])


def test_a_few_steps_on_two_tiny_databases(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MQT_SYNTHETIC_QUESTIONS", "50")
    monkeypatch.setenv("MQT_PRACTICE_QUESTIONS", "0")
    monkeypatch.setenv("MQT_TRAINING_STEPS", "2")
    monkeypatch.delenv("MQT_BASE_MODEL", raising=False)
    monkeypatch.setattr(handwritten, "_REPLAYED", 1)
    plot, kept = folder.parent / "curve.svg", folder.parent / "points.jsonl"
    asked_for = ["--data", str(folder), "--shares", "0,0.5", "--seconds", "20", "--json"]
    main([*asked_for, "--plot", str(plot), "--points", str(kept)])
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert [line.split()[:2] for line in lines[:4]] == [
        ["kitchen", "0%"],
        ["kitchen", "50%"],
        ["library", "0%"],
        ["library", "50%"],
    ]
    assert "may have learned from kitchen, library" in said.err
    found = json.loads(lines[-1])
    assert found["seen"] == ["kitchen", "library"]
    for each in found["points"]:
        fed = 2 if each["share"] else 0
        assert (each["queries"], each["fed"], each["learned"]) == (3, fed, fed)
        assert [each[part]["total"] for part in ("rest", "asked", "reworded")] == [
            6 - 2 * fed, fed, fed,
        ]  # fmt: skip
        assert each["steps"] == 2
        assert all(each[part]["before"] is not None for part in ("rest", "asked", "reworded"))
    assert found["rows"][0]["gain"]["value"] == 0
    assert plot.read_bytes().startswith(b"<?xml")
    header, first, second = kept.read_text().splitlines()
    kept.write_text(f"{header}\n{first}\n")  # killed while it measured the second
    main([*asked_for, "--points", str(kept)])
    again = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in again[:2]] == ["library", "library"]
    assert json.loads(again[-1])["points"][:2] == found["points"][:2]
    assert [p["rest"] for p in json.loads(again[-1])["points"]] == [
        p["rest"] for p in found["points"]
    ]
    assert json.loads(kept.read_text().splitlines()[2])[1]["rest"] == json.loads(second)[1]["rest"]
