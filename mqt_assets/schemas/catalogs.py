"""Joins the schemas of one database into its `Catalog`, with the references between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mqt_assets.schemas.inference import Inferred, infer
from mqt_assets.schemas.references import Contains, find_references
from mqt_serving.schema import Catalog


def build_catalog(
    database: str, collections: Iterable[Inferred], contains: Contains | None = None
) -> Catalog:
    """The catalog of the inferred collections; `contains` makes overlaps exact (see references)."""
    inferred = sorted(collections, key=lambda item: item.schema.collection)
    values = {
        (item.schema.collection, path): known
        for item in inferred
        for path, known in item.values.items()
    }
    schemas = tuple(item.schema for item in inferred)
    return Catalog(
        database=database,
        collections=schemas,
        references=find_references(schemas, values, contains),
    )


def catalog_from_documents(
    database: str,
    documents: Mapping[str, Sequence[Mapping[str, object]]],
    private_paths: Mapping[str, Sequence[str]] | None = None,
) -> Catalog:
    """The catalog of collections whose documents are all at hand, by collection name."""
    private = private_paths or {}
    return build_catalog(
        database,
        (
            infer(content, database, name, private_paths=private.get(name, ()))
            for name, content in documents.items()
        ),
    )
