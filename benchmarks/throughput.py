"""How many translations a second, when several people ask at once.

`python -m benchmarks.throughput [--release ID | --model FOLDER] [--clients 1,2,4,8] [--json]` has
clients translate questions about the sample shop in this process, each asking its next question
when it has the answer, as requests do in serving's threads. It prints questions per second, median
and 99th percentile of what a client waits, and processor time a question. Numbers of clients take
turns, and each figure is given as a ratio to one client in the same round: other load on the
machine then shows less. `--threads` and `--at-once` compare other settings of the translator,
the first of them being what the ratios refer to. With `--json` the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.latency import Asked, about_the_shop
from benchmarks.progress import say, with_progress
from benchmarks.serving_memory import megabytes
from benchmarks.translators import add_choice, chosen_translator
from mqt_assets.evaluation.answering import percentile
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_resources.sample_database.generator import generate
from mqt_serving.errors import CannotAnswer, QuestionError
from mqt_serving.schema import Catalog
from mqt_serving.settings import SAMPLE_DATABASE
from mqt_serving.translator import Translator
from mqt_serving.translator.turns import processors

CLIENTS = (1, 2, 4, 8)
MEASURES = ("per_second", "p50_ms", "p99_ms", "processor_ms")
_SCALE = 0.05  # of the sample shop: its schema is what matters


@dataclass(frozen=True, slots=True)
class Way:
    """How the translator is set up: threads of its larger graphs, translations at once."""

    threads: int
    at_once: int

    def __str__(self) -> str:
        return f"{self.threads} threads, {self.at_once} at once"


@dataclass(frozen=True, slots=True)
class Turn:
    """All questions asked once by some clients. `waits` are seconds, of each question."""

    round: int
    way: Way
    clients: int
    seconds: float
    processor_seconds: float
    waits: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return len(self.waits) / self.seconds

    @property
    def p50_ms(self) -> float:
        return percentile(self.waits, 0.50) * 1000

    @property
    def p99_ms(self) -> float:
        return percentile(self.waits, 0.99) * 1000

    @property
    def processor_ms(self) -> float:
        """A question, over all threads of the process."""
        return self.processor_seconds / len(self.waits) * 1000


@dataclass(frozen=True, slots=True)
class Resident:
    """Megabytes (1e6 bytes) of this process, translators loaded, and after all turns."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Report:
    translator: str
    questions: int
    turns: tuple[Turn, ...]
    resident: Resident
    load: float  # of the machine in the minute before, in processes

    @property
    def rows(self) -> list[tuple[Way, int]]:
        """Each way with each number of clients, in the order of the first round."""
        return list(dict.fromkeys((turn.way, turn.clients) for turn in self.turns))

    def figures(self, way: Way, clients: int, measure: str) -> list[float]:
        """By round."""
        return [getattr(t, measure) for t in self.turns if (t.way, t.clients) == (way, clients)]

    def ratios(self, way: Way, clients: int, measure: str) -> list[float]:
        """By round, to the first row in the same round."""
        base = self.figures(*self.rows[0], measure)
        found = self.figures(way, clients, measure)
        return [mine / theirs for mine, theirs in zip(found, base, strict=True)]

    def as_json(self) -> dict[str, Any]:
        return {
            "translator": self.translator,
            "questions": self.questions,
            "rows": [
                {
                    **asdict(way),
                    "clients": clients,
                    **{m: [round(x, 3) for x in self.figures(way, clients, m)] for m in MEASURES},
                    "ratios": {
                        m: [round(x, 3) for x in self.ratios(way, clients, m)] for m in MEASURES
                    },
                }
                for way, clients in self.rows
            ],
            "memory_mb": asdict(self.resident),
            "load": self.load,
        }


def ask_all(
    translator: Translator,
    catalog: Catalog,
    asked: Sequence[Asked],
    clients: int,
    together: bool = False,
) -> tuple[float, ...]:
    """Seconds that each question took, declined ones included.

    `together`: clients ask at the same moment, then not before all of them have their answers.
    """

    def wait(each: Asked) -> float:
        started = time.perf_counter()
        with suppress(CannotAnswer, QuestionError):
            translator.translate(each.question, catalog, each.now)
        return time.perf_counter() - started

    with ThreadPoolExecutor(clients) as threads:
        step = clients if together else len(asked)
        parts = [asked[start : start + step] for start in range(0, len(asked), step)]
        return tuple(spent for part in parts for spent in tuple(threads.map(wait, part)))


def measure(
    translators: Sequence[tuple[Way, Translator]],
    catalog: Catalog,
    asked: Sequence[Asked],
    clients: Sequence[int],
    rounds: int,
    together: bool = False,
) -> Iterator[Turn]:
    """Turns, round by round; in a round each way is asked by each number of clients once."""
    for _, translator in translators:
        ask_all(translator, catalog, asked, 1)  # words met for the first time cost once
    for at, count, (way, translator) in with_progress(
        _plan(rounds, clients, translators), "asking"
    ):
        started, used = time.perf_counter(), time.process_time()
        waits = ask_all(translator, catalog, asked, count, together)
        seconds, spent = time.perf_counter() - started, time.process_time() - used
        yield Turn(at, way, count, seconds, spent, waits)


def _plan(
    rounds: int, clients: Sequence[int], translators: Sequence[tuple[Way, Translator]]
) -> list[tuple[int, int, tuple[Way, Translator]]]:
    """Every other round backwards, so that a load that grows favours nobody."""
    turns = list(product(clients, translators))
    return [
        (at, count, pair)
        for at in range(rounds)
        for count, pair in (reversed(turns) if at % 2 else turns)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_choice(parser)
    parser.add_argument("--clients", type=_numbers, default=CLIENTS, help="asking at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=40, help="asked in each turn")
    parser.add_argument("--threads", type=_numbers, default=(2,), help="of the larger graphs")
    parser.add_argument(
        "--at-once", type=_numbers, default=(processors(),), help="translations at a time"
    )
    parser.add_argument("--together", action="store_true", help="ask at the same moments")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    chosen = parser.parse_args(arguments)
    choice = chosen_translator(chosen)
    load_average = os.getloadavg()[0]
    catalog = catalog_from_documents(SAMPLE_DATABASE, generate(scale=_SCALE))
    asked = about_the_shop(catalog, chosen.questions)
    translators = [
        (Way(threads, at_once), _load(choice.folder, catalog, threads, at_once))
        for threads, at_once in product(chosen.threads, chosen.at_once)
    ]
    say(f"{len(asked)} questions, {chosen.rounds} rounds")
    before = _resident()
    turns = tuple(
        measure(translators, catalog, asked, chosen.clients, chosen.rounds, chosen.together)
    )
    report = Report(choice.name, len(asked), turns, Resident(before, _resident()), load_average)
    _print(report)
    if chosen.json:
        print(json.dumps(report.as_json()))


def _load(folder: Path, catalog: Catalog, threads: int, at_once: int) -> Translator:
    translator = Translator.load(folder, threads, at_once)
    translator.prepare(catalog)
    return translator


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _resident() -> float:
    return megabytes(Path("/proc/self/status").read_text(), "VmRSS")


def _print(report: Report) -> None:
    print(f"{report.questions} different questions a turn (load {report.load:.1f}): medians of the")
    print("rounds, and in brackets the least and greatest ratio to the first row of the round")
    print(f"{'':<22}{'clients':>8}" + "".join(f"{name:>26}" for name in MEASURES))
    for way, clients in report.rows:
        cells = []
        for name in MEASURES:
            ratios = report.ratios(way, clients, name)
            figure = median(report.figures(way, clients, name))
            cells.append(
                f"{figure:9.1f} x{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
            )
        print(f"{way!s:<22}{clients:>8}" + "".join(f"{cell:>26}" for cell in cells))
    resident = report.resident
    print(f"resident: {resident.before:.0f} MB before, {resident.after:.0f} MB after all turns")


if __name__ == "__main__":
    main()
