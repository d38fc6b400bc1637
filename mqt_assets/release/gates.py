"""Whether a candidate may serve: a pure decision on measured figures.

`candidate_evaluation` shows it as a check and `release` decides by it again, since a check that
failed in one run does not bind the next. Absolute gates mean that something is broken; the
relative one (no worse than the champion) only means that the champion stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from mqt_assets.evaluation.paired import Outcome


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
    that served at the time, on the same holdout; milliseconds are of one translation. Outcomes are
    question by question, so that later candidates can be paired with them.
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


@dataclass(frozen=True, slots=True)
class Limits:
    """`kind_loss`: most that one query kind's share of right answers may fall, in 0..1, judged
    only for kinds with `kind_questions` or more: in fewer, one question moves the share too far."""

    milliseconds_p95: float
    megabytes: float
    kind_loss: float = 0.1
    kind_questions: int = 20


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
) -> Decision:
    """Judge the report against the state of now: this translator, holdout and champion.

    `withdrawn` are translators that people rolled back from.
    """
    return Decision(
        (
            _not_withdrawn(translator in withdrawn),
            _is_current(report, (translator, holdout_digest, champion_translator)),
            _beats_champion(report),
            _keeps_kinds(report.by_kind, report.champion_by_kind, limits),
            _keeps_corrections(broken_corrections),
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


def _beats_champion(report: EvaluationReport) -> Gate:
    own = f"{report.overall.correct} of {report.overall.total} ({report.score:.1%})"
    if report.champion is None:
        passed = report.overall.correct > 0
        text = f"First release: {own} right on the holdout; more than none is needed."
        return Gate("accuracy", passed, True, text)
    theirs = f"{report.champion.correct} of {report.champion.total} ({report.champion.score:.1%})"
    passed = report.overall.correct > 0 and report.score >= report.champion.score
    return Gate(
        "accuracy",
        passed,
        report.overall.correct == 0,
        f"{own} right on the holdout; the champion {report.champion_release} has {theirs}.",
    )


def _keeps_kinds(own: Mapping[str, Share], champions: Mapping[str, Share], limits: Limits) -> Gate:
    """A gain overall must not be paid for by people who ask one kind of question."""
    judged = [
        kind
        for kind in sorted(own.keys() & champions.keys())
        if min(own[kind].total, champions[kind].total) >= limits.kind_questions
    ]
    worse = [
        f"{kind} {champions[kind].score:.1%} to {own[kind].score:.1%}"
        for kind in judged
        if champions[kind].score - own[kind].score > limits.kind_loss + 1e-9
    ]
    text = f"{len(judged)} query kinds compared, none lost more than {limits.kind_loss:.0%}."
    if worse:
        text = f"Lost more than {limits.kind_loss:.0%} in a query kind: {'; '.join(worse)}."
    return Gate("query kinds", not worse, False, text)


def _keeps_corrections(broken: Sequence[str]) -> Gate:
    return Gate(
        "corrections",
        not broken,
        False,
        f"{len(broken)} accepted corrections no longer hold: {'; '.join(broken[:5])}"
        if broken
        else "Every accepted correction holds.",
    )


def _limit(name: str, value: float, limit: float, unit: str) -> Gate:
    return Gate(name, value <= limit, True, f"{name} {value:.1f} {unit}, the limit is {limit:g}.")
