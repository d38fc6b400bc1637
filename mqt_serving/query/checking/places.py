"""What may stand at each path of the documents at one point of a pipeline, as far as is known.

A `Place` is one node of that tree. Where nothing is known (`UNKNOWN`), everything may be: checks
that use this module must not hold anything against it. Pure; depends on the schema contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from mqt_serving.schema import NUMERIC, BsonType, CollectionSchema, FieldSchema

Types = frozenset[BsonType]

MOST_SAMPLED_PATHS = 400
"""Schemas are cut at so many paths (see `mqt_assets.schemas.inference`)."""


@dataclass(frozen=True, slots=True)
class Place:
    """`types` are those of the value itself, None when not known; `element` of a list's elements.

    `children` are the fields of an object; `open`: it may have others. `sampled`: all this is
    known from a sample, so other documents may differ; else it is so by construction. `stored`
    is the field of the collection whose values stand here unchanged. `private`: the guard refuses
    its use, and nothing may be told of it.
    """

    types: Types | None = None
    children: Mapping[str, Place] = field(default_factory=dict)
    open: bool = True
    element: Place | None = None
    sampled: bool = False
    stored: FieldSchema | None = None
    private: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the value is certainly a list (or null, or missing)."""
        return self.types is not None and self.types - {BsonType.NULL} == {BsonType.ARRAY}

    @property
    def may_be_list(self) -> bool:
        return self.types is None or BsonType.ARRAY in self.types


UNKNOWN = Place()
PRIVATE = Place(private=True)


class Nothing(Enum):
    """Why nothing is known to stand at a path."""

    UNSEEN = "no sampled document has it"
    IMPOSSIBLE = "the stages before leave no such field"


def value(*types: BsonType, sampled: bool = False) -> Place:
    """A scalar of one of these types, without fields."""
    return Place(frozenset(types), open=False, sampled=sampled)


NUMBER = Place(NUMERIC | {BsonType.NULL}, open=False)


def list_of(element: Place, sampled: bool = False) -> Place:
    return Place(frozenset({BsonType.ARRAY}), open=False, element=element, sampled=sampled)


def object_of(children: Mapping[str, Place], is_open: bool = False) -> Place:
    return Place(frozenset({BsonType.OBJECT}), dict(children), is_open)


# ------------------------------------------------------------------------ from schemas


def documents_of(schema: CollectionSchema) -> Place:
    """The documents of a collection."""
    children: dict[str, list[FieldSchema]] = {}
    for known in schema.fields:
        children.setdefault(known.path.rpartition(".")[0], []).append(known)
    cut = len(schema.fields) >= MOST_SAMPLED_PATHS
    found = _object(frozenset({BsonType.OBJECT}), "", children, cut)
    # Stored documents have an id, whether or not the sample shows it.
    return replace(found, children={"_id": UNKNOWN, **found.children})


def _object(types: Types, path: str, fields: Mapping[str, list[FieldSchema]], cut: bool) -> Place:
    inside = {known.leaf: _stored(known, fields, cut) for known in fields.get(path, ())}
    # Objects whose fields were not kept are dictionaries: any key may be there.
    return Place(types, inside, cut or not inside, sampled=True)


def _stored(known: FieldSchema, fields: Mapping[str, list[FieldSchema]], cut: bool) -> Place:
    if known.private:
        return PRIVATE
    types = frozenset(known.types)
    if known.arrays[-1:] != (known.path,):
        return replace(_holder(known, types, fields, cut), stored=known)
    scalars = types - {BsonType.ARRAY}
    inner = _holder(known, scalars or frozenset({BsonType.OBJECT}), fields, cut)
    if not scalars and not inner.children:
        inner = UNKNOWN  # only empty lists, or lists in lists, were seen
    element = replace(inner, stored=known)
    # Scalars seen at the path may be elements, or stand there without a list.
    alone = replace(element, types=types) if scalars else Place(types, open=False, sampled=True)
    return replace(alone, element=element, stored=known)


def _holder(
    known: FieldSchema, types: Types, fields: Mapping[str, list[FieldSchema]], cut: bool
) -> Place:
    if known.path in fields:
        return _object(types | {BsonType.OBJECT}, known.path, fields, cut)
    return Place(types, open=BsonType.OBJECT in types, sampled=True)


# --------------------------------------------------------------------------- looking up


def find(root: Place, path: str) -> Place | Nothing:
    """What stands at a dotted path of a filter, lists passed through with or without positions."""
    current = root
    for name in path.split(".") if path else ():
        found = child(current, name)
        if isinstance(found, Nothing):
            return found
        current = found
    return current


def child(place: Place, name: str) -> Place | Nothing:
    """What stands under one name in an object, or in the elements of a list."""
    holders = [place, *_elements(place)]
    if name.isdigit() and place.may_be_list:
        return place.element or UNKNOWN
    for holder in holders:
        if name in holder.children:
            return holder.children[name]
    if any(holder.types is None or holder.open for holder in holders):
        return UNKNOWN
    return Nothing.UNSEEN if any(holder.sampled for holder in holders) else Nothing.IMPOSSIBLE


def _elements(place: Place) -> list[Place]:
    return [place.element] if place.element is not None else []


def value_at(root: Place, path: str) -> Place | Nothing:
    """What the expression `"$path"` gives: through a list, the list of what its elements have."""
    current = root
    listed = sampled = False
    for name in path.split(".") if path else ():
        found = child(current, name)
        if isinstance(found, Nothing):
            return found
        if current.is_list:
            listed, sampled = True, sampled or current.sampled
        elif current.may_be_list:
            return UNKNOWN
        current = found
    return list_of(current, sampled) if listed else current


def names_in(place: Place) -> list[str]:
    """The names known to stand in an object or in a list's elements."""
    return sorted({name for holder in [place, *_elements(place)] for name in holder.children})


def known_paths(root: Place, most: int = MOST_SAMPLED_PATHS) -> list[str]:
    """The dotted paths known under a place, parents before children, private ones left out."""
    found: list[str] = []
    pending = [("", root)]
    while pending and len(found) < most:
        prefix, place = pending.pop(0)
        for name in names_in(place):
            below = child(place, name)
            if isinstance(below, Place) and not below.private:
                found.append(prefix + name)
                pending.append((f"{prefix}{name}.", below))
    return found


# ----------------------------------------------------------------------------- changing


def with_value(root: Place, path: str, placed: Place) -> Place:
    """The tree with something else at a path, in every element where the path passes a list."""
    name, _, rest = path.partition(".")
    if root.is_list and root.element is not None:
        return replace(root, element=with_value(root.element, path, placed), stored=None)
    if rest:
        inner = root.children.get(name, object_of({}, root.open))
        placed = with_value(inner, rest, placed)
    if root.types is None:
        return replace(root, children={**root.children, name: placed}, stored=None)
    if BsonType.OBJECT not in root.types:
        root = object_of({}, root.open)
    return replace(root, children={**root.children, name: placed}, stored=None)


def without_path(root: Place, path: str) -> Place:
    """The tree without a path: whoever names it now names what is not there."""
    name, _, rest = path.partition(".")
    if root.element is not None:
        root = replace(root, element=without_path(root.element, path))
    if name not in root.children:
        return root
    children = dict(root.children)
    removed = children.pop(name)
    if rest:
        children[name] = without_path(removed, rest)
    return replace(root, children=children, stored=None)


def only_paths(root: Place, paths: Iterable[str]) -> Place:
    """An inclusion: what stands at the paths, and nothing else."""
    kept: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        kept.setdefault(name, []).append(rest)
    children: dict[str, Place] = {}
    for name, inner in kept.items():
        found = child(root, name)
        known = UNKNOWN if isinstance(found, Nothing) else found
        whole = "" in inner or known == UNKNOWN
        children[name] = known if whole else _narrowed(known, inner)
    return object_of(children)


def _narrowed(place: Place, paths: list[str]) -> Place:
    if place.element is not None:
        narrowed = only_paths(place.element, paths)
        return replace(place, children={}, open=False, element=narrowed, stored=None)
    kept = only_paths(place, paths)
    return replace(place, children=kept.children, open=False, sampled=False, stored=None)


def element_of(place: Place) -> Place:
    """What `$unwind` leaves: an element, or the value itself where it is no list."""
    if place.types is None:
        return UNKNOWN
    if BsonType.ARRAY not in place.types:
        return place
    element = place.element or UNKNOWN
    return element if place.is_list else either(element, _without_list(place))


def _without_list(place: Place) -> Place:
    types = (place.types or frozenset()) - {BsonType.ARRAY}
    return replace(place, types=types, element=None)


def either(first: Place, second: Place) -> Place:
    """What may be one or the other."""
    if first == second:
        return first
    names = {*first.children, *second.children}
    children = {
        name: either(first.children[name], second.children[name])
        if name in first.children and name in second.children
        else first.children.get(name) or second.children[name]
        for name in names
    }
    unknown = first.types is None or second.types is None
    elements = [*_elements(first), *_elements(second)]
    element = either(*elements) if len(elements) == 2 else elements[0] if elements else None
    return Place(
        None if unknown else (first.types or frozenset()) | (second.types or frozenset()),
        children,
        first.open or second.open,
        element,
        first.sampled or second.sampled,
        first.stored if first.stored == second.stored else None,
    )
