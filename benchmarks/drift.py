"""How often drift is found, where there is some and where there is none.

`python -m benchmarks.drift --data FOLDER [--looks N] [--seed S] [--json]` takes documents and
questions from a folder in TEND's format.

- *data*: the documents of a collection, parted at random into before and now. Of those of now, a
  share has one field set to a value that another document has, as after a change in place. A look
  tests all fields of the collection.
- *questions*: about one database, before and now, all wordings. Of those of now, a share is about
  a collection that nobody asked about before; both are about the same database, so alike in words.

Printed is the share of looks in which drift was found; with nothing changed, each is a false alarm.
Levels and sizes are those of the product.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from mqt_assets.drift.profiles import counts_in, profile_of
from mqt_assets.drift.questions import shift
from mqt_assets.drift.report import Baseline, data_drift, question_drift
from mqt_assets.schemas.inference import infer_collection
from mqt_assets.training.corpora import tend_documents, tend_records
from mqt_resources.embedder import Embedder
from mqt_serving.settings import Settings

Vectors = npt.NDArray[np.float32]
Documents = Sequence[dict[str, Any]]

_DATA_SIZES, _QUESTION_SIZES = (50, 100, 400), (25, 50, 75)
_SHARES = (0.0, 0.15, 0.3, 0.5, 1.0)


@dataclass(frozen=True)
class Found:
    """`size` is the median PSI of the changed field, or the median energy coefficient."""

    what: str
    n: int  # documents or questions, of before as of now
    share: float  # changed
    looks: int
    found: float
    size: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="default: MQT_TEND_FOLDER")
    parser.add_argument("--looks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    settings = Settings.load()
    folder = chosen.data or settings.tend_folder
    if folder is None:
        sys.exit("Give a folder in TEND's format: --data FOLDER, or set MQT_TEND_FOLDER.")
    rng, found = Random(chosen.seed), []
    print(f"{'':<10}{'each':>6}{'changed':>9}{'found':>8}{'size':>8}{'looks':>7}")
    for one in chain(
        _data(folder, chosen.looks, rng, settings.drift_least_psi),
        _questions(folder, chosen.looks, rng, settings.drift_least_shift),
    ):
        print(
            f"{one.what:<10}{one.n:>6}{one.share:>9.0%}{one.found:>8.0%}{one.size:>8.3f}"
            f"{one.looks:>7}",
            flush=True,
        )
        found.append(one)
    if chosen.json:
        print(json.dumps([asdict(one) for one in found]))


def _data(folder: Path, looks: int, rng: Random, least_psi: float) -> Iterator[Found]:
    collections = [
        documents
        for place in sorted((folder / "databases").iterdir())
        if place.is_dir()
        for documents in tend_documents(place).values()
    ]
    for n in _DATA_SIZES:
        enough = [documents for documents in collections if len(documents) >= 2 * n]
        for share in _SHARES if enough else ():
            seen = [
                look_at_data(rng.choice(enough), n, share, rng, least_psi) for _ in range(looks)
            ]
            yield _counted("data", n, share, seen)


def look_at_data(
    documents: Documents, n: int, share: float, rng: Random, least_psi: float
) -> tuple[bool, float]:
    """Whether the collection drifted, and the PSI of the changed field."""
    drawn = rng.sample(list(documents), 2 * n)
    before, now = drawn[:n], [dict(document) for document in drawn[n:]]
    schema = infer_collection(before, "benchmark", "c", n)
    profiles = dict(profile_of(before, schema))
    varied = [p for p, one in profiles.items() if "." not in p and sum(map(bool, one.counts)) > 1]
    path = rng.choice(varied) if varied else ""
    if varied:
        value = rng.choice(before).get(path)
        for document in rng.sample(now, int(share * n)):
            document[path] = value
    baseline = Baseline(translator="", collections={"c": profiles})
    counts = {p: counts_in(profile, p, now) for p, profile in profiles.items()}
    [found] = data_drift(baseline, {"c": counts}, least_psi)
    return bool(found.drifted), next((f.psi for f in found.fields if f.path == path), 0.0)


def _questions(folder: Path, looks: int, rng: Random, least: float) -> Iterator[Found]:
    by_topic: dict[str, dict[str, list[str]]] = {}
    for record in tend_records(folder):
        topics = by_topic.setdefault(record["db_id"], {})
        topics.setdefault(record["MQL"].split(".")[1], []).extend(record["nl_queries"])
    embedder = Embedder()
    vectors = {
        name: {topic: embedder.encode(texts) for topic, texts in topics.items()}
        for name, topics in by_topic.items()
        if sum(map(len, topics.values())) >= 3 * min(_QUESTION_SIZES)
    }
    for n in _QUESTION_SIZES:
        enough = [
            (name, topic)
            for name, topics in vectors.items()
            for topic, found in topics.items()
            if len(found) >= n and sum(map(len, topics.values())) - len(found) >= 2 * n
        ]
        for share in _SHARES if enough else ():
            seen = [
                look_at_questions(vectors[name], topic, n, share, rng, least)
                for name, topic in (rng.choice(enough) for _ in range(looks))
            ]
            yield _counted("questions", n, share, seen)


def look_at_questions(
    topics: Mapping[str, Vectors], new: str, n: int, share: float, rng: Random, least: float
) -> tuple[bool, float]:
    """Whether the questions drifted, and the energy coefficient."""
    dealt = np.random.default_rng(rng.getrandbits(32))
    old = dealt.permutation(np.concatenate([v for name, v in topics.items() if name != new]))
    other = dealt.permutation(topics[new])
    moved = int(share * n)
    now = np.concatenate([old[n : 2 * n - moved], other[:moved]])
    found = shift(old[:n], now, rng.getrandbits(32))
    return question_drift(n, n, found, least, ()).drifted, found.coefficient


def _counted(what: str, n: int, share: float, seen: Sequence[tuple[bool, float]]) -> Found:
    drifted = sum(found for found, _ in seen) / len(seen)
    return Found(what, n, share, len(seen), drifted, median(size for _, size in seen))


if __name__ == "__main__":
    main()
