"""What names stand for while a pipeline is executed symbolically: the environment of raising.

A name is bound to a place in stored documents, to a value that a plan can name, to values that
a group collected, to documents that were looked up and not yet unwound, or to an object of such
bindings. `Environment` resolves dotted paths. Used by the `raising` modules only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from mqt_serving.errors import RaiseError
from mqt_serving.query.graph import Edge
from mqt_serving.query.pipeline import Value
from mqt_serving.query.plan import (
    AcrossGroups,
    Aggregate,
    Entity,
    Field,
    Operand,
    Order,
    PartOf,
    Plan,
    Predicate,
)
from mqt_serving.schema import Catalog


@dataclass(frozen=True, slots=True)
class Stored:
    """A place in the stored documents of a collection; an empty path is the whole document."""

    collection: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A value that a plan can name."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Collected:
    """The values of a group as an array ($push), or each once ($addToSet).

    Null stands for rows that do not meet `where`; it is left out when `without_null`.
    """

    operand: Field | PartOf
    different: bool
    where: Predicate | None = None
    without_null: bool = False


@dataclass(frozen=True, slots=True)
class CollectedRows:
    """What was pushed of each row of a group: an object, or whole rows of an entity."""

    rows: Entity
    value: Binding


@dataclass(frozen=True, slots=True)
class TopRows:
    """What is kept of the first rows of a group, in order, as an array."""

    value: Binding
    limit: int
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """The number of a row among those with the same keys, in an order."""

    per: tuple[Field | PartOf, ...]
    order: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """An aggregate of the group before."""

    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class OverGroups:
    """A total of a group with those of all groups before it, or its change from the last."""

    value: AcrossGroups


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Documents found by `$lookup`, still an array."""

    edge: Edge


@dataclass(frozen=True, slots=True)
class Unjoined:
    """Documents looked up in a way that plans cannot say: refused where they are used."""

    cause: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """The one document that a group key names, as an array of one."""

    collection: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """The rows of an entity that meet a test, as an array of what `place` stands for.

    When `cut`, only some of them: whether there is any can be asked, nothing else.
    """

    entity: Entity
    place: Stored | Fields
    where: Predicate | None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class FilteredValues:
    """What such rows have at a place, as an array."""

    filtered: Filtered
    value: Binding


@dataclass(frozen=True, slots=True)
class SizeOf:
    """How many there are in a filtered array."""

    filtered: Filtered


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two values, as a test of the row has it."""

    test: Predicate
    then: Binding
    otherwise: Binding


@dataclass(frozen=True, slots=True)
class AnyMet:
    """1 where the group has any of the rows counted, else 0."""

    counted: Aggregate


@dataclass(frozen=True, slots=True)
class Single:
    """The one value that a sub-query gives."""

    plan: Plan


@dataclass(frozen=True)
class SubQueries:
    """The rows of a pipeline looked up for every row alike: by column, the plan that lists it."""

    columns: Mapping[str, Plan]


@dataclass(frozen=True, slots=True)
class Listed:
    """The values that a sub-query lists."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class InnerRows:
    """The rows of a pipeline that was looked up for a single row; the state keeps its number."""

    number: int


@dataclass(frozen=True, slots=True)
class InnerValue:
    """What the rows of such a pipeline have at a path: a list, or the value of the only row."""

    number: int
    path: str
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class InnerCount:
    """How many rows such a pipeline gave."""

    number: int


@dataclass(frozen=True, slots=True)
class Constant:
    value: Value


@dataclass(frozen=True, slots=True)
class Test:
    """A boolean computed from the row."""

    predicate: Predicate


@dataclass(frozen=True)
class Fields:
    """An object: what an object expression, a nested projection or a compound group key gives."""

    members: Mapping[str, Binding] = field(default_factory=dict)


Binding: TypeAlias = (
    Stored
    | Known
    | Collected
    | CollectedRows
    | TopRows
    | Position
    | Before
    | OverGroups
    | LookedUp
    | Unjoined
    | Found
    | Filtered
    | FilteredValues
    | SizeOf
    | Choice
    | AnyMet
    | Single
    | SubQueries
    | Listed
    | InnerRows
    | InnerValue
    | InnerCount
    | Constant
    | Test
    | Fields
)


@dataclass(frozen=True)
class Environment:
    """Names over a base: `base` is the document whose other fields are still there, if any."""

    base: Stored | None
    names: Mapping[str, Binding] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def find(self, path: str) -> Binding | None:
        """What the path stands for; None when nothing of that name is there."""
        first, _, rest = path.partition(".")
        if first in self.names:
            found = self.names[first]
            if isinstance(found, Unjoined):
                raise RaiseError(found.cause, found.message)
            return inside(found, rest)
        if self.base is None or first in self.hidden:
            return None
        return inside(self.base, path)

    def with_names(self, added: Mapping[str, Binding]) -> Environment:
        names = dict(self.names)
        for path, binding in added.items():
            first, _, rest = path.partition(".")
            if rest:
                held = names.get(first)
                members = dict(held.members) if isinstance(held, Fields) else {}
                members[rest] = binding
                names[first] = Fields(members)
            else:
                names[first] = binding
        return replace(self, names=names)


def inside(binding: Binding, path: str) -> Binding | None:
    """What stands under a path below a binding."""
    if not path:
        return binding
    match binding:
        case Stored(collection=collection, path=above):
            return Stored(collection, f"{above}.{path}" if above else path)
        case Found(collection=collection):
            return Stored(collection, path)
        case LookedUp(edge=edge):
            return Stored(edge.foreign.collection, path)
        case InnerRows(number=number):
            return InnerValue(number, path)
        case SubQueries(columns=columns):
            return Listed(columns[path]) if path in columns else None
        case Filtered(place=place):
            value = inside(place, path)
            return None if value is None else FilteredValues(binding, value)
        case Fields(members=members):
            if path in members:
                return members[path]
            first, _, rest = path.partition(".")
            return inside(members[first], rest) if first in members else None
        case Known(operand=Field(collection=collection, path=above)):
            return Stored(collection, f"{above}.{path}")
        case _:
            return None


def stored_field(place: Stored, catalog: Catalog) -> Field:
    """The field at a place; RaiseError when the schema has none there."""
    if catalog.field(place.collection, place.path) is None:
        raise RaiseError("unknown-field", f"{place.collection} has no field {place.path!r}")
    return Field(place.collection, place.path)


def array_entity(place: Stored, catalog: Catalog) -> Entity | None:
    """The entity when the place is an array."""
    schema = catalog.by_name.get(place.collection)
    if schema is None or not place.path or place.path not in schema.array_paths:
        return None
    return Entity(place.collection, place.path)
