"""The fit of the ranking: it finds what tells right from wrong, and how often nothing is right."""

from __future__ import annotations

import numpy as np
import pytest

from mqt_assets.training.ranking_fit import (
    JudgedBeams,
    cross_validated,
    first_is_right,
    fit_confidence,
    fit_ranking,
)
from mqt_serving.translator.ranking import FEATURES, NOTHING, Ranking

UNREAD = FEATURES.index("unread words")


def judged(count: int, answerable: float, seed: int = 1) -> list[JudgedBeams]:
    """Four candidates each; the right one, where there is one, reads the most words."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        described = np.zeros((4, len(FEATURES)))
        described[:, 0] = -np.sort(rng.exponential(1.0, 4))
        described[:, UNREAD] = rng.permutation([0, 1, 2, 3])
        right = (described[:, UNREAD] == 0) & (rng.random() < answerable)
        none = np.zeros(len(NOTHING))
        none[0] = 1.0
        found.append(JudgedBeams(f"db{number % 4}", described, none, right))
    return found


def test_the_feature_that_tells_gets_the_weight() -> None:
    weights = fit_ranking(judged(300, 1.0))
    assert weights["unread words"] < -1.0
    assert np.mean(first_is_right(weights, judged(300, 1.0, seed=2))) > 0.95
    assert np.mean(cross_validated(judged(200, 1.0)).right) > 0.95


def test_how_often_nothing_is_right_is_learned() -> None:
    share = 0.6
    questions = judged(600, share)
    weights = fit_ranking(questions)
    vector = np.array([weights[name] for name in FEATURES])
    none = np.array([weights[name] for name in NOTHING])
    sure = []
    for one in questions:
        scores = np.append(one.described @ vector, one.none @ none)
        shares = np.exp(scores - scores.max())
        sure.append(1.0 - shares[-1] / shares.sum())
    right = np.mean([one.right.any() for one in questions])
    assert np.mean(sure) == pytest.approx(right, abs=0.05)


def test_confidence_makes_up_for_shares_that_are_too_small() -> None:
    rng = np.random.default_rng(3)
    shares = rng.uniform(0.05, 0.6, 2_000)
    right = rng.random(2_000) < 1.6 * shares
    ranking = Ranking(fit_confidence(shares.tolist(), right.tolist()))
    said = np.array([ranking.confidence(share) for share in shares])
    assert np.mean(said) == pytest.approx(np.mean(right), abs=0.02)
    low, high = shares < 0.2, shares > 0.5
    assert np.mean(said[low]) == pytest.approx(np.mean(right[low]), abs=0.08)
    assert np.mean(said[high]) == pytest.approx(np.mean(right[high]), abs=0.08)
    assert Ranking({}).confidence(0.3) == 0.3


def test_the_same_judgements_give_the_same_weights() -> None:
    assert fit_ranking(judged(100, 0.8)) == fit_ranking(judged(100, 0.8))


def test_without_candidates_there_is_nothing_to_fit() -> None:
    nothing = JudgedBeams(
        "db", np.zeros((0, len(FEATURES))), np.zeros(len(NOTHING)), np.zeros(0, bool)
    )
    with pytest.raises(ValueError, match="no question has candidates"):
        fit_ranking([nothing])
