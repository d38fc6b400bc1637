"""Places that distances are from or to, and the words for them.

Coordinates, the place of another thing that is called by its name, or the place of what a thing
belongs to. Depends on `draft` and `things`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mqt_assets.training.synthesis.draft import Draft, text_value
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.wording import spell_point
from mqt_serving.query.plan import (
    Arithmetic,
    Comparator,
    Compare,
    Field,
    Operator,
    Output,
    Plan,
    Point,
)

UNITS: Final = {
    Operator.KILOMETRES: ("km", "km", "kilometers", "kilometres", "kms"),
    Operator.METRES: ("m", "meters", "metres"),
}
_AT: Final = ("", "", "", "", "the point ", "the coordinates ", "the position ", "point ", "GPS ")
_PRECISION: Final = ((1, 0.2), (2, 0.4), (3, 0.15), (4, 0.25))


@dataclass(frozen=True, slots=True)
class Distance:
    """From a thing to a place, in a unit; `words` name the place."""

    value: Arithmetic
    unit: Operator
    words: str


def distance(draft: Draft, view: EntityView, unit: Operator | None = None) -> Distance:
    """Of the thing to some place, in a drawn unit if none is given."""
    point = draft.pick(view.points)
    if unit is None:
        unit = draft.weighted(((Operator.KILOMETRES, 0.75), (Operator.METRES, 0.25)))
    owners = [link for link in view.owners if link.target.points]
    named = [other for other in view.others if other.points and _names_of(other)]
    if _names_of(view) and draft.chance(0.4):
        named.append(view)
    kind = draft.weighted(
        (("point", 0.55), ("named", 0.35 if named else 0.0), ("own", 0.1 if owners else 0.0))
    )
    place: Point | Plan | Field
    if kind == "point":
        place, words = _coordinates(draft)
    elif kind == "named":
        place, words = _of_named(draft, draft.pick(named))
    else:
        link = draft.pick(owners)
        place = draft.pick(link.target.points).field
        noun = link.noun.singular
        words = draft.pick(("their {}", "its {}", "the {} they belong to", "the {}")).format(noun)
    return Distance(Arithmetic(unit, point.field, place), unit, words)


def _coordinates(draft: Draft) -> tuple[Point, str]:
    digits = draft.weighted(_PRECISION)
    longitude = round(draft.rng.uniform(-180, 180), digits)
    latitude = round(draft.rng.uniform(-65, 75), digits)
    point = Point(longitude, latitude)
    spelled = draft.say(spell_point(point, draft.rng))
    lead = draft.pick(_AT) if not spelled.startswith(("lat", "lon")) else ""
    return point, f"{lead}{spelled}"


def _of_named(draft: Draft, view: EntityView) -> tuple[Plan, str]:
    name = draft.pick(_names_of(view))
    stored, spelled = text_value(draft, name)
    noun = draft.pick(view.nouns).singular
    words = draft.pick(
        (
            "the {0} {1}",
            "the {0} {1}",
            "{0} {1}",
            "{1}",
            "the {0} called {1}",
            "the {0} named {1}",
            "the {1} {0}",
            "the location of {0} {1}",
            "the location of the {0} {1}",
        )
    ).format(noun, spelled)
    shown = (Output(draft.pick(view.points).field),)
    return Plan(shown, where=Compare(name.field, Comparator.EQ, stored)), words


def _names_of(view: EntityView) -> list[FieldView]:
    """Texts that call one thing, in the same rows as its place."""
    return [
        item
        for item in view.names
        if item.role in (Role.NAME, Role.CODE, Role.TEXT) and item.schema.samples
    ]


def spelled_unit(draft: Draft, unit: Operator) -> str:
    return draft.pick(UNITS[unit])


def bound(draft: Draft, unit: Operator) -> int | float:
    """A distance that people ask for."""
    if unit is Operator.METRES:
        return draft.pick((50, 100, 150, 200, 250, 300, 400, 500, 750, 800, 1000, 1500, 2000, 5000))
    return draft.weighted(
        (
            (1, 1), (2, 2), (3, 1), (5, 3), (10, 3), (15, 1), (20, 2), (25, 1), (30, 1), (50, 2),
            (75, 0.5), (100, 2), (200, 1), (250, 0.5), (500, 1), (1000, 1), (0.5, 0.5), (1.5, 0.7),
            (2.5, 0.7),
        )
    )  # fmt: skip
