"""How often guardrails end an experiment whose challenger is no worse, and how soon one that is.

`python -m benchmarks.guardrails [--json] [--seed S] [--experiments N]`. Whole experiments by
simulation, with the levels, steps and bounds of `mqt_assets.experiments`: figures are counted anew
at each step, outcomes and the alarm are looked at after every person, latency after every
`LOOK`th. The challenger that is no worse answers as well as the champion and is just as slow as it
may be, which is the hardest case. Beside it the same with questions taken for independent.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.experiments import log_factors
from benchmarks.simulating import run_simulation
from mqt_assets.experiments.decision import GUARD_LEVEL, GUARDED, MISMATCH_LEVEL, Rules
from mqt_assets.experiments.outcomes import BETTER_HIGH
from mqt_assets.experiments.statistics import (
    BURN_IN,
    Latencies,
    Numbers,
    radius,
    ratio,
    slower_share,
)
from mqt_assets.feedback.patterns import wilson

RULES = Rules()
PEOPLE = 4000
LOOK = 100
CHANCES = {"success": 0.9, "corrected": 0.05}
ALIKE = 4.0
"""How alike the questions of one person end (the size of a beta distribution)."""
SPREAD = 0.8
"""Standard deviation of the logarithm of a latency, over people and questions."""
LATENCY, ALARM, INDEPENDENT = "latency", "alarm", "latency, questions as independent"
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Setup:
    """`between`: the share of the latency's variance that is between people; `loss` of success in
    points; `slower`: times as slow as it may be."""

    name: str
    most_questions: int = 6
    between: float = 0.5
    loss: float = 0.0
    slower: float = 1.0


NO_WORSE = (
    Setup("one question a person", most_questions=1),
    Setup("sessions of 1 to 6 questions"),
    Setup("sessions of 1 to 20 questions, people wait very differently", 20, 0.9),
)
WORSE = (
    Setup("10 points fewer answered", loss=0.1),
    Setup("5 points fewer answered", loss=0.05),
    Setup("1.5 times as slow as it may be", slower=1.5),
    Setup("2.5 times as slow as it may be", slower=2.5),
)


@dataclass(frozen=True)
class People:
    """In the order in which they come. `sums` holds the outcomes of all of a person's questions;
    `milliseconds` are question by question, `owners` says whose."""

    dealt: Numbers  # 0..1: the challenger's below its share
    questions: NDArray[np.int64]
    sums: dict[str, Numbers]
    milliseconds: Numbers
    owners: NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """Shares of all experiments that ended so, with 95 % intervals (Wilson)."""

    setup: str
    experiments: int
    by: dict[str, float]  # a guardrail, or the alarm, by itself
    withdrawn: float  # by any guardrail
    interval: tuple[float, float]
    ended: float  # by any guardrail or the alarm
    median_people: float | None  # of those that were withdrawn


def simulate(
    setup: Setup, experiments: int, rng: np.random.Generator, rules: Rules = RULES
) -> Outcome:
    counts: defaultdict[str, int] = defaultdict(int)
    stops, ended = [], 0
    for _ in range(experiments):
        found = ended_by(_people(setup, rng, rules), rules)
        for name in found:
            counts[name] += 1
        guards = [at for name, at in found.items() if name in (*GUARDED, LATENCY)]
        stops += [min(guards)] if guards else []
        ended += bool(guards) or ALARM in found
    names = (*GUARDED, LATENCY, ALARM, INDEPENDENT)
    return Outcome(
        setup.name,
        experiments,
        {name: counts[name] / experiments for name in names},
        len(stops) / experiments,
        wilson(len(stops), experiments),
        ended / experiments,
        float(np.median(stops)) if stops else None,
    )


def ended_by(people: People, rules: Rules) -> dict[str, int]:
    """What would end the experiment by itself, with the number of people by then."""
    found: dict[str, int] = {}
    start = 0
    for share in rules.steps:
        challenger = people.dealt[start:] < share
        if share != rules.steps[-1]:
            challenger = challenger[: _until_enough(challenger, rules.minimum)]
        for name, at in _crossings(people, start, challenger, share, rules):
            found.setdefault(name, start + at)
        start += len(challenger)
    return found


def _until_enough(challenger: Flags, minimum: int) -> int:
    """People until both arms have the minimum: then the share grows."""
    smaller = np.minimum(np.cumsum(challenger), np.cumsum(~challenger))
    enough = smaller >= minimum
    return int(enough.argmax()) + 1 if enough.any() else len(challenger)


def _crossings(
    people: People, start: int, challenger: Flags, share: float, rules: Rules
) -> Iterator[tuple[str, int]]:
    """Each with the number of people of this step at its first look that would end it."""
    step = slice(start, start + len(challenger))
    for name in GUARDED:
        worse = _worse(name, people.sums[name][step], people.questions[step], challenger, rules)
        if worse.any():
            yield name, int(worse.argmax()) + 1
    got, total = np.cumsum(challenger, dtype=float), np.arange(1.0, len(challenger) + 1)
    broken = log_factors(got[None, :], total, share)[0] >= math.log(1 / MISMATCH_LEVEL)
    if broken.any():
        yield ALARM, int(broken.argmax()) + 1
    first, last = np.searchsorted(people.owners, [start, start + len(challenger)])
    asked = Latencies(people.milliseconds[first:last], people.owners[first:last] - start)
    for name in (LATENCY, INDEPENDENT):
        at = _slower_after(asked, challenger, name == INDEPENDENT, rules)
        if at is not None:
            yield name, at


def _worse(
    name: str, x: Numbers, questions: NDArray[np.int64], challenger: Flags, rules: Rules
) -> Flags:
    """`decision`'s guardrail after each person."""
    n = questions.astype(float)
    means, variances, units = [], [], []
    for arm in (~challenger, challenger):
        sums = [np.cumsum(v * arm) for v in (x, n, x * x, x * n, n * n)]
        count = np.cumsum(arm, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean, variance = ratio(*sums, count)
        means.append(mean)
        variances.append(variance)
        units.append(count)
    ready = np.minimum(*units) >= BURN_IN
    estimate = np.where(ready, means[1] - means[0], 0.0)
    variance = np.where(ready, variances[0] + variances[1], 1.0)
    width = radius(units[0] + units[1], variance, rules.guard_level, rules.tuned_for)
    worse: Flags = ready & ((-estimate if BETTER_HIGH[name] else estimate) > width)
    return worse


def _slower_after(
    asked: Latencies, challenger: Flags, independent: bool, rules: Rules
) -> int | None:
    """People until the latency guardrail ends it; None when it doesn't."""
    whose = challenger[asked.units]
    arms = []
    for arm in (False, True):
        numbers = np.cumsum(challenger == arm) - 1  # of each person in its arm
        units, milliseconds = asked.units[whose == arm], asked.milliseconds[whose == arm]
        arms.append((units, Latencies(milliseconds, numbers[units])))
    for seen in range(LOOK, len(challenger) + 1, LOOK):
        now = [_first(one, int(np.searchsorted(units, seen)), independent) for units, one in arms]
        if min(len(one.milliseconds) for one in now) == 0:
            continue
        tuned_for = rules.tuned_for / 2
        slower = slower_share(*now, rules.latency_ratio, rules.guard_level, tuned_for)
        if slower is not None and slower.above_zero:
            return seen
    return None


def _first(asked: Latencies, count: int, independent: bool) -> Latencies:
    units = np.arange(count) if independent else asked.units[:count]
    return Latencies(asked.milliseconds[:count], units)


def _people(setup: Setup, rng: np.random.Generator, rules: Rules) -> People:
    dealt = rng.random(PEOPLE)
    # Every step has a larger share, so who gets the challenger depends on when they come.
    challenger = np.zeros(PEOPLE, bool)
    start = 0
    for share in rules.steps:
        challenger[start:] = dealt[start:] < share
        if share != rules.steps[-1]:
            start += _until_enough(challenger[start:], rules.minimum)
    n = rng.integers(1, setup.most_questions + 1, PEOPLE)
    sums = {}
    for name, chance in CHANCES.items():
        chances = np.where(challenger, chance - (setup.loss if name == "success" else 0.0), chance)
        own = rng.beta(ALIKE * chances, ALIKE * (1 - chances))
        sums[name] = rng.binomial(n, own).astype(float)
    owners = np.repeat(np.arange(PEOPLE), n)
    of_person = rng.normal(0, SPREAD * math.sqrt(setup.between), PEOPLE)
    of_question = rng.normal(0, SPREAD * math.sqrt(1 - setup.between), len(owners))
    times = np.where(challenger, rules.latency_ratio * setup.slower, 1.0)
    milliseconds = 100 * np.exp(of_person[owners] + of_question) * times[owners]
    return People(dealt, n, sums, milliseconds, owners)


def measure(experiments: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    no_worse = [simulate(setup, experiments, rng) for setup in NO_WORSE]
    worse = [simulate(setup, max(experiments // 10, 1), rng) for setup in WORSE]
    return {
        "level": GUARD_LEVEL,
        "alarm_level": MISMATCH_LEVEL * len(RULES.steps),
        "people": PEOPLE,
        "steps": RULES.steps,
        "seed": seed,
        "no_worse": [asdict(outcome) for outcome in no_worse],
        "worse": [asdict(outcome) for outcome in worse],
        "passed": all(outcome.withdrawn <= GUARD_LEVEL for outcome in no_worse),
    }


def report(figures: dict[str, Any]) -> str:
    lines = [
        f"Guardrails in sum {figures['level']:.0%}, alarm {figures['alarm_level']:.1%}; "
        f"{figures['people']} people an experiment, seed {figures['seed']}."
    ]
    for title, key in (
        ("No worse: withdrawn (must be at most the level)", "no_worse"),
        ("Worse: withdrawn", "worse"),
    ):
        lines += ["", title]
        for o in figures[key]:
            low, high = o["interval"]
            after = "-" if o["median_people"] is None else f"{o['median_people']:.0f}"
            by = ", ".join(f"{name} {share:.2%}" for name, share in o["by"].items())
            lines += [
                f"  {o['setup']}: {o['withdrawn']:.1%} of {o['experiments']} [{low:.1%}, "
                f"{high:.1%}], with the alarm {o['ended']:.1%}; after {after} people (median)",
                f"    {by}",
            ]
    verdict = "passed" if figures["passed"] else "FAILED"
    return "\n".join([*lines, "", f"{verdict} ({figures['seconds']} s)"])


def main() -> int:
    return run_simulation(__doc__, "experiments", 2000, measure, report)


if __name__ == "__main__":
    sys.exit(main())
