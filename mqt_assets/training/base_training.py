"""Trains the base model: `python -m mqt_assets.training.base_training --out FOLDER --minutes 90`.

On the public corpora (where their folders are set), also with synonyms put into their questions,
on questions over made-up databases, written by hand (also with a collection merged into another)
and made, and on questions that thinned copies of all of these can't answer. Questions vary as they
are drawn (see `augmentation`). From scratch, or with `--start` from other base weights. Killed, the
same command goes on where it was. Nothing of a user's data takes part.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from mqt_assets.training.absence import is_thinned, thinned
from mqt_assets.training.base import BaseModel, load_base, save_base
from mqt_assets.training.base_folder import DESCRIPTION, LOSSES
from mqt_assets.training.base_recipe import (
    BATCH_SIZE,
    KEEP_EVERY_SECONDS,
    LEARNING_RATE,
    MINUTES,
    SEED,
    SHARES,
    THREADS,
    Amounts,
)
from mqt_assets.training.base_runs import ENCODER, STATE
from mqt_assets.training.corpora import dev_databases, load_tend, tend_catalogs
from mqt_assets.training.examples import Example, dataset_digest
from mqt_assets.training.export import export_encoder
from mqt_assets.training.handwritten import handwritten, is_held_out, load_sheets
from mqt_assets.training.merging import is_merged, merged
from mqt_assets.training.network import NetworkShape
from mqt_assets.training.practice import practice_catalogs, practice_examples
from mqt_assets.training.reader import Reader, packaged_encoder
from mqt_assets.training.spider_syn import load_spider_syn
from mqt_assets.training.synonyms import (
    Lexicon,
    learn_lexicon,
    load_thesaurus,
    reworded,
    synonym_pairs,
    within,
)
from mqt_assets.training.tables import from_table, to_table
from mqt_assets.training.trainer import (
    Checkpoint,
    Progress,
    TrainedModel,
    TrainingOptions,
    train,
)
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import MqtError
from mqt_serving.query.plan import AcrossGroups, Aggregate, Arithmetic, walk
from mqt_serving.schema import Catalog, digest_of
from mqt_serving.settings import Settings
from mqt_serving.translator.values import schema_stems

SHAPE = NetworkShape(width=256, heads=8, hidden=768, encoder_layers=4, dropout=0.1)
_SYNONYM_SHARE = 0.6  # of questions, asked once more with synonyms
_REPORT_EVERY = 50
_EXAMPLES, _CATALOGS, _HELD_OUT = "examples.parquet", "catalogs.json", "held_out.json"


@dataclass(frozen=True, slots=True)
class BaseData:
    """What the base model learns from; `held_out` databases give nothing."""

    examples: tuple[Example, ...]
    catalogs: dict[str, Catalog]
    held_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of all of it, whatever the order of the examples."""
        catalogs = {name: catalog.digest for name, catalog in self.catalogs.items()}
        return digest_of([dataset_digest(self.examples), catalogs, self.held_out])


def base_data(
    tend: Path | None,
    spider_syn: Path | None,
    seed: int,
    keep_dev: bool = False,
    amounts: Amounts | None = None,
) -> BaseData:
    """`keep_dev` trains on the corpus's development databases too: for the last training only."""
    amounts = amounts or Amounts()
    catalogs = practice_catalogs(seed, amounts.practice_databases)
    examples = practice_examples(catalogs, amounts.practice_questions, seed)
    sheets = [sheet for sheet in load_sheets() if not is_held_out(sheet)]
    written = handwritten(amounts.handwritten_versions, sheets)
    thesaurus = load_thesaurus()
    catalogs |= written.catalogs
    examples += written.examples
    examples += _reworded(written.examples, written.catalogs, thesaurus, seed)
    held_out: frozenset[str] = frozenset()
    if tend is not None:
        held_out = frozenset() if keep_dev else dev_databases(tend)
        corpus = tend_catalogs(tend)
        report = load_tend(tend, corpus)
        found = list(report.examples)
        if spider_syn is not None:
            found += load_spider_syn(spider_syn, tend, report, corpus).examples
            lexicon = learn_lexicon(synonym_pairs(spider_syn, dev_databases(tend)))
            found += _with_synonyms(report.examples, lambda _: lexicon, seed)
        found += _reworded(report.examples, corpus, thesaurus, seed)
        examples += [e for e in found if e.plan is not None and e.database not in held_out]
        catalogs |= {name: c for name, c in corpus.items() if name not in held_out}
    less = thinned(examples, catalogs, seed, versions=1)
    inside = merged(sheets if amounts.handwritten_versions else ())
    return BaseData(
        (*examples, *less.examples, *inside.examples),
        catalogs | less.catalogs | inside.catalogs,
        tuple(sorted(held_out)),
    )


def save_data(folder: Path, data: BaseData) -> None:
    """Write `folder`: examples as Parquet, the rest as JSON. Inverse of `load_data`."""
    import pyarrow.parquet as parquet

    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(to_table(data.examples), folder / _EXAMPLES, compression="zstd")
    catalogs = {n: c.model_dump(mode="json") for n, c in sorted(data.catalogs.items())}
    (folder / _CATALOGS).write_text(json.dumps(catalogs), encoding="utf-8")
    (folder / _HELD_OUT).write_text(json.dumps(data.held_out), encoding="utf-8")


def load_data(folder: Path) -> BaseData:
    import pyarrow.parquet as parquet

    catalogs = json.loads((folder / _CATALOGS).read_text(encoding="utf-8"))
    return BaseData(
        tuple(from_table(parquet.read_table(folder / _EXAMPLES))),
        {name: Catalog.model_validate(body) for name, body in catalogs.items()},
        tuple(json.loads((folder / _HELD_OUT).read_text(encoding="utf-8"))),
    )


def _reworded(
    examples: Iterable[Example], catalogs: Mapping[str, Catalog], thesaurus: Lexicon, seed: int
) -> list[Example]:
    """Questions that say the words of their own schemas otherwise."""
    lexicons = {name: within(thesaurus, schema_stems(c)) for name, c in catalogs.items()}
    return _with_synonyms((e for e in examples if e.plan), lexicons.__getitem__, seed)


def _with_synonyms(
    examples: Iterable[Example], lexicon_of: Callable[[str], Lexicon], seed: int
) -> list[Example]:
    rng = Random(seed)
    found = []
    for example in examples:
        if rng.random() >= _SYNONYM_SHARE:
            continue
        if (other := reworded(example, lexicon_of(example.database), rng)) is not None:
            found.append(other)
    return found


def group_of(example: Example) -> str:
    """The group that it is drawn with (see `SHARES`): handwritten ones by what their plans need."""
    if is_thinned(example):
        return "thinned"
    if is_merged(example):
        return "merged"
    if example.source != "handwritten" or example.plan is None:
        return "practice" if example.source == "synthetic" else example.source
    parts = list(walk(example.plan))
    if any(isinstance(part, Aggregate) and part.where is not None for part in parts):
        return "conditional"
    if any(isinstance(part, Arithmetic) for part in parts):
        return "arithmetic"
    across = example.plan.skip or any(isinstance(part, AcrossGroups) for part in parts)
    return "across" if across else "handwritten"


def base_options(
    seed: int = SEED,
    minutes: float = MINUTES,
    threads: int = THREADS,
    rate: float = LEARNING_RATE,
    start: BaseModel | None = None,
) -> TrainingOptions:
    """The time decides when a base training ends, not the steps."""
    return TrainingOptions(
        seed=seed,
        max_steps=1_000_000,
        max_seconds=60 * minutes,
        batch_size=BATCH_SIZE,
        learning_rate=rate,
        threads=threads,
        shape=SHAPE if start is None else start.shape,
        shares=SHARES,
        vary=True,
    )


def train_base(
    data: BaseData,
    folder: Path,
    options: TrainingOptions,
    start: BaseModel | None = None,
    progress: Callable[[Progress], None] | None = None,
    keep_every_seconds: float = KEEP_EVERY_SECONDS,
) -> TrainedModel:
    """Train and write `folder`: weights, description, learning curve, and the state on the way.

    Goes on from the state that is in the folder. `progress` is told each stretch of steps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    export_encoder(folder / ENCODER)
    encoder = TextEncoder.load(folder / ENCODER, options.threads)
    model = train(
        data.examples,
        data.catalogs,
        encoder,
        options,
        progress or _say,
        group_of,
        start=None if start is None else start.weights(),
        reader=Reader.untrained(packaged_encoder()),
        checkpoint=Checkpoint(folder / STATE, keep_every_seconds),
    )
    about = {
        "steps": model.steps,
        "batch_size": options.batch_size,
        "learning_rate": options.learning_rate,
        "seed": options.seed,
        "started_from": start.digest if start else "",
        "examples": dict(model.examples),
        "left_out": {reason: n for reason, n in model.left_out.most_common() if n},
        "dataset_digest": data.digest,
        "held_out": _held_out(data, start),
    }
    (folder / LOSSES).write_text(json.dumps(model.losses), encoding="utf-8")
    save_base(folder, model.network, about)  # last: with a description, the training has ended
    return model


def step_reached(folder: Path) -> int:
    """The step that a training in `folder` would go on from; 0 for one that begins."""
    state = Checkpoint(folder / STATE).load()
    return 0 if state is None else int(state["step"])


def _held_out(data: BaseData, start: BaseModel | None) -> list[str]:
    """What these weights never saw: what they started from must not have seen it either."""
    unseen = set(data.held_out) if start is None else set(start.description["held_out"])
    return [name for name in data.held_out if name in unseen]


def _say(progress: Progress) -> None:
    if progress.step % _REPORT_EVERY == 0:
        print(
            f"{time.strftime('%H:%M:%S')} step {progress.step} of {progress.steps}, "
            f"loss {progress.loss:.3f}, {progress.examples_per_second:.1f} examples/s",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mqt_assets.training.base_training")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, or to go on with")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep-dev", action="store_true", help="train on the dev databases too")
    parser.add_argument("--start", type=Path, help="a folder of base weights to start from")
    parser.add_argument(
        "--rate", type=float, default=LEARNING_RATE, help="the highest learning rate"
    )
    asked = parser.parse_args(arguments)
    settings = Settings.load()
    data = base_data(
        settings.tend_folder, settings.spider_syn_folder, asked.seed, keep_dev=asked.keep_dev
    )
    print(f"{len(data.examples)} examples over {len(data.catalogs)} databases", flush=True)
    start = load_base(asked.start) if asked.start else None
    options = base_options(asked.seed, asked.minutes, asked.threads, asked.rate, start)
    model = train_base(data, asked.out, options, start)
    print(f"{model.steps} steps in {model.seconds:.0f} s: {asked.out / DESCRIPTION}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MqtError as error:
        sys.exit(f"mqt: {error}")
