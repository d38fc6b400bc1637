"""A language model in the place of the translator, asked as serving asks it, for evaluation.

Alone: where serving would fall back to the local translator, nothing is answered here, so that a
figure says what the model and its prompt can do. Costs calls to the endpoint.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mqt_assets.evaluation.answering import NOW
from mqt_assets.training.examples import Example
from mqt_serving.answers import Choice
from mqt_serving.errors import CannotAnswer, MqtError, ServiceUnavailable
from mqt_serving.llm.backend import SEARCHED, Asked, LlmBackend, Reading
from mqt_serving.llm.examples import Known
from mqt_serving.llm.template import Prompt
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.release_loading import Search
from mqt_serving.schema import Catalog

PATIENCE_SECONDS = 180.0
_LOOK_AGAIN_SECONDS = 1.0

Run = Callable[[str, Command], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that may be shown as an example."""

    question: str
    database: str
    command: Command
    asked_at: datetime | None = None

    @classmethod
    def of(cls, example: Example) -> Corrected:
        command = parse_query(example.command)
        return cls(example.question, example.database, command, example.asked_at)


@dataclass(frozen=True, slots=True)
class Written:
    """A query that a model wrote, as a candidate. Not every query has a plan."""

    command: Command
    plan: Plan | None
    probability: float


@dataclass
class LlmAnswering:
    """Predicts for `execution_accuracy.evaluate`, and translates for benchmarks.

    `run` runs a query by the name of its database: what fails there is repaired as in serving.
    `milliseconds` has one entry a question, `outcomes` counts what became of them.
    """

    backend: LlmBackend
    catalogs: Mapping[str, Catalog]
    prompt: Prompt
    run: Run
    corrections: Sequence[Known] = ()
    search: Search | None = None
    patience_seconds: float = PATIENCE_SECONDS
    milliseconds: list[float] = field(default_factory=list)
    confidences: dict[str, float] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    gone: ServiceUnavailable | None = None

    def predict(self, example: Example) -> Command:
        """Raises `CannotAnswer` when the model is of no use for the question."""
        now = example.asked_at or NOW
        choice = self.ask(example.question, self.catalogs[example.database], now)
        self.confidences[example.id] = choice.probability
        return choice.command

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None
    ) -> tuple[Written, ...]:
        choice = self.ask(question, catalog, now or NOW)
        return (Written(choice.command, choice.plan, choice.probability),)

    def prepare(self, catalog: Catalog) -> None:
        """Nothing is computed ahead."""

    def ask(self, question: str, catalog: Catalog, now: datetime) -> Choice:
        """Raises `CannotAnswer`; `ServiceUnavailable` when the endpoint stays away for too long,
        and from then on (`gone`): nothing was measured then."""
        if self.gone is not None:
            raise self.gone
        hits = self.search.search(question, SEARCHED, catalog.database) if self.search else ()
        asked = Asked(
            question, now.replace(tzinfo=UTC), (catalog,), self.prompt, hits, self.corrections
        )
        reading = self._patiently(asked)
        if reading.choice is not None:
            try:
                self.run(catalog.database, reading.choice.command)
            except ServiceUnavailable:
                raise
            except MqtError as error:
                reading = self.backend.repaired(asked, reading, error)
        self.calls += reading.use.calls
        self.milliseconds.append(reading.use.seconds * 1000)
        if reading.choice is None:
            self.outcomes[reading.use.reason] += 1
            raise CannotAnswer(reading.use.warning)
        self.outcomes["repaired" if reading.use.repaired else "answered"] += 1
        return reading.choice

    def _patiently(self, asked: Asked) -> Reading:
        """Serving goes on without an endpoint that fails; a measurement waits for it."""
        started = time.monotonic()
        while True:
            try:
                reading = self.backend.read(asked)
            except CannotAnswer:
                self.calls += 1
                self.outcomes["declined"] += 1
                raise
            if reading.use.reason != "open":
                return reading
            if time.monotonic() - started > self.patience_seconds:
                self.gone = ServiceUnavailable(
                    f"The language model {reading.use.model} keeps failing: nothing was measured. "
                    "See the log for why, correct MQT_LLM_URL or MQT_LLM_MODEL, and try again."
                )
                raise self.gone
            time.sleep(_LOOK_AGAIN_SECONDS)
