"""What the champion answers to the questions that a candidate is asked.

Holdout and release are frozen, so what its own report knows is not asked again. Pure but for the
callables of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mqt_assets.evaluation.measuring import Measured
from mqt_assets.evaluation.paired import Outcome
from mqt_assets.release.gates import EvaluationReport, Share
from mqt_assets.training.examples import Example, dataset_digest
from mqt_serving.errors import ReleaseCorrupt


@dataclass(frozen=True, slots=True)
class Answers:
    """Of the holdout, and of each accepted correction."""

    overall: Share
    by_kind: dict[str, Share]
    outcomes: tuple[Outcome, ...]
    corrections: tuple[Outcome, ...]


def known_or_asked(
    report: EvaluationReport,
    questions: Sequence[Example],
    corrections: Sequence[Example],
    ask: Callable[[Sequence[Example]], Measured],
    say: Callable[[str], object],
) -> Answers:
    """`report` is the champion's own, `ask` measures the champion.

    A champion that this code can't load any more is compared by the shares in its report, if they
    are of these questions; else `ReleaseCorrupt` is raised.
    """
    known = {outcome.question: outcome for outcome in report.correction_outcomes}
    same = report.holdout_digest == dataset_digest(questions)
    try:
        asked = ask([correction for correction in corrections if correction.id not in known])
        if same and report.outcomes:
            overall, by_kind, outcomes = report.overall, report.by_kind, report.outcomes
        else:
            why = "its outcomes are not known" if same else "the holdout is new"
            say(f"{why}: asking the champion, too")
            again = ask(questions)
            overall, by_kind, outcomes = again.overall, again.by_kind, again.outcomes
    except ReleaseCorrupt as error:
        if not same:
            raise
        say(f"{error}: the champion's report is compared with, and it is asked nothing")
        return Answers(report.overall, report.by_kind, report.outcomes, ())
    known |= {outcome.question: outcome for outcome in asked.outcomes}
    return Answers(overall, by_kind, outcomes, tuple(known[each.id] for each in corrections))
