"""Which assets run together: what a person starts in the UI and what schedules and sensors launch.

Dagster wants one partitions definition a job, so the daily assets have a job of their own; every
other job runs over a range of `collections` partitions, or over none when it needs no schema. Jobs
that move the release pointer and make nothing wait for none of these.
"""

from typing import Any

import dagster as dg

from mqt_assets.experiments.assets import experiment_report_job
from mqt_assets.experiments.automation import experiment_job
from mqt_assets.release.rollback import rollback_job
from mqt_assets.run_tags import PIPELINE, TRAINING

_BASE_TRAINING = dg.AssetSelection.groups("base_training")
_DAILY = dg.AssetSelection.assets("query_log", "feedback_insights", "drift_report")
_PROMPTS = dg.AssetSelection.groups("prompts")
_EXPERIMENTS = dg.AssetSelection.groups("experiments")
_MODEL = dg.AssetSelection.assets(
    "feedback_dataset",
    "synthetic_examples",
    "holdout",
    "training_set",
    "candidate_model",
    "drift_baseline",
    "candidate_evaluation",
    "release",
)

embed_job = dg.define_asset_job(
    "embed_job",
    # The release is part of it: new schemas and vectors are of use only once they are served, and
    # so are corrections too few to train for.
    selection=dg.AssetSelection.groups("schemas", "embeddings")
    | dg.AssetSelection.assets("feedback_dataset", "release"),
    tags=PIPELINE,
    description="Refresh schemas, embeddings, index and corrections, and serve them with the model "
    "as it is.",
)

retrain_job = dg.define_asset_job(
    "retrain_job",
    selection=_MODEL,
    tags=TRAINING,
    description="Corrections to a new model: train, evaluate, and release it if it is no worse.",
)

everything_job = dg.define_asset_job(
    "everything_job",
    selection=dg.AssetSelection.all() - _DAILY - _BASE_TRAINING - _PROMPTS - _EXPERIMENTS,
    tags=TRAINING,
    description="From the documents to a release, all in one run over a range of collections.",
)

prompt_job = dg.define_asset_job(
    "prompt_job",
    # The release is part of it: a promoted prompt is of use only once it is served.
    selection=_PROMPTS | dg.AssetSelection.assets("feedback_dataset", "release"),
    tags=PIPELINE,
    description="Try other prompts on the language model of MQT_LLM_URL and serve a better one. "
    "Costs calls, so nothing starts it but a person.",
)

train_base_model = dg.define_asset_job(
    "train_base_model",
    selection=dg.AssetSelection.assets("base_corpus", "base_weights"),
    tags=TRAINING,
    description="Base weights, from the public corpora to a fitted ranking. Takes hours; nothing "
    "starts it but a person. Cut off, it goes on when it is run again.",
)

query_log_job = dg.define_asset_job(
    "query_log_job",
    selection=_DAILY,
    tags=PIPELINE,
    description="Copy a day of questions from the journal, find what failed and where, and what "
    "moved since the last training.",
)


JOBS: list[Any] = [  # Dagster does not export the type of an asset job
    embed_job,
    retrain_job,
    everything_job,
    prompt_job,
    train_base_model,
    query_log_job,
    rollback_job,
    experiment_job,
    experiment_report_job,
]
