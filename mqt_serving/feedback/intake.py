"""What is accepted as feedback before any work is done: bounded, readable, not contradictory.

Pure; raises an error that says what to change.
"""

from __future__ import annotations

from mqt_serving.errors import FeedbackError
from mqt_serving.intake import refuse_unprintable

MOST_COMMENT = 2000
MOST_AUTHOR = 200


def check_feedback(verdict: str, corrected_query: str | None, comment: str, author: str) -> None:
    """Raises `FeedbackError` when the parts contradict each other or are too long."""
    if verdict not in ("up", "down"):
        raise FeedbackError(f"The verdict is {verdict!r}; it must be 'up' or 'down'.")
    if corrected_query is not None and verdict == "up":
        raise FeedbackError("A corrected query goes with the verdict 'down', not 'up'.")
    for name, value, most in (("comment", comment, MOST_COMMENT), ("author", author, MOST_AUTHOR)):
        if len(value) > most:
            raise FeedbackError(f"The {name} has {len(value)} characters, at most {most} are kept.")
        refuse_unprintable(value, name, FeedbackError)
