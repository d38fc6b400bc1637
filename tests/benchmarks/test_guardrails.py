"""The simulation of guardrails ends experiments as the product does, and hardly ever wrongly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.guardrails import (
    INDEPENDENT,
    LATENCY,
    LOOK,
    NO_WORSE,
    RULES,
    WORSE,
    People,
    Setup,
    _people,
    ended_by,
    simulate,
)
from mqt_assets.experiments.decision import (
    GUARD_LEVEL,
    GUARDED,
    GUARDRAILS,
    Action,
    Rules,
    examine,
    judge,
)
from mqt_assets.experiments.outcomes import BETTER_HIGH, Arm
from mqt_assets.experiments.statistics import Latencies, sample_of
from mqt_serving.assignment import Variant

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
ONE_STEP = replace(RULES, steps=(0.5,))


def arms_of(people: People, count: int) -> dict[Variant, Arm]:
    """Both arms after so many people, as the product sees them at a share of one half."""
    arms: dict[Variant, Arm] = {}
    for variant, dealt in (("champion", people.dealt >= 0.5), ("challenger", people.dealt < 0.5)):
        mine = np.flatnonzero(dealt[:count])
        n = people.questions[mine]
        zero = np.zeros(len(mine))
        samples = {
            name: sample_of(people.sums[name][mine] if name in GUARDED else zero, n)
            for name in BETTER_HIGH
        }
        latencies = [people.milliseconds[people.owners == person].tolist() for person in mine]
        arms[variant] = Arm(len(mine), int(n.sum()), samples, Latencies.of(latencies))
    return arms


@pytest.mark.parametrize(
    ("setup", "guardrail"),
    [(WORSE[0], "success"), (WORSE[3], LATENCY), (Setup("more corrected"), "corrected")],
    ids=lambda value: getattr(value, "name", value),
)
def test_it_ends_where_the_product_does(setup: Setup, guardrail: str) -> None:
    people = _people(setup, np.random.default_rng(5), ONE_STEP)
    if guardrail == "corrected":
        more = np.where(people.dealt < 0.5, people.questions, 0.0) * 0.2
        people.sums["corrected"] = np.minimum(people.sums["corrected"] + more, people.questions)
    found = ended_by(people, ONE_STEP)
    at = found[guardrail]
    assert at == min(found[name] for name in (*GUARDED, LATENCY) if name in found)

    def verdict(count: int) -> tuple[Action, str]:
        arms = arms_of(people, count)
        judged = judge(arms, examine(arms, 0.5, ONE_STEP), 0.5, NOON, NOON, ONE_STEP)
        return judged.action, judged.reason

    action, reason = verdict(at)
    assert action is Action.WITHDRAW
    assert ("latency" if guardrail == LATENCY else f"guardrail: {guardrail}") in reason
    before = verdict(at - (LOOK if guardrail == LATENCY else 1))
    assert "guardrail" not in before[1]


def test_guardrails_share_one_level_however_many_steps_there_are() -> None:
    for steps in ((0.5,), (0.05, 0.2, 0.5), tuple(n / 20 for n in range(1, 11))):
        one_sided = Rules(steps=steps).guard_level / 2
        assert one_sided * GUARDRAILS * len(steps) == pytest.approx(GUARD_LEVEL)


def test_people_who_wait_differently_are_not_taken_for_a_slow_challenger() -> None:
    """100 experiments. Were questions independent, a fourth of them would end."""
    outcome = simulate(NO_WORSE[2], 100, np.random.default_rng(6))
    assert outcome.by[INDEPENDENT] > 0.1
    assert outcome.by[LATENCY] <= GUARD_LEVEL
    assert outcome.interval[0] <= GUARD_LEVEL


def test_a_challenger_that_is_much_worse_is_withdrawn() -> None:
    for setup in (WORSE[0], WORSE[3]):
        outcome = simulate(setup, 10, np.random.default_rng(7))
        assert outcome.withdrawn == 1.0
        assert outcome.median_people is not None and outcome.median_people < 4000
