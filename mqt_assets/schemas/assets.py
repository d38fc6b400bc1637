"""Assets of the group `schemas`: what each collection looks like, and how collections relate.

Reads MongoDB (bounded samples), writes the artifact store. Everything downstream, training
included, sees the data only through these two.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import dagster as dg

from mqt_assets.partitions import collections
from mqt_assets.presentation import markdown
from mqt_assets.schemas.catalogs import build_catalog
from mqt_assets.schemas.discovery import decode_partition
from mqt_assets.schemas.inference import Inferred, infer, private_paths_for
from mqt_assets.schemas.stored import from_json, to_json
from mqt_resources.gateways import MongoResource, SettingsResource
from mqt_resources.mongodb import MongoGateway
from mqt_serving.errors import UnknownCollection
from mqt_serving.schema import Catalog, CollectionSchema, digest_of
from mqt_serving.settings import Settings


@dg.asset(
    group_name="schemas",
    partitions_def=collections,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"mongodb", "json"},
    io_manager_key="json_io",
    code_version="3",
    description="Field paths, types and sample values of a collection, inferred from a bounded "
    "sample. Private fields keep their names only.",
)
def collection_schema(
    context: dg.AssetExecutionContext, settings: SettingsResource, mongodb: MongoResource
) -> dg.Output[dict[str, Any]]:
    """The data version is the schema's digest; for several partitions, the digest of theirs.

    Dagster 1.13 records one data version a step, so each partition's own digest is in its metadata
    (`schema_digest`).
    """
    config = settings.load()
    found: dict[str, Inferred] = {}
    with mongodb.gateway() as gateway:
        for key in context.partition_keys:
            found[key] = _infer(gateway, key, config)
            context.add_asset_metadata(_describe(found[key].schema), partition_key=key)
    digests = {key: inferred.schema.digest for key, inferred in found.items()}
    version = digests[next(iter(digests))] if len(digests) == 1 else digest_of(digests)
    context.log.info(f"{len(found)} collections read")
    return dg.Output(
        {key: to_json(inferred) for key, inferred in found.items()},
        data_version=dg.DataVersion(version),
    )


@dg.asset(
    group_name="schemas",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="All collections of each database with the references between them: what the "
    "translator, the guard and the web page know of the data.",
)
def schema_catalog(
    context: dg.AssetExecutionContext,
    collection_schema: dict[str, Any],
    mongodb: MongoResource,
) -> dg.Output[dict[str, Any]]:
    databases: defaultdict[str, list[Inferred]] = defaultdict(list)
    for key, body in collection_schema.items():
        databases[decode_partition(key)[0]].append(from_json(body))
    with mongodb.gateway() as gateway:
        catalogs = {
            name: build_catalog(name, inferred, gateway.contains(name))
            for name, inferred in sorted(databases.items())
        }
    references = [
        [c.database, f"{r.from_collection}.{r.from_path}", f"{r.to_collection}.{r.to_path}",
         "one" if r.to_unique else "many", f"{r.overlap:.0%}"]
        for c in catalogs.values()
        for r in c.references
    ]  # fmt: skip
    context.log.info(f"{len(collection_schema)} collections, {len(references)} references")
    return dg.Output(
        {name: catalog.model_dump(mode="json") for name, catalog in catalogs.items()},
        data_version=dg.DataVersion(digest_of({n: c.digest for n, c in catalogs.items()})),
        metadata={
            "databases": len(catalogs),
            "collections": len(collection_schema),
            "references": len(references),
            "overview": markdown(
                ["database", "collection", "documents", "fields", "digest"],
                [
                    [c.database, s.collection, s.document_count, len(s.fields), s.digest]
                    for c in catalogs.values()
                    for s in c.collections
                ],
            ),
            "found_references": markdown(["database", "from", "to", "to", "overlap"], references),
        },
    )


def read_catalogs(stored: Mapping[str, Any]) -> dict[str, Catalog]:
    """The value of `schema_catalog` (or `corpus_catalogs`) as catalogs by database."""
    return {name: Catalog.model_validate(body) for name, body in stored.items()}


def _infer(gateway: MongoGateway, key: str, settings: Settings) -> Inferred:
    database, collection = decode_partition(key)
    documents = gateway.sample(database, collection, settings.sample_size, settings.seed)
    count = gateway.count(database, collection)
    if not documents and collection not in gateway.list_collections(database):
        raise UnknownCollection(
            f"{database}.{collection} is gone. The discovery sensor retires its partition within "
            "a minute; run the job again after that."
        )
    return infer(
        documents,
        database,
        collection,
        count,
        gateway.indexes(database, collection),
        private_paths_for(settings.private_fields, database, collection),
    )


def _describe(schema: CollectionSchema) -> dict[str, Any]:
    fields = [
        [
            field.path,
            ", ".join(f"{kind.value} {share:.0%}" for kind, share in field.types.items()),
            f"{field.presence:.0%}",
            field.distinct,
            "private" if field.private else ", ".join(field.samples[:3])[:80],
        ]
        for field in schema.fields
    ]
    return {
        "schema_digest": schema.digest,
        "documents": schema.document_count,
        "sampled": schema.sampled,
        "fields": len(schema.fields),
        "field_table": markdown(["path", "types", "presence", "distinct", "examples"], fields),
    }
