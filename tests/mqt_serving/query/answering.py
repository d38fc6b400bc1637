"""What plans answer on documents that a test brings, past the guard, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias
from uuid import uuid4

from pymongo import MongoClient

from mqt_serving.query.execution import run
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog

Rows: TypeAlias = list[dict[str, Any]]
Documents: TypeAlias = Mapping[str, Sequence[dict[str, Any]]]


@contextmanager
def answering(
    client: MongoClient[dict[str, Any]], documents: Documents, catalog: Catalog
) -> Iterator[Callable[[Plan], Rows]]:
    """The rows of a plan, over a database of its own that is gone afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    try:
        for collection, rows in documents.items():
            client[name][collection].insert_many(rows)
        yield lambda asked: run(check(lower(asked, catalog), catalog), client[name]).rows
    finally:
        client.drop_database(name)
