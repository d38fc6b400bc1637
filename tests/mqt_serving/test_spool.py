"""What the spool acknowledges is on disk, comes out in order; nothing damaged stops the rest."""

from __future__ import annotations

import errno
import logging
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from mqt_serving.errors import SpoolUnwritable
from mqt_serving.spool import ASIDE, Spool


class Away(Exception):
    """The journal, in these tests."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(folder)


def drained(spool: Spool) -> list[bytes]:
    found: list[bytes] = []
    spool.drain(found.append, (Away,))
    return found


def test_what_is_put_comes_out_once_in_order_also_after_a_restart(
    spool: Spool, folder: Path
) -> None:
    for number in range(20):
        assert spool.put(f"k{number}", b"%d" % number) == b"%d" % number
    assert len(spool) == 20
    assert drained(Spool(folder)) == [b"%d" % number for number in range(20)]
    assert spool.is_empty
    assert drained(spool) == []


def test_a_key_that_waits_keeps_its_first_content(spool: Spool) -> None:
    spool.put("key", b"first")
    assert spool.put("key", b"second") == b"first"
    assert spool.find("key") == b"first"
    assert spool.find("other") is None
    assert drained(spool) == [b"first"]


def test_a_clock_that_is_set_back_changes_no_order(folder: Path) -> None:
    times = iter([2000, 1000, 1000])
    spool = Spool(folder, clock=lambda: next(times))
    for key in ("a", "b", "c"):
        spool.put(key, key.encode())
    assert drained(spool) == [b"a", b"b", b"c"]


def test_draining_stops_where_it_is_told_to_and_goes_on_there(spool: Spool) -> None:
    for key in (b"a", b"b", b"c"):
        spool.put(key.decode(), key)
    found: list[bytes] = []

    def hand_over(content: bytes) -> None:
        if content == b"b":
            raise Away
        found.append(content)

    with pytest.raises(Away):
        spool.drain(hand_over, (Away,))
    assert found == [b"a"]
    assert drained(spool) == [b"b", b"c"]


def test_what_cannot_be_handed_over_is_set_aside_and_the_rest_goes_on(
    spool: Spool, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for key in ("a", "b", "c"):
        spool.put(key, key.encode())
    found: list[bytes] = []

    def hand_over(content: bytes) -> None:
        if content == b"b":
            raise ValueError("torn")
        found.append(content)

    with caplog.at_level(logging.ERROR):
        spool.drain(hand_over, (Away,))
    assert found == [b"a", b"c"]
    assert spool.is_empty
    assert spool.set_aside == 1
    (aside,) = (folder / ASIDE).iterdir()
    assert aside.read_bytes() == b"b"
    assert aside.name in caplog.text
    aside.rename(folder / aside.name)
    assert drained(spool) == [b"b"]


def test_what_is_passed_over_waits_and_the_rest_goes_on(spool: Spool) -> None:
    for key in (b"a", b"b", b"c"):
        spool.put(key.decode(), key)
    found: list[bytes] = []

    def hand_over(content: bytes) -> None:
        if content == b"b":
            raise Away
        found.append(content)

    spool.drain(hand_over, (), (Away,))
    assert found == [b"a", b"c"]
    assert spool.set_aside == 0
    assert drained(spool) == [b"b"]


def test_what_a_killed_process_left_unfinished_is_no_entry_and_goes_away(
    spool: Spool, folder: Path
) -> None:
    spool.put("a", b"a")
    torn = folder / f".{'0' * 20}-torn.entry-x1y2"
    torn.write_bytes(b"to")
    assert drained(spool) == [b"a"]
    spool.put("b", b"b")
    assert not torn.exists()


def test_threads_and_processes_lose_nothing_and_share_a_key(folder: Path) -> None:
    with ProcessPoolExecutor(3) as pool:
        list(pool.map(put_some, [folder] * 3, range(3)))
    spool = Spool(folder)
    assert len(spool) == 3 * 20 + 1
    with ThreadPoolExecutor(4) as threads:
        found = [x for part in threads.map(lambda _: drained(spool), range(4)) for x in part]
    assert len(found) == len(set(found)) == 61


def put_some(folder: Path, process: int) -> None:
    spool = Spool(folder)
    for number in range(20):
        spool.put(f"p{process}-{number}", b"%d %d" % (process, number))
        spool.put("shared", b"shared")


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond three bytes: writing fails on the way, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_nothing_half_is_left(spool: Spool, folder: Path) -> None:
    spool.put("a", b"a")
    with full_disk(), pytest.raises(SpoolUnwritable, match="nothing was kept") as caught:
        spool.put("b", b"too much")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert str(folder) in str(caught.value)
    assert drained(spool) == [b"a"]
    assert not list(folder.glob(".*.entry*"))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolUnwritable, match="MQT_SPOOL"):
        Spool(tmp_path / "file" / "spool").put("a", b"a")


def test_age_is_that_of_the_oldest(folder: Path) -> None:
    now = time.time_ns()
    spool = Spool(folder, clock=lambda: now)
    assert spool.oldest_seconds == 0
    spool.put("a", b"a")
    later = Spool(folder, clock=lambda: now + 90 * 10**9)
    later.put("b", b"b")
    assert later.oldest_seconds == 90
