"""Assets of the group `feedback`: what was asked, and what people corrected.

Both read the journal on MQT's own MongoDB. The query log is for analysis; the feedback dataset is
what the next model learns from and every release must honour.
"""

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_assets.feedback.query_log import to_table
from mqt_assets.partitions import days
from mqt_assets.presentation import markdown
from mqt_resources.gateways import JournalResource
from mqt_serving.schema import digest_of

if TYPE_CHECKING:
    import pyarrow as pa


@dg.asset(
    group_name="feedback",
    partitions_def=days,
    kinds={"mongodb", "parquet"},
    io_manager_key="parquet_io",
    code_version="1",
    description="The questions of a day with their queries, outcomes and timings. No result rows.",
)
def query_log(context: dg.AssetExecutionContext, journal: JournalResource) -> dg.Output[Any]:
    window = context.partition_time_window
    # Dagster's window is in the partitions' time zone (UTC), as are the journal's times.
    entries = journal.queries(window.start, window.end)
    table: pa.Table = to_table(entries)
    outcomes = Counter(str(entry.get("outcome", "")) for entry in entries)
    context.log.info(f"{len(entries)} questions on {window.start:%Y-%m-%d}")
    return dg.Output(
        {context.partition_key: table},
        metadata={
            "questions": len(entries),
            "outcomes": markdown(["outcome", "questions"], outcomes.most_common()),
            "hours": (window.end - window.start) / timedelta(hours=1),
        },
    )


@dg.asset(
    group_name="feedback",
    # The log is context for people who look at corrections; nothing of it is read here.
    deps=[dg.AssetDep("query_log", partition_mapping=dg.AllPartitionMapping())],
    kinds={"mongodb", "json"},
    io_manager_key="json_io",
    code_version="1",
    description="Accepted corrections as examples: training data for the next model, and a "
    "regression case for every one after it.",
)
def feedback_dataset(
    context: dg.AssetExecutionContext, journal: JournalResource
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.training.corrections import from_feedback

    documents = journal.feedback()
    accepted = [document for document in documents if document.get("status") == "accepted"]
    examples = from_feedback(documents)
    verdicts = Counter(str(document.get("verdict", "")) for document in documents)
    context.log.info(f"{len(documents)} pieces of feedback, {len(examples)} corrections to learn")
    body = {
        "feedback": [str(document["_id"]) for document in accepted],
        "examples": [example.to_json() for example in examples],
    }
    return dg.Output(
        body,
        data_version=dg.DataVersion(digest_of(body)),
        metadata={
            "feedback": len(documents),
            "corrections": len(examples),
            "verdicts": markdown(["verdict", "pieces"], verdicts.most_common()),
            "latest": markdown(
                ["question", "database", "corrected query"],
                [[e.question, e.database, e.command] for e in examples[-10:]],
            ),
        },
    )
