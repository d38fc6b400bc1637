"""What is asked in the simulated month: everyday questions, those about new data, other topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.written_set import questions
from mqt_assets.training.examples import UNANSWERABLE
from mqt_assets.training.synthesis import synthesise
from mqt_serving.schema import Catalog

_MOVING = "relative ranges"
_NOW = "$$NOW"
"""What returns something else from one moment to the next cannot be judged by running it twice."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`golds` are mongosh texts, any of which is right."""

    question: str
    golds: tuple[str, ...]
    ordered: bool


def everyday(catalog: Catalog, count: int, seed: int) -> list[Asked]:
    """Made from the schema, as other people's would be: another seed than any training's."""
    return [
        Asked(example.question, (example.command,), example.ordered)
        for example in synthesise(catalog, count, seed)
        if example.kind != UNANSWERABLE and _NOW not in example.command
    ]


def about(catalog: Catalog, collection: str, count: int, seed: int) -> list[Asked]:
    """Everyday questions that need this collection."""
    asked = everyday(catalog, 12 * count, seed)
    return [one for one in asked if f"db.{collection}." in one.golds[0]][:count]


def other_topics(database: str) -> list[Asked]:
    """Written by people about the database: dates, arithmetic, totals under conditions, gaps, the
    first of each, running totals; no family of everyday questions has them all."""
    return [
        Asked(one.question, one.golds, one.ordered)
        for one in questions()
        if one.database == database
        and _MOVING not in one.constructs
        and not any(_NOW in gold for gold in one.golds)
    ]


def day_of(pool: Sequence[Asked], day: int, count: int) -> list[Asked]:
    """The day's share of a pool, in turn, so that questions come again after some days."""
    return [pool[(day * count + at) % len(pool)] for at in range(min(count, len(pool)))]
