"""How comments sound."""

from __future__ import annotations

from mqt_assets.feedback.sentiment import MOST_WORST, compound, sentiment_of


def test_praise_complaint_and_fact_are_told_apart() -> None:
    assert compound("Great, exactly what I needed, thank you!") > 0.5
    assert compound("This is terribly wrong and annoying :(") < -0.5
    assert abs(compound("It groups by month.")) < 0.05


def test_negation_turns_the_meaning() -> None:
    assert compound("This is good") > 0 > compound("This is not good")


def test_classes_mean_and_worst_first() -> None:
    found = sentiment_of(
        [
            ("Great answer, thanks", "Great answer, thanks"),
            ("Bad", "Bad"),
            ("It groups by month", "It groups by month"),
            ("Horrible, utterly useless for Ada", "Horrible, utterly useless for …"),
        ]
    )
    assert (found.comments, found.positive, found.neutral, found.negative) == (4, 1, 1, 2)
    assert [remark.text for remark in found.worst] == ["Horrible, utterly useless for …", "Bad"]
    assert found.mean is not None
    assert -1 < found.mean < 0


def test_no_comments_have_no_mean() -> None:
    assert sentiment_of([]).mean is None


def test_only_a_few_are_quoted() -> None:
    assert len(sentiment_of([("awful", f"awful {n}") for n in range(50)]).worst) == MOST_WORST


def test_the_same_remark_is_quoted_once() -> None:
    assert len(sentiment_of([("awful, Ada", "awful, …"), ("awful, Eve", "awful, …")]).worst) == 1
