"""Which evidence makes a paraphrase likelier, and which less."""

from __future__ import annotations

from mqt_serving.corrections.likeness import REUSE, Reading, likeness
from tests.mqt_serving.corrections.test_wording import VOCABULARY, wording_of

ASKED = wording_of("Which hotels are in the city?", VOCABULARY)
CORRECTED = wording_of("hotels of the city", VOCABULARY)
RIGHT, WRONG = Reading({"a": 0.8, "b": 0.1}), Reading({"c": 0.9})
NAMES = frozenset({"hotel", "city"})


def likely(cosine: float = 0.8, read: Reading = RIGHT, corrected: Reading = RIGHT) -> float:
    return likeness(cosine, ASKED, CORRECTED, NAMES, read, corrected)


def test_near_in_meaning_and_read_alike_is_a_paraphrase_right_or_wrong() -> None:
    assert likely() > REUSE
    assert likely(read=WRONG, corrected=WRONG) > REUSE
    assert likely(cosine=0.6) < likely()


def test_read_differently_is_none() -> None:
    assert likely(read=WRONG) < REUSE
    assert likely(read=WRONG) < likely(read=Reading({"c": 0.1}))


def test_what_cannot_be_read_must_come_nearer() -> None:
    nothing = Reading()
    assert likely(0.9, nothing, nothing) > REUSE > likely(0.7, nothing, nothing)
    assert likely(0.9, nothing, RIGHT) < likely(0.9, nothing, nothing)


def test_another_field_makes_it_less_likely() -> None:
    other = wording_of("Which prices are in the city?", VOCABULARY)
    assert likeness(0.8, other, CORRECTED, NAMES, RIGHT, RIGHT) < likely()
