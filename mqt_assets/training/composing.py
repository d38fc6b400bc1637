"""What a training learns from, put together from its parts. Pure.

The assets of the group `training` call these one by one and keep what each gives; the learning
curve (`benchmarks.learning_curve`) calls them in a row, so that it measures what a release does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mqt_assets.training import practice
from mqt_assets.training.examples import Example
from mqt_assets.training.handwritten import replay
from mqt_assets.training.holdout import Division, Holdout, divide
from mqt_assets.training.leakage import Encode, Leak, find_leaks
from mqt_assets.training.synthesis import synthesise
from mqt_serving.schema import Catalog

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class PracticeQuestions:
    """Questions over databases that are nobody's: made from templates, and written by hand."""

    made: tuple[Example, ...]
    written: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """`examples` are learned from; `elsewhere` are corrections of databases not looked at.

    `leaks` are paraphrases of holdout questions, which are not learned from either.
    """

    examples: tuple[Example, ...]
    division: Division
    leaks: tuple[Leak, ...]
    elsewhere: tuple[Example, ...]

    @property
    def corrections(self) -> int:
        """How many corrections are learned from."""
        return sum(example.source == "correction" for example in self.examples)


def practice_databases(seed: int) -> dict[str, Catalog]:
    """Catalogs of made-up databases, and of those that the replayed sheets ask about."""
    return practice.practice_catalogs(seed) | replay(seed).catalogs


def practice_questions(databases: Mapping[str, Catalog], each: int, seed: int) -> PracticeQuestions:
    """`each` questions over every made-up one of `practice_databases`, and the replayed sheets."""
    sheets = replay(seed)
    made_up = {name: c for name, c in databases.items() if name not in sheets.catalogs}
    return PracticeQuestions(
        tuple(practice.practice_examples(made_up, each, seed)),
        tuple(example for example in sheets.examples if example.plan is not None),
    )


def own_questions(catalogs: Iterable[Catalog], each: int, seed: int) -> list[Example]:
    """`each` questions made from every catalog of the user's."""
    return [example for catalog in catalogs for example in synthesise(catalog, each, seed)]


def compose(
    questions: Sequence[Example],
    accepted: Iterable[Example],
    holdout: Holdout,
    databases: Collection[str],
    encode: Encode,
) -> TrainingSet:
    """What may be learned of `questions` and of the `accepted` corrections of these databases.

    Nothing of the holdout is among it, in whatever words, nor what has no plan: that can be
    evaluated, not learned.
    """
    corrections: list[Example] = []
    elsewhere: list[Example] = []
    for example in accepted:
        (corrections if example.database in databases else elsewhere).append(example)
    division = divide([*questions, *corrections], holdout)
    learnable = [example for example in division.train if example.plan is not None]
    leaks = find_leaks(learnable, holdout.members, encode)
    leaking = {leak.example.id for leak in leaks}
    learned = tuple(example for example in learnable if example.id not in leaking)
    return TrainingSet(learned, division, leaks, tuple(elsewhere))


def databases_of(examples: Iterable[Example], *named: Mapping[str, Kept]) -> dict[str, Kept]:
    """What is kept of the databases that the examples ask about; of a name in several, the last."""
    used = {example.database for example in examples}
    return {name: kept for group in named for name, kept in group.items() if name in used}
