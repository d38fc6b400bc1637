"""How much of a corpus of hand-written queries the query language covers, step by step.

`python -m benchmarks.query_language --data FOLDER [--json] [--databases dev|all]` reads a folder
in the layout of TEND, starts a mongod of its own, and prints the shares of gold queries that
parse, that read the same after being rendered, that have a plan, and whose lowered plan returns
what the gold returns (EX-E), with the causes of failure. Golds may name collections and fields
that the data lacks, and join by fields that no reference of the schema connects: each is raised
and lowered against the schema widened by what it tells itself (`raising.assuming`). Queries that
name what the data has and those that name what it lacks are counted apart: of the latter most
return nothing on both sides, which proves little. Apart from that: of the queries that mongod
runs, the share that returns the same after being rendered and read again. With `--json` the last
line is one JSON object with all of it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from benchmarks.databases.loading import load_documents, own_server
from mqt_assets.evaluation.execution_accuracy import equal_results, with_sort_keys
from mqt_assets.training.corpora import dev_databases, tend_catalogs, tend_documents
from mqt_serving.errors import MqtError, RaiseError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Aggregate, Command, Find, Limit
from mqt_serving.query.raising.assuming import assume, names_beyond
from mqt_serving.query.raising.commands import raise_command
from mqt_serving.schema import Catalog

STEPS = ("parse", "render", "raise", "lower", "same")
_LIMITS = Limits(max_rows=100_000)
_TIE = "a tie at the limit"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far one query got: `failed` is the first step that did not work, with its cause.

    `lacking` are the collections and fields that it names and the data lacks; `assumes_reference`
    tells whether it joins by fields that the schema does not connect; `is_empty` whether it runs
    and returns no row.
    """

    record: int
    database: str
    failed: str | None = None
    cause: str = ""
    message: str = ""
    lacking: tuple[str, ...] = ()
    assumes_reference: bool = False
    is_empty: bool = False
    runs: bool = False
    rendered_same: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    outcomes: tuple[Outcome, ...]

    def share(self, step: str) -> float:
        """The share of queries that got through the step and all before it."""
        reached = STEPS.index(step)
        through = sum(
            outcome.failed is None or STEPS.index(outcome.failed) > reached
            for outcome in self.outcomes
        )
        return through / len(self.outcomes) if self.outcomes else 0.0

    def part(self, lacking: bool) -> Report:
        """The queries that name what the data lacks, or those that name only what it has."""
        return Report(tuple(each for each in self.outcomes if bool(each.lacking) is lacking))

    @property
    def same_but_empty(self) -> int:
        """How many queries return the same because both return nothing."""
        return sum(each.failed is None and each.is_empty for each in self.outcomes)

    @property
    def running(self) -> int:
        """How many queries mongod runs."""
        return sum(outcome.runs for outcome in self.outcomes)

    @property
    def rendered_same(self) -> float:
        """Of the queries that run, the share with the same result once rendered and read again."""
        same = sum(outcome.rendered_same for outcome in self.outcomes)
        return same / self.running if self.running else 0.0

    @property
    def same_or_tied(self) -> float:
        """The share with the same result, or one that the gold may return as well: of rows that
        tie on its sort keys, the limit keeps others. Run twice, many golds differ so from
        themselves."""
        found = sum(each.failed is None or each.cause == _TIE for each in self.outcomes)
        return found / len(self.outcomes) if self.outcomes else 0.0

    @property
    def causes(self) -> dict[str, int]:
        found = Counter(f"{o.failed}: {o.cause}" for o in self.outcomes if o.failed is not None)
        return dict(found.most_common())

    def as_json(self) -> dict[str, Any]:
        return {
            **self._as_counts(),
            "names_in_data": self.part(lacking=False)._as_counts(),
            "names_not_in_data": self.part(lacking=True)._as_counts(),
            "running": self.running,
            "rendered_same": self.rendered_same,
            "causes": self.causes,
            "failures": [asdict(o) for o in self.outcomes if o.failed is not None],
        }

    def _as_counts(self) -> dict[str, Any]:
        return {
            "queries": len(self.outcomes),
            "shares": {step: self.share(step) for step in STEPS},
            "same_or_tied": self.same_or_tied,
            "same_but_empty": self.same_but_empty,
        }


def measure(
    records: Sequence[Mapping[str, Any]],
    catalogs: Mapping[str, Catalog],
    client: MongoClient[dict[str, Any]],
) -> Iterator[Outcome]:
    """The outcome of each record, whose documents must be in the client's databases."""
    for record in records:
        name = record["db_id"]
        outcome = measure_one(record, catalogs[name], client[name])
        yield _with_rendering(outcome, record, client[name])


def _with_rendering(
    outcome: Outcome, record: Mapping[str, Any], database: Database[dict[str, Any]]
) -> Outcome:
    """The outcome with whether the query runs, and its rendered text then returns the same.

    Two runs of one query may keep other rows that tie at a limit: these are the same.
    """
    try:
        command = parse_query(record["MQL"])
        expected = run(command, database, _LIMITS).rows
    except MqtError:
        return outcome
    outcome = replace(outcome, runs=True, is_empty=not expected)
    try:
        again = parse_query(render_mongosh(command))
        found = run(again, database, _LIMITS).rows
    except MqtError:
        return outcome
    same = equal_results(expected, found, ordered=False)
    return replace(outcome, rendered_same=same or _equal_uncut(command, again, database))


def measure_one(
    record: Mapping[str, Any], catalog: Catalog, database: Database[dict[str, Any]]
) -> Outcome:
    """How far one query gets."""
    outcome = Outcome(record["record_id"], record["db_id"])

    def failed(step: str, cause: str, message: object = "") -> Outcome:
        return replace(outcome, failed=step, cause=cause, message=str(message))

    try:
        command = parse_query(record["MQL"])
    except MqtError as error:
        return failed("parse", error.code, error)
    assumed = assume(command, catalog)
    outcome = replace(
        outcome,
        lacking=names_beyond(assumed, catalog),
        assumes_reference=assumed.references != catalog.references,
    )
    try:
        if parse_query(render_mongosh(command)) != command:
            return failed("render", "reads differently")
    except MqtError as error:
        return failed("render", error.code, error)
    try:
        plan = raise_command(command, assumed)
    except RaiseError as error:
        return failed("raise", error.cause, error)
    try:
        lowered = lower(plan, assumed)
    except MqtError as error:
        return failed("lower", error.code, error)
    ordered = "order by" in record["ref_sql"].lower()
    cause, message = _difference(command, lowered, ordered, database)
    return failed("same", cause, message) if cause else outcome


def _difference(
    gold: Command,
    lowered: Command,
    ordered: bool,
    database: Database[dict[str, Any]],
) -> tuple[str, str]:
    """How the results differ, in short and at length; empty when they are the same."""
    keyed, keys = with_sort_keys(gold)
    try:
        expected = run(keyed, database, _LIMITS).rows
    except MqtError:
        try:
            expected, keys = run(gold, database, _LIMITS).rows, ()
        except MqtError as error:
            return "the gold fails", str(error)
    try:
        found = run(lowered, database, _LIMITS).rows
    except MqtError as error:
        return error.code, str(error)
    bare = [{n: v for n, v in row.items() if n not in keys} for row in expected]
    ordered = ordered or bool(keys)
    plain = equal_results(bare, found, ordered)
    if plain or (ordered and keys and _same_but_for_ties(expected, found, keys)):
        return "", ""
    if len(bare) != len(found):
        return ("more rows" if len(found) > len(bare) else "fewer rows"), ""
    if bare and set(bare[0]) != set(found[0]):
        return "other columns", f"{sorted(bare[0])} became {sorted(found[0])}"
    if equal_results(bare, found, ordered=False):
        return "another order", ""
    if keys and _keeps_tied(gold, keys, expected, found, database):
        return _TIE, "which of several equal rows comes first is left open"
    return "other values", ""


def _keeps_tied(
    gold: Command,
    keys: Sequence[str],
    expected: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
    database: Database[dict[str, Any]],
) -> bool:
    """Whether each row found is one that the gold, uncut, has with the sort keys expected there."""
    keyed, _ = with_sort_keys(_uncut(gold))
    try:
        left = list(run(keyed, database, _LIMITS).rows)
    except MqtError:
        return False
    for place, row in zip(expected, found, strict=True):
        tied = (
            other
            for other in left
            if all(other.get(key) == place.get(key) for key in keys)
            and equal_results([{n: v for n, v in other.items() if n not in keys}], [row], True)
        )
        chosen = next(tied, None)
        if chosen is None:
            return False
        left.remove(chosen)
    return True


def _equal_uncut(gold: Command, lowered: Command, database: Database[dict[str, Any]]) -> bool:
    """Whether both return the same rows once neither is cut: a tie decided what was left."""
    if _uncut(gold) == gold:
        return False
    try:
        expected, found = (run(_uncut(each), database, _LIMITS).rows for each in (gold, lowered))
    except MqtError:
        return False
    return equal_results(expected, found, ordered=False)


def _uncut(command: Command) -> Command:
    match command:
        case Find():
            return replace(command, limit=None)
        case Aggregate(stages=stages):
            return replace(command, stages=tuple(s for s in stages if not isinstance(s, Limit)))
        case _:
            return command


def _same_but_for_ties(
    expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> bool:
    """Equal where rows that tie on the gold's sort keys may change places among themselves."""
    if len(expected) != len(found):
        return False
    start = 0
    for end in range(1, len(expected) + 1):
        tied = end < len(expected) and all(
            expected[end].get(key) == expected[start].get(key) for key in keys
        )
        if tied:
            continue
        group = [{n: v for n, v in row.items() if n not in keys} for row in expected[start:end]]
        if not equal_results(group, list(found[start:end]), ordered=False):
            return False
        start = end
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in TEND's layout")
    parser.add_argument("--databases", choices=("dev", "all"), default="all")
    parser.add_argument("--json", action="store_true", help="print JSON, with every failure")
    chosen = parser.parse_args(arguments)
    records = json.loads((chosen.data / "train.json").read_text(encoding="utf-8"))
    if chosen.databases == "dev":
        names = dev_databases(chosen.data)
        records = [record for record in records if record["db_id"] in names]
    report = _measure_folder(chosen.data, records)
    if chosen.json:
        print(json.dumps(report.as_json()))
        return
    parts = (report, report.part(lacking=False), report.part(lacking=True))
    print(f"{'':8}{'all':>9}{'in data':>9}{'lacking':>9}")
    print(f"{'queries':8}" + "".join(f"{len(part.outcomes):>9}" for part in parts))
    for step in STEPS:
        print(f"{step:8}" + "".join(f"{part.share(step):>9.1%}" for part in parts))
    print(f"{'or tied':8}" + "".join(f"{part.same_or_tied:>9.1%}" for part in parts))
    print(f"{'empty':8}" + "".join(f"{part.same_but_empty:>9}" for part in parts))
    assumed = sum(each.failed is None and each.assumes_reference for each in report.outcomes)
    print("in data: all names are in the data; lacking: names some that the data lacks.")
    print("or tied: the same, or of rows that tie on the sort keys the limit keeps others.")
    print("empty: the same because both return nothing.")
    print(f"{assumed} of the same join by fields that the schema does not connect.")
    print(f"rendered, read and run with the same result: {report.rendered_same:.1%}", end=" ")
    print(f"of the {report.running} that run")
    for cause, count in report.causes.items():
        print(f"{count:6}  {cause}")


def _measure_folder(folder: Path, records: Sequence[Mapping[str, Any]]) -> Report:
    names = sorted({record["db_id"] for record in records})
    catalogs = tend_catalogs(folder, names)
    with own_server() as (_, client):
        for name in names:
            load_documents(client[name], tend_documents(folder / "databases" / name))
        return Report(tuple(measure(records, catalogs, client)))


if __name__ == "__main__":
    main()
