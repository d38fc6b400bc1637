"""Prints how much training data there is, how fast it is made, and how true the corpus's plans are.

    python -m benchmarks.training_data [TEND folder]

Plans are true when they return what their gold returns on a real (embedded) MongoDB.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from mqt_assets.evaluation.execution_accuracy import Evaluation, evaluate
from mqt_assets.training.corpora import CorpusReport, load_tend, tend_catalogs, tend_documents
from mqt_assets.training.examples import Example
from mqt_assets.training.practice import practice_catalogs, practice_examples
from mqt_serving.errors import PlanError
from mqt_serving.platform.servers import MongoServer
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.pipeline import Command
from mqt_serving.schema import Catalog


def main(folder: Path | None) -> None:
    started = time.perf_counter()
    practice = practice_catalogs(seed=1)
    print(f"practice: {len(practice)} databases in {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    made = practice_examples(practice, each=100, seed=1)
    seconds = time.perf_counter() - started
    print(f"synthesis: {len(made)} questions, {len(made) / seconds:.0f} a second")
    if folder is None:
        return
    started = time.perf_counter()
    catalogs = tend_catalogs(folder)
    report = load_tend(folder, catalogs)
    print(f"corpus: {len(report.examples)} questions in {time.perf_counter() - started:.1f} s")
    print(f"raised: {report.raised} of {report.records} golds; else {report.failures}")
    print(f"true plans: {_fidelity(folder, catalogs, report).overall}")


def _fidelity(folder: Path, catalogs: dict[str, Catalog], report: CorpusReport) -> Evaluation:
    golds = {(e.database, e.command): e for e in report.examples if e.plan is not None}

    def predict(example: Example) -> Command:
        if example.plan is None:
            raise PlanError("an example without a plan")
        return lower(example.plan, catalogs[example.database])

    with tempfile.TemporaryDirectory() as place, MongoServer(Path(place)) as server:
        client: MongoClient[dict[str, Any]] = MongoClient(server.uri)
        for database in sorted((folder / "databases").iterdir()):
            for collection, documents in tend_documents(database).items():
                if documents:
                    client[database.name][collection].insert_many(documents)
        limits = Limits(max_rows=1_000_000)
        result = evaluate(
            list(golds.values()), predict, lambda name, c: run(c, client[name], limits).rows
        )
        client.close()
    return result


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
