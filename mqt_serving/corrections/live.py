"""The corrections that answer questions now, in memory: fed by documents of the journal.

A correction counts from the moment it is kept and stops counting when it is revoked, whatever the
live release says. Readers take an immutable `Snapshot`; thread-safe, opens no connection.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mqt_serving.answers import UsedCorrection
from mqt_serving.corrections.acceptances import Acceptance, acceptances_of, known_up_to
from mqt_serving.corrections.conflicts import Author
from mqt_serving.errors import MqtError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.query.plan_json import plan_from_json
from mqt_serving.release_loading import Correction, normalise

log = logging.getLogger(__name__)

ACCEPTED = "accepted"
_WITHDRAWN = ("revoked", "rejected")

Key = tuple[str, str]  # database, normalised question


@dataclass(frozen=True, slots=True)
class LiveCorrection:
    """An accepted correction. `asked_at` is when its question was asked. `unseen` are the notes on
    unknown names that it was accepted with; None where nobody wrote them down."""

    id: str
    question: str
    database: str
    plan: Plan | None
    command: Command
    author: str
    at: datetime
    asked_at: datetime
    unseen: frozenset[str] | None = None
    query_id: str = ""  # of the answer that it corrects
    author_key: str = ""  # stands for the session or principal of its author

    @property
    def by(self) -> Author:
        return Author(self.author, self.author_key, self.query_id)

    @property
    def key(self) -> Key:
        return self.database, normalise(self.question)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All corrections of one moment. `withdrawn` are questions whose corrections were all revoked
    or rejected: those of a release count no longer."""

    by_key: Mapping[Key, LiveCorrection] = field(default_factory=dict)
    withdrawn: frozenset[Key] = frozenset()
    by_database: Mapping[str, tuple[LiveCorrection, ...]] = field(default_factory=dict)
    accepted: Mapping[Key, tuple[LiveCorrection, ...]] = field(default_factory=dict)
    """All of a question, oldest first; the last one answers."""
    known_up_to: Mapping[str, int] = field(default_factory=dict)

    def next_acceptance(self, database: str) -> Acceptance:
        """The one to take for what was judged by this snapshot."""
        return Acceptance(database, self.known_up_to.get(database, 0) + 1)

    def find(
        self, question: str, database: str, released: Correction | None
    ) -> LiveCorrection | Correction | None:
        """The correction of this very question; `released` is the one of the live release."""
        key = database, normalise(question)
        live = self.by_key.get(key)
        if live is not None:
            return live
        return None if key in self.withdrawn else released


class LiveCorrections:
    def __init__(self) -> None:
        self._known: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._snapshot = Snapshot()

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Take in feedback with a corrected query, as the journal keeps it; again does no harm."""
        with self._lock:
            changed = False
            for document in documents:
                entry = _entry(document)
                changed |= entry != self._known.get(str(document["_id"]))
                self._known[str(document["_id"])] = entry
            if changed:
                self._snapshot = _snapshot_of(self._known.values())


def used(correction: LiveCorrection | Correction, similarity: float = 1.0) -> UsedCorrection:
    if isinstance(correction, LiveCorrection):
        return UsedCorrection(
            correction.id, correction.question, correction.author, correction.at, similarity
        )
    return UsedCorrection("", correction.question, "", None, similarity)


def correction_of(document: Mapping[str, Any]) -> LiveCorrection:
    """Raises `MqtError` for one that this version cannot read."""
    body, unseen = document.get("plan"), document.get("unseen")
    at = document["at"]
    return LiveCorrection(
        id=str(document["_id"]),
        question=document["question"],
        database=document["database"],
        plan=None if body is None else plan_from_json(body),
        command=parse_query(document["corrected_query"]),
        author=document.get("author") or "",
        at=_aware(at),
        asked_at=_aware(document.get("asked_at") or at),  # older versions kept none
        unseen=None if unseen is None else frozenset(unseen),
        query_id=document.get("query_id") or "",
        author_key=document.get("author_key") or "",
    )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known of a correction; `live` is there when it is accepted and readable."""

    status: str
    key: Key
    acceptances: frozenset[Acceptance]
    live: LiveCorrection | None = None


def _entry(document: Mapping[str, Any]) -> _Entry:
    key = document["database"], normalise(document["question"])
    entry = _Entry(str(document["status"]), key, acceptances_of(document))
    if entry.status != ACCEPTED:
        return entry
    try:
        return replace(entry, live=correction_of(document))
    except MqtError as error:
        log.error("correction %s cannot be read, so it is not used: %s", document["_id"], error)
        return entry


def _snapshot_of(entries: Iterable[_Entry]) -> Snapshot:
    listed = list(entries)
    live = sorted((e.live for e in listed if e.live is not None), key=lambda one: (one.at, one.id))
    by_key = {one.key: one for one in live}  # the latest of a question wins
    taken_back = {entry.key for entry in listed if entry.status in _WITHDRAWN}
    accepted: dict[Key, tuple[LiveCorrection, ...]] = {}
    for one in live:
        accepted[one.key] = (*accepted.get(one.key, ()), one)
    withdrawn = frozenset(taken_back - by_key.keys())
    known = known_up_to(one for entry in listed for one in entry.acceptances)
    return Snapshot(by_key, withdrawn, _by_database(by_key.values()), accepted, known)


def _by_database(
    corrections: Iterable[LiveCorrection],
) -> Mapping[str, tuple[LiveCorrection, ...]]:
    found: dict[str, list[LiveCorrection]] = {}
    for one in corrections:
        found.setdefault(one.database, []).append(one)
    return {database: tuple(ones) for database, ones in found.items()}
