"""Spider-Syn's questions over TEND's databases: more wordings of golds, and more golds.

Reads the folder that the `spider_syn_folder` setting names. An entry of `questions.json` whose SQL
is that of a TEND record, up to spelling, asks what the record asks: its two questions get the
record's plan. The SQL of others is translated, where `tables.json` tells what its tables hold
(see `sql_golds`). Databases that TEND sets apart give none. Depends on the loaded corpus.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mqt_assets.training.corpora import (
    CorpusReport,
    dev_databases,
    tend_catalogs,
    tend_records,
)
from mqt_assets.training.examples import Example, make_example, question_key
from mqt_assets.training.sql_golds import SqlGold, SqlGolds
from mqt_assets.training.sql_places import load_tables
from mqt_serving.schema import Catalog

_TOKEN: Final = re.compile(
    r"""
    ' (?P<single> (?: [^'] | '' )* ) '
    | " (?P<double> [^"]* ) "
    | (?P<other> \w+ (?: \. \w+ )* | <> | [<>!=]= | [^\s\w] )
    """,
    re.VERBOSE,
)
_OPTIONAL: Final = frozenset({"as", "asc", "inner", ";", "`"})
"""Tokens that a query means the same without."""


@dataclass(frozen=True, slots=True)
class SpiderSynReport:
    """`examples` to train on, and what became of the entries of the file."""

    examples: tuple[Example, ...]
    entries: int
    matched: int  # entries whose SQL is that of a record, set-apart databases included
    set_apart: int  # matched entries on databases that TEND sets apart: they give no example
    translated: int = 0  # entries that ask what no record asks, and have got a plan from their SQL
    untranslated: int = 0  # such entries without a plan


def load_spider_syn(
    folder: Path,
    tend_folder: Path,
    report: CorpusReport,
    catalogs: Mapping[str, Catalog] | None = None,
) -> SpiderSynReport:
    """The questions that the loaded corpus lacks, in the order of the file, each once.

    `report` is the corpus of `tend_folder`; `catalogs` saves inferring those of its databases
    again. Raises FileNotFoundError when the folder has no `questions.json`.
    """
    file = folder / "questions.json"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: the folder is not Spider-Syn's")
    entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    apart = dev_databases(tend_folder)
    golds = _golds_by_sql(tend_folder, report)
    translator = _translator(folder, tend_folder, report, catalogs)
    asked = {question_key(example) for example in report.examples}
    examples: list[Example] = []
    matched = set_apart = translated = untranslated = 0
    for entry in entries:
        database = entry["db_id"]
        found: Example | SqlGold | None = golds.get((database, normal_sql(entry["sql"])))
        if found is not None:
            matched += 1
            set_apart += database in apart
        elif database not in apart and translator.knows(database):
            found = translator.gold(database, entry["sql"])
            translated += found is not None
            untranslated += found is None
        if found is None or found.plan is None or database in apart:
            continue
        for question in (entry["question"], entry["synonym_question"]):
            example = make_example(
                question, database, found.plan, found.command,
                source="spider_syn", ordered=found.ordered,
            )  # fmt: skip
            if question_key(example) not in asked:
                asked.add(question_key(example))
                examples.append(example)
    return SpiderSynReport(
        tuple(examples), len(entries), matched, set_apart, translated, untranslated
    )


def _translator(
    folder: Path,
    tend_folder: Path,
    report: CorpusReport,
    catalogs: Mapping[str, Catalog] | None,
) -> SqlGolds:
    tables = folder / "tables.json"
    if not tables.is_file():
        return SqlGolds({}, {})
    if catalogs is None:
        catalogs = tend_catalogs(tend_folder, {example.database for example in report.examples})
    return SqlGolds(load_tables(tables), catalogs)


def normal_sql(sql: str) -> tuple[str, ...]:
    """Tokens that are equal for queries that differ only in spelling.

    Spacing, kind of quotes, case outside string literals, `AS`, `ASC`, `INNER`, `<>` for `!=` and
    semicolons do not count; names of aliases and the order of conditions do.
    """
    tokens: list[str] = []
    for match in _TOKEN.finditer(sql):
        literal = match["single"] if match["double"] is None else match["double"]
        if literal is not None:
            tokens.append(f"'{literal}'")
            continue
        token = match["other"].lower()
        if token not in _OPTIONAL:
            tokens.append("!=" if token == "<>" else token)
    return tuple(tokens)


def _golds_by_sql(
    tend_folder: Path, report: CorpusReport
) -> dict[tuple[str, tuple[str, ...]], Example]:
    """(database, normal SQL) -> one wording of its record; of two such records, the first."""
    loaded = {(e.database, e.command, e.question): e for e in report.examples}
    golds: dict[tuple[str, tuple[str, ...]], Example] = {}
    for record in tend_records(tend_folder):
        wording = (record["db_id"], record["MQL"].strip(), record["nl_queries"][0])
        if wording in loaded:
            golds.setdefault((record["db_id"], normal_sql(record["ref_sql"])), loaded[wording])
    return golds
