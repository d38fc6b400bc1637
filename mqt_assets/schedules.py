"""What happens by the clock (UTC): schemas and the query log every night, reports every hour.

Collections that appear or change between the nights are the discovery sensor's business, and when a
model is trained again is `retraining`'s: its calendar is one trigger of several.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from mqt_assets.experiments.assets import experiment_report_job
from mqt_assets.jobs import embed_job, query_log_job
from mqt_assets.partitions import COLLECTIONS, range_tags
from mqt_serving.experiment_reports import list_reports
from mqt_serving.releases import read_pointer


@dg.schedule(
    name="daily_refresh_schedule",
    job=embed_job,
    cron_schedule="30 2 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: look at all collections again and serve what changed.",
)
def daily_refresh_schedule(
    context: dg.ScheduleEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    known = context.instance.get_dynamic_partitions(COLLECTIONS)
    if not known:
        return dg.SkipReason(
            "No collections are known yet: is there data, and is collection_discovery_sensor on?"
        )
    return dg.RunRequest(tags=range_tags(known, known))


daily_query_log_schedule = dg.build_schedule_from_partitioned_job(
    query_log_job,
    name="daily_query_log_schedule",
    hour_of_day=0,
    minute_of_hour=10,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: the questions of the day before, what failed, and what drifted.",
)


@dg.schedule(
    name="hourly_experiment_report_schedule",
    job=experiment_report_job,
    cron_schedule="40 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every hour while an experiment runs, and once more when it is over.",
    required_resource_keys={"settings"},
)
def hourly_experiment_report_schedule(
    context: dg.ScheduleEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    root = context.resources.settings.load().releases_folder
    pointer = read_pointer(root)
    if pointer is not None and pointer.experiment:
        return dg.RunRequest()
    since = datetime.now(UTC) - timedelta(hours=1, minutes=1)
    if any(report.ended and report.ended.at >= since for report in list_reports(root)):
        return dg.RunRequest()
    return dg.SkipReason("No experiment is running, and none ended in the last hour.")


SCHEDULES = [
    daily_refresh_schedule,
    daily_query_log_schedule,
    hourly_experiment_report_schedule,
]
