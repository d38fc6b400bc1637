"""Practice databases: made-up schemas of many domains, so that names alone cannot be memorised.

A model that learns on these meets other things, field names, naming styles, nestings, id styles
and stored types in every one, and so learns to read a schema it has never seen, without any
corpus. Documents are generated and catalogs inferred from them as from a live database.
Seeded: the same seed gives the same databases on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeAlias

from bson import ObjectId

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example
from mqt_assets.training.practice_domains import DOMAINS
from mqt_assets.training.practice_values import maker
from mqt_assets.training.synthesis import synthesise
from mqt_serving.english import singular_phrase, words_of
from mqt_serving.schema import Catalog

Documents: TypeAlias = list[dict[str, Any]]

DATABASES: Final = sum(not line.startswith(" ") for line in DOMAINS.splitlines())
"""One per domain; more are further variants of the same domains."""


# -------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Item:
    """One field of the tables: a value, an object, an array, or a reference."""

    names: tuple[str, ...]
    kind: str = ""  # a type; empty for objects and references
    optional: bool = False
    children: tuple[Item, ...] = ()
    array: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    names: tuple[str, ...]
    items: tuple[Item, ...]


_CONTINUED: Final = "\n      "


def parse_domains(text: str = DOMAINS) -> dict[str, tuple[Table, ...]]:
    """The tables by domain; raises ValueError naming what it cannot read."""
    found: dict[str, list[Table]] = {}
    current: list[Table] = []
    for line in text.replace(_CONTINUED, " ").splitlines():
        if not line.startswith(" "):
            current = found.setdefault(line.strip(), [])
            continue
        names, colon, items = line.strip().partition(": ")
        if not colon:
            raise ValueError(f"expected 'name: fields' in the practice tables, got {line!r}")
        current.append(Table(tuple(names.split("|")), tuple(_items(items))))
    return {domain: tuple(tables) for domain, tables in found.items()}


def _items(text: str) -> Iterator[Item]:
    for token in _tokens(text):
        yield _item(token)


def _tokens(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for position, mark in enumerate(text + " "):
        depth += (mark in "({[") - (mark in ")}]")
        if mark == " " and depth == 0:
            if text[start:position]:
                yield text[start:position]
            start = position + 1


def _item(token: str) -> Item:
    end = next((i for i, mark in enumerate(token) if mark in ":{[>"), None)
    if end is None:
        raise ValueError(f"field without a type in the practice tables: {token!r}")
    names, mark, rest = tuple(filter(None, token[:end].split("|"))), token[end], token[end + 1 :]
    if mark == ">":
        return Item(names, target=rest)
    if mark == "{":
        return Item(names, children=tuple(_items(rest.removesuffix("}"))))
    if mark == "[" and rest.startswith("]:"):
        return Item(names, rest[2:], array=True)
    if mark == "[":
        return Item(names, children=tuple(_items(rest.removesuffix("]"))), array=True)
    return Item(names, rest.removesuffix("?"), rest.endswith("?"))


# --------------------------------------------------------------------- names

_SHORT: Final = {
    "quantity": "qty", "number": "num", "description": "desc", "amount": "amt",
    "department": "dept", "address": "addr", "category": "cat", "average": "avg",
    "minimum": "min", "maximum": "max", "position": "pos", "customer": "cust",
}  # fmt: skip


_FLAGS: Final[tuple[tuple[Any, Any], ...]] = (
    (False, True), ("F", "T"), ("N", "Y"), ("no", "yes"), ("No", "Yes"),
)  # fmt: skip


@dataclass(slots=True)
class Naming:
    """How one database writes its names and keeps its values."""

    rng: Random
    style: str = field(init=False)
    short: bool = field(init=False)
    money: str = field(init=False)
    dates: str = field(init=False)
    ids: str = field(init=False)
    nulls: bool = field(init=False)
    flags: tuple[Any, Any] = field(init=False)  # what stands for false and true
    first: bool = False  # everything by the first of its names

    def __post_init__(self) -> None:
        draw = self.rng
        self.style = draw.choices(("snake", "camel", "pascal", "title"), (0.45, 0.37, 0.1, 0.08))[0]
        self.short = draw.random() < 0.2
        self.money = draw.choices(("double", "int", "decimal"), (0.5, 0.25, 0.25))[0]
        self.dates = draw.choices(("date", "text"), (0.88, 0.12))[0]
        self.ids = draw.choices(("object", "number", "own"), (0.55, 0.15, 0.3))[0]
        self.nulls = draw.random() < 0.4
        self.flags = draw.choices(_FLAGS, (0.7, 0.1, 0.1, 0.05, 0.05))[0]

    def write(self, name: str) -> str:
        words = list(words_of(name))
        if self.short:
            words = [_SHORT.get(word, word) for word in words]
        match self.style:
            case "camel":
                return words[0] + "".join(word.capitalize() for word in words[1:])
            case "pascal":
                return "".join(word.capitalize() for word in words)
            case "title":
                return "_".join(word.capitalize() for word in words)
        return "_".join(words)

    def one_of(self, names: tuple[str, ...]) -> str:
        return self.write(names[0] if self.first else self.rng.choice(names))


# ----------------------------------------------------------------- databases


@dataclass(slots=True)
class _Plan:
    """A collection of one database, drawn but not filled."""

    table: Table
    name: str
    key: str  # the field that references point to
    count: int
    keys: list[Any] = field(default_factory=list)


def practice_documents(seed: int, count: int = DATABASES) -> dict[str, dict[str, Documents]]:
    """`count` databases by name, each its documents by collection."""
    domains = parse_domains()
    found: dict[str, dict[str, Documents]] = {}
    for number in range(count):
        domain = list(domains)[number % len(domains)]
        name = f"practice_{domain}_{number // len(domains)}"
        found[name] = _database(domains[domain], Random(f"{seed}:{name}"))
    return found


def practice_catalogs(seed: int, count: int = DATABASES) -> dict[str, Catalog]:
    """Catalogs inferred from `practice_documents`."""
    return {
        name: catalog_from_documents(name, documents)
        for name, documents in practice_documents(seed, count).items()
    }


def practice_examples(catalogs: dict[str, Catalog], each: int, seed: int) -> list[Example]:
    """`each` questions over every catalog."""
    return [example for catalog in catalogs.values() for example in synthesise(catalog, each, seed)]


def _database(tables: tuple[Table, ...], rng: Random) -> dict[str, Documents]:
    naming = Naming(rng)
    if len(tables) > 2 and rng.random() < 0.3:
        tables = _without_one(tables, rng)
    return _filled(_embedded(tables, rng), naming)[0]


def whole_database(
    tables: tuple[Table, ...], rng: Random, as_written: bool
) -> tuple[dict[str, Documents], dict[str, str]]:
    """A database with every collection and field of the tables, nested as they say.

    Also how each `collection.path`, by the first of its names, is called in it. `as_written`
    takes those first names; else names, their style and how values are kept are drawn.
    """
    naming = Naming(rng)
    if as_written:
        naming.style, naming.short, naming.ids, naming.first = "snake", False, "object", True
        naming.flags = (False, True)
    naming.dates = "date"
    if naming.ids == "number" or any(item.target and item.names for item in _every(tables)):
        naming.ids = "object"  # numbers alone don't tell what a role refers to
    return _filled(tables, naming, whole=True)


def _filled(
    tables: tuple[Table, ...], naming: Naming, whole: bool = False
) -> tuple[dict[str, Documents], dict[str, str]]:
    rng = naming.rng
    plans = {table.names[0]: _drawn(table, naming) for table in tables}
    for plan in plans.values():
        plan.keys = [_new_key(rng, naming, number) for number in range(plan.count)]
    called: dict[str, str] = {}
    fillers = {}
    for name, plan in plans.items():
        filler = _Filler(naming, plans, whole)
        fillers[name] = filler.fields(plan.table.items)
        called[name] = plan.name
        called[f"{name}._id"] = f"{plan.name}.{plan.key}"
        called |= {f"{name}.{a}": f"{plan.name}.{b}" for a, b in filler.called.items()}
    documents = {
        plan.name: [_document(fillers[name], plan, number, naming) for number in range(plan.count)]
        for name, plan in plans.items()
    }
    return documents, called


def _without_one(tables: tuple[Table, ...], rng: Random) -> tuple[Table, ...]:
    gone = rng.choice([table for table in tables if not _is_target(table, tables)] or [tables[-1]])
    return tuple(table for table in tables if table is not gone)


def _is_target(table: Table, tables: tuple[Table, ...]) -> bool:
    return any(item.target == table.names[0] for item in _every(tables))


def _every(tables: tuple[Table, ...]) -> Iterator[Item]:
    """All items of all tables, those inside others too."""
    return (item for table in tables for item in _all(table.items))


def _all(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _all(item.children)


def _embedded(tables: tuple[Table, ...], rng: Random) -> tuple[Table, ...]:
    """Sometimes what refers to a thing is kept inside it: loans as an array of their member."""
    found = list(tables)
    for table in tables:
        owners = [item for item in table.items if item.target]
        if not owners or _is_target(table, tuple(found)) or rng.random() > 0.22:
            continue
        place = next((i for i, t in enumerate(found) if t.names[0] == owners[0].target), None)
        if place is None or len(found) < 3:
            continue
        inside = tuple(item for item in table.items if item is not owners[0])
        owner = found[place]
        array = Item(table.names, children=inside, array=True)
        found[place] = Table(owner.names, (*owner.items, array))
        found = [other for other in found if other is not table]
    return tuple(found)


def _drawn(table: Table, naming: Naming) -> _Plan:
    rng = naming.rng
    name = table.names[0] if naming.first else rng.choice(table.names)
    one = singular_phrase(name.replace("_", " ")).replace(" ", "_")
    if rng.random() < 0.15 and not naming.first:
        name = one
    key = naming.write(f"{one}_id") if naming.ids == "own" else "_id"
    fixed = next((i for i in table.items if "name" in i.names and i.kind.startswith("enum")), None)
    count = fixed.kind.count("|") + 1 if fixed else rng.randint(40, 130)
    return _Plan(table, naming.write(name), key, count)


def _new_key(rng: Random, naming: Naming, number: int) -> Any:
    if naming.ids == "object":
        return ObjectId(rng.randbytes(12))
    return number + 1


_Fill: TypeAlias = Any  # (rng, number) -> value, or _MISSING
_MISSING: Final = object()


class _Filler:
    """Turns the items of a table into named generators for one database."""

    def __init__(self, naming: Naming, plans: dict[str, _Plan], whole: bool = False) -> None:
        self.naming, self.plans, self.whole = naming, plans, whole
        self.called: dict[str, str] = {}  # path by first names -> path in this database

    def fields(
        self, items: tuple[Item, ...], written: str = "", path: str = ""
    ) -> list[tuple[str, _Fill]]:
        """Named generators; `written` and `path` are where the items stand, with a dot behind."""
        rng = self.naming.rng
        found: dict[str, _Fill] = {}
        for position, item in enumerate(items):
            if item.target and item.target not in self.plans:
                continue
            droppable = not self.whole and position > 0 and not item.target and len(items) > 3
            if droppable and rng.random() < 0.14:
                continue
            first = item.names[0] if item.names else item.target
            here = f"{written}{_reference(first) if item.target else first}"
            if item.children and not item.array and not self.whole and rng.random() < 0.25:
                # Objects are flattened in some databases: `city` instead of `address.city`.
                for name, fill in self.fields(item.children, f"{here}.", path):
                    found.setdefault(name, fill)
                continue
            name = self._reference_name(item) if item.target else self.naming.one_of(item.names)
            if self.whole and name in found:
                name = self.naming.write(first)
            self.called[here] = f"{path}{name}"
            found.setdefault(name, self.fill(item, f"{here}.", f"{path}{name}."))
        return list(found.items())

    def fill(self, item: Item, written: str, path: str) -> _Fill:
        rng, naming = self.naming.rng, self.naming
        if item.target:
            keys = self.plans[item.target].keys
            # Some things are referred to far more often than others, and a few never.
            weights = [rng.paretovariate(1.3) if rng.random() > 0.06 else 0.0 for _ in keys]
            weights[0] += 0.01
            return lambda r, _: r.choices(keys, weights)[0]
        if item.children:
            inner = self.fields(item.children, written, path)
            if not item.array:
                return lambda r, n: _object(inner, r, n)
            most = rng.choice((2, 3, 5))
            return lambda r, n: [_object(inner, r, n) for _ in range(r.randint(0, most))]
        make = maker(item.kind, rng, naming.money, naming.dates, naming.flags)
        if item.array:
            return lambda r, _: list(dict.fromkeys(make(r) for _ in range(r.randint(0, 3))))
        if "name" in item.names and item.kind.startswith("enum"):
            options = item.kind[5:-1].split("|")
            return lambda _, n: options[n % len(options)].replace("~", " ")
        if item.kind.startswith("int") and rng.random() < 0.02:
            return lambda r, _: str(make(r))
        if not item.optional:
            return lambda r, _: make(r)
        share = rng.uniform(0.35, 0.9)
        gap = None if naming.nulls else _MISSING
        return lambda r, _: make(r) if r.random() < share else gap

    def _reference_name(self, item: Item) -> str:
        rng = self.naming.rng
        if self.naming.first:
            return _reference(item.names[0] if item.names else item.target)
        target = self.plans[item.target].name if self.whole else item.target
        role = rng.choice(item.names) if item.names else "_".join(words_of(target))
        name = _reference(role)
        return self.naming.write(name.removesuffix("_id") if rng.random() < 0.12 else name)


def _reference(role: str) -> str:
    """`authors` -> `author_id`."""
    return singular_phrase(role.replace("_", " ")).replace(" ", "_") + "_id"


def _object(fields: list[tuple[str, _Fill]], rng: Random, number: int) -> dict[str, Any]:
    drawn = ((name, fill(rng, number)) for name, fill in fields)
    return {name: value for name, value in drawn if value is not _MISSING}


def _document(
    fields: list[tuple[str, _Fill]], plan: _Plan, number: int, naming: Naming
) -> dict[str, Any]:
    rng = naming.rng
    own_id = plan.keys[number] if plan.key == "_id" else ObjectId(rng.randbytes(12))
    start = {"_id": own_id, plan.key: plan.keys[number]}
    return {**start, **_object(fields, rng, number)}
