"""Every attack of the corpus is refused with a message of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mqt_serving.errors import QueryError, QueryRefused, UnknownCollection
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.guard import check
from tests.mqt_serving.query.attacks import ATTACKED, ATTACKS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CASES = [
    pytest.param(text, words, id=f"{kind}-{number}")
    for kind, cases in ATTACKS.items()
    for number, (text, words) in enumerate(cases)
]


@pytest.mark.parametrize(("text", "words"), CASES)
def test_an_attack_is_refused_with_its_own_message(text: str, words: str) -> None:
    with pytest.raises((QueryError, QueryRefused, UnknownCollection)) as caught:
        check(parse_query(text, NOW), None, ATTACKED)
    message = str(caught.value)
    assert words in message, message
    assert len(message) < 600


def test_the_corpus_covers_every_class_widely() -> None:
    assert sum(map(len, ATTACKS.values())) >= 150
    assert min(map(len, ATTACKS.values())) >= 20
    texts = [text for cases in ATTACKS.values() for text, _ in cases]
    assert len(set(texts)) == len(texts)
