"""`<releases>/experiment.json`: the last look at an experiment, written beside the pointer."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPORT = "experiment.json"


def write_report(root: Path, report: Mapping[str, Any]) -> None:
    """Atomic: a reader sees the report before or this one."""
    beside = root / f".{REPORT}.{os.getpid()}"
    beside.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    beside.replace(root / REPORT)


def read_report(root: Path) -> dict[str, Any] | None:
    """None when there is none, or nothing that can be read."""
    try:
        found = json.loads((root / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
