"""What becomes of a correction that others contradict."""

from __future__ import annotations

from mqt_serving.corrections.conflicts import Author, Judgement, Rival, judge

ADA, BOB = Author("ada"), Author("bob")


def rival(author: Author, same_question: bool = True, same_answer: bool = False) -> Rival:
    return Rival("r1", author, same_question, same_answer)


def test_nothing_against_it_is_accepted() -> None:
    assert judge(ADA, []) == Judgement(held=False)
    assert judge(ADA, [rival(BOB, same_answer=True)]) == Judgement(held=False)


def test_another_answer_by_somebody_else_is_held() -> None:
    judgement = judge(ADA, [rival(BOB)])
    assert judgement.held
    assert "r1 by bob" in judgement.reason
    assert judge(ADA, [rival(BOB, same_question=False)]).held


def test_the_same_author_replaces_word_for_word_only() -> None:
    assert judge(ADA, [rival(ADA)]).replaces == ("r1",)
    assert judge(ADA, [rival(ADA, same_question=False)]) == Judgement(held=False)


def test_the_session_tells_people_apart_before_their_names_do() -> None:
    assert Author("", "s1").is_same(Author("ada", "s1"))
    assert not Author("ada", "s1").is_same(Author("ada", "s2"))
    assert not Author("ada", "s1").is_same(Author("ada"))
    assert not Author("ada").is_same(Author("ada", "s1"))
    assert Author("ada").is_same(Author("ada"))
    assert Author("ada", answer="q1").is_same(Author("ada", "s1", "q1"))
    assert not Author().is_same(Author())
    assert Author(answer="q1").is_same(Author("ada", "s1", "q1"))
    assert not Author(answer="q1").is_same(Author(answer="q2"))
