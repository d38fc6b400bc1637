"""The embedded servers: ready when started, private to this machine, clear when they fail."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from mqt_serving.platform import processes, servers
from mqt_serving.platform.servers import EmbeddedServer, MongoServer, RedisServer, ServerError

BOTH = pytest.mark.parametrize("kind", [MongoServer, RedisServer])


def listening_addresses(pid: int) -> set[str]:
    """Local addresses (hex, as /proc has them) of the TCP sockets that the process listens on."""
    inodes = {os.readlink(descriptor) for descriptor in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in inodes:
                found.add(columns[1].split(":")[0])
    return found


def test_data_survives_a_restart(tmp_path: Path) -> None:
    with MongoServer(tmp_path) as server:
        client: MongoClient[dict[str, Any]] = MongoClient(server.uri)
        client["kept"]["things"].insert_one({"_id": 1})
        client.close()
    with MongoServer(tmp_path) as server:
        client = MongoClient(server.uri)
        assert client["kept"]["things"].count_documents({}) == 1
        client.close()


@BOTH
def test_listens_on_the_loopback_only(kind: type[EmbeddedServer], tmp_path: Path) -> None:
    with kind(tmp_path) as server:
        assert listening_addresses(server.pid) == {"0100007F"}


@BOTH
def test_stop_ends_the_process(kind: type[EmbeddedServer], tmp_path: Path) -> None:
    server = kind(tmp_path).start()
    pid = server.pid
    server.stop()
    assert not processes.is_alive(pid)
    server.stop()  # again: nothing to do


@BOTH
def test_a_busy_port_is_named_with_its_setting(kind: type[EmbeddedServer], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"{port} \({kind.port_setting}\) is in use"):
            kind(tmp_path, port=port).start()


@BOTH
def test_a_missing_binary_says_what_to_install(
    kind: type[EmbeddedServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "package_path", ("no_such_package_here", "bin", "server"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match=r"mqt\[embedded\].*" + kind.setting.split(" ")[0]):
        kind(tmp_path).start()


@BOTH
def test_a_nearly_full_disk_is_refused_before_the_start(
    kind: type[EmbeddedServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "needed_bytes", 2**60)
    with pytest.raises(ServerError, match=r"disk is nearly full.*MQT_HOME"):
        kind(tmp_path).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small tmpfs")
def test_a_disk_that_fills_up_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)], capture_output=True
    )
    if mount.returncode:
        pytest.skip("this environment may not mount a tmpfs")
    try:
        monkeypatch.setattr(MongoServer, "needed_bytes", 0)
        with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))
        with (
            pytest.raises(ServerError, match="disk is full"),
            MongoServer(disk, log=tmp_path / "mongod.log"),
        ):
            pass
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_killed_server_is_reported_with_its_signal(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        server.check()
        os.kill(server.pid, signal.SIGKILL)
        while server.is_running:
            time.sleep(0.01)
        with pytest.raises(ServerError, match="killed by SIGKILL"):
            server.check()


@BOTH
def test_a_restart_keeps_the_address(kind: type[EmbeddedServer], tmp_path: Path) -> None:
    with kind(tmp_path) as server:
        address = server.uri
        os.kill(server.pid, signal.SIGKILL)
        while server.is_running:
            time.sleep(0.01)
        server.stop()
        server.start()
        assert server.uri == address


def test_recovers_the_data_of_a_killed_mongod(tmp_path: Path) -> None:
    with MongoServer(tmp_path) as server:
        client: MongoClient[dict[str, Any]] = MongoClient(server.uri, journal=True)
        client["kept"]["things"].insert_one({"_id": 1})
        client.close()
        os.kill(server.pid, signal.SIGKILL)
    assert (tmp_path / "mongod.lock").exists()
    with MongoServer(tmp_path) as server:
        client = MongoClient(server.uri)
        assert client["kept"]["things"].count_documents({}) == 1
        client.close()


def test_a_second_mongod_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with MongoServer(tmp_path), pytest.raises(ServerError, match="another mongod uses"):
        MongoServer(tmp_path, log=tmp_path / "second.log").start()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux only")
def test_servers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from mqt_serving.platform.servers import RedisServer\n"
        f"server = RedisServer(Path({str(tmp_path)!r})).start()\n"
        "print(server.pid, flush=True); time.sleep(60)"
    )
    folder = Path(servers.__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=folder)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert processes.is_alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while processes.is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes.is_alive(pid)
