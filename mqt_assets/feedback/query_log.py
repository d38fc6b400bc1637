"""The query log as a table: journal entries with a fixed set of columns, ready for analysis.

Pure. Nested parts (the plan, the timings) become JSON text or plain numbers; no result rows are in
the journal, so none are here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS = ("question", "database", "command", "release_id", "source", "outcome", "error")


def to_table(entries: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One row a question, also for none: an empty day has the same columns."""
    import pyarrow as pa

    columns = [("query_id", pa.string()), ("at", pa.timestamp("ms", tz="UTC"))]
    columns += [(name, pa.string()) for name in _TEXTS]
    columns += [("plan", pa.string()), ("row_count", pa.int64()), ("total_ms", pa.float64())]
    return pa.Table.from_pylist([_row(entry) for entry in entries], schema=pa.schema(columns))


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    plan = entry.get("plan")
    return {
        "query_id": str(entry["_id"]),
        "at": _utc(entry["at"]),
        **{name: str(entry.get(name) or "") for name in _TEXTS},
        "plan": None if plan is None else json.dumps(plan, default=str, ensure_ascii=False),
        "row_count": entry.get("row_count"),
        "total_ms": (entry.get("timings") or {}).get("total_ms"),
    }


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
