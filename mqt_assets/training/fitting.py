"""Runs the trainer with MQT's settings and reports its progress as plain sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mqt_assets.training.examples import Example
from mqt_assets.training.trainer import (
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


def options_from(settings: Settings) -> TrainingOptions:
    """The trainer's own defaults but for seed, time limit and, when set, the number of steps."""
    defaults = TrainingOptions()
    return TrainingOptions(
        seed=settings.seed or defaults.seed,
        max_steps=settings.training_steps or defaults.max_steps,
        max_seconds=settings.training_seconds,
    )


def fit(
    examples: Sequence[Example],
    catalogs: Mapping[str, Catalog],
    encoder_folder: Path,
    options: TrainingOptions,
    practice: frozenset[str],
    say: Callable[[str], object],
) -> TrainedModel:
    """Train; `practice` names the catalogs whose synthetic questions are practice only."""
    encoder = TextEncoder.load(encoder_folder)
    reporter = _Reporter(say)
    return train(examples, catalogs, encoder, options, reporter, default_group(practice))


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
        if progress.phase == "linking":
            self._say(f"linking {progress.step} of {progress.steps} examples")
            return
        self._say(
            f"training step {progress.step} of {progress.steps}, loss {progress.loss:.3f}, "
            f"{progress.examples_per_second:.0f} examples/s"
        )
