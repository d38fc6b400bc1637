"""A translator with a table in place of a network, so that serving is tested by itself.

The only stand-in of these tests: releases, MongoDB and HTTP are real. The table is a file of the
release (`translator/table.json`), read and verified as the network's files are. A full-loop test
with the trained model is elsewhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from mqt_serving.assembly import TextSearch
from mqt_serving.errors import CannotAnswer
from mqt_serving.query.plan import Plan
from mqt_serving.query.plan_json import plan_from_json, plan_to_json
from mqt_serving.release_loading import Loaders, Search, Translator
from mqt_serving.schema import Catalog
from mqt_serving.search import SemanticIndex, Vectors

TABLE = "translator/table.json"


@dataclass(frozen=True, slots=True)
class Ranked:
    plan: Plan
    probability: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What the translator says to one question; `seconds` is how long it thinks."""

    ranked: tuple[Ranked, ...]
    seconds: float = 0.0


class TableTranslator:
    def __init__(self, table: Mapping[str, Entry]) -> None:
        self._table = table

    @classmethod
    def load(cls, folder: Path) -> TableTranslator:
        rows = json.loads((folder / TABLE).read_text())
        return cls({question: _entry(row) for question, row in rows.items()})

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None
    ) -> Sequence[Ranked]:
        entry = self._table.get(question)
        known = [r for r in entry.ranked if _fits(r.plan, catalog)] if entry else []
        if entry is None or not known:
            raise CannotAnswer(f"Nothing in {catalog.database} is about {question!r}.")
        time.sleep(entry.seconds)
        return known


class LetterEncoder:
    """Texts as counts of their letters: enough to find what is spelt alike."""

    dimension = 26

    def encode(self, texts: Sequence[str]) -> Vectors:
        counts = [[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts]
        vectors = np.array(counts, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        result: Vectors = vectors / np.maximum(lengths, 1e-9)
        return result


def load_search(folder: Path, translator: Translator) -> Search | None:
    if not (folder / "index").is_dir():
        return None
    return TextSearch(LetterEncoder(), SemanticIndex.load(folder / "index"))


LOADERS = Loaders(
    translator=TableTranslator.load,
    search=load_search,
    encoder=lambda folder, translator: LetterEncoder(),
)


def table_json(table: Mapping[str, Entry]) -> str:
    return json.dumps(
        {
            question: {
                "seconds": entry.seconds,
                "ranked": [[plan_to_json(r.plan), r.probability] for r in entry.ranked],
            }
            for question, entry in table.items()
        }
    )


def _entry(row: dict[str, Any]) -> Entry:
    ranked = tuple(Ranked(plan_from_json(plan), share) for plan, share in row["ranked"])
    return Entry(ranked, row["seconds"])


def _fits(plan: Plan, catalog: Catalog) -> bool:
    """Whether the plan is about a collection of this database, whichever the field."""
    first = plan.outputs[0].value
    argument = getattr(first, "argument", first)
    return getattr(argument, "collection", None) in {*catalog.by_name, "nowhere"}
