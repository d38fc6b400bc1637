"""What a reviewer looks at first: ordered by expected gain. Pure.

Questions that were read alike (the same query on the same database, or the same words where there
was no query) are one cluster. Its gain is frequency x uncertainty x disagreement:

- *frequency*: log2(1 + times asked), since a hundred more of the same is not a hundred times worse;
- *uncertainty*: mean of 1 - probability of what was answered; 1 where nothing was;
- *disagreement*: (complaints + 0.25) / (votes + 1), a share that starts at a quarter where nobody
  said anything; 1 for a held correction, since two people contradict each other.

A held correction counts with the cluster of its question. So does a *stale* one: an accepted
correction that the data no longer fits, which answers nothing until somebody mends or rejects it.
And a *disputed* one: it answers, but somebody else's accepted query of the same question is
another one, so none of them is learned or released.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mqt_serving.release_loading import normalise

Kind = Literal["held", "disputed", "stale", "question"]
_CERTAIN_ENOUGH = 0.05
"""Answered with less doubt than this, and without a complaint, a question is no one's work."""


@dataclass(frozen=True, slots=True)
class Item:
    """`id` is that of the correction, or of the latest question of the cluster."""

    id: str
    kind: Kind
    question: str
    database: str
    query: str  # the correction, or what the model answered
    instead_of: str  # what is accepted now, for a held one; what else is, for a disputed one
    author: str
    reason: str  # why it is here, where that is known
    asked: int
    uncertainty: float
    disagreement: float

    @property
    def gain(self) -> float:
        return math.log2(1 + self.asked) * self.uncertainty * self.disagreement


@dataclass(frozen=True, slots=True)
class Stale:
    """An accepted correction that no longer fits the data, and why."""

    id: str
    question: str
    database: str
    query: str
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Disputed:
    """An accepted correction, the newest of its question, and another person's other query."""

    id: str
    question: str
    database: str
    query: str
    author: str
    other: str


@dataclass(slots=True)
class _Cluster:
    latest: Mapping[str, Any]
    asked: int = 0
    doubt: float = 0.0
    votes: int = 0
    complaints: int = 0

    @property
    def uncertainty(self) -> float:
        return self.doubt / self.asked

    @property
    def disagreement(self) -> float:
        return (self.complaints + 0.25) / (self.votes + 1)


def queue(
    queries: Iterable[Mapping[str, Any]],
    feedback: Iterable[Mapping[str, Any]],
    held: Iterable[Mapping[str, Any]],
    stale: Iterable[Stale],
    settled: Collection[tuple[str, str]],
    accepted: Mapping[tuple[str, str], str],
    disputed: Iterable[Disputed] = (),
) -> Sequence[Item]:
    """Highest gain first.

    `queries` are the journal's, newest first; `feedback` is on them. `settled` are questions
    (database, normalised) that need nobody: corrected, or dismissed by a reviewer. `accepted` is
    the query that answers a question now.
    """
    clusters: dict[tuple[str, str], _Cluster] = {}
    of_query: dict[str, _Cluster] = {}
    of_question: dict[tuple[str, str], _Cluster] = {}
    for query in queries:
        cluster = clusters.setdefault(_key(query), _Cluster(query))
        cluster.asked += 1
        cluster.doubt += _doubt(query)
        of_query[str(query["_id"])] = cluster
        of_question.setdefault(_words(query), cluster)
    for piece in feedback:
        cluster = of_query.get(str(piece["query_id"]))  # type: ignore[assignment]
        if cluster is not None:
            opinion = _complains(piece)
            cluster.votes += opinion is not None
            cluster.complaints += opinion is True
    items = [_held(document, of_question, accepted) for document in held]
    items += [_stale(one, of_question) for one in stale]
    items += [_disputed(one, of_question) for one in disputed]
    items += [
        _question(cluster)
        for cluster in clusters.values()
        if _words(cluster.latest) not in settled
        and (cluster.complaints or cluster.uncertainty > _CERTAIN_ENOUGH)
    ]
    return sorted(items, key=lambda item: (-item.gain, item.id))


def _key(query: Mapping[str, Any]) -> tuple[str, str]:
    return query["database"], query["command"] or normalise(query["question"])


def _words(query: Mapping[str, Any]) -> tuple[str, str]:
    return query["database"], normalise(query["question"])


def _doubt(query: Mapping[str, Any]) -> float:
    candidates, chosen = query.get("candidates") or (), query.get("chosen")
    if not query["command"]:
        return 1.0
    if chosen is None or chosen >= len(candidates):
        return 0.5  # journaled by a version that kept no probabilities
    return 1.0 - min(1.0, float(candidates[chosen]["probability"]))


def _complains(piece: Mapping[str, Any]) -> bool | None:
    """Whether it says that the answer is wrong; None where it says neither."""
    if piece.get("verdict"):
        return bool(piece["verdict"] == "down")
    if piece.get("rating"):
        return bool(piece["rating"] <= 2)
    if piece.get("reasons") or "rephrased" in (piece.get("signals") or ()):
        return True
    return None


def _held(
    document: Mapping[str, Any],
    of_question: Mapping[tuple[str, str], _Cluster],
    accepted: Mapping[tuple[str, str], str],
) -> Item:
    cluster = of_question.get(_words(document))
    return Item(
        id=str(document["_id"]),
        kind="held",
        question=document["question"],
        database=document["database"],
        query=document["corrected_query"],
        instead_of=accepted.get(_words(document), ""),
        author=document.get("author") or "",
        reason=document.get("decision_reason") or "",
        asked=cluster.asked if cluster else 1,
        uncertainty=1.0,  # two people say different things: neither is known to be right
        disagreement=1.0,
    )


def _stale(one: Stale, of_question: Mapping[tuple[str, str], _Cluster]) -> Item:
    cluster = of_question.get((one.database, normalise(one.question)))
    return Item(
        id=one.id,
        kind="stale",
        question=one.question,
        database=one.database,
        query=one.query,
        instead_of="",
        author=one.author,
        reason=one.reason,
        asked=cluster.asked if cluster else 1,
        uncertainty=1.0,
        disagreement=1.0,  # the data disagrees
    )


def _disputed(one: Disputed, of_question: Mapping[tuple[str, str], _Cluster]) -> Item:
    cluster = of_question.get((one.database, normalise(one.question)))
    return Item(
        id=one.id,
        kind="disputed",
        question=one.question,
        database=one.database,
        query=one.query,
        instead_of=one.other,
        author=one.author,
        reason="",
        asked=cluster.asked if cluster else 1,
        uncertainty=1.0,
        disagreement=1.0,
    )


def _question(cluster: _Cluster) -> Item:
    latest = cluster.latest
    return Item(
        id=str(latest["_id"]),
        kind="question",
        question=latest["question"],
        database=latest["database"],
        query=latest["command"],
        instead_of="",
        author="",
        reason=latest.get("error") or "",
        asked=cluster.asked,
        uncertainty=round(cluster.uncertainty, 4),
        disagreement=round(cluster.disagreement, 4),
    )
