"""Synonyms learned from pairs of questions and put into others."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from mqt_assets.training.synonyms import learn_lexicon, synonym_pairs, with_synonyms

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
