"""Public corpora as examples: TEND's questions with their gold queries raised into plans.

Reads the folder that the `tend_folder` setting names (its README defines records and the metric)
and writes nothing. Catalogs are inferred from the documents exactly as those of a live database,
so that training sees what serving sees. Depends on schemas (inference), parsing and raising.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bson import json_util

from mqt_assets.evaluation.execution_accuracy import observable_sort
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, make_example
from mqt_serving.errors import MqtError, RaiseError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.query.raising.commands import raise_command
from mqt_serving.schema import Catalog

_ORDER_BY: Final = re.compile(r"\border\s+by\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """A record without a plan: its gold can be evaluated at best, not trained on."""

    record_id: int
    database: str
    cause: str  # a short slug, for counting
    message: str


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """Examples of every record (those of failed ones have no plan), and what failed and why."""

    examples: tuple[Example, ...]
    failed: tuple[Failure, ...]
    records: int

    @property
    def failures(self) -> dict[str, int]:
        """Records without a plan by cause, most frequent first."""
        return dict(Counter(failure.cause for failure in self.failed).most_common())

    @property
    def raised(self) -> int:
        return self.records - len(self.failed)


def load_tend(
    folder: Path,
    catalogs: Mapping[str, Catalog] | None = None,
    databases: Collection[str] | None = None,
) -> CorpusReport:
    """One example per paraphrase of each record, in the order of the file.

    `catalogs` saves inferring them again; `databases` restricts the records. Raises
    FileNotFoundError naming the file that the folder lacks, and KeyError for a database that has
    records but no documents.
    """
    records = tend_records(folder, databases)
    if catalogs is None:
        catalogs = tend_catalogs(folder, {record["db_id"] for record in records})
    examples: list[Example] = []
    failed: list[Failure] = []
    for record in records:
        database, text = record["db_id"], record["MQL"].strip()
        command, plan, failure = _plan_of(record, catalogs[database])
        if failure is not None:
            failed.append(failure)
        ordered = bool(_ORDER_BY.search(record["ref_sql"]))
        ordered = ordered or (command is not None and observable_sort(command) is not None)
        ordered = record.get("ordered", ordered)  # exported corrections have no SQL to tell it
        asked_at = record.get("asked_at")  # as above
        moment = None if asked_at is None else datetime.fromisoformat(asked_at)
        for question in dict.fromkeys(record["nl_queries"]):
            examples.append(
                make_example(
                    question,
                    database,
                    plan,
                    text,
                    source="tend",
                    ordered=ordered,
                    asked_at=moment,
                )
            )
    return CorpusReport(tuple(examples), tuple(failed), len(records))


def tend_records(folder: Path, databases: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The records of all databases (or of those named), in the order of the file."""
    records = _read(questions_file(folder))
    return [r for r in records if databases is None or r["db_id"] in databases]


def questions_file(folder: Path) -> Path:
    """`train.json`, or else the only JSON file of the folder that holds records.

    Raises FileNotFoundError when there is none, or more than one to choose from.
    """
    usual = folder / "train.json"
    if usual.is_file():
        return usual
    found = [path for path in sorted(folder.glob("*.json")) if _holds_records(_read(path))]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise FileNotFoundError(
            f"{folder} is no TEND corpus: it needs {usual.name}, or exactly one JSON file of "
            f"records (see TEND's README); found {names}"
        )
    return found[0]


def _holds_records(content: object) -> bool:
    return (
        isinstance(content, list)
        and bool(content)
        and isinstance(content[0], dict)
        and {"db_id", "nl_queries", "ref_sql", "MQL"} <= content[0].keys()
    )


def tend_catalogs(folder: Path, databases: Collection[str] | None = None) -> dict[str, Catalog]:
    """Catalogs inferred from the documents of all databases (or of those named)."""
    found: dict[str, Catalog] = {}
    for place in sorted((folder / "databases").iterdir()):
        if place.is_dir() and (databases is None or place.name in databases):
            found[place.name] = catalog_from_documents(place.name, tend_documents(place))
    return found


def tend_documents(database_folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The documents of one database by collection, as they are to be stored (Extended JSON)."""
    return {
        path.stem: json_util.loads(path.read_text(encoding="utf-8"))
        for path in sorted(database_folder.glob("*.json"))
    }


def dev_databases(folder: Path) -> frozenset[str]:
    """The databases that the corpus sets apart: never trained on while models are compared."""
    return frozenset(_read(folder / "dev_databases.json"))


def _read(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: the folder is no TEND corpus (see its README)")
    return json.loads(path.read_text(encoding="utf-8"))


def _plan_of(
    record: Mapping[str, Any], catalog: Catalog
) -> tuple[Command | None, Plan | None, Failure | None]:
    """The gold as far as it can be understood, and why no further."""

    def failure(cause: str, error: Exception) -> Failure:
        return Failure(record["record_id"], record["db_id"], cause, str(error))

    try:
        command = parse_query(record["MQL"])
    except MqtError as error:
        return None, None, failure(error.code, error)
    try:
        plan = raise_command(command, catalog)
    except RaiseError as error:
        return command, None, failure(error.cause, error)
    except MqtError as error:
        return command, None, failure(error.code, error)
    try:
        lower(plan, catalog)
    except MqtError as error:
        return command, None, failure(error.code, error)
    return command, plan, None
