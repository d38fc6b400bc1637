"""How a translator does on the written test: what public corpora lack, and what has no answer.

`python -m benchmarks.written_questions [--release ID | --model FOLDER] [--failures] [--json]`
starts a mongod of its own, loads the sample shop and the generated databases, infers their
catalogs as the pipeline does, and asks the translator every question of `tests/questions/written`.
It prints the share of right answers by database and by construct, the share where a right answer
is among the first five, and how often the translator declines: what has no answer, and what has
one. Questions are asked at the moment that their file names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from benchmarks.databases.loading import own_server
from benchmarks.judging import CANDIDATES
from benchmarks.translators import add_choice, chosen_translator
from benchmarks.written_measuring import Report, load_written, measure, runner
from mqt_assets.evaluation.answering import percentile


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_choice(parser)
    parser.add_argument("--failures", action="store_true", help="list what went wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object, all in it")
    chosen = parser.parse_args(arguments)
    translator = chosen_translator(chosen)
    with own_server() as (uri, client):
        catalogs = load_written(uri, client)
        report = measure(translator.load(catalogs.values()), catalogs, runner(client))
    if chosen.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
        return
    _print(report)
    if chosen.failures:
        _print_failures(report)


def _print(report: Report) -> None:
    print(f"{len(report.answered)} questions with an answer")
    print(f"  right                  {report.right:6.1%}")
    print(f"  right among first {CANDIDATES}    {report.among_first:6.1%}")
    for title, groups in (
        ("part", report.by_part),
        ("database", report.by_database),
        ("construct", report.by_construct),
    ):
        print(f"by {title}")
        for name, (share, count) in groups.items():
            print(f"  {name:<22} {share:6.1%}  of {count}")
    print(f"{len(report.without_answer)} questions without an answer")
    print(f"  declined               {report.recognised:6.1%}")
    for name, (share, count) in report.recognised_by_kind.items():
        print(f"  {name:<22} {share:6.1%}  of {count}")
    print(f"{len(report.with_answer)} questions near them with an answer")
    print(f"  declined               {report.falsely_declined:6.1%}")
    p50, p99 = (percentile(report.milliseconds, share) for share in (0.50, 0.99))
    print(f"{p50:.0f} ms a translation at the median, {p99:.0f} ms at the 99th percentile")


def _print_failures(report: Report) -> None:
    for answer in report.answered:
        if answer.rank != 1:
            found = f" (right at {answer.rank})" if answer.rank else ""
            print(f"\n{answer.database}/{answer.id}{found}: {answer.question}")
            print(f"  {answer.reason}\n  gold      {answer.gold}\n  predicted {answer.predicted}")
    for asked in report.without_answer:
        if not asked.declined:
            print(f"\nnot declined, {asked.kind}: {asked.database}/{asked.id}: {asked.question}")
    for asked in report.with_answer:
        if asked.declined:
            print(f"\nfalsely declined: {asked.database}/{asked.id}: {asked.question}")


if __name__ == "__main__":
    main()
