"""A catalog as a questioner sees it: things with names, their fields by role, what belongs to what.

Plain data, built by `view`. Depends on the schema contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mqt_serving.english import spelled_out, words_of
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import BsonType, Catalog, FieldSchema


class Role(StrEnum):
    NAME = "name"  # text that stands for the thing
    CATEGORY = "category"  # text with few values
    TEXT = "text"
    LONG_TEXT = "long text"
    CODE = "code"  # identifies, is not computed with
    ID = "id"  # keys between documents
    BOOL = "bool"
    DATE = "date"
    TEXT_DATE = "text date"  # ISO dates kept as text
    YEAR = "year"
    NUMBER = "number"
    POINT = "point"


_GROUPING: Final = frozenset((Role.CATEGORY, Role.BOOL, Role.YEAR, Role.NAME, Role.TEXT, Role.CODE))


@dataclass(frozen=True, slots=True)
class Noun:
    singular: str
    plural: str


@dataclass(frozen=True, slots=True, eq=False)
class FieldView:
    """`nouns` name the field inside its entity, the plainest first."""

    field: Field
    schema: FieldSchema
    role: Role
    nouns: tuple[str, ...]
    sampled: int

    @property
    def words(self) -> tuple[str, ...]:
        return spelled_out(words_of(self.schema.leaf))

    @property
    def head(self) -> str:
        return self.words[-1]

    @property
    def gaps(self) -> bool:
        """Whether some documents lack the value."""
        return self.schema.presence < 0.999 or self.schema.types.get(BsonType.NULL, 0.0) > 0

    @property
    def groups(self) -> bool:
        """Whether grouping by it gives groups that are worth asking for."""
        repeats = self.schema.distinct * 1.5 <= self.sampled or self.schema.distinct <= 4
        return repeats and self.schema.distinct > 1 and self.role in _GROUPING


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """From one thing to another; `noun` is what the questioner calls the other one."""

    target: EntityView
    noun: Noun
    hops: int
    inside: bool  # an array of the same documents rather than a reference
    key: Field | None = None  # the field of the finer thing that refers to the coarser one


@dataclass(slots=True, eq=False)
class EntityView:
    """A thing that can be counted, with everything that can be said about it.

    `owners` are coarser things (the document around an array, referenced documents), `parts`
    finer ones (arrays inside, collections that refer to it), `lists` arrays of plain values,
    `points` where it is on the earth, `others` all other things of the catalog, whether they belong
    together or not.
    """

    entity: Entity
    nouns: tuple[Noun, ...]
    fields: tuple[FieldView, ...]
    lists: tuple[FieldView, ...] = ()
    names: tuple[FieldView, ...] = ()
    rows: int = 0  # documents, to the power of ten
    owners: list[Link] = field(default_factory=list)
    parts: list[Link] = field(default_factory=list)
    others: list[EntityView] = field(default_factory=list)
    by_role: dict[Role, tuple[FieldView, ...]] = field(default_factory=dict)
    points: tuple[FieldView, ...] = ()

    def of_role(self, *roles: Role) -> list[FieldView]:
        return [view for role in roles for view in self.by_role.get(role, ())]

    @property
    def is_person(self) -> bool:
        return self.nouns[0].singular.rpartition(" ")[2] in _PEOPLE


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    catalog: Catalog
    entities: tuple[EntityView, ...]


_PEOPLE: Final = frozenset(
    "customer client user employee worker person student teacher instructor doctor patient member "
    "author guest passenger driver player coach staff manager agent tenant owner artist singer "
    "actor director pilot visitor donor borrower trainer nurse professor lecturer seller buyer "
    "supplier contact lead candidate applicant participant athlete chef farmer citizen voter "
    "resident volunteer reader subscriber musician engineer people pupil judge lawyer".split()
)
