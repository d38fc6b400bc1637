"""Whether a correction still fits: its fields are there, and policy allows it. Pure."""

from __future__ import annotations

from contextlib import suppress

from mqt_serving.answers import Choice
from mqt_serving.choices import choice_of_command
from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.errors import PlanError, TypeMismatch, UnknownField
from mqt_serving.query.checking.notes import Note, NoteKind
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.plan import Plan
from mqt_serving.release_loading import Correction
from mqt_serving.schema import Catalog


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


def _check_names(plan: Plan, catalog: Catalog) -> None:
    # The command is what runs: its own check says what can't.
    with suppress(PlanError, TypeMismatch):
        check_plan(plan, catalog)


def unseen_names(notes: tuple[Note, ...]) -> list[str]:
    """What the notes say about names that no sampled document has."""
    return [note.text for note in notes if note.kind is NoteKind.UNSEEN_PATH]
