"""What is questionable about a schema: findings for people and for asset checks. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mqt_assets.schemas.inference import MAX_PATHS
from mqt_serving.schema import NUMERIC, BsonType, CollectionSchema, FieldSchema

_MIXED_SHARE = 0.01
_RARE = 0.01


class Severity(StrEnum):
    ERROR = "error"  # nothing can be asked about it
    WARNING = "warning"  # answers may be incomplete or surprising
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """`code` is a stable slug for counting; `path` is empty when the collection is meant."""

    severity: Severity
    code: str
    path: str
    message: str


def assess(schema: CollectionSchema) -> list[Finding]:
    """All findings, the gravest first, then by path."""
    found = [*_of_collection(schema)]
    for field in schema.fields:
        found.extend(_of_field(schema, field))
    ranks = list(Severity)
    return sorted(found, key=lambda f: (ranks.index(f.severity), f.path, f.code))


def _of_collection(schema: CollectionSchema) -> Iterator[Finding]:
    if not schema.sampled:
        empty = "holds no documents" if not schema.document_count else "could not be sampled"
        message = f"{schema.collection} {empty}, so nothing can be asked about it."
        yield Finding(Severity.ERROR, "empty-collection", "", message)
        return
    if not any(field.is_scalar and field.path != "_id" for field in schema.fields):
        message = f"{schema.collection} has no field with values besides _id."
        yield Finding(Severity.ERROR, "no-fields", "", message)
    if len(schema.fields) >= MAX_PATHS:
        message = (
            f"Only the {MAX_PATHS} most common paths are kept; rarer ones cannot be asked for."
        )
        yield Finding(Severity.WARNING, "too-many-paths", "", message)
    spellings: dict[str, list[str]] = defaultdict(list)
    for field in schema.fields:
        spellings[field.path.lower()].append(field.path)
    for paths in spellings.values():
        if len(paths) > 1:
            message = f"{', '.join(paths)} differ in case only: which one is meant stays a guess."
            yield Finding(Severity.WARNING, "same-name", paths[0], message)


def _of_field(schema: CollectionSchema, field: FieldSchema) -> Iterator[Finding]:
    path = field.path
    families = _families(field)
    if len(families) > 1:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in families.items())
        message = f"{path} mixes types ({shares}): comparisons see one type at a time."
        yield Finding(Severity.WARNING, "mixed-types", path, message)
    if field.numeric_text:
        message = f"{path} keeps numbers as text: its order is alphabetical."
        yield Finding(Severity.WARNING, "numeric-text", path, message)
    if set(field.types) == {BsonType.NULL}:
        message = f"{path} is null wherever it was seen: its type is unknown."
        yield Finding(Severity.WARNING, "only-null", path, message)
    has_children = any(other.path.startswith(path + ".") for other in schema.fields)
    if field.main_type is BsonType.OBJECT and not has_children:
        message = f"{path} is an object without fixed keys (a dictionary, or always empty)."
        yield Finding(Severity.WARNING, "dictionary", path, message)
    if 0 < field.presence < _RARE:
        message = f"{path} is in {field.presence:.2%} of its parents only: perhaps a leftover."
        yield Finding(Severity.INFO, "rare-field", path, message)


def _families(field: FieldSchema) -> dict[str, float]:
    """Shares by type, numbers together, without nulls, arrays and what is too rare to matter."""
    shares: dict[str, float] = defaultdict(float)
    for kind, share in field.types.items():
        if kind not in (BsonType.NULL, BsonType.ARRAY):
            shares["number" if kind in NUMERIC else kind.value] += share
    return {name: share for name, share in sorted(shares.items()) if share >= _MIXED_SHARE}
