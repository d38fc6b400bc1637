"""The audit trail of what serves: a JSON line for each pointer move, and for each training that
begins. Appended and never rewritten."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqt_serving.releases import read_pointer

AUDIT_FILE = "audit.jsonl"
TRAIN = "train"
"""The action of entries that are no moves: a training begins, and what serves stays as it is."""
_WITHDRAWING = ("rollback", "experiment-withdraw")


def record(
    root: Path,
    *,
    action: str,
    dagster_run_id: str,
    before: str | None,
    after: str,
    translators: tuple[str, str],
    prompts: tuple[str, str] = ("", ""),
    reason: str = "",
    author: str = "",
    now: datetime | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry, on disk when this returns. A line is one write, so entries don't mix.

    `translators` are the digests of the translators of `before` and `after` (empty if unknown),
    `prompts` the versions of their prompts for a language model; `author` is the person or the
    sensor that asked for the move, empty for a run's own.
    """
    entry = {
        "at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "action": action,
        "from": before,
        "to": after,
        "translators": list(translators),
        "prompts": list(prompts),
        "reason": reason,
        "dagster_run_id": dagster_run_id,
        **({"author": author} if author else {}),
        **({"details": dict(details)} if details else {}),
    }
    with (root / AUDIT_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def record_training(root: Path, dagster_run_id: str, reasons: Mapping[str, str]) -> None:
    """An entry for a training that begins, with its reasons by name; nothing moves."""
    root.mkdir(parents=True, exist_ok=True)
    pointer = read_pointer(root)
    serving = pointer.champion if pointer else ""
    record(
        root,
        action=TRAIN,
        dagster_run_id=dagster_run_id,
        before=serving or None,
        after=serving,
        translators=("", ""),
        reason=", ".join(reasons),
        details={"reasons": dict(reasons)},
    )


def entries(root: Path) -> Sequence[dict[str, Any]]:
    """All entries, oldest first."""
    path = root / AUDIT_FILE
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def last_released(history: Sequence[Mapping[str, Any]]) -> str:
    """The release that was made live last, whatever was rolled back since; empty without one."""
    made = [e["to"] for e in history if e["action"] in ("release", "experiment-promote")]
    return str(made[-1]) if made else ""


def moves(history: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Those entries after which something else may serve."""
    return [entry for entry in history if entry["action"] != TRAIN]


def person() -> str:
    """Who runs this process, for entries of moves by hand."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "unknown"


def withdrawn(history: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Translators that people rolled back from, or that lost an experiment, and that nobody
    brought back since.

    A rollback would be undone by the next nightly refresh if its candidate could come back by
    itself: only a person (or a new model) ends it.
    """
    found: set[str] = set()
    for entry in history:
        left, taken = entry["translators"]
        if entry["action"] in _WITHDRAWING and left and left != taken:
            found.add(left)
        found.discard(taken)
    return frozenset(found)


def withdrawn_prompts(history: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Prompts (versions of their templates) that people rolled back from, or that lost an
    experiment, and that nobody brought back since.

    What a sensor judges is the model (the entry says which release): its prompt is not withdrawn.
    """
    found: set[str] = set()
    for entry in history:
        left, taken = entry.get("prompts", ("", ""))
        judged = (entry.get("details") or {}).get("judged")
        if entry["action"] in _WITHDRAWING and left and left != taken and not judged:
            found.add(left)
        found.discard(taken)
    return frozenset(found)


def stopped(history: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Translators whose last experiment was stopped, with the release that was tried.

    That says nothing of the translator, but who stopped it wants no experiment with it: only a
    person starts another. One that serves by now needs none.
    """
    found: dict[str, str] = {}
    for entry in history:
        details = entry.get("details") or {}
        challenger = details.get("translator", "")
        if entry["action"] == "experiment-start":
            found.pop(challenger, None)
        if entry["action"] == "experiment-stop" and challenger:
            found[challenger] = details["challenger"]
        found.pop(entry["translators"][1], None)
    return found
