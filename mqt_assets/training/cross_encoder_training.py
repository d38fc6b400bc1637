"""Trains a base model's cross-encoder: `python -m mqt_assets.training.cross_encoder_training
--base FOLDER --minutes 90`.

Asks the base model questions over the databases that it learned from, runs its candidates on a
mongod of its own, and learns to tell the right ones from the wrong. Writes it into the base model;
the ranking is to be fitted afterwards. Killed, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from mqt_assets.training.base import BaseModel, load_base, save_cross_encoder
from mqt_assets.training.base_export import export_base
from mqt_assets.training.base_recipe import CROSS_ENCODER_MINUTES, KEEP_EVERY_SECONDS, THREADS
from mqt_assets.training.base_runs import CROSS_ENCODER_STATE, JUDGED
from mqt_assets.training.cross_encoder import CrossEncoderNetwork, loss_of
from mqt_assets.training.judging import judge, seen_questions
from mqt_assets.training.ranking_fit import JudgedBeams
from mqt_assets.training.reader import LowerLayers, packaged_encoder
from mqt_assets.training.trainer import (
    Checkpoint,
    TrainingFailed,
    has_bfloat16,
    schedule,
    training_device,
)
from mqt_serving.errors import MqtError
from mqt_serving.settings import Settings
from mqt_serving.translator.cross_encoder import MAX_TOKENS, plain

_RATE, _HEAD_RATE, _WARM_UP = 8e-5, 6.4e-4, 0.06
_QUESTIONS = 16  # a step
_WRONG = 4  # candidates of a question a step, beside a right one
_SHARE = 0.45
_SEED = 1
_REPORT_EVERY: Final = 50

Say = Callable[[str], object]
Pairs = tuple[list[int], ...]
"""Tokens of a question with each of some meanings, a right one first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question and what its candidates mean: those that turned out right, and those wrong."""

    question: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def choices_of(judged: Sequence[JudgedBeams]) -> list[Choice]:
    """Where there is something to choose; meanings that read alike count once."""
    found = []
    for one in judged:
        by_verdict: dict[bool, set[str]] = {True: set(), False: set()}
        for meaning, right in zip(one.meanings, one.right, strict=True):
            by_verdict[bool(right)].add(meaning)
        right, wrong = by_verdict[True], by_verdict[False] - by_verdict[True]
        if right and wrong:
            found.append(Choice(one.question, tuple(sorted(right)), tuple(sorted(wrong))))
    return found


def train_cross_encoder(
    folder: Path,
    tend: Path | None,
    spider_syn: Path | None,
    minutes: float,
    threads: int,
    say: Say,
    share: float = _SHARE,
) -> dict[int, float]:
    """Train and write into the base weights in `folder`; returns the running mean loss by step.

    Starts from the cross-encoder that is there already, else from MiniLM's upper layers. `share` is
    how much is asked of what the base model learned from: sheets, and the corpora where they are.
    Where there is nothing to learn from, none is trained. Raises `TrainingFailed` when the loss is
    no number.
    """
    base = load_base(folder)
    choices = _choices(folder, base, tend, spider_syn, share, say)
    say(f"{len(choices)} questions with right and wrong candidates")
    if not choices:
        say("no cross-encoder: nothing tells right candidates from wrong ones")
        return {}
    fitting = CrossEncoderFitting(
        threads,
        Checkpoint(folder / CROSS_ENCODER_STATE, KEEP_EVERY_SECONDS),
        say,
        base,
    )
    fitting.run(choices, 60 * minutes)
    about: dict[str, object] = {
        "questions": len(choices),
        "steps": fitting.step,
        "loss": round(fitting.mean, 4),
    }
    if fitting.started_from:
        about["started_from"] = fitting.started_from
    save_cross_encoder(folder, fitting.network.cpu(), about)
    return fitting.losses


def _choices(
    folder: Path,
    base: BaseModel,
    tend: Path | None,
    spider_syn: Path | None,
    share: float,
    say: Say,
) -> list[Choice]:
    """Kept in the folder: a training that goes on has the same."""
    kept = folder / JUDGED
    if not kept.is_file():
        held_out = frozenset(base.description["held_out"])
        questions = seen_questions(tend, spider_syn, held_out, share, _SEED)
        with tempfile.TemporaryDirectory(prefix="mqt-judging-") as place:
            choices = choices_of(judge(export_base(base, Path(place)), questions, say))
        partial = kept.with_suffix(".partial")
        partial.write_text(json.dumps([asdict(choice) for choice in choices]), encoding="utf-8")
        os.replace(partial, kept)
    return [
        Choice(one["question"], tuple(one["right"]), tuple(one["wrong"]))
        for one in json.loads(kept.read_text(encoding="utf-8"))
    ]


class CrossEncoderFitting:
    """The steps of one training; time decides when it ends."""

    def __init__(
        self,
        threads: int,
        checkpoint: Checkpoint,
        say: Say,
        base: BaseModel | None = None,
    ) -> None:
        """Starts from the cross-encoder of `base`, if it has one."""
        torch.set_num_threads(threads)
        torch.manual_seed(_SEED)
        self.checkpoint, self.say, self.device = checkpoint, say, training_device()
        self.lower = LowerLayers.packaged().eval().to(self.device)
        self.network = CrossEncoderNetwork()
        self.started_from: dict[str, object] = {}
        if base is not None and base.cross_encoder is not None:
            self.network.load_state_dict(base.cross_encoder.state_dict())
            self.started_from = base.description["cross_encoder"]
        self.network.to(self.device)
        self.optimizer = torch.optim.AdamW(
            [{"params": part.parameters()} for part in (self.network.reader, self.network.head)],
            lr=_RATE,
            fused=True,
        )
        self.step, self.spent, self.mean = 0, 0.0, math.nan
        self.losses: dict[int, float] = {}
        if (state := checkpoint.load()) is not None:
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.spent, self.mean = state["step"], state["spent"], state["mean"]
            self.losses, self.started_from = dict(state["losses"]), state["started_from"]

    def run(self, choices: Sequence[Choice], seconds: float) -> None:
        drawn = batches(choices)
        for _ in range(self.step):
            next(drawn)
        before = self.spent
        began = kept = time.monotonic()
        self.network.train()
        while self.spent < seconds:
            self.take_step(next(drawn), schedule(self.spent / seconds, _WARM_UP))
            now = time.monotonic()
            self.spent = before + now - began
            if self.step % _REPORT_EVERY == 0:
                self.losses[self.step] = self.mean
                self.say(
                    f"cross-encoder step {self.step}, {self.spent / 60:.1f} of {seconds / 60:g} "
                    f"minutes, loss {self.mean:.3f}"
                )
            if now - kept > self.checkpoint.every_seconds or self.spent >= seconds:
                self.checkpoint.save(self._state())
                kept = now
        self.network.eval()

    def take_step(self, rows: Sequence[Pairs], share: float) -> None:
        """At this share of the highest learning rates."""
        for group, rate in zip(self.optimizer.param_groups, (_RATE, _HEAD_RATE), strict=True):
            group["lr"] = rate * share
        # A seed for each step: after a checkpoint, dropout is what it would have been.
        torch.manual_seed(_SEED + self.step)
        tokens, mask, there = (tensor.to(self.device) for tensor in _collate(rows))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_bfloat16(self.device)):
            with torch.no_grad():
                early = self.lower(tokens, mask)
            found = self.network(early, mask)
        scores = torch.zeros(there.shape, device=self.device).masked_scatter(there, found.float())
        loss = loss_of(scores, there)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingFailed(f"the cross-encoder's loss is {value} at step {self.step}")
        self.mean = value if math.isnan(self.mean) else 0.98 * self.mean + 0.02 * value

    def _state(self) -> dict[str, object]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "spent": self.spent,
            "mean": self.mean,
            "losses": self.losses,
            "started_from": self.started_from,
        }


def batches(choices: Sequence[Choice]) -> Iterator[list[Pairs]]:
    """Endless: shuffled passes; sixteen batches are drawn at a time and split by length."""
    tokenizer = Tokenizer.from_file(str(packaged_encoder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rng = Random(_SEED)
    while True:
        order = list(choices)
        rng.shuffle(order)
        for start in range(0, len(order), 16 * _QUESTIONS):
            drawn = [
                _pairs(choice, rng, tokenizer) for choice in order[start : start + 16 * _QUESTIONS]
            ]
            drawn.sort(key=lambda pairs: max(map(len, pairs)))
            blocks = [drawn[at : at + _QUESTIONS] for at in range(0, len(drawn), _QUESTIONS)]
            rng.shuffle(blocks)
            yield from blocks


def _pairs(choice: Choice, rng: Random, tokenizer: Tokenizer) -> Pairs:
    wrong = rng.sample(choice.wrong, min(_WRONG, len(choice.wrong)))
    meanings = (rng.choice(choice.right), *wrong)
    return tuple(tokenizer.encode(choice.question, plain(m)).ids[:MAX_TOKENS] for m in meanings)


def _collate(rows: Sequence[Pairs]) -> tuple[Tensor, Tensor, Tensor]:
    """(P, K) tokens of all pairs and their mask, and (rows, N) which of each row's N are there."""
    pairs = [pair for row in rows for pair in row]
    longest, most = max(map(len, pairs)), max(map(len, rows))
    tokens = torch.zeros(len(pairs), longest, dtype=torch.long)
    mask = torch.zeros_like(tokens)
    for at, pair in enumerate(pairs):
        tokens[at, : len(pair)] = torch.tensor(pair)
        mask[at, : len(pair)] = 1
    there = torch.tensor([[at < len(row) for at in range(most)] for row in rows])
    return tokens, mask, there


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mqt_assets.training.cross_encoder_training")
    parser.add_argument("--base", type=Path, required=True, help="folder of base weights")
    parser.add_argument("--minutes", type=float, default=CROSS_ENCODER_MINUTES)
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--share", type=float, default=_SHARE, help="of the questions to ask")
    asked = parser.parse_args(arguments)

    def say(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    settings = Settings.load()
    corpora = settings.tend_folder, settings.spider_syn_folder
    train_cross_encoder(asked.base, *corpora, asked.minutes, asked.threads, say, asked.share)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MqtError as error:
        sys.exit(f"mqt: {error}")
