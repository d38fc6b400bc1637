"""A candidate whose run died before it was decided about: evaluated and released once more. Pure.

Its corrections count as learned, so no trigger would train them again: without this they would wait
for the next training, and the candidate would be forgotten. Once only, since what fails twice in
the same place is for people; the explanation of every tick says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mqt_assets.retraining.decision import FIRST_BACK_OFF, Decision, Outcome, TrainingRun, Trigger

REMAINING: Final = ("candidate_evaluation", "release")
"""The assets that a candidate still lacks."""

CANDIDATE_TAG: Final = "mqt/candidate"
"""Of the run that finishes a candidate: which one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the newest candidate, the translator `candidate`, stands.

    `decided` is the translator that the last release was decided about: empty before the first
    one, None where it does not say. `refused`: a check stopped its run, which is a decision too.
    `trained` is the run that made it, `finishing` the one that was to finish it; None where
    Dagster knows none.
    """

    candidate: str
    decided: str | None
    refused: bool = False
    trained: TrainingRun | None = None
    finishing: TrainingRun | None = None

    @property
    def in_progress(self) -> tuple[TrainingRun, ...]:
        """The run that finishes it now: trainings wait for it, since it may change what serves."""
        run = self.finishing
        return (run,) if run is not None and run.outcome is Outcome.IN_PROGRESS else ()


def finish(standing: Standing, training: bool, now: datetime) -> Decision:
    """Whether to finish the candidate now; without explanation when there is nothing to finish.

    `training`: a run that replaces or finishes it is in progress. A run that succeeded was not
    asked for more, and one that was canceled was stopped by a person: both are left alone.
    """
    trained, finishing = standing.trained, standing.finishing
    if standing.decided in (None, standing.candidate) or standing.refused or training:
        return Decision("")
    if trained is not None and trained.outcome is not Outcome.FAILED:
        return Decision("")
    state = f"the run that trained {standing.candidate} died before it was evaluated and released"
    if finishing is not None:
        if standing.in_progress:
            return Decision(f"Finishing a candidate: {state}; run {finishing.run_id} does that.")
        return Decision(
            f"Not finished: {state}, and so did run {finishing.run_id}, which was to do that. "
            f"Put right what stopped it and run {' and '.join(REMAINING)} of retrain_job by hand."
        )
    # What stopped the run may still be there: a server that restarts, a full disk.
    at = trained.last_seen + FIRST_BACK_OFF if trained is not None else now
    if now < at:
        return Decision(f"Finishing a candidate at {at:%Y-%m-%d %H:%M} UTC: {state}.")
    reason = Trigger("unfinished", state, True, standing.candidate)
    key = f"unfinished:{standing.candidate}"
    return Decision(f"Finishing a candidate: {state}.", key, (reason,))
