from __future__ import annotations

import pytest

from mqt_assets.experiments.automation import Move, next_move
from mqt_assets.experiments.decision import Action, Rules, Verdict
from mqt_serving.releases import Pointer

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
        (WAITING, None, Move("The challenger two waits.", "start:one:two", "start", 0.05)),
        (RUNNING, Verdict(Action.CONTINUE, "too few"), Move("too few")),
        (RUNNING, Verdict(Action.RAMP, "fine", 0.2), Move("fine", "e1:ramp:0.2", "ramp", 0.2)),
        (
            RUNNING,
            Verdict(Action.WITHDRAW, "worse"),
            Move("worse", "e1:withdraw:0.05", "withdraw", 0.05),
        ),
    ],
)
def test_a_move_follows_from_pointer_and_verdict(
    pointer: Pointer | None, verdict: Verdict | None, expected: Move
) -> None:
    assert next_move(pointer, verdict, Rules()) == expected


def test_the_same_state_asks_for_the_same_run_and_another_step_for_another() -> None:
    once = next_move(RUNNING, Verdict(Action.RAMP, "a", 0.2), Rules())
    again = next_move(RUNNING, Verdict(Action.RAMP, "b", 0.2), Rules())
    later = next_move(RUNNING, Verdict(Action.RAMP, "a", 0.5), Rules())
    assert once.key == again.key
    assert once.key != later.key
