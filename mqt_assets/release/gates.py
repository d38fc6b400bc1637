"""Whether a candidate may serve: a pure decision on measured figures.

`candidate_evaluation` shows it as a check and `release` decides by it again, since a check that
failed in one run does not bind the next. Absolute gates mean that something is broken; the
others (no worse than the champion) only mean that the champion stays. `docs/measuring.md` gives the
reasons of the rules, `benchmarks/gates.py` how often they err.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from mqt_assets.evaluation.figures import expected_calibration_error, reliability
from mqt_assets.evaluation.paired import Comparison, Outcome, Pair, compare, grouped, pairs
from mqt_serving.settings import Settings

SURELY = 0.05
"""Level of the one-sided test that a part of the holdout (a query kind, a source) got worse."""
CALIBRATION_QUESTIONS = 100
"""Below, the calibration error is mostly noise."""
BROKEN = "broken"
"""The verdict that stops a run before its release."""


class Share(BaseModel):
    """Right answers out of questions."""

    model_config = ConfigDict(frozen=True)

    correct: int
    total: int

    @property
    def score(self) -> float:
        return self.correct / self.total if self.total else 0.0


OUTCOMES = (
    "outcomes",
    "champion_outcomes",
    "correction_outcomes",
    "champion_correction_outcomes",
)
"""The fields of a report that have a row a question."""


class EvaluationReport(BaseModel):
    """What was measured of one translator on one frozen holdout. Kept in its release.

    `translator` is the digest of the translator's files; `champion_*` are figures of the release
    that served at the time, on the same holdout; milliseconds are of one translation. `retired` is
    how many questions of the holdout are asked no more, by reason. Outcomes are question by
    question, so that later candidates can be paired with them.
    """

    model_config = ConfigDict(frozen=True)

    translator: str
    holdout_digest: str
    overall: Share
    by_kind: dict[str, Share] = {}
    by_source: dict[str, Share] = {}
    milliseconds_p50: float
    milliseconds_p95: float
    megabytes: float
    corrections: int = 0
    corrections_learned: int = 0  # answered rightly by the model alone
    champion_release: str | None = None
    champion_translator: str | None = None
    champion: Share | None = None
    champion_by_kind: dict[str, Share] = {}
    retired: dict[str, int] = {}
    # Reports of older versions have no outcomes.
    outcomes: tuple[Outcome, ...] = ()
    champion_outcomes: tuple[Outcome, ...] = ()
    correction_outcomes: tuple[Outcome, ...] = ()
    champion_correction_outcomes: tuple[Outcome, ...] = ()
    mlflow_run_id: str = ""
    mlflow_model_version: str = ""
    dataset_digest: str = ""

    @property
    def score(self) -> float:
        return self.overall.score

    @cached_property
    def paired(self) -> tuple[Pair, ...]:
        """The holdout's questions, champion and candidate side by side; none without a champion or
        its outcomes."""
        return pairs(self.champion_outcomes, self.outcomes)

    @cached_property
    def comparison(self) -> Comparison | None:
        return compare(self.paired) if self.paired else None

    @property
    def corrections_gained(self) -> int:
        """Corrections that the model answers by itself, less those that the champion does."""
        both = pairs(self.champion_correction_outcomes, self.correction_outcomes)
        return sum(pair.change for pair in both)


def calibration_error(outcomes: Sequence[Outcome]) -> float | None:
    """Expected calibration error in ten bins of equal mass; None for too few answers."""
    judged = [(o.confidence, o.right) for o in outcomes if o.confidence is not None]
    if len(judged) < CALIBRATION_QUESTIONS:
        return None
    return expected_calibration_error(reliability(judged))


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares in 0..1. `accuracy_margin` is how much worse a candidate may possibly be,
    `accuracy_level` the level of the test that it is better.

    `kind_loss`: most that a part's share of right answers may fall, judged only for parts with
    `kind_questions` or more: in fewer, one question moves the share too far.
    """

    milliseconds_p95: float
    megabytes: float
    kind_loss: float = 0.1
    kind_questions: int = 20
    accuracy_margin: float = 0.05
    accuracy_level: float = 0.2
    calibration_loss: float = 0.04

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            milliseconds_p95=settings.max_translate_ms,
            megabytes=settings.max_release_mb,
            kind_loss=settings.most_kind_loss,
            accuracy_margin=settings.accuracy_margin,
            accuracy_level=settings.accuracy_level,
            calibration_loss=settings.most_calibration_loss,
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """`absolute`: failing it means something is broken, not merely that the champion is better."""

    name: str
    passed: bool
    absolute: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class Decision:
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def broken(self) -> bool:
        return any(gate.absolute and not gate.passed for gate in self.gates)

    @property
    def verdict(self) -> str:
        if not self.gates:
            return "serves already"
        if self.broken:
            return BROKEN
        return "passed" if self.passed else "kept back"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not, one sentence a failed gate."""
        return tuple(gate.explanation for gate in self.gates if not gate.passed)

    @property
    def rows(self) -> list[list[str]]:
        """Gate, result and figures of each, for people."""
        return [[g.name, "passed" if g.passed else "failed", g.explanation] for g in self.gates]


def decide(
    report: EvaluationReport,
    limits: Limits,
    broken_corrections: Sequence[str],
    *,
    translator: str,
    holdout_digest: str,
    champion_translator: str | None,
    withdrawn: frozenset[str] = frozenset(),
    slow_corrections: Sequence[str] = (),
) -> Decision:
    """Judge the report against the state of now: this translator, holdout and champion.

    `withdrawn` are translators that people rolled back from. Of `slow_corrections` it is not known
    whether they hold: they ran out of time.
    """
    return Decision(
        (
            _not_withdrawn(translator in withdrawn),
            _is_current(report, (translator, holdout_digest, champion_translator)),
            _beats_champion(report, limits),
            _keeps_kinds(report, limits),
            _keeps_sources(report.paired, limits),
            _keeps_calibration(report, limits),
            _keeps_corrections(broken_corrections, slow_corrections),
            _limit("latency", report.milliseconds_p95, limits.milliseconds_p95, "ms (p95)"),
            _limit("size", report.megabytes, limits.megabytes, "MB"),
        )
    )


def _is_current(report: EvaluationReport, present: tuple[str, str, str | None]) -> Gate:
    """Champions are told apart by their translator: it is what was compared with."""
    measured = (report.translator, report.holdout_digest, report.champion_translator)
    names = ("translator", "holdout", "champion")
    stale = [
        f"{name} {was or 'none'}, now {now or 'none'}"
        for name, was, now in zip(names, measured, present, strict=True)
        if was != now
    ]
    return Gate(
        "current",
        not stale,
        False,
        f"The evaluation is of {'; '.join(stale)}: materialize candidate_evaluation again."
        if stale
        else "Measured on this translator and holdout, against this champion.",
    )


def _not_withdrawn(rolled_back: bool) -> Gate:
    return Gate(
        "not withdrawn",
        not rolled_back,
        False,
        "This translator was rolled back: run rollback_job with its release id to serve it again, "
        "or train a new one."
        if rolled_back
        else "Nobody rolled this translator back.",
    )


def no_worse(found: Comparison, limits: Limits) -> bool:
    """Not inferior, and nothing given up in what was seen: a chain of small losses would add up."""
    return found.gained >= found.lost and found.low > -limits.accuracy_margin


def better(found: Comparison, limits: Limits) -> bool:
    return no_worse(found, limits) and found.p_better <= limits.accuracy_level


def _beats_champion(report: EvaluationReport, limits: Limits) -> Gate:
    own = f"{report.overall.correct} of {report.overall.total} ({report.score:.1%})"
    if report.champion is None:
        passed = report.overall.correct > 0
        text = f"First release: {own} right on the holdout; more than none is needed."
        return Gate("accuracy", passed, True, text + _retired(report))
    theirs = f"{report.champion.correct} of {report.champion.total} ({report.champion.score:.1%})"
    text = f"{own} right on the holdout; the champion {report.champion_release} has {theirs}"
    found, learned = report.comparison, report.corrections_gained
    if report.translator == report.champion_translator:
        passed = True
        text += ". It is the champion's own translator."
    elif found is None:
        passed = report.score >= report.champion.score
        text += ". Their shares alone are compared: question by question nothing is known."
    else:
        passed = no_worse(found, limits) if learned > 0 else better(found, limits)
        text += f": {found}. {_why(found, learned, limits)}"
    nothing = report.overall.correct == 0
    return Gate("accuracy", passed and not nothing, nothing, text + _retired(report))


def _retired(report: EvaluationReport) -> str:
    """Why questions of the holdout are asked no more, the most frequent reasons first."""
    if not report.retired:
        return ""
    reasons = [f"{reason} ({count})" for reason, count in report.retired.items()]
    total = sum(report.retired.values())
    return f" {total} questions of the holdout are asked no more: {'; '.join(reasons[:5])}."


def _why(found: Comparison, learned: int, limits: Limits) -> str:
    if found.gained < found.lost:
        return "It lost more than it gained."
    if not no_worse(found, limits):
        return (
            f"It may be more than {100 * limits.accuracy_margin:g} points worse; more questions "
            "(MQT_EVALUATION_QUESTIONS) narrow the interval."
        )
    if learned > 0:
        return f"It is no worse, and answers {learned} more of the corrections by itself."
    return (
        "It answers no more of the corrections by itself, so it has to be better: one-sided p "
        f"{found.p_better:.2f}, needed is {limits.accuracy_level:g} or less."
    )


def lost_parts(
    paired: Sequence[Pair], key: Callable[[Pair], str], limits: Limits
) -> dict[str, Comparison]:
    """The parts that lost more than they may, and surely lost something: of 20 questions, two or
    three change sides by chance, so the share alone would refuse most good candidates."""
    lost = {
        name: compare(part)
        for name, part in _judged(paired, key, limits).items()
        if -sum(pair.change for pair in part) / len(part) > limits.kind_loss + 1e-9
    }
    return {name: part for name, part in lost.items() if part.p_worse <= SURELY}


def _judged(
    paired: Sequence[Pair], key: Callable[[Pair], str], limits: Limits
) -> dict[str, list[Pair]]:
    parts = grouped(paired, key)
    return {name: part for name, part in parts.items() if len(part) >= limits.kind_questions}


def _keeps_kinds(report: EvaluationReport, limits: Limits) -> Gate:
    """A gain overall must not be paid for by people who ask one kind of question."""
    if report.paired:
        judged = len(_judged(report.paired, _kind, limits))
        worse = [
            f"{name} ({part})" for name, part in lost_parts(report.paired, _kind, limits).items()
        ]
    else:
        judged, worse = _shares_of_kinds(report.by_kind, report.champion_by_kind, limits)
    text = f"{judged} query kinds compared, none surely lost more than {limits.kind_loss:.0%}."
    if worse:
        text = f"Lost more than {limits.kind_loss:.0%} in a query kind: {'; '.join(worse)}."
    return Gate("query kinds", not worse, False, text)


def _kind(pair: Pair) -> str:
    return pair.kind


def _shares_of_kinds(
    own: Mapping[str, Share], champions: Mapping[str, Share], limits: Limits
) -> tuple[int, list[str]]:
    """For reports without outcomes: how many kinds are judged, and which lost too much."""
    judged = [
        kind
        for kind in sorted(own.keys() & champions.keys())
        if min(own[kind].total, champions[kind].total) >= limits.kind_questions
    ]
    return len(judged), [
        f"{kind} {champions[kind].score:.1%} to {own[kind].score:.1%}"
        for kind in judged
        if champions[kind].score - own[kind].score > limits.kind_loss + 1e-9
    ]


def _keeps_sources(paired: Sequence[Pair], limits: Limits) -> Gate:
    """Neither the user's databases may pay for those of corpora, nor the other way round."""
    parts = grouped(paired, lambda pair: pair.origin)
    worse = lost_parts(paired, lambda pair: pair.origin, limits)
    told = "; ".join(f"{name}: {compare(part)}" for name, part in parts.items())
    lost = f"Lost more than {limits.kind_loss:.0%} on {' and '.join(worse)}. " if worse else ""
    return Gate("sources", not worse, False, f"{lost}{told or 'Nothing to compare'}.")


def _keeps_calibration(report: EvaluationReport, limits: Limits) -> Gate:
    own, theirs = calibration_error(report.outcomes), calibration_error(report.champion_outcomes)
    if own is None or theirs is None:
        told = "unknown" if own is None else f"{own:.3f}"
        text = f"Calibration error {told}; nothing to compare it with."
        return Gate("calibration", True, False, text)
    return Gate(
        "calibration",
        own - theirs <= limits.calibration_loss + 1e-9,
        False,
        f"Calibration error {own:.3f}, the champion's {theirs:.3f}; it may rise by "
        f"{limits.calibration_loss:g}.",
    )


def _keeps_corrections(broken: Sequence[str], slow: Sequence[str]) -> Gate:
    """A slow one is no candidate's fault: the data grew, or the server is busy."""
    said = []
    if broken:
        said.append(f"{len(broken)} accepted corrections no longer hold: {'; '.join(broken[:5])}")
    if slow:
        said.append(
            f"Of {len(slow)} accepted corrections it is not known whether they hold, since they "
            f"ran out of time: {'; '.join(slow[:5])}"
        )
    text = " ".join(said) or "Every accepted correction holds."
    return Gate("corrections", not broken, False, text)


def _limit(name: str, value: float, limit: float, unit: str) -> Gate:
    return Gate(name, value <= limit, True, f"{name} {value:.1f} {unit}, the limit is {limit:g}.")
