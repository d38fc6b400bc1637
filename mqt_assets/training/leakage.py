"""Which training examples give a holdout question away in other words. Pure but for the encoder.

A paraphrase asks what a holdout question asks: in the same words, by the same query, or in similar
words about the same topic, whatever fields it shows. Words alone don't tell: "the average price of
pans" and "the highest price of pans" are closer than most paraphrases are (`benchmarks.leakage`
measures it). Only examples that share a topic with the holdout are encoded, in one batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mqt_assets.training.corrections import asked_then
from mqt_assets.training.equivalence import constants_of, same_question
from mqt_assets.training.examples import ASKED_AT, Example, collections_of, question_key
from mqt_serving.query.plan import (
    Aggregate,
    Arithmetic,
    Change,
    Entity,
    Field,
    Moving,
    PartOf,
    Plan,
    Rank,
    Running,
    walk,
)

Vectors: TypeAlias = npt.NDArray[np.float32]
Encode: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Texts to vectors of length 1, (n, dimension)."""

THRESHOLD: Final = 0.80
"""Cosine from which two wordings about one topic count as one question: the lowest at which 95 % of
the pairs found are paraphrases (`benchmarks.leakage`)."""


class Reason(StrEnum):
    QUESTION = "same question"
    QUERY = "same query"
    WORDING = "near paraphrase"


@dataclass(frozen=True, slots=True)
class Leak:
    """`example` gives `member` of the holdout away; `similarity` is the cosine of a paraphrase."""

    example: Example
    member: Example
    reason: Reason
    similarity: float = 1.0


def find_leaks(
    examples: Iterable[Example],
    members: Iterable[Example],
    encode: Encode,
    threshold: float = THRESHOLD,
) -> tuple[Leak, ...]:
    """One leak for each example that has any, those in the same words or queries first.

    A correction is compared as if it was asked when the made questions are: "last month" is one
    month then.
    """
    held = _Held(members)
    plain: list[Leak] = []
    doubtful: defaultdict[Hashable, list[Example]] = defaultdict(list)
    for said in examples:
        if said.database not in held.databases:
            continue
        example = asked_then(said, ASKED_AT) or said
        leak = held.leak_of(example)
        if leak is not None:
            plain.append(leak)
        elif (topic := topic_of(example)) in held.by_topic:
            doubtful[topic].append(example)
    return (*plain, *_alike(doubtful, held.by_topic, encode, threshold))


def topic_of(example: Example) -> Hashable | None:
    """What a question is about: all that its plan says but what is shown, and in what order.

    Collections, names in tests and groups, what is computed, literals and limits. None without a
    plan.
    """
    plan = example.plan
    if plan is None:
        return None
    names = (_names(plan.where), _names(plan.group_by), _names(plan.having))
    return example.database, collections_of(plan), names, _computed(plan), constants_of(plan)


def _names(node: object) -> frozenset[object]:
    return frozenset(item for item in walk(node) if isinstance(item, Field | Entity))


def _computed(plan: Plan) -> frozenset[object]:
    """Functions, arithmetic, parts of dates, and what goes over groups, whatever the fields."""
    found: set[object] = set()
    for node in walk(plan):
        match node:
            case Aggregate():
                found.add((node.function, node.distinct))
            case Arithmetic():
                found.add(node.operator)
            case PartOf():
                found.add(node.part)
            case Running() | Change() | Moving() | Rank():
                found.add(type(node))
    return frozenset(found)


class _Held:
    """The members of a holdout by all that an example could share with them."""

    def __init__(self, members: Iterable[Example]) -> None:
        self.by_topic: defaultdict[Hashable, list[Example]] = defaultdict(list)
        self.databases: set[str] = set()
        self._by_question: dict[Hashable, Example] = {}
        self._by_query: dict[Hashable, Example] = {}
        for member in members:
            self.databases.add(member.database)
            self._by_question.setdefault(question_key(member), member)
            for key in _queries(member):
                self._by_query.setdefault(key, member)
            if member.plan is not None:
                self.by_topic[topic_of(member)].append(member)

    def leak_of(self, example: Example) -> Leak | None:
        """By the same words, or the same query; wordings are not compared."""
        member = self._by_question.get(question_key(example))
        if member is not None:
            return Leak(example, member, Reason.QUESTION)
        found = (self._by_query[key] for key in _queries(example) if key in self._by_query)
        member = next(found, None)
        return None if member is None else Leak(example, member, Reason.QUERY)


def _queries(example: Example) -> Iterator[Hashable]:
    yield example.database, example.command
    if example.plan is not None:
        yield example.database, same_question(example.plan)


def _alike(
    doubtful: dict[Hashable, list[Example]],
    by_topic: dict[Hashable, list[Example]],
    encode: Encode,
    threshold: float,
) -> Iterator[Leak]:
    if not doubtful:
        return
    texts = dict.fromkeys(
        each.question
        for topic, examples in doubtful.items()
        for each in (*examples, *by_topic[topic])
    )
    rows = {text: row for row, text in enumerate(texts)}
    vectors = encode(list(texts))
    for topic, examples in doubtful.items():
        members = by_topic[topic]
        ours = vectors[[rows[each.question] for each in examples]]
        theirs = vectors[[rows[each.question] for each in members]]
        cosines = ours @ theirs.T
        for example, row in zip(examples, cosines, strict=True):
            nearest = int(row.argmax())
            if row[nearest] >= threshold:
                yield Leak(example, members[nearest], Reason.WORDING, float(row[nearest]))
