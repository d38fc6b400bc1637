"""Methods and commands of mongosh: which are queries, which are ignored, which are refused."""

from __future__ import annotations

from collections.abc import Mapping

from mqt_serving.errors import QueryNotReadOnly
from mqt_serving.query.syntax import Position

COLLECTION_METHODS = (
    "find",
    "findOne",
    "aggregate",
    "countDocuments",
    "count",
    "estimatedDocumentCount",
    "distinct",
)
CURSOR_METHODS = ("sort", "limit", "skip", "project", "projection", "count", "size", "itcount")

# They change how MongoDB answers, not what: limits and read preference are ours to choose.
IGNORED_CURSOR_METHODS = frozenset(
    {
        "toArray", "pretty", "batchSize", "maxTimeMS", "allowDiskUse", "hint", "comment",
        "noCursorTimeout", "readPref", "readConcern",
    }
)  # fmt: skip
IGNORED_OPTIONS = frozenset(
    {
        "allowDiskUse", "batchSize", "comment", "cursor", "hint", "maxTimeMS", "readConcern",
        "readPreference", "noCursorTimeout", "singleBatch", "$db", "$readPreference", "lsid",
        "apiVersion",
    }
)  # fmt: skip

_WRITES = "it writes, and queries here are read-only"
_ADMINISTERS = "it administers the database, and queries only read data"
_JAVASCRIPT = "it runs JavaScript, which queries cannot"
_WATCHES = "it follows changes without end"
_LEAVES = "it leaves the database that was asked about"


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
    **_names(_JAVASCRIPT, "mapReduce eval group forEach map filter reduce"),
    **_names(_WATCHES, "watch tail addOption"),
    **_names(_LEAVES, "getSiblingDB getMongo getDB"),
    "explain": "it describes how a query runs instead of running it: leave it out",
    "collation": "it changes how text compares, which the query language does not have yet",
}
"""Methods of databases, collections and cursors that a query cannot call, with the reason."""

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
    reason = REFUSED.get(name)
    return None if reason is None else position.not_read_only(f"{name} is not allowed: {reason}")
