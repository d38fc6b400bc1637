"""Where a training starts: from the served model's weights or from the base weights, whichever
reads the validation questions better.

Validation questions are set apart by a hash of their query, so that no training ever learns from
them, this one no more than the champion's. Half of them are about the user's databases, half are
replay, so that weights that have forgotten something show it. What is compared is the loss before
training: a fraction of the cost of training twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from mqt_assets.evaluation.questions import choose_questions, first_wordings_first
from mqt_assets.training.batches import Linker, Prepared, build_schemas, collate
from mqt_assets.training.examples import Example
from mqt_assets.training.network import NetworkShape, TranslatorNetwork
from mqt_assets.training.trainer import TrainingOptions, training_device
from mqt_serving.encoder import TextEncoder
from mqt_serving.releases import read_pointer
from mqt_serving.schema import Catalog
from mqt_serving.translator.model import layout

WEIGHTS: Final = "weights.safetensors"
"""In a translator's folder: what a later training can start from. Serving does not read it."""

CHAMPION, BASE, SCRATCH = "champion", "base", "scratch"
VALIDATION_SHARE: Final = 0.03  # of the queries
MOST_QUESTIONS: Final = 160
_BLOCK = 32
_ENCODER = "encoder.json"

Weights = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Score:
    """Mean loss a step, and the share of questions whose every step would be chosen rightly."""

    loss: float
    right: float
    questions: int

    def __str__(self) -> str:
        return f"loss {self.loss:.3f}, {self.right:.0%} of {self.questions} questions right"


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the training starts, what each start scored, and why one was not among them."""

    start: str
    scores: Mapping[str, Score]
    note: str = ""

    @property
    def rows(self) -> list[list[str]]:
        """Start, score, and whether it was taken: for people."""
        taken = {name: "taken" if name == self.start else "" for name in self.scores}
        rows = [[name, str(score), taken[name]] for name, score in self.scores.items()]
        return rows or [[self.start, "not measured", "taken"]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Choice:
        scores = {name: Score(**score) for name, score in body["scores"].items()}
        return cls(body["start"], scores, body["note"])


@dataclass(frozen=True, slots=True)
class Division:
    """`training` is learned from, `validation` never."""

    training: tuple[Example, ...]
    validation: tuple[Example, ...]


def set_apart(examples: Sequence[Example]) -> Division:
    """Every wording of the queries that the hash chooses is apart; corrections never are."""
    corrected = {_gold(e) for e in examples if e.source == "correction"}
    training: list[Example] = []
    apart: list[Example] = []
    for example in examples:
        if example.source == "correction" or not _chosen(_gold(example)):
            training.append(example)
        elif _gold(example) not in corrected:
            apart.append(example)
    return Division(tuple(training), tuple(apart))


def choose_validation(
    apart: Sequence[Example], own: frozenset[str], most: int = MOST_QUESTIONS
) -> list[Example]:
    """At most `most` questions, half of them about the databases `own` where there is replay."""
    replayed = [example for example in apart if example.database not in own]
    replay = choose_questions(replayed, {e.database for e in replayed}, most // 2)
    mine = first_wordings_first([example for example in apart if example.database in own])
    return [*mine[: most - len(replay)], *replay]


def choose(scores: Mapping[str, Score], otherwise: str, note: str = "") -> Choice:
    """The start with the least loss; `otherwise` when all are equal or nothing was measured."""
    best = min(
        scores,
        key=lambda name: (scores[name].loss, name != otherwise),
        default=otherwise,
    )
    return Choice(best, scores, note)


class Validation:
    """Validation questions, linked once for all the weights that they judge."""

    def __init__(
        self,
        questions: Sequence[Example],
        catalogs: Mapping[str, Catalog],
        encoder: TextEncoder,
        options: TrainingOptions,
    ) -> None:
        torch.set_num_threads(options.threads)
        named = {e.database: catalogs[e.database] for e in questions if e.database in catalogs}
        linker = Linker(build_schemas(named, encoder), encoder, options.now)
        usable = [example for example in questions if linker.can_learn(example)]
        self._linked = [one for one in linker.link(usable) if one is not None] if usable else []
        self._options = options
        self._dimension = encoder.dimension

    def __bool__(self) -> bool:
        return bool(self._linked)

    def score(self, weights: Weights | None) -> Score:
        """Of these weights; None: of the first ones that the seed gives."""
        shape = replace(self._options.shape, text_dimension=self._dimension)
        torch.manual_seed(self._options.seed)
        network = TranslatorNetwork(shape)
        if weights is not None:
            network.load_state_dict(dict(weights))
        return _score(network.to(training_device()).eval(), self._linked)


def save_weights(folder: Path, network: TranslatorNetwork) -> None:
    """Keep the network's own weights (half precision) beside its graphs."""
    halves = {
        name: tensor.half().contiguous()
        for name, tensor in network.cpu().state_dict().items()
        if not name.startswith("reader.")
    }
    save_file(halves, folder / WEIGHTS)


def load_weights(
    folder: Path, encoder_folder: Path, shape: NetworkShape
) -> tuple[Weights | None, str]:
    """The weights that a translator was exported with, or None and why they are no start here:
    they have to be of this shape, and trained on vectors of this text encoder and its reader."""
    if not (folder / WEIGHTS).is_file():
        return None, "what serves keeps no weights: it was made by an older version"
    described = json.loads((folder / "translator.json").read_text(encoding="utf-8"))
    wanted = {"layout": layout(), "shape": shape.as_dict()}
    others = [name for name in wanted if described[name] != wanted[name]]
    encoders = [json.loads((f / _ENCODER).read_text()) for f in (folder, encoder_folder)]
    if encoders[0] != encoders[1]:
        others.append("text encoder")
    if others:
        return None, f"what serves was trained for another {' and another '.join(others)}"
    return {name: t.float() for name, t in load_file(folder / WEIGHTS).items()}, ""


def champion_weights(
    releases: Path, encoder_folder: Path, shape: NetworkShape
) -> tuple[Weights | None, str]:
    """Those of the served model, or None and why there are none to start from."""
    pointer = read_pointer(releases)
    if pointer is None:
        return None, "nothing is released yet"
    dimension = int(json.loads((encoder_folder / _ENCODER).read_text())["dimension"])
    shape = replace(shape, text_dimension=dimension)
    return load_weights(releases / pointer.champion / "translator", encoder_folder, shape)


def _score(network: TranslatorNetwork, linked: Sequence[Prepared]) -> Score:
    device = training_device()
    loss, steps, right = 0.0, 0, 0
    ordered = sorted(linked, key=lambda one: (len(one.linked.relations), one.example.id))
    with torch.inference_mode():
        for start in range(0, len(ordered), _BLOCK):
            batch = collate(ordered[start : start + _BLOCK])
            batch = {name: value.to(device) for name, value in batch.items()}
            scores, targets = network.scores(batch), batch["targets"]
            there = targets >= 0
            losses = functional.cross_entropy(scores[there], targets[there], reduction="sum")
            loss += float(losses)
            steps += int(there.sum())
            right += int(((scores.argmax(-1) == targets) | ~there).all(1).sum())
    return Score(loss / max(1, steps), right / max(1, len(linked)), len(linked))


def _gold(example: Example) -> tuple[str, str]:
    return example.database, example.command


def _chosen(gold: tuple[str, str]) -> bool:
    digest = hashlib.sha256("\n".join(("validation", *gold)).encode()).hexdigest()
    return int(digest[:8], 16) / 0x100000000 < VALIDATION_SHARE
