"""MQT's Dagster code location: every asset, check, job, schedule and sensor with its resources.

`build_defs()` makes it; tests pass resources of their own. Loading opens no connection, writes
nothing and imports neither torch nor MLflow, so the UI is there in seconds.
"""

from collections.abc import Mapping

import dagster as dg

from mqt_assets.checks import CHECKS
from mqt_assets.drift.assets import drift_baseline, drift_report
from mqt_assets.embeddings.assets import collection_embeddings, semantic_index, text_encoder
from mqt_assets.evaluation.assets import candidate_evaluation
from mqt_assets.experiments.assets import experiment_report
from mqt_assets.feedback.assets import feedback_dataset, query_log
from mqt_assets.feedback.insights_assets import feedback_insights
from mqt_assets.jobs import JOBS
from mqt_assets.progress import progress_logger
from mqt_assets.prompts.assets import prompt_evaluation, prompt_promotion, prompt_variants
from mqt_assets.release.assets import release
from mqt_assets.schedules import SCHEDULES
from mqt_assets.schemas.assets import collection_schema, schema_catalog
from mqt_assets.sensors import SENSORS
from mqt_assets.training.assets import (
    candidate_model,
    corpus_catalogs,
    corpus_examples,
    holdout,
    practice_catalogs,
    synthetic_examples,
    training_set,
)
from mqt_assets.training.base_assets import base_corpus, base_weights, shipped_base_model
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource

_ASSETS = [
    collection_schema,
    schema_catalog,
    collection_embeddings,
    semantic_index,
    text_encoder,
    query_log,
    feedback_insights,
    drift_report,
    feedback_dataset,
    corpus_catalogs,
    corpus_examples,
    synthetic_examples,
    holdout,
    practice_catalogs,
    training_set,
    candidate_model,
    drift_baseline,
    candidate_evaluation,
    prompt_variants,
    prompt_evaluation,
    prompt_promotion,
    release,
    experiment_report,
    base_corpus,
    base_weights,
    shipped_base_model,
]


def _owned(spec: dg.AssetSpec) -> dg.AssetSpec:
    domain = {"mqt/domain": str(spec.group_name)}
    return spec.replace_attributes(owners=["team:mqt"], tags={**spec.tags, **domain})


ASSETS = dg.map_asset_specs(_owned, _ASSETS)
"""With what all of them share: owners, and their domain as a tag to select by."""


def build_defs(resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """The code location. `resource_overrides` replaces resources by name.

    Overriding `settings` alone points every other resource at the same place.
    """
    overrides = dict(resource_overrides or {})
    settings = overrides.get("settings", SettingsResource())
    if not isinstance(settings, SettingsResource):
        raise TypeError(f"resource `settings` must be a SettingsResource, not {settings!r}")
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources={**local_resources(settings), **overrides},
        loggers={"progress": progress_logger},
        # One process a run: a process a step would import torch and MLflow again for each.
        executor=dg.in_process_executor,
    )


defs = build_defs()
