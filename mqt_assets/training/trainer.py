"""Training: examples and catalogs in, a trained network out.

The text encoder stays frozen; only the joint encoder and the decoder learn. Batches mix the
sources in fixed shares, so that a small source (corrections) is not drowned by a large one.
Training ends, its learning rate decayed, at `max_steps` or `max_seconds`, whichever comes first:
deterministic for a seed and a thread count where the steps decide. Runs unchanged on a GPU.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import torch

from mqt_assets.training.batches import Prepared, build_schemas, collate, prepare
from mqt_assets.training.examples import CORPUS_SOURCES, Example
from mqt_assets.training.network import NetworkShape, TranslatorNetwork
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import MqtError
from mqt_serving.schema import Catalog


class TrainingFailed(MqtError):
    code, status = "training-failed", 500


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """`shares`: how much of each batch comes from each group of examples, before normalising."""

    seed: int = 7
    max_steps: int = 4000
    max_seconds: float = 1800.0
    batch_size: int = 16
    learning_rate: float = 1.5e-3
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    clip: float = 1.0
    threads: int = 2
    now: datetime = datetime(2026, 1, 1)
    shape: NetworkShape = field(default_factory=NetworkShape)
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"own": 0.65, "practice": 0.1, "tend": 0.25, "correction": 0.12}
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """`phase` is "linking" or "training"; `loss` is a running mean, NaN before the first step."""

    phase: str
    step: int
    steps: int
    loss: float
    examples_per_second: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    network: TranslatorNetwork
    options: TrainingOptions
    encoder: TextEncoder
    losses: list[tuple[int, float]]  # (step, running mean loss)
    examples: Counter[str]  # group -> examples trained on
    left_out: Counter[str]  # reason -> questions
    seconds: float
    steps: int


Group = Callable[[Example], str]


def default_group(practice: frozenset[str] = frozenset()) -> Group:
    """Groups by source; synthetic questions over practice catalogs form a group of their own.

    All wordings of TEND's golds are of the group `tend`, whoever worded them.
    """

    def group(example: Example) -> str:
        if example.source == "synthetic":
            return "practice" if example.database in practice else "own"
        return "tend" if example.source in CORPUS_SOURCES else example.source

    return group


def train(
    examples: Sequence[Example],
    catalogs: Mapping[str, Catalog],
    encoder: TextEncoder,
    options: TrainingOptions | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    group: Group | None = None,
) -> TrainedModel:
    """Train from scratch. Raises `TrainingFailed` when nothing can be trained on or loss is NaN."""
    options = options or TrainingOptions()
    group = group or default_group()
    started = time.monotonic()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    schemas = build_schemas(catalogs, encoder)

    def linked(done: int) -> None:
        progress(
            Progress("linking", done, len(examples), math.nan, 0.0, time.monotonic() - started)
        )

    preparation = prepare(examples, schemas, encoder, options.now, linked)
    groups: dict[str, list[Prepared]] = {}
    for one in preparation.prepared:
        groups.setdefault(group(one.example), []).append(one)
    if not groups:
        reasons = ", ".join(f"{n} x {why}" for why, n in preparation.left_out.most_common(3))
        raise TrainingFailed(f"none of {len(examples)} examples can be trained on: {reasons}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shape = replace(options.shape, text_dimension=encoder.dimension)
    network = TranslatorNetwork(shape).to(device)
    losses, steps = _fit(network, groups, options, device, progress, started)
    return TrainedModel(
        network=network.cpu().eval(),
        options=options,
        encoder=encoder,
        losses=losses,
        examples=Counter({name: len(rows) for name, rows in groups.items()}),
        left_out=preparation.left_out,
        seconds=time.monotonic() - started,
        steps=steps,
    )


def _fit(
    network: TranslatorNetwork,
    groups: Mapping[str, list[Prepared]],
    options: TrainingOptions,
    device: torch.device,
    progress: Callable[[Progress], None],
    started: float,
) -> tuple[list[tuple[int, float]], int]:
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=options.learning_rate,
        weight_decay=options.weight_decay,
        fused=True,
    )
    batches = _batches(groups, options)
    mean, losses = math.nan, []
    began, step, done = time.monotonic(), 0, 0.0
    available = options.max_seconds - (began - started)
    network.train()
    while done < 1.0:
        for settings in optimizer.param_groups:
            settings["lr"] = options.learning_rate * _schedule(done, options.warmup_share)
        batch = {name: value.to(device) for name, value in collate(next(batches)).items()}
        optimizer.zero_grad(set_to_none=True)
        loss = network.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip)
        optimizer.step()
        step += 1
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingFailed(f"loss is {value} at step {step}: lower the learning rate")
        mean = value if math.isnan(mean) else 0.95 * mean + 0.05 * value
        spent = time.monotonic() - began
        done = max(step / options.max_steps, spent / max(available, 1.0))
        if step % 20 == 0 or done >= 1.0:
            losses.append((step, mean))
            steps = max(step, round(step / done))
            rate = step * options.batch_size / spent
            progress(Progress("training", step, steps, mean, rate, time.monotonic() - started))
    return losses, step


def _schedule(done: float, warmup: float) -> float:
    """Linear warm-up, then a cosine down to a twentieth; `done` is the share of the training."""
    if done < warmup:
        return 0.05 + 0.95 * done / warmup
    left = (done - warmup) / (1.0 - warmup)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(left, 1.0)))


def _batches(
    groups: Mapping[str, list[Prepared]], options: TrainingOptions
) -> Iterator[list[Prepared]]:
    """Endless batches: groups drawn by share, each group walked in shuffled passes.

    Eight batches are drawn at a time and split by sequence length, so that little is padding.
    """
    generator = random.Random(options.seed)
    names = sorted(groups)
    weights = [options.shares.get(name, 0.1) for name in names]
    walks = {name: _walk(groups[name], random.Random(generator.random())) for name in names}
    while True:
        drawn = [
            next(walks[name])
            for name in generator.choices(names, weights, k=8 * options.batch_size)
        ]
        drawn.sort(key=lambda one: (len(one.linked.relations), one.example.id))
        blocks = [
            drawn[start : start + options.batch_size]
            for start in range(0, len(drawn), options.batch_size)
        ]
        generator.shuffle(blocks)
        yield from blocks


def _walk(rows: list[Prepared], generator: random.Random) -> Iterator[Prepared]:
    while True:
        order = list(rows)
        generator.shuffle(order)
        yield from order
