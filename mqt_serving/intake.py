"""What is accepted from outside before any work is done: bounded, readable, not contradictory.

Pure functions; each raises an error that says what to change.
"""

from __future__ import annotations

import unicodedata

from mqt_serving.errors import FeedbackError, QueryError, QuestionError

MOST_COMMENT = 2000
MOST_AUTHOR = 200
MOST_QUERY_TEXT = 20_000


def clean_question(question: str, longest: int) -> str:
    """The question with single spaces; raises `QuestionError` when it can't be one."""
    text = " ".join(question.split())
    if not text:
        raise QuestionError("The question is empty. Ask, for example, 'How many orders are there?'")
    if len(text) > longest:
        raise QuestionError(
            f"The question has {len(text)} characters, at most {longest} are accepted. "
            "Ask for one thing at a time."
        )
    # Controls and lone surrogates can be neither stored nor shown.
    strange = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs")), None)
    if strange is not None:
        raise QuestionError(f"The question holds the character U+{ord(strange):04X}; remove it.")
    if not any(character.isalnum() for character in text):
        raise QuestionError(f"The question {text!r} has no words. Write it in plain English.")
    return text


def check_query_text(text: str) -> None:
    """Raises `QueryError` when the text is empty, too long or cannot be stored."""
    if not text.strip():
        raise QueryError("The query is empty: write one, for example db.orders.find({}).")
    if len(text) > MOST_QUERY_TEXT:
        raise QueryError(
            f"The query has {len(text)} characters, at most {MOST_QUERY_TEXT} are accepted."
        )
    if "\x00" in text:
        raise QueryError("The query holds the character U+0000; remove it.")


def check_feedback(verdict: str, corrected_query: str | None, comment: str, author: str) -> None:
    """Raises `FeedbackError` when the parts contradict each other or are too long."""
    if verdict not in ("up", "down"):
        raise FeedbackError(f"The verdict is {verdict!r}; it must be 'up' or 'down'.")
    if corrected_query is not None and verdict == "up":
        raise FeedbackError("A corrected query goes with the verdict 'down', not 'up'.")
    for name, value, most in (("comment", comment, MOST_COMMENT), ("author", author, MOST_AUTHOR)):
        if len(value) > most:
            raise FeedbackError(f"The {name} has {len(value)} characters, at most {most} are kept.")
