"""The audit trail of what serves: one JSON line a pointer move, appended and never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AUDIT_FILE = "audit.jsonl"


def record(
    root: Path,
    *,
    action: str,
    dagster_run_id: str,
    before: str | None,
    after: str,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Append an entry, on disk when this returns. A line is one write, so entries don't mix."""
    entry = {
        "at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "action": action,
        "from": before,
        "to": after,
        "reason": reason,
        "dagster_run_id": dagster_run_id,
    }
    with (root / AUDIT_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entries(root: Path) -> Sequence[dict[str, Any]]:
    """All entries, oldest first."""
    path = root / AUDIT_FILE
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
