"""What one correction does for other wordings of its question, at once and before any training.

`python -m benchmarks.corrections --data FOLDER [--databases a,b,c | --most N] [--share 0.5]
[--release ID | --model FOLDER] [--json]` corrects, in each database of a folder in TEND's format,
the first wording of a share of its gold queries, and asks everything else:

- *reworded*: the other wordings of the corrected queries. How many are answered from the
  correction, and how many are right before and after.
- *rest*: the questions of all other queries. An answer from a correction that returns something
  else than the gold is a *wrong reuse*.

Rates are given for several thresholds of likeness; serving uses `likeness.REUSE`. Without
`--databases`, those that are in no `dev_databases.json`: thresholds are chosen there, and the
development databases (name them) say what they are worth where the model never saw the questions.
Queries run on a mongod of the benchmark's own (EX-E).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from benchmarks.corpus_set import Corpus, database_names, load_corpus
from benchmarks.corrections_set import Run, accepted, queries_of, split
from benchmarks.databases.loading import load_documents, own_server
from benchmarks.progress import say
from benchmarks.translators import add_choice, chosen_translator
from mqt_assets.evaluation.answering import NOW, command_of, runner
from mqt_assets.evaluation.execution_accuracy import Gold, run_gold
from mqt_assets.training.examples import Example
from mqt_serving.corrections.likeness import REUSE, Reading
from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.corrections.paraphrases import Paraphrases
from mqt_serving.errors import MqtError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.pipeline import Command
from mqt_serving.release_loading import LoadedRelease
from mqt_serving.releases import Manifest
from mqt_serving.schema import Catalog
from mqt_serving.translator import Translator

THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95)
_AT = NOW.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: right by the model, and the nearest correction with what it would answer."""

    reworded: bool  # else of the rest
    right: bool
    likeness: float = 0.0
    corrected_right: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the questions, 0 to 1, when corrections answer from a likelihood on."""

    questions: int
    reused: float
    wrongly: float
    before: float
    after: float


def rates(asked: Iterable[Asked], threshold: float) -> Rates:
    listed = list(asked)
    count = max(1, len(listed))
    reused = [one for one in listed if one.likeness >= threshold]
    kept = sum(one.right for one in listed if one.likeness < threshold)
    good = sum(one.corrected_right for one in reused)
    return Rates(
        questions=len(listed),
        reused=len(reused) / count,
        wrongly=(len(reused) - good) / count,
        before=sum(one.right for one in listed) / count,
        after=(kept + good) / count,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _arguments(arguments)
    names = chosen.databases or _others(chosen.data)[: chosen.most]
    translator = chosen_translator(chosen).load()
    found: list[Asked] = []
    with own_server() as (_, client):
        run = runner(lambda database: client[database])
        for name in names:
            try:
                corpus = load_corpus(chosen.data, [name])
            except (FileNotFoundError, ValueError):
                continue  # a database without documents or without records
            load_documents(client[name], corpus.documents(name))
            mine = list(_measured(corpus, name, translator, run, chosen.share, chosen.seed))
            client.drop_database(name)
            found += mine
            say(f"{name}: {len(mine)} questions")
    for line in table(found):
        print(line)
    if chosen.json:
        print(json.dumps(_as_json(found)))


def table(asked: Sequence[Asked]) -> list[str]:
    """Lines to read, one a threshold."""
    reworded = [one for one in asked if one.reworded]
    rest = [one for one in asked if not one.reworded]
    lines = [
        f"{len(reworded)} reworded questions, {len(rest)} of the rest; serving reuses from {REUSE}",
        "from   reworded: reused  wrongly  right before -> after   rest: reused  wrongly  "
        "right before -> after",
    ]
    for threshold in THRESHOLDS:
        one, other = rates(reworded, threshold), rates(rest, threshold)
        lines.append(
            f"{threshold:.2f}  {one.reused:16.1%} {one.wrongly:8.2%} {one.before:8.1%} -> "
            f"{one.after:6.1%} {other.reused:16.2%} {other.wrongly:8.2%} {other.before:8.1%} -> "
            f"{other.after:6.1%}"
        )
    return lines


def _measured(
    corpus: Corpus, name: str, translator: Translator, run: Run, share: float, seed: int
) -> Iterator[Asked]:
    catalog = corpus.catalogs[name]
    release = _release(catalog, translator)
    parts = split(queries_of(corpus.examples), share, 1, seed)
    corrections = [_live(example) for example in accepted(parts.asked, catalog, run)]
    paraphrases = Paraphrases()
    golds: dict[str, Gold | str] = {}

    def right(command: Command | None, example: Example) -> bool:
        if example.command not in golds:
            golds[example.command] = run_gold(example, run)
        gold = golds[example.command]
        if command is None or isinstance(gold, str):
            return False
        try:
            return gold.equals(run(name, command), example.ordered)
        except MqtError:
            return False

    for reworded, examples in ((True, parts.reworded), (False, parts.rest)):
        for example in examples:
            read = _read(example.question, catalog, translator)
            near = paraphrases.nearest(
                example.question,
                corrections,
                release,
                catalog,
                lambda question: _read(question, catalog, translator).reading,
                NOW,
            )
            answer = near.correction.command if near else None
            likeness = near.likeness if near else 0.0
            yield Asked(reworded, right(read.best, example), likeness, right(answer, example))


@dataclass(frozen=True, slots=True)
class _Read:
    reading: Reading
    best: Command | None


def _read(question: str, catalog: Catalog, translator: Translator) -> _Read:
    """What the model makes of a question, as serving keeps it."""
    try:
        candidates = translator.translate(question, catalog, NOW)
    except MqtError:
        return _Read(Reading(), None)
    shares: dict[str, float] = {}
    best: Command | None = None
    for candidate in candidates:
        try:
            command = command_of(candidate.plan, catalog)
        except MqtError:
            continue
        best = best or command
        shares.setdefault(render_mongosh(command), candidate.probability)
    return _Read(Reading(shares), best)


def _live(example: Example) -> LiveCorrection:
    return LiveCorrection(
        id=example.id,
        question=example.question,
        database=example.database,
        plan=example.plan,
        command=parse_query(example.command),
        author="",
        at=_AT,
        asked_at=_AT,
    )


def _release(catalog: Catalog, translator: Translator) -> LoadedRelease:
    manifest = Manifest(id=f"benchmark-{catalog.database}", created_at=_AT, files={})
    return LoadedRelease(
        manifest=manifest,
        catalogs={catalog.database: catalog},
        translator=translator,
        search=None,
        corrections={},
        examples={},
        encoder=translator.encoder,
    )


def _others(folder: Path) -> list[str]:
    """The databases that no list of development databases names, the same order every time."""
    records = json.loads((folder / "train.json").read_text(encoding="utf-8"))
    development = set(database_names(folder, None) or ())
    return sorted({record["db_id"] for record in records} - development)


def _as_json(asked: Sequence[Asked]) -> dict[str, Any]:
    return {
        str(threshold): {
            part: asdict(rates((one for one in asked if one.reworded is reworded), threshold))
            for part, reworded in (("reworded", True), ("rest", False))
        }
        for threshold in THRESHOLDS
    }


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in TEND's format")
    parser.add_argument("--databases", type=lambda text: text.split(","), metavar="a,b,c")
    parser.add_argument("--most", type=int, metavar="N", help="at most so many databases")
    parser.add_argument("--share", type=float, default=0.5, help="of the queries (0.5)")
    parser.add_argument("--seed", type=int, default=1, help="of the split (1)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    add_choice(parser)
    return parser.parse_args(given)


if __name__ == "__main__":
    try:
        main()
    except (MqtError, FileNotFoundError) as error:
        sys.exit(f"mqt: {error}")
