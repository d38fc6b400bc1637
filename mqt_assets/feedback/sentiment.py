"""How free text sounds, by VADER: a lexicon and rules made for short informal text; no model file.

Hutto, C. and Gilbert, E. (2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
Social Media Text, ICWSM; English only. The thresholds of the classes are its authors'.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from mqt_serving.insights import Remark, Sentiment

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

POSITIVE, NEGATIVE = 0.05, -0.05
MOST_WORST = 5
_MOST_CHARACTERS = 2000


def compound(text: str) -> float:
    """From -1 (most negative) to 1."""
    return float(_analyzer().polarity_scores(text[:_MOST_CHARACTERS])["compound"])


def sentiment_of(comments: Sequence[tuple[str, str]]) -> Sentiment:
    """Of comments as they were written, each with what of it may be shown."""
    scores = [compound(written) for written, _ in comments]
    if not scores:
        return Sentiment()
    ranked = sorted(zip(scores, (shown for _, shown in comments), strict=True))
    worst = {text: score for score, text in reversed(ranked) if score <= NEGATIVE}
    return Sentiment(
        comments=len(scores),
        positive=sum(score >= POSITIVE for score in scores),
        neutral=sum(NEGATIVE < score < POSITIVE for score in scores),
        negative=sum(score <= NEGATIVE for score in scores),
        mean=round(sum(scores) / len(scores), 4),
        worst=tuple(
            Remark(text=text, sentiment=score)
            for text, score in sorted(worst.items(), key=lambda item: item[1])[:MOST_WORST]
        ),
    )


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    # Reads its lexicon (half a megabyte): only where there is something to read.
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
