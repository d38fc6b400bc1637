"""The texts of a schema that are worth a vector: its collection, its fields, its values.

Pure. Of private fields not even the name is embedded: a search must not hint at them.
"""

from __future__ import annotations

import re

from mqt_assets.schemas.names import readable
from mqt_serving.schema import BsonType, CollectionSchema, FieldSchema
from mqt_serving.search import IndexText

_SHOWN_FIELDS = 12
_SHOWN_SAMPLES = 3
_SHOWN_LENGTH = 30
_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{16,}|\S*\d\S*\d\S*\d\S*")


def schema_texts(schema: CollectionSchema) -> list[IndexText]:
    """One text for the collection, one a field, one a sampled value that people would name."""
    fields = [field for field in schema.fields if not field.private]
    texts = [_collection_text(schema, fields)]
    for field in fields:
        if field.path != "_id":
            texts.append(_field_text(schema, field))
            texts.extend(_value_texts(schema, field))
    return texts


def _collection_text(schema: CollectionSchema, fields: list[FieldSchema]) -> IndexText:
    top = [readable(field.path) for field in fields if "." not in field.path]
    shown = ", ".join(name for name in top if name not in ("id",))[:300]
    names = ", ".join(shown.split(", ")[:_SHOWN_FIELDS])
    text = readable(schema.collection) + (f": {names}" if names else "")
    return IndexText("collection", schema.database, schema.collection, "", text)


def _field_text(schema: CollectionSchema, field: FieldSchema) -> IndexText:
    text = f"{readable(schema.collection)} {readable(field.path)}"
    examples = [s[:_SHOWN_LENGTH] for s in field.samples if _is_nameable(s)][:_SHOWN_SAMPLES]
    if field.main_type is BsonType.STRING and examples:
        text += f", such as {', '.join(examples)}"
    return IndexText("field", schema.database, schema.collection, field.path, text)


def _value_texts(schema: CollectionSchema, field: FieldSchema) -> list[IndexText]:
    if field.main_type is not BsonType.STRING or field.numeric_text:
        return []
    return [
        IndexText("value", schema.database, schema.collection, field.path, value, value)
        for value in field.samples
        if _is_nameable(value)
    ]


def _is_nameable(value: str) -> bool:
    """Whether meaning says anything of the value: words do, codes and numbers are looked up."""
    letters = sum(character.isalpha() for character in value)
    return letters >= 2 and not _IDENTIFIER.fullmatch(value)
