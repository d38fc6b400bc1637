"""Training: examples and catalogs in, a trained network out.

The joint encoder and the decoder learn, from scratch or from weights of before; the text encoder
stays frozen but for its reader, where one is given. Batches mix the
sources in fixed shares, so that a small source (corrections) is not drowned by a large one.
Examples are linked when they are first drawn: a short training links what it has time to learn.
Training ends, its learning rate decayed, at `max_steps` or `max_seconds`, whichever comes first:
deterministic for a seed, a thread count and a kind of processor where the steps decide. With a
`Checkpoint` a killed training goes on where it was, with the batches that it would have had. Runs
unchanged on a GPU.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from mqt_assets.training.absence import is_thinned
from mqt_assets.training.augmentation import varied
from mqt_assets.training.batches import Linker, Prepared, build_schemas, collate
from mqt_assets.training.examples import ASKED_AT, CORPUS_SOURCES, Example
from mqt_assets.training.network import NetworkShape, TranslatorNetwork
from mqt_assets.training.reader import Reader
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import MqtError
from mqt_serving.schema import Catalog


class TrainingFailed(MqtError):
    code, status = "training-failed", 500


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """`shares`: how much of each batch comes from each group of examples, before normalising.

    `keep`: how much the weights that a training started from count in its result (averaged as in
    WiSE-FT, Wortsman et al. 2022); nothing where it started from none.
    """

    seed: int = 7
    max_steps: int = 4000
    max_seconds: float = 1800.0
    batch_size: int = 16
    learning_rate: float = 1.5e-3
    reader_rate: float = 0.125  # of the learning rate, for the reader
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    clip: float = 1.0
    threads: int = 2
    now: datetime = ASKED_AT
    vary: bool = False  # whether questions vary as they are drawn (see `augmentation`)
    keep: float = 0.0
    shape: NetworkShape = field(default_factory=NetworkShape)
    shares: Mapping[str, float] = field(
        default_factory=lambda: {
            "own": 0.6,
            "practice": 0.1,
            "handwritten": 0.15,
            "tend": 0.25,
            "correction": 0.12,
            "thinned": 0.1,
        }
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """`loss` is a running mean."""

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
    examples: Counter[str]  # group -> different examples trained on
    left_out: Counter[str]  # reason -> questions that were drawn
    seconds: float
    steps: int


Group = Callable[[Example], str]


def default_group(practice: frozenset[str] = frozenset()) -> Group:
    """Groups by source; synthetic questions over practice catalogs form a group of their own.

    All wordings of TEND's golds are of the group `tend`, whoever worded them. Questions over
    thinned catalogs are of the group `thinned`.
    """

    def group(example: Example) -> str:
        if is_thinned(example):
            return "thinned"
        if example.source == "synthetic":
            return "practice" if example.database in practice else "own"
        return "tend" if example.source in CORPUS_SOURCES else example.source

    return group


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a training keeps its state, about every so many seconds."""

    file: Path
    every_seconds: float = 120.0

    def save(self, state: Mapping[str, object]) -> None:
        partial = self.file.with_suffix(".partial")
        torch.save(dict(state), partial)
        os.replace(partial, self.file)

    def load(self) -> dict[str, Any] | None:
        """The state kept before; None where there is none."""
        if not self.file.is_file():
            return None
        state: dict[str, Any] = torch.load(self.file, weights_only=True, map_location="cpu")
        return state


def train(
    examples: Sequence[Example],
    catalogs: Mapping[str, Catalog],
    encoder: TextEncoder,
    options: TrainingOptions | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    group: Group | None = None,
    *,
    start: Mapping[str, torch.Tensor] | None = None,
    reader: Reader | None = None,
    checkpoint: Checkpoint | None = None,
) -> TrainedModel:
    """Train from scratch, or from the weights `start`; a `reader` learns too.

    Raises `TrainingFailed` when nothing can be trained on or loss is NaN.
    """
    options = options or TrainingOptions()
    group = group or default_group()
    started = time.monotonic()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    linker = Linker(build_schemas(catalogs, encoder), encoder, options.now, reader is not None)
    groups: dict[str, list[Example]] = {}
    for example in filter(linker.can_learn, examples):
        groups.setdefault(group(example), []).append(example)
    linker.left_out["no plan"] = len(examples) - sum(map(len, groups.values()))
    supply = _Supply(groups, linker)
    device = training_device()
    shape = replace(options.shape, text_dimension=encoder.dimension)
    network = TranslatorNetwork(shape, reader)
    if start is not None:
        network.load_state_dict(start)
    network.to(device)
    fitting = _Fitting(network, options, progress, started, checkpoint)
    fitting.run(supply, device)
    network.cpu().eval()
    if start is not None and options.keep:
        _keep(network, start, options.keep)
    return TrainedModel(
        network=network,
        options=options,
        encoder=encoder,
        losses=fitting.losses,
        examples=supply.learned(),
        left_out=linker.left_out,
        seconds=time.monotonic() - started,
        steps=fitting.step,
    )


def _keep(network: TranslatorNetwork, start: Mapping[str, torch.Tensor], share: float) -> None:
    """Replace the weights by their mean with those of the start, which count this share."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                value.lerp_(start[name].to(value), share)


def training_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class _Fitting:
    """The steps of one training: optimiser, schedule, running loss, and what a checkpoint keeps."""

    def __init__(
        self,
        network: TranslatorNetwork,
        options: TrainingOptions,
        progress: Callable[[Progress], None],
        started: float,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.network, self.options, self.progress = network, options, progress
        self.started, self.checkpoint = started, checkpoint
        self.rates = [options.learning_rate]
        reading = [] if network.reader is None else list(network.reader.parameters())
        known = {id(parameter) for parameter in reading}
        groups = [{"params": [p for p in network.parameters() if id(p) not in known]}]
        if reading:
            groups.append({"params": reading})
            self.rates.append(options.learning_rate * options.reader_rate)
        self.optimizer = torch.optim.AdamW(
            groups, lr=options.learning_rate, weight_decay=options.weight_decay, fused=True
        )
        self.losses: list[tuple[int, float]] = []
        self.mean, self.step, self.spent = math.nan, 0, 0.0
        self.lengths: Mapping[str, torch.Tensor] = {}
        state = checkpoint.load() if checkpoint else None
        if state is not None:
            network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.losses = [(int(step), float(loss)) for step, loss in state["losses"]]
            self.mean, self.step, self.spent = state["mean"], state["step"], state["spent"]
            self.lengths = state.get("lengths", {})  # states of older versions have none

    def run(self, supply: _Supply, device: torch.device) -> None:
        options = self.options
        supply.recall(self.lengths)
        batches = supply.batches(options, skip=self.step)
        before, first, began = self.spent, self.step, time.monotonic()
        available = max(1.0, options.max_seconds - (0.0 if before else began - self.started))
        kept = began
        self.network.train()
        done = max(self.step / options.max_steps, self.spent / available)
        while done < 1.0:
            share = schedule(done, options.warmup_share)
            for settings, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                settings["lr"] = rate * share
            rows = next(batches)
            # A seed for each step: after a checkpoint, draws are what they would have been.
            seed = options.seed + self.step
            torch.manual_seed(seed)
            if options.vary:
                varying = random.Random(seed)
                rows = [varied(row, varying) for row in rows]
            loss = self._step(collate(rows), device)
            self.mean = loss if math.isnan(self.mean) else 0.95 * self.mean + 0.05 * loss
            now = time.monotonic()
            self.spent = before + now - began
            done = max(self.step / options.max_steps, self.spent / available)
            if self.step % 20 == 0 or done >= 1.0:
                self.losses.append((self.step, self.mean))
                steps = max(self.step, round(self.step / done))
                rate = (self.step - first) * options.batch_size / (now - began)
                self.progress(Progress(self.step, steps, self.mean, rate, now - self.started))
            if self.checkpoint and (now - kept > self.checkpoint.every_seconds or done >= 1.0):
                self.checkpoint.save(self.state(supply))
                kept = now

    def _step(self, batch: Mapping[str, torch.Tensor], device: torch.device) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device)):
            loss = self.network.loss({name: value.to(device) for name, value in batch.items()})
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.options.clip)
        self.optimizer.step()
        self.step += 1
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingFailed(f"loss is {value} at step {self.step}: lower the learning rate")
        return value

    def state(self, supply: _Supply) -> dict[str, object]:
        return {
            "lengths": supply.lengths,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "losses": self.losses,
            "mean": self.mean,
            "step": self.step,
            "spent": self.spent,
        }


def has_bfloat16(device: torch.device) -> bool:
    """Whether products in bfloat16 are faster there than in single precision (x 1.75 measured)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def schedule(done: float, warmup: float) -> float:
    """Linear warm-up, then a cosine down to a twentieth; `done` is the share of the training."""
    if done < warmup:
        return 0.05 + 0.95 * done / warmup
    left = (done - warmup) / (1.0 - warmup)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(left, 1.0)))


_Key = tuple[str, int]  # a group and a place in it
_UNKNOWN, _LEFT_OUT = -2, -1


class _Supply:
    """Batches of the examples of each group, which are linked as they are first drawn.

    `lengths` holds of each example that was drawn how long its sequence is: all that is needed to
    draw the same batches again without linking anything.
    """

    def __init__(self, groups: Mapping[str, list[Example]], linker: Linker) -> None:
        self._groups = groups
        self._linker = linker
        self._linked: dict[_Key, Prepared] = {}
        self.lengths = {
            name: torch.full((len(group),), _UNKNOWN, dtype=torch.int32)
            for name, group in groups.items()
        }

    def recall(self, lengths: Mapping[str, torch.Tensor]) -> None:
        """Lengths that a supply of the same examples had learned."""
        self.lengths.update((name, known.clone()) for name, known in lengths.items())

    def learned(self) -> Counter[str]:
        """How many different examples of each group were drawn and linked."""
        counts = {name: int((known >= 0).sum()) for name, known in self.lengths.items()}
        return Counter({name: count for name, count in counts.items() if count})

    def batches(self, options: TrainingOptions, skip: int = 0) -> Iterator[list[Prepared]]:
        """Endless batches: groups drawn by share, each group walked in shuffled passes.

        Eight batches are drawn at a time and split by sequence length, so that little is padding.
        The first `skip` are passed over. Raises `TrainingFailed` where nothing can be linked.
        """
        generator = random.Random(options.seed)
        names = sorted(self._groups)
        weights = [options.shares.get(name, 0.1) for name in names]
        walks = {
            name: _walk(len(self._groups[name]), random.Random(generator.random()))
            for name in names
        }
        size = options.batch_size
        while True:
            drawn: list[_Key] = []
            while len(drawn) < 8 * size:
                self._expect_some()
                wanted = generator.choices(names, weights, k=8 * size - len(drawn))
                drawn += self._usable([(name, next(walks[name])) for name in wanted])
            drawn.sort(key=lambda key: (self._length(key), self._example(key).id))
            blocks = [drawn[start : start + size] for start in range(0, len(drawn), size)]
            generator.shuffle(blocks)
            passed = min(skip, len(blocks))
            skip -= passed
            for block in blocks[passed:]:
                self._link(block)
                yield [self._linked[key] for key in block]

    def _usable(self, drawn: Sequence[_Key]) -> list[_Key]:
        self._link([key for key in drawn if self._length(key) == _UNKNOWN])
        return [key for key in drawn if self._length(key) != _LEFT_OUT]

    def _link(self, keys: Sequence[_Key]) -> None:
        fresh = [key for key in dict.fromkeys(keys) if key not in self._linked]
        if not fresh:
            return
        linked = self._linker.link([self._example(key) for key in fresh])
        for (name, at), one in zip(fresh, linked, strict=True):
            self.lengths[name][at] = _LEFT_OUT if one is None else len(one.linked.relations)
            if one is not None:
                self._linked[name, at] = one

    def _length(self, key: _Key) -> int:
        return int(self.lengths[key[0]][key[1]])

    def _example(self, key: _Key) -> Example:
        return self._groups[key[0]][key[1]]

    def _expect_some(self) -> None:
        if self.learned() or any(
            bool((known == _UNKNOWN).any()) for known in self.lengths.values()
        ):
            return
        total = sum(map(len, self._groups.values()))
        left_out = self._linker.left_out.most_common(3)
        reasons = ", ".join(f"{n} x {why}" for why, n in left_out if n)
        raise TrainingFailed(f"none of {total} examples can be trained on: {reasons}")


def _walk(count: int, generator: random.Random) -> Iterator[int]:
    while True:
        order = list(range(count))
        generator.shuffle(order)
        yield from order
