"""The asset `feedback_insights`: what fails, where, and how people feel about it, day by day.

Its report is kept twice: as JSON with the other assets, and in the journal's database for the page.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_assets.feedback.insights import (
    LATE_FEEDBACK,
    MOST_FEEDBACK,
    MOST_QUESTIONS,
    Day,
    report_of,
)
from mqt_assets.feedback.insights_metadata import metadata_of
from mqt_assets.feedback.showing import current_redaction
from mqt_assets.partitions import days
from mqt_resources.gateways import EmbedderResource, JournalResource, SettingsResource
from mqt_serving.insights import DayFigures, InsightsReport, document_of
from mqt_serving.schema import digest_of

if TYPE_CHECKING:
    import pyarrow as pa

DAYS_BEFORE = 27


@dg.asset(
    group_name="feedback",
    partitions_def=days,
    # Says what is private and what words are names; nothing to say before the first schema.
    deps=["schema_catalog"],
    kinds={"mongodb", "scikitlearn", "json"},
    io_manager_key="json_io",
    code_version="1",
    description="What failed on a day: alike failing questions, the kinds, collections, fields and "
    "releases that fail more than others, how comments sound. Shown on the page `/insights`, too.",
)
def feedback_insights(
    context: dg.AssetExecutionContext,
    query_log: dict[str, Any],
    journal: JournalResource,
    embedder: EmbedderResource,
    settings: SettingsResource,
) -> dg.Output[dict[str, InsightsReport]]:
    window = context.partition_time_window
    day = _day(query_log[context.partition_key], window.start, window.end, journal)
    redaction = current_redaction(settings)
    report = report_of(day, redaction, lambda texts: embedder.embed(texts).vectors)
    journal.keep_insights(document_of(report, context.run_id))
    before = journal.insights_before(context.partition_key, DAYS_BEFORE)
    trend = [*(DayFigures.model_validate(figures) for figures in before), report.figures]
    context.log.info(
        f"{report.figures.failed} of {report.figures.asked} questions failed, "
        f"{len(report.clusters)} clusters"
    )
    return dg.Output(
        {context.partition_key: report},
        data_version=dg.DataVersion(digest_of(report.model_dump(mode="json"))),
        metadata=metadata_of(report, trend),
    )


def _day(log: "pa.Table", start: datetime, end: datetime, journal: JournalResource) -> Day:
    feedback = journal.feedback_between(start, end + LATE_FEEDBACK, MOST_FEEDBACK)
    newest = log.slice(max(0, log.num_rows - MOST_QUESTIONS))
    return Day(
        start=start,
        end=end,
        # In batches: as Python objects a large log takes many times its size.
        rows=(row for batch in newest.to_batches(1000) for row in batch.to_pylist()),
        read=newest.num_rows,
        logged=log.num_rows,
        feedback=feedback,
        feedback_is_cut=len(feedback) == MOST_FEEDBACK,
    )
