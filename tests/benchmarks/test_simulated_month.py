"""The simulated month: its people and its picture. The month itself takes minutes."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from benchmarks.month.people import Person, Says
from benchmarks.month.picture import draw, lines
from benchmarks.month.questions import Asked, day_of, other_topics
from benchmarks.month.story import Day, Event, Month
from mqt_serving.settings import SAMPLE_DATABASE


def test_people_say_what_their_shares_say() -> None:
    chance = Random(3)
    person = Person("x", corrects=0.6, votes=0.3, thanks=0.2, errs=0.1)
    wrong = Counter(person.says(False, chance) for _ in range(4000))
    right = Counter(person.says(True, chance) for _ in range(4000))
    assert wrong[Says.CORRECTION] / 4000 == pytest.approx(0.6, abs=0.03)
    assert wrong[Says.DOWN] / 4000 == pytest.approx(0.3, abs=0.03)
    assert right[Says.WRONG_CORRECTION] / 4000 == pytest.approx(0.1, abs=0.03)
    assert right[Says.UP] / 4000 == pytest.approx(0.2, abs=0.03)
    assert not {Says.CORRECTION, Says.DOWN} & set(right)


def test_a_pool_is_asked_in_turn_and_again() -> None:
    pool = [Asked(str(at), ("db.a.find({})",), False) for at in range(5)]
    asked = [[one.question for one in day_of(pool, day, 2)] for day in range(5)]
    assert asked == [["0", "1"], ["2", "3"], ["4", "0"], ["1", "2"], ["3", "4"]]
    assert len(day_of(pool, 0, 9)) == 5


def test_other_topics_can_be_judged_at_any_moment() -> None:
    asked = other_topics(SAMPLE_DATABASE)
    assert len(asked) > 40
    assert not any("$$NOW" in gold for one in asked for gold in one.golds)


def test_the_picture_shows_each_model_and_each_kind_of_event() -> None:
    days = [Day(n, asked=10, right=n, model="a" if n < 3 else "b") for n in range(1, 5)]
    month = Month(days, [Event(2, "refused", "worse"), Event(3, "promoted", "better")])
    svg = draw(month)
    assert svg == draw(month)
    assert svg.startswith(b"<?xml")
    assert svg.count(b"stroke-dasharray") == 2, "the legend draws its lines as the plot does"
    assert month.as_json()["counts"] == {"promoted": 1, "refused": 1}
    assert lines(month.events)[0].split() == ["day", "2", "refused", "worse"]


def test_a_month_without_events_can_be_drawn() -> None:
    assert draw(Month([Day(1, asked=1, right=1)], []))
