"""When a model is trained again: a pure decision on triggers and on the trainings there were.

Triggers say what there is to learn; cool-down, budget, back-off and a training that runs say
whether now is the time. All that is due goes into one run, and every decision, also the one not to
train, says how each trigger stands. Reading and acting is in `automation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mqt_serving.schema import digest_of

DAY = timedelta(days=1)
LONGEST_RUN = timedelta(hours=3)
FIRST_BACK_OFF = timedelta(minutes=15)
MOST_BACK_OFF = timedelta(hours=12)
REASON_TAG = "mqt/reason_"
REASONS_TAG = "mqt/reasons"
STARTED_BY = "mqt/started_by"
_STARTERS = {STARTED_BY: "start of MQT", "dagster/sensor_name": "sensor"}


@dataclass(frozen=True, slots=True)
class Trigger:
    """One cause for a training: `state` says how it stands; `key` is of the evidence when due."""

    name: str
    state: str
    due: bool = False
    key: str = ""


class Outcome(StrEnum):
    IN_PROGRESS = "in progress"  # queued or running
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A training, whoever started it; `ended` is None while it is in progress."""

    run_id: str
    outcome: Outcome
    requested: datetime
    ended: datetime | None = None

    @property
    def last_seen(self) -> datetime:
        return self.ended or self.requested


@dataclass(frozen=True, slots=True)
class Rules:
    """`cool_down` from the end of one training to the next; `per_day` trainings in any 24 hours."""

    cool_down: timedelta = timedelta(hours=1)
    per_day: int = 4

    @property
    def looks_back(self) -> timedelta:
        """How far back runs have to be known: to the last one as long as it is waited for."""
        return max(DAY, self.cool_down + LONGEST_RUN)


@dataclass(frozen=True, slots=True)
class Decision:
    """`run_key` is empty when nothing is to be started; `explanation` always says why."""

    explanation: str
    run_key: str = ""
    reasons: tuple[Trigger, ...] = ()

    @property
    def wanted(self) -> bool:
        return bool(self.run_key)

    @property
    def tags(self) -> dict[str, str]:
        """What a run for these reasons is marked with; `why` reads it."""
        states = {f"{REASON_TAG}{trigger.name}": trigger.state for trigger in self.reasons}
        return {REASONS_TAG: ", ".join(trigger.name for trigger in self.reasons), **states}


def decide(
    triggers: Sequence[Trigger], runs: Sequence[TrainingRun], now: datetime, rules: Rules
) -> Decision:
    """Whether to train now. `runs` are all those requested since `now - rules.looks_back`."""
    due = tuple(trigger for trigger in triggers if trigger.due)
    states = " ".join(f"{trigger.name.capitalize()}: {trigger.state}." for trigger in triggers)
    if not due:
        return Decision(f"Nothing is due. {states}")
    obstacles = [text for text in _obstacles(runs, now, rules) if text]
    if obstacles:
        names = ", ".join(trigger.name for trigger in due)
        return Decision(f"Due ({names}), but {'; '.join(obstacles)}. {states}")
    # By content: the same evidence asks once. With the training before in it, so that one that
    # failed is tried again when its back-off is over; with the day when that was too long ago.
    last = max(runs, key=lambda run: run.requested, default=None)
    after = last.run_id if last else f"{now:%Y-%m-%d}"
    key = digest_of([sorted((t.name, t.key) for t in due), after])
    names = ", ".join(trigger.name for trigger in due)
    return Decision(f"Training for: {names}. {states}", f"retraining:{key}", due)


def back_off(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: doubled each time, up to a limit."""
    if failures == 0:
        return timedelta(0)
    return min(FIRST_BACK_OFF * 2.0 ** min(failures - 1, 10), MOST_BACK_OFF)


def why(tags: Mapping[str, str]) -> dict[str, str]:
    """Why a run trains, from its tags: each trigger with its state, or who started it."""
    found = {
        name.removeprefix(REASON_TAG): state
        for name, state in tags.items()
        if name.startswith(REASON_TAG)
    }
    if found:
        return found
    for tag, reason in _STARTERS.items():
        if tag in tags:
            return {reason: tags[tag]}
    return {"by hand": "a person started this run"}


def _obstacles(runs: Sequence[TrainingRun], now: datetime, rules: Rules) -> list[str]:
    """All that stands in the way of a training now, in plain words."""
    if any(run.outcome is Outcome.IN_PROGRESS for run in runs):
        return ["a training runs or waits already"]
    return [_cooling(runs, now, rules), _backing_off(runs, now), _spent(runs, now, rules)]


def _cooling(runs: Sequence[TrainingRun], now: datetime, rules: Rules) -> str:
    last = max((run.last_seen for run in runs), default=None)
    if last is None or now - last >= rules.cool_down:
        return ""
    return f"the last training ended at {_time(last)}: cooling down until " + _time(
        last + rules.cool_down
    )


def _backing_off(runs: Sequence[TrainingRun], now: datetime) -> str:
    failed: list[TrainingRun] = []
    for run in sorted(runs, key=lambda run: run.requested, reverse=True):
        if run.outcome is Outcome.SUCCEEDED:
            break
        if run.outcome is Outcome.FAILED:
            failed.append(run)
    if not failed:
        return ""
    until = failed[0].last_seen + back_off(len(failed))
    if now >= until:
        return ""
    return f"{len(failed)} trainings in a row failed: the next try is at {_time(until)}"


def _spent(runs: Sequence[TrainingRun], now: datetime, rules: Rules) -> str:
    lately = [run for run in runs if now - run.requested < DAY]
    if len(lately) < rules.per_day:
        return ""
    return f"the budget of {rules.per_day} trainings in 24 hours is used up"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
