"""Fits a base model's ranking: `python -m mqt_assets.training.ranking_training --base FOLDER`.

Asks the base model the questions over databases that it was not trained on, the corpus's and those
of handwritten sheets, runs its candidates on a mongod of its own and fits on what turned out right:
the weights, the confidence shown, and the doubt from which on a question is declined. Writes them
into the base model's description. Prints the share of right answers before, after, and when each
database is ranked by weights from the others.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mqt_assets.training.base import describe_base, load_base
from mqt_assets.training.base_export import export_base
from mqt_assets.training.judging import judge, unseen_questions
from mqt_assets.training.ranking_fit import (
    CrossValidated,
    JudgedBeams,
    choose_refusal,
    cross_validated,
    first_is_right,
    fit_confidence,
    fit_ranking,
)
from mqt_serving.errors import MqtError, SettingError
from mqt_serving.settings import Settings
from mqt_serving.translator.ranking import UNFITTED

MOST_DECLINED = 0.03
"""Of the questions that have an answer, the share that may be declined."""


def why_no_ranking(tend: Path | None, description: Mapping[str, Any]) -> str:
    """Why no ranking can be fitted for these base weights; empty when one can."""
    if tend is None:
        return "MQT_TEND_FOLDER is not set: the ranking is fitted on its questions"
    if len(description["held_out"]) < 2:
        return "fewer than two databases were held out of the training: nothing to fit a ranking on"
    return ""


def fit_base_ranking(folder: Path, tend: Path, say: Callable[[str], object]) -> dict[str, float]:
    """Write the ranking into the description of the base weights in `folder`; returns its figures.

    `tend` holds the databases that were held out; handwritten sheets that were take part too. With
    the ranking goes the doubt from which on a question is declined. Starts a mongod of its own and
    ends it.
    """
    base = load_base(folder)
    held_out = frozenset(base.description["held_out"])
    with tempfile.TemporaryDirectory(prefix="mqt-ranking-") as place:
        translator = export_base(base, Path(place))
        judged = judge(translator, unseen_questions(tend, held_out), say)
    return write_ranking(folder, judged)


def write_ranking(folder: Path, judged: Sequence[JudgedBeams]) -> dict[str, float]:
    """Fit on candidates over databases that were held out, and write it; returns its figures."""
    base = load_base(folder)
    held_out = frozenset(base.description["held_out"])
    answerable = [one for one in judged if one.answerable]
    weights = fit_ranking(answerable)
    apart = cross_validated(answerable)
    weights |= fit_confidence(apart.shares, apart.answered)
    refusal = choose_refusal(judged, MOST_DECLINED)
    figures = _figures(judged, weights, apart, held_out, refusal)
    describe_base(
        folder,
        {**base.description, "ranking": weights, "refusal": refusal, "ranking_figures": figures},
    )
    return figures


def _figures(
    judged: Sequence[JudgedBeams],
    weights: dict[str, float],
    apart: CrossValidated,
    held_out: frozenset[str],
    refusal: float,
) -> dict[str, float]:
    """Of the corpus's questions, and of those written by hand under names that say so."""
    found: dict[str, float] = {"refusal": refusal}
    ordered = sorted((one for one in judged if one.answerable), key=lambda one: one.database)
    right = dict(zip(map(id, ordered), apart.right, strict=True))
    for prefix, ours in (("", True), ("handwritten_", False)):
        part = [one for one in ordered if (one.database in held_out) == ours]
        lost = [one for one in judged if not one.answerable and (one.database in held_out) == ours]
        if part:
            found |= {
                f"{prefix}questions": len(part),
                f"{prefix}before": float(np.mean(first_is_right(dict(UNFITTED.weights), part))),
                f"{prefix}after": float(np.mean(first_is_right(weights, part))),
                f"{prefix}cross_validated": float(np.mean([right[id(one)] for one in part])),
                f"{prefix}among_all_beams": float(np.mean([one.right.any() for one in part])),
                f"{prefix}declined": float(np.mean([one.doubt >= refusal for one in part])),
            }
        if lost:
            found[f"{prefix}recognised"] = float(np.mean([one.doubt >= refusal for one in lost]))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mqt_assets.training.ranking_training")
    parser.add_argument("--base", type=Path, required=True, help="folder of base weights")
    asked = parser.parse_args(arguments)
    tend = Settings.load().tend_folder
    reason = why_no_ranking(tend, load_base(asked.base).description)
    if tend is None or reason:
        raise SettingError(reason)
    figures = fit_base_ranking(asked.base, tend, lambda text: print(text, flush=True))
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MqtError as error:
        sys.exit(f"mqt: {error}")
