"""When a candidate may serve."""

from __future__ import annotations

from typing import Any

import pytest

from mqt_assets.release.gates import Decision, EvaluationReport, Limits, Share, decide

LIMITS = Limits(milliseconds_p95=500, megabytes=200)


def report(correct: int = 60, champion: int | None = 50, **changes: Any) -> EvaluationReport:
    values: dict[str, Any] = {
        "translator": "t2",
        "holdout_digest": "h",
        "overall": Share(correct=correct, total=100),
        "milliseconds_p50": 40,
        "milliseconds_p95": 90,
        "megabytes": 95,
        "champion_release": "r1" if champion is not None else None,
        "champion_translator": "t1" if champion is not None else None,
        "champion": Share(correct=champion, total=100) if champion is not None else None,
    }
    return EvaluationReport(**{**values, **changes})


def judge(
    measured: EvaluationReport, broken: tuple[str, ...] = (), champion: str | None = "t1"
) -> Decision:
    return decide(
        measured, LIMITS, broken, translator="t2", holdout_digest="h", champion_translator=champion
    )


def test_a_better_or_equal_candidate_passes() -> None:
    assert judge(report(60, 50)).passed
    assert judge(report(50, 50)).passed


def test_a_worse_candidate_fails_without_anything_being_broken() -> None:
    decision = judge(report(49, 50))
    assert not decision.passed
    assert not decision.broken
    assert decision.reasons == (
        "49 of 100 (49.0%) right on the holdout; the champion r1 has 50 of 100 (50.0%).",
    )


def test_a_first_candidate_needs_one_right_answer() -> None:
    assert judge(report(1, None), champion=None).passed
    decision = judge(report(0, None), champion=None)
    assert not decision.passed
    assert decision.broken


def test_a_candidate_that_gets_nothing_right_is_broken_even_beside_a_bad_champion() -> None:
    assert judge(report(0, 0)).broken


def test_a_correction_that_no_longer_holds_stops_the_candidate() -> None:
    decision = judge(report(), broken=("'how many?': no such operator",))
    assert not decision.passed
    assert "how many?" in decision.reasons[0]


def test_a_translator_that_was_rolled_back_does_not_return_by_itself() -> None:
    decision = decide(
        report(), LIMITS, (), translator="t2", holdout_digest="h", champion_translator="t1",
        withdrawn=frozenset({"t2"}),
    )  # fmt: skip
    assert not decision.passed
    assert not decision.broken
    assert "rollback_job" in decision.reasons[0]


@pytest.mark.parametrize("change", [{"milliseconds_p95": 501.0}, {"megabytes": 201.0}])
def test_slow_and_large_candidates_are_broken(change: dict[str, Any]) -> None:
    decision = judge(report(**change))
    assert not decision.passed
    assert decision.broken


@pytest.mark.parametrize(
    "change", [{"translator": "t9"}, {"holdout_digest": "h9"}, {"champion_translator": "t9"}]
)
def test_figures_of_something_else_do_not_count(change: dict[str, Any]) -> None:
    decision = judge(report(**change))
    assert not decision.passed
    assert not decision.broken
    assert "materialize candidate_evaluation again" in decision.reasons[0]


def by_kind(correct: int, total: int = 20) -> dict[str, Share]:
    return {"count": Share(correct=correct, total=total)}


def test_a_better_candidate_that_loses_a_query_kind_stays_a_candidate() -> None:
    decision = judge(report(60, 50, by_kind=by_kind(15), champion_by_kind=by_kind(18)))
    assert not decision.passed
    assert not decision.broken
    assert decision.reasons == ("Lost more than 10% in a query kind: count 90.0% to 75.0%.",)


def test_a_kind_may_fall_by_the_margin_and_rare_kinds_are_not_judged() -> None:
    assert judge(report(by_kind=by_kind(16), champion_by_kind=by_kind(18))).passed
    assert judge(report(by_kind=by_kind(0, 19), champion_by_kind=by_kind(19, 19))).passed


def test_a_report_without_the_champions_kinds_still_loads_and_is_judged() -> None:
    body = report(by_kind=by_kind(0)).model_dump(mode="json")
    del body["champion_by_kind"]
    assert judge(EvaluationReport.model_validate(body)).passed
