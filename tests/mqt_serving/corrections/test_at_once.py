"""A correction holds for everyone at once: this process, others, and those that start later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_serving.answers import Source
from mqt_serving.assembly import Serving, build_serving
from mqt_serving.corrections.deciding import Decider
from mqt_serving.errors import CannotAnswer
from mqt_serving.feedback.records import Receipt, Said
from mqt_serving.platform.processes import free_port
from mqt_serving.schema import Catalog
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.small_shop import SHIPPED, TABLE_OF_QUESTIONS, Recorder
from tests.mqt_serving.table_translator import LOADERS, Entry, Ranked

QUESTION = "Orders by status"
RIGHT = "db.orders.countDocuments({status: 'new'})"


@pytest.fixture
def serving(serving: Serving, release: Callable[..., str]) -> Serving:
    """With release `one` live."""
    release("one")
    serving.releases.check()
    return serving


def another(settings: Settings, **changes: Any) -> Serving:
    built = build_serving(settings.model_copy(update=changes), Recorder(), LOADERS)
    built.releases.check()
    return built


def correct(serving: Serving, question: str = QUESTION, query: str = RIGHT) -> str:
    asked = serving.service.query(question).translation
    receipt = serving.feedback.receive(
        Said(asked.query_id, "down", corrected_query=query, author="ada")
    )
    assert receipt.status == "accepted"
    return receipt.feedback_id


def source(serving: Serving, question: str = QUESTION) -> Source:
    return serving.service.query(question).translation.source


def test_the_process_that_took_it_answers_with_it_at_once(serving: Serving) -> None:
    id = correct(serving)
    answer = serving.service.query("orders by  STATUS?")
    assert answer.table.rows == ({"count": 2},)
    assert answer.translation.source is Source.CORRECTION
    used = answer.translation.correction
    assert used is not None
    assert (used.id, used.author, used.question) == (id, "ada", QUESTION)
    assert used.similarity == 1.0
    assert used.at is not None
    assert source(serving, "Show all customers") is Source.MODEL


def test_a_process_that_runs_or_starts_later_takes_it_in(
    serving: Serving, settings: Settings, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    running = another(settings)
    running.corrections.check()
    id = correct(serving)
    assert source(running) is Source.MODEL
    running.corrections.check()
    assert source(running) is Source.CORRECTION
    later = another(settings)
    later.corrections.check()
    assert source(later) is Source.CORRECTION

    mongo_client[JOURNAL_DATABASE].feedback.update_one(
        {"_id": id}, {"$set": {"status": "revoked"}, "$currentDate": {"changed_at": True}}
    )
    for one in (running, later):
        one.corrections.check()
        assert source(one) is Source.MODEL
        one.close()


def test_a_new_correction_is_judged_by_what_other_processes_accepted_until_then(
    serving: Serving, settings: Settings
) -> None:
    other = another(settings)  # it never looks by itself

    def corrected_there() -> Receipt:
        asked = other.service.query(QUESTION).translation
        query = "db.orders.countDocuments({})"
        said = Said(asked.query_id, corrected_query=query, author_key=uuid4().hex)
        return other.feedback.receive(said)

    first = correct(serving)
    held = corrected_there()
    assert held.status == "held"
    assert first in held.reason
    serving.desk.revoke(first, Decider("grace", reviewer="local"), "wrong")
    assert corrected_there().status == "accepted"
    other.close()


def test_only_what_changed_is_read_again(serving: Serving, settings: Settings) -> None:
    correct(serving)
    running = another(settings)
    reading = running.corrections._read
    asked: list[Any] = []
    running.corrections._read = lambda since: (asked.append(since), reading(since))[1]  # type: ignore[func-returns-value]
    running.corrections.check()
    running.corrections.check()
    assert asked[0] is None
    assert asked[1] is not None
    running.close()


def test_with_the_journal_away_the_last_known_state_is_served(
    serving: Serving, settings: Settings
) -> None:
    correct(serving)
    away = another(settings, journal_uri=f"mongodb://127.0.0.1:{free_port()}")
    away.corrections.check()
    assert source(away) is Source.MODEL
    away.close()
    serving.corrections.check()
    serving.corrections._read = away.corrections._read
    serving.corrections.check()
    assert source(serving) is Source.CORRECTION


def test_a_correction_whose_fields_are_gone_is_not_used(
    serving: Serving, release: Callable[..., str], catalog: Catalog
) -> None:
    correct(serving, query="db.orders.find({status: 'new'}, {_id: 0, total: 1})")
    assert source(serving) is Source.CORRECTION
    customers, orders = catalog.collections
    fewer = orders.model_copy(
        update={"fields": tuple(f for f in orders.fields if f.path != "total")}
    )
    release("two", catalogs=(catalog.model_copy(update={"collections": (customers, fewer)}),))
    serving.releases.check()
    assert source(serving) is Source.MODEL


def test_names_that_no_sample_holds_are_fine_where_it_was_accepted_with_them(
    serving: Serving,
) -> None:
    correct(serving, query="db.orders.find({status: 'new'}, {_id: 0, total: 1, gift: 1})")
    assert source(serving) is Source.CORRECTION


ItIs = Callable[[int, int], None]
LAST_MONTH = "How many orders were placed last month?"
REWORDED = "How many of the orders were placed last month?"


@pytest.fixture
def it_is(serving: Serving, release: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> ItIs:
    """Set the clock to noon of a day of 2024; orders of a month can be asked about."""
    entry = Entry((Ranked(SHIPPED, 0.8),))
    release("dated", {**TABLE_OF_QUESTIONS, LAST_MONTH: entry, REWORDED: entry})
    serving.releases.check()

    def it_is(month: int, day: int) -> None:
        for one in (serving.service, serving.feedback):
            monkeypatch.setattr(one, "_now", lambda: datetime(2024, month, day, 12, tzinfo=UTC))

    return it_is


def placed(month: int) -> str:
    """Orders of the small shop: one of each of the first five months of 2024, on the third."""
    start, end = f"ISODate('2024-0{month}-01')", f"ISODate('2024-0{month + 1}-01')"
    return f"db.orders.find({{placed_at: {{$gte: {start}, $lt: {end}}}}}, {{_id: 0, placed_at: 1}})"


def test_a_correction_of_last_month_moves_on_with_the_months(serving: Serving, it_is: ItIs) -> None:
    it_is(3, 2)
    id = correct(serving, LAST_MONTH, placed(2))
    for month, day, asked in ((3, 31, LAST_MONTH), (4, 1, LAST_MONTH), (5, 9, REWORDED)):
        it_is(month, day)
        answer = serving.service.query(asked)
        assert answer.translation.correction is not None
        assert answer.translation.correction.id == id
        assert answer.table.rows == ({"placed_at": f"2024-0{month - 1}-03T00:00:00Z"},)


def test_a_correction_of_its_time_is_over_with_it(serving: Serving, it_is: ItIs) -> None:
    it_is(3, 2)
    correct(serving, LAST_MONTH, placed(2).replace("2024-03-01", "2024-02-20"))
    it_is(3, 31)
    assert source(serving, LAST_MONTH) is source(serving, REWORDED) is Source.CORRECTION
    it_is(4, 1)
    assert source(serving, LAST_MONTH) is source(serving, REWORDED) is Source.MODEL


def test_one_that_only_the_release_knows_moves_on_too(
    serving: Serving, release: Callable[..., str], it_is: ItIs, catalog: Catalog
) -> None:
    known = {"question": LAST_MONTH, "database": catalog.database, "command": placed(2)}
    release("kept", corrections=[{**known, "asked_at": "2024-03-02T12:00:00"}])
    serving.releases.check()
    it_is(5, 9)
    answer = serving.service.query(LAST_MONTH)
    assert answer.translation.source is Source.CORRECTION
    assert answer.table.rows == ({"placed_at": "2024-04-03T00:00:00Z"},)


def test_corrections_of_different_months_contradict_each_other_by_more_than_their_dates(
    serving: Serving, it_is: ItIs
) -> None:
    def corrected(query: str) -> Receipt:
        asked = serving.service.query(LAST_MONTH).translation
        said = Said(asked.query_id, corrected_query=query, author_key=uuid4().hex)
        return serving.feedback.receive(said)

    it_is(3, 2)
    assert corrected(placed(2)).status == "accepted"
    it_is(4, 2)
    assert corrected(placed(3)).status == "accepted"
    assert [i for i in serving.reviews.waiting(50).items if i.kind == "disputed"] == []
    assert corrected(placed(3).replace("{placed_at", "{status: 'x', placed_at")).status == "held"


def test_its_dates_are_those_of_when_it_was_asked_not_of_when_it_was_corrected(
    serving: Serving, it_is: ItIs
) -> None:
    it_is(3, 31)
    asked = serving.service.query(LAST_MONTH).translation
    it_is(4, 1)
    serving.feedback.receive(Said(asked.query_id, corrected_query=placed(2)))
    assert serving.service.query(LAST_MONTH).table.rows == ({"placed_at": "2024-03-03T00:00:00Z"},)


# ------------------------------------------------------------- paraphrases


def test_a_near_paraphrase_is_answered_too_and_says_from_what(serving: Serving) -> None:
    id = correct(serving, "How many orders were shipped?")
    answer = serving.service.query("How many of the orders were shipped?")
    assert answer.table.rows == ({"count": 2},)
    assert answer.translation.source is Source.CORRECTION
    used = answer.translation.correction
    assert used is not None
    assert used.id == id
    assert 0.8 <= used.similarity < 1.0
    assert answer.translation.choices[0].probability == used.similarity


def test_other_questions_are_left_to_the_model(serving: Serving) -> None:
    correct(serving, "How many orders were shipped?")
    assert source(serving, "The two dearest orders") is Source.MODEL
    with pytest.raises(CannotAnswer):
        serving.service.query("How many orders were not shipped?")


def test_a_revoked_correction_answers_no_paraphrase(
    serving: Serving, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    correct(serving, "How many orders were shipped?")
    mongo_client[JOURNAL_DATABASE].feedback.update_many(
        {}, {"$set": {"status": "revoked"}, "$currentDate": {"changed_at": True}}
    )
    serving.corrections.check()
    with pytest.raises(CannotAnswer):
        serving.service.query("How many of the orders were shipped?")
