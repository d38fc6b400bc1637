"""How often a translator is right on databases it has never seen: every accuracy goal at once.

`python -m benchmarks.accuracy --data FOLDER [--release ID | --model FOLDER | --llm]` asks the
questions of a folder in TEND's format (a file of records with `databases/` beside it), those of
Spider-Syn in both wordings, and the written test, and runs what comes back on a mongod of its own.
It prints execution accuracy (EX-E), the right plan among the first five, the loss with synonyms,
what is declined, calibration, each beside its goals and with an interval clustered by database;
then accuracy by kind of query and what wrong answers get wrong. Predictions are written line by
line into `--out`. With `--json` the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from pymongo import MongoClient

from benchmarks.accuracy_report import Accuracy, Row
from benchmarks.corpus_set import Corpus, database_names, load_corpus, synonym_pairs
from benchmarks.databases.loading import load_documents, own_server
from benchmarks.judging import Judge, Judged, Translator
from benchmarks.progress import say, with_progress
from benchmarks.translators import LanguageModel, add_choice, chosen_translator
from benchmarks.written_measuring import Report as Written
from benchmarks.written_measuring import load_written, measure
from benchmarks.written_measuring import runner as written_runner
from benchmarks.written_set import FOLDER as WRITTEN
from mqt_assets.evaluation.answering import runner
from mqt_assets.training.examples import Example
from mqt_serving.settings import Settings

_QUESTIONS = "questions.json"  # of Spider-Syn


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _arguments(arguments)
    choice = LanguageModel(Settings.from_environment()) if chosen.llm else chosen_translator(chosen)
    say(f"measuring {choice.name}")
    corpus = load_corpus(chosen.data, database_names(chosen.data, chosen.databases), chosen.limit)
    out = chosen.out or Settings.from_environment().home / "benchmarks" / f"accuracy-{choice.label}"
    out.mkdir(parents=True, exist_ok=True)
    with own_server() as (uri, client), (out / "predictions.jsonl").open("w") as lines:
        run = runner(lambda name: client[name])
        translator = choice.load(run) if isinstance(choice, LanguageModel) else choice.load()
        for name, catalog in corpus.catalogs.items():
            load_documents(client[name], corpus.documents(name))
            translator.prepare(catalog)
        judge = Judge(translator, corpus.catalogs, run)
        judged = tuple(_judged(judge, corpus.examples, "corpus", lines))
        synonyms, no_synonyms = _synonyms(judge, corpus, chosen, lines)
        written, no_written = _written(translator, uri, client, chosen.limit)
    report = Accuracy(choice.name, judged, synonyms, written, no_synonyms, no_written)
    _write(out / "report.json", report.as_json())
    if written is not None:
        _write(out / "written.json", written.as_json())
    _print(report)
    print(f"\npredictions, written test and report are in {out}")
    if chosen.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in TEND's format")
    add_choice(parser, llm=True)
    parser.add_argument(
        "--databases", type=Path, metavar="FILE",
        help="a JSON list of the databases to ask about (dev_databases.json of the folder, or all)",
    )  # fmt: skip
    parser.add_argument(
        "--spider-syn", type=Path, metavar="FOLDER",
        help="Spider-Syn's questions.json (spider_syn beside the data folder)",
    )  # fmt: skip
    parser.add_argument("--limit", type=int, help="at most so many questions of each set")
    parser.add_argument("--out", type=Path, help="where results go (a folder in MQT_HOME)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    return parser.parse_args(given)


def _judged(
    judge: Judge, examples: Sequence[Example], part: str, lines: TextIO
) -> Iterator[Judged]:
    right = done = 0

    def note() -> str:
        return f", {right / max(1, done):.1%} right"

    for example in with_progress(examples, part, note):
        each = judge.judge(example)
        right, done = right + each.right, done + 1
        line = {"set": part, **each.as_json()}
        lines.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        lines.flush()
        yield each


def _synonyms(
    judge: Judge, corpus: Corpus, chosen: argparse.Namespace, lines: TextIO
) -> tuple[tuple[tuple[Judged, Judged], ...], str]:
    """Both answers to each matched question, or why there are none."""
    file = (chosen.spider_syn or chosen.data.resolve().parent / "spider_syn") / _QUESTIONS
    if not file.is_file():
        return (), f"{file} is missing: name Spider-Syn's folder with --spider-syn"
    pairs = synonym_pairs(corpus, json.loads(file.read_text(encoding="utf-8")), chosen.limit)
    if not pairs:
        return (), f"no question of {file} is about a record of {corpus.folder}"
    plain = list(_judged(judge, [pair.plain for pair in pairs], "plain wording", lines))
    synonym = list(_judged(judge, [pair.synonym for pair in pairs], "synonyms", lines))
    return tuple(zip(plain, synonym, strict=True)), ""


def _written(
    translator: Translator, uri: str, client: MongoClient[dict[str, Any]], limit: int | None
) -> tuple[Written | None, str]:
    if not WRITTEN.is_dir():
        return None, f"{WRITTEN} is missing: run from a checkout of the repository"
    say("loading the databases of the written test")
    catalogs = load_written(uri, client)
    return measure(translator, catalogs, written_runner(client), limit), ""


def _write(path: Path, body: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _print(report: Accuracy) -> None:
    print(f"{'':<30} {'value':>7}  {'95 % interval':<16} {'must':>6} {'aim':>6}  {'of':>5}  met")
    for row in report.rows:
        print(_line(row))
    if report.synonyms:
        plain, synonym = report.synonym_shares
        print(f"synonyms: {plain:.1%} with the plain wording, {synonym:.1%} with synonyms")
    for part, (share, count) in report.written.by_part.items() if report.written else ():
        print(f"written test, {part} part: {share:.1%} of {count}")
    for title, groups in (("kind of query", report.by_kind), ("database", report.by_database)):
        print(f"\nright by {title}")
        for name, (share, count) in groups.items():
            print(f"  {name:<28} {share:6.1%}  of {count}")
    print("\nprobability of the first candidate, in bins of equal mass")
    for each in report.reliability:
        print(f"  {each.probability:6.1%} said, {each.right:6.1%} right, {each.count} answers")
    print("\nwhat wrong answers get wrong (one may count in several)")
    for part, count in report.breakdown.items():
        print(f"{count:6}  {part}")
    for kind, parts in report.breakdown_by_kind.items():
        found = ", ".join(f"{part} {count}" for part, count in parts.items())
        print(f"  {kind}: {found}")


def _line(row: Row) -> str:
    def shown(value: float) -> str:
        return f"{value:.1f}" if row.points else f"{value:.1%}"

    if row.value is None:
        return f"{row.name:<30} skipped: {row.skipped}"
    interval = row.interval
    between = f"{shown(interval.low)} to {shown(interval.high)}" if interval else ""
    goals = f"{shown(row.must):>6} {shown(row.aim):>6}"
    return f"{row.name:<30} {shown(row.value):>7}  {between:<16} {goals}  {row.count:>5}  {row.met}"


if __name__ == "__main__":
    main()
