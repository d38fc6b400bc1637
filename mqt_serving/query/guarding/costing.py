"""Asking MongoDB, before a query runs, what it would cost; too much or not knowable is refused.

Small collections are told from metadata alone; `explain` (verbosity queryPlanner, which runs
nothing) is asked only when the query would be too much without any index. Depends on PyMongo;
the decision is `cost`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from mqt_serving.errors import QueryCostUnknown
from mqt_serving.query.dialects.rendering import MongoCall, to_mongo
from mqt_serving.query.guarding.cost import SORT_BYTES, decide, estimate, most
from mqt_serving.query.guarding.explain_output import UnknownPlan, access_plan
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.reads import collections_read
from mqt_serving.query.guarding.statistics import CollectionStatistics, statistics_of
from mqt_serving.query.pipeline import (
    Command,
)
from mqt_serving.schema import Catalog, IndexSchema

Row = dict[str, Any]

_MOST_MS = 2_000
_TYPICAL_DOCUMENT = 1_000  # bytes, where MongoDB does not say
_WHO_ARE_YOU = frozenset({18, 8000})  # AuthenticationFailed, and Atlas's
_NOT_FOUND, _UNAUTHORIZED, _IS_VIEW = 26, 13, 166


def check_cost(
    command: Command, database: Database[Row], catalog: Catalog | None, limits: Limits
) -> None:
    """Raises QueryRefused when a guarded command would read too much.

    Raises QueryCostUnknown, a refusal too, when MongoDB does not tell, or tells it in a way that
    is not understood. Errors of the connection are PyMongo's.
    """
    names = tuple(dict.fromkeys(collections_read(command)))
    if _is_cheap(command, {name: _size(database, name, _counted) for name in names}, limits):
        return
    known = {name: _known(database, name, catalog) for name in names}
    try:
        plan = access_plan(_explained(to_mongo(command), database, limits))
    except UnknownPlan as error:
        raise _unknown(command.collection, f"its plan is not understood: {error}") from error
    decide(estimate(command, plan, known), limits)


def _is_cheap(command: Command, sizes: Mapping[str, tuple[int, int]], limits: Limits) -> bool:
    statistics = {name: CollectionStatistics(*size) for name, size in sizes.items()}
    bound = most(command, statistics)
    return bound.documents <= limits.max_documents_examined and bound.sorted_bytes <= SORT_BYTES


def _known(database: Database[Row], name: str, catalog: Catalog | None) -> CollectionStatistics:
    count, size = _size(database, name, _measured)
    schema = catalog.by_name.get(name) if catalog else None
    return statistics_of(count, size, _indexes(database[name]), schema)


def _unknown(collection: str, reason: str) -> QueryCostUnknown:
    return QueryCostUnknown(
        f"What the query on {collection} would cost cannot be told, so it is not run: {reason}. "
        "Filter on an indexed field, or ask for less."
    )


def _explained(call: MongoCall, database: Database[Row], limits: Limits) -> Row:
    try:
        return database.command(
            "explain",
            _explainable(call),
            verbosity="queryPlanner",
            maxTimeMS=min(_MOST_MS, limits.max_time_ms),
        )
    except OperationFailure as error:
        raise _unknown(call.collection, f"explain fails ({_words(error)})") from error


def _explainable(call: MongoCall) -> Row:
    """The command as `execution` runs it."""
    collation = {"collation": call.collation} if call.collation else {}
    match call.method:
        case "find":
            command: Row = {"find": call.collection, "filter": call.filter}
            command |= {} if call.projection is None else {"projection": call.projection}
            command |= {"sort": dict(call.sort)} if call.sort else {}
            command |= {"skip": call.skip} if call.skip else {}
            return command | ({"limit": call.limit} if call.limit else {}) | collation
        case "aggregate":
            pipeline: list[Row] = list(call.pipeline)
        case "count_documents":
            pipeline = [{"$match": call.filter}, {"$group": {"_id": 1, "n": {"$sum": 1}}}]
        case "distinct":
            query = {"key": call.key, "query": call.filter}
            return {"distinct": call.collection, **query, **collation}
        case "estimated_document_count":
            return {"count": call.collection}
    options = {"cursor": {}, "allowDiskUse": False, **collation}
    return {"aggregate": call.collection, "pipeline": pipeline, **options}


Sizing = Callable[[Collection[Row]], tuple[int, int]]


def _size(database: Database[Row], name: str, sizing: Sizing) -> tuple[int, int]:
    """Documents and bytes, from metadata."""
    try:
        return sizing(database[name])
    except OperationFailure as error:
        if error.code in _WHO_ARE_YOU:
            raise
        if error.code == _NOT_FOUND:
            return 0, 0
        if error.code == _IS_VIEW:
            return _size(database, _viewed(database, name), sizing)
        if error.code == _UNAUTHORIZED and sizing is not _estimated:
            return _size(database, name, _estimated)
        raise _unknown(name, f"its size is not told ({_words(error)})") from error


def _counted(collection: Collection[Row]) -> tuple[int, int]:
    """The quick way: the bytes are those of typical documents."""
    count = sum(int(shard["count"]) for shard in _statistics(collection, {"count": {}}))
    return count, count * _TYPICAL_DOCUMENT


def _measured(collection: Collection[Row]) -> tuple[int, int]:
    shards = [shard["storageStats"] for shard in _statistics(collection, {"storageStats": {}})]
    return sum(int(s["count"]) for s in shards), sum(int(s["size"]) for s in shards)


def _statistics(collection: Collection[Row], of: Row) -> list[Row]:
    """One document of each shard."""
    return list(collection.aggregate([{"$collStats": of}], maxTimeMS=_MOST_MS))


def _estimated(collection: Collection[Row]) -> tuple[int, int]:
    """For who may not read statistics."""
    count = collection.estimated_document_count(maxTimeMS=_MOST_MS)
    return count, count * _TYPICAL_DOCUMENT


def _viewed(database: Database[Row], name: str) -> str:
    """The collection below a view; what the view itself adds is its owner's choice."""
    try:
        found = next(iter(database.list_collections(filter={"name": name})), None)
    except OperationFailure as error:
        raise _unknown(name, f"it is a view of something unknown ({_words(error)})") from error
    viewed = found["options"].get("viewOn") if found else None
    if not isinstance(viewed, str):
        raise _unknown(name, "it is a view of something unknown")
    return viewed


def _indexes(collection: Collection[Row]) -> tuple[IndexSchema, ...]:
    """Empty where they are not told: then nothing is assumed to help."""
    try:
        found = collection.index_information()
    except PyMongoError:
        return ()
    return tuple(
        IndexSchema(
            name=name,
            keys=tuple((path, str(way)) for path, way in index["key"]),
            unique=bool(index.get("unique")) or name == "_id_",
        )
        for name, index in found.items()
    )


def _words(error: OperationFailure) -> str:
    return str((error.details or {}).get("errmsg") or error).rstrip(".")
