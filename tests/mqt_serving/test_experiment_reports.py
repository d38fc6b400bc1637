"""Reports of experiments: what is kept of many looks, and who may ask for what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from mqt_serving.errors import ReleaseCorrupt, UnknownExperiment
from mqt_serving.experiment_reports import (
    FOLDER,
    MOST_POINTS,
    ExperimentReport,
    Point,
    close_when_over,
    find_report,
    list_reports,
    thinned,
    write_report,
)
from mqt_serving.releases import Pointer

START = datetime(2026, 1, 1, tzinfo=UTC)
RUNNING = Pointer(champion="one", challenger="two", challenger_share=0.5, experiment="e1")


def point(minute: int, challenger: int) -> Point:
    return Point(
        at=START + timedelta(minutes=minute),
        share=0.5,
        units=(10, challenger),
        satisfied=None,
        mismatch_p=1.0,
    )


def report(name: str = "e1", minute: int = 0, challenger: int = 5) -> ExperimentReport:
    at = START + timedelta(minutes=minute)
    return ExperimentReport(
        experiment=name,
        champion="one",
        challenger="two",
        share=0.5,
        started_at=at,
        looked_at=at,
        arms=(),
        outcomes=(),
        mismatch_p=1.0,
        level=0.05,
        action="continue",
        reason="not clear yet",
        points=(point(minute, challenger),),
    )


def test_each_look_adds_a_point_if_there_was_something_new() -> None:
    first = report()
    same = report(minute=1).after(first)
    assert same.points == first.points
    more = report(minute=2, challenger=6).after(same)
    assert [p.units[1] for p in more.points] == [5, 6]
    assert first.after(None) == first


def test_a_look_that_began_before_the_end_keeps_the_end(tmp_path: Path) -> None:
    write_report(tmp_path, report())
    close_when_over(tmp_path, RUNNING, RUNNING.without_challenger(), "stop", "enough", START)
    closed = find_report(tmp_path, "e1")
    late = report(minute=1, challenger=6).after(closed)
    assert closed is not None and closed.ended is not None
    assert late.ended == closed.ended
    assert len(late.points) == 2


def test_many_looks_are_thinned_out_evenly_and_keep_both_ends() -> None:
    points = [point(minute, minute) for minute in range(1001)]
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    gaps = [b.units[1] - a.units[1] for a, b in pairwise(kept)]
    assert max(gaps) <= 2 * min(gaps[:-1])


def test_reports_are_found_newest_first_and_a_broken_one_stops_none(tmp_path: Path) -> None:
    assert list_reports(tmp_path) == []
    assert find_report(tmp_path, "e1") is None
    for minute, name in enumerate(("e1", "e2")):
        write_report(tmp_path, report(name, minute))
    (tmp_path / FOLDER / "e3.json").write_text("{")
    assert [found.experiment for found in list_reports(tmp_path)] == ["e2", "e1"]
    with pytest.raises(ReleaseCorrupt, match="delete it"):
        find_report(tmp_path, "e3")
    for wrong in ("../../pointer", "", "a" * 65, "e1.json"):
        with pytest.raises(UnknownExperiment):
            find_report(tmp_path, wrong)


def test_a_move_that_ends_an_experiment_closes_its_report(tmp_path: Path) -> None:
    over = Pointer(champion="three", previous="one")
    close_when_over(tmp_path, RUNNING, over, "release", "nobody looked")
    write_report(tmp_path, report())
    close_when_over(tmp_path, RUNNING, RUNNING, "ramp", "goes on")
    assert find_report(tmp_path, "e1") == report()
    close_when_over(tmp_path, RUNNING, over, "release", "another model", START)
    closed = find_report(tmp_path, "e1")
    assert closed is not None and closed.ended is not None
    assert (closed.ended.move, closed.ended.at) == ("release", START)
    (tmp_path / FOLDER / "e1.json").write_text("{")
    close_when_over(tmp_path, RUNNING, over, "rollback", "must not stop it")
