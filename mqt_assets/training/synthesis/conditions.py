"""One predicate about one field, with words for it: the kind of test follows the field's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from mqt_assets.training.synthesis.date_conditions import date_test, text_date_test, year_test
from mqt_assets.training.synthesis.draft import (
    Draft,
)
from mqt_assets.training.synthesis.phrases import Said
from mqt_assets.training.synthesis.text_conditions import (
    code_test,
    identifier_test,
    match_text,
    text_test,
)
from mqt_assets.training.synthesis.things import EntityView, FieldView, Noun, Role
from mqt_assets.training.synthesis.value_conditions import (
    existence_test,
    flag_test,
    gap_test,
    number_test,
)


def condition(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None = None) -> Said:
    """Something true of some of the things; `owner` when the field belongs to another thing.

    Raises NotHere when the field gives nothing to say (no values, no range).
    """
    if item.gaps and draft.chance(0.8 if item.role == Role.ID else 0.16):
        return gap_test(draft, item, owner)
    if draft.chance(0.008):
        return existence_test(draft, item, owner)
    return _BY_ROLE[item.role](draft, view, item, owner)


_Maker: TypeAlias = Callable[[Draft, EntityView, FieldView, Noun | None], Said]


_BY_ROLE: Final[dict[Role, _Maker]] = {
    Role.NAME: text_test,
    Role.CATEGORY: text_test,
    Role.TEXT: text_test,
    Role.LONG_TEXT: lambda draft, view, item, owner: match_text(draft, item, owner),
    Role.CODE: code_test,
    Role.ID: identifier_test,
    Role.BOOL: flag_test,
    Role.DATE: date_test,
    Role.TEXT_DATE: text_date_test,
    Role.YEAR: year_test,
    Role.NUMBER: number_test,
}
