"""The feedback dataset: which corrections are examples, where each came from, what is disputed.

Pure: documents of the journal in, the dataset out. Only what is `accepted` counts; of one author
the newest word on a question counts. Where authors then still contradict each other, nobody is
believed: the question becomes a conflict for review instead of an example.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from mqt_assets.training.corrections import asked_then, example_of
from mqt_assets.training.equivalence import same_meaning
from mqt_assets.training.examples import ASKED_AT, Example, dataset_digest, question_key
from mqt_serving.choices import choice_of_command
from mqt_serving.corrections.conflicts import Author, last_words
from mqt_serving.errors import MqtError
from mqt_serving.feedback.records import BY_MQT
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.schema import Catalog

ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True)
class Origin:
    """One piece of feedback behind an example. People are pseudonyms; the journal has names."""

    feedback_id: str
    query_id: str
    release_id: str  # that gave the answer
    author: str
    at: str
    decided_at: str
    decided_by: str  # `mqt` itself, when the checks were enough


@dataclass(frozen=True, slots=True)
class Entry:
    """An example with what it goes back to, oldest first; `schema_digest` of its database now."""

    example: Example
    origins: tuple[Origin, ...]
    schema_digest: str

    def to_json(self) -> dict[str, Any]:
        return {
            "example": self.example.id,
            "schema_digest": self.schema_digest,
            "origins": [asdict(origin) for origin in self.origins],
        }


@dataclass(frozen=True, slots=True)
class Side:
    """One of the queries that people say is right for a question, and who says so."""

    command: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A question that different people corrected differently."""

    question: str
    database: str
    sides: tuple[Side, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FeedbackDataset:
    """`accepted` are the ids of all accepted feedback, whatever became of it here."""

    entries: tuple[Entry, ...]
    conflicts: tuple[Conflict, ...]
    accepted: tuple[str, ...]
    replaced: tuple[str, ...]  # ids of corrections that their author replaced, or the schema did

    @property
    def examples(self) -> tuple[Example, ...]:
        return tuple(entry.example for entry in self.entries)

    @property
    def disputed(self) -> tuple[str, ...]:
        """Ids of the accepted feedback that teaches nothing until its conflict is settled."""
        sides = (side for conflict in self.conflicts for side in conflict.sides)
        return tuple(origin.feedback_id for side in sides for origin in side.origins)

    @property
    def digest(self) -> str:
        """Of the examples alone: who else said the same doesn't make another dataset."""
        return dataset_digest(self.examples)

    def to_json(self, code_version: str) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "code_version": code_version,
            "feedback": list(self.accepted),
            "replaced": list(self.replaced),
            "disputed": list(self.disputed),
            "examples": [example.to_json() for example in self.examples],
            "provenance": [entry.to_json() for entry in self.entries],
            "conflicts": [conflict.to_json() for conflict in self.conflicts],
        }


@dataclass(frozen=True, slots=True)
class _Said:
    """One accepted correction, read."""

    example: Example
    origin: Origin
    author: Author
    decided: datetime


def curate(
    documents: Iterable[Mapping[str, Any]], catalogs: Mapping[str, Catalog] | None = None
) -> FeedbackDataset:
    """One example a question; the order is that in which their queries were first decided on.

    The same question: same database, same words but for case, spaces and final punctuation. With
    `catalogs`, where some corrections of a question fit the schema of its database and some no
    longer do, the former count. Corrections of "last month" are compared as if all were asked when
    the newest was; what cannot be moved to then gives way. Raises what `example_of` raises.
    """
    listed = [document for document in documents if document["status"] == ACCEPTED]
    said = sorted(_read(listed), key=lambda each: (each.decided, each.origin.feedback_id))
    questions: dict[tuple[str, str], list[_Said]] = {}
    for each in said:
        questions.setdefault(question_key(each.example), []).append(each)
    entries: list[tuple[datetime, Entry]] = []
    conflicts: list[Conflict] = []
    standing: set[str] = set()
    for (database, _), group in questions.items():
        catalog = (catalogs or {}).get(database)
        sides = _sides(_fitting(last_words(group, lambda each: each.author), catalog))
        standing.update(each.origin.feedback_id for side in sides for each in side)
        if len(sides) > 1:
            conflicts.append(_conflict(sides))
            continue
        (side,) = sides
        digest = catalog.digest if catalog else ""
        entry = Entry(side[0].example, tuple(each.origin for each in side), digest)
        entries.append((side[0].decided, entry))
    entries.sort(key=lambda pair: (pair[0], pair[1].example.id))
    return FeedbackDataset(
        entries=tuple(entry for _, entry in entries),
        conflicts=tuple(conflicts),
        accepted=tuple(str(document["_id"]) for document in listed),
        replaced=tuple(
            each.origin.feedback_id for each in said if each.origin.feedback_id not in standing
        ),
    )


def learnable(body: Mapping[str, Any]) -> list[str]:
    """Ids of the feedback in a dataset's JSON that a training has learned from, or could have:
    what is disputed is new evidence once its conflict is settled."""
    disputed = set(body.get("disputed", ()))
    return [one for one in body["feedback"] if one not in disputed]


def by_status(documents: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """(status, kind, pieces), most frequent first; of several things said, the most telling."""
    counts = Counter((str(document.get("status", "")), _kind(document)) for document in documents)
    return [(status, kind, count) for (status, kind), count in counts.most_common()]


def by_day(documents: Iterable[Mapping[str, Any]], status: str = ACCEPTED) -> dict[date, int]:
    """Corrections of that status by the day on which they were made."""
    days = Counter(
        document["at"].date()
        for document in documents
        if document.get("status") == status and document.get("corrected_query")
    )
    return dict(sorted(days.items()))


def pseudonym(name: str) -> str:
    """Tells people apart in files that leave the journal; nobody's name is in it.

    Whoever knows all names can find out whose it is: it is no anonymity.
    """
    return hashlib.sha256(f"mqt person {name}".encode()).hexdigest()[:12] if name else ""


def _kind(document: Mapping[str, Any]) -> str:
    if document.get("corrected_query"):
        return "correction" if document.get("picked_candidate") is None else "reading picked"
    if document.get("expected_answer"):
        return "expected answer"
    if document.get("rating") is not None:
        return "rating"
    if document.get("verdict"):
        return f"thumb {document['verdict']}"
    if document.get("reasons"):
        return "reasons"
    return "comment" if document.get("comment") else "signal"


def _read(documents: Iterable[Mapping[str, Any]]) -> Iterator[_Said]:
    for document in documents:
        if not document.get("corrected_query"):
            continue
        decided: datetime = document.get("decided_at") or document["at"]
        author = Author(
            name=str(document.get("author") or ""),
            key=str(document.get("author_key") or ""),
            answer=str(document.get("query_id") or ""),
        )
        decider = str(document.get("decided_by") or "")
        origin = Origin(
            feedback_id=str(document["_id"]),
            query_id=author.answer,
            release_id=str(document.get("release_id") or ""),
            author=pseudonym(author.name),
            at=document["at"].isoformat(),
            decided_at=decided.isoformat(),
            decided_by=decider if decider in ("", BY_MQT) else pseudonym(decider),
        )
        yield _Said(example_of(document), origin, author, decided)


def _fitting(group: list[_Said], catalog: Catalog | None) -> list[_Said]:
    if catalog is None or len(group) == 1:
        return group
    return [each for each in group if _fits(each.example, catalog)] or group


def _fits(example: Example, catalog: Catalog) -> bool:
    try:
        if example.plan is not None:
            check_plan(example.plan, catalog)
        choice_of_command(parse_query(example.command), example.plan, catalog, Policy())
    except MqtError:
        return False
    return True


def _sides(group: Sequence[_Said]) -> list[list[_Said]]:
    """Those who mean the same query together, in the order in which they first said so."""
    sides: list[list[_Said]] = []
    known: dict[str, list[_Said]] = {}
    newest = group[-1].example
    for each in group:
        example = asked_then(each.example, newest.asked_at or ASKED_AT)
        if example is None:
            continue
        keys = _meanings(example)
        side = next((known[key] for key in keys if key in known), None)
        if side is None:
            side = []
            sides.append(side)
        side.append(each)
        known.update(dict.fromkeys(keys, side))
    return sides


def _meanings(example: Example) -> tuple[str, ...]:
    """By the query itself and by its plan: a newer version may have found a plan for it."""
    written = render_mongosh(parse_query(example.command))
    return (written,) if example.plan is None else (written, same_meaning(example.plan))


def _conflict(sides: Sequence[Sequence[_Said]]) -> Conflict:
    first = sides[0][0].example
    return Conflict(
        first.question,
        first.database,
        tuple(Side(side[0].example.command, tuple(each.origin for each in side)) for side in sides),
    )
