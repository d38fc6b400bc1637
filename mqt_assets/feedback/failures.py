"""Which questions of a day failed, and how: the query log joined with what people said of it. Pure.

A question failed when it ended in an error, when its answer was voted down or corrected, when
somebody rated it 1 or 2, or gave a reason that no right answer can have. What it was about is read
from the corrected query where there is one, since that is what was meant, else from the query that
answered it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from mqt_assets.training.examples import kind_of, references_of
from mqt_serving.errors import PlanError
from mqt_serving.feedback.reasons import FAULTS as KNOWN_FAULTS
from mqt_serving.feedback.records import LOW_RATING
from mqt_serving.journal import ANSWERED
from mqt_serving.query.plan import Field
from mqt_serving.query.plan_json import plan_from_json

VOTED_DOWN, CORRECTED, RATED_LOW = "voted down", "corrected", "rated 1 or 2"
FAULTS = frozenset(str(reason) for reason in KNOWN_FAULTS)

_WITHDRAWN = frozenset({"rejected", "revoked"})
"""Statuses of corrections that turned out wrong: the answer may have been right."""

NO_QUERY = "no query"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a query is about; without a plan its kind alone is known."""

    kind: str
    collections: frozenset[str] = frozenset()
    fields: frozenset[tuple[str, str]] = frozenset()  # (collection, path)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the log. `failures` is empty when all was well."""

    question: str
    database: str
    at: datetime
    release_id: str
    error: str  # its code; empty when it was answered
    shape: Shape
    failures: frozenset[str]

    @property
    def failed(self) -> bool:
        return bool(self.failures)


def asked_of(
    rows: Iterable[Mapping[str, Any]], feedback: Iterable[Mapping[str, Any]]
) -> list[Asked]:
    """One for each question among `rows` of the query log, in their order.

    Queries that a person wrote come without a question, and are left out.
    """
    said: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in feedback:
        said[str(entry.get("query_id"))].append(entry)
    return [_asked(row, said.get(row["query_id"], ())) for row in rows if row["question"]]


def failures_of(outcome: str, feedback: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Names of what went wrong: an error's code, or what people said."""
    found = set() if outcome in ANSWERED else {outcome}
    for entry in feedback:
        if entry.get("verdict") == "down":
            found.add(VOTED_DOWN)
        if is_correction(entry):
            found.add(CORRECTED)
        found |= FAULTS.intersection(entry.get("reasons") or ())
        rating = entry.get("rating")
        if rating is not None and rating <= LOW_RATING:
            found.add(RATED_LOW)
    return frozenset(found)


def is_correction(entry: Mapping[str, Any]) -> bool:
    return entry.get("corrected_query") is not None and entry.get("status") not in _WITHDRAWN


def _asked(row: Mapping[str, Any], feedback: Sequence[Mapping[str, Any]]) -> Asked:
    corrections = [entry for entry in feedback if is_correction(entry)]
    if corrections:
        plan = corrections[-1].get("plan")
        shape = shape_of(json.dumps(plan, default=str) if plan else None, has_query=True)
    else:
        shape = shape_of(row["plan"], has_query=bool(row["command"]))
    return Asked(
        question=row["question"],
        database=row["database"] or (str(corrections[-1]["database"]) if corrections else ""),
        at=row["at"],
        release_id=row["release_id"],
        error="" if row["outcome"] in ANSWERED else row["outcome"],
        shape=shape,
        failures=failures_of(row["outcome"], feedback),
    )


@lru_cache(maxsize=4096)
def shape_of(plan: str | None, has_query: bool) -> Shape:
    """The shape of a plan given as JSON text (the same plans come again and again)."""
    if plan is None:
        return Shape("unraised" if has_query else NO_QUERY)
    try:
        tree = plan_from_json(json.loads(plan))
    except PlanError:  # written by another version: what it was about is not known
        return Shape("unraised")
    references = list(references_of(tree))
    return Shape(
        kind_of(tree),
        frozenset(reference.collection for reference in references),
        frozenset((r.collection, r.path) for r in references if isinstance(r, Field)),
    )
