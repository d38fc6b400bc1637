"""The journal: each question and each piece of feedback, in the `mqt` database of MongoDB.

An acknowledged write is on disk on a majority of the members. When the journal is away,
questions are still answered: their records wait in a spool on disk (bounded) and are written when
it is back; what becomes of feedback is for its caller to decide. Result rows are never written.
Depends on pymongo only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from pymongo import DESCENDING
from pymongo.collection import Collection
from pymongo.errors import DocumentTooLarge, DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from mqt_serving.assignment import Exposure
from mqt_serving.connections import LazyClient
from mqt_serving.corrections import acceptances
from mqt_serving.corrections.acceptances import AcceptedMeanwhile
from mqt_serving.errors import (
    FeedbackError,
    JournalUnavailable,
    ServiceUnavailable,
    SpoolUnwritable,
    UnknownQuery,
)
from mqt_serving.feedback.records import FeedbackRecord
from mqt_serving.observing import Observer
from mqt_serving.settings import JOURNAL_DATABASE
from mqt_serving.spool import Spool

log = logging.getLogger(__name__)

QUERIES = "queries"
FEEDBACK = "feedback"

LOOKED_AT: Final[tuple[tuple[tuple[str, ...], dict[str, Any]], ...]] = (
    (("release_id", "at", "outcome", "source", "database", "question"), {}),
    (("outcome", "at"), {}),
    (
        ("exposure.experiment", "exposure.share", "exposure.unit", "at"),
        {"partialFilterExpression": {"exposure.experiment": {"$exists": True}}},
    ),
)
"""Indexes of `queries` for what looks every minute at the model that serves (it reads the index
alone) and at the experiment that runs."""

MOST_WAITING = 10_000
PAUSE_SECONDS = 5.0
"""After a failed write questions skip the journal for this long instead of waiting for it each."""

DURABLE = WriteConcern(w="majority", j=True, wtimeout=5000)
_DURABLY_READ = ReadConcern("majority")
_AS_READ: CodecOptions[dict[str, Any]] = CodecOptions()  # as pymongo reads by default
_AWAY = (PyMongoError, ServiceUnavailable)
_UNWRITABLE = (BSONError, DocumentTooLarge, OverflowError)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading that was offered: feedback may pick it by its index."""

    mongosh: str
    plan: Mapping[str, Any] | None
    probability: float


ANSWERED: Final = ("answered", "translated")
"""Outcomes of questions that a query was found for."""


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One question and what became of it.

    `outcome` is `answered`, `translated`, `ran` (a query that a person wrote) or an error's code.
    `source` is `model`, `correction`, `follow-up` (of the query `follow_up_of`), `llm`, `person`,
    or empty when there was no answer. `llm` has model, prompt version and warning where a language
    model was asked.
    """

    query_id: str
    at: datetime
    question: str
    database: str
    plan: Mapping[str, Any] | None
    command: str  # mongosh; empty when there was no answer
    release_id: str
    source: str
    outcome: str
    error: str = ""
    row_count: int | None = None
    timings: Mapping[str, float] = field(default_factory=dict)  # milliseconds
    follow_up_of: str | None = None
    exposure: Exposure | None = None  # to the experiment that ran, if one did
    candidates: tuple[Candidate, ...] = ()  # the readings that were offered, best first
    chosen: int | None = None  # index of the one that `command` is
    llm: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        return {
            "_id": self.query_id,
            "at": self.at,
            "question": self.question,
            "database": self.database,
            "plan": self.plan,
            "command": self.command,
            "release_id": self.release_id,
            "source": self.source,
            "outcome": self.outcome,
            "error": self.error,
            "row_count": self.row_count,
            "timings": dict(self.timings),
            "follow_up_of": self.follow_up_of,
            "exposure": self.exposure.document() if self.exposure else None,
            "candidates": [asdict(candidate) for candidate in self.candidates],
            "chosen": self.chosen,
            "llm": dict(self.llm) if self.llm else None,
        }


class Journal:
    """Thread-safe. Opens its connection at first use; the caller closes `client`."""

    def __init__(
        self,
        client: LazyClient,
        observer: Observer,
        spool: Spool,
        database: str = JOURNAL_DATABASE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._observer = observer
        self._database = database
        self._clock = clock
        self._paused_until = 0.0
        self._spool = spool
        self._indexed = False

    def record_query(self, record: QueryRecord) -> bool:
        """Whether the record is safely in the journal. Never raises: the answer matters more."""
        if self._clock() < self._paused_until:
            self._wait(record)
            return False
        try:
            return self._write_query(record.query_id, record.document())
        except _AWAY as error:
            self._paused_until = self._clock() + PAUSE_SECONDS
            self._wait(record)
            log.warning("the journal is away, question %s waits: %s", record.query_id, error)
            return False

    def find_query(self, query_id: str) -> dict[str, Any]:
        """The document of a question; raises `UnknownQuery`, or `JournalUnavailable`."""
        if (waiting := self._spool.find(query_id)) is not None:
            with suppress(BSONError):  # damaged: draining sets it aside
                return _decoded(waiting)
        try:
            found = self._collection(QUERIES).find_one({"_id": query_id})
        except _AWAY as error:
            self._observer.journal_failed("read")
            raise _unavailable(error) from error
        if found is None:
            raise UnknownQuery(
                f"No question has the id {query_id!r}; ask again and use the id of that answer."
            )
        return found

    def find_feedback(self, feedback_id: str) -> dict[str, Any] | None:
        """The durable document of a piece of feedback; raises `JournalUnavailable`."""
        try:
            feedback = self._collection(FEEDBACK).with_options(read_concern=_DURABLY_READ)
            return feedback.find_one({"_id": feedback_id})
        except _AWAY as error:
            self._observer.journal_failed("read")
            raise _unavailable(error) from error

    def record_feedback(self, record: FeedbackRecord) -> dict[str, Any] | None:
        """Returns only when the feedback is durable: None, or what was kept under its id before.

        Raises `JournalUnavailable`; `FeedbackError` for what no document can hold;
        `AcceptedMeanwhile` when its acceptance is taken.
        """
        # `changed_at` is the server's time, whatever the clocks of those who write and read.
        stamped = {"$setOnInsert": record.document(), "$currentDate": {"changed_at": True}}
        try:
            written = self._collection(FEEDBACK).update_one(
                {"_id": record.feedback_id}, stamped, upsert=True
            )
            if written.upserted_id is not None:
                return None
        except DuplicateKeyError:  # two at once
            pass
        except _UNWRITABLE as error:
            self._observer.journal_failed("feedback")
            raise FeedbackError(f"The feedback cannot be stored: {error}. Shorten it.") from error
        except _AWAY as error:
            self._observer.journal_failed("feedback")
            raise _unavailable(error) from error
        if (kept := self.find_feedback(record.feedback_id)) is None:
            if record.acceptance is not None:
                raise AcceptedMeanwhile
            raise JournalUnavailable("The journal has the feedback on one server only; try again.")
        return kept

    def drain(self) -> None:
        """Write the questions that wait; raises `JournalUnavailable` while it is still away."""
        try:
            self._spool.drain(self._write_waiting, _AWAY)
        except _AWAY as error:
            raise _unavailable(error) from error

    @property
    def waiting(self) -> int:
        """How many questions wait on disk for the journal to come back."""
        return len(self._spool)

    def _write_waiting(self, content: bytes) -> None:
        document = _decoded(content)
        self._write_query(document["_id"], document)

    def _write_query(self, query_id: str, document: dict[str, Any]) -> bool:
        """False when the record can never be written: trying again would fail again."""
        queries = self._collection(QUERIES)
        try:
            # Replace rather than insert: a write whose acknowledgement was lost is tried again.
            queries.replace_one({"_id": query_id}, document, upsert=True)
        except _UNWRITABLE as error:
            self._observer.journal_failed("query")
            log.error("question %s cannot be journaled: %s", query_id, error)
            return False
        return True

    def _wait(self, record: QueryRecord) -> None:
        self._observer.journal_failed("query")
        if self.waiting >= MOST_WAITING:
            log.error("question %s is lost: the journal is away for too long", record.query_id)
            return
        try:
            self._spool.put(record.query_id, bson.encode(record.document()))
        except (SpoolUnwritable, *_UNWRITABLE) as error:
            log.error("question %s is lost: %s", record.query_id, error)

    def _collection(self, name: str) -> Collection[dict[str, Any]]:
        database = self._client.get().get_database(self._database, write_concern=DURABLE)
        if not self._indexed:
            database[QUERIES].create_index([("at", DESCENDING)])
            for keys, options in LOOKED_AT:
                database[QUERIES].create_index(list(keys), **options)
            database[FEEDBACK].create_index([("at", DESCENDING)])
            database[FEEDBACK].create_index("query_id")
            database[FEEDBACK].create_index("client_key", unique=True, sparse=True)
            acceptances.create_index(database[FEEDBACK])
            self._indexed = True
        return database[name]


def _decoded(content: bytes) -> dict[str, Any]:
    """Raises `BSONError` when the file was damaged."""
    document: dict[str, Any] = bson.decode(content, _AS_READ)
    return document


def _unavailable(error: Exception) -> JournalUnavailable:
    return JournalUnavailable(
        f"The journal cannot be reached, so nothing was kept ({_short(error)}). "
        "Try again in a moment; `mqt doctor` shows what is wrong."
    )


def _short(error: Exception) -> str:
    """Driver errors carry the whole topology after the first sentence."""
    return str(error).split(", Timeout:")[0].split(" (configured timeouts")[0][:200]
