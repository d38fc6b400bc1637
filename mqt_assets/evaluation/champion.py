"""What the champion answers to the questions that a candidate is asked.

Its own report knows an outcome as long as question, data and code are those that it was measured
with; the others are measured again, so that both are judged on the same data. Pure but for the
callables of the caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], corrections: Sequence[Outcome]) -> Answers:
        """With the shares that the outcomes give."""
        total = Counter(outcome.kind for outcome in outcomes)
        right = Counter(outcome.kind for outcome in outcomes if outcome.right)
        by_kind = {kind: Share(correct=right[kind], total=total[kind]) for kind in sorted(total)}
        overall = Share(correct=right.total(), total=total.total())
        return cls(overall, by_kind, tuple(outcomes), tuple(corrections))


def known_or_asked(
    report: EvaluationReport,
    questions: Sequence[Example],
    corrections: Sequence[Example],
    measured_on: Mapping[str, str],
    ask: Callable[[Sequence[Example]], Measured],
    say: Callable[[str], object],
) -> Answers:
    """`report` is the champion's own, `ask` measures the champion; `measured_on` is what outcomes
    are measured on now, by database.

    A champion that this code can't load any more is compared by what its report knows, if that is
    of these questions; else `ReleaseCorrupt` is raised.
    """
    known = _holding(report.outcomes, measured_on)
    of_corrections = _holding(report.correction_outcomes, measured_on)
    fresh = [question for question in questions if question.id not in known]
    corrected = [each for each in corrections if each.id not in of_corrections]
    if fresh:
        say(
            f"{len(fresh)} of {len(questions)} questions are asked of the champion too: they, the "
            "data or the code are not those that it was measured with"
        )
    try:
        known |= {outcome.question: outcome for outcome in ask(fresh).outcomes}
        of_corrections |= {outcome.question: outcome for outcome in ask(corrected).outcomes}
    except ReleaseCorrupt as error:
        if report.holdout_digest != dataset_digest(questions):
            raise
        say(f"{error}: the champion's report is compared with, and it is asked nothing")
        outcomes = tuple(known[each.id] for each in questions if each.id in known)
        return Answers(report.overall, report.by_kind, outcomes, ())
    return Answers.of(
        [known[each.id] for each in questions], [of_corrections[each.id] for each in corrections]
    )


def _holding(outcomes: Iterable[Outcome], measured_on: Mapping[str, str]) -> dict[str, Outcome]:
    """By question, those that would be measured the same now."""
    return {
        outcome.question: outcome
        for outcome in outcomes
        if outcome.measured_on and outcome.measured_on == measured_on.get(outcome.database)
    }
