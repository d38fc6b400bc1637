"""What became of the questions of two tenures, counted by the journal's MongoDB.

A sensor asks every minute, of hundreds of thousands of questions: MongoDB counts them by database
and words, from an index alone. One by one are read only those that somebody complained about, and
those asked while MongoDB was away, to be taken out again. The judgement is `watching`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from mqt_assets.release.watching import (
    AROUND,
    AWAY,
    FAULTS,
    Case,
    Figures,
    Tally,
    Tenure,
    figures_of,
)
from mqt_serving.feedback.records import LOW_RATING
from mqt_serving.journal import ANSWERED, FEEDBACK, QUERIES
from mqt_serving.release_loading import normalise

JournalDatabase = Database[dict[str, Any]]

_WHAT = {"outcome": True, "database": True, "question": True}
_COMPLAINED = {
    "$or": [
        {"corrected_query": {"$ne": None}},
        {"verdict": "down"},
        {"rating": {"$lte": LOW_RATING}},
    ]
}
_AT_ONCE = 1000
"""Ids, or spans of time, in one query."""


def figures_in(database: JournalDatabase, case: Case, days: timedelta) -> tuple[Figures, Figures]:
    """Both rates of the tenure that is judged, and of the last `days` of the one before.

    Raises what reading raises.
    """
    live, before = case.live, case.before
    assert before.until is not None
    since = max(before.since, before.until - days)
    away = _spans(_away(database, since - AROUND))
    said = _complaints(database, since)
    return (
        _figures(database, _of(live, live.since), away, said),
        _figures(database, _of(before, since), away, said),
    )


def _of(tenure: Tenure, since: datetime) -> dict[str, Any]:
    """What began before the pointer moved ends on its release, so `until` is no bound.

    What a person or a language model wrote says nothing of the release's model.
    """
    return {
        "release_id": {"$in": list(tenure.releases)},
        "at": {"$gte": since},
        "source": {"$nin": ["person", "llm"]},
    }


def _away(database: JournalDatabase, since: datetime) -> list[datetime]:
    found = database[QUERIES].find(
        {"outcome": {"$in": sorted(AWAY)}, "at": {"$gte": since}}, {"_id": False, "at": True}
    )
    return sorted(query["at"] for query in found)


def _spans(away: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """`AROUND` each of these moments (in order), those that overlap as one."""
    found: list[tuple[datetime, datetime]] = []
    for at in away:
        if found and at - AROUND <= found[-1][1]:
            found[-1] = (found[-1][0], at + AROUND)
        else:
            found.append((at - AROUND, at + AROUND))
    return found


def _complaints(database: JournalDatabase, since: datetime) -> dict[str, bool]:
    """Ids of questions that somebody was not content with, and whether they were corrected."""
    said = {"query_id": True, "corrected_query": True, "_id": False}
    found: defaultdict[str, bool] = defaultdict(bool)
    for entry in database[FEEDBACK].find({"at": {"$gte": since}, **_COMPLAINED}, said):
        found[str(entry["query_id"])] |= entry.get("corrected_query") is not None
    return found


def _figures(
    database: JournalDatabase,
    asked: Mapping[str, Any],
    away: Sequence[tuple[datetime, datetime]],
    said: Mapping[str, bool],
) -> Figures:
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for group in _groups(database, asked):
        tally = tallies[_unit(group["_id"])]
        tally.answered += group["answered"]
        tally.failed += group["failed"]
    left_out = set()
    for query in _asked_in(database, asked, away):
        left_out.add(query["_id"])
        tally = tallies[_unit(query)]
        tally.answered -= query["outcome"] in ANSWERED
        tally.failed -= query["outcome"] in FAULTS
    for query in _with_ids(database, asked, [key for key in said if key not in left_out]):
        if query["outcome"] in ANSWERED:
            tallies[_unit(query)].complained += 1
        elif query["outcome"] == "cannot-answer" and said[query["_id"]]:
            tallies[_unit(query)].failed += 1
    return figures_of(tallies.values(), len(left_out))


def _unit(query: Mapping[str, Any]) -> tuple[str, str]:
    return str(query["database"]), normalise(query["question"])


def _groups(database: JournalDatabase, asked: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """How often each question was answered, and failed through our fault."""

    def count(outcomes: Iterable[str]) -> dict[str, Any]:
        return {"$sum": {"$cond": [{"$in": ["$outcome", sorted(outcomes)]}, 1, 0]}}

    return database[QUERIES].aggregate(
        [
            {"$match": {**asked, "outcome": {"$in": sorted({*ANSWERED, *FAULTS})}}},
            {
                "$group": {
                    "_id": {"database": "$database", "question": "$question"},
                    "answered": count(ANSWERED),
                    "failed": count(FAULTS),
                }
            },
        ],
        allowDiskUse=True,
    )


def _asked_in(
    database: JournalDatabase, asked: Mapping[str, Any], spans: Sequence[tuple[datetime, datetime]]
) -> Iterator[dict[str, Any]]:
    for first in range(0, len(spans), _AT_ONCE):
        some = spans[first : first + _AT_ONCE]
        within = [{"at": {"$gte": start, "$lte": end}} for start, end in some]
        yield from database[QUERIES].find({**asked, "$or": within}, _WHAT)


def _with_ids(
    database: JournalDatabase, asked: Mapping[str, Any], ids: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        yield from database[QUERIES].find({"_id": {"$in": some}, **asked}, _WHAT)
