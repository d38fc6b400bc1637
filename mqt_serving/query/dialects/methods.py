"""Methods and commands: which are queries and what they take, which are ignored or refused.

Names are those of mongosh and Node.js; PyMongo's are derived from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from mqt_serving.errors import QueryNotReadOnly
from mqt_serving.query.dialects.syntax import Position


class Dialect(StrEnum):
    """Whose methods are called: they differ in the order of their arguments."""

    MONGOSH = "mongosh"
    NODE = "Node.js"
    PYMONGO = "PyMongo"


def snake_case(name: str) -> str:
    """`findOneAndUpdate` as PyMongo spells it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


# --------------------------------------------------------------- what queries take

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "find": ("filter", "projection", "sort", "skip", "limit", "collation"),
    "findOne": ("filter", "projection", "sort", "skip", "collation"),
    "aggregate": ("pipeline", "collation"),
    "countDocuments": ("filter", "skip", "limit", "collation"),
    "count": ("filter", "skip", "limit", "collation"),
    "estimatedDocumentCount": (),
    "distinct": ("key", "filter", "collation"),
}
"""Methods of collections -> everything that can be said about the query."""

OPTIONS = "options"
"""The argument that holds everything else by name."""

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "find": ("filter", "projection", OPTIONS),
    "findOne": ("filter", "projection", OPTIONS),
    "aggregate": ("pipeline", OPTIONS),
    "countDocuments": ("filter", OPTIONS),
    "count": ("filter", OPTIONS),
    "estimatedDocumentCount": (OPTIONS,),
    "distinct": ("key", "filter", OPTIONS),
}
ARGUMENTS: Mapping[Dialect, Mapping[str, tuple[str, ...]]] = {
    Dialect.MONGOSH: _ARGUMENTS,
    Dialect.NODE: {**_ARGUMENTS, "find": ("filter", OPTIONS), "findOne": ("filter", OPTIONS)},
    Dialect.PYMONGO: {
        "find": ("filter", "projection", "skip", "limit"),
        "find_one": ("filter", "projection", "skip", "limit"),
        "aggregate": ("pipeline",),
        "count_documents": ("filter",),
        "count": ("filter",),
        "estimated_document_count": (),
        "distinct": ("key", "filter"),
    },
}
"""The order of a method's arguments."""

CANONICAL: Mapping[str, str] = {snake_case(name): name for name in PARAMETERS}

CURSOR_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "sort": ("key_or_list", "direction"),
    "limit": ("limit",),
    "skip": ("skip",),
    "collation": ("collation",),
    "project": ("projection",),
    "projection": ("projection",),
    "count": (),
    "size": (),
    "itcount": (),
}

# They change how MongoDB answers, not what: limits and read preference are ours to choose.
_IGNORED_CURSOR_METHODS = (
    "toArray", "pretty", "batchSize", "maxTimeMS", "allowDiskUse", "hint", "comment",
    "noCursorTimeout", "readPref", "readConcern", "withReadPreference", "withReadConcern",
    "maxAwaitTimeMS",
)  # fmt: skip
IGNORED_CURSOR_METHODS = frozenset(
    {*_IGNORED_CURSOR_METHODS, *map(snake_case, _IGNORED_CURSOR_METHODS), "max_time_ms", "to_list"}
)
_IGNORED_OPTIONS = (
    "allowDiskUse", "batchSize", "comment", "cursor", "hint", "maxTimeMS", "readConcern",
    "readPreference", "noCursorTimeout", "singleBatch", "$db", "$readPreference", "lsid",
    "apiVersion", "session", "maxAwaitTimeMS", "allowPartialResults",
)  # fmt: skip
IGNORED_OPTIONS = frozenset({*_IGNORED_OPTIONS, *map(snake_case, _IGNORED_OPTIONS), "max_time_ms"})

PRINTERS = (["printjson"], ["print"], ["console.log"])
"""What `forEach` may be called with: it only shows each document."""

# ---------------------------------------------------------------- what is refused

_WRITES = "it writes, and queries here are read-only"
_ADMINISTERS = "it administers the database, and queries only read data"
_JAVASCRIPT = "it runs JavaScript, which queries cannot"
_CODE = "it runs code on what comes back: write the query alone, with await or toArray()"
_WATCHES = "it follows changes without end"
_LEAVES = "it leaves the database that was asked about"
_SETTINGS = "it changes how the database is read and written, which is not up to a query"
_RAW = "it returns raw BSON: use the method without raw_batches"


def _names(reason: str, names: str) -> Mapping[str, str]:
    return dict.fromkeys(names.split(), reason)


REFUSED: Mapping[str, str] = {
    **_names(
        _WRITES,
        "insert insertOne insertMany update updateOne updateMany replaceOne save remove delete "
        "deleteOne deleteMany bulkWrite findAndModify findOneAndDelete findOneAndReplace "
        "findOneAndUpdate initializeOrderedBulkOp initializeUnorderedBulkOp",
    ),
    **_names(
        _ADMINISTERS,
        "drop dropDatabase createCollection createView createIndex createIndexes ensureIndex "
        "dropIndex dropIndexes hideIndex unhideIndex reIndex renameCollection convertToCapped "
        "compact validate stats dataSize storageSize totalSize totalIndexSize getIndexes "
        "getIndices getShardDistribution latencyStats runCommand adminCommand currentOp killOp "
        "serverStatus hostInfo getUsers createUser updateUser dropUser dropAllUsers auth logout "
        "createRole dropRole grantRolesToUser grantPrivilegesToRole changeUserPassword "
        "shutdownServer fsyncLock fsyncUnlock setProfilingLevel setLogLevel getCollectionNames "
        "getCollectionInfos listCommands configureFailPoint dropSearchIndex createSearchIndex "
        "updateSearchIndex",
    ),
    **_names(_JAVASCRIPT, "mapReduce eval group forEach map filter reduce where $where"),
    **_names(_CODE, "then catch finally stream pipe"),
    **_names(_WATCHES, "watch tail addOption"),
    **_names(_LEAVES, "getSiblingDB getMongo getDB"),
    "explain": "it describes how a query runs instead of running it: leave it out",
}
"""Methods of databases, collections and cursors that a query cannot call, with the reason."""

_REFUSED_IN_DRIVERS: Mapping[str, str] = {
    **{snake_case(name): reason for name, reason in REFUSED.items()},
    **_names(_WRITES, "removeUser remove_user"),
    **_names(_JAVASCRIPT, "inline_map_reduce"),
    **_names(_SETTINGS, "with_options withOptions"),
    **_names(_RAW, "find_raw_batches aggregate_raw_batches"),
    **_names(_LEAVES, "admin"),
    **_names(
        _ADMINISTERS,
        "command cursor_command rename dropCollection drop_collection collections listCollections "
        "list_collections list_collection_names listIndexes list_indexes indexes indexExists "
        "indexInformation index_information options isCapped createSearchIndexes "
        "create_search_indexes listSearchIndexes list_search_indexes profilingLevel "
        "validate_collection dereference add_user",
    ),
}

WRITE_COMMANDS: Mapping[str, str] = {
    **_names(_WRITES, "insert update delete findAndModify bulkWrite"),
    **_names(
        _ADMINISTERS,
        "create drop dropDatabase createIndexes dropIndexes renameCollection collMod compact "
        "shutdown killOp currentOp serverStatus listCollections listDatabases usersInfo "
        "createUser dropUser updateUser grantRolesToUser createRole dropRole setParameter "
        "getParameter fsync replSetGetStatus hostInfo connectionStatus dbStats collStats explain "
        "validate getMore killCursors",
    ),
    **_names(_JAVASCRIPT, "eval mapReduce $eval"),
}
"""Database commands that a query cannot be, with the reason."""


def refused_method(name: str, position: Position) -> QueryNotReadOnly | None:
    """The error for a method that writes, administers or runs JavaScript."""
    reason = REFUSED.get(name) or _REFUSED_IN_DRIVERS.get(name)
    return None if reason is None else position.not_read_only(f"{name} is not allowed: {reason}")
