"""What happens by the clock (UTC): schemas and the query log every night.

Collections that appear or change between the nights are the discovery sensor's business, and when a
model is trained again is `retraining`'s: its calendar is one trigger of several.
"""

import dagster as dg

from mqt_assets.jobs import embed_job, query_log_job
from mqt_assets.partitions import COLLECTIONS, range_tags


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
    description="Every night: the questions of the day before, and what failed.",
)

SCHEDULES = [daily_refresh_schedule, daily_query_log_schedule]
