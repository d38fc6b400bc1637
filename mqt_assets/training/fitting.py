"""Runs the trainer with MQT's settings, says how far it is in plain words, exports the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from mqt_assets.training.absence import thinned
from mqt_assets.training.base import BaseModel
from mqt_assets.training.examples import Example
from mqt_assets.training.export import REFUSAL, export_translator
from mqt_assets.training.trainer import (
    Checkpoint,
    Progress,
    TrainedModel,
    TrainingOptions,
    default_group,
    train,
)
from mqt_serving.encoder import TextEncoder
from mqt_serving.schema import Catalog
from mqt_serving.settings import Settings

_REPORT_EVERY_S = 5.0
_ADAPTING = TrainingOptions(
    learning_rate=3e-4,
    batch_size=32,
    keep=0.4,
    shares={
        "own": 0.25,
        "practice": 0.1,
        "handwritten": 0.4,
        "tend": 0.25,
        "correction": 0.25,
        "thinned": 0.1,
    },
)
"""Base weights read people's questions better than templates teach to: less of those than from
scratch, and a mean with the weights of before (`docs/translator.md` has the figures)."""


def options_from(settings: Settings, base: BaseModel | None = None) -> TrainingOptions:
    """The trainer's own defaults but for seed, time limit and, when set, the number of steps.

    From base weights: their shape, a learning rate that keeps what they know, and a mean with it.
    """
    defaults = TrainingOptions() if base is None else replace(_ADAPTING, shape=base.shape)
    return replace(
        defaults,
        seed=settings.seed or defaults.seed,
        max_steps=settings.training_steps or defaults.max_steps,
        max_seconds=float(settings.training_seconds),
    )


def fit(
    examples: Sequence[Example],
    catalogs: Mapping[str, Catalog],
    encoder_folder: Path,
    options: TrainingOptions,
    practice: frozenset[str],
    say: Callable[[str], object],
    *,
    start: Mapping[str, Tensor] | None = None,
    checkpoint: Checkpoint | None = None,
) -> TrainedModel:
    """Train, from the weights `start` where there are some, with questions that thinned catalogs
    can't answer.

    `practice` names the catalogs whose synthetic questions are practice only.
    """
    own = [example for example in examples if example.source == "synthetic"]
    less = thinned(own, catalogs, options.seed, versions=1)
    examples = [*examples, *less.examples]
    catalogs = {**catalogs, **less.catalogs}
    encoder = TextEncoder.load(encoder_folder)
    reporter = _Reporter(say)
    group = default_group(practice)
    return train(
        examples, catalogs, encoder, options, reporter, group, start=start, checkpoint=checkpoint
    )


def export_fitted(
    model: TrainedModel, folder: Path, encoder_folder: Path, base: BaseModel | None = None
) -> None:
    """Export with the ranking, and the doubt to decline at, that were measured for `base`."""
    ranking = base.description.get("ranking") if base else None
    refusal = base.description.get("refusal", REFUSAL) if base else REFUSAL
    export_translator(model, folder, encoder_folder, ranking, refusal)


class _Reporter:
    """One sentence every few seconds, and one at the end of each phase."""

    def __init__(
        self, say: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._clock = clock
        self._next = clock()

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if now < self._next and progress.step < progress.steps:
            return
        self._next = now + _REPORT_EVERY_S
        self._say(
            f"training step {progress.step} of {progress.steps}, loss {progress.loss:.3f}, "
            f"{progress.examples_per_second:.0f} examples/s"
        )
