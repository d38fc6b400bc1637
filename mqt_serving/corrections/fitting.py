"""Whether a correction still fits: its fields are there, policy allows it, its dates are those that
the question means now. Pure."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from mqt_serving.answers import Choice
from mqt_serving.choices import choice_of_command
from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.errors import PlanError, TypeMismatch, UnknownField
from mqt_serving.query.checking.notes import Note, NoteKind
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.plan import Plan
from mqt_serving.release_loading import Correction
from mqt_serving.schema import Catalog
from mqt_serving.translator.dates import find_dates

_LONG_AGO = timedelta(days=400)
"""When a correction was made that says nothing about it: no relative date means the same since."""


def choice_of_correction(
    correction: LiveCorrection | Correction, catalog: Catalog, policy: Policy
) -> Choice:
    """The correction ready to run. Raises `MqtError` saying why it no longer fits.

    Names that no sample holds are fine only where it was accepted with them.
    """
    accepted_with = correction.unseen if isinstance(correction, LiveCorrection) else None
    if correction.plan is not None and not accepted_with:
        _check_names(correction.plan, catalog)
    choice = choice_of_command(correction.command, correction.plan, catalog, policy)
    if accepted_with is not None:
        for text in unseen_names(choice.notes):
            if text not in accepted_with:
                raise UnknownField(text)
    return choice


def is_of_then(correction: LiveCorrection | Correction, now: datetime) -> bool:
    """Whether its question ("sales last month") means other dates now than when it was corrected.

    Its query holds the dates of then, unless it takes them from MongoDB's clock. `now` is UTC
    without a zone.
    """
    then = now - _LONG_AGO
    if isinstance(correction, LiveCorrection):
        then = correction.at.astimezone(UTC).replace(tzinfo=None)
    question = correction.question
    moved = _spans(question, then) != _spans(question, now)
    return moved and "$$NOW" not in render_mongosh(correction.command)


def _spans(question: str, now: datetime) -> list[tuple[datetime, datetime]]:
    return [(span.start, span.end) for span in find_dates(question, now)]


def _check_names(plan: Plan, catalog: Catalog) -> None:
    # The command is what runs: its own check says what can't.
    with suppress(PlanError, TypeMismatch):
        check_plan(plan, catalog)


def unseen_names(notes: tuple[Note, ...]) -> list[str]:
    """What the notes say about names that no sampled document has."""
    return [note.text for note in notes if note.kind is NoteKind.UNSEEN_PATH]
