"""A day as it might have been: questions of four topics, one of which fails, and what was said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mqt_serving.feedback.records import FeedbackRecord, Reason
from mqt_serving.journal import QueryRecord
from mqt_serving.query.plan import Aggregate, Entity, Field, Function, Output, Plan
from mqt_serving.query.plan_json import plan_to_json

SECRET = "Xanthippe"
"""A value of the private field: people may say it, nobody may read it in a report."""


def count_by(collection: str, path: str) -> Plan:
    field = Field(collection, path)
    return Plan(
        (Output(field), Output(Aggregate(Function.COUNT, Entity(collection)))), group_by=(field,)
    )


def count(collection: str) -> Plan:
    return Plan((Output(Aggregate(Function.COUNT, Entity(collection))),))


_TOPICS: list[tuple[Plan | None, float, list[str]]] = [
    # (what answered, how often it fails, wordings)
    (count_by("orders", "status"), 0.05, ["Orders by status", "How many orders of each status?"]),
    (count("customers"), 0.05, ["How many customers are there?", "Number of customers"]),
    (
        count_by("deliveries", "carrier"),
        0.8,
        [
            "Late deliveries by carrier",
            "Which carrier delivers late most often?",
            "Deliveries per carrier that were late",
            "How often was each carrier late?",
        ],
    ),
    (
        None,  # cannot be answered
        1.0,
        [
            "What is the weather in Vienna tomorrow?",
            "Will it rain in Berlin this week?",
            "Weather forecast for Rome",
        ],
    ),
]
_COMPLAINTS = ["This is wrong, it counts cancelled ones too", "Terrible answer, useless"]


class SyntheticDay:
    """`questions` of them, most of the well-answered topics; seeded, so always the same."""

    def __init__(self, start: datetime, questions: int = 240, seed: int = 3) -> None:
        chance = Random(seed)
        self.queries: list[dict[str, Any]] = []
        self.feedback: list[dict[str, Any]] = []
        for number in range(questions):
            weights = (5, 5, 2, 1)
            plan, failing, wordings = chance.choices(_TOPICS, weights)[0]
            at = start + timedelta(seconds=number * (86_000 // questions))
            query = self._query(number, at, chance.choice(wordings), plan)
            self.queries.append(query)
            if plan is not None and chance.random() < failing:
                self.feedback.append(self._feedback(query, chance.choice(_COMPLAINTS)))
        first = self.queries[0]
        self.feedback.append(
            self._feedback(first, "Great, thanks!")
            | {"_id": f"praise-{first['_id']}", "verdict": "up", "rating": 5, "signals": ["copied"]}
        )
        # A question that says a private value; nothing of it may come out.
        leaking = self._query(questions, start, f"Phone number of {SECRET}?", None)
        self.queries.append(leaking)
        self.feedback.append(self._feedback(leaking, f"Bad: {SECRET} has a phone"))

    def _query(self, number: int, at: datetime, question: str, plan: Plan | None) -> dict[str, Any]:
        return QueryRecord(
            query_id=f"{at:%Y%m%d}-{number}",
            at=at,
            question=question,
            database="shop" if plan else "",
            plan=plan_to_json(plan) if plan else None,
            command="db.x.find()" if plan else "",
            release_id="r1" if number % 2 else "r2",
            source="model" if plan else "",
            outcome="answered" if plan else "cannot-answer",
            timings={"total_ms": 20.0},
        ).document()

    def _feedback(self, query: dict[str, Any], comment: str) -> dict[str, Any]:
        record = FeedbackRecord(
            feedback_id=f"f-{query['_id']}",
            query_id=query["_id"],
            at=query["at"] + timedelta(minutes=1),
            question=query["question"],
            database=query["database"],
            verdict="down",
            corrected_query=None,
            plan=None,
            status="noted",
            comment=comment,
            author="",
            release_id=query["release_id"],
            decided_at=query["at"] + timedelta(minutes=1),
            reasons=(Reason.UNCLEAR,),
        )
        return record.document()

    def failing(self) -> Iterator[str]:
        said = {entry["query_id"] for entry in self.feedback if entry["verdict"] == "down"}
        return (q["_id"] for q in self.queries if q["outcome"] != "answered" or q["_id"] in said)
