"""What clients that ask at the same time wait, and how rounds are held against each other."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import cast

import pytest

from benchmarks.latency import Asked
from benchmarks.throughput import Report, Resident, Turn, Way, ask_all, measure
from mqt_serving.errors import CannotAnswer
from mqt_serving.schema import Catalog
from mqt_serving.translator import Candidate, Translator

CATALOG = Catalog(database="shop", collections=())
ASKED = [Asked("shop", "shop", f"question {i}", datetime(2026, 7, 1)) for i in range(6)]
SERVED = Way(threads=2, at_once=2)
OTHER = Way(threads=1, at_once=2)


class SlowTranslator:
    """Counts who asks at the same time; declines every question."""

    def __init__(self) -> None:
        self.asking = self.most = 0
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def translate(self, question: str, catalog: Catalog, now: datetime) -> list[Candidate]:
        with self._lock:
            self.asking += 1
            self.most = max(self.most, self.asking)
            self.asked.append(question)
        time.sleep(0.02)
        with self._lock:
            self.asking -= 1
        raise CannotAnswer("nothing is known here")


def turn(round: int, way: Way, clients: int, seconds: float) -> Turn:
    return Turn(round, way, clients, seconds, seconds / 2, (0.1, 0.2, 0.3, 0.4))


@pytest.mark.parametrize("together", [False, True])
def test_each_question_is_asked_once_by_as_many_clients_as_wanted(together: bool) -> None:
    slow = SlowTranslator()
    waits = ask_all(cast("Translator", slow), CATALOG, ASKED, 3, together)
    assert (len(waits), slow.most) == (6, 3)
    assert sorted(slow.asked) == [asked.question for asked in ASKED]
    assert min(waits) >= 0.02


def test_every_other_round_goes_backwards() -> None:
    ways = [(SERVED, cast("Translator", SlowTranslator()))]
    turns = list(measure(ways, CATALOG, ASKED[:1], (1, 2), rounds=2))
    assert [(t.round, t.clients) for t in turns] == [(0, 1), (0, 2), (1, 2), (1, 1)]


def test_figures_are_of_the_questions_of_one_turn() -> None:
    one = turn(0, SERVED, 1, seconds=2.0)
    assert (one.per_second, one.processor_ms) == (2.0, 250.0)
    assert one.p50_ms == pytest.approx(250.0, abs=51)
    assert one.p99_ms == pytest.approx(400.0, abs=5)


def test_ratios_are_to_the_first_row_of_the_same_round() -> None:
    turns = (
        turn(0, SERVED, 1, seconds=2.0),
        turn(0, OTHER, 8, seconds=1.0),
        turn(1, OTHER, 8, seconds=8.0),
        turn(1, SERVED, 1, seconds=4.0),
    )
    report = Report("mine", 4, turns, Resident(100.0, 120.0), load=1.0)
    assert report.rows == [(SERVED, 1), (OTHER, 8)]
    assert report.ratios(OTHER, 8, "per_second") == [2.0, 0.5]
    row = report.as_json()["rows"][1]
    assert (row["threads"], row["clients"], row["ratios"]["per_second"]) == (1, 8, [2.0, 0.5])
