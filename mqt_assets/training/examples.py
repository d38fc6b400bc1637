"""Training and evaluation examples: a question with the plan and the command that answer it.

Every source (synthesis, corpora, corrections) produces `Example`s; the trainer, the holdout and
the evaluation read nothing else. Plain JSON in and out. Depends on the plan and its JSON form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, cast

from mqt_serving.query.plan import (
    Aggregate,
    Between,
    Compare,
    Entity,
    Field,
    Function,
    In,
    Plan,
    Related,
    Text,
    walk,
)
from mqt_serving.query.plan_json import plan_from_json, plan_to_json
from mqt_serving.schema import digest_of

Source: TypeAlias = Literal["synthetic", "tend", "spider_syn", "handwritten", "correction"]
ASKED_AT: Final = datetime(2026, 1, 1)
"""The moment (UTC) at which made questions are asked: "last month" in them is December 2025."""
SOURCES: Final = ("synthetic", "tend", "spider_syn", "handwritten", "correction")
CORPUS_SOURCES: Final = frozenset({"tend", "spider_syn"})
"""Sources whose questions are about the databases of the public corpus."""
UNANSWERABLE: Final = "unanswerable"
"""The kind of a question that its database can't answer: saying so is what is learned."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question about one database with its gold answer.

    `command` is the gold as mongosh text; `plan` is None when the gold has no plan (it can
    still be evaluated, not trained on). `ordered`: the order of the rows is part of the answer.
    `asked_at` (UTC, no zone) is when a correction's question was asked, where its dates depend on
    that; None: at `ASKED_AT`. `id` is a digest of everything but `kind`.
    """

    id: str
    question: str
    database: str
    plan: Plan | None
    command: str
    ordered: bool
    source: Source
    kind: str
    asked_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """`asked_at` is left out where there is none."""
        body = {
            "id": self.id,
            "question": self.question,
            "database": self.database,
            "plan": None if self.plan is None else plan_to_json(self.plan),
            "command": self.command,
            "ordered": self.ordered,
            "source": self.source,
            "kind": self.kind,
        }
        return body if self.asked_at is None else {**body, "asked_at": self.asked_at.isoformat()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Example:
        """Inverse of `to_json`; raises ValueError for an unknown source or a missing key."""
        missing = [key for key in cls.__slots__ if key not in body and key != "asked_at"]
        if missing:
            raise ValueError(f"example lacks {', '.join(missing)}: {body.get('id', body)!r}")
        if body["source"] not in SOURCES:
            raise ValueError(f"unknown source {body['source']!r}; known: {', '.join(SOURCES)}")
        plan = None if body["plan"] is None else plan_from_json(body["plan"])
        asked_at = body.get("asked_at")
        return cls(
            id=body["id"],
            question=body["question"],
            database=body["database"],
            plan=plan,
            command=body["command"],
            ordered=body["ordered"],
            source=cast(Source, body["source"]),
            kind=body["kind"],
            asked_at=None if asked_at is None else datetime.fromisoformat(asked_at),
        )


def make_example(
    question: str,
    database: str,
    plan: Plan | None,
    command: str,
    *,
    source: Source,
    ordered: bool | None = None,
    kind: str = "",
    asked_at: datetime | None = None,
) -> Example:
    """An example with its id; `ordered` and `kind` default to what the plan says."""
    if ordered is None:
        ordered = plan is not None and is_ordered(plan)
    moment = [] if asked_at is None else [asked_at.isoformat()]
    identity = digest_of([database, question, command, ordered, source, *moment])
    kind = kind or ("unraised" if plan is None else kind_of(plan))
    return Example(identity, question, database, plan, command, ordered, source, kind, asked_at)


def is_ordered(plan: Plan) -> bool:
    """Whether the order of the rows is part of what is asked; which group comes first is not."""
    return bool(plan.order_by) and not plan.per


def dataset_digest(examples: Iterable[Example]) -> str:
    """Content digest of a set of examples, whatever their order."""
    return digest_of(sorted(example.id for example in examples))


def question_key(example: Example) -> tuple[str, str]:
    """Equal for the same question, ignoring case, punctuation at the end and spacing."""
    return example.database, normal_question(example.question)


def normal_question(question: str) -> str:
    return " ".join(question.lower().split()).rstrip(" ?.!;,")


def kind_of(plan: Plan) -> str:
    """The shape that decides how hard a plan is: more than one collection outranks the rest."""
    if len(collections_of(plan)) > 1:
        return "join"
    if any(isinstance(item, Related) for item in walk(plan.where)):
        return "related"
    if plan.group_by or plan.having is not None:
        return "group"
    aggregates = [o.value for o in plan.outputs if isinstance(o.value, Aggregate)]
    if aggregates:
        counts = all(item.function is Function.COUNT for item in aggregates)
        return "count" if counts else "aggregate"
    if plan.distinct:
        return "distinct"
    return "top" if plan.order_by and plan.limit is not None else "find"


def collections_of(plan: Plan) -> frozenset[str]:
    """Every collection that the plan names anywhere."""
    return frozenset(item.collection for item in references_of(plan))


def references_of(plan: Plan) -> Iterator[Field | Entity]:
    """Every field and entity that the plan names, sub-queries included, in reading order."""
    for node in walk(plan):
        if isinstance(node, Field | Entity):
            yield node


def literals_of(plan: Plan) -> list[object]:
    """Every literal of a test, in reading order (limits are not literals)."""
    found: list[object] = []
    for node in walk(plan):
        match node:
            case Compare(_, _, right) if not isinstance(right, Field | Plan):
                found.append(right)
            case Between(_, low, high):
                found += [low, high]
            case In(_, values) if not isinstance(values, Plan):
                found += values
            case Text(_, _, value):
                found.append(value)
    return found
