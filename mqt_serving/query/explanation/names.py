"""What a plan's fields and kinds of things are called, and how they relate to its rows.

A thing is introduced by its words with its exact name behind (`total (`orders.total`)`) and then
called by its words, unless these could mean something else: two things that sound alike, or
words that sentences are built from. Depends on `graph`, `plan` and `english`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mqt_serving.english import participle_of, plural_phrase, singular_phrase
from mqt_serving.errors import MqtError
from mqt_serving.query import graph
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import BsonType, Catalog, FieldSchema

_SENTENCE_WORDS: Final = frozenset(
    """a alphabetically an and any as at average but by different each earliest either every
    fewest for from has have highest if in is it its latest least lowest most neither no none nor
    not of on only or than that the then there those to where which whose with without
    """.split()
)
"""Words of the sentences themselves: a name with one of them is not said bare."""
_PLAIN: Final = re.compile(r"[^\W\d_]+(?: [^\W_]+)*")


def humanise(name: str) -> str:
    """`placedAt`, `placed_at` and `PLACED-AT` as words: `placed at`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words = re.sub(r"[\W_]+", " ", spaced).strip().lower()
    return words or name


def code(name: str) -> str:
    """A name as it is in the data, marked as such by backticks."""
    if "`" in name or "\\" in name or not name.isprintable():
        name = json.dumps(name)[1:-1].replace("`", "\\u0060")
    return f"`{name}`"


def exact(thing: Field | Entity) -> str:
    """The collection and the path: `orders.items.price`; a name with a dot in quotes."""
    collection = thing.collection
    if re.search(r'[."]', collection):
        collection = json.dumps(collection, ensure_ascii=False)
    return f"{collection}.{thing.path}" if thing.path else collection


@dataclass(slots=True)
class Names:
    """The names given so far in one text; `alike` are phrases that mean several things in it."""

    alike: frozenset[str] = frozenset()
    _meant: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def mention(self, phrase: str, thing: Field | Entity) -> str:
        """The phrase for the thing; with its exact name when the phrase comes up first."""
        name, spoken = exact(thing), singular_phrase(phrase)
        said_before = name in self._meant[spoken]
        self._meant[spoken].add(name)
        if not said_before:
            return code(name) if phrase == name else f"{phrase} ({code(name)})"
        usable = _PLAIN.fullmatch(phrase) and not set(phrase.split()) & _SENTENCE_WORDS
        return phrase if usable and spoken not in self.alike else code(name)

    def is_known(self, thing: Field | Entity) -> bool:
        return any(exact(thing) in names for names in self._meant.values())

    def heard_alike(self) -> frozenset[str]:
        return frozenset(phrase for phrase, names in self._meant.items() if len(names) > 1)


class ShortNames(Names):
    """Names by their words alone, where these mean one thing: for a few words, not a sentence."""

    __slots__ = ()

    def mention(self, phrase: str, thing: Field | Entity) -> str:
        name, spoken = exact(thing), singular_phrase(phrase)
        self._meant[spoken].add(name)
        if spoken in self.alike:
            return f"{phrase} ({code(name)})"
        return phrase if _PLAIN.fullmatch(phrase) else code(name)

    def is_known(self, thing: Field | Entity) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a part of a text is about, from which other things are seen.

    `rows` None: not known, without a catalog or for a plan that doesn't fit it.
    """

    catalog: Catalog | None
    rows: Entity | None
    planned: frozenset[Entity] = frozenset()

    def entity_of(self, field: Field) -> Entity | None:
        if self.catalog is None or self.catalog.field(field.collection, field.path) is None:
            return None
        return graph.entity_of(field, self.catalog)

    def schema(self, field: Field) -> FieldSchema | None:
        return None if self.catalog is None else self.catalog.field(field.collection, field.path)

    def is_value(self, field: Field) -> bool:
        """Whether the rows are the values of the field themselves: of an array of scalars."""
        return self.rows == Entity(field.collection, field.path)

    def several(self, fields: Iterable[Field]) -> Entity | None:
        """The kind of thing that a row has several of and whose fields these are; else None."""
        for item in fields:
            entity = self.entity_of(item)
            if entity is not None and not self._has_one(entity):
                return entity
        return None

    def inside(self, entity: Entity) -> Scope:
        """The scope of tests on the rows of another entity."""
        return Scope(self.catalog, entity, frozenset(_with_parents(entity, self.catalog)))

    def _has_one(self, entity: Entity) -> bool:
        if self.catalog is None or self.rows is None or entity in self.planned:
            return True
        return graph.path(self.planned, entity, self.catalog, upward_only=True) is not None


def _with_parents(entity: Entity, catalog: Catalog | None) -> tuple[Entity, ...]:
    if catalog is None:
        return (entity,)
    try:
        return graph.with_parents(entity, catalog)
    except MqtError:
        return (entity,)


# ----------------------------------------------------------------------- nouns


def many(entity: Entity) -> str:
    """`order items`: the rows of an entity."""
    return plural_phrase(_leaf_words(entity))


def one(entity: Entity) -> str:
    return singular_phrase(_leaf_words(entity))


def noun(item: Field, scope: Scope) -> str:
    """`total`; of other things than the rows with what has it: `customer name`."""
    owner = scope.entity_of(item)
    if owner is not None and owner.path == item.path:
        return one(owner)  # a value of an array
    words = _field_words(item, scope.schema(item))
    if owner is None or scope.rows is None or owner == scope.rows:
        return words
    held_by = one(owner)
    return words if words.startswith(held_by) else f"{held_by} {words}"


def event(item: Field, scope: Scope) -> str | None:
    """What happened to a row at the date: `placed` for `placed_at` of orders; None for none."""
    owner = scope.entity_of(item)
    if owner is None or owner != scope.rows:
        return None
    return participle_of(tuple(_leaf_words(item).split()))


def _leaf_words(thing: Field | Entity) -> str:
    return humanise((thing.path or thing.collection).rpartition(".")[2])


def _field_words(item: Field, schema: FieldSchema | None) -> str:
    words = _leaf_words(item)
    first, _, rest = words.partition(" ")
    if schema is not None and schema.main_type is BsonType.BOOL:
        return f"{rest if first in ('is', 'has') and rest else words} flag"
    before, _, last = words.rpartition(" ")
    if before and last in ("at", "on"):
        return f"date {before}" if participle_of((before,)) == before else f"{before} date"
    return words
