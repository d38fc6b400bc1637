"""Failing questions that are alike, with a label that people can read.

Vectors of questions are merged by mean cosine distance (agglomerative clustering, average linkage;
UPGMA, Sokal and Michener 1958) until clusters are `FARTHEST` apart; `benchmarks/question_clusters`
says how well that finds known topics, and what else was tried. Labels are the words that set a
cluster apart from the others, by class-based TF-IDF (Grootendorst 2022, BERTopic, arXiv
2203.05794). Deterministic; numpy and scikit-learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mqt_assets.feedback.failures import Asked
from mqt_assets.feedback.redaction import FUNCTION_WORDS, Redaction
from mqt_assets.training.examples import normal_question
from mqt_serving.insights import Cluster

FARTHEST = 0.7
FEWEST_ASKED = 3
MOST_CLUSTERED = 2000
"""The distances of so many questions take 32 MB and a second; of ten times as many, 3 GB."""
MOST_CLUSTERS = 20
MOST_EXAMPLES = 5
MOST_TERMS = 3

NONE = -1

Vectors = npt.NDArray[np.float32]


@dataclass(slots=True)
class FailingQuestion:
    """A question as it may be shown, in all its repetitions on one database."""

    text: str
    database: str
    asked: int = 0
    latest: datetime | None = None
    why: Counter[str] = field(default_factory=Counter)


def failing_questions(asked: Iterable[Asked], redaction: Redaction) -> list[FailingQuestion]:
    """Different failing questions, most asked first, then the newest."""
    found: dict[tuple[str, str], FailingQuestion] = {}
    for question in asked:
        if not question.failed:
            continue
        text = redaction.of(question.question, question.database)
        key = (question.database, normal_question(text))
        one = found.setdefault(key, FailingQuestion(text, question.database))
        one.asked += 1
        one.latest = max(one.latest or question.at, question.at)
        one.why.update(question.failures)
    ranked = sorted(found.values(), key=lambda one: one.text)
    ranked.sort(key=lambda one: (one.asked, one.latest), reverse=True)
    return ranked


def clusters_of(questions: Sequence[FailingQuestion], vectors: Vectors) -> list[Cluster]:
    """The largest clusters first; questions of none of them stand alone.

    `vectors` have length 1, one a question. A cluster was asked `FEWEST_ASKED` times at least,
    which one question asked again and again is enough for.
    """
    groups: dict[int, list[int]] = {}
    for position, label in enumerate(group(vectors)):
        groups.setdefault(int(label), []).append(position)
    kept = [
        members
        for members in groups.values()
        if sum(questions[m].asked for m in members) >= FEWEST_ASKED
    ]
    kept.sort(key=lambda members: -sum(questions[m].asked for m in members))
    kept = kept[:MOST_CLUSTERS]
    terms = distinguishing_terms([[questions[m].text for m in members] for members in kept])
    everything = sum(question.asked for question in questions)
    return [
        _cluster([questions[m] for m in members], vectors[members], words, everything)
        for members, words in zip(kept, terms, strict=True)
    ]


def group(vectors: Vectors) -> npt.NDArray[np.int64]:
    """A number for each vector, the same for those that are alike."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=FARTHEST
    )
    labels: npt.NDArray[np.int64] = clustering.fit_predict(vectors).astype(np.int64)
    return labels


def distinguishing_terms(groups: Sequence[Sequence[str]]) -> list[list[str]]:
    """For each group of texts its words and pairs of words of most weight, best first.

    The weight is c-TF-IDF: a term's share of the group's words times log(1 + A / f), with A words a
    group on average and f times that the term is said in all groups. A word that a better pair
    holds is left out. Empty for a group that says function words only.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    if not any(_content_words(text) for texts in groups for text in texts):
        return [[] for _ in groups]
    vectorizer = CountVectorizer(analyzer=_terms)
    counts = vectorizer.fit_transform([text for texts in groups for text in texts])
    names = vectorizer.get_feature_names_out()
    ends = np.cumsum([len(texts) for texts in groups])
    sums = np.vstack(
        [
            np.asarray(counts[end - len(texts) : end].sum(axis=0), dtype=np.float64)
            for texts, end in zip(groups, ends, strict=True)
        ]
    )
    words = sums.sum(axis=1, keepdims=True)
    weights = sums / np.maximum(words, 1) * np.log1p(words.mean() / sums.sum(axis=0))
    return [_best(names, row) for row in weights]


def _best(names: Sequence[str], weights: npt.NDArray[np.float64]) -> list[str]:
    chosen: list[str] = []
    # Stable, and names are in alphabetical order: equal weights give the same label every time.
    for index in np.argsort(-weights, kind="stable"):
        if weights[index] <= 0 or len(chosen) == MOST_TERMS:
            break
        parts = set(names[index].split())
        if all(not parts & set(term.split()) for term in chosen):
            chosen.append(str(names[index]))
    return chosen


def _terms(text: str) -> list[str]:
    words = _content_words(text)
    return [*words, *(f"{one} {other}" for one, other in pairwise(words))]


def _content_words(text: str) -> list[str]:
    words = (word.strip("'’\"") for word in _split(text))
    return [word for word in words if len(word) > 1 and word not in FUNCTION_WORDS]


def _split(text: str) -> list[str]:
    kept = (c if c.isalnum() or c in "'’_" else " " for c in text.casefold())
    return "".join(kept).split()


def _cluster(
    members: Sequence[FailingQuestion], vectors: Vectors, terms: Sequence[str], everything: int
) -> Cluster:
    centre = vectors.mean(axis=0)
    central = members[int(np.argmax(vectors @ centre))].text
    others = [member.text for member in members if member.text != central]
    asked = sum(member.asked for member in members)
    why: Counter[str] = Counter()
    for member in members:
        why.update(member.why)
    return Cluster(
        label=", ".join(terms) or central,
        asked=asked,
        questions=len(members),
        share=round(asked / everything, 4),
        databases=tuple(sorted({member.database for member in members if member.database})),
        why=dict(why.most_common()),
        examples=tuple(dict.fromkeys([central, *others]))[:MOST_EXAMPLES],
    )
