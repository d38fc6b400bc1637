"""What the service returns: choices, translations, answers. Plain immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mqt_serving.llm.use import LlmUse
from mqt_serving.query.checking.notes import Note
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.query.plan_json import plan_to_json


class Source(StrEnum):
    """Where a query comes from."""

    MODEL = "model"
    CORRECTION = "correction"  # a person corrected the answer to this very question
    PERSON = "person"  # written or picked by a person, not by MQT
    FOLLOW_UP = "follow-up"  # read against the query of the question before
    LLM = "llm"  # written by a language model


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading of a question, ready to run and to show. `probability`, 0 to 1, ranks."""

    plan: Plan | None  # None for a corrected query that has no plan
    command: Command
    mongosh: str
    pymongo: str
    node: str
    extended_json: str
    meaning: str
    probability: float
    notes: tuple[Note, ...] = ()  # what a reader of rows and meaning could be surprised by

    @property
    def plan_json(self) -> dict[str, Any] | None:
        return plan_to_json(self.plan) if self.plan is not None else None


@dataclass(frozen=True, slots=True)
class Before:
    """The question that another one follows up on, or the query where a person ran one."""

    query_id: str
    question: str


@dataclass(frozen=True, slots=True)
class UsedCorrection:
    """The correction that an answer comes from.

    `similarity` is that of the two questions, 1 for the same one. `id`, `author` and `at` are
    empty for one that only the release knows.
    """

    id: str
    question: str
    author: str
    at: datetime | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Translation:
    """At least one choice, best first. `timings` are milliseconds."""

    query_id: str
    question: str
    database: str
    choices: tuple[Choice, ...]
    source: Source
    release_id: str
    timings: Mapping[str, float] = field(default_factory=dict)
    journaled: bool = False
    follow_up_of: Before | None = None  # only where it was read as a follow-up
    correction: UsedCorrection | None = None  # only where it comes from one
    llm: LlmUse | None = None  # only where a language model was asked, in vain too


@dataclass(frozen=True, slots=True)
class Table:
    """JSON-ready rows; `columns` in the order in which they were first seen."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    truncated: bool  # more rows than the limit match


@dataclass(frozen=True, slots=True)
class Option:
    """One of two readings to choose from."""

    choice: int  # index among the choices of the translation
    difference: str  # what the other one does not say: `count orders`
    preview: Table  # its first rows; truncated: there are more


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The answered reading and the next one, which comes close and answers differently."""

    question: str  # `Count orders or count order items?`
    options: tuple[Option, Option]


@dataclass(frozen=True, slots=True)
class Answer:
    """A translation and the rows of `choices[chosen]` (not 0 when better ones failed to run)."""

    translation: Translation
    chosen: int
    table: Table
    alternatives: Alternatives | None = None


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that a person wrote: parsed, guarded, shown back in MQT's own words."""

    database: str
    choice: Choice
    learnable: bool  # it has a plan, so the model learns from it, not only this question


@dataclass(frozen=True, slots=True)
class RunQuery:
    """A checked query with its rows."""

    query_id: str
    checked: CheckedQuery
    table: Table
    release_id: str
    timings: Mapping[str, float]
    journaled: bool
