"""The catalog that a command takes for granted: the schema, and what the command tells beyond it.

Schemas are inferred from bounded samples, so a query may rightly name a collection that is still
empty or a field that the sample missed. `assume` believes it: what is unwound, measured or
searched element by element is an array, a dotted path is nested, what is looked up is referred
to. Of types and values nothing is known. Serving raises without it: there an unknown name is more
likely a slip. Pure; for those who ask for it, `raising` itself does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from mqt_serving.query.guarding.reads import stage_paths
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    Aggregate,
    Bucket,
    BucketAuto,
    Command,
    Count,
    CountDocuments,
    Distinct,
    ElementMatch,
    Expression,
    Facet,
    FieldTest,
    Find,
    GraphLookup,
    Group,
    LiteralExpression,
    Lookup,
    Match,
    NamedOperation,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    ReplaceRoot,
    SetWindowFields,
    SortByCount,
    Stage,
    UnionWith,
    Unwind,
    VariableExpression,
)
from mqt_serving.query.raising.scope import (
    Binding,
    Constant,
    Environment,
    Fields,
    Stored,
    inside,
)
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema, Reference

_ID = "_id"  # every stored document has it, whatever a schema says
_COMPUTED = Constant(None)  # no place in stored documents
_MEASURED = frozenset({"$size", "$isArray", "$concatArrays"})
_OVER_ELEMENTS = frozenset({"$filter", "$map"})
_KEEPING_PLACES = frozenset(
    {"$first", "$last", "$push", "$addToSet", "$arrayElemAt", "$filter", "$ifNull", "$convert",
     "$toInt", "$toLong", "$toDouble", "$toDecimal", "$toDate", "$toString"}
)  # fmt: skip


def assume(command: Command, catalog: Catalog) -> Catalog:
    """The catalog, with the collections, fields and references that only the command tells of.

    The catalog itself where it knows all of them.
    """
    told = _Told(catalog)
    _read(command, told)
    collections = {each.collection: each for each in catalog.collections}
    for name, places in told.places.items():
        collections[name] = _widened(catalog, name, places)
    references = tuple(_references(told.links, catalog, collections))
    if not references and tuple(collections.values()) == catalog.collections:
        return catalog
    return Catalog(
        database=catalog.database,
        collections=tuple(collections[name] for name in sorted(collections)),
        references=(*catalog.references, *references),
    )


def names_beyond(assumed: Catalog, catalog: Catalog) -> tuple[str, ...]:
    """The collections and the fields of known ones that only the assumed catalog has.

    All documents have `_id`: it is not among them.
    """
    found: list[str] = []
    for schema in assumed.collections:
        known = catalog.by_name.get(schema.collection)
        if known is None:
            found.append(schema.collection)
            continue
        new = (each.path for each in schema.fields if each.path not in known.by_path)
        found.extend(f"{schema.collection}.{path}" for path in new if path != _ID)
    return tuple(found)


# ------------------------------------------------------------------ what a command tells


@dataclass
class _Told:
    """Places by collection (True for arrays), and which pairs of them documents are joined by."""

    catalog: Catalog
    places: dict[str, dict[str, bool]] = field(default_factory=dict)
    links: dict[tuple[Stored, Stored], None] = field(default_factory=dict)

    def place(self, place: Stored, is_array: bool = False) -> None:
        places = self.places.setdefault(place.collection, {})
        if place.path:
            places[place.path] = places.get(place.path, False) or is_array

    def is_array(self, collection: str, path: str) -> bool:
        known = self.catalog.field(collection, path)
        if known is None:
            return self.places.get(collection, {}).get(path, False)
        return known.arrays[-1:] == (path,)


def _read(command: Command, told: _Told) -> None:
    told.place(Stored(command.collection))
    reader = _Reader(told, command.collection, {})
    match command:
        case Find(filter=condition, projection=projection, sort=sort):
            later = (stage for stage in (sort, projection) if stage is not None)
            reader.read((Match(condition), *later))
        case Aggregate(stages=stages):
            reader.read(stages)
        case CountDocuments(filter=condition):
            reader.read((Match(condition),))
        case Distinct(path=path, filter=condition):
            reader.read((Match(condition), SortByCount(PathExpression(path))))


class _Reader:
    """Follows names through the stages of one pipeline, and tells the places behind them."""

    def __init__(self, told: _Told, collection: str, variables: Mapping[str, Binding]) -> None:
        self.environment = Environment(Stored(collection))
        self._told = told
        self._variables = variables
        self._unwound: set[Stored] = set()

    def read(self, stages: Iterable[Stage]) -> None:
        for stage in stages:
            for path in stage_paths(stage):
                self._tell(self.environment.find(_without_positions(path)))
            if not isinstance(stage, Lookup):
                self._tell_arrays(stage, self._variables)
            self._apply(stage)

    def _tell(self, binding: Binding | None, is_array: bool = False) -> None:
        if isinstance(binding, Stored):
            self._told.place(binding, is_array)

    def _tell_arrays(self, node: Any, variables: Mapping[str, Binding]) -> None:
        """Tell what is used as an array anywhere in a stage, and what its elements have."""
        match node:
            case VariableExpression():
                self._tell(self._bound(node, variables))
            case NamedOperation(operator=operator, arguments=named) if operator in _OVER_ELEMENTS:
                arguments = dict(named)
                elements = self._bound(arguments["input"], variables)
                self._tell(elements, is_array=True)
                name = arguments.get("as")
                called = name.value if isinstance(name, LiteralExpression) else "this"
                variables = {**variables, str(called): elements}
            case Operation(operator=operator, arguments=values) if operator in _MEASURED:
                for value in values:
                    self._tell_measured(self._bound(value, variables))
            case ElementMatch(path=path):
                self._tell(self.environment.find(path), is_array=True)
                return  # paths inside are relative to the element
            case FieldTest(path=path, operator=operator, value=value):
                whole = operator == "$size" or value == () or path.endswith(".0")
                self._tell(self.environment.find(_without_positions(path)), is_array=whole)
        for part in _parts(node):
            self._tell_arrays(part, variables)

    def _tell_measured(self, binding: Binding) -> None:
        """An array, or the field of the elements of one: `$size` of `$items.price` counts those."""
        if isinstance(binding, Stored):
            above = [Stored(binding.collection, path) for path in _prefixes(binding.path)]
            spread = any(
                self._told.is_array(place.collection, place.path) and place not in self._unwound
                for place in above
            )
            self._told.place(binding, is_array=not spread)

    def _apply(self, stage: Stage) -> None:
        match stage:
            case Unwind(path=path):
                found = self.environment.find(path)
                self._tell(found, is_array=True)
                if isinstance(found, Stored):
                    self._unwound.add(found)
            case Lookup():
                self._look_up(stage)
            case Project(items=items) if any(value is not False for _, value in items):
                self._project(items)
            case AddFields(items=items):
                self._add({name: self._bound(value) for name, value in items})
            case SetWindowFields(outputs=outputs):
                self._add({each.name: _COMPUTED for each in outputs})
            case GraphLookup(collection=collection, name=name):
                self._add({name: Stored(collection)})
            case Group(key=key, accumulators=accumulators):
                self._group(_COMPUTED if key is None else self._bound(key), accumulators)
            case Bucket(accumulators=accumulators) | BucketAuto(accumulators=accumulators):
                self._group(_COMPUTED, accumulators)
            case SortByCount(expression=expression):
                names = {_ID: self._bound(expression), "count": _COMPUTED}
                self.environment = Environment(None, names)
            case Count(name=name):
                self.environment = Environment(None, {name: _COMPUTED})
            case ReplaceRoot(expression=expression):
                self.environment = _root(self._bound(expression))
            case UnionWith(collection=collection, stages=inner):
                self._tell(Stored(collection))
                _Reader(self._told, collection, {}).read(inner)
            case Facet(pipelines=pipelines):
                for _, inner in pipelines:
                    reader = _Reader(self._told, "", self._variables)
                    reader.environment = self.environment
                    reader.read(inner)
                self.environment = Environment(None, {name: _COMPUTED for name, _ in pipelines})

    def _add(self, names: Mapping[str, Binding]) -> None:
        self.environment = self.environment.with_names(names)

    def _group(self, keys: Binding, accumulators: Sequence[Accumulator]) -> None:
        names = {each.name: self._kept(each.operator, each.argument) for each in accumulators}
        self.environment = Environment(None, {_ID: keys, **names})

    def _project(self, items: Sequence[tuple[str, bool | Expression]]) -> None:
        shown = {
            name: self._found(name) if value is True else self._bound(value)
            for name, value in items
            if value is not False
        }
        if (_ID, False) not in items:
            shown.setdefault(_ID, self._found(_ID))
            self._tell(shown[_ID])
        self.environment = Environment(None).with_names(shown)

    def _look_up(self, stage: Lookup) -> None:
        found: Binding = Stored(stage.collection)
        self._tell(found)
        if stage.local is not None and stage.foreign is not None:
            local, foreign = self._found(stage.local), Stored(stage.collection, stage.foreign)
            self._tell(foreign)
            if isinstance(local, Stored):
                self._told.links[local, foreign] = None
        if stage.stages is not None:
            variables = {name: self._bound(value) for name, value in stage.let}
            inner = _Reader(self._told, stage.collection, variables)
            inner.read(stage.stages)
            if inner.environment.base is None:
                found = Fields(dict(inner.environment.names))
        self.environment = self.environment.with_names({stage.name: found})

    def _found(self, name: str) -> Binding:
        found = self.environment.find(name)
        return _COMPUTED if found is None else found

    def _bound(
        self, expression: Expression | bool, variables: Mapping[str, Binding] | None = None
    ) -> Binding:
        """What an expression stands for, as far as it keeps places."""
        match expression:
            case PathExpression(path=path):
                return self._found(path)
            case VariableExpression(name=name):
                return self._variable(name, self._variables if variables is None else variables)
            case ObjectExpression(items=items):
                return Fields({name: self._bound(value, variables) for name, value in items})
            case Operation(operator=operator, arguments=(first, *_)):
                return self._kept(operator, first, variables)
            case NamedOperation(operator=operator, arguments=((_, first), *_)):
                return self._kept(operator, first, variables)
            case _:
                return _COMPUTED

    def _kept(
        self, operator: str, argument: Expression, variables: Mapping[str, Binding] | None = None
    ) -> Binding:
        return self._bound(argument, variables) if operator in _KEEPING_PLACES else _COMPUTED

    def _variable(self, name: str, variables: Mapping[str, Binding]) -> Binding:
        root, _, rest = name.partition(".")
        whole: Binding | None = variables.get(root)
        if root in ("ROOT", "CURRENT"):
            whole = self.environment.base or Fields(dict(self.environment.names))
        return (None if whole is None else inside(whole, rest)) or _COMPUTED


def _root(binding: Binding) -> Environment:
    if isinstance(binding, Fields):
        return Environment(None, binding.members)
    return Environment(binding if isinstance(binding, Stored) else None)


def _parts(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node):
        yield from (getattr(node, each.name) for each in fields(node))


def _without_positions(path: str) -> str:
    """The path without array positions: `items.0.price` and `items.$` are inside `items`."""
    return ".".join(name for name in path.split(".") if not name.isdigit() and name[:1] != "$")


def _prefixes(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:length]) for length in range(1, len(names))]


# ------------------------------------------------------------------ the wider catalog


def _widened(catalog: Catalog, collection: str, places: Mapping[str, bool]) -> CollectionSchema:
    """The schema of a collection with the fields that were told of, and what holds them."""
    known = catalog.by_name.get(collection)
    if known is None:
        known = CollectionSchema(
            database=catalog.database, collection=collection, document_count=0, sampled=0, fields=()
        )
    wanted = {path: False for told in places for path in _prefixes(told)} | dict(places)
    paths = {path: is_array for path, is_array in wanted.items() if path not in known.by_path}
    if not paths:
        return known
    found = dict(known.by_path)
    for path in sorted(paths, key=lambda each: each.count(".")):
        holder = found.get(path.rpartition(".")[0])
        above = () if holder is None else holder.arrays
        holds_others = any(other.startswith(f"{path}.") for other in paths)
        kind = BsonType.OBJECT if holds_others else BsonType.OTHER
        found[path] = FieldSchema(
            path=path,
            types={BsonType.ARRAY: 1.0} if paths[path] and holds_others else {kind: 1.0},
            presence=1.0 if path == _ID else 0.0,
            arrays=(*above, path) if paths[path] else above,
            distinct=known.sampled if path == _ID else 0,
            private=holder is not None and holder.private,
        )
    return CollectionSchema(
        database=known.database,
        collection=collection,
        document_count=known.document_count,
        sampled=known.sampled,
        fields=tuple(found[path] for path in sorted(found)),
        indexes=known.indexes,
    )


def _references(
    links: Iterable[tuple[Stored, Stored]],
    catalog: Catalog,
    collections: Mapping[str, CollectionSchema],
) -> Iterator[Reference]:
    """The references that look-ups go along, of those that the catalog does not have."""
    known = {
        frozenset({(each.from_collection, each.from_path), (each.to_collection, each.to_path)})
        for each in catalog.references
    }
    for local, foreign in links:
        ends = frozenset({(local.collection, local.path), (foreign.collection, foreign.path)})
        if ends in known or local.collection == foreign.collection or not local.path:
            continue
        schema = collections[foreign.collection]
        target = schema.by_path[foreign.path]
        known.add(ends)
        yield Reference(
            from_collection=local.collection,
            from_path=local.path,
            to_collection=foreign.collection,
            to_path=foreign.path,
            to_unique=not target.arrays and target.distinct >= schema.sampled,
            overlap=0.0,
        )
