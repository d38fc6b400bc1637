"""What the serving tests ask of their small shop, and an observer that remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mqt_serving.observing import Observer
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    Order,
    Output,
    Plan,
)
from tests.mqt_serving.table_translator import Entry, Ranked

TOTAL = Field("orders", "total")
STATUS = Field("orders", "status")


def count_of(collection: str) -> Plan:
    return Plan((Output(Aggregate(Function.COUNT, Entity(collection))),))


SHIPPED = Plan(
    (Output(Aggregate(Function.COUNT, Entity("orders"))),),
    where=Compare(STATUS, Comparator.EQ, "shipped"),
)
BY_STATUS = Plan(
    (Output(STATUS), Output(Aggregate(Function.COUNT, Entity("orders")))), group_by=(STATUS,)
)
DEAREST = Plan((Output(STATUS), Output(TOTAL)), order_by=(Order(TOTAL, descending=True),), limit=2)
EVERY_CUSTOMER = Plan((Output(Entity("customers")),))
NOT_LOWERABLE = Plan((Output(Field("nowhere", "nothing")),))

TABLE_OF_QUESTIONS: Mapping[str, Entry] = {
    "How many orders are there?": Entry((Ranked(count_of("orders"), 0.9), Ranked(SHIPPED, 0.05))),
    "How many orders were shipped?": Entry(
        (Ranked(SHIPPED, 0.8), Ranked(count_of("orders"), 0.15), Ranked(BY_STATUS, 0.05))
    ),
    "Orders by status": Entry((Ranked(BY_STATUS, 0.7),)),
    "The two dearest orders": Entry((Ranked(DEAREST, 0.6),)),
    "Show all customers": Entry((Ranked(EVERY_CUSTOMER, 0.9),)),
    "Which one is odd?": Entry((Ranked(NOT_LOWERABLE, 0.6), Ranked(SHIPPED, 0.3))),
    "What fits nothing?": Entry((Ranked(NOT_LOWERABLE, 0.6),)),
    "How many are there?": Entry(
        (Ranked(count_of("orders"), 0.5), Ranked(count_of("customers"), 0.4))
    ),
    "Show orders or customers": Entry(
        (Ranked(Plan((Output(TOTAL),)), 0.5), Ranked(EVERY_CUSTOMER, 0.3))
    ),
    "Take your time": Entry((Ranked(count_of("orders"), 0.9),), seconds=0.3),
}


class Recorder(Observer):
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.refused: list[str] = []
        self.journal_failures: list[str] = []
        self.feedback: list[tuple[str, str]] = []
        self.outcomes: list[str] = []

    def release_loaded(self, manifest: Any, seconds: float) -> None:
        self.loaded.append(manifest.id)

    def release_refused(self, release_id: str) -> None:
        self.refused.append(release_id)

    def journal_failed(self, operation: str) -> None:
        self.journal_failures.append(operation)

    def feedback_received(self, verdict: str, status: str) -> None:
        self.feedback.append((verdict, status))

    def answered(self, outcome: str, source: str) -> None:
        self.outcomes.append(outcome)
