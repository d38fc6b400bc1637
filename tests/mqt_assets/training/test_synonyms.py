"""Synonyms learned from pairs of questions and put into others."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from mqt_assets.training.synonyms import (
    learn_lexicon,
    load_thesaurus,
    synonym_pairs,
    with_synonyms,
    within,
)

PAIRS = [
    ("Show the names of the singers", "Show the titles of the vocalists"),
    ("How many singers are there?", "How many vocalists are there?"),
    ("What is the average age of singers?", "What is the mean age of vocalists?"),
    ("Which singers come from France?", "Which vocalists come from Paris?"),
]
LEXICON = learn_lexicon(PAIRS)


def test_what_was_replaced_often_enough_is_learned() -> None:
    assert LEXICON == {"singers": (("vocalists", 4),)}
    assert learn_lexicon(PAIRS, least=1)["average"] == (("mean", 1),)


def test_questions_lose_schema_words_and_keep_the_rest() -> None:
    said = with_synonyms("Singers who sing 'singers', please", LEXICON, Random(1), share=1.0)
    assert said == "Vocalists who sing 'singers', please"


def test_a_question_without_known_words_gives_nothing() -> None:
    assert with_synonyms("How many boats are there?", LEXICON, Random(1)) is None
    assert with_synonyms("Is she one of the Singers?", LEXICON, Random(1), 1.0) is None  # a value


def test_databases_set_apart_give_no_pairs(tmp_path: Path) -> None:
    entries = [
        {"db_id": "a", "question": "singers", "synonym_question": "vocalists"},
        {"db_id": "b", "question": "boats", "synonym_question": "ships"},
        {"db_id": "a", "question": "same", "synonym_question": "same"},
    ]
    (tmp_path / "questions.json").write_text(json.dumps(entries))
    assert synonym_pairs(tmp_path, {"b"}) == [("singers", "vocalists")]


def test_the_thesaurus_has_regular_plurals_and_prefers_what_comes_first(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("city: town, place of residence\nhired: taken on\n")
    lexicon = load_thesaurus(tmp_path / "words.txt")
    assert lexicon["city"] == (("town", 5), ("place of residence", 4))
    assert [other for other, _ in lexicon["cities"]] == ["towns", "places of residence"]
    assert lexicon["hired"] == (("taken on", 5),)


def test_a_schema_s_words_are_replaced_but_not_by_other_words_of_it() -> None:
    lexicon = {
        "name": (("title", 5), ("label", 4)),
        "city": (("town", 5),),
        "singer": (("vocalist", 5),),
    }
    of_books = within(lexicon, {"name", "titl", "book"})
    assert of_books == {"name": (("label", 4),)}


def test_the_thesaurus_is_made_of_words_and_says_no_word_by_itself() -> None:
    lexicon = load_thesaurus()
    assert len(lexicon) > 3000
    for phrase, others in lexicon.items():
        said = [other for other, _ in others]
        assert phrase not in said and len(set(said)) == len(said)
        assert all(other.replace(" ", "").replace("'", "").isalpha() for other in said), phrase
