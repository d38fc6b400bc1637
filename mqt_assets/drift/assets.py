"""Assets of the group `drift`: what the data looked like at the last training, and what has moved
since; what people ask about, beside what they asked before.

The report of a day raises flags; that a training follows is the retraining sensor's decision.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from mqt_assets.drift.flags import raise_flags, read_flags
from mqt_assets.drift.presenting import metadata_of
from mqt_assets.drift.questions import shift, unlike
from mqt_assets.drift.reading import Asked, counts_now, profiles_now, questions_around
from mqt_assets.drift.report import (
    Baseline,
    CollectionDrift,
    DriftReport,
    QuestionDrift,
    data_drift,
    flags_of,
    question_drift,
)
from mqt_assets.feedback.showing import current_redaction
from mqt_assets.partitions import days
from mqt_assets.state import BASELINE, trained_at, training_record
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.gateways import (
    EmbedderResource,
    JournalResource,
    MongoResource,
    SettingsResource,
)
from mqt_serving.schema import digest_of

if TYPE_CHECKING:
    from mqt_assets.drift.questions import Vectors
    from mqt_assets.feedback.redaction import Redaction
    from mqt_resources.mongodb import MongoGateway
    from mqt_serving.settings import Settings

_MOST_UNLIKE = 10


@dg.asset(
    group_name="drift",
    deps=["candidate_model", "schema_catalog"],
    kinds={"mongodb", "json"},
    io_manager_key="json_io",
    code_version="1",
    description="How the values of each field were distributed when the last model was trained, "
    "as counts in bins; private fields left out. What later days are compared with.",
)
def drift_baseline(
    context: dg.AssetExecutionContext, settings: SettingsResource, mongodb: MongoResource
) -> dg.Output[Baseline]:
    config, store = settings.load(), settings.artifacts()
    record = training_record(store)
    if record is None:
        raise dg.Failure("There is no candidate_model to be the baseline of: train one first.")
    with mongodb.gateway() as gateway:
        profiles = profiles_now(gateway, current_redaction(settings).catalogs, config)
    baseline = Baseline(translator=str(record["translator"]), collections=profiles)
    fields = sum(map(len, profiles.values()))
    context.log.info(f"{fields} fields of {len(profiles)} collections")
    return dg.Output(
        baseline,
        data_version=dg.DataVersion(digest_of(baseline.model_dump(mode="json"))),
        metadata={
            "collections": len(profiles),
            "fields": fields,
            "translator": baseline.translator,
        },
    )


@dg.asset(
    group_name="drift",
    partitions_def=days,
    deps=["schema_catalog", "drift_baseline"],
    kinds={"mongodb", "scipy", "json"},
    io_manager_key="json_io",
    code_version="1",
    description="What moved: values of fields since the last training (population stability "
    "index, chi-squared test), and what people ask about, in the last seven days and before "
    "(energy distance between the vectors of their questions). Raises the flags that "
    "retraining_sensor reads.",
)
def drift_report(
    context: dg.AssetExecutionContext,
    settings: SettingsResource,
    mongodb: MongoResource,
    journal: JournalResource,
    embedder: EmbedderResource,
) -> dg.Output[dict[str, DriftReport]]:
    config, store = settings.load(), settings.artifacts()
    window, began = context.partition_time_window, trained_at(store)
    record = training_record(store)
    translator = str(record["translator"]) if record else ""
    redaction = current_redaction(settings)
    with mongodb.gateway() as gateway:
        collections, note = _data(gateway, store, translator, redaction, config)
    before: list[Asked] = []
    now: list[Asked] = []
    if began is not None:
        before, now = questions_around(journal, began, window.end, config.drift_questions)
    questions, vectors = _compared(before, now, config, redaction, embedder)
    report = DriftReport(
        day=window.start.date(),
        translator=translator,
        trained_at=began,
        collections=collections,
        questions=questions,
        notes=(note,) if note else (),
    )
    raised = raise_flags(store, flags_of(report, datetime.now(UTC), read_flags(store)))
    for flag in raised:
        context.log.warning(f"{flag.kind} drift of {flag.subject}: {flag.detail}")
    context.log.info(f"{len(raised)} flags raised; questions: {questions.state}")
    return dg.Output(
        {context.partition_key: report},
        data_version=dg.DataVersion(digest_of(report.model_dump(mode="json"))),
        metadata=metadata_of(report, raised, vectors, config.drift_least_psi),
    )


def _data(
    gateway: "MongoGateway",
    store: ArtifactStore,
    translator: str,
    redaction: "Redaction",
    config: "Settings",
) -> tuple[tuple[CollectionDrift, ...], str]:
    """What drifted since the training of `translator`, or why nothing was compared."""
    if not store.exists(BASELINE):
        return (), "no drift_baseline yet, which a training makes: no data was compared"
    baseline = Baseline.model_validate_json(store.read(BASELINE))
    if baseline.translator != translator:
        return (), "drift_baseline is of a training before the last: no data was compared"
    counted = counts_now(gateway, redaction.catalogs, baseline, config)
    return data_drift(baseline, counted, config.drift_least_psi), ""


def _compared(
    before: list[Asked],
    now: list[Asked],
    config: "Settings",
    redaction: "Redaction",
    embedder: EmbedderResource,
) -> tuple[QuestionDrift, tuple["Vectors", "Vectors"] | None]:
    """With the vectors of both, where there are enough questions."""
    least = config.drift_questions
    if min(len(before), len(now)) < least:
        state = f"{len(before)} questions before and {len(now)} since, {least} of each are needed"
        return QuestionDrift(before=len(before), now=len(now), state=state), None
    found = embedder.wordings([one.question for one in (*before, *now)])
    vectors = found[: len(before)], found[len(before) :]
    shown = [
        redaction.of(now[at].question, now[at].database)
        for at in unlike(*vectors, most=_MOST_UNLIKE)
    ]
    moved = shift(*vectors, seed=config.seed)
    return (
        question_drift(len(before), len(now), moved, config.drift_least_shift, shown),
        vectors,
    )
