"""How long one translation takes, by stage, and how much memory a serving process needs.

`python -m benchmarks.latency [--release ID | --model FOLDER] [--data FOLDER] [--json]` translates
a few hundred different questions about the sample shop (and, with a folder in TEND's format, about
its dev databases), one at a time and warm, without running the queries. It prints median and 99th
percentile in milliseconds of all and of each stage: linking words to the schema, the joint
encoder, decoding, the cross-encoder where it is asked, and making the candidates ready; then
resident megabytes of a fresh process that only serves. With `--json` the last line is one JSON
object. Other load on the machine shows.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.corpus_set import database_names, load_corpus
from benchmarks.databases.loading import infer_catalog, load, own_server
from benchmarks.progress import say, with_progress
from benchmarks.sampling import evenly
from benchmarks.serving_memory import Memory, measure_memory
from benchmarks.translators import add_choice, chosen_translator
from benchmarks.written_set import questions
from mqt_assets.evaluation.answering import NOW, percentile
from mqt_assets.training.synthesis import synthesise
from mqt_serving.errors import CannotAnswer, QuestionError
from mqt_serving.schema import Catalog
from mqt_serving.settings import SAMPLE_DATABASE, Settings
from mqt_serving.translator import Translator

STAGES = ("link", "joint", "decode", "cross", "ready", "all")
_WARM_UP = 20
_GOALS = {"p50": (60, 25), "p99": (150, 60), "megabytes": (600, 350)}  # must, aim


class Stopwatch:
    """Seconds by stage since the last `reset`."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def reset(self) -> None:
        self.spent = {}

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.spent[stage] = self.spent.get(stage, 0.0) + spent


class StagedTranslator(Translator):
    """The serving translator with a stopwatch at its stages."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.stopwatch = Stopwatch()
        self._joint = _Timed(self._joint, self.stopwatch)

    def link(self, *arguments: Any) -> Any:
        with self.stopwatch.timing("link"):
            return super().link(*arguments)

    def beams(self, *arguments: Any) -> Any:
        with self.stopwatch.timing("beams"):
            return super().beams(*arguments)

    def cross_scores(self, *arguments: Any) -> Any:
        with self.stopwatch.timing("cross"):
            return super().cross_scores(*arguments)


class _Timed:
    def __init__(self, session: Any, stopwatch: Stopwatch) -> None:
        self._session, self._stopwatch = session, stopwatch

    def run(self, *arguments: Any) -> Any:
        with self._stopwatch.timing("joint"):
            return self._session.run(*arguments)


@dataclass(frozen=True, slots=True)
class Asked:
    """`part` is the set that the question is of."""

    part: str
    database: str
    question: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """`timings` are milliseconds by stage, of each question that was asked, with its set."""

    translator: str
    timings: tuple[tuple[str, Mapping[str, float]], ...]
    memory: Memory
    load: float  # of the machine in the minute before, in processes

    def milliseconds(self, stage: str, part: str | None = None) -> list[float]:
        return [spent[stage] for name, spent in self.timings if part in (None, name)]

    @property
    def parts(self) -> list[str]:
        return sorted({name for name, _ in self.timings})

    def as_json(self) -> dict[str, Any]:
        return {
            "translator": self.translator,
            "questions": len(self.timings),
            "milliseconds": {
                name: {
                    stage: {
                        f"p{at}": round(percentile(self.milliseconds(stage, part), at / 100), 2)
                        for at in (50, 99)
                    }
                    for stage in STAGES
                }
                for name, part in (("all", None), *((part, part) for part in self.parts))
            },
            "memory_mb": asdict(self.memory),
            "goals": {name: {"must": m, "aim": a} for name, (m, a) in _GOALS.items()},
            "load": self.load,
        }


def stages(spent: Mapping[str, float], seconds: float) -> dict[str, float]:
    """Milliseconds by stage from what a stopwatch holds and the time of the whole."""
    names = ("link", "beams", "joint", "cross")
    link, beams, joint, cross = (spent.get(name, 0.0) for name in names)
    split = (link, joint, beams - joint, cross, seconds - link - beams - cross, seconds)
    return {stage: part * 1000 for stage, part in zip(STAGES, split, strict=True)}


def measure(
    translator: StagedTranslator, catalogs: Mapping[str, Catalog], asked: Sequence[Asked]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Timings of each question, declined ones included; the first few only warm up."""
    for each in evenly(asked, _WARM_UP):
        _translate(translator, catalogs[each.database], each)
    for each in with_progress(asked, "translating"):
        translator.stopwatch.reset()
        seconds = _translate(translator, catalogs[each.database], each)
        yield each.part, stages(translator.stopwatch.spent, seconds)


def _translate(translator: Translator, catalog: Catalog, asked: Asked) -> float:
    started = time.perf_counter()
    with suppress(CannotAnswer, QuestionError):
        translator.translate(asked.question, catalog, asked.now)
    return time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_choice(parser)
    parser.add_argument("--data", type=Path, help="a folder in TEND's format (MQT_TEND_FOLDER)")
    parser.add_argument("--questions", type=int, default=200, help="at most, of each set")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    chosen = parser.parse_args(arguments)
    choice = chosen_translator(chosen)
    load_average = os.getloadavg()[0]
    translator = StagedTranslator.load(choice.folder)
    assert isinstance(translator, StagedTranslator)
    with own_server() as (uri, client):
        say("loading the sample shop")
        load(SAMPLE_DATABASE, uri, client)
        catalogs = {SAMPLE_DATABASE: infer_catalog(uri, SAMPLE_DATABASE)}
        asked = about_the_shop(catalogs[SAMPLE_DATABASE], chosen.questions)
        data = chosen.data or Settings.from_environment().tend_folder
        if data is not None:
            corpus = load_corpus(data, database_names(data, None), chosen.questions)
            catalogs |= corpus.catalogs
            asked += [Asked("corpus", e.database, e.question, NOW) for e in corpus.examples]
        for catalog in catalogs.values():
            translator.prepare(catalog)
        timings = tuple(measure(translator, catalogs, asked))
        say("starting a process that only serves")
        pairs = [(each.database, each.question) for each in evenly(asked, chosen.questions)]
        memory = measure_memory(choice.folder, catalogs, pairs, uri)
    report = Report(choice.name, timings, memory, load_average)
    _print(report)
    if chosen.json:
        print(json.dumps(report.as_json()))


def about_the_shop(catalog: Catalog, most: int) -> list[Asked]:
    """Those that people wrote first, then made ones, all different."""
    written = [
        Asked("shop", q.database, q.question, q.now.replace(tzinfo=None))
        for q in questions()
        if q.database == catalog.database
    ]
    made = [
        Asked("shop", catalog.database, example.question, NOW)
        for example in synthesise(catalog, most, seed=1)
    ]
    different = {each.question: each for each in reversed((*written, *made))}
    return list(reversed(different.values()))[:most]


def _print(report: Report) -> None:
    print(f"{len(report.timings)} different questions, milliseconds (load {report.load:.1f})")
    print(f"{'':<10}" + "".join(f"{stage:>16}" for stage in STAGES))
    for name, part in (("all", None), *((part, part) for part in report.parts)):
        cells = []
        for stage in STAGES:
            found = report.milliseconds(stage, part)
            cells.append(f"{percentile(found, 0.5):7.1f} /{percentile(found, 0.99):7.1f}")
        print(f"{name:<10}" + "".join(f"{cell:>16}" for cell in cells))
    print(f"median / 99th percentile; {_goals('p50', 'ms')} and {_goals('p99', 'ms')}")
    memory = report.memory
    print(
        f"serving process: {memory.ready:.0f} MB when ready, {memory.after:.0f} MB after "
        f"{memory.questions} questions, {memory.peak:.0f} MB at most; {_goals('megabytes', 'MB')}"
    )


def _goals(name: str, unit: str) -> str:
    must, aim = _GOALS[name]
    return f"must {must} {unit}, aim {aim} {unit}"


if __name__ == "__main__":
    main()
