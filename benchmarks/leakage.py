"""How well paraphrases are told from other questions, and from which cosine on.

`python -m benchmarks.leakage --data FOLDER [--json]` takes the databases of a folder in TEND's
format that are not set apart (`dev_databases.json`). Pairs of wordings of one record are
paraphrases; pairs of questions over the same database with different queries are not. One half of
the databases chooses the lowest threshold (of `mqt_assets.training.leakage`) at which 95 % of the
pairs found are paraphrases; the other half, which had no say, tells how good that is. Beside it
stands what the cosine does without looking at the topic.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.progress import say
from mqt_assets.training.corpora import dev_databases, load_tend, tend_catalogs, tend_records
from mqt_assets.training.equivalence import constants_of, same_question
from mqt_assets.training.examples import Example
from mqt_assets.training.leakage import THRESHOLD, topic_of
from mqt_resources.embedder import Embedder

PRECISION = 0.95
THRESHOLDS = (0.70, 0.75, 0.80, 0.85, 0.90)

Topic = Callable[[Example], Hashable]
"""Only questions with the same topic are compared."""


def _literals(example: Example) -> Hashable:
    return None if example.plan is None else constants_of(example.plan)


TOPICS: Mapping[str, Topic] = {
    "any two of the database": lambda example: 0,
    "same literals": _literals,
    "same topic": topic_of,
}


@dataclass(frozen=True, slots=True)
class Row:
    """Pairs from `threshold` on. `wrong` is the share of different questions that are found."""

    topic: str
    threshold: float
    precision: float
    recall: float
    wrong: float
    paraphrases: int
    others: int


@dataclass(frozen=True)
class Pairs:
    """Cosines of pairs: of one record, and of two with different queries."""

    paraphrases: npt.NDArray[np.float32]
    others: npt.NDArray[np.float32]

    def row(self, topic: str, threshold: float) -> Row:
        found = int((self.paraphrases >= threshold).sum())
        wrong = int((self.others >= threshold).sum())
        return Row(
            topic,
            threshold,
            precision=found / max(1, found + wrong),
            recall=found / max(1, len(self.paraphrases)),
            wrong=wrong / max(1, len(self.others)),
            paraphrases=len(self.paraphrases),
            others=len(self.others),
        )


def pairs_of(examples: Sequence[Example], vectors: npt.NDArray[np.float32], topic: Topic) -> Pairs:
    """All pairs of questions over the same database that have the same topic.

    Examples without a plan, which nothing is trained on, have no part in it.
    """
    paraphrases, others = [], []
    raised = [row for row, example in enumerate(examples) if example.plan is not None]
    raised.sort(key=lambda row: examples[row].database)
    for _, group in groupby(raised, key=lambda row: examples[row].database):
        rows = list(group)
        upper = np.triu(np.ones((len(rows), len(rows)), bool), 1)
        upper &= _equal([topic(examples[row]) for row in rows])
        record = _equal([examples[row].command for row in rows])
        query = _equal([same_question(plan) for row in rows if (plan := examples[row].plan)])
        cosines = vectors[rows] @ vectors[rows].T
        paraphrases.append(cosines[upper & record])
        others.append(cosines[upper & ~record & ~query])
    return Pairs(np.concatenate(paraphrases), np.concatenate(others))


def choose(pairs: Pairs) -> float:
    """The lowest threshold, in hundredths, at which `PRECISION` of what is found is right."""
    for threshold in (hundredths / 100 for hundredths in range(50, 100)):
        if pairs.row("", threshold).precision >= PRECISION:
            return threshold
    raise ValueError(f"no threshold finds paraphrases with a precision of {PRECISION:.0%}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in TEND's format")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    chosen = parser.parse_args(arguments)
    examples = _examples(chosen.data)
    say(f"encoding {len(examples)} questions")
    started = time.monotonic()
    vectors = Embedder().encode([example.question for example in examples])
    say(f"encoded in {time.monotonic() - started:.0f} s")
    choosing = [row for row, example in enumerate(examples) if _chooses(example.database)]
    asked = [row for row in range(len(examples)) if row not in set(choosing)]

    def half(rows: Sequence[int], topic: Topic) -> Pairs:
        return pairs_of([examples[row] for row in rows], vectors[list(rows)], topic)

    best = choose(half(choosing, topic_of))
    rows = list(_rows({name: half(asked, topic) for name, topic in TOPICS.items()}, best))
    print(f"{'compared':<26} {'cosine':>6} {'precision':>9} {'recall':>7} {'wrong':>7}  pairs")
    for row in rows:
        mark = " <- chosen" if row.topic == list(TOPICS)[-1] and row.threshold == best else ""
        print(
            f"{row.topic:<26} {row.threshold:>6.2f} {row.precision:>9.1%} {row.recall:>7.1%} "
            f"{row.wrong:>7.2%}  {row.paraphrases} + {row.others}{mark}"
        )
    print(f"\nchosen on the other half of the databases: {best:.2f}; in use: {THRESHOLD:.2f}")
    if chosen.json:
        body = {"chosen": best, "in_use": THRESHOLD, "rows": [asdict(row) for row in rows]}
        print(json.dumps(body))


def _rows(pairs: Mapping[str, Pairs], best: float) -> Iterator[Row]:
    for topic, each in pairs.items():
        for threshold in sorted({*THRESHOLDS, best}):
            yield each.row(topic, threshold)


def _examples(folder: Path) -> tuple[Example, ...]:
    names = {record["db_id"] for record in tend_records(folder)} - dev_databases(folder)
    return load_tend(folder, tend_catalogs(folder, names), names).examples


def _chooses(database: str) -> bool:
    return hashlib.sha256(database.encode()).digest()[0] % 2 == 0


def _equal(keys: Sequence[Hashable]) -> npt.NDArray[np.bool_]:
    """(n, n): whether two keys are equal."""
    numbers: dict[Hashable, int] = {}
    codes = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
    return np.asarray(codes[:, None] == codes[None, :])


if __name__ == "__main__":
    main()
