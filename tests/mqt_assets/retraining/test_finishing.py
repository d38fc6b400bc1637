"""Whether a candidate that nobody decided about is finished, on plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mqt_assets.retraining.decision import FIRST_BACK_OFF, Outcome, TrainingRun
from mqt_assets.retraining.finishing import Standing, finish

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DIED = TrainingRun("r1", Outcome.FAILED, NOW - 2 * HOUR, NOW - HOUR)
LOST = Standing("t2", "t1", trained=DIED)


def test_a_lost_candidate_is_finished_and_the_run_says_why() -> None:
    found = finish(LOST, training=False, now=NOW)
    assert found.wanted
    assert found.tags == {
        "mqt/reasons": "unfinished",
        "mqt/reason_unfinished": "the run that trained t2 died before it was evaluated and "
        "released",
    }
    assert finish(replace(LOST, candidate="t3"), False, NOW).run_key != found.run_key


@pytest.mark.parametrize(
    "standing",
    [
        replace(LOST, decided="t2"),
        replace(LOST, decided=None),
        replace(LOST, refused=True),
        replace(LOST, trained=TrainingRun("r1", Outcome.IN_PROGRESS, NOW)),
        # A person who trains alone, or who stopped the run, did not ask for more.
        replace(LOST, trained=TrainingRun("r1", Outcome.SUCCEEDED, NOW - HOUR, NOW)),
        replace(LOST, trained=TrainingRun("r1", Outcome.CANCELED, NOW - HOUR, NOW)),
    ],
)
def test_where_nothing_is_lost_nothing_is_said(standing: Standing) -> None:
    found = finish(standing, training=False, now=NOW)
    assert not found.wanted
    assert not found.explanation


def test_a_training_in_progress_will_replace_it() -> None:
    assert not finish(LOST, training=True, now=NOW).wanted


def test_before_the_first_release_and_without_the_run_it_is_finished_too() -> None:
    assert finish(replace(LOST, decided="", trained=None), False, NOW).wanted


def test_it_is_tried_when_what_stopped_the_run_may_be_gone() -> None:
    just = replace(DIED, ended=NOW - FIRST_BACK_OFF + timedelta(minutes=1))
    waits = finish(replace(LOST, trained=just), False, NOW)
    assert not waits.wanted
    assert "at 2026-03-04 12:01 UTC" in waits.explanation
    assert finish(replace(LOST, trained=just), False, NOW + timedelta(minutes=1)).wanted


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.CANCELED])
def test_what_failed_twice_is_left_to_people(outcome: Outcome) -> None:
    twice = replace(LOST, finishing=TrainingRun("r2", outcome, NOW - HOUR, NOW))
    found = finish(twice, False, NOW)
    assert not found.wanted
    assert "candidate_evaluation and release of retrain_job by hand" in found.explanation
    assert not twice.in_progress
