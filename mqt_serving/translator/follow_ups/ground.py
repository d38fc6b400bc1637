"""What a follow-up stands on: the plan before it, and what of the catalog its words may name.

Words name fields and entities by their stems, values by what is stored. Fields near the plan come
first: those that it tests, those of its rows, those of the same collection, those that its rows
refer to. Where two are equally near, nothing is found: a follow-up is never guessed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mqt_serving.english import ABBREVIATIONS
from mqt_serving.query import graph
from mqt_serving.query.lowering.plans import has_row_aggregates, joins_of
from mqt_serving.query.lowering.predicates import conjuncts
from mqt_serving.query.plan import Aggregate, Entity, Field, PartOf, Plan, walk
from mqt_serving.schema import BsonType, Catalog, FieldSchema
from mqt_serving.translator.items import is_numeric, list_items
from mqt_serving.translator.values import ValueIndex
from mqt_serving.translator.words import STOP_WORDS, Word, name_words, stem

_NAMES = ("name", "title", "label")
_KEYS = frozenset(map(stem, "id key sku code number no zip postal phone".split()))
_MONEY = frozenset(map(stem, "price cost amount total fee value revenue".split()))
_FIRST_DATES = frozenset(
    map(
        stem,
        "placed created ordered order date registered opened hired joined published booked".split(),
    )
)
_WITHIN_NAMES = frozenset("the a an of at on in to for no s all".split())
_ALWAYS = 0.99
_KEPT = 16
_SUMMED = 20
"""The tier of what is summed up for each row, behind everything else."""


@dataclass(frozen=True, slots=True)
class Named:
    """A field with the stems of its own name and of what stands before it."""

    ref: Field
    schema: FieldSchema
    leaf: frozenset[str]
    path: frozenset[str]


class Known:
    """The names and values of a catalog; built once for each."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.values = ValueIndex(catalog)
        items = list_items(catalog)
        self.fields = tuple(
            Named(item.ref, item.schema, _stems(item.schema.leaf), _stems(_before(item.ref)))
            for item in items
            if isinstance(item.ref, Field) and item.schema is not None
        )
        self.entities = {
            item.ref: _stems(item.ref.path.rsplit(".", 1)[-1] or item.ref.collection)
            for item in items
            if isinstance(item.ref, Entity)
        }
        self.keys = frozenset(
            field
            for r in catalog.references
            for field in (Field(r.from_collection, r.from_path), Field(r.to_collection, r.to_path))
        )


_CACHE: OrderedDict[int, Known] = OrderedDict()
_LOCK = threading.Lock()


def known(catalog: Catalog) -> Known:
    """By the catalog object: its digest costs more than a look."""
    with _LOCK:
        found = _CACHE.get(id(catalog))
        if found is None or found.catalog is not catalog:
            found = _CACHE[id(catalog)] = Known(catalog)
        _CACHE.move_to_end(id(catalog))
        while len(_CACHE) > _KEPT:
            _CACHE.popitem(last=False)
        return found


class Ground:
    """A plan over its catalog. Raises `MqtError` for a plan that doesn't fit the catalog."""

    def __init__(self, plan: Plan, catalog: Catalog) -> None:
        self.plan = plan
        self.catalog = catalog
        self.known = known(catalog)
        tree = joins_of(plan, catalog)
        self.subject = tree.anchor
        self._rows = tree.entities
        self.per_row = has_row_aggregates(plan)

    # ------------------------------------------------------------- the plan

    @property
    def is_grouped(self) -> bool:
        return bool(self.plan.group_by)

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """The aggregates that are shown, as they are."""
        shown = (output.value for output in self.plan.outputs)
        return tuple(value for value in shown if isinstance(value, Aggregate))

    @property
    def only_aggregates(self) -> bool:
        return not self.is_grouped and len(self.aggregates) == len(self.plan.outputs)

    @cached_property
    def tested(self) -> tuple[Field, ...]:
        return _fields(conjuncts(self.plan.where))

    @cached_property
    def mentioned(self) -> tuple[Field, ...]:
        """Fields of the plan: tested, then those that order, are keys, are shown."""
        plan = self.plan
        return tuple(
            dict.fromkeys(
                (*self.tested, *_fields((plan.order_by, plan.group_by, plan.outputs, plan.per)))
            )
        )

    # ------------------------------------------------------------- nearness

    def tier(self, field: Field) -> int | None:
        """How near the field is to the rows of the plan; None when it cannot be said of them."""
        entity = graph.entity_of(field, self.catalog)
        if entity == self.subject:
            return 0
        if entity.collection == self.subject.collection:
            return 1
        if entity in self._rows:
            return 2
        up = graph.path([self.subject], entity, self.catalog, upward_only=True)
        if up is not None:
            return 2 + len(up)
        return _SUMMED if entity in self._summed else None

    def is_summed(self, field: Field) -> bool:
        """Whether the field is one of what belongs to each row, summed up or counted there."""
        return self.tier(field) == _SUMMED

    @cached_property
    def _summed(self) -> frozenset[Entity]:
        if not self.per_row:
            return frozenset()
        found: set[Entity] = set()
        for aggregate in self.aggregates:
            for node in walk(aggregate.argument):
                if isinstance(node, Entity):
                    found.update(graph.with_parents(node, self.catalog))
                elif isinstance(node, Field):
                    entity = graph.entity_of(node, self.catalog)
                    found.update(graph.with_parents(entity, self.catalog))
        return frozenset(found)

    def nearest(self, fields: Iterable[Field]) -> Field | None:
        """The one that the plan tests, else the one nearest to its rows; None for several."""
        left = [field for field in dict.fromkeys(fields) if self.tier(field) is not None]
        for group in (self.tested, self.mentioned):
            there = [field for field in left if field in group]
            if there:
                return there[0] if len(there) == 1 else None
        if not left:
            return None
        best = min(self._rank(field) for field in left)
        nearest = [field for field in left if self._rank(field) == best]
        return nearest[0] if len(nearest) == 1 else None

    def _rank(self, field: Field) -> int:
        tier = self.tier(field)
        assert tier is not None
        return tier

    # ---------------------------------------------------------------- names

    def field(self, words: Sequence[Word]) -> Field | None:
        """The field that all the words name: wholly before partly, near before far."""
        return self.field_of(_said(words))

    def field_of(self, said: set[str]) -> Field | None:
        """The field that these stems name."""
        if not said:
            return None
        found: list[tuple[tuple[int, int, int, int], Field]] = []
        for named in self.known.fields:
            if not said & named.leaf or not said <= named.leaf | named.path:
                continue
            tier = self.tier(named.ref)
            if tier is None:
                continue
            partly = int(not named.leaf <= said)
            if partly and (named.ref in self.known.keys or named.leaf & {"id", "_id"}):
                continue
            unseen = int(named.ref not in self.mentioned)
            found.append(((partly, unseen, tier, len(named.leaf - said)), named.ref))
        if found:
            best = min(rank for rank, _ in found)
            fields = [ref for rank, ref in found if rank == best]
            return fields[0] if len(fields) == 1 else None
        if said <= {"date", stem("time")}:
            return self.date_field()
        if said <= {stem("price"), stem("cost"), stem("amount")}:
            return self.money_field()
        return None

    def parts(self, words: Sequence[Word]) -> list[Field]:
        """The fields of the object that the words name, or the first and the last of them."""
        said = _said(words)
        halves = [self.field_of(said | {half}) for half in ("first", "last")]
        both = [field for field in halves if field is not None]
        if said and len({field.collection for field in both}) == 1 and len(both) == 2:
            return both
        found: dict[tuple[str, str], list[Field]] = {}
        for named in self.known.fields:
            above = named.ref.path.rpartition(".")[0]
            name = _stems(above.rpartition(".")[2])
            if not above or not said or not said & name or not said <= name | named.path:
                continue
            if self.tier(named.ref) in (None, 1) or named.schema.arrays:
                continue
            found.setdefault((named.ref.collection, above), []).append(named.ref)
        tiers = {place: self.tier(fields[0]) or 0 for place, fields in found.items()}
        near = [place for place, tier in tiers.items() if tier == min(tiers.values())]
        return found[near[0]] if len(near) == 1 else []

    def entity(self, words: Sequence[Word]) -> Entity | None:
        said = _said(words)
        found = [entity for entity, name in self.known.entities.items() if said and said == name]
        near = [entity for entity in found if entity.collection == self.subject.collection]
        left = near or found
        return left[0] if len(left) == 1 else None

    def name_of(self, entity: Entity) -> Field | None:
        """The field that names the rows of an entity to people."""
        own = [
            named
            for named in self.known.fields
            if graph.entity_of(named.ref, self.catalog) == entity
            and named.schema.main_type == BsonType.STRING
        ]
        for name in _NAMES:
            exact = [n for n in own if n.leaf == {stem(name)}]
            part = exact or [n for n in own if stem(name) in n.leaf]
            if part:
                return part[0].ref if len(part) == 1 else None
        return None

    # ------------------------------------------------- fields that go unsaid

    def date_field(self, hint: Sequence[Word] = ()) -> Field | None:
        """The date that the plan is about, else the main one of what it sums up or shows."""

        def is_date(named: Named) -> bool:
            return named.schema.main_type == BsonType.DATE

        hinted = {word.stem for word in hint}
        if hinted:
            dates = [n.ref for n in self.known.fields if is_date(n) and n.leaf & hinted]
            return self.nearest(dates)
        return self._unsaid(is_date, _main_date, summed_first=True)

    def number_field(self) -> Field | None:
        """The number that the plan is about, else the only one of its rows."""
        return self._unsaid(self._is_measure)

    def money_field(self) -> Field | None:
        return self._unsaid(lambda named: self._is_measure(named) and bool(named.leaf & _MONEY))

    def measures(self, shown: Iterable[object]) -> list[Field]:
        """Numbers among what is shown."""
        fields = set(_fields(tuple(shown)))
        return [n.ref for n in self.known.fields if n.ref in fields and self._is_measure(n)]

    def schema(self, field: Field) -> FieldSchema:
        return graph.field_schema(field, self.catalog)

    def _is_measure(self, named: Named) -> bool:
        return (
            is_numeric(named.schema)
            and named.ref not in self.known.keys
            and not named.leaf & _KEYS
            and "_id" not in named.ref.path
        )

    def _unsaid(
        self,
        fits: Callable[[Named], bool],
        main: Callable[[list[Named]], list[Named]] = list,
        summed_first: bool = False,
    ) -> Field | None:
        fitting = {named.ref: named for named in self.known.fields if fits(named)}
        plan = self.plan
        places = (plan.where, plan.order_by, plan.group_by, plan.outputs)
        for place in places:
            there = [field for field in _fields((place,)) if field in fitting]
            if there:
                return there[0] if len(set(there)) == 1 else None
        tiers = {ref: self.tier(ref) for ref in fitting}
        reached = sorted({tier for tier in tiers.values() if tier is not None})
        if not reached:
            return None
        best = _SUMMED if summed_first and _SUMMED in reached else reached[0]
        nearest = [fitting[ref] for ref, tier in tiers.items() if tier == best]
        left = nearest if len(nearest) == 1 else main(nearest)
        return left[0].ref if len(left) == 1 else None


def same_place(operand: object) -> Field | None:
    """The field behind a test: of a date and of its parts the same."""
    if isinstance(operand, PartOf):
        return operand.field
    return operand if isinstance(operand, Field) else None


def _main_date(dates: list[Named]) -> list[Named]:
    """Those that every document has, then those named after how things come to be."""
    always = [n for n in dates if n.schema.presence >= _ALWAYS] or dates
    if len(always) == 1:
        return always
    return [n for n in always if n.leaf & _FIRST_DATES]


def _fields(node: object) -> tuple[Field, ...]:
    return tuple(dict.fromkeys(found for found in walk(node) if isinstance(found, Field)))


def _said(words: Sequence[Word]) -> set[str]:
    """Stems of the words of a name; none where words stand between that no name has."""
    if any(word.is_stop and word.text.lower() not in _WITHIN_NAMES for word in words):
        return set()
    return {word.stem for word in words if word.text.lower() not in STOP_WORDS}


def _before(ref: Field) -> str:
    return f"{ref.collection} {ref.path.rpartition('.')[0]}"


def _stems(name: str) -> frozenset[str]:
    return frozenset(_spelled(name_words(name)))


def _spelled(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        for part in ABBREVIATIONS.get(word, word).split() if word not in ("no", "id") else [word]:
            yield stem(part)
