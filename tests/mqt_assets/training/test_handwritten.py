"""Questions written by hand: every sheet reads, and holds for each of its databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqt_assets.training.examples import UNANSWERABLE, references_of
from mqt_assets.training.handwritten import (
    FOLDER,
    SheetError,
    check,
    handwritten,
    is_held_out,
    load_sheets,
    main,
    read_sheet,
    sheet_catalog,
)

SHEETS = sorted(FOLDER.glob("*.txt"))
SHEET = """\
zoo
  animals: name:first species|kind:enum(lion|seal) age:int(1-30) >keepers
      meals|feedings[given_at|fed_on:date kilos|amount_kg:num(1-9)]
  keepers|staff: name|full_name:person hired_on:date

Who looks after lions?
Name the keepers of a lion.
> distinct keepers.name where animals.species = "lion"

How many kilos did the seals get in 2025?
> sum(animals.meals.kilos) where animals.species = "seal" and animals.meals.given_at during "2025"

What did the ticket cost?
> cannot
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "zoo.txt").write_text(SHEET)
    return tmp_path


def test_there_are_sheets_of_many_domains() -> None:
    assert len(SHEETS) >= 80


def test_a_few_sheets_are_set_apart_to_measure_on() -> None:
    apart = [sheet.name for sheet in load_sheets() if is_held_out(sheet)]
    assert 5 <= len(apart) <= len(SHEETS) / 8


@pytest.mark.parametrize("file", SHEETS, ids=lambda file: file.stem)
def test_every_plan_of_a_sheet_can_be_run(file: Path) -> None:
    wrong = [said for said in check(file) if said.startswith("WRONG")]
    assert not wrong, "\n".join(wrong)


def test_every_wording_is_an_example_over_every_version(folder: Path) -> None:
    written = handwritten(3, load_sheets(folder))
    assert sorted(written.catalogs) == ["written_zoo_0", "written_zoo_1", "written_zoo_2"]
    assert len(written.examples) == 3 * 4
    assert sum(example.kind == UNANSWERABLE for example in written.examples) == 3
    assert {example.source for example in written.examples} == {"handwritten"}


def test_versions_call_things_differently_and_plans_follow(folder: Path) -> None:
    sheet = read_sheet(folder / "zoo.txt")
    names = set()
    for version in range(6):
        catalog, called = sheet_catalog(sheet, version)
        collection, _, path = called["animals.meals.kilos"].partition(".")
        assert catalog.field(collection, path) is not None
        names.add(called["animals.meals.kilos"])
    assert len(names) > 2
    for example in handwritten(6, load_sheets(folder)).examples:
        if "kilos" in example.question and example.plan is not None:
            said = {f"{item.collection}.{item.path}" for item in references_of(example.plan)}
            assert said & names


def test_the_first_version_is_named_as_the_tables_are_written(folder: Path) -> None:
    _, called = sheet_catalog(read_sheet(folder / "zoo.txt"), 0)
    assert all(name == written for name, written in called.items())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (SHEET.replace("keepers.name where", "keepers.nickname where"), "zoo.txt:8: .*nickname"),
        (SHEET.replace("What did the ticket cost?\n", ""), "a plan without a question"),
        (SHEET.replace("> cannot\n", ""), "the last question has no plan"),
        ("zoo\n  animals: name:first\n", "expected the tables"),
        (SHEET.replace("species|kind:enum", "species|kind"), "without a type"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_said(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "zoo.txt").write_text(body)
    with pytest.raises(SheetError, match=said):
        handwritten(1, load_sheets(tmp_path))


def test_checking_prints_meanings_and_counts_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder / "zoo.txt")]) == 0
    assert "lion" in capsys.readouterr().out
    (folder / "zoo.txt").write_text(SHEET.replace("species =", "colour ="))
    assert main([str(folder / "zoo.txt")]) == 1
    assert "WRONG zoo.txt:8" in capsys.readouterr().out
