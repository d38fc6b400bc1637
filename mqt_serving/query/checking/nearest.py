"""The names that somebody may have meant: nearest fields, for errors and notes about unknown ones.

Private fields are never named. Depends on the schema and the plan's `Field`.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from mqt_serving.errors import UnknownField
from mqt_serving.query.plan import Field
from mqt_serving.schema import Catalog

MOST = 3
CLOSE = 0.65
_ELSEWHERE = 0.8  # names in other collections must be nearer than those in the one that was meant


def nearest_fields(field: Field, catalog: Catalog) -> tuple[Field, ...]:
    """At most three fields with a similar path or last name, nearest first."""
    ranked: list[tuple[float, str, str]] = []
    for schema in catalog.collections:
        own = schema.collection == field.collection
        for known in schema.fields:
            if known.private:
                continue
            likeness = likeness_of(field.path, known.path)
            if likeness >= (CLOSE if own else _ELSEWHERE):
                ranked.append((-likeness - 0.1 * own, schema.collection, known.path))
    return tuple(Field(collection, path) for _, collection, path in sorted(ranked)[:MOST])


def likeness_of(asked: str, known: str) -> float:
    """0 to 1: of the whole paths, or of the last names (slightly less) when those are nearer."""
    whole = _ratio(asked, known)
    return max(whole, 0.95 * _ratio(asked.rpartition(".")[2], known.rpartition(".")[2]))


def unknown_field(field: Field, catalog: Catalog, what: str = "field") -> UnknownField:
    """The error for a field that the schema does not have."""
    near = nearest_fields(field, catalog)
    hint = f": did you mean {_listed(near, field.collection)}?" if near else ""
    return UnknownField(f"no {what} {field.path!r} in collection {field.collection!r}{hint}")


def _listed(fields: tuple[Field, ...], collection: str) -> str:
    names = [
        f"`{field.path}`" + ("" if field.collection == collection else f" of {field.collection}")
        for field in fields
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _ratio(asked: str, known: str) -> float:
    matcher = SequenceMatcher(None, _plain(asked), _plain(known))
    if matcher.real_quick_ratio() < CLOSE or matcher.quick_ratio() < CLOSE:
        return 0.0
    return matcher.ratio()


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
