"""How much corrections teach: accuracy on questions that nobody corrected, by how many were.

`python -m benchmarks.learning_curve --data FOLDER [--base FOLDER] [--databases a,b,c]
[--shares 0,0.1,0.5] [--seconds N] [--points FILE] [--plot FILE.svg] [--json]` takes each
development database of a folder in TEND's format, which the base weights never saw, and for each
share one training: that share of its gold queries is fed as corrections, in the form in which the
journal keeps them; the base weights are adapted with them as a release's training does where no
corpus is at hand; and the exported model is asked every question of the folder on a mongod of its
own (EX-E).

- *rest*: all wordings of the queries that were not corrected. Queries are split by a fixed seed,
  and a smaller share is part of a larger one.
- *corrected*: the questions that were, a correction having one wording of its query (`--wordings`
  feeds more). Serving answers these at once, from the correction itself; here the model answers
  alone, which shows what it took in.
- *reworded*: the other wordings of the corrected queries.

A gain is against share 0 on the same questions. A query that serving refuses, or without a plan,
counts as corrected but teaches nothing. Seconds go from the examples to the exported model, and
other load on the machine shows in them; with `MQT_TRAINING_STEPS` trainings end by steps. With
`--points` the same command goes on after a kill where it was, by whole databases. Settings are
those of the product (`MQT_SEED`, `MQT_SYNTHETIC_QUESTIONS`, ...). With `--json` the last line is
one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from benchmarks.adapting import Adapting
from benchmarks.corpus_set import Corpus, database_names, load_corpus
from benchmarks.corrections_set import Run, accepted, queries_of, split
from benchmarks.databases.loading import load_documents, own_server
from benchmarks.learning_plot import write_plot
from benchmarks.learning_points import PointsFile
from benchmarks.learning_report import Curve, Point, Tally
from benchmarks.progress import say
from mqt_assets.evaluation.answering import Answering, runner
from mqt_assets.evaluation.execution_accuracy import evaluate
from mqt_assets.training.base import BaseModel, find_base
from mqt_assets.training.examples import Example
from mqt_serving.errors import MqtError, SettingError
from mqt_serving.settings import Settings
from mqt_serving.translator import Translator
from mqt_serving.translator.turns import processors

_SHARES = "0,0.1,0.5"
_SEED = 1


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _arguments(arguments)
    settings = _settings(chosen)
    corpus = _corpus(chosen)
    base = find_base(settings)
    if base is None:
        raise SettingError("a learning curve starts from base weights: name them with --base")
    seen = _seen(base, corpus)
    if seen:
        say(f"the base weights may have learned from {', '.join(seen)}: figures would flatter")
    file = (
        None if chosen.points is None else PointsFile(chosen.points, _about(base, settings, chosen))
    )
    points = [] if file is None else list(file.read())
    with (
        own_server() as (_, client),
        tempfile.TemporaryDirectory(prefix="mqt-learning-") as place,
    ):
        say("making what is learned whatever the database is")
        adapting = Adapting(settings, base, Path(place), say)
        done = {point.database for point in points}
        for name in (name for name in corpus.catalogs if name not in done):
            ours = []
            for point in _measured(name, corpus, adapting, client, chosen):
                print(point.line, flush=True)
                ours.append(point)
            points += ours
            if file is not None:
                file.add(ours)
    curve = Curve(
        tuple(points),
        base.digest,
        settings.training_seconds,
        processors(),
        chosen.wordings,
        chosen.seed,
        seen,
    )
    print()
    for line in curve.table:
        print(line)
    if chosen.plot is not None:
        write_plot(curve, chosen.plot)
        print(f"drawn in {chosen.plot}")
    if chosen.json:
        print(json.dumps(curve.as_json(), ensure_ascii=False))


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in TEND's format")
    parser.add_argument("--base", type=Path, metavar="FOLDER", help="base weights (MQT_BASE_MODEL)")
    parser.add_argument(
        "--databases", type=_names, metavar="a,b,c",
        help="the databases to adapt to (all of dev_databases.json of the folder)",
    )  # fmt: skip
    parser.add_argument(
        "--shares", type=shares_of, default=_SHARES, metavar="a,b,c",
        help=f"how much of the queries is corrected, from 0 to below 1 ({_SHARES})",
    )  # fmt: skip
    parser.add_argument("--seconds", type=_count, help="for each training (MQT_TRAINING_SECONDS)")
    parser.add_argument(
        "--wordings", type=_count, default=1, metavar="N",
        help="how many wordings of each corrected query are fed, a correction each (1)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=_SEED, help=f"of the split ({_SEED})")
    parser.add_argument("--points", type=Path, metavar="FILE", help="keep them there, and go on")
    parser.add_argument("--plot", type=_drawing, metavar="FILE.svg", help="draw the curve there")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    return parser.parse_args(given)


def shares_of(text: str) -> tuple[float, ...]:
    """Shares in ascending order, each once; raises ArgumentTypeError for what is none."""
    try:
        shares = sorted({float(part) for part in _names(text)})
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers: 0,0.1") from error
    if not shares or not all(0 <= share < 1 for share in shares):
        raise argparse.ArgumentTypeError(f"{text!r}: shares go from 0 to below 1")
    return tuple(shares)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _drawing(text: str) -> Path:
    """Checked before the hours that a curve takes, not after."""
    file = Path(text)
    if file.suffix != ".svg" or not file.resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no FILE.svg in a folder that there is")
    return file


def _settings(chosen: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {}
    if chosen.seconds is not None:
        given["training_seconds"] = chosen.seconds
    if chosen.base is not None:
        given["base_model"] = str(chosen.base)
    return Settings.from_environment(**given)


def _corpus(chosen: argparse.Namespace) -> Corpus:
    """Raises FileNotFoundError for what the folder lacks, ValueError for an unknown database."""
    names = chosen.databases or database_names(chosen.data, None)
    if not names:
        raise FileNotFoundError(
            f"{chosen.data / 'dev_databases.json'} is missing or empty: name databases that the "
            "base weights never saw with --databases"
        )
    corpus = load_corpus(chosen.data, names)
    unknown = [name for name in names if name not in corpus.catalogs]
    if unknown:
        raise ValueError(f"{chosen.data} has no record about {', '.join(unknown)}")
    return corpus


def _about(base: BaseModel, settings: Settings, chosen: argparse.Namespace) -> dict[str, Any]:
    return {
        "base": base.digest,
        "shares": list(chosen.shares),
        "seconds": settings.training_seconds,
        "steps": settings.training_steps,
        "wordings": chosen.wordings,
        "seed": chosen.seed,
    }


def _seen(base: BaseModel, corpus: Corpus) -> tuple[str, ...]:
    """The databases that the base weights do not list among those held out."""
    held_out = base.description.get("held_out", ())
    return tuple(name for name in corpus.catalogs if name not in held_out)


def _measured(
    name: str,
    corpus: Corpus,
    adapting: Adapting,
    client: MongoClient[dict[str, Any]],
    chosen: argparse.Namespace,
) -> Iterator[Point]:
    """The points of one database, share by share."""
    catalog = corpus.catalogs[name]
    load_documents(client[name], corpus.documents(name))
    run = runner(lambda database: client[database])
    examples = [example for example in corpus.examples if example.database == name]
    queries = queries_of(examples)
    own = adapting.own(catalog)
    before: Mapping[str, bool] | None = None
    for share in chosen.shares:
        parts = split(queries, share, chosen.wordings, chosen.seed)
        adapted = adapting.adapt(own, accepted(parts.asked, catalog, run))
        translator = Translator.load(adapted.folder)
        translator.prepare(catalog)
        right = _right(translator, corpus, examples, run)
        if share == 0:
            before = right
        yield Point(
            database=name,
            share=share,
            queries=len(queries),
            fed=parts.queries,
            learned=adapted.learned,
            seconds=adapted.seconds,
            steps=adapted.steps,
            rest=tally(parts.rest, right, before),
            asked=tally(parts.asked, right, before),
            reworded=tally(parts.reworded, right, before),
        )


def _right(
    translator: Translator, corpus: Corpus, examples: Sequence[Example], run: Run
) -> dict[str, bool]:
    """Whether each question is answered right, by the id of its example."""
    answering = Answering(translator, corpus.catalogs)
    result = evaluate(examples, answering.predict, run)
    return {case.example.id: case.correct for case in result.cases}


def tally(
    examples: Sequence[Example], right: Mapping[str, bool], before: Mapping[str, bool] | None
) -> Tally:
    """How many of the examples are right, and were before."""
    return Tally(
        sum(right[example.id] for example in examples),
        len(examples),
        None if before is None else sum(before[example.id] for example in examples),
    )


if __name__ == "__main__":
    try:
        main()
    except (MqtError, FileNotFoundError) as error:
        sys.exit(f"mqt: {error}")
