"""Shapes that name the columns to show: three to six, in any order, often by a synonym.

The outputs stand in the order in which the question names them. Depends on `subjects`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import SHOW, outputs_of
from mqt_assets.training.synthesis.draft import Draft
from mqt_assets.training.synthesis.subjects import Asked, Posed, some_fields, subject
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.wording import join_words, synonym
from mqt_serving.query.plan import Order, Plan


def named_columns(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=2)
    asked = some_fields(draft, view, draft.weighted(((2, 2), (3, 4), (4, 3), (5, 1.5), (6, 0.7))))
    words = [_called(draft, item) for item in asked]
    fields = join_words(words, draft.rng)
    row, rows = about.phrase(draft, plural=False), about.phrase(draft)
    bare = draft.pick((", ".join(words), " / ".join(words), " | ".join(words), ", ".join(words)))
    text = draft.pick(
        (
            f"{draft.pick(SHOW)} the {fields} of every {row}",
            f"{draft.pick(SHOW)} {rows}, only the {fields}",
            f"a table of {rows} with {fields}",
            f"a table with the {fields} of {rows}",
            f"for each {row}, the {fields}",
            f"{rows}, columns {bare}",
            f"{rows} (columns: {bare})",
            f"{rows}: {bare}",
            f"{fields} for all {rows}",
            f"what are the {fields} of {rows}",
            f"I want to see the {fields} of all {rows}",
            f"{draft.pick(SHOW)} all {rows} but only with {fields}",
            f"of all {rows}, the {fields}",
            f"{draft.pick(SHOW)} these columns for {rows}: {bare}",
            f"{rows}, and of each of them {fields}",
            f"pick {fields} from {rows}",
            f"{draft.pick(SHOW)} {rows} showing {fields}, in this order",
            f"give {fields} per {row}",
        )
    )
    order: tuple[Order, ...] = ()
    sortable = [item for item in asked if item.view.role not in (Role.BOOL, Role.LONG_TEXT)]
    if sortable and draft.chance(0.15):
        by = draft.pick(sortable)
        descending = draft.chance(0.3)
        name = words[asked.index(by)]
        text += f", {draft.pick(('sorted by', 'ordered by', 'in order of'))} {name}"
        text += draft.pick((" descending", " in descending order")) if descending else ""
        order = (Order(by.field, descending),)
    return Posed(Plan(outputs_of(asked), about.where, order_by=order), text)


def _called(draft: Draft, item: Asked) -> str:
    """The field's name, more often than elsewhere by a synonym of it."""
    words = item.words(draft)
    return synonym(words, draft.rng) if draft.chance(0.35) else words
