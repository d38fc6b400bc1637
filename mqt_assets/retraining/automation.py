"""The sensor that trains again: it reads, asks `decision`, and starts at most one run a tick.

A candidate that was trained and never decided about comes first (`finishing`). Quality is looked at
once a day and model; the cursor keeps what was found. A journal that is away makes it skip with the
reason, since a training would lack the corrections.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from mqt_assets.drift.flags import read_flags
from mqt_assets.jobs import retrain_job
from mqt_assets.release.decisions import was_refused
from mqt_assets.retraining import triggers
from mqt_assets.retraining.decision import Decision, Outcome, Rules, Trigger, decide
from mqt_assets.retraining.finishing import CANDIDATE_TAG, REMAINING, Standing, finish
from mqt_assets.retraining.quality import QualityLook
from mqt_assets.retraining.reading import (
    look_at_quality,
    served_model,
    served_shape,
    trained_shape,
)
from mqt_assets.retraining.schema_change import SchemaChange, Shape, change, shape_of
from mqt_assets.runs import run_of, tagged_run, training_runs
from mqt_assets.state import (
    decided_candidate,
    stored_catalogs,
    trained_at,
    trained_feedback,
    training_record,
)
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_serving.errors import MqtError
from mqt_serving.settings import Settings


@dg.sensor(
    name="retraining_sensor",
    job=retrain_job,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Trains a new candidate when there is something to learn: corrections, other "
    "schemas, drift, a loss of quality, or the calendar. Says for each why, or why not.",
)
def retraining_sensor(
    context: dg.SensorEvaluationContext, settings: SettingsResource, journal: JournalResource
) -> dg.SensorResult | dg.SkipReason:
    config, store, now = settings.load(), settings.artifacts(), datetime.now(UTC)
    began, record = trained_at(store), training_record(store)
    if began is None or record is None:
        return dg.SkipReason(
            "There is no model yet that could be trained again: `mqt up` or everything_job makes "
            "the first."
        )
    try:
        look = _quality(context.cursor, config, journal, began, now)
        found = [
            _corrections(config, store, journal),
            _schema(config, store),
            triggers.drift(read_flags(store), began, str(record["translator"])),
            triggers.quality(look.found),
            triggers.calendar(config.retrain_calendar, began, now),
        ]
    except MqtError as error:
        return dg.SkipReason(f"What triggers a training could not be read. {error}")
    rules = rules_of(config)
    runs = training_runs(context.instance, now - rules.looks_back, now)
    training = any(run.outcome is Outcome.IN_PROGRESS for run in runs)
    standing = _standing(store, context.instance, now)
    finishing = finish(standing, training, now)
    if finishing.wanted:
        context.log.info(finishing.explanation)
        request = _finishing_run(finishing, standing)
        return dg.SensorResult(run_requests=[request], cursor=look.cursor)
    decision = decide(found, (*runs, *standing.in_progress), now, rules)
    explanation = f"{finishing.explanation} {decision.explanation}".strip()
    if not decision.wanted:
        return dg.SensorResult(skip_reason=explanation, cursor=look.cursor)
    context.log.info(explanation)
    request = dg.RunRequest(run_key=decision.run_key, tags=decision.tags)
    return dg.SensorResult(run_requests=[request], cursor=look.cursor)


def _standing(store: ArtifactStore, instance: dg.DagsterInstance, now: datetime) -> Standing:
    record = training_record(store)
    assert record is not None  # asked before: there is a candidate
    candidate = str(record["translator"])
    return Standing(
        candidate,
        decided_candidate(store),
        was_refused(store, candidate),
        run_of(instance, str(record["dagster_run_id"]), now),
        tagged_run(instance, CANDIDATE_TAG, candidate, now),
    )


def _finishing_run(finishing: Decision, standing: Standing) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=finishing.run_key,
        tags={**finishing.tags, CANDIDATE_TAG: standing.candidate},
        asset_selection=[dg.AssetKey(name) for name in REMAINING],
    )


def rules_of(settings: Settings) -> Rules:
    return Rules(timedelta(minutes=settings.retrain_cool_down_minutes), settings.retrain_per_day)


def _corrections(config: Settings, store: ArtifactStore, journal: JournalResource) -> Trigger:
    accepted = [str(entry["_id"]) for entry in journal.accepted_feedback()]
    learned, least = trained_feedback(store), config.retrain_after_corrections
    found = triggers.corrections(accepted, learned, least)
    if not found.due:
        return found
    # To know which of them contradict each other, all have to be read: only when it matters.
    from mqt_assets.feedback.dataset import curate

    dataset = curate(journal.feedback(), stored_catalogs(store))
    return triggers.corrections(dataset.accepted, learned, least, dataset.disputed)


def _schema(config: Settings, store: ArtifactStore) -> Trigger:
    now = shape_of(stored_catalogs(store).values())

    def since(before: Shape | None) -> SchemaChange | None:
        return None if before is None else change(before, now)

    served, trained = since(served_shape(config)), since(trained_shape(store))
    return triggers.schema(served, trained, config.retrain_schema_change)


@dataclass(frozen=True, slots=True)
class _Looked:
    found: QualityLook
    cursor: str


def _quality(
    cursor: str | None,
    config: Settings,
    journal: JournalResource,
    began: datetime,
    now: datetime,
) -> _Looked:
    """What the cursor says of this model and day, else looked at anew."""
    model = served_model(config.releases_folder)
    if model is None:
        return _Looked(QualityLook("nothing is released yet"), cursor or "")
    least, drop = config.retrain_quality_questions, config.retrain_quality_drop
    of = [model.releases[0], f"{now:%Y-%m-%d}", began.isoformat(), least, drop]
    kept = json.loads(cursor) if cursor else {}
    if kept.get("of") == of:
        return _Looked(QualityLook(**kept["found"]), cursor or "")
    found = look_at_quality(journal, model, began, now, least, drop)
    return _Looked(found, json.dumps({"of": of, "found": asdict(found)}))
