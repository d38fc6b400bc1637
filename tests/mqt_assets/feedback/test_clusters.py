"""Failing questions that are alike, and what they are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from mqt_assets.feedback.clusters import (
    FailingQuestion,
    clusters_of,
    distinguishing_terms,
    failing_questions,
    group,
)
from mqt_assets.feedback.failures import VOTED_DOWN, Asked, Shape
from mqt_assets.feedback.redaction import redaction_of
from mqt_resources.embedder import Embedder
from mqt_serving.query.guarding.policy import Policy

OPEN = redaction_of({}, Policy(), ())
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


def asked(question: str, *failures: str, minutes: int = 0, database: str = "shop") -> Asked:
    at = NOON + timedelta(minutes=minutes)
    return Asked(question, database, at, "r1", "", Shape("find"), frozenset(failures))


def at_angles(*degrees: float) -> npt.NDArray[np.float32]:
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_the_same_question_counts_once_and_the_most_asked_comes_first() -> None:
    found = failing_questions(
        [
            asked("Show orders", VOTED_DOWN),
            asked("Revenue by month", "query-failed", minutes=1),
            asked("revenue by  month?", VOTED_DOWN, minutes=2),
            asked("Newest", VOTED_DOWN, minutes=3),
            asked("All is well"),
        ],
        OPEN,
    )
    assert [one.text for one in found] == ["Revenue by month", "Newest", "Show orders"]
    assert found[0].asked == 2
    assert found[0].why == {"query-failed": 1, VOTED_DOWN: 1}


def test_the_same_words_about_another_database_are_another_question() -> None:
    both = [asked("Show all", "x"), asked("Show all", "x", database="clinic")]
    assert len(failing_questions(both, OPEN)) == 2


def test_what_points_the_same_way_is_one_group() -> None:
    labels = group(at_angles(0, 5, 10, 100, 104))
    assert labels[0] == labels[1] == labels[2] != labels[3]
    assert labels[3] == labels[4]
    assert list(group(at_angles(0))) == [0]


def test_clusters_are_ranked_by_how_often_they_were_asked() -> None:
    questions = [
        FailingQuestion("orders by month", "shop", 1),
        FailingQuestion("orders of a month", "shop", 1),
        FailingQuestion("orders each month", "shop", 1),
        FailingQuestion("doctors on call", "clinic", 9),
        FailingQuestion("some oddity", "shop", 2),
    ]
    first, second = clusters_of(questions, at_angles(0, 4, 9, 100, 200))
    assert (first.asked, first.questions, first.databases) == (9, 1, ("clinic",))
    assert (second.asked, second.questions) == (3, 3)
    assert second.examples[0] == "orders of a month"  # the most central
    assert first.share == round(9 / 14, 4)
    assert sum(c.asked for c in (first, second)) == 12  # asked twice only: in no cluster


def test_labels_are_the_words_that_set_a_group_apart() -> None:
    terms = distinguishing_terms(
        [
            ["How many orders by month?", "Orders per month", "orders in each month"],
            ["How many orders by city?", "List orders in every city", "Show city with orders"],
        ]
    )
    assert "month" in " ".join(terms[0])
    assert "city" in " ".join(terms[1])
    assert "many" not in " ".join(terms[0] + terms[1])


def test_a_cluster_of_function_words_is_called_by_its_central_question() -> None:
    questions = [FailingQuestion("How many are there?", "shop", 3)]
    (cluster,) = clusters_of(questions, at_angles(0))
    assert cluster.label == "How many are there?"


def test_real_questions_of_different_topics_are_told_apart() -> None:
    topics = {
        "shipping": [
            "Which parcels arrived late last week?",
            "How long did deliveries to Vienna take?",
            "Average delivery time by carrier",
            "Late shipments per carrier",
        ],
        "salaries": [
            "What does the average employee earn?",
            "Highest salary in each department",
            "Payroll cost by department",
            "Which employees earn the most?",
        ],
    }
    questions = [FailingQuestion(text, "x", 1) for texts in topics.values() for text in texts]
    found = clusters_of(questions, Embedder().encode([q.text for q in questions]))
    grouped = {example: c.label for c in found for example in c.examples}
    labels = [{grouped.get(text, "") for text in texts} for texts in topics.values()]
    assert not labels[0] & labels[1]
    assert [len(found_labels) for found_labels in labels] == [1, 1]
