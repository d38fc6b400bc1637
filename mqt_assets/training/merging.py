"""Handwritten databases once more with one collection kept inside another. Pure.

As MongoDB schemas often have it: each booking holds a copy of its member instead of a reference.
The same questions then ask for fields of a nested object where they asked for those of a collection
before. Plans that would mean something else there are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from random import Random
from typing import Final

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example
from mqt_assets.training.handwritten import (
    Handwritten,
    Sheet,
    examples_of,
    read_plan,
    sheet_catalog,
)
from mqt_assets.training.practice import Documents, Item, Table, whole_database
from mqt_assets.training.renaming import renamed, with_flags_as_kept
from mqt_serving.english import singular_phrase
from mqt_serving.query.plan import Aggregate, Entity, Field, Plan, Related, walk

_PREFIX: Final = "merged_"
_SHOWN: Final = ("outputs", "group_by", "order_by")
_ID_ENDS: Final = ("_id", "Id", "_Id", "ID")


@dataclass(frozen=True, slots=True)
class Merge:
    """`target` goes where `owner` refers to it by `reference`; all as the sheet's tables say."""

    owner: str
    target: str
    reference: str


def merged(sheets: Iterable[Sheet]) -> Handwritten:
    """Questions over `merged_<file>` of each sheet that has a collection to merge."""
    examples: list[Example] = []
    catalogs = {}
    for sheet in sheets:
        rng = Random(f"merge {sheet.name}")
        merges = possible_merges(sheet.tables)
        if not merges:
            continue
        merge = rng.choice(merges)
        found = merge_documents(*whole_database(sheet.tables, rng, as_written=False), merge)
        if found is None:
            continue
        documents, called = found
        catalog = catalog_from_documents(f"{_PREFIX}{sheet.name}", documents)
        catalogs[catalog.database] = catalog
        plain, _ = sheet_catalog(sheet, 0)
        for block in sheet.blocks:
            plan = read_plan(sheet, block, plain)
            if plan is not None and means_the_same(plan, merge, called):
                here = with_flags_as_kept(renamed(plan, called), catalog)
                examples += examples_of(block, here, catalog)
    return Handwritten(tuple(examples), catalogs)


def is_merged(example: Example) -> bool:
    return example.database.startswith(_PREFIX)


def possible_merges(tables: Sequence[Table]) -> list[Merge]:
    """Of each collection that a single reference points to, at the top of another's documents."""
    pointing: dict[str, list[Merge | None]] = {}
    for table in tables:
        for item in table.items:
            if item.target:
                role = singular_phrase((item.names or (item.target,))[0].replace("_", " "))
                merge = Merge(table.names[0], item.target, f"{role.replace(' ', '_')}_id")
                pointing.setdefault(item.target, []).append(merge)
            for nested in _referred_to(item.children):
                pointing.setdefault(nested, []).append(None)
    single = [merges[0] for merges in pointing.values() if len(merges) == 1]
    return [merge for merge in single if merge is not None and merge.owner != merge.target]


def _referred_to(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        if item.target:
            yield item.target
        yield from _referred_to(item.children)


def merge_documents(
    documents: Mapping[str, Documents], called: Mapping[str, str], merge: Merge
) -> tuple[dict[str, Documents], dict[str, str]] | None:
    """Documents and names, as `whole_database` gives them, with the target's plain fields inside.

    None where there is nothing to put there, or its place is taken.
    """
    owner, target = called[merge.owner], called[merge.target]
    reference = called.get(f"{merge.owner}.{merge.reference}")
    if reference is None:
        return None
    field = reference.partition(".")[2]
    role = _without_id(field)
    key = called[f"{merge.target}._id"].partition(".")[2]
    moving = _moving(documents[target], called, merge.target, {key, "_id"})
    taken = role != field and any(role in row for row in documents[owner])
    if not moving or taken:
        return None
    kept = set(moving.values())
    copies = {row[key]: {n: v for n, v in row.items() if n in kept} for row in documents[target]}
    changed = [
        {
            role if name == field else name: dict(copies.get(value, {})) if name == field else value
            for name, value in row.items()
        }
        for row in documents[owner]
    ]
    found = {n: changed if n == owner else list(r) for n, r in documents.items() if n != target}
    gone = {w for w in called if f"{w}.".startswith(f"{merge.target}.")}
    gone.add(f"{merge.owner}.{merge.reference}")
    names = {written: path for written, path in called.items() if written not in gone}
    names |= {written: f"{owner}.{role}.{name}" for written, name in moving.items()}
    return found, names


def _without_id(field: str) -> str:
    for end in _ID_ENDS:
        field = field.removesuffix(end)
    return field


def _moving(
    rows: Documents, called: Mapping[str, str], target: str, keys: set[str]
) -> dict[str, str]:
    """The target's plain fields but keys and references: as written, and as they are called."""
    at_top = {
        written: path.partition(".")[2]
        for written, path in called.items()
        if written.startswith(f"{target}.") and path.count(".") == 1 and not written.endswith("_id")
    }
    return {
        written: name
        for written, name in at_top.items()
        if name not in keys and not any(isinstance(row.get(name), list | dict) for row in rows)
    }


def means_the_same(plan: Plan, merge: Merge, called: Mapping[str, str]) -> bool:
    """Whether renaming is all it takes for the plan to say the same over the merged database."""
    for node in walk(plan):
        match node:
            case Entity(collection):
                same = collection != merge.target
            case Field(merge.target, path):
                same = f"{merge.target}.{path}" in called
            case Field(merge.owner, path):
                same = path != merge.reference
            case Plan():
                same = _has_same_rows(node, merge)
            case _:
                same = True
        if not same:
            return False
    return True


def _has_same_rows(plan: Plan, merge: Merge) -> bool:
    """Where the target is spoken of, it is of the owner's rows, not of the target's own."""
    everything = [node for field in fields(plan) for node in _below(getattr(plan, field.name))]
    if not any(_is_of(node, merge.target) for node in everything):
        return True
    if any(isinstance(node, Related) for node in everything):
        return False
    totals = [node for node in everything if isinstance(node, Aggregate)]
    if any(_is_of(node, merge.target) for total in totals for node in _below(total.argument)):
        return False
    shown = [node for name in _SHOWN for node in _below(getattr(plan, name))]
    return any(_is_of(node, merge.owner) for node in shown)


def _is_of(node: object, collection: str) -> bool:
    return isinstance(node, Field | Entity) and node.collection == collection


def _below(node: object) -> Iterator[object]:
    """The node and all below it, but what is inside sub-queries."""
    if isinstance(node, tuple):
        for part in node:
            yield from _below(part)
    elif is_dataclass(node):
        yield node
        if not isinstance(node, Plan):
            for field in fields(node):
                yield from _below(getattr(node, field.name))
