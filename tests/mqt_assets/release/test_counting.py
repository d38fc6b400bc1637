"""What counts for and against a model, as a real MongoDB counts it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.monitoring import CommandListener, CommandStartedEvent

from mqt_assets.release import counting
from mqt_assets.release.counting import figures_in
from mqt_assets.release.watching import Case, Figures, Tenure
from mqt_serving.journal import FEEDBACK, LOOKED_AT, QUERIES

Documents = Database[dict[str, Any]]

START = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = Tenure("m1", ("zero",), START - timedelta(days=30), START)
CASE = Case("one", Tenure("m2", ("one", "refreshed"), START), BEFORE, "zero")
DAYS = timedelta(days=14)


@pytest.fixture
def journal(database: Documents) -> Documents:
    for keys, options in LOOKED_AT:
        database[QUERIES].create_index(list(keys), **options)
    zoned = database.client.codec_options.with_options(tz_aware=True)
    return database.client.get_database(database.name, codec_options=zoned)


def asked(number: int, outcome: str = "answered", *, minute: float = 0.0, **more: Any) -> Any:
    return {
        "_id": f"q{number}",
        "at": START + timedelta(minutes=minute or number),
        "question": f"question {number}",
        "database": "shop",
        "release_id": "one",
        "outcome": outcome,
        "source": "model",
        **more,
    }


def said(number: int, **what: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=number + 1)
    return {"query_id": f"q{number}", "at": at, "verdict": None, "corrected_query": None, **what}


def live(journal: Documents, queries: list[Any], feedback: list[Any] | None = None) -> Figures:
    for name, documents in ((QUERIES, queries), (FEEDBACK, feedback or [])):
        if documents:
            journal[name].insert_many(documents)
    return figures_in(journal, CASE, DAYS)[0]


@pytest.mark.parametrize(
    ("outcome", "counted", "failed"),
    [
        ("answered", 1, 0),
        ("translated", 1, 0),
        ("query-failed", 1, 1),
        ("plan-not-lowerable", 1, 1),
        ("internal-error", 1, 1),
        ("cannot-answer", 0, 0),
        ("query-refused", 0, 0),
        ("query-timeout", 0, 0),
        ("query-cancelled", 0, 0),
        ("overloaded", 0, 0),
        ("unknown-collection", 0, 0),
        ("service-unavailable", 0, 0),
    ],
)
def test_only_our_own_failures_are_errors(
    journal: Documents, outcome: str, counted: int, failed: int
) -> None:
    errors = live(journal, [asked(1, outcome)]).errors
    assert (errors.questions, errors.mean * errors.questions) == (counted, failed)


def test_a_refusal_that_a_person_corrected_was_our_failure(journal: Documents) -> None:
    found = live(journal, [asked(1, "cannot-answer")], [said(1, corrected_query="db.a.find()")])
    assert (found.errors.questions, found.errors.mean) == (1, 1.0)
    assert found.corrections.questions == 0


@pytest.mark.parametrize(
    ("what", "counts"),
    [
        ({"verdict": "down"}, True),
        ({"verdict": "down", "corrected_query": "db.a.find()"}, True),
        ({"rating": 1}, True),
        ({"rating": 4}, False),
        ({"rating": None}, False),
        ({"verdict": "up"}, False),
    ],
)
def test_who_is_not_content_counts_once(
    journal: Documents, what: dict[str, Any], counts: bool
) -> None:
    found = live(journal, [asked(1), asked(2)], [said(1, **what), said(1, **what)])
    assert found.corrections.mean == (0.5 if counts else 0.0)


def test_the_same_question_typed_a_little_differently_is_one(journal: Documents) -> None:
    words = ["How many?", "how  many", "HOW MANY?!"]
    queries = [asked(n, question=text) for n, text in enumerate(words, 1)]
    found = live(journal, [*queries, asked(9, question="How many?", database="crm")], [])
    assert (found.errors.units, found.errors.questions) == (2, 4)


def test_mongodb_being_away_is_not_the_releases_fault(journal: Documents) -> None:
    """Whatever else is asked within a minute of it is left out as well, of any release."""
    away = asked(0, "service-unavailable", minute=60.0, release_id="other")
    around = [asked(n + 50, "query-failed", minute=60.0 + n / 10) for n in range(-9, 10) if n]
    again = asked(98, "mongodb-authentication-failed", minute=61.0)
    answered = asked(97, minute=61.5, question="question 99")
    later = asked(99, "query-failed", minute=62.5)
    found = live(journal, [away, *around, again, answered, later], [said(97, verdict="down")])
    assert (found.errors.questions, found.errors.mean) == (1, 1.0)
    assert found.corrections.questions == 0
    assert found.left_out == 20


def test_many_outages_are_each_left_out(
    journal: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_AT_ONCE", 2)
    away = [asked(n, "service-unavailable", minute=60.0 * n) for n in range(1, 6)]
    beside = [asked(n + 10, minute=60.0 * n + 0.5) for n in range(1, 6)]
    found = live(journal, [*away, *beside, asked(20), asked(21), asked(22)], [])
    assert (found.errors.questions, found.left_out) == (3, 10)


def test_other_releases_other_times_and_peoples_own_queries_do_not_count(
    journal: Documents,
) -> None:
    queries = [
        asked(1, release_id="two"),
        asked(2, "ran", source="person"),
        asked(3, source="llm"),
        asked(4, minute=-5.0),
        asked(5, release_id="refreshed"),
    ]
    assert live(journal, queries).errors.questions == 1


def test_of_the_model_before_its_last_days_count(journal: Documents) -> None:
    day = 24 * 60
    queries = [asked(n, release_id="zero", minute=-n * day) for n in (1, 13, 15)]
    queries.append(asked(4, release_id="zero", minute=1.0))  # it began before the pointer moved
    journal[QUERIES].insert_many(queries)
    assert figures_in(journal, CASE, DAYS)[1].errors.questions == 3


class Commands(CommandListener):
    def __init__(self) -> None:
        self.reads: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ("find", "aggregate"):
            names = ("find", "aggregate", "pipeline", "filter", "projection", "cursor")
            self.reads.append(
                {name: event.command[name] for name in names if name in event.command}
            )

    def succeeded(self, event: Any) -> None: ...
    def failed(self, event: Any) -> None: ...


@pytest.fixture
def commands(mongo_uri: str, journal: Documents) -> Iterator[tuple[Documents, Commands]]:
    from pymongo import MongoClient

    heard = Commands()
    with MongoClient(mongo_uri, event_listeners=[heard], tz_aware=True) as client:
        yield client[journal.name], heard


def test_questions_are_counted_without_reading_them(
    journal: Documents, commands: tuple[Documents, Commands]
) -> None:
    """Read are those with a complaint, however many there are."""
    journal[QUERIES].insert_many([asked(n) for n in range(1, 1001)])
    journal[FEEDBACK].insert_many([said(n, verdict="down") for n in range(1, 4)])
    watched, heard = commands
    found, _ = figures_in(watched, CASE, DAYS)
    assert found.corrections.questions == 1000
    assert found.corrections.mean == pytest.approx(3 / 1000)
    of_queries = [c for c in heard.reads if QUERIES in (c.get("find"), c.get("aggregate"))]
    assert sum(_documents_read(journal, command) for command in of_queries) <= 6


def _documents_read(journal: Documents, command: dict[str, Any]) -> int:
    plan = journal.command("explain", command, verbosity="executionStats")
    stats = plan["stages"][0]["$cursor"] if "stages" in plan else plan
    return int(stats["executionStats"]["totalDocsExamined"])
