"""How far schemas have moved since a model was trained on them. Pure.

A shape is what a model could have learned of names: collections, field paths and their main types.
Values and counts are no part of it, nor are they read from the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mqt_serving.schema import Catalog, digest_of

Shape = Mapping[str, Mapping[str, str]]
"""Field path to BSON type, by `database.collection`."""

SHAPE_FILE: Final = "schema.json"
"""In a translator's folder: the shape that it was trained on."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """Collections that came or went, and fields that came, went or have another type, each of all
    there were or are; `key` tells this change from others."""

    collections: int
    of_collections: int
    fields: int
    of_fields: int
    key: str = ""

    @property
    def share(self) -> float:
        """The larger of both shares."""
        return max(
            self.collections / max(1, self.of_collections), self.fields / max(1, self.of_fields)
        )

    def __str__(self) -> str:
        return (
            f"{self.collections} of {self.of_collections} collections and {self.fields} of "
            f"{self.of_fields} fields changed ({self.share:.0%})"
        )


def shape_of(catalogs: Iterable[Catalog]) -> dict[str, dict[str, str]]:
    return {
        f"{catalog.database}.{schema.collection}": {
            field.path: str(field.main_type) for field in schema.fields
        }
        for catalog in catalogs
        for schema in catalog.collections
    }


def change(before: Shape, now: Shape) -> SchemaChange:
    """How `now` differs from `before`."""
    flat_before, flat_now = _fields(before), _fields(now)
    fields = flat_before.keys() | flat_now.keys()
    return SchemaChange(
        collections=len(before.keys() ^ now.keys()),
        of_collections=len(before.keys() | now.keys()),
        fields=sum(flat_before.get(field) != flat_now.get(field) for field in fields),
        of_fields=len(fields),
        key=digest_of([before, now]),
    )


def write_shape(folder: Path, catalogs: Iterable[Catalog]) -> None:
    (folder / SHAPE_FILE).write_text(json.dumps(shape_of(catalogs), sort_keys=True, indent=1))


def read_shape(folder: Path) -> Shape | None:
    """The shape that the translator in `folder` was trained on; None where it does not say."""
    file = folder / SHAPE_FILE
    if not file.is_file():
        return None
    body: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return body


def _fields(shape: Shape) -> dict[tuple[str, str], str]:
    return {
        (collection, path): kind
        for collection, fields in shape.items()
        for path, kind in fields.items()
    }
