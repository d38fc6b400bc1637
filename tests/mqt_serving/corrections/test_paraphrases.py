"""What is remembered of corrections, and when it is computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mqt_serving.corrections.likeness import Reading
from mqt_serving.corrections.live import LiveCorrection
from mqt_serving.corrections.paraphrases import Paraphrases
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.release_loading import LoadedRelease, Vectors
from mqt_serving.releases import Manifest
from mqt_serving.schema import Catalog
from tests.mqt_serving.table_translator import LetterEncoder, TableTranslator

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2)


class CountingEncoder(LetterEncoder):
    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode(texts)


def correction(database: str = "shop", query: str = "db.orders.find({})") -> LiveCorrection:
    question = "How many orders were shipped?"
    return LiveCorrection(database, question, database, None, parse_query(query), "ada", AT, AT)


def release_of(id: str, encoder: CountingEncoder, *databases: str) -> LoadedRelease:
    return LoadedRelease(
        manifest=Manifest(id=id, created_at=AT, files={}),
        catalogs={name: Catalog(database=name, collections=()) for name in databases},
        translator=TableTranslator({}),
        corrections={},
        examples={},
        search=None,
        encoder=encoder,
    )


def test_an_edited_correction_answers_paraphrases_with_what_it_says_now() -> None:
    paraphrases, release = Paraphrases(), release_of("one", CountingEncoder(), "shop")
    old = correction()
    edited = replace(old, command=parse_query("db.orders.find({status: 'shipped'})"))
    for one in (old, edited):
        near = paraphrases.nearest(
            "How many of the orders were shipped?",
            [one],
            release,
            release.catalogs["shop"],
            lambda _: Reading(),
            NOW,
        )
        assert near is not None
        assert near.correction == one


def test_readings_are_those_of_the_dates_that_the_question_means_by_now() -> None:
    paraphrases, release = Paraphrases(), release_of("one", CountingEncoder(), "shop")
    command = parse_query("db.orders.find({at: {$gte: ISODate('2026-01-01')}})")
    one = replace(correction(), question="How many orders were shipped today?", command=command)
    read: list[str] = []

    def reading_of(question: str) -> Reading:
        read.append(question)
        return Reading()

    for day in (1, 1, 2):
        asked, now = "How many of the orders were shipped today?", datetime(2026, 1, day)
        catalog = release.catalogs["shop"]
        near = paraphrases.nearest(asked, [one], release, catalog, reading_of, now)
        assert near is not None
        assert f"2026-01-0{day}" in render_mongosh(near.correction.command)
    assert read.count(one.question) == 2


def test_a_correction_that_was_read_again_unchanged_is_not_encoded_again() -> None:
    paraphrases, encoder = Paraphrases(), CountingEncoder()
    release = release_of("one", encoder, "shop")
    for _ in range(2):
        paraphrases.prepare({"shop": [correction()]}, release)
    assert encoder.encoded == 1


def test_however_many_databases_each_correction_is_encoded_once() -> None:
    paraphrases, encoder = Paraphrases(), CountingEncoder()
    names = [f"shop{number}" for number in range(40)]
    release = release_of("one", encoder, *names)
    for _ in range(2):
        paraphrases.prepare({name: [correction(name)] for name in names}, release)
    assert encoder.encoded == 40


def test_the_releases_used_last_are_remembered() -> None:
    paraphrases, encoder = Paraphrases(), CountingEncoder()
    for id, encoded in (("a", 1), ("b", 2), ("c", 3), ("a", 3), ("d", 4), ("a", 4), ("b", 5)):
        paraphrases.prepare({"shop": [correction()]}, release_of(id, encoder, "shop"))
        assert encoder.encoded == encoded
