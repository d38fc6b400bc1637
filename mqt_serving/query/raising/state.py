"""What the stages of a pipeline have made of the documents so far: the state of raising.

It keeps what each name stands for, which entities are unwound or joined, and what has been
filtered, grouped, ordered and cut. Used by the `raising` modules only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Self

from mqt_serving.errors import PlanError, RaiseError
from mqt_serving.query import graph
from mqt_serving.query.graph import Edge
from mqt_serving.query.pipeline import (
    Expression,
    Lookup,
    Stage,
)
from mqt_serving.query.plan import (
    And,
    Comparator,
    Compare,
    Entity,
    Field,
    Not,
    Or,
    Order,
    PartOf,
    Predicate,
    Related,
    Top,
)
from mqt_serving.query.raising.combining import all_of
from mqt_serving.query.raising.expressions import ExpressionRaiser
from mqt_serving.query.raising.filters import FilterRaiser
from mqt_serving.query.raising.scope import (
    Binding,
    Environment,
    Stored,
)
from mqt_serving.query.raising.values import entities_in
from mqt_serving.schema import BsonType, Catalog


@dataclass
class Grouping:
    """The keys of the groups that the rows are by now; none for one group of all."""

    keys: tuple[Field | PartOf, ...]


@dataclass
class State(ABC):
    """What the stages so far have made of the documents of a collection."""

    catalog: Catalog
    collection: str
    variables: Mapping[str, Binding] = field(default_factory=dict)
    where: list[Predicate] = field(default_factory=list)
    having: list[Predicate] = field(default_factory=list)
    grouping: Grouping | None = None
    distinct: bool = False
    order: tuple[Order, ...] = ()
    limit: int | None = None
    skip: int | None = None
    per: tuple[Field | PartOf, ...] = ()
    is_windowed: bool = False  # something was computed over neighbouring rows
    optional: dict[Entity, None] = field(default_factory=dict)
    looked_up: list[Edge] = field(default_factory=list)
    inner: list[State] = field(default_factory=list)
    ungrouped: State | None = None  # the rows before they were grouped
    before_lookup: tuple[Lookup, State] | None = None  # of the last one for a single row
    matched: tuple[Binding, Field] | None = None  # what it was found by, and the field here
    beside: bool = False  # whether rows are those of a pipeline beside a single row
    joined: dict[Entity, None] = field(init=False)
    environment: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.joined = {Entity(self.collection): None}
        self.environment = Environment(Stored(self.collection))

    @abstractmethod
    def run(self, stages: Sequence[Stage]) -> None:
        """Apply the stages in order."""

    def copied(self) -> Self:
        """A state that changes apart from this one."""
        other = copy(self)
        for name, content in vars(self).items():
            if isinstance(content, list | dict):
                setattr(other, name, content.copy())
        return other

    def become(self, other: State) -> None:
        """Go on from where another state is."""
        vars(self).update(vars(other))

    def rows_entity(self) -> Entity:
        """The entity that rows are of: the finest that is joined."""
        joined = list(self.joined)
        try:
            anchor = graph.spanning_joins(joined, self.catalog).anchor
        except PlanError as error:
            raise RaiseError("unconnected", str(error)) from error
        return anchor if anchor in self.joined else joined[-1]

    def is_unique(self, field: Field) -> bool:
        """Whether no two documents were seen with the same value of the field."""
        schema = self.catalog.by_name[field.collection]
        known = schema.by_path[field.path]
        return not known.arrays and known.distinct >= schema.sampled

    def is_always_there(self, field: Field, or_null: bool = False) -> bool:
        """Whether all documents were looked at and have a value there (`or_null`: or null)."""
        schema = self.catalog.by_name[field.collection]
        names = field.path.split(".")
        ways = (".".join(names[: length + 1]) for length in range(len(names)))
        known = [schema.by_path[path] for path in ways]
        return (
            schema.sampled >= schema.document_count
            and all(each.presence >= 1 for each in known)
            and (or_null or BsonType.NULL not in known[-1].types)
        )

    def is_one_document(self) -> bool:
        """Whether rows are of one document at most: a test names a unique value of it."""
        return any(
            isinstance(test, Compare)
            and test.op is Comparator.EQ
            and isinstance(test.left, Field)
            and test.left.collection == self.collection
            and self.is_unique(test.left)
            for test in self.where
        )

    def _bind(self, expression: Expression) -> Binding:
        raiser = ExpressionRaiser(
            self.catalog, self.environment, self.joined, self.collection, self.variables
        )
        return raiser.bind(expression)

    def _filters(self) -> FilterRaiser:
        return FilterRaiser(self.catalog, self.environment.find, self._bind, set(self.joined))

    def _join(self, entity: Entity) -> None:
        for holder in reversed(graph.with_parents(entity, self.catalog)):
            if holder not in self.joined:
                self.where = [self._of_any(holder, test) for test in self.where]
                self.joined[holder] = None

    def _of_any(self, entity: Entity, test: Predicate) -> Predicate:
        """A test made before the entity was unwound is about any of its rows, not about each."""
        about = entities_in(test, self.catalog)
        single = not isinstance(test, Related | Top | And | Or | Not)
        return Related(entity, test) if single and about == {entity} else test

    def _not_after_cut(self, what: str) -> None:
        """What follows a cut is about the first rows only: that these are meant, a test says."""
        if self.per or (self.is_windowed and what not in ("sort", "window")):
            raise RaiseError(f"{what}-after-limit", f"${what} after the first of each, or windows")
        if self.limit is None and not self.skip:
            return
        plain = self.grouping is None and not self.having and not self.distinct
        plain = plain and not any(isinstance(test, Top) for test in self.where)
        if self.limit is None or not self.order or not plain:
            raise RaiseError(f"{what}-after-limit", f"${what} after $limit or $skip")
        first = Top(self.rows_entity(), self.order, self.limit, all_of(self.where), self.skip)
        self.where, self.order, self.limit, self.skip = [first], (), None, None
