"""A day's report put together from the query log and the feedback: see `mqt_serving.insights`.

Pure but for `embed`, which turns texts into vectors. Bounded whatever the day was like; what that
leaves out is said in the report's notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from mqt_assets.feedback.clusters import (
    MOST_CLUSTERED,
    MOST_CLUSTERS,
    clusters_of,
    failing_questions,
)
from mqt_assets.feedback.failures import (
    CORRECTED,
    RATED_LOW,
    VOTED_DOWN,
    Asked,
    asked_of,
)
from mqt_assets.feedback.patterns import patterns_of, wilson
from mqt_assets.feedback.redaction import Redaction
from mqt_assets.feedback.sentiment import sentiment_of
from mqt_serving.insights import DayFigures, InsightsReport, Sentiment

MOST_QUESTIONS = 50_000
MOST_FEEDBACK = 20_000
MOST_COMMENTS = 5_000
LATE_FEEDBACK = timedelta(days=7)
"""Feedback on a day's answers is taken into account when it came within a week."""

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of a day: the `read` newest rows of the query log of `logged`, and feedback
    from the day's beginning on; both oldest first."""

    start: datetime
    end: datetime
    rows: Iterable[Mapping[str, Any]]
    read: int
    logged: int
    feedback: Sequence[Mapping[str, Any]]
    feedback_is_cut: bool = False


def report_of(day: Day, redaction: Redaction, embed: Embed) -> InsightsReport:
    """An empty day gives an empty report, and embeds nothing."""
    asked = asked_of(day.rows, day.feedback)
    given = [entry for entry in day.feedback if entry["at"] < day.end]
    sentiment, comments = _sentiment(given, redaction)
    questions = failing_questions(asked, redaction)
    clustered = questions[:MOST_CLUSTERED]
    clusters = clusters_of(clustered, embed([q.text for q in clustered])) if clustered else []
    failed = sum(question.asked for question in questions)
    return InsightsReport(
        figures=figures_of(day.start.date(), asked, given, sentiment),
        sentiment=sentiment,
        clusters=tuple(clusters),
        alone=failed - sum(cluster.asked for cluster in clusters),
        patterns=tuple(patterns_of(asked)),
        reasons=_counted(given, "reasons"),
        signals=_counted(given, "signals"),
        notes=tuple(_notes(day, len(questions), len(clusters), comments, redaction)),
        hidden=redaction.hidden,
    )


def figures_of(
    day: date,
    asked: Sequence[Asked],
    feedback: Iterable[Mapping[str, Any]],
    sentiment: Sentiment,
) -> DayFigures:
    failed = sum(question.failed for question in asked)
    low, high = wilson(failed, len(asked))
    why = Counter(failure for question in asked for failure in question.failures)
    feedback = list(feedback)
    ratings = [entry["rating"] for entry in feedback if entry.get("rating") is not None]
    return DayFigures(
        day=day,
        asked=len(asked),
        failed=failed,
        low=round(low, 4),
        high=round(high, 4),
        errors=sum(bool(question.error) for question in asked),
        voted_down=why[VOTED_DOWN],
        corrected=why[CORRECTED],
        rated_low=why[RATED_LOW],
        voted_up=sum(entry.get("verdict") == "up" for entry in feedback),
        ratings=len(ratings),
        mean_rating=round(sum(ratings) / len(ratings), 3) if ratings else None,
        comments=sentiment.comments,
        sentiment=sentiment.mean,
    )


def _sentiment(
    feedback: Sequence[Mapping[str, Any]], redaction: Redaction
) -> tuple[Sentiment, int]:
    """Of the newest comments, and how many there are."""
    written = [entry for entry in feedback if str(entry.get("comment") or "").strip()]
    read = [
        (str(entry["comment"]), redaction.of(str(entry["comment"]), str(entry.get("database"))))
        for entry in written[-MOST_COMMENTS:]
    ]
    return sentiment_of(read), len(written)


def _counted(feedback: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    counts = Counter(str(item) for entry in feedback for item in entry.get(name) or ())
    return dict(counts.most_common())


def _notes(
    day: Day, questions: int, clusters: int, comments: int, redaction: Redaction
) -> Iterable[str]:
    if day.logged > day.read:
        yield f"The newest {day.read} of {day.logged} queries were looked at."
    if day.feedback_is_cut:
        yield f"The first {len(day.feedback)} pieces of feedback were looked at; there are more."
    if questions > MOST_CLUSTERED:
        yield (
            f"The {MOST_CLUSTERED} of {questions} different failing questions that were asked most "
            "were clustered."
        )
    if clusters == MOST_CLUSTERS:
        yield f"Only the {MOST_CLUSTERS} largest clusters are listed."
    if comments > MOST_COMMENTS:
        yield f"The newest {MOST_COMMENTS} of {comments} comments were read."
    if redaction.restricted:
        names = ", ".join(sorted(redaction.restricted))
        yield (
            f"Not everything in {names} may be read: of questions and comments about it, words "
            "that could be values are shown as …."
        )
