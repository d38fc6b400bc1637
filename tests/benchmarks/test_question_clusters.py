"""What the benchmark of clusters draws, and how it counts."""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.question_clusters import half_of, made_up_day, measured

QUESTIONS = {f"db{n}": [f"question {n}.{m}" for m in range(40)] for n in range(50)}


def test_what_is_measured_was_not_tuned_on() -> None:
    tuning, measuring = half_of(QUESTIONS, "tuning"), half_of(QUESTIONS, "measuring")
    assert not tuning.keys() & measuring.keys()
    assert {**tuning, **measuring} == QUESTIONS


def test_a_day_mixes_topics_of_different_sizes() -> None:
    topics, texts = made_up_day(QUESTIONS, Random(3), 1)
    sizes = {topics.count(name) for name in topics}
    assert len(set(topics)) == 10
    assert len(sizes) > 1
    assert all(text in QUESTIONS[name] for name, text in zip(topics, texts, strict=True))


def test_the_right_partition_scores_one_and_what_is_left_alone_counts_against() -> None:
    topics = ["a"] * 5 + ["b"] * 5
    vectors = np.zeros((10, 2), dtype=np.float32)
    right = measured("right", lambda _: np.array([0] * 5 + [1] * 5), [(topics, vectors)])
    assert (right.rand_index, right.clusters, right.alone) == (1.0, 2, 0.0)
    shy = measured("shy", lambda _: np.array([0] * 5 + [-1] * 5), [(topics, vectors)])
    assert shy.rand_index < 0.6
    assert shy.alone == 0.5
