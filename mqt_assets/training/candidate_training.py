"""The training of one candidate in a folder of its own: chosen start, checkpoints, and a way back.

A training that was cut off is found again by what it is: the same examples, options and base
weights. It then goes on where it was, from the start that was chosen for it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from mqt_assets.training.base import BaseModel
from mqt_assets.training.base_runs import STATE, discard_others, training_folder
from mqt_assets.training.examples import Example, dataset_digest
from mqt_assets.training.fitting import fit
from mqt_assets.training.starting import (
    BASE,
    CHAMPION,
    SCRATCH,
    Choice,
    Validation,
    Weights,
    choose,
    choose_validation,
    set_apart,
)
from mqt_assets.training.trainer import Checkpoint, TrainedModel, TrainingOptions
from mqt_serving.encoder import TextEncoder
from mqt_serving.schema import Catalog, digest_of
from mqt_serving.translator.model import layout

KEEP_EVERY_SECONDS: Final = 30.0
_CHOICE = "start.json"
_LEAST_SECONDS = 1.0

Wanted = Literal["better", "champion", "base"]


@dataclass(frozen=True, slots=True)
class Task:
    """What to train on, and from what. `practice` names catalogs that are nobody's, `own` the
    user's databases; `champion` are the served model's weights, None with `no_champion` why."""

    examples: Sequence[Example]
    catalogs: Mapping[str, Catalog]
    encoder_folder: Path
    options: TrainingOptions
    practice: frozenset[str]
    own: frozenset[str]
    base: BaseModel | None = None
    champion: Weights | None = None
    no_champion: str = ""
    wanted: Wanted = "better"

    @property
    def identity(self) -> str:
        """Equal for a training that would be the same, whatever serves by now."""
        options = {name: str(getattr(self.options, name)) for name in self.options.__slots__}
        return digest_of(
            [
                dataset_digest(self.examples),
                {name: catalog.digest for name, catalog in self.catalogs.items()},
                options,
                sorted(self.practice),
                self.base.digest if self.base else SCRATCH,
                self.wanted,
                layout(),
            ]
        )


@dataclass(frozen=True, slots=True)
class Trained:
    """`went_on_from` is the step at which an earlier run was cut off, 0 where none was."""

    model: TrainedModel
    choice: Choice
    went_on_from: int


@contextmanager
def trained_candidate(
    root: Path,
    name: str,
    task: Task,
    say: Callable[[str], object],
    keep_every_seconds: float = KEEP_EVERY_SECONDS,
) -> Iterator[Trained]:
    """Train in `root/name`, or go on in the folder of the same training that was cut off.

    What was kept on the way goes when the block ends without an error: the model is exported by
    then. Trainings of other candidates that were cut off are dropped.
    """
    discard_others(root, task.identity)
    with training_folder(root, task.identity, name) as folder:
        checkpoint = Checkpoint(folder / STATE, keep_every_seconds)
        began = time.monotonic()
        choice = _start(folder, task, say)
        kept = checkpoint.load()
        step = int(kept["step"]) if kept else 0
        if step:
            say(f"going on from step {step}: this training had been cut off")
        spent = 0.0 if step else time.monotonic() - began
        left = max(_LEAST_SECONDS, task.options.max_seconds - spent)
        model = fit(
            set_apart(task.examples).training,
            task.catalogs,
            task.encoder_folder,
            replace(task.options, max_seconds=left),
            task.practice,
            say,
            start=_weights(task, choice.start),
            checkpoint=checkpoint,
        )
        yield Trained(model, choice, step)
    shutil.rmtree(folder)


def choose_start(task: Task) -> Choice:
    """By the validation questions, or as it is wanted."""
    otherwise = BASE if task.base else SCRATCH
    if task.champion is None:
        return Choice(otherwise, {}, task.no_champion)
    if task.wanted != "better":
        return Choice(CHAMPION if task.wanted == CHAMPION else otherwise, {}, "as set")
    questions = choose_validation(set_apart(task.examples).validation, task.own)
    encoder = TextEncoder.load(task.encoder_folder, task.options.threads)
    validation = Validation(questions, task.catalogs, encoder, task.options)
    if not validation:
        return Choice(otherwise, {}, "there are no validation questions")
    starts = (otherwise, CHAMPION)
    return choose({name: validation.score(_weights(task, name)) for name in starts}, otherwise)


def _start(folder: Path, task: Task, say: Callable[[str], object]) -> Choice:
    """The choice that was made for this training, else made now and kept."""
    file = folder / _CHOICE
    if file.is_file():
        choice = Choice.from_json(json.loads(file.read_text(encoding="utf-8")))
        if choice.start != CHAMPION or task.champion is not None:
            return choice
    choice = choose_start(task)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(choice.to_json(), indent=1), encoding="utf-8")
    os.replace(partial, file)
    figures = "; ".join(f"{name}: {score}" for name, score in choice.scores.items())
    say(f"starting from {choice.start} ({figures or choice.note or 'nothing to choose from'})")
    return choice


def _weights(task: Task, start: str) -> Weights | None:
    if start == CHAMPION:
        return task.champion
    return task.base.network if task.base else None
