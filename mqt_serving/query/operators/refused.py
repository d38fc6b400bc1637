"""MongoDB operators that are not in the language, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_WRITES = "it writes, and queries here are read-only"
_JAVASCRIPT = "it runs JavaScript on the server"
_ADMINISTERS = "it reads the state of the server, not data"

FORBIDDEN: Mapping[str, str] = {
    "$out": _WRITES,
    "$merge": _WRITES,
    "$where": _JAVASCRIPT,
    "$function": _JAVASCRIPT,
    "$accumulator": _JAVASCRIPT,
    "$collStats": _ADMINISTERS,
    "$indexStats": _ADMINISTERS,
    "$currentOp": _ADMINISTERS,
    "$listSessions": _ADMINISTERS,
    "$listLocalSessions": _ADMINISTERS,
    "$planCacheStats": _ADMINISTERS,
    "$changeStream": _ADMINISTERS,
}
"""Operators that can never be part of a query, with the reason."""

_ATLAS = "it needs Atlas Search, which MQT does not use"

NOT_YET: Mapping[str, str] = {
    "$redact": "say with $match and $project what may be seen",
    "$documents": "query a collection",
    "$jsonSchema": "test the fields one by one",
    "$sampleRate": "use $sample",
    "$toHashedIndexKey": "it serves the server, not people",
    "$search": _ATLAS,
    "$searchMeta": _ATLAS,
    "$vectorSearch": _ATLAS,
    "$listSearchIndexes": _ATLAS,
}
"""MongoDB operators that the language does not have yet, with what to do instead."""
