"""Commands for PyMongo, and as text for people: mongosh and Python.

`parse_query(render_mongosh(command)) == command` for every command; `to_mongo` gives what runs.
Depends on `documents` (the plain documents) and prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from mqt_serving.query.documents import (
    Mongo,
    filter_document,
    pipeline_documents,
    projection_document,
)
from mqt_serving.query.pipeline import Aggregate, Command, CountDocuments, Distinct, Find


@dataclass(frozen=True, slots=True)
class MongoCall:
    """What PyMongo needs; what a method does not take is None or empty."""

    method: Literal["find", "aggregate", "count_documents", "distinct"]
    collection: str
    filter: Mongo
    projection: Mongo | None = None
    sort: tuple[tuple[str, int], ...] = ()
    skip: int | None = None
    limit: int | None = None
    pipeline: tuple[Mongo, ...] = ()
    key: str | None = None


def to_mongo(command: Command) -> MongoCall:
    """The call that PyMongo runs unchanged; ValueError where MQL has no way to write a filter."""
    match command:
        case Find():
            return MongoCall(
                method="find",
                collection=command.collection,
                filter=filter_document(command.filter),
                projection=projection_document(command.projection) if command.projection else None,
                sort=command.sort.keys if command.sort else (),
                skip=command.skip,
                limit=command.limit,
            )
        case Aggregate(collection=collection, stages=stages):
            pipeline = tuple(pipeline_documents(stages))
            return MongoCall("aggregate", collection, {}, pipeline=pipeline)
        case CountDocuments(collection=collection, filter=condition):
            return MongoCall("count_documents", collection, filter_document(condition))
        case Distinct(collection=collection, path=path, filter=condition):
            return MongoCall("distinct", collection, filter_document(condition), key=path)
        case _:
            assert_never(command)
