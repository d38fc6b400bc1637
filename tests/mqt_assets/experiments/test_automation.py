from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mqt_assets.experiments.automation import Move, next_move
from mqt_assets.experiments.decision import Action, Rules, Verdict
from mqt_serving.releases import Pointer

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
WAITING = Pointer(champion="one", challenger="two")
RUNNING = Pointer(
    champion="one", challenger="two", challenger_share=0.05, experiment="e1", salt="s"
)


@pytest.mark.parametrize(
    ("pointer", "verdict", "expected"),
    [
        (None, None, Move("Nothing is released yet.")),
        (
            Pointer(champion="one"),
            None,
            Move("No experiment is running and no challenger waits."),
        ),
        (
            WAITING,
            None,
            Move("The challenger two waits.", "start:one:two:20260304T12", "start", 0.05),
        ),
        (RUNNING, Verdict(Action.CONTINUE, "too few"), Move("too few")),
        (
            RUNNING,
            Verdict(Action.RAMP, "fine", 0.2),
            Move("fine", "e1:ramp:0.2:20260304T12", "ramp", 0.2, "e1"),
        ),
        (
            RUNNING,
            Verdict(Action.WITHDRAW, "worse"),
            Move("worse", "e1:withdraw:0.05:20260304T12", "withdraw", 0.05, "e1"),
        ),
    ],
)
def test_a_move_follows_from_pointer_and_verdict(
    pointer: Pointer | None, verdict: Verdict | None, expected: Move
) -> None:
    assert next_move(pointer, verdict, Rules(), NOW) == expected


def test_the_same_state_asks_for_the_same_run_and_another_step_for_another() -> None:
    once = next_move(RUNNING, Verdict(Action.RAMP, "a", 0.2), Rules(), NOW)
    again = next_move(RUNNING, Verdict(Action.RAMP, "b", 0.2), Rules(), NOW)
    later = next_move(RUNNING, Verdict(Action.RAMP, "a", 0.5), Rules(), NOW)
    assert once.key == again.key
    assert once.key != later.key


@pytest.mark.parametrize(
    ("pointer", "verdict"), [(WAITING, None), (RUNNING, Verdict(Action.PROMOTE, "better"))]
)
def test_a_move_that_failed_is_asked_for_again_in_the_next_hour(
    pointer: Pointer, verdict: Verdict | None
) -> None:
    first, same, again = (
        next_move(pointer, verdict, Rules(), NOW + timedelta(minutes=minute)).key
        for minute in (0, 59, 60)
    )
    assert first == same != again
