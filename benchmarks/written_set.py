"""The written test: questions with their right answers, and questions that have none.

Reads the files of `tests/questions/written` into values; knows neither MongoDB nor a translator.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "questions" / "written"
PARTS = {"first": FOLDER, "second": FOLDER / "second"}
"""The second was written later, by someone who saw neither the first nor any training data."""
FULL_DATABASES = ("shop", "clinic", "bikes")
"""Those that `benchmarks.databases` generates; the small ones lie beside the questions."""

CONSTRUCTS = (
    "dates",
    "date parts",
    "relative ranges",
    "null and missing",
    "arrays of objects",
    "arithmetic",
    "conditional totals",
    "top-k per group",
    "distinct",
    "skip",
    "windows",
    "geo near",
)
KINDS = (
    "missing field",
    "missing collection",
    "missing fact",
    "small talk",
    "request to write",
    "nonsense",
)
"""Why a question has no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """`golds` are mongosh texts, any of which is right; `now` is the moment of asking, in UTC."""

    id: str
    database: str
    question: str
    golds: tuple[str, ...]
    ordered: bool
    constructs: tuple[str, ...]
    now: datetime
    part: str  # of PARTS


@dataclass(frozen=True, slots=True)
class Unanswerable:
    id: str
    database: str
    question: str
    kind: str


@dataclass(frozen=True, slots=True)
class Answerable:
    """A question near an unanswerable one; `gold` is one right answer."""

    id: str
    database: str
    question: str
    gold: str


def questions() -> list[Question]:
    """All questions with an answer, database by database."""
    return [
        question
        for name in FULL_DATABASES
        for part, folder in PARTS.items()
        for question in _questions(folder / f"{name}.json", part)
    ]


def _questions(file: Path, part: str) -> list[Question]:
    body = _read(file)
    now = datetime.fromisoformat(body["now"]).astimezone(UTC)
    return [
        Question(
            id=entry["id"],
            database=body["database"],
            question=entry["question"],
            golds=(entry["gold"], *entry.get("also", ())),
            ordered=entry["ordered"],
            constructs=tuple(entry["constructs"]),
            now=now,
            part=part,
        )
        for entry in body["questions"]
    ]


def unanswerable(folder: Path = FOLDER) -> list[Unanswerable]:
    return [Unanswerable(**entry) for entry in _read(folder / "unanswerable.json")["unanswerable"]]


def answerable(folder: Path = FOLDER) -> list[Answerable]:
    """The near-twins, those that point at a question of another file looked up there.

    Raises KeyError for one that points nowhere.
    """
    known = {(question.database, question.id): question for question in questions()}
    found = []
    for entry in _read(folder / "unanswerable.json")["answerable"]:
        if "refers_to" in entry:
            meant = known[entry["database"], entry["refers_to"]]
            asked, gold = meant.question, meant.golds[0]
        else:
            asked, gold = entry["question"], entry["gold"]
        found.append(Answerable(entry["id"], entry["database"], asked, gold))
    return found


def small_databases(folder: Path = FOLDER) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Documents by database and collection."""
    databases: dict[str, dict[str, list[dict[str, Any]]]] = _read(folder / "small_databases.json")[
        "databases"
    ]
    return databases


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
