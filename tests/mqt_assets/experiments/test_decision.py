"""Outcomes from journal documents, and the verdict on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mqt_assets.experiments.decision import (
    Action,
    Experiment,
    Rules,
    Verdict,
    examine,
    judge,
    report_of,
)
from mqt_assets.experiments.outcomes import (
    SATISFIED,
    Arm,
    Said,
    arms_of,
    rephrased_ids,
    similar,
)
from mqt_serving.assignment import Variant

NOON = datetime(2025, 3, 9, 12, tzinfo=UTC)
RULES = Rules(steps=(0.2, 0.5), minimum=100)


def _query(key: str, variant: str, unit: str = "", **more: Any) -> dict[str, Any]:
    exposure = {
        "experiment": "e",
        "variant": variant,
        "unit": unit or key,
        "share": 0.5,
        "overridden": False,
        **more.pop("exposure", {}),
    }
    return {
        "_id": key,
        "at": NOON,
        "question": "How many orders?",
        "outcome": "answered",
        "timings": {"total_ms": 20.0},
        "exposure": exposure,
        **more,
    }


def _arms(
    champion: tuple[int, int], challenger: tuple[int, int], ms: float = 20.0, failed: bool = False
) -> Mapping[Variant, Arm]:
    """Each arm as (questions, unsatisfied): those failed, or were voted down."""
    queries, said = [], {}
    for variant, (count, bad) in (("champion", champion), ("challenger", challenger)):
        for number in range(count):
            key = f"{variant}{number}"
            outcome = "cannot-answer" if failed and number < bad else "answered"
            total = ms if variant == "challenger" else 20.0
            queries.append(_query(key, variant, outcome=outcome, timings={"total_ms": total}))
            if number < bad and not failed:
                said[key] = Said(down=True)
    return arms_of(queries, said)


def _verdict(arms: Mapping[Variant, Arm], share: float = 0.5, days: float = 1.0) -> Verdict:
    findings = examine(arms, share, RULES)
    return judge(arms, findings, share, NOON, NOON + timedelta(days=days), RULES)


def test_feedback_counts_for_the_variant_that_answered() -> None:
    queries = [_query(f"c{n}", "champion") for n in range(4)]
    queries += [_query(f"d{n}", "challenger") for n in range(4)]
    said = {"c0": Said(corrected=True, down=True), "c1": Said(down=True), "d0": Said(up=True)}
    arms = arms_of(queries, {**said, "elsewhere": Said(down=True)})
    champion, challenger = (
        {name: sample.mean for name, sample in arms[v].samples.items()}
        for v in ("champion", "challenger")
    )
    assert champion["corrected"] == 0.25
    assert champion["thumbs_down"] == 0.5
    assert champion[SATISFIED] == 0.5
    assert challenger["thumbs_up"] == 0.25
    assert challenger[SATISFIED] == 1.0


def test_questions_of_one_person_are_one_unit() -> None:
    arms = arms_of([_query(f"c{n}", "champion", unit=f"u{n // 3}") for n in range(9)], {})
    assert (arms["champion"].units, arms["champion"].questions) == (3, 9)
    assert arms["challenger"].units == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("How many orders were shipped?", "Number of shipped orders", False),
        ("How many orders were shipped?", "How many shipped orders in 2024?", True),
        ("How many orders?", "how many  orders", False),
        ("How many orders?", "Names of customers", False),
    ],
)
def test_a_rephrasing_shares_words_but_is_not_the_same(
    one: str, other: str, expected: bool
) -> None:
    assert similar(one, other) is expected


def test_rephrased_is_what_the_same_unit_asked_again_within_two_minutes() -> None:
    def asked(key: str, seconds: int, text: str, **more: Any) -> dict[str, Any]:
        at = NOON + timedelta(seconds=seconds)
        return _query(key, "champion", more.pop("unit", "u"), at=at, question=text, **more)

    first, again = "How many orders were shipped?", "How many shipped orders today?"
    assert rephrased_ids([asked("a", 0, first), asked("b", 100, again)]) == {"a"}
    assert not rephrased_ids([asked("a", 0, first), asked("b", 130, again)])
    assert not rephrased_ids([asked("a", 0, first), asked("b", 10, again, follow_up_of="a")])
    two_people = arms_of([asked("a", 0, first), asked("b", 10, again, unit="v")], {})
    assert two_people["champion"].samples["rephrased"].mean == 0.0


def test_more_satisfied_people_promote_and_fewer_withdraw() -> None:
    assert _verdict(_arms((500, 200), (500, 50))).action is Action.PROMOTE
    assert _verdict(_arms((500, 50), (500, 200))).action is Action.WITHDRAW
    assert _verdict(_arms((500, 100), (500, 95))).action is Action.CONTINUE


def test_an_early_step_ramps_up_and_never_promotes() -> None:
    verdict = _verdict(_arms((1000, 400), (250, 20)), share=0.2)
    assert (verdict.action, verdict.share) == (Action.RAMP, 0.5)
    assert _verdict(_arms((400, 40), (99, 9)), share=0.2).action is Action.CONTINUE


def test_failing_questions_end_it_at_any_step() -> None:
    verdict = _verdict(_arms((400, 8), (100, 60), failed=True), share=0.2)
    assert verdict.action is Action.WITHDRAW
    assert "guardrail: success" in verdict.reason


def test_a_slow_challenger_ends_it() -> None:
    verdict = _verdict(_arms((2000, 0), (2000, 0), ms=90.0))
    assert verdict.action is Action.WITHDRAW
    assert "95th percentile" in verdict.reason
    assert _verdict(_arms((2000, 0), (2000, 0), ms=35.0)).action is Action.CONTINUE


def test_a_broken_split_stops_it_whatever_the_outcomes() -> None:
    verdict = _verdict(_arms((700, 400), (500, 0)))
    assert verdict.action is Action.STOP
    assert "sample ratio mismatch" in verdict.reason


def test_when_time_is_up_it_is_concluded() -> None:
    alike = _arms((30_000, 3000), (30_000, 3000))
    assert _verdict(alike, days=13.9).action is Action.CONTINUE
    assert _verdict(alike, days=14).action is Action.PROMOTE
    assert _verdict(_arms((150, 15), (150, 15)), days=14).action is Action.WITHDRAW
    assert _verdict(_arms((3, 0), (2, 0)), days=14).action is Action.WITHDRAW


def test_the_report_has_no_interval_where_there_is_too_little() -> None:
    arms = _arms((3, 0), (2, 0))
    findings = examine(arms, 0.5, RULES)
    running = Experiment("e", "one", "two", 0.5, NOON)
    report = report_of(running, arms, findings, _verdict(arms), RULES, NOON)
    assert {entry.difference for entry in report.outcomes} == {None}
    assert [arm.questions for arm in report.arms] == [3, 2]
    (point,) = report.points
    assert (point.units, point.satisfied, point.exposed) == ((3, 2), None, 0.4)
