"""Assets of the group `feedback`: what was asked, and what people corrected.

Both read the journal on MQT's own MongoDB. The query log is for analysis; the feedback dataset is
what the next model learns from and every release must honour.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_assets.feedback.query_log import to_table
from mqt_assets.partitions import days
from mqt_assets.presentation import daily, image, markdown
from mqt_assets.schemas.assets import read_catalogs
from mqt_resources.gateways import JournalResource, SettingsResource

if TYPE_CHECKING:
    import pyarrow as pa

    from mqt_assets.feedback.dataset import FeedbackDataset


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
    code_version="3",
    description="Accepted corrections as examples, one a question, with where each came from: "
    "training data for the next model, and a regression case for every one after it. Questions "
    "that people corrected differently are no examples but conflicts, for review.",
)
def feedback_dataset(
    context: dg.AssetExecutionContext,
    schema_catalog: dict[str, Any],
    settings: SettingsResource,
    journal: JournalResource,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.feedback.dataset import curate
    from mqt_assets.feedback.export import write_files
    from mqt_assets.release.packaging import code_version

    documents = journal.feedback()
    dataset = curate(documents, read_catalogs(schema_catalog))
    context.log.info(f"{len(documents)} pieces of feedback, {len(dataset.entries)} corrections")
    if dataset.conflicts:
        context.log.warning(f"{len(dataset.conflicts)} questions are corrected in different ways")
    body = dataset.to_json(code_version())
    store = settings.artifacts()
    with store.scratch("feedback_dataset") as scratch:
        folder = scratch / "files"
        folder.mkdir()
        write_files(body, folder)
        exported = store.publish("feedback_dataset", folder)
    return dg.Output(
        body,
        data_version=dg.DataVersion(dataset.digest),
        metadata={
            **_describe(dataset, documents),
            "exported": dg.MetadataValue.path(str(exported)),
        },
    )


def _describe(dataset: "FeedbackDataset", documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from mqt_assets.feedback.dataset import by_day, by_status

    days = by_day(documents)
    return {
        "digest": dataset.digest,
        "feedback": len(documents),
        "corrections": len(dataset.entries),
        "conflicts": len(dataset.conflicts),
        "replaced": len(dataset.replaced),
        "by_status": markdown(["status", "kind", "pieces"], by_status(documents)),
        "latest": markdown(
            ["question", "database", "corrected query", "said by", "decided"],
            [
                [
                    entry.example.question,
                    entry.example.database,
                    entry.example.command,
                    len(entry.origins),
                    entry.origins[-1].decided_at[:16],
                ]
                for entry in dataset.entries[:-11:-1]
            ],
        ),
        "to_review": markdown(
            ["question", "database", "queries that people say are right"],
            [
                [c.question, c.database, " or ".join(side.command for side in c.sides)]
                for c in dataset.conflicts
            ],
        ),
        "over_time": image(daily(days, "Accepted corrections", "corrections"), "corrections"),
    }
