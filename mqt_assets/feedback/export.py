"""The feedback dataset as files: JSON lines, and a corpus folder in TEND's format.

`python -m mqt_assets.feedback.export --out FOLDER [--format jsonl|tend] [--documents N]` writes
what the asset `feedback_dataset` holds; the asset keeps both forms beside its value as well. With
documents, the folder is a corpus of its own that `benchmarks.accuracy --data` reads.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bson import json_util

from mqt_assets.schemas.inference import private_paths_for
from mqt_assets.state import FEEDBACK
from mqt_resources.gateways import MongoResource, SettingsResource
from mqt_serving.errors import FeedbackError, MqtError
from mqt_serving.privacy import without_paths

LINES, RECORDS, DATABASES = "examples.jsonl", "train.json", "databases"


def lines_of(dataset: Mapping[str, Any]) -> str:
    """One JSON object a line and example, with its sources and the version it belongs to."""
    return "".join(
        json.dumps(
            {**example, "dataset": dataset["digest"], "code_version": dataset["code_version"]}
            | {key: entry[key] for key in ("schema_digest", "origins")},
            ensure_ascii=False,
        )
        + "\n"
        for example, entry in _with_provenance(dataset)
    )


def records_of(dataset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Records of TEND, one a query with all that ask for it, numbered in their order.

    There is no SQL to refer to, so `ordered` says what TEND reads from it. `asked_at` (UTC) is
    there where the dates of the question depend on it.
    """
    records: dict[tuple[object, ...], dict[str, Any]] = {}
    for example, entry in _with_provenance(dataset):
        asked = {"asked_at": example["asked_at"]} if "asked_at" in example else {}
        key = example["database"], example["command"], example["ordered"], *asked.values()
        record = records.setdefault(
            key,
            {
                "record_id": len(records) + 1,
                "db_id": example["database"],
                "nl_queries": [],
                "ref_sql": "",
                "MQL": example["command"],
                "ordered": example["ordered"],
                **asked,
                "feedback": [],
            },
        )
        record["nl_queries"].append(example["question"])
        record["feedback"] += [origin["feedback_id"] for origin in entry["origins"]]
    return list(records.values())


def write_files(dataset: Mapping[str, Any], folder: Path) -> None:
    """Both forms, without documents."""
    write_lines(dataset, folder)
    write_records(dataset, folder)


def write_lines(dataset: Mapping[str, Any], folder: Path) -> None:
    (folder / LINES).write_text(lines_of(dataset), encoding="utf-8")


def write_records(dataset: Mapping[str, Any], folder: Path) -> None:
    text = json.dumps(records_of(dataset), ensure_ascii=False, indent=1)
    (folder / RECORDS).write_text(text, encoding="utf-8")


def write_documents(
    folder: Path,
    names: Sequence[str],
    most: int,
    mongodb: MongoResource,
    private_fields: Sequence[str],
) -> None:
    """At most `most` documents a collection, the same each time, without private fields.

    Extended JSON: dates and identifiers stay what they are.
    """
    with mongodb.gateway() as gateway:
        for name in names:
            place = folder / DATABASES / name
            place.mkdir(parents=True, exist_ok=True)
            for collection in gateway.list_collections(name):
                hidden = frozenset(private_paths_for(private_fields, name, collection))
                documents = [
                    without_paths(document, hidden)
                    for document in gateway.sample(name, collection, most)
                ]
                text = json_util.dumps(documents, json_options=json_util.RELAXED_JSON_OPTIONS)
                (place / f"{collection}.json").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mqt_assets.feedback.export", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--format", choices=["jsonl", "tend"], default="jsonl")
    parser.add_argument(
        "--documents", type=int, default=0, metavar="N",
        help="for tend: copy at most N documents of each collection of the databases asked about",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    try:
        return _export(chosen.out, chosen.format, chosen.documents)
    except MqtError as error:
        print(error, file=sys.stderr)
        return 1


def _export(out: Path, form: str, documents: int) -> int:
    resource = SettingsResource()
    store, settings = resource.artifacts(), resource.load()
    if not store.exists(FEEDBACK):
        raise FeedbackError(
            f"{store.path(FEEDBACK)} is missing: materialize feedback_dataset first (embed_job "
            "does)."
        )
    dataset = json.loads(store.read(FEEDBACK))
    out.mkdir(parents=True, exist_ok=True)
    if form == "jsonl":
        write_lines(dataset, out)
    else:
        write_records(dataset, out)
        if documents > 0:
            names = sorted({example["database"] for example in dataset["examples"]})
            mongodb = MongoResource(settings=resource)
            write_documents(out, names, documents, mongodb, settings.private_fields)
    count = len(dataset["examples"])
    print(f"{count} examples of version {dataset['digest']} are in {out}")
    return 0


def _with_provenance(
    dataset: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    entries = {entry["example"]: entry for entry in dataset["provenance"]}
    for example in dataset["examples"]:
        yield example, entries[example["id"]]


if __name__ == "__main__":
    sys.exit(main())
