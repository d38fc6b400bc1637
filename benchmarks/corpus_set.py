"""The questions of a folder in TEND's format, and those of Spider-Syn about the same queries.

Reads files into examples; knows neither MongoDB nor a translator.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sampling import evenly
from mqt_assets.evaluation.questions import choose_questions
from mqt_assets.training.corpora import load_tend, tend_catalogs, tend_documents, tend_records
from mqt_assets.training.examples import Example, make_example
from mqt_assets.training.spider_syn import normal_sql
from mqt_serving.schema import Catalog

_DEV = "dev_databases.json"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Examples database by database, one a wording; `records` are those of the file."""

    folder: Path
    catalogs: Mapping[str, Catalog]
    examples: tuple[Example, ...]
    records: tuple[dict[str, Any], ...]

    def documents(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """The documents of one database by collection."""
        return tend_documents(self.folder / "databases" / name)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same question in the schema's words and in synonyms of them."""

    plain: Example
    synonym: Example


def load_corpus(
    folder: Path, databases: Collection[str] | None = None, limit: int | None = None
) -> Corpus:
    """The questions about `databases` (None: all of the folder).

    With `limit`, at most so many: first wordings first, the same ones every time. Raises
    FileNotFoundError for what the folder lacks, ValueError when no record is left.
    """
    records = tend_records(folder, databases)
    if not records:
        raise ValueError(f"{folder} has no record about {', '.join(sorted(databases or ()))}")
    if not (folder / "databases").is_dir():
        raise FileNotFoundError(
            f"{folder} has no folder `databases` with the documents asked about"
        )
    names = sorted({record["db_id"] for record in records})
    catalogs = tend_catalogs(folder, names)
    bare = [name for name in names if name not in catalogs]
    if bare:
        raise FileNotFoundError(
            f"{folder / 'databases'} has no documents of {', '.join(bare)}: add them, or leave "
            "these databases out with --databases"
        )
    examples: Sequence[Example] = load_tend(folder, catalogs, names).examples
    if limit is not None:
        examples = choose_questions(examples, names, limit)
    return Corpus(folder, catalogs, tuple(_by_database(examples)), tuple(records))


def database_names(folder: Path, file: Path | None) -> list[str] | None:
    """The databases that a JSON list names: `file`, or else the folder's own; None for all.

    Raises ValueError when the file holds anything else.
    """
    chosen = file or folder / _DEV
    if file is None and not chosen.is_file():
        return None
    names = json.loads(chosen.read_text(encoding="utf-8"))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f'{chosen} is not a JSON list of names of databases: ["a", "b"]')
    return names


def synonym_pairs(
    corpus: Corpus, entries: Sequence[Mapping[str, str]], limit: int | None = None
) -> list[Pair]:
    """The entries of Spider-Syn whose database and SQL a record has, with that record's gold.

    Entries are skipped when no record matches; SQL is compared by `normal_sql`.
    """
    golds = {(e.database, e.command): e for e in corpus.examples}
    matched: dict[tuple[str, tuple[str, ...]], Example] = {}
    for record in corpus.records:
        gold = golds.get((record["db_id"], record["MQL"].strip()))
        if gold is not None:
            matched.setdefault((record["db_id"], normal_sql(record["ref_sql"])), gold)
    pairs = [
        Pair(_reworded(gold, entry["question"]), _reworded(gold, entry["synonym_question"]))
        for entry in entries
        if (gold := matched.get((entry["db_id"], normal_sql(entry["sql"])))) is not None
    ]
    pairs.sort(key=lambda pair: (pair.plain.database, pair.plain.command))
    return list(evenly(pairs, limit))


def _reworded(gold: Example, question: str) -> Example:
    return make_example(
        question, gold.database, gold.plan, gold.command, source="spider_syn", ordered=gold.ordered
    )


def _by_database(examples: Sequence[Example]) -> list[Example]:
    return sorted(examples, key=lambda example: example.database)
