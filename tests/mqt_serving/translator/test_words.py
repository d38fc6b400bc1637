"""Questions and names split into comparable words."""

from __future__ import annotations

import pytest

from mqt_serving.translator.words import name_words, split_words, stem


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("orderDate", ("order", "date")),
        ("Order_Date", ("order", "date")),
        ("orders.items.unitPrice", ("orders", "items", "unit", "price")),
        ("HTTPStatus2", ("http", "status", "2")),
        ("_id", ("id",)),
    ],
)
def test_names_split_at_case_and_separators(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("cities", "city"), ("boxes", "box"), ("orders", "order"), ("addresses", "address"),
     ("shipped", "shipping"), ("statuses", "status")],
)  # fmt: skip
def test_forms_of_a_word_share_a_stem(plural: str, singular: str) -> None:
    assert stem(plural) == stem(singular)


def test_spans_point_into_the_question() -> None:
    question = 'What\'s the price of "Blue Lamp" on 2025-03-01?'
    for word in split_words(question):
        assert question[word.start : word.end] == word.text
