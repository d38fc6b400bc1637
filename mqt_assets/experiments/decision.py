"""What to do with a running experiment: ramp up, go on, stop, promote or withdraw; pure.

Each figure is an always-valid interval, so asking every minute costs nothing. The deciding outcome
is only acted on at the last step of the ramp, so its level is spent once. Guardrails are acted on
at every step, and figures are counted anew at each: they share one level (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mqt_assets.experiments.outcomes import BETTER_HIGH, SATISFIED, Arm
from mqt_assets.experiments.statistics import Interval, difference, mismatch_p, slower_share
from mqt_serving import experiment_reports as reports
from mqt_serving.assignment import Variant

GUARD_LEVEL = 0.05
"""Most chance that a challenger that is no worse is ever withdrawn by a guardrail, over all of them
and all steps."""
MISMATCH_LEVEL = 0.001
"""Most chance that a step of an experiment that is dealt as planned is taken for a broken one."""
GUARDED = ("success", "corrected")
"""Outcomes that end an experiment as soon as the challenger is surely worse at them."""
GUARDRAILS = len(GUARDED) + 1  # and latency


class Action(StrEnum):
    CONTINUE = "continue"
    RAMP = "ramp"
    STOP = "stop"  # the experiment is broken, which says nothing about the challenger
    WITHDRAW = "withdraw"  # the challenger is worse, or not shown to be good enough
    PROMOTE = "promote"


@dataclass(frozen=True, slots=True)
class Rules:
    """`steps` are shares, growing; `minimum` units in each arm before a step or a conclusion;
    `margin` is how much worse a challenger may be when time is up."""

    steps: tuple[float, ...] = (0.05, 0.2, 0.5)
    minimum: int = 100
    longest: timedelta = timedelta(days=14)
    level: float = 0.05
    margin: float = 0.02
    latency_ratio: float = 2.0

    @property
    def tuned_for(self) -> float:
        """Units in both arms at which intervals are tightest: a few times the least."""
        return 10.0 * self.minimum

    @property
    def guard_level(self) -> float:
        """Of one guardrail's interval at one step. Only one of its two sides is harm, and the
        sequence's sides are alike, so it may miss twice as often."""
        return 2 * GUARD_LEVEL / (GUARDRAILS * len(self.steps))

    def next_step(self, share: float) -> float | None:
        return next((step for step in self.steps if step > share + 1e-9), None)


@dataclass(frozen=True, slots=True)
class Experiment:
    """What runs: `share` is the challenger's."""

    name: str
    champion: str
    challenger: str | None
    share: float
    started: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do and why; `share` is the next one when ramping up."""

    action: Action
    reason: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures behind a verdict: challenger less champion; None while there is too little."""

    intervals: Mapping[str, Interval | None]
    guards: Mapping[str, Interval | None]
    slower: Interval | None
    mismatch_p: float


def examine(arms: Mapping[Variant, Arm], share: float, rules: Rules) -> Findings:
    champion, challenger = arms["champion"], arms["challenger"]

    def interval(name: str, level: float) -> Interval | None:
        pair = champion.samples[name], challenger.samples[name]
        return difference(*pair, level, rules.tuned_for)

    return Findings(
        {name: interval(name, rules.level) for name in BETTER_HIGH},
        {name: interval(name, rules.guard_level) for name in GUARDED},
        slower_share(
            champion.latencies,
            challenger.latencies,
            rules.latency_ratio,
            rules.guard_level,
            rules.tuned_for / 2,
        ),
        mismatch_p(champion.units, challenger.units, share),
    )


def judge(
    arms: Mapping[Variant, Arm],
    findings: Findings,
    share: float,
    started: datetime,
    now: datetime,
    rules: Rules,
) -> Verdict:
    broken = _broken(arms, findings, share)
    if broken:
        return broken
    harm = _harm(findings, rules)
    if harm:
        return Verdict(Action.WITHDRAW, harm)
    least = min(arm.units for arm in arms.values())
    over = now - started >= rules.longest
    following = rules.next_step(share)
    enough = least >= rules.minimum
    if following is not None and not over:
        if enough:
            return Verdict(Action.RAMP, f"no harm seen in {least} units of each arm", following)
        return _waiting(least, rules)
    primary = findings.intervals[SATISFIED]
    if primary is not None and enough:
        if primary.above_zero:
            return Verdict(Action.PROMOTE, f"more are satisfied: {_text(primary)}")
        if primary.below_zero:
            return Verdict(Action.WITHDRAW, f"fewer are satisfied: {_text(primary)}")
    if not over:
        return _waiting(least, rules) if not enough else Verdict(Action.CONTINUE, "not clear yet")
    days = rules.longest / timedelta(days=1)
    if primary is not None and enough and primary.low > -rules.margin:
        return Verdict(
            Action.PROMOTE,
            f"after {days:g} days at most {rules.margin:.0%} worse: {_text(primary)}",
        )
    known = _text(primary) if primary else f"only {least} units in the smaller arm"
    return Verdict(Action.WITHDRAW, f"after {days:g} days not shown to be as good: {known}")


def _broken(arms: Mapping[Variant, Arm], findings: Findings, share: float) -> Verdict | None:
    if findings.mismatch_p >= MISMATCH_LEVEL:
        return None
    got, other = arms["challenger"].units, arms["champion"].units
    return Verdict(
        Action.STOP,
        f"sample ratio mismatch: {got} of {got + other} units got the challenger, {share:.0%} "
        f"should have (p = {findings.mismatch_p:.2g}); the figures cannot be trusted",
    )


def _harm(findings: Findings, rules: Rules) -> str:
    for name, interval in findings.guards.items():
        if interval is None:
            continue
        if interval.below_zero if BETTER_HIGH[name] else interval.above_zero:
            return f"guardrail: {name} is worse with the challenger: {_text(interval)}"
    if findings.slower is not None and findings.slower.above_zero:
        return (
            f"guardrail: the 95th percentile of latency is more than {rules.latency_ratio:g} times "
            "the champion's"
        )
    return ""


def _waiting(least: int, rules: Rules) -> Verdict:
    return Verdict(Action.CONTINUE, f"{least} of {rules.minimum} units in the smaller arm")


def _text(interval: Interval) -> str:
    return (
        f"{interval.estimate * 100:+.1f} points [{interval.low * 100:+.1f}, "
        f"{interval.high * 100:+.1f}]"
    )


def report_of(
    experiment: Experiment,
    arms: Mapping[Variant, Arm],
    findings: Findings,
    verdict: Verdict,
    rules: Rules,
    now: datetime,
) -> reports.ExperimentReport:
    """The report of one look, ready to be written."""
    guards = {name: _bounds(interval) for name, interval in findings.guards.items()}
    point = reports.Point(
        at=now,
        share=experiment.share,
        units=(arms["champion"].units, arms["challenger"].units),
        satisfied=_bounds(findings.intervals[SATISFIED]),
        guards=guards,
        mismatch_p=findings.mismatch_p,
    )
    return reports.ExperimentReport(
        experiment=experiment.name,
        champion=experiment.champion,
        challenger=experiment.challenger,
        share=experiment.share,
        started_at=experiment.started,
        looked_at=now,
        arms=tuple(
            reports.Arm(
                variant=variant,
                units=arm.units,
                questions=arm.questions,
                p95_ms=arm.p95_ms,
                outcomes={name: sample.mean for name, sample in arm.samples.items()},
            )
            for variant, arm in arms.items()
        ),
        outcomes=tuple(
            reports.OutcomeFigures(
                name=name,
                better="more" if BETTER_HIGH[name] else "less",
                decides=name == SATISFIED,
                difference=_bounds(findings.intervals[name]),
                guard=guards.get(name),
            )
            for name in BETTER_HIGH
        ),
        mismatch_p=findings.mismatch_p,
        level=rules.level,
        action=str(verdict.action),
        reason=verdict.reason,
        asked_since=now,
        points=(point,),
    )


def _bounds(interval: Interval | None) -> reports.Bounds | None:
    if interval is None:
        return None
    return reports.Bounds(estimate=interval.estimate, low=interval.low, high=interval.high)
