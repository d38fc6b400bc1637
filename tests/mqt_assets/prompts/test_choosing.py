"""A prompt is promoted only when it is surely better than the one that serves."""

from __future__ import annotations

import random

import pytest

from mqt_assets.evaluation.paired import Outcome
from mqt_assets.prompts.choosing import LEVEL, Tried, choose, prompt_of, rows
from mqt_serving.llm.template import Prompt, Template


def tried(name: str, right: str, **template: int) -> Tried:
    """`right` has a character a question: `+` right, `-` wrong."""
    outcomes = [
        Outcome(f"q{n}", f"g{n}", "shop", "find", "synthetic", mark == "+", 0.5)
        for n, mark in enumerate(right)
    ]
    return Tried(name, Template(**template), outcomes)


SERVING = tried("serving now", "+" * 10 + "-" * 20)


def test_a_prompt_that_is_surely_better_is_promoted() -> None:
    better = tried("better", "+" * 22 + "-" * 8, values=1)
    choice = choose(SERVING, [tried("same", "+" * 10 + "-" * 20, values=2), better])
    assert choice.chosen is better
    assert choice.moved(SERVING)
    assert "12 questions gained, 0 lost" in choice.reason


@pytest.mark.parametrize(
    "right",
    [
        "+" * 10 + "-" * 20,
        "+" * 13 + "-" * 17,  # three more: may be luck
        "-" * 10 + "+" * 14 + "-" * 6,  # fourteen gained, ten lost
        "-" * 30,
    ],
)
def test_otherwise_the_prompt_stays(right: str) -> None:
    choice = choose(SERVING, [tried("other", right, values=1)])
    assert choice.chosen is SERVING
    assert not choice.moved(SERVING)
    assert "no prompt is surely better" in choice.reason


def test_of_several_better_ones_the_best_is_taken() -> None:
    good = tried("good", "+" * 24 + "-" * 6, values=1)
    best = tried("best", "+" * 29 + "-", values=2)
    assert choose(SERVING, [best, good]).chosen is best


def test_among_many_prompts_luck_has_to_be_paid_for() -> None:
    six_more = "+" * 16 + "-" * 14
    assert choose(SERVING, [tried("one", six_more, values=1)]).moved(SERVING)
    many = [tried(f"n{n}", six_more, values=n) for n in range(10)]
    assert not choose(SERVING, many).moved(SERVING)


def test_prompts_that_are_no_better_are_hardly_ever_promoted() -> None:
    """As often as the level says at most, over searches among nine equally good prompts."""
    chance = random.Random(3)

    def marks() -> str:
        return "".join(chance.choice("+-") for _ in range(40))

    promoted = 0
    for _ in range(60):
        others = [tried(f"n{n}", marks(), values=n) for n in range(9)]
        promoted += choose(tried("serving now", marks()), others).chosen.name != "serving now"
    assert promoted / 60 <= LEVEL


def test_the_probability_is_the_share_of_right_answers_and_never_certain() -> None:
    all_right = tried("x", "+" * 8)
    assert prompt_of(all_right, "tiny", Prompt()).probability("tiny") == 0.9
    assert prompt_of(tried("x", ""), "tiny", Prompt()).probability("tiny") == 0.5


def test_what_is_known_of_other_models_stays_known_of_the_same_template() -> None:
    before = Prompt(template=Template(), right={"large": 0.8})
    assert prompt_of(tried("x", "+-"), "tiny", before).right == {"large": 0.8, "tiny": 0.5}
    assert prompt_of(tried("x", "+-", values=1), "tiny", before).right == {"tiny": 0.5}


def test_the_table_shows_all_prompts() -> None:
    others = [tried("other", "-" * 30, values=1)]
    table = rows(SERVING, others, choose(SERVING, others))
    assert [row[0] for row in table] == ["serving now", "other"]
    assert table[1][3] == "0 / 10"
