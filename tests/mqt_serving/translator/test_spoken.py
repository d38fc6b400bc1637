"""Values said otherwise than they are stored."""

from __future__ import annotations

from datetime import datetime

from mqt_serving.query.literals import is_flag
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.translator.spoken import spoken_stems
from mqt_serving.translator.values import ValueIndex, find_values
from mqt_serving.translator.words import split_words


def field(path: str, *samples: str) -> FieldSchema:
    return FieldSchema(
        path=path, types={BsonType.STRING: 1.0}, presence=1.0, samples=samples,
        distinct=len(samples),
    )  # fmt: skip


def test_sexes_are_meant_only_where_nothing_else_is_stored() -> None:
    assert {("woman", "F"), ("man", "M"), ("femal", "F")} <= set(spoken_stems(["F", "M"]))
    assert list(spoken_stems(["F", "M", "A", "B"])) == []
    assert ("women", "female") in set(spoken_stems(["male", "female"]))


def test_days_of_the_week_are_found_in_their_short_forms() -> None:
    assert set(spoken_stems(["sat", "Thur"])) == {("saturday", "sat"), ("thursday", "Thur")}


def test_people_of_a_country_are_found_in_it() -> None:
    people = CollectionSchema(
        database="d", collection="people", document_count=9, sampled=9,
        fields=(field("country", "France", "USA"), field("sex", "F", "M")), indexes=(),
    )  # fmt: skip
    index = ValueIndex(Catalog(database="d", collections=(people,)))
    question = "American women who are not French"
    found = find_values(question, split_words(question), index, frozenset(), datetime(2026, 1, 1))
    held = {value.literal: value for value in found if value.holders}
    assert set(held) == {"USA", "F", "France"}
    assert not held["USA"].exact
    assert held["F"].holders == {("people", "sex")}


def test_flags_written_as_text_are_told_from_codes() -> None:
    assert is_flag(field("x", "Y", "N"))
    assert is_flag(field("x", "yes"))
    assert not is_flag(field("x", "Y", "N", "unknown"))
    assert not is_flag(field("x", "A", "B"))
