"""Which questions of the journal an experiment counts, read from a real MongoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from mqt_assets.experiments.outcomes import Said, arms_of, exposed, said_of
from mqt_serving.journal import FEEDBACK, LOOKED_AT, QUERIES

Documents = Database[dict[str, Any]]

NOON = datetime(2025, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def journal(database: Documents) -> Documents:
    for keys, options in LOOKED_AT:
        database[QUERIES].create_index(list(keys), **options)
    return database


def query(key: str, variant: str, unit: str, minute: int = 0, **exposure: Any) -> dict[str, Any]:
    dealt = {"experiment": "e", "variant": variant, "unit": unit, "share": 0.5, "overridden": False}
    return {
        "_id": key,
        "at": NOON + timedelta(minutes=minute),
        "question": f"How many {key}?",
        "outcome": "answered",
        "timings": {"total_ms": 20.0, "translate_ms": 10.0},
        "plan": {"large": "x" * 1000},
        "exposure": {**dealt, **exposure},
    }


def test_only_what_the_experiment_dealt_at_this_share_counts(journal: Documents) -> None:
    queries = [
        query("a", "champion", "u1"),
        query("b", "challenger", "u2"),
        query("c", "challenger", "u3", overridden=True),
        query("d", "challenger", "u4", experiment="before"),
        query("e", "challenger", "u5", share=0.2),
        {**query("f", "champion", "u6"), "exposure": None},
    ]
    journal[QUERIES].insert_many(queries)
    arms = arms_of(exposed(journal, "e", 0.5), {})
    assert (arms["champion"].questions, arms["challenger"].questions) == (1, 1)


def test_questions_come_unit_by_unit_and_in_time_from_the_index(journal: Documents) -> None:
    queries = [query(f"q{n}", "champion", f"u{n % 7}", minute=(n * 37) % 101) for n in range(100)]
    others = [query(f"o{n}", "champion", "u1", experiment="before") for n in range(300)]
    journal[QUERIES].insert_many([*queries, *others])
    found = list(exposed(journal, "e", 0.5))
    order = [(q["exposure"]["unit"], q["at"]) for q in found]
    assert len(order) == 100 and order == sorted(order)
    assert "plan" not in found[0] and found[0]["timings"] == {"total_ms": 20.0}
    plan = exposed_plan(journal)
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalDocsExamined"] == 100


def exposed_plan(journal: Documents) -> dict[str, Any]:
    """As the server explains the last read of `exposed`."""
    journal.command("profile", 2)
    list(exposed(journal, "e", 0.5))
    journal.command("profile", 0)
    (read,) = journal["system.profile"].find({"command.find": QUERIES})
    wanted = {name: read["command"][name] for name in ("find", "filter", "projection", "sort")}
    return journal.command("explain", wanted, verbosity="executionStats")


def test_what_people_said_is_kept_by_question(journal: Documents) -> None:
    def said(key: str, minute: int, **what: Any) -> dict[str, Any]:
        return {"query_id": key, "at": NOON + timedelta(minutes=minute), **what}

    journal[FEEDBACK].insert_many(
        [
            said("a", 1, verdict="up", corrected_query=None),
            said("a", 2, verdict="down", corrected_query="db.a.find()"),
            said("b", 2, verdict=None, rating=5),
            said("c", -1, verdict="down"),
        ]
    )
    assert said_of(journal, NOON) == {"a": Said(corrected=True, up=True, down=True), "b": Said()}
