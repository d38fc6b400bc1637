"""The simulation of the gates: what it claims of its candidates is so, and it runs whole."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.gates import RIGHT, Truth, answers, measure, report, shifted, simulate


@pytest.mark.parametrize("effect", [-0.05, 0.0, 0.05])
def test_simulated_candidates_truly_differ_by_the_effect(effect: float) -> None:
    rng = np.random.default_rng(1)
    right = rng.random(200_000) < RIGHT
    after = shifted(right, np.full(len(right), effect), rng)
    assert after.mean() - right.mean() == pytest.approx(effect, abs=0.005)


def test_champion_and_candidate_answer_the_same_questions_as_surely_as_they_say() -> None:
    champion, candidate = answers(20_000, Truth(), np.random.default_rng(1))
    assert [one.question for one in champion] == [other.question for other in candidate]
    for outcomes in (champion, candidate):
        sure = np.mean([outcome.confidence for outcome in outcomes])
        assert np.mean([outcome.right for outcome in outcomes]) == pytest.approx(sure, abs=0.02)


def test_worse_candidates_are_taken_less_often_than_better_ones() -> None:
    rng = np.random.default_rng(1)
    worse, better = (simulate(200, Truth(effect), 40, rng) for effect in (-0.05, 0.05))
    assert worse.learned < 0.2 < 0.7 < better.learned
    assert worse.not_learned <= worse.learned
    assert better.significant < better.not_learned < better.learned


def test_the_report_has_a_row_a_figure() -> None:
    text = report(measure(6, seed=1) | {"seconds": 1.0})
    assert text.count("200 questions, +3 points") == 2
    assert "too sure" in text
    assert "After 20 retrainings" in text
