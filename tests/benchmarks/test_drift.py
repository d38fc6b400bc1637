"""What the benchmark of drift changes is what is looked for."""

from __future__ import annotations

from random import Random

import numpy as np

from benchmarks.drift import look_at_data, look_at_questions


def test_changed_documents_are_found_and_others_are_not() -> None:
    rng = Random(1)
    documents = [
        {"_id": n, "status": rng.choice("abcd"), "total": rng.random()} for n in range(800)
    ]
    quiet = [look_at_data(documents, 200, 0.0, rng, 0.25)[0] for _ in range(20)]
    changed = [look_at_data(documents, 200, 0.7, rng, 0.25) for _ in range(20)]
    assert sum(quiet) <= 1
    assert all(found and psi > 0.25 for found, psi in changed)


def test_questions_about_another_topic_are_found() -> None:
    dealt = np.random.default_rng(2)
    topics = {}
    for name, axis in (("orders", 0), ("staff", 7)):
        found = dealt.normal(0.0, 0.2, (200, 16))
        found[:, axis] += 1.0
        topics[name] = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    rng = Random(3)
    assert not any(look_at_questions(topics, "staff", 50, 0.0, rng, 0.02)[0] for _ in range(10))
    assert all(look_at_questions(topics, "staff", 50, 0.5, rng, 0.02)[0] for _ in range(10))
