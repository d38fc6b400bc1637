"""Fits the weights of the ranking: candidates that were judged by running them in, weights out.

Maximum likelihood of "one of the right candidates, or none" with a Gaussian prior, by L-BFGS in
double precision: convex, so the same judgements give the same weights. The confidence shown is
fitted on first candidates that were ranked by weights of other databases. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from mqt_serving.translator.ranking import FEATURES, LEVEL, NOTHING, SLOPE, log_odds

Floats = npt.NDArray[np.float64]
_PRIOR = 3e-3
_STEPS = 300
_LEAST_DOUBT, _MOST_DOUBT = 0.1, 0.95


@dataclass(frozen=True, slots=True, eq=False)
class JudgedBeams:
    """The candidates of one question: n beams, and which of them return what the gold returns."""

    database: str
    described: Floats  # (n, FEATURES)
    none: Floats  # (NOTHING,)
    right: npt.NDArray[np.bool_]  # (n,)
    doubt: float = 0.0  # the probability given to "the data does not hold this"
    answerable: bool = True
    question: str = ""
    meanings: tuple[str, ...] = ()  # (n,) the plans in words


def fit_ranking(judged: Sequence[JudgedBeams]) -> dict[str, float]:
    """Weights by feature. Raises ValueError without questions that have candidates."""
    usable = [one for one in judged if len(one.described)]
    if not usable:
        raise ValueError("no question has candidates: there is nothing to fit a ranking on")
    most = max(len(one.described) for one in usable)
    described = np.zeros((len(usable), most, len(FEATURES)))
    there = np.zeros((len(usable), most + 1), bool)
    right = np.zeros((len(usable), most + 1), bool)
    for at, one in enumerate(usable):
        count = len(one.described)
        described[at, :count] = one.described
        there[at, :count] = there[at, most] = True
        right[at, :count] = one.right
        right[at, most] = not one.right.any()
    none = np.stack([one.none for one in usable])
    weights = _optimum(
        torch.from_numpy(described), torch.from_numpy(none), torch.from_numpy(there),
        torch.from_numpy(right),
    )  # fmt: skip
    return dict(zip((*FEATURES, *NOTHING), map(float, weights), strict=True))


def _optimum(
    described: torch.Tensor, none: torch.Tensor, there: torch.Tensor, right: torch.Tensor
) -> torch.Tensor:
    # Features of very different sizes: the prior and the optimiser see them scaled alike.
    scale = described[there[:, :-1]].std(0).clamp(min=0.05)
    none_scale = none.abs().mean(0).clamp(min=0.05)
    weights = torch.zeros(len(FEATURES), dtype=torch.float64, requires_grad=True)
    none_weights = torch.zeros(len(NOTHING), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, none_weights], max_iter=_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = torch.cat(
            [described / scale @ weights, (none / none_scale @ none_weights)[:, None]], dim=1
        )
        logs = torch.log_softmax(scores.masked_fill(~there, -1e9), dim=1)
        likelihood = torch.logsumexp(logs.masked_fill(~right, -1e9), dim=1).mean()
        prior = _PRIOR * (weights.square().sum() + none_weights.square().sum())
        result: torch.Tensor = prior - likelihood
        result.backward()  # type: ignore[no-untyped-call]
        return result

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return torch.cat([weights.detach() / scale, none_weights.detach() / none_scale])


def first_is_right(weights: dict[str, float], judged: Sequence[JudgedBeams]) -> list[bool]:
    """Whether the candidate that the weights put first is right, question by question."""
    vector = np.array([weights.get(name, 0.0) for name in FEATURES])
    return [
        bool(len(one.described)) and bool(one.right[int((one.described @ vector).argmax())])
        for one in judged
    ]


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """First candidates, each database ranked by weights of the others.

    `shares` of the candidates' probability, by question that has candidates; `answered` whether
    those are right, `right` whether the questions of all are answered rightly.
    """

    right: tuple[bool, ...]
    shares: tuple[float, ...]
    answered: tuple[bool, ...]


def cross_validated(judged: Sequence[JudgedBeams]) -> CrossValidated:
    right: list[bool] = []
    shares: list[float] = []
    answered: list[bool] = []
    for database in sorted({one.database for one in judged}):
        weights = fit_ranking([one for one in judged if one.database != database])
        vector = np.array([weights[name] for name in FEATURES])
        none = np.array([weights[name] for name in NOTHING])
        for one in judged:
            if one.database != database:
                continue
            if not len(one.described):
                right.append(False)
                continue
            scores = np.append(one.described @ vector, one.none @ none)
            likely = np.exp(scores - scores.max())
            first = int(likely[:-1].argmax())
            right.append(bool(one.right[first]))
            answered.append(right[-1])
            shares.append(float(likely[first] / likely.sum()))
    return CrossValidated(tuple(right), tuple(shares), tuple(answered))


def choose_refusal(judged: Sequence[JudgedBeams], most_declined: float) -> float:
    """The lowest doubt to decline at that declines at most this share of what can be answered."""
    doubts = np.sort([one.doubt for one in judged if one.answerable])
    at = int(np.ceil((1.0 - most_declined) * len(doubts)))
    limit = float(doubts[at]) + 1e-6 if at < len(doubts) else 0.0
    return min(max(limit, _LEAST_DOUBT), _MOST_DOUBT)


def fit_confidence(shares: Sequence[float], right: Sequence[bool]) -> dict[str, float]:
    """Slope and level of the log odds of being right (Platt 1999), by logistic regression."""
    odds = torch.tensor([log_odds(share) for share in shares], dtype=torch.float64)
    target = torch.tensor(right, dtype=torch.float64)
    weights = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        result: torch.Tensor = (
            torch.nn.functional.binary_cross_entropy_with_logits(
                weights[0] * odds + weights[1], target
            )
            + _PRIOR * (weights[0] - 1.0).square()
        )
        result.backward()  # type: ignore[no-untyped-call]
        return result

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    slope, level = map(float, weights.detach())
    return {SLOPE: max(slope, 0.05), LEVEL: level}
