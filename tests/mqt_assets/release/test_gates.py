"""When a candidate may serve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mqt_assets.evaluation.paired import Outcome
from mqt_assets.release.gates import Decision, EvaluationReport, Limits, Share, decide
from mqt_serving.settings import Settings

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


def test_without_outcomes_a_better_or_equal_candidate_passes() -> None:
    assert judge(report(60, 50)).passed
    assert judge(report(50, 50)).passed


def test_without_outcomes_a_worse_candidate_fails_without_anything_being_broken() -> None:
    decision = judge(report(49, 50))
    assert not decision.passed
    assert not decision.broken
    assert decision.reasons == (
        "49 of 100 (49.0%) right on the holdout; the champion r1 has 50 of 100 (50.0%). "
        "Their shares alone are compared: question by question nothing is known.",
    )


def test_a_first_candidate_needs_one_right_answer() -> None:
    assert judge(report(1, None), champion=None).passed
    decision = judge(report(0, None), champion=None)
    assert not decision.passed
    assert decision.broken


def test_what_is_asked_no_more_is_said_with_the_reason() -> None:
    retired = {"shop.orders has no field total any more": 7, "shop has no collection x any more": 1}
    (gate,) = (g for g in judge(report(retired=retired)).gates if g.name == "accuracy")
    assert gate.explanation.endswith(
        " 8 questions of the holdout are asked no more: shop.orders has no field total any more "
        "(7); shop has no collection x any more (1)."
    )


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


def test_a_slow_correction_is_said_and_refuses_no_candidate() -> None:
    decision = decide(
        report(),
        LIMITS,
        (),
        translator="t2",
        holdout_digest="h",
        champion_translator="t1",
        slow_corrections=("'how many?': longer than 10 s",),
    )
    assert decision.passed
    assert "not known whether they hold" in explanation(decision, "corrections")
    assert "'how many?'" in explanation(decision, "corrections")


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


def test_without_outcomes_a_better_candidate_that_loses_a_query_kind_stays_a_candidate() -> None:
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


# ----------------------------------------------------------- question by question


def outcomes(
    right: list[bool], kind: str = "count", source: str = "synthetic", sure: float = 0.7
) -> list[Outcome]:
    return [
        Outcome(f"{kind}{source}{at}", f"{kind}{source}{at}", "shop", kind, source, one, sure)
        for at, one in enumerate(right)
    ]


def changed(gained: int, lost: int, same: int, **where: Any) -> dict[str, list[Outcome]]:
    """Of both: `same` questions right in turn, then those that changed sides."""
    both = [at % 10 < 7 for at in range(same)]
    return {
        "champion_outcomes": outcomes(both + [False] * gained + [True] * lost, **where),
        "outcomes": outcomes(both + [True] * gained + [False] * lost, **where),
    }


def paired(*parts: dict[str, list[Outcome]], learned: int = 0, **changes: Any) -> EvaluationReport:
    merged: dict[str, list[Outcome]] = {"champion_outcomes": [], "outcomes": []}
    for part in parts:
        for name, rows in part.items():
            merged[name] = [*merged[name], *rows]

    def share(rows: list[Outcome]) -> Share:
        return Share(correct=sum(row.right for row in rows), total=len(rows))

    corrections = [True] * learned
    return report(
        **merged,
        overall=share(merged["outcomes"]),
        champion_correction_outcomes=outcomes([not one for one in corrections], kind="c"),
        correction_outcomes=outcomes(corrections, kind="c"),
        **changes,
    ).model_copy(update={"champion": share(merged["champion_outcomes"])})


def failed(decision: Decision) -> list[str]:
    return [gate.name for gate in decision.gates if not gate.passed]


def explanation(decision: Decision, name: str) -> str:
    (found,) = (gate.explanation for gate in decision.gates if gate.name == name)
    return found


def test_a_candidate_that_learned_nothing_has_to_be_better_by_the_test() -> None:
    assert judge(paired(changed(gained=14, lost=6, same=180))).passed
    decision = judge(paired(changed(gained=11, lost=10, same=179)))
    assert failed(decision) == ["accuracy"]
    assert not decision.broken
    assert "has to be better" in decision.reasons[0]
    assert "11 gained, 10 lost, +0.5 points (95% interval -4" in decision.reasons[0]


def test_a_candidate_that_learned_corrections_has_to_be_no_worse() -> None:
    equal = changed(gained=8, lost=8, same=184)
    decision = judge(paired(equal, learned=1))
    assert decision.passed
    assert "answers 1 more of the corrections" in explanation(decision, "accuracy")
    assert failed(judge(paired(equal))) == ["accuracy"]


def test_what_was_learned_pays_for_no_loss_on_the_holdout() -> None:
    decision = judge(paired(changed(gained=8, lost=9, same=183), learned=30))
    assert failed(decision) == ["accuracy"]
    assert "lost more than it gained" in decision.reasons[0]


def test_a_holdout_too_small_to_tell_keeps_the_champion_and_says_what_helps() -> None:
    decision = judge(paired(changed(gained=3, lost=2, same=35), learned=5))
    assert failed(decision) == ["accuracy"]
    assert "MQT_EVALUATION_QUESTIONS" in decision.reasons[0]
    assert judge(paired(changed(gained=14, lost=2, same=24), learned=5)).passed


def test_the_champions_own_translator_is_not_asked_to_be_better() -> None:
    same = paired(changed(gained=0, lost=0, same=200), translator="t1")
    decision = decide(
        same, LIMITS, (), translator="t1", holdout_digest="h", champion_translator="t1"
    )
    assert decision.passed


def test_a_decision_is_said_in_a_word() -> None:
    assert judge(report()).verdict == "passed"
    assert judge(report(49, 50)).verdict == "kept back"
    assert judge(report(0, 0)).verdict == "broken"
    assert Decision(()).verdict == "serves already"


def test_margin_and_level_are_settings() -> None:
    measured = paired(changed(gained=11, lost=10, same=179))
    limits = Limits.of(Settings(accuracy_level=0.6, most_kind_loss=0.3, most_calibration_loss=0.2))
    assert (limits.kind_loss, limits.calibration_loss) == (0.3, 0.2)

    def passes(some: Limits) -> bool:
        return decide(
            measured, some, (), translator="t2", holdout_digest="h", champion_translator="t1"
        ).passed

    assert passes(limits)
    assert not passes(replace(limits, accuracy_margin=0.01))


def test_a_kind_is_lost_only_when_more_than_chance_is_behind_it() -> None:
    gains = changed(gained=30, lost=0, same=150)
    by_chance = changed(gained=0, lost=4, same=16, kind="join")
    decision = judge(paired(gains, by_chance))
    assert decision.passed
    assert explanation(decision, "query kinds").startswith("2 query kinds compared")
    surely = changed(gained=0, lost=5, same=15, kind="join")
    decision = judge(paired(gains, surely))
    assert failed(decision) == ["query kinds"]
    assert "join (0 gained, 5 lost, -25.0 points" in decision.reasons[0]


def test_many_losses_within_the_margin_lose_no_kind() -> None:
    within = changed(gained=0, lost=10, same=90, kind="join")
    assert judge(paired(changed(gained=30, lost=0, same=150), within)).passed


def test_own_databases_do_not_pay_for_those_of_a_corpus() -> None:
    corpus = changed(gained=40, lost=0, same=60, source="tend")
    kinds = [changed(gained=0, lost=4, same=14, kind=f"k{n}") for n in range(5)]
    decision = judge(paired(corpus, *kinds))
    assert failed(decision) == ["sources"]
    assert "Lost more than 10% on own databases." in decision.reasons[0]
    assert "corpus: 40 gained, 0 lost" in decision.reasons[0]


def test_a_candidate_that_is_too_sure_of_itself_stays_a_candidate() -> None:
    right = [at % 10 < 7 for at in range(200)]
    gained = [right[at] or at % 30 == 9 for at in range(200)]

    def sure(champion: float, candidate: float, questions: int = 200) -> Decision:
        return judge(
            report(
                champion_outcomes=outcomes(right[:questions], sure=champion),
                outcomes=outcomes(gained[:questions], sure=candidate),
            )
        )

    assert sure(0.7, 0.7).passed
    decision = sure(0.7, 0.95)
    assert failed(decision) == ["calibration"]
    assert decision.reasons[0].startswith("Calibration error 0.2")
    assert "calibration" not in failed(sure(0.7, 0.95, questions=90))  # too few to tell


def test_answers_without_a_probability_do_not_count_for_calibration() -> None:
    unsure = [row._replace(confidence=None) for row in outcomes([True] * 200)]
    decision = judge(report(champion_outcomes=outcomes([False] * 200), outcomes=unsure))
    assert "nothing to compare" in explanation(decision, "calibration")


def test_a_candidate_that_gets_nothing_right_is_broken_question_by_question_too() -> None:
    nothing = paired(changed(gained=0, lost=0, same=0), learned=1)
    assert judge(nothing).broken
