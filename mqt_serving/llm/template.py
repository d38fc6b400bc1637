"""Prompts: a template with its version, and what a template and a question say together. Pure.

A template is plain data, so that the pipeline can make variants, measure them and put the best
into a release (`prompt.json`); its version is the digest of its content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mqt_serving.llm.reply import DECLINES
from mqt_serving.llm.use import Message
from mqt_serving.schema import digest_of

UNMEASURED = 0.5
"""The probability of an answer by a template and model that no evaluation has measured."""
CHARACTERS_A_TOKEN = 4

TASK = (
    "You turn a question about a MongoDB database into one read-only query in mongosh syntax.\n"
    "Reply with the query alone: one statement that starts with `db.`, no explanation."
)
RULES = """\
- Use only the collections and fields of the schema, exactly as they are spelt there.
- Use find (with sort, skip, limit and a projection), countDocuments, distinct, or aggregate. No \
writes, no $out or $merge, no JavaScript ($where, $function, $accumulator), no variables.
- A path goes through arrays (`items.price`). To count or compute over the elements, $unwind the \
array first.
- Join with $lookup along the references that the schema names.
- Dates are written ISODate("2024-05-01T00:00:00Z"), ids ObjectId("...").
- Return what is asked for and nothing else: project those fields, with `_id: 0`. Name computed \
fields count, count_distinct_<field>, sum_<field>, avg_<field>, min_<field> or max_<field>.
- Sort and limit only where the question asks for an order, a most or a least."""
REFUSE = (
    f"- If the schema does not hold what is asked for, reply `{DECLINES}` and the reason in one "
    "sentence."
)


class Shot(BaseModel):
    """A question with its query, shown as an example."""

    model_config = ConfigDict(frozen=True)

    database: str
    question: str
    query: str


class Template(BaseModel):
    """What is told to a model. `values` is how many sample values a field shows, `examples` how
    many of the nearest accepted corrections come along; `shots` come with every question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instructions: str = f"{TASK}\nRules:\n{RULES}\n{REFUSE}"
    values: int = Field(default=5, ge=0, le=20)
    examples: int = Field(default=4, ge=0, le=20)
    shots: tuple[Shot, ...] = ()

    @property
    def version(self) -> str:
        return digest_of(self.model_dump(mode="json"))


class Prompt(BaseModel):
    """`prompt.json` of a release: the template, and how often it was right, by model.

    `right` is the share of holdout questions that were answered right, and so the probability
    that an answer is given: one figure for all answers, since a reply comes with none.
    """

    model_config = ConfigDict(frozen=True)

    template: Template = Template()
    right: Mapping[str, float] = Field(default_factory=dict)

    def probability(self, model: str) -> float:
        return self.right.get(model, UNMEASURED)


@dataclass(frozen=True, slots=True)
class Told:
    """What of the database goes into a prompt."""

    database: str
    schema: str
    examples: Sequence[Shot] = ()


def first_messages(
    template: Template, told: Told, question: str, now: datetime
) -> tuple[Message, ...]:
    shown = [*template.shots, *told.examples]
    examples = "\n".join(f"Question: {s.question}\n{s.query}" for s in shown)
    parts = [
        f"Database {told.database}. Collections with their fields:\n{told.schema}",
        f"Questions that were answered before, with the right queries:\n{examples}"
        if shown
        else "",
        f"It is {now:%A, %Y-%m-%dT%H:%M:%SZ}.",
        f"Question: {question}",
    ]
    return (
        Message("system", template.instructions),
        Message("user", "\n\n".join(part for part in parts if part)),
    )


def repair_message(problem: str) -> Message:
    return Message(
        "user",
        f"That does not work: {problem}\nReply with the corrected query alone, one statement that "
        "starts with `db.`.",
    )


def room_for_schema(template: Template, examples: Sequence[Shot], most_tokens: int) -> int:
    """Characters that the schema may take in a prompt of so many tokens, at least a quarter."""
    total = most_tokens * CHARACTERS_A_TOKEN
    taken = len(template.instructions) + 400
    taken += sum(len(s.question) + len(s.query) + 12 for s in (*template.shots, *examples))
    return max(total - taken, total // 4)
