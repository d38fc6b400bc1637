"""Assets of the group `embeddings`: vectors of schema items and values, and the index over them.

Each text is embedded once (Redis, by model and content); a collection whose schema stays the same
costs nothing. The index is a folder that releases carry and serving searches.
"""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from mqt_assets.embeddings.index import EmbeddedTexts, build_index
from mqt_assets.embeddings.stored import from_arrays, to_arrays
from mqt_assets.embeddings.texts import schema_texts
from mqt_assets.partitions import collections
from mqt_assets.presentation import markdown
from mqt_assets.schemas.stored import from_json
from mqt_resources.gateways import EmbedderResource, SettingsResource
from mqt_serving.schema import digest_of
from mqt_serving.search import IndexText


@dg.asset(
    group_name="embeddings",
    partitions_def=collections,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"sentencetransformers", "redis", "numpy"},
    io_manager_key="npz_io",
    code_version="1",
    description="Vectors of a collection's name, fields and sample values (all-MiniLM-L6-v2 or "
    "MQT_EMBEDDING_MODEL). Nothing of private fields.",
)
def collection_embeddings(
    context: dg.AssetExecutionContext,
    collection_schema: dict[str, Any],
    embedder: EmbedderResource,
) -> dg.Output[dict[str, dict[str, Any]]]:
    texts = {key: schema_texts(from_json(body).schema) for key, body in collection_schema.items()}
    # All partitions at once: batches are fuller and equal texts are embedded once.
    everything = [text for group in texts.values() for text in group]
    result = embedder.embed([text.text for text in everything])
    context.log.info(
        f"{len(everything)} texts: {result.hits} from the cache, {result.misses} computed"
    )
    found: dict[str, dict[str, Any]] = {}
    start = 0
    model = embedder.embedder().name
    for key, group in texts.items():
        vectors = result.vectors[start : start + len(group)]
        start += len(group)
        found[key] = to_arrays(EmbeddedTexts(group, vectors), model)
        context.add_asset_metadata(_describe(group), partition_key=key)
    version = digest_of([model, *(f"{t.database}.{t.collection}.{t.text}" for t in everything)])
    return dg.Output(
        found,
        data_version=dg.DataVersion(version),
        metadata={
            "model": model,
            "cache_hits": result.hits,
            "cache_misses": result.misses,
            "cache_errors": result.errors,
        },
    )


@dg.asset(
    group_name="embeddings",
    kinds={"numpy"},
    io_manager_key="folder_io",
    code_version="1",
    description="All vectors of all collections in one index: what `GET /v1/search` looks through.",
)
def semantic_index(
    context: dg.AssetExecutionContext,
    collection_embeddings: dict[str, dict[str, Any]],
    settings: SettingsResource,
) -> dg.Output[Path]:
    parts = {key: from_arrays(arrays) for key, arrays in collection_embeddings.items()}
    models = {model for _, model in parts.values()}
    if len(models) > 1:
        raise dg.Failure(
            f"Collections were embedded with different models ({', '.join(sorted(models))}): "
            "run embed_job over all partitions."
        )
    folder = settings.artifacts().path("semantic_index") / ".building"
    report = build_index([part for part, _ in parts.values()], models.pop(), folder)
    context.log.info(f"{report.size} items")
    return dg.Output(
        folder,
        data_version=dg.DataVersion(report.version),
        metadata={
            "items": report.size,
            "dimension": report.dimension,
            "model": report.model,
            "by_kind": markdown(["kind", "items"], list(report.by_kind.items())),
        },
    )


@dg.asset(
    group_name="embeddings",
    kinds={"onnx"},
    io_manager_key="folder_io",
    code_version="2",
    description="The embedding model as an ONNX graph: what the translator is trained on and what "
    "serving runs, so that neither needs torch for it.",
)
def text_encoder(context: dg.AssetExecutionContext, settings: SettingsResource) -> dg.Output[Path]:
    from transformers.utils.logging import disable_progress_bar

    from mqt_assets.training.base import find_base
    from mqt_assets.training.export import export_encoder

    disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = settings.artifacts().path("text_encoder") / ".building"
    config = settings.load()
    base = find_base(config)
    reader, cross_encoder = (base.reader, base.cross_encoder) if base else (None, None)
    export_encoder(folder, config.embedding_model, reader, cross_encoder)
    described = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    context.log.info(f"{described['name']} exported")
    return dg.Output(folder, metadata={**described})


def _describe(texts: list[IndexText]) -> dict[str, Any]:
    kinds = np.array([text.kind for text in texts])
    return {
        "texts": len(texts),
        **{f"{kind}_texts": int((kinds == kind).sum()) for kind in ("field", "value")},
    }
