"""Gold queries as corrections: which are corrected, and in what form the product keeps them. Pure.

A query and all that asks for it stay on one side: nothing that is corrected tells the answer to a
question of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mqt_assets.evaluation.execution_accuracy import Rows
from mqt_assets.feedback.dataset import curate
from mqt_assets.training.examples import Example, question_key
from mqt_serving.choices import check_text
from mqt_serving.errors import MqtError
from mqt_serving.feedback.records import FeedbackRecord
from mqt_serving.query.guarding.guard import Policy
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan_json import plan_to_json
from mqt_serving.schema import Catalog, digest_of

Run = Callable[[str, Command], Rows]
_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Query:
    """A gold query by all wordings that ask for it, in the order of the file."""

    wordings: tuple[Example, ...]

    def place(self, seed: int) -> str:
        """Where the query stands among those of its database: scattered, the same every time."""
        return digest_of([seed, min(example.id for example in self.wordings)])


@dataclass(frozen=True, slots=True)
class Split:
    """`asked` are the wordings that were corrected, `reworded` the others of the same queries."""

    queries: int  # corrected
    asked: tuple[Example, ...]
    reworded: tuple[Example, ...]
    rest: tuple[Example, ...]


def queries_of(examples: Iterable[Example]) -> tuple[Query, ...]:
    """The queries of one database; golds that are one plan, or share a wording, are one query."""
    listed = list(examples)
    groups: dict[Hashable, list[int]] = {}  # key -> positions in the list
    for position, example in enumerate(listed):
        met = {id(groups[key]): groups[key] for key in _keys(example) if key in groups}
        merged = sorted([position, *(one for group in met.values() for one in group)])
        for one in merged:
            groups |= dict.fromkeys(_keys(listed[one]), merged)
    together = {group[0]: group for group in groups.values()}
    return tuple(
        Query(tuple(listed[position] for position in together[first])) for first in sorted(together)
    )


def split(queries: Sequence[Query], share: float, wordings: int, seed: int) -> Split:
    """A share of the queries as corrected in their first `wordings`, all others as the rest.

    A smaller share is part of a larger one. Above 0 there is at least one, and one stays in the
    rest.
    """
    order = sorted(queries, key=lambda query: query.place(seed))
    wanted = max(1, int(share * len(order) + 0.5)) if share > 0 else 0
    count = min(wanted, len(order) - 1) if order else 0
    corrected, rest = order[:count], order[count:]
    return Split(
        count,
        tuple(example for query in corrected for example in query.wordings[:wordings]),
        tuple(example for query in corrected for example in query.wordings[wordings:]),
        tuple(example for query in rest for example in query.wordings),
    )


def accepted(asked: Iterable[Example], catalog: Catalog, run: Run) -> list[Example]:
    """The examples that the pipeline makes of these corrections.

    Each query is checked and run as serving does before it accepts one, and goes through the
    journal's form; one that serving refuses is left out.
    """
    records = [record.document() for record in _records(asked, catalog, run)]
    return list(curate(records).examples)


def _records(asked: Iterable[Example], catalog: Catalog, run: Run) -> Iterator[FeedbackRecord]:
    for example in asked:
        try:
            checked = check_text(example.command, catalog, Policy())
            run(catalog.database, checked.choice.command)
        except MqtError:
            continue
        plan = checked.choice.plan
        yield FeedbackRecord(
            feedback_id=example.id,
            query_id=example.id,
            at=_AT,
            question=example.question,
            database=example.database,
            verdict="down",
            corrected_query=checked.choice.mongosh,
            plan=None if plan is None else plan_to_json(plan),
            status="accepted",
            comment="",
            author="benchmark",
            release_id="",
            decided_at=_AT,
        )


def _keys(example: Example) -> Iterator[Hashable]:
    yield "gold", example.database, example.command
    yield "wording", question_key(example)
    if example.plan is not None:
        yield "plan", example.database, digest_of(plan_to_json(example.plan))
