"""Where the rows of relational tables are kept in a document database that was made of them.

Tables were folded into nested arrays, some copied under several parents. A table's places are the
collections and arrays that are called like it and hold its columns; for the tables of a query,
`Places.choose` takes one place each so that few references have to be followed. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from pathlib import Path
from typing import Final, TypeAlias

from mqt_serving.errors import PlanError
from mqt_serving.query.graph import (
    JoinTree,
    entities_of,
    entity_of,
    parent_of,
    spanning_joins,
    with_parents,
)
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import Catalog

_MOST_COMBINATIONS: Final = 400
_ENOUGH: Final = 0.6
"""Share of a table's columns that its rows have wherever they are kept."""

_NEARLY_ALL: Final = 0.8

Join: TypeAlias = tuple[tuple[str, str], tuple[str, str]]
"""Two columns that are joined, each as table and column."""


class NotTranslated(Exception):
    """Why a query has no plan, in a few words that are the same for all such queries."""


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: `table.column` holds values of `other.key`. All names are plain."""

    table: str
    column: str
    other: str
    key: str

    def joins(self, one: tuple[str, str], two: tuple[str, str]) -> bool:
        """Whether it is these two columns, either way round, that it links."""
        return {one, two} == {(self.table, self.column), (self.other, self.key)}


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one relational database: plain name -> plain names of its columns."""

    columns: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...] = ()

    def is_ambiguous(self, link: Link) -> bool:
        """Whether another column of the table refers to the same key, in another role."""
        return any(
            other != link
            and (other.table, other.other, other.key) == (link.table, link.other, link.key)
            for other in self.links
        )

    def between(self, one: str, other: str) -> list[Link]:
        """The links that join two tables, either way round."""
        return [link for link in self.links if {link.table, link.other} == {one, other}]


def plain(name: str) -> str:
    """The name as it compares: case, blanks and punctuation do not count."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def load_tables(file: Path) -> dict[str, Tables]:
    """All databases that Spider's `tables.json` describes."""
    found: dict[str, Tables] = {}
    for body in json.loads(file.read_text(encoding="utf-8")):
        names = [plain(name) for name in body["table_names_original"]]
        columns = [(at, plain(name)) for at, name in body["column_names_original"]]
        links = []
        for source, target in body["foreign_keys"]:
            (table, column), (other, key) = columns[source], columns[target]
            links.append(Link(names[table], column, names[other], key))
        held = {
            name: tuple(column for owner, column in columns if owner == at)
            for at, name in enumerate(names)
        }
        found[body["db_id"]] = Tables(held, tuple(links))
    return found


@dataclass(frozen=True)
class Places:
    """Tables over the catalog of the documents that were made of them."""

    catalog: Catalog
    tables: Tables

    @cached_property
    def _leaves(self) -> dict[Entity, dict[str, str]]:
        """Entity -> plain names of its own fields -> their paths."""
        found: dict[Entity, dict[str, str]] = {e: {} for e in entities_of(self.catalog)}
        for schema in self.catalog.collections:
            for field in schema.fields:
                entity = Entity(schema.collection, field.arrays[-1] if field.arrays else "")
                inside = field.path.removeprefix(entity.path).removeprefix(".")
                if inside and "." not in inside and field.path not in schema.array_paths:
                    found[entity][plain(inside)] = field.path
        return found

    def field(self, entity: Entity, column: str) -> Field | None:
        """The field that keeps the column of the table at this place."""
        path = self._leaves[entity].get(column)
        return None if path is None else Field(entity.collection, path)

    @cached_property
    def _of(self) -> dict[str, tuple[Entity, ...]]:
        return {table: tuple(self._places(table)) for table in self.tables.columns}

    def all_of(self, table: str) -> tuple[Entity, ...]:
        """Every place of a table, by collection and path."""
        return self._of.get(table, ())

    def _places(self, table: str) -> Iterable[Entity]:
        columns = set(self.tables.columns[table])
        for entity, leaves in self._leaves.items():
            called = plain(entity.path.rpartition(".")[2] or entity.collection)
            if called == table and len(columns & leaves.keys()) >= _ENOUGH * len(columns):
                yield entity

    def _kept(self, table: str, entity: Entity) -> int:
        """How much of the table is there: copies under a parent lack the rows without one."""
        fields = (self.field(entity, column) for column in self.tables.columns[table])
        return sum(self._distinct(field) for field in fields if field is not None)

    def key_above(self, table: str, entity: Entity, column: str) -> Field | None:
        """The key of what holds the table's rows there, where the column refers to just that."""
        above = parent_of(entity, self.catalog)
        if above is None:
            return None
        for link in self.tables.links:
            if (link.table, link.column) != (table, column):
                continue
            if above in self.all_of(link.other) and not self.tables.is_ambiguous(link):
                return self.field(above, link.key)
        return None

    def _same_as(self, table: str, entity: Entity, column: str) -> Field | None:
        return self.key_above(table, entity, column) or self.field(entity, column)

    def _is_joined(self, joined: Join, chosen: Mapping[str, Entity], tree: JoinTree) -> bool:
        """Whether nesting or a reference of the tree joins what the query joins."""
        (one, column), (other, key) = joined
        if one not in chosen or other not in chosen:
            return True
        ours, theirs = chosen[one], chosen[other]
        if parent_of(ours, self.catalog) == theirs or parent_of(theirs, self.catalog) == ours:
            links = self.tables.between(one, other)
            return not any(self.tables.is_ambiguous(link) for link in links)
        fields = {self._same_as(one, ours, column), self._same_as(other, theirs, key)}
        if len(fields) == 1:
            return True
        return any(
            {self._plain_key(edge.local), self._plain_key(edge.foreign)} == fields
            for edge in tree.edges
            if edge.crosses_collections
        )

    def _plain_key(self, field: Field) -> Field | None:
        """The field, or the key above that it repeats."""
        entity = entity_of(field, self.catalog)
        table = plain(entity.path.rpartition(".")[2] or entity.collection)
        return self.key_above(table, entity, plain(field.path.rpartition(".")[2])) or field

    def names_rows(self, field: Field) -> bool:
        """Whether the field is nearly as good as a key: rows hardly ever share a value."""
        own = self._leaves[entity_of(field, self.catalog)].values()
        distinct = {path: self._distinct(Field(field.collection, path)) for path in own}
        return distinct[field.path] >= _NEARLY_ALL * max(distinct.values())

    def _distinct(self, field: Field) -> int:
        schema = self.catalog.field(field.collection, field.path)
        return 0 if schema is None else schema.distinct

    def choose(
        self, needed: Mapping[str, Iterable[str]], joins: Sequence[Join], shown: Sequence[str]
    ) -> tuple[dict[str, Entity], JoinTree]:
        """A place for each table that keeps the columns needed of it, and how they are joined.

        `shown` are tables whose collection is where rows should come from, all else being equal.
        """
        choices = []
        for table, columns in needed.items():
            places = [
                place
                for place in self.all_of(table)
                if all(self.field(place, column) is not None for column in columns)
            ]
            if not places:
                raise NotTranslated("a table or column is kept nowhere")
            choices.append(places)
        ranked: list[tuple[tuple[object, ...], dict[str, Entity], JoinTree]] = []
        for places_taken in islice(product(*choices), _MOST_COMBINATIONS):
            chosen = dict(zip(needed, places_taken, strict=True))
            try:
                tree = spanning_joins(places_taken, self.catalog)
            except PlanError:
                continue
            if not all(self._is_joined(joined, chosen, tree) for joined in joins):
                continue
            ranked.append((self._rank(chosen, tree, shown), chosen, tree))
        if not ranked:
            raise NotTranslated("nothing connects the tables")
        _, chosen, tree = min(ranked, key=lambda one: one[0])
        return chosen, tree

    def _rank(
        self, chosen: Mapping[str, Entity], tree: JoinTree, shown: Sequence[str]
    ) -> tuple[object, ...]:
        places = list(chosen.values())
        held = {above for place in places for above in with_parents(place, self.catalog)}
        return (
            sum(edge.crosses_collections for edge in tree.edges),
            any(not edge.is_upward for edge in tree.edges),
            len(tree.entities - held),
            -sum(self._kept(table, place) for table, place in chosen.items()),
            any(chosen[table].collection != tree.anchor.collection for table in shown[:1]),
            len(held),
            [(place.collection, place.path) for place in places],
        )
