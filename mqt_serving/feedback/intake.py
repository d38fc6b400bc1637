"""What is accepted as feedback: something is said, readable, bounded, not contradictory.

Pure; each function raises a `FeedbackError` that says what to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mqt_serving.errors import FeedbackError
from mqt_serving.feedback.reasons import FAULTS
from mqt_serving.feedback.records import Said
from mqt_serving.intake import refuse_unprintable

MOST_COMMENT = 2000
MOST_AUTHOR = 200
MOST_REASONS = 20
CLIENT_KEY = re.compile(r"[0-9A-Za-z-]{8,64}")


def check_said(said: Said) -> None:
    """What can be judged without the answer that it is about."""
    if not any(_parts(said)):
        raise FeedbackError(
            "The feedback says nothing. Give at least one of verdict, rating, reasons, "
            "corrected_query, picked_candidate, expected_answer, comment or signals."
        )
    if said.verdict not in (None, "up", "down"):
        raise FeedbackError(f"The verdict is {said.verdict!r}; it must be 'up' or 'down'.")
    if said.rating is not None and not 1 <= said.rating <= 5:
        raise FeedbackError(f"The rating is {said.rating}; it must be a whole number, 1 to 5.")
    if said.corrected_query is not None and said.picked_candidate is not None:
        raise FeedbackError(
            "The feedback gives a corrected_query and a picked_candidate. Send the one that is "
            "right and leave the other out."
        )
    if said.client_key is not None and not CLIENT_KEY.fullmatch(said.client_key):
        raise FeedbackError(
            f"The client_key {said.client_key!r} must be 8 to 64 letters, digits or hyphens, "
            "such as a UUID."
        )
    if max(len(said.reasons), len(said.signals)) > MOST_REASONS:
        raise FeedbackError(f"At most {MOST_REASONS} reasons and signals; name each once.")
    for name, value, most in (
        ("comment", said.comment, MOST_COMMENT),
        ("expected_answer", said.expected_answer, MOST_COMMENT),
        ("author", said.author, MOST_AUTHOR),
    ):
        if len(value) > most:
            raise FeedbackError(f"The {name} has {len(value)} characters, at most {most} are kept.")
        refuse_unprintable(value, name, FeedbackError)
    _check_agrees(said, _wrong(said))


def picked_query(said: Said, asked: Mapping[str, Any]) -> str | None:
    """The query of the reading that was picked; None for the answered one, which is no correction.

    `asked` is the journal's document of the answer.
    """
    picked, candidates = said.picked_candidate, asked.get("candidates") or []
    if picked is None:
        return None
    if not 0 <= picked < len(candidates):
        offered = f"0 to {len(candidates) - 1}" if candidates else "none"
        raise FeedbackError(
            f"picked_candidate is {picked}, but the answer {said.query_id} offers {offered}. "
            "Take the index from its `candidates`, or send a corrected_query."
        )
    if picked == asked.get("chosen"):
        for name in _wrong(said):
            raise FeedbackError(
                f"picked_candidate {picked} is the answer that was given, but {name} says that it "
                "is wrong. Pick another one or leave one of the two out."
            )
        return None
    _check_agrees(said, iter([f"picked_candidate {picked}"]))
    query: str = candidates[picked]["mongosh"]
    return query


def _parts(said: Said) -> Iterator[bool]:
    yield said.verdict is not None
    yield said.rating is not None
    yield said.corrected_query is not None
    yield said.picked_candidate is not None
    yield bool(said.reasons or said.signals)
    yield bool(said.comment.strip() or said.expected_answer.strip())


def _check_agrees(said: Said, wrong: Iterator[str]) -> None:
    for right in _right(said):
        for fault in wrong:
            raise FeedbackError(
                f"{right} says that the answer is right, {fault} that it is wrong. "
                "Leave one of the two out."
            )


def _right(said: Said) -> Iterator[str]:
    """The parts that call the answer right, and below those that call it wrong.

    A rating of 3 or 4 does neither: nearly right can be made right by a correction.
    """
    if said.verdict == "up":
        yield "The verdict 'up'"
    if said.rating == 5:
        yield "The rating 5"


def _wrong(said: Said) -> Iterator[str]:
    if said.verdict == "down":
        yield "the verdict 'down'"
    if said.rating is not None and said.rating <= 2:
        yield f"the rating {said.rating}"
    if said.corrected_query is not None:
        yield "corrected_query"
    for reason in said.reasons:
        if reason in FAULTS:
            yield f"the reason '{reason}'"
