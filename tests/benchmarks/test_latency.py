"""How a translation's time is split, how memory is read, and which translator is measured."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchmarks.latency import STAGES, Stopwatch, stages
from benchmarks.serving_memory import megabytes
from benchmarks.translators import add_choice, chosen_translator
from mqt_serving.errors import NoRelease
from mqt_serving.releases import Pointer, move_pointer, write_release


def test_the_stages_add_up_to_the_whole() -> None:
    found = stages({"link": 0.010, "beams": 0.030, "joint": 0.005, "cross": 0.004}, 0.050)
    expected = {"link": 10, "joint": 5, "decode": 25, "cross": 4, "ready": 6, "all": 50}
    assert found == pytest.approx(expected)
    assert sum(found[stage] for stage in STAGES[:-1]) == pytest.approx(found["all"])


def test_a_declined_question_has_no_time_in_later_stages() -> None:
    assert stages({"link": 0.010}, 0.012) == pytest.approx(
        {"link": 10, "joint": 0, "decode": 0, "cross": 0, "ready": 2, "all": 12}
    )


def test_a_stopwatch_adds_what_comes_again_and_counts_what_raises() -> None:
    watch = Stopwatch()
    with watch.timing("link"):
        pass
    first = watch.spent["link"]
    with pytest.raises(ValueError), watch.timing("link"):
        raise ValueError
    assert watch.spent["link"] > first
    watch.reset()
    assert watch.spent == {}


def test_memory_is_read_in_megabytes() -> None:
    status = "Name:\tpython\nVmHWM:\t  300000 kB\nVmRSS:\t  250000 kB\n"
    assert megabytes(status, "VmRSS") == 256.0
    with pytest.raises(KeyError, match="VmSwap"):
        megabytes(status, "VmSwap")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MQT_HOME", str(tmp_path))
    return tmp_path


def chosen(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_choice(parser)
    return parser.parse_args(arguments)


def test_the_champion_is_measured_unless_another_is_named(home: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    (parts / "translator").mkdir(parents=True)
    (parts / "translator" / "translator.json").write_text("{}")
    for name in ("one", "two"):
        write_release(home / "releases", parts, release_id=name)
    move_pointer(home / "releases", Pointer(champion="two"))
    assert chosen_translator(chosen()).folder == home / "releases" / "two" / "translator"
    assert chosen_translator(chosen("--release", "one")).name == "one"
    assert chosen_translator(chosen("--model", "/tmp/mine")).folder == Path("/tmp/mine")
    with pytest.raises(NoRelease, match=r"no release three .*one, two"):
        chosen_translator(chosen("--release", "three"))


def test_without_any_release_it_says_what_to_do(home: Path) -> None:
    with pytest.raises(NoRelease, match="--model"):
        chosen_translator(chosen())
