"""What became of the questions of each variant, from the query log and the feedback journal.

A question counts for the unit and variant that its record says, at the challenger's share of now:
earlier steps had another mix of days and people. Questions with an override are left out. Reading
(`exposed`, `said_of`) is apart from counting, which is pure and keeps no question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from pymongo.database import Database

from mqt_assets.experiments.statistics import Latencies, Sample, sample_of
from mqt_serving.assignment import Variant
from mqt_serving.journal import ANSWERED, FEEDBACK, QUERIES

JournalDatabase = Database[dict[str, Any]]

SATISFIED = "satisfied"
"""The outcome that decides: answered, and neither corrected, nor voted down, nor rephrased."""

BETTER_HIGH = {
    SATISFIED: True,
    "success": True,
    "corrected": False,
    "thumbs_up": True,
    "thumbs_down": False,
    "rephrased": False,
}
"""Every outcome, and whether more of it is better."""

REPHRASED_WITHIN = timedelta(minutes=2)
SIMILAR = 0.5
"""Least share of common words (Jaccard) for one question to be another in other words."""

_FIELDS = (
    "at",
    "question",
    "outcome",
    "timings.total_ms",
    "follow_up_of",
    "exposure.unit",
    "exposure.variant",
)
_SAID = ("query_id", "verdict", "corrected_query")

_WORD = re.compile(r"\w+")
_LITTLE_WORDS = frozenset(
    "a an the of in on for to by is are was were do does did me my please and".split()
)


@dataclass(slots=True)
class Said:
    """What people said of one answer."""

    corrected: bool = False
    up: bool = False
    down: bool = False


_NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant's part. `samples` holds each outcome of `BETTER_HIGH`; `latencies` are those of
    answered questions, in all."""

    units: int
    questions: int
    samples: Mapping[str, Sample]
    latencies: Latencies

    @property
    def p95_ms(self) -> float | None:
        return self.latencies.p95


def exposed(
    database: JournalDatabase, experiment: str, share: float
) -> Iterator[Mapping[str, Any]]:
    """Questions that the experiment dealt at this share, unit by unit and in time, from an index
    (`mqt_serving.journal`)."""
    dealt = {"experiment": experiment, "share": share, "overridden": False}
    found = database[QUERIES].find(
        {f"exposure.{name}": value for name, value in dealt.items()}, dict.fromkeys(_FIELDS, 1)
    )
    yield from found.sort([("exposure.unit", 1), ("at", 1)])


def said_of(database: JournalDatabase, since: datetime) -> dict[str, Said]:
    """What people said since then, by the question's id."""
    found: dict[str, Said] = {}
    for entry in database[FEEDBACK].find({"at": {"$gte": since}}, dict.fromkeys(_SAID, 1)):
        said = found.setdefault(str(entry["query_id"]), Said())
        said.corrected |= entry.get("corrected_query") is not None
        said.up |= entry.get("verdict") == "up"
        said.down |= entry.get("verdict") == "down"
    return found


def arms_of(queries: Iterable[Mapping[str, Any]], said: Mapping[str, Said]) -> dict[Variant, Arm]:
    """Both arms from questions as `exposed` gives them; an arm that nobody saw is empty."""
    arms: dict[Variant, _Counting] = {"champion": _Counting(), "challenger": _Counting()}
    for _, asked in groupby(queries, key=lambda query: query["exposure"]["unit"]):
        of_unit = list(asked)
        arms[of_unit[0]["exposure"]["variant"]].add(of_unit, said)
    return {variant: counting.arm() for variant, counting in arms.items()}


def rephrased_ids(asked: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Of one unit's questions, in time, those that it soon asked in other words; the exact same
    again is no rephrasing and neither is a follow-up."""
    found = set()
    for position, first in enumerate(asked):
        for later in asked[position + 1 :]:
            if later["at"] - first["at"] > REPHRASED_WITHIN:
                break
            if not later.get("follow_up_of") and similar(first["question"], later["question"]):
                found.add(str(first["_id"]))
                break
    return frozenset(found)


def similar(one: str, other: str) -> bool:
    """Other words for much the same, not the same words."""
    if _WORD.findall(one.casefold()) == _WORD.findall(other.casefold()):
        return False
    first, second = _content(one), _content(other)
    return bool(first | second) and len(first & second) / len(first | second) >= SIMILAR


def _content(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold())) - _LITTLE_WORDS


class _Counting:
    """An arm while its questions come in."""

    def __init__(self) -> None:
        self._counts: list[int] = []  # questions by unit
        self._sums: dict[str, list[int]] = {name: [] for name in BETTER_HIGH}
        self._latencies: list[list[float]] = []

    def add(self, asked: Sequence[Mapping[str, Any]], said: Mapping[str, Said]) -> None:
        """All questions of one unit."""
        rephrased = rephrased_ids(asked)
        sums, latencies = dict.fromkeys(BETTER_HIGH, 0), []
        for query in asked:
            key, success = str(query["_id"]), query["outcome"] in ANSWERED
            heard = said.get(key, _NOTHING)
            happened = {
                "success": success,
                "corrected": heard.corrected,
                "thumbs_up": heard.up,
                "thumbs_down": heard.down,
                "rephrased": key in rephrased,
            }
            bad = heard.corrected or heard.down or happened["rephrased"]
            happened[SATISFIED] = success and not bad
            for name, true in happened.items():
                sums[name] += true
            total = (query.get("timings") or {}).get("total_ms")
            if success and total is not None:
                latencies.append(float(total))
        if latencies:
            self._latencies.append(latencies)
        self._counts.append(len(asked))
        for name, count in sums.items():
            self._sums[name].append(count)

    def arm(self) -> Arm:
        samples = {name: sample_of(sums, self._counts) for name, sums in self._sums.items()}
        return Arm(len(self._counts), sum(self._counts), samples, Latencies.of(self._latencies))


def started_at(entries: Iterable[Mapping[str, Any]], experiment: str) -> datetime | None:
    """When the audit trail says that the experiment began."""
    for entry in entries:
        details = entry.get("details") or {}
        if entry["action"] == "experiment-start" and details.get("experiment") == experiment:
            return datetime.fromisoformat(entry["at"])
    return None
