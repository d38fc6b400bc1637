"""The audit trail, and what it says about translators that people turned away from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqt_assets.release.audit import entries, record, stopped, withdrawn, withdrawn_prompts

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def entry(action: str, left: str, taken: str) -> dict[str, Any]:
    return {"action": action, "translators": [left, taken]}


def tried(action: str, challenger: str = "t2", release: str = "r2") -> dict[str, Any]:
    details = {"challenger": release, "translator": challenger}
    return {**entry(f"experiment-{action}", "t1", "t1"), "details": details}


def test_entries_are_kept_in_order_and_whole(tmp_path: Path) -> None:
    assert entries(tmp_path) == []
    for n in range(2):
        record(
            tmp_path,
            action="release",
            dagster_run_id=f"d{n}",
            before=None,
            after=f"r{n}",
            translators=("", "t"),
            prompts=("", "p"),
            reason="two\nlines",
            now=NOW,
        )
    first, second = entries(tmp_path)
    assert first == {
        "at": "2026-01-02T03:04:05+00:00",
        "action": "release",
        "from": None,
        "to": "r0",
        "translators": ["", "t"],
        "prompts": ["", "p"],
        "reason": "two\nlines",
        "dagster_run_id": "d0",
    }
    assert second["to"] == "r1"


def test_a_rollback_withdraws_what_it_leaves() -> None:
    history = [entry("release", "", "t1"), entry("release", "t1", "t2")]
    assert withdrawn(history) == frozenset()
    history.append(entry("rollback", "t2", "t1"))
    assert withdrawn(history) == {"t2"}
    history.append(entry("release", "t1", "t1"))  # a nightly refresh changes nothing
    assert withdrawn(history) == {"t2"}


def test_bringing_it_back_ends_that() -> None:
    history = [entry("rollback", "t2", "t1"), entry("rollback", "t1", "t2")]
    assert withdrawn(history) == {"t1"}


def test_going_back_over_new_data_withdraws_no_translator() -> None:
    assert withdrawn([entry("rollback", "t1", "t1")]) == frozenset()


def test_a_translator_whose_experiment_was_stopped_is_known_until_a_person_tries_it_again() -> None:
    history = [tried("start"), tried("ramp"), tried("stop")]
    assert stopped(history) == {"t2": "r2"}
    history += [tried("start", "t3", "r3"), tried("withdraw", "t3", "r3")]
    assert stopped(history) == {"t2": "r2"}
    history.append(tried("start"))
    assert stopped(history) == {}
    history.append(tried("stop", release="r4"))
    assert stopped(history) == {"t2": "r4"}
    assert stopped([*history, entry("rollback", "t1", "t2")]) == {}  # it serves by now


def test_entries_of_before_that_say_no_translator_stop_nothing() -> None:
    old = {**entry("experiment-stop", "t1", "t1"), "details": {"challenger": "r2"}}
    assert stopped([old]) == {}


def prompted(action: str, left: str, taken: str, **details: str) -> dict[str, Any]:
    return {**entry(action, "t1", "t1"), "prompts": [left, taken], "details": details}


def test_a_rollback_withdraws_the_prompt_that_it_leaves_until_it_is_brought_back() -> None:
    history = [entry("rollback", "t2", "t1"), prompted("release", "p1", "p2")]
    assert withdrawn_prompts(history) == frozenset()
    history += [prompted("rollback", "p2", "p1"), prompted("release", "p1", "p1")]
    assert withdrawn_prompts(history) == {"p2"}
    assert withdrawn_prompts([*history, prompted("rollback", "p1", "p2")]) == {"p1"}


def test_a_challenger_that_loses_loses_its_prompt_too() -> None:
    assert withdrawn_prompts([prompted("experiment-withdraw", "p2", "p1")]) == {"p2"}
    assert withdrawn_prompts([prompted("experiment-stop", "p1", "p1")]) == frozenset()


def test_a_model_that_a_sensor_judged_takes_no_prompt_with_it() -> None:
    assert withdrawn_prompts([prompted("rollback", "p2", "p1", judged="r2")]) == frozenset()
