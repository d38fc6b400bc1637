"""How well clusters of questions find known topics: questions of several databases, mixed.

`python -m benchmarks.question_clusters --data FOLDER [--days N] [--seed S] [--json]` draws made-up
days from a folder in TEND's format: 5 to 20 databases, 4 to 40 questions of each, so that topics
differ in size as they do in life. A topic is a database; clusters don't know it. The adjusted Rand
index (Hubert and Arabie 1985) is 1 for the same partition and 0 for one by chance; a question that
a method leaves alone counts as a cluster of its own. Development databases are never drawn. The
distance of `mqt_assets.feedback.clusters` was chosen on one half of the others (`--half tuning`);
the default is the other half. What was tried instead is shown beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import HDBSCAN, AgglomerativeClustering
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from benchmarks.corpus_set import database_names
from mqt_assets.feedback.clusters import FARTHEST, group
from mqt_assets.training.corpora import tend_records
from mqt_resources.embedder import Embedder
from mqt_serving.settings import Settings

Vectors = npt.NDArray[np.float32]
Method = Callable[[Vectors], npt.NDArray[np.int64]]

_FEWEST_QUESTIONS = 15
_TOPICS = (5, 10, 15, 20)


@dataclass(frozen=True)
class Found:
    method: str
    rand_index: float  # adjusted, mean over days
    lowest: float
    clusters: float  # of two or more questions, mean over days
    alone: float  # share of questions in no cluster


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, help="default: MQT_TEND_FOLDER")
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("measuring", "tuning"), default="measuring")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    folder = chosen.data or Settings.load().tend_folder
    if folder is None:
        sys.exit("Give a folder in TEND's format: --data FOLDER, or set MQT_TEND_FOLDER.")
    questions = half_of(questions_by_database(folder), chosen.half)
    if len(questions) < max(_TOPICS):
        sys.exit(f"{folder} has {len(questions)} databases to draw from; {max(_TOPICS)} are needed")
    embedder = Embedder()
    days = []
    for number in range(chosen.days):
        topics, texts = made_up_day(questions, Random(chosen.seed * 1000 + number), number)
        days.append((topics, embedder.encode(texts)))
    found = [measured(name, method, days) for name, method in METHODS.items()]
    sizes = [len(topics) for topics, _ in days]
    if chosen.json:
        print(json.dumps({"days": len(days), "found": [asdict(each) for each in found]}))
        return
    print(
        f"{len(days)} days of {min(sizes)} to {max(sizes)} questions from {len(questions)} "
        f"databases ({chosen.half} half)"
    )
    print(f"{'method':<42}{'ARI':>7}{'lowest':>8}{'clusters':>10}{'alone':>8}")
    for each in found:
        print(
            f"{each.method:<42}{each.rand_index:>7.3f}{each.lowest:>8.3f}"
            f"{each.clusters:>10.1f}{each.alone:>8.1%}"
        )
    print(f"topics on average: {mean(len(set(topics)) for topics, _ in days):.1f}")


def questions_by_database(folder: Path) -> dict[str, list[str]]:
    """One wording of each query, of every database but those for development."""
    left_out = set(database_names(folder, None) or ())
    found: dict[str, list[str]] = {}
    for record in tend_records(folder, None):
        if record["db_id"] not in left_out:
            found.setdefault(record["db_id"], []).append(record["nl_queries"][0])
    distinct = {name: list(dict.fromkeys(texts)) for name, texts in found.items()}
    return {name: texts for name, texts in distinct.items() if len(texts) >= _FEWEST_QUESTIONS}


def half_of(questions: Mapping[str, list[str]], half: str) -> dict[str, list[str]]:
    names = sorted(questions)
    Random(1).shuffle(names)
    middle = len(names) // 2
    kept = names[:middle] if half == "tuning" else names[middle:]
    return {name: questions[name] for name in kept}


def made_up_day(
    questions: Mapping[str, list[str]], chance: Random, number: int
) -> tuple[list[str], list[str]]:
    """The topic and the text of each question."""
    topics: list[str] = []
    texts: list[str] = []
    for name in chance.sample(sorted(questions), _TOPICS[number % len(_TOPICS)]):
        drawn = chance.sample(questions[name], min(chance.randint(4, 40), len(questions[name])))
        topics += [name] * len(drawn)
        texts += drawn
    return topics, texts


def measured(name: str, method: Method, days: Sequence[tuple[Sequence[str], Vectors]]) -> Found:
    scores, clusters, alone = [], [], []
    for topics, vectors in days:
        labels = [int(label) for label in method(vectors)]
        own = [label if label >= 0 else -1 - place for place, label in enumerate(labels, 1)]
        sizes = {label: own.count(label) for label in own}
        scores.append(float(adjusted_rand_score(topics, own)))
        clusters.append(sum(size > 1 for size in sizes.values()))
        alone.append(sum(size == 1 for size in sizes.values()) / len(labels))
    return Found(name, mean(scores), min(scores), mean(clusters), mean(alone))


def _agglomerative(linkage: str, distance: float) -> Method:
    def labels(vectors: Vectors) -> Any:
        return AgglomerativeClustering(
            n_clusters=None, metric="cosine", linkage=linkage, distance_threshold=distance
        ).fit_predict(vectors)

    return labels


def _hdbscan(smallest: int, samples: int, dimensions: int = 0) -> Method:
    def labels(vectors: Vectors) -> Any:
        points: Any = vectors
        if dimensions:
            points = PCA(min(dimensions, len(vectors) - 1), random_state=0).fit_transform(vectors)
            points /= np.linalg.norm(points, axis=1, keepdims=True)
        return HDBSCAN(min_cluster_size=smallest, min_samples=samples, copy=True).fit_predict(
            points
        )

    return labels


METHODS: Mapping[str, Method] = {
    f"average linkage, {FARTHEST} (in use)": group,
    "average linkage, 0.6": _agglomerative("average", 0.6),
    "average linkage, 0.8": _agglomerative("average", 0.8),
    "complete linkage, 0.9": _agglomerative("complete", 0.9),
    "HDBSCAN, 3 or more": _hdbscan(3, 3),
    "HDBSCAN, 5 or more, 20 dimensions": _hdbscan(5, 3, 20),
}


if __name__ == "__main__":
    main()
