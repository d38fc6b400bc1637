"""Names become nouns, in the singular and in the plural, and dates what happened then."""

from __future__ import annotations

import pytest

from mqt_serving.english import (
    participle_of,
    plural,
    plural_phrase,
    singular,
    spelled_out,
    with_article,
    words_of,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("support_tickets", ("support", "tickets")),
        ("shippingAddress", ("shipping", "address")),
        ("OrderItems2", ("order", "items", "2")),
        ("customerID", ("customer", "id")),
        ("HTTPServer", ("http", "server")),
        ("_id", ("id",)),
        ("名前", ("名前",)),
    ],
)
def test_identifiers_split_into_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_short_forms_are_spelled_out() -> None:
    assert spelled_out(words_of("emp_qty")) == ("employee", "quantity")
    assert spelled_out(words_of("dob")) == ("date", "of", "birth")


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("order", "orders"), ("category", "categories"), ("address", "addresses"),
        ("person", "people"), ("status", "statuses"), ("movie", "movies"), ("box", "boxes"),
        ("staff", "staff"), ("course", "courses"), ("branch", "branches"), ("day", "days"),
        ("warehouse", "warehouses"), ("analysis", "analyses"), ("shelf", "shelves"),
    ],
)  # fmt: skip
def test_nouns_have_both_numbers(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one
    assert singular(one) == one
    assert plural(many) == many


def test_phrases_inflect_where_english_does() -> None:
    assert plural_phrase("date of birth") == "dates of birth"
    assert plural_phrase("shipping city") == "shipping cities"
    assert plural_phrase("weight in kg") == "weights in kg"
    assert plural_phrase("created at") == "created at"
    assert with_article("order date") == "an order date"
    assert with_article("loyalty points") == "loyalty points"


def test_dates_tell_what_happened() -> None:
    assert participle_of(("created", "at")) == "created"
    assert participle_of(("order", "date")) == "placed"
    assert participle_of(("deadline",)) is None
