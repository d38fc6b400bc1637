"""When a training is started, on plain values: triggers, and what stands in their way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.retraining.decision import (
    DAY,
    Decision,
    Outcome,
    Rules,
    TrainingRun,
    Trigger,
    back_off,
    decide,
    why,
)

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
RULES = Rules(cool_down=timedelta(hours=1), per_day=4)
QUIET = Trigger("corrections", "2 new of 9 accepted, 5 start a training")
DUE = Trigger("corrections", "7 new of 9 accepted, 5 start a training", True, "k1")
DRIFT = Trigger("drift", "data drift of shop.orders", True, "k2")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def ended(ago: float, outcome: Outcome = Outcome.SUCCEEDED, name: str = "r") -> TrainingRun:
    """A run of ten minutes that ended so many hours ago."""
    end = NOW - hours(ago)
    return TrainingRun(f"{name}{ago}", outcome, end - timedelta(minutes=10), end)


@pytest.mark.parametrize(
    ("triggers", "runs", "explanation"),
    [
        ([QUIET], [], "Nothing is due. Corrections: 2 new of 9 accepted"),
        ([DUE], [], "Training for: corrections."),
        ([DUE, DRIFT], [], "Training for: corrections, drift."),
        (
            [DUE],
            [TrainingRun("r", Outcome.IN_PROGRESS, NOW - hours(2))],
            "a training runs or waits already",
        ),
        ([DUE], [ended(0.5)], "cooling down until 2026-03-04 12:30 UTC"),
        ([DUE], [ended(1)], "Training for"),
        ([DUE], [ended(0.5, Outcome.CANCELED)], "cooling down"),
        ([DUE], [ended(2), ended(4), ended(6), ended(8)], "the budget of 4 trainings in 24 hours"),
        ([DUE], [ended(2), ended(4), ended(6), ended(24)], "Training for"),
        (
            [DUE],
            [ended(1.5, Outcome.FAILED), ended(3, Outcome.FAILED), ended(5, Outcome.FAILED)],
            "Training for",  # an hour of back-off is over
        ),
        (
            [DUE],
            [ended(1.9, Outcome.FAILED, f"r{n}") for n in range(3)] + [ended(1.8, Outcome.FAILED)],
            "4 trainings in a row failed: the next try is at 2026-03-04 12:12 UTC",
        ),
        (
            [DUE],
            [ended(1.1), *(ended(1.9, Outcome.FAILED, f"r{n}") for n in range(2))],
            "Training for",  # one that succeeded ends the row
        ),
    ],
)
def test_what_is_decided_and_said(
    triggers: list[Trigger], runs: list[TrainingRun], explanation: str
) -> None:
    rules = Rules(RULES.cool_down, 5) if "in a row" in explanation else RULES
    decision = decide(triggers, runs, NOW, rules)
    assert explanation in decision.explanation
    assert decision.wanted == explanation.startswith("Training for")
    for trigger in triggers:
        assert trigger.state in decision.explanation


def test_a_budget_of_none_never_trains() -> None:
    assert not decide([DUE], [], NOW, Rules(per_day=0)).wanted


def test_all_that_is_due_goes_into_one_run_that_says_so() -> None:
    decision = decide([DUE, DRIFT, Trigger("calendar", "never")], [], NOW, RULES)
    assert decision.reasons == (DUE, DRIFT)
    request = dg.RunRequest(run_key=decision.run_key, tags=decision.tags)  # Dagster takes the tags
    assert request.tags["mqt/reasons"] == "corrections, drift"
    assert why(request.tags) == {"corrections": DUE.state, "drift": DRIFT.state}


def test_runs_that_no_trigger_started_say_who_did() -> None:
    assert why({}) == {"by hand": "a person started this run"}
    assert why({"mqt/started_by": "bootstrap:7"}) == {"start of MQT": "bootstrap:7"}
    assert why({"dagster/sensor_name": "collection_discovery_sensor"}) == {
        "sensor": "collection_discovery_sensor"
    }


def test_the_same_evidence_asks_for_the_same_run() -> None:
    once = decide([DUE, DRIFT], [], NOW, RULES)
    again = decide([DRIFT, DUE], [], NOW + hours(1), RULES)
    more = decide([DUE], [], NOW, RULES)
    after_a_failure = decide([DUE, DRIFT], [ended(2, Outcome.FAILED)], NOW, RULES)
    assert once.run_key == again.run_key
    assert len({once.run_key, more.run_key, after_a_failure.run_key}) == 3


def test_a_failure_too_long_ago_to_be_known_stops_no_other_try() -> None:
    once = decide([DUE], [], NOW, RULES)
    a_day_later = decide([DUE], [], NOW + DAY, RULES)
    assert once.wanted and a_day_later.wanted
    assert once.run_key != a_day_later.run_key


@pytest.mark.parametrize("cool_down", [hours(1), hours(24), hours(48)])
def test_the_last_run_is_known_as_long_as_it_is_waited_for(cool_down: timedelta) -> None:
    rules = Rules(cool_down=cool_down)
    run = TrainingRun("r", Outcome.FAILED, NOW, NOW + hours(2))
    assert run.ended is not None
    for minutes in range(1, int(cool_down / timedelta(minutes=1)), 30):
        now = run.ended + timedelta(minutes=minutes)
        known = [run] if now - run.requested <= rules.looks_back else []
        assert not decide([DUE], known, now, rules).wanted


def test_back_off_doubles_up_to_half_a_day() -> None:
    waits = [back_off(failures) for failures in range(12)]
    assert waits[:4] == [timedelta(0), timedelta(minutes=15), timedelta(minutes=30), hours(1)]
    assert waits == sorted(waits)
    assert waits[-1] == hours(12)


# ------------------------------------------------------------------ properties

_TRIGGERS = st.lists(
    st.builds(Trigger, st.sampled_from("abcde"), st.text(min_size=1), st.booleans(), st.text()),
    max_size=5,
    unique_by=lambda trigger: trigger.name,
)
_RULES = st.builds(
    Rules, st.integers(0, 300).map(lambda m: timedelta(minutes=m)), st.integers(0, 5)
)
_LENGTHS = st.lists(
    st.tuples(st.integers(1, 200), st.sampled_from(Outcome)), min_size=1, max_size=40
)


@given(_TRIGGERS, _RULES)
def test_a_run_has_a_reason_and_a_skip_an_explanation(
    triggers: list[Trigger], rules: Rules
) -> None:
    decision: Decision = decide(triggers, [], NOW, rules)
    assert decision.explanation
    assert decision.wanted == bool(decision.reasons)
    assert all(trigger in triggers and trigger.due for trigger in decision.reasons)


@given(_RULES, _LENGTHS, st.integers(1, 60))
def test_trainings_keep_their_distance_and_their_budget(
    rules: Rules, plans: list[tuple[int, Outcome]], tick: int
) -> None:
    """Two days of ticks with always something due; runs last and end as drawn."""
    runs: list[TrainingRun] = []
    for minute in range(0, 2 * 24 * 60, tick):
        now = NOW + timedelta(minutes=minute)
        known = [run for run in runs if now - run.requested <= rules.looks_back]
        seen = [
            run
            if run.ended is not None and run.ended <= now
            else TrainingRun(run.run_id, Outcome.IN_PROGRESS, run.requested)
            for run in known
        ]
        if decide([DUE], seen, now, rules).wanted and len(runs) < len(plans):
            length, outcome = plans[len(runs)]
            end = now + timedelta(minutes=length)
            done = Outcome.FAILED if outcome is Outcome.IN_PROGRESS else outcome
            runs.append(TrainingRun(str(len(runs)), done, now, end))
    for before, after in pairwise(runs):
        assert before.ended is not None
        assert after.requested - before.ended >= rules.cool_down
        if before.outcome is Outcome.FAILED:
            assert after.requested - before.ended >= back_off(1)
    for run in runs:
        within = [r for r in runs if timedelta(0) <= run.requested - r.requested < DAY]
        assert len(within) <= rules.per_day
