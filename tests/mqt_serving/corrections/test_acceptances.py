"""Processes that judge corrections at the same moment, on a real MongoDB: none misses another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_serving.assembly import Serving, build_serving
from mqt_serving.corrections import acceptances
from mqt_serving.corrections.acceptances import Acceptance, known_up_to
from mqt_serving.corrections.deciding import Decider
from mqt_serving.feedback.records import Receipt, Said
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.small_shop import Recorder
from tests.mqt_serving.table_translator import LOADERS

QUESTION = "Orders by status"
NEW = "db.orders.countDocuments({status: 'new'})"
SHIPPED = "db.orders.countDocuments({status: 'shipped'})"
ALL = "db.orders.countDocuments({})"
GRACE = Decider("grace", reviewer="local")

Documents = list[dict[str, Any]]


@pytest.fixture
def processes(
    serving: Serving, settings: Settings, release: Callable[..., str]
) -> Iterator[tuple[Serving, Serving]]:
    """Two, each with connections and knowledge of its own; neither looks by itself."""
    release("one")
    other = build_serving(settings, Recorder(), LOADERS)
    for one in (serving, other):
        one.releases.check()
    yield serving, other
    other.close()


@pytest.fixture
def accepted(mongo_client: MongoClient[dict[str, Any]]) -> Callable[[], Documents]:
    return lambda: list(mongo_client[JOURNAL_DATABASE].feedback.find({"status": "accepted"}))


def correct(serving: Serving, session: str, query: str, question: str = QUESTION) -> Receipt:
    asked = serving.service.query(question).translation
    return serving.feedback.receive(Said(asked.query_id, corrected_query=query, author_key=session))


def together(monkeypatch: pytest.MonkeyPatch, *steps: tuple[object, str]) -> None:
    """The first calls of these methods all return only when each has its result."""
    barrier = Barrier(len(steps))

    def meet(owner: object, name: str) -> None:
        method, calls = getattr(owner, name), iter([True])

        def met(*args: Any, **options: Any) -> Any:
            found = method(*args, **options)
            if next(calls, False):
                barrier.wait(30)
            return found

        monkeypatch.setattr(owner, name, met)

    for owner, name in steps:
        meet(owner, name)


def test_of_two_that_contradict_each_other_one_is_held(
    processes: tuple[Serving, Serving],
    accepted: Callable[[], Documents],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together(monkeypatch, *((one.feedback._referee, "judge") for one in processes))
    with ThreadPoolExecutor() as threads:
        one = threads.submit(correct, processes[0], "ada", NEW)
        other = threads.submit(correct, processes[1], "bob", SHIPPED)
        receipts = one.result(), other.result()
    assert sorted(receipt.status for receipt in receipts) == ["accepted", "held"]
    (first,) = accepted()
    (held,) = (receipt for receipt in receipts if receipt.status == "held")
    assert first["_id"] in held.reason


def test_of_two_that_agree_both_are_accepted(
    processes: tuple[Serving, Serving],
    accepted: Callable[[], Documents],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together(monkeypatch, *((one.feedback._referee, "judge") for one in processes))
    with ThreadPoolExecutor() as threads:
        one = threads.submit(correct, processes[0], "ada", NEW)
        other = threads.submit(correct, processes[1], "bob", NEW)
        assert one.result().status == other.result().status == "accepted"
    numbers = [each["number"] for document in accepted() for each in document["acceptances"]]
    assert sorted(numbers) == [1, 2]


def test_a_reviewer_replaces_what_was_accepted_at_the_same_moment(
    processes: tuple[Serving, Serving],
    accepted: Callable[[], Documents],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there = processes
    first = correct(here, "ada", NEW)
    held = correct(here, "bob", SHIPPED)
    assert held.status == "held"
    here.desk.revoke(first.feedback_id, GRACE, "wrong")
    there.corrections.check()
    # One has judged, the other has looked what is accepted: nothing.
    together(monkeypatch, (there.feedback._referee, "judge"), (here.desk, "_refresh"))
    with ThreadPoolExecutor() as threads:
        new = threads.submit(correct, there, "eve", ALL)
        reviewed = threads.submit(here.desk.review, held.feedback_id, "accept", GRACE, "checked")
        assert reviewed.result()["_id"] == held.feedback_id
        assert new.result().status in ("accepted", "held")
    (answer,) = accepted()
    assert answer["_id"] == held.feedback_id


def test_in_a_crowd_one_is_accepted_and_nobody_is_lost(
    processes: tuple[Serving, Serving],
    accepted: Callable[[], Documents],
    mongo_client: MongoClient[dict[str, Any]],
) -> None:
    def said(number: int) -> str:
        query = f"db.orders.find({{}}, {{_id: 0, total: 1}}).limit({number % 5 + 1})"
        return correct(processes[number % 2], f"person {number}", query).status

    with ThreadPoolExecutor(10) as threads:
        statuses = Counter(threads.map(said, range(10)))
    for one in processes:
        one.drainer.check()  # who found too much of a crowd waits on disk
    stored = list(mongo_client[JOURNAL_DATABASE].feedback.find())
    assert len(stored) == 10, statuses
    assert len({document["corrected_query"] for document in accepted()}) == 1


def test_without_the_index_two_answers_would_be_accepted(
    processes: tuple[Serving, Serving],
    accepted: Callable[[], Documents],
    monkeypatch: pytest.MonkeyPatch,
    mongo_client: MongoClient[dict[str, Any]],
) -> None:
    """That the tests above really bring the two together."""
    for one in processes:
        one.corrections.check()  # creates the indexes
    mongo_client[JOURNAL_DATABASE].feedback.drop_index(f"{acceptances.FIELD}_1")
    monkeypatch.setattr(acceptances, "create_index", lambda _: None)
    together(monkeypatch, *((one.feedback._referee, "judge") for one in processes))
    with ThreadPoolExecutor() as threads:
        one = threads.submit(correct, processes[0], "ada", NEW)
        other = threads.submit(correct, processes[1], "bob", SHIPPED)
        assert one.result().status == other.result().status == "accepted"
    assert len(accepted()) == 2


@pytest.mark.parametrize(
    ("numbers", "last"),
    [([], {}), ([1, 2, 3], {"shop": 3}), ([3, 1], {"shop": 1}), ([2], {"shop": 0})],
)
def test_a_gap_is_what_is_not_known_yet(numbers: list[int], last: dict[str, int]) -> None:
    assert known_up_to(Acceptance("shop", number) for number in numbers) == last


def test_databases_are_counted_apart() -> None:
    known = [Acceptance("shop", 1), Acceptance("shop", 2), Acceptance("crm", 1)]
    assert known_up_to(known) == {"shop": 2, "crm": 1}
