"""What is accepted from outside before any work is done: bounded, readable, not contradictory.

Pure functions; each raises an error that says what to change.
"""

from __future__ import annotations

import unicodedata

from mqt_serving.errors import MqtError, QueryError, QuestionError

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
    refuse_unprintable(text, "question", QuestionError)
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
    refuse_unprintable(text, "query", QueryError)


def refuse_unprintable(text: str, name: str, error: type[MqtError]) -> None:
    """Controls and halves of surrogate pairs can be neither stored nor shown."""
    for character in text:
        if character not in "\t\r\n" and unicodedata.category(character) in ("Cc", "Cs"):
            raise error(f"The {name} holds the character U+{ord(character):04X}; remove it.")
