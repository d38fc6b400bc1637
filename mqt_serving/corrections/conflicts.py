"""What becomes of a correction that others contradict: a pure decision.

Two corrections contradict each other when they are of the same question, or of wordings that mean
the same as surely as `CONFLICT` says, and their queries answer differently. Between different
people nobody wins by being last: the new one is held for review, and the old one serves on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

CONFLICT = 0.95
"""Likeness of two questions from which on different answers are a contradiction. Above the
likeness from which a correction is reused: whoever corrects a reuse that was wrong says that the
questions differ, and must not have to wait for a reviewer."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who corrects: `key` stands for the session or principal (empty when there was none), `name`
    is what somebody called themselves, `answer` the id of the answer that they corrected."""

    name: str = ""
    key: str = ""
    answer: str = ""

    def is_same(self, other: Author) -> bool:
        """Keys tell where both have one; names, which anybody can claim, only where neither has;
        else the answer, whose id only those know who asked."""
        if self.key and other.key:
            return self.key == other.key
        if self.name and other.name and not (self.key or other.key):
            return self.name == other.name
        return bool(self.answer) and self.answer == other.answer


def last_words(said: Iterable[T], author_of: Callable[[T], Author]) -> list[T]:
    """What each person said last; `said` is in order, and so is what is returned."""
    last: list[T] = []
    for each in said:
        author = author_of(each)
        last = [earlier for earlier in last if not author.is_same(author_of(earlier))]
        last.append(each)
    return last


@dataclass(frozen=True, slots=True)
class Rival:
    """An accepted correction of the same question, or of one that means the same."""

    id: str
    author: Author
    same_question: bool  # word for word
    same_answer: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """`replaces` are corrections that this one takes the place of."""

    held: bool
    reason: str = ""
    replaces: tuple[str, ...] = ()


def judge(author: Author, rivals: Sequence[Rival]) -> Judgement:
    """What becomes of a new correction by `author`."""
    against = [rival for rival in rivals if not rival.same_answer]
    others = [rival for rival in against if not author.is_same(rival.author)]
    if others:
        name = others[0].author.name or "somebody else"
        return Judgement(
            held=True,
            reason=f"It contradicts correction {others[0].id} by {name}: a reviewer decides.",
        )
    own = [rival.id for rival in against if rival.same_question]
    return Judgement(held=False, replaces=tuple(own))
