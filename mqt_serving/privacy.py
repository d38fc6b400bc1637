"""Fields that must never leave: marked in catalogs, removed from whatever is shown.

The guard refuses queries that name a private field; this module makes sure that one which comes
along unasked (a whole document, a schema listing, a search hit) is taken out. Pure functions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.guarding.views import access_to
from mqt_serving.query.pipeline import AllOf
from mqt_serving.schema import Catalog, CollectionSchema

_Model = TypeVar("_Model", bound=BaseModel)


def with_private_fields(catalog: Catalog, settings: Sequence[str]) -> Catalog:
    """The catalog with the fields of the setting marked private, and their values removed.

    A setting is `collection.path` or `database.collection.path`; it covers everything below the
    path. Collection names may hold dots: the longest collection name that fits is meant.
    """
    changed = tuple(_mark(schema, settings) for schema in catalog.collections)
    return _replaced(catalog, collections=changed) if settings else catalog


def readable(catalog: Catalog, policy: Policy) -> Catalog:
    """What of the catalog a policy leaves: collections that may be read, hidden fields private.

    Where only some documents may be read, the values that were seen are removed: they may be of
    other documents.
    """
    left = tuple(s for s in catalog.collections if policy.of(s.collection) is not None)
    names = {schema.collection for schema in left}
    return _replaced(
        catalog,
        collections=tuple(_as_policy_leaves(schema, catalog, policy) for schema in left),
        references=tuple(
            r for r in catalog.references if {r.from_collection, r.to_collection} <= names
        ),
    )


def _as_policy_leaves(
    schema: CollectionSchema, catalog: Catalog, policy: Policy
) -> CollectionSchema:
    access = access_to(schema.collection, catalog, policy)
    own = policy.of(schema.collection)
    partial = own is not None and own.mandatory != AllOf(())
    if access.is_open and not partial:
        return schema
    fields = []
    for field in schema.fields:
        private = field.private or access.hides(field.path)
        unseen = {"samples": (), "minimum": None, "maximum": None} if private or partial else {}
        fields.append(_replaced(field, private=private, **unseen))
    return _replaced(schema, fields=tuple(fields))


def private_paths(schema: CollectionSchema) -> frozenset[str]:
    return frozenset(field.path for field in schema.fields if field.private)


def visible(schema: CollectionSchema) -> CollectionSchema:
    """The schema without its private fields and the indexes over them."""
    hidden = private_paths(schema)
    if not hidden:
        return schema
    return _replaced(
        schema,
        fields=tuple(f for f in schema.fields if not covers(hidden, f.path)),
        indexes=tuple(
            i for i in schema.indexes if not any(covers(hidden, path) for path, _ in i.keys)
        ),
    )


def covers(paths: Collection[str], path: str) -> bool:
    """Whether `path` is one of `paths` or lies below one."""
    parts = path.split(".")
    return any(".".join(parts[:n]) in paths for n in range(1, len(parts) + 1))


def without_paths(row: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """The row without the values at `hidden` paths, through nested objects and arrays."""
    return _strip(row, hidden, "") if hidden else dict(row)


def _mark(schema: CollectionSchema, settings: Sequence[str]) -> CollectionSchema:
    prefixes = (f"{schema.database}.{schema.collection}.", f"{schema.collection}.")
    paths = {
        setting.removeprefix(prefix)
        for setting in settings
        for prefix in prefixes
        if setting.startswith(prefix)
    }
    if not paths:
        return schema
    fields = tuple(
        _replaced(field, private=True, samples=(), minimum=None, maximum=None)
        if covers(paths, field.path)
        else field
        for field in schema.fields
    )
    return _replaced(schema, fields=fields)


def _replaced(model: _Model, **changes: Any) -> _Model:
    """A changed copy. Not `model_copy`: that takes stale cached properties along."""
    kept = {name: getattr(model, name) for name in type(model).model_fields}
    return type(model)(**{**kept, **changes})


def _strip(value: Any, hidden: Collection[str], prefix: str) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _strip(inner, hidden, f"{prefix}{key}.")
            for key, inner in value.items()
            if f"{prefix}{key}" not in hidden
        }
    if isinstance(value, list):
        return [_strip(inner, hidden, prefix) for inner in value]
    return value
