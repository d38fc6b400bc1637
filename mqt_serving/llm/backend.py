"""A language model as translator: one reply, one repair, and otherwise a reason to do without it.

What it writes takes the path of a query that a person wrote: parsed, guarded, checked. Whatever
goes wrong within its time ends in a warning, never in an error: the local translator answers then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice

from mqt_serving.answers import Choice
from mqt_serving.choices import check_text
from mqt_serving.corrections.moving import query_at
from mqt_serving.errors import CannotAnswer, MqtError, QueryFailed
from mqt_serving.llm.breaker import Breaker
from mqt_serving.llm.endpoint import ChatEndpoint, EndpointError
from mqt_serving.llm.examples import Known, nearest_first
from mqt_serving.llm.reply import Declined, query_in
from mqt_serving.llm.schema_text import database_of, schema_text, scores_of
from mqt_serving.llm.sharing import Sharing
from mqt_serving.llm.template import (
    Prompt,
    Shot,
    Template,
    Told,
    first_messages,
    repair_message,
    room_for_schema,
)
from mqt_serving.llm.use import LlmUse, Message
from mqt_serving.observing import Observer
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.checking.notes import NoteKind
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.schema import Catalog
from mqt_serving.search import Hit

log = logging.getLogger(__name__)

SEARCHED = 60
LEAST_SECONDS = 0.5
"""With less time left no call is made."""
AT_ONCE = 4
"""Conversations of a process at a time: those that wait for a slow model must not take all the
threads that answer."""

_DOUBTS = frozenset({NoteKind.UNSEEN_PATH, NoteKind.NEVER_MET, NoteKind.WRONG_TYPE})
"""What a person may mean although the schema knows nothing of it, but a model most likely made up:
it is asked again."""

_WARNINGS: Mapping[str, str] = {
    "busy": "is busy with other questions",
    "open": "failed before and is left alone for a while",
    "timeout": "took too long",
    "unreachable": "cannot be reached",
    "rate-limited": "has too much to do",
    "server-error": "failed",
    "refused": "refused the request",
    "nonsense": "replied with something that is no answer",
    "unusable": "wrote no query that may run here",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, with all that may be told about it. `at` is aware; `hits` come from semantic
    search over all `catalogs`; `corrections` are those of the release."""

    question: str
    at: datetime
    catalogs: Sequence[Catalog]
    prompt: Prompt
    hits: Sequence[Hit] = ()
    corrections: Sequence[Known] = ()
    cancellation: Cancellation | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """`choice` is None when the model is of no use for this question: `use` says why."""

    catalog: Catalog
    choice: Choice | None
    use: LlmUse


@dataclass
class LlmBackend:
    """Thread-safe. `seconds` are for all calls of one question."""

    endpoint: ChatEndpoint
    sharing: Sharing
    policy: Policy
    observer: Observer
    seconds: float
    most_tokens: int
    breaker: Breaker = field(default_factory=Breaker)
    timer: Callable[[], float] = time.monotonic
    _free: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_ONCE), init=False, repr=False
    )

    def read(self, asked: Asked) -> Reading:
        """The model's reading. Raises `CannotAnswer` when it says that the data of the one
        database that was asked about does not hold what is asked for."""
        catalog = database_of(asked.hits, asked.question, asked.catalogs)
        messages = self.messages(asked, catalog)
        use = LlmUse(self.endpoint.model, asked.prompt.template.version, transcript=messages)
        try:
            return self._converse(asked, catalog, use, rounds=2)
        except _Declined as declined:
            self.observer.llm_asked("declined", declined.use.seconds)
            if len(asked.catalogs) == 1:
                raise CannotAnswer(
                    f"The database {catalog.database!r} does not seem to hold what this asks for: "
                    f"{declined}"
                ) from declined
            return Reading(catalog, None, self._warned(declined.use, "unusable"))

    def repaired(self, asked: Asked, reading: Reading, error: MqtError) -> Reading:
        """Another reading after `error` of MongoDB; one without a choice when there is none."""
        if reading.use.repaired:
            self.observer.llm_asked("unusable", reading.use.seconds)
            return replace(reading, choice=None, use=self._warned(reading.use, "unusable"))
        transcript = (*reading.use.transcript, repair_message(self._problem(error)))
        use = replace(reading.use, transcript=transcript, repaired=True)
        try:
            return self._converse(asked, reading.catalog, use, rounds=1)
        except _Declined as declined:
            self.observer.llm_asked("declined", declined.use.seconds)
            return replace(reading, choice=None, use=self._warned(declined.use, "unusable"))

    def messages(self, asked: Asked, catalog: Catalog) -> tuple[Message, ...]:
        """What the model is told at first: no more than may be shared."""
        template = self._shared(asked.prompt.template, catalog)
        examples = self._examples(asked, catalog, template)
        schema = schema_text(
            catalog,
            scores_of(asked.hits, asked.question, catalog),
            template.values,
            room_for_schema(template, examples, self.most_tokens),
        )
        told = Told(catalog.database, schema, examples)
        return first_messages(template, told, asked.question, asked.at)

    def close(self) -> None:
        self.endpoint.close()

    def _shared(self, template: Template, catalog: Catalog) -> Template:
        """The template without what may not be shared here."""
        if self.sharing < Sharing.EXAMPLES:
            return template.model_copy(update={"shots": (), "values": 0})
        shots = tuple(
            shot
            for shot in template.shots
            if shot.database == catalog.database and self._is_allowed(shot.query, catalog)
        )
        values = template.values if self.sharing >= Sharing.VALUES else 0
        return template.model_copy(update={"shots": shots, "values": values})

    def _examples(self, asked: Asked, catalog: Catalog, template: Template) -> list[Shot]:
        """The nearest corrections, the nearest last: what comes last weighs most with a model.
        Their dates are those that their questions mean now."""
        if self.sharing < Sharing.EXAMPLES:
            return []
        shown = {shot.question for shot in template.shots}
        known = [
            known
            for known in asked.corrections
            if known.database == catalog.database and known.question not in shown
        ]
        allowed = (
            Shot(database=each.database, question=each.question, query=text)
            for each in nearest_first(asked.question, known)
            if (command := query_at(each, asked.at)) is not None
            and self._is_allowed(text := render_mongosh(command), catalog)
        )
        return list(islice(allowed, template.examples))[::-1]

    def _is_allowed(self, query: str, catalog: Catalog) -> bool:
        """Whether a query names nothing private, forbidden or gone."""
        try:
            check(parse_query(query), catalog, self.policy)
        except MqtError:
            return False
        return True

    def _converse(self, asked: Asked, catalog: Catalog, use: LlmUse, rounds: int) -> Reading:
        """Ask until a query is right, at most `rounds` times; raises `_Declined`."""
        if not self._free.acquire(blocking=False):
            return Reading(catalog, None, self._reported(use, "busy"))
        try:
            return self._converse_now(asked, catalog, use, rounds)
        finally:
            self._free.release()

    def _converse_now(self, asked: Asked, catalog: Catalog, use: LlmUse, rounds: int) -> Reading:
        if not self.breaker.admit():
            return Reading(catalog, None, self._reported(use, "open"))
        verdict = self.breaker.unjudged  # of whatever is no fault of the endpoint's
        try:
            choice, use = self._rounds(asked, catalog, use, rounds)
            verdict = self.breaker.succeeded
        except _Declined:
            verdict = self.breaker.succeeded
            raise
        except _Failed as failed:
            verdict = partial(self.breaker.failed, failed.error.pause)
            log.warning("the language model %s: %s", self.endpoint.model, failed.error)
            return Reading(catalog, None, self._reported(failed.use, failed.error.reason))
        finally:
            verdict()
            self.observer.llm_circuit(self.breaker.is_open)
        self.observer.llm_asked("repaired" if use.repaired else "answered", use.seconds)
        return Reading(catalog, choice, use)

    def _rounds(
        self, asked: Asked, catalog: Catalog, use: LlmUse, rounds: int
    ) -> tuple[Choice, LlmUse]:
        """The first query that is right, else the last that may run although it raised doubts."""
        doubtful: Choice | None = None
        for left in reversed(range(rounds)):
            try:
                reply, use = self._reply(use, asked.cancellation)
            except _Failed as failed:
                if doubtful is None:
                    raise
                return doubtful, failed.use
            try:
                choice = self._choice(reply, catalog, asked, use)
            except MqtError as error:
                problem = self._problem(error)
            else:
                problem = " ".join(note.text for note in choice.notes if note.kind in _DOUBTS)
                if not problem or not left:
                    return choice, use
                doubtful = choice
            log.info("the language model's query for %r: %s", asked.question, problem)
            if left:
                use = _told(use, repair_message(problem))
        if doubtful is not None:
            return doubtful, use
        raise _Failed(EndpointError("unusable", "no query that may run, after a repair"), use)

    def _reply(self, use: LlmUse, cancellation: Cancellation | None) -> tuple[str, LlmUse]:
        started = self.timer()
        try:
            if use.calls and self.seconds - use.seconds < LEAST_SECONDS:
                raise EndpointError("timeout", "no time is left for a repair")
            left = self.seconds - use.seconds
            reply = self.endpoint.complete(use.transcript, left, cancellation)
        except EndpointError as error:
            raise _Failed(error, _after(use, self.timer() - started)) from error
        used = _after(use, self.timer() - started)
        return reply, replace(used, transcript=(*use.transcript, Message("assistant", reply)))

    def _choice(self, reply: str, catalog: Catalog, asked: Asked, use: LlmUse) -> Choice:
        found = query_in(reply)
        if isinstance(found, Declined):
            raise _Declined(found.reason, use)
        choice = check_text(found, catalog, self.policy, asked.at).choice
        return replace(choice, probability=asked.prompt.probability(use.model))

    def _problem(self, error: MqtError) -> str:
        """What the model may know of an error: MongoDB's own words may quote a document."""
        if isinstance(error, QueryFailed) and self.sharing < Sharing.VALUES:
            return "MongoDB refused to run the query."
        return str(error)

    def _reported(self, use: LlmUse, reason: str) -> LlmUse:
        self.observer.llm_asked(reason, use.seconds)
        return self._warned(use, reason)

    def _warned(self, use: LlmUse, reason: str) -> LlmUse:
        warning = (
            f"The language model {use.model} {_WARNINGS[reason]}; the local translator answered."
        )
        return replace(use, reason=reason, warning=warning)


class _Declined(Exception):
    """The model says that the data does not hold what is asked for."""

    def __init__(self, reason: str, use: LlmUse) -> None:
        super().__init__(reason)
        self.use = use


class _Failed(Exception):
    """No usable reply."""

    def __init__(self, error: EndpointError, use: LlmUse) -> None:
        super().__init__(str(error))
        self.error, self.use = error, use


def _after(use: LlmUse, seconds: float) -> LlmUse:
    return replace(use, calls=use.calls + 1, seconds=use.seconds + seconds)


def _told(use: LlmUse, message: Message) -> LlmUse:
    return replace(use, repaired=True, transcript=(*use.transcript, message))
