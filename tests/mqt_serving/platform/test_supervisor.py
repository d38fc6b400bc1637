"""One `mqt up` per home: orderly stop, restart of what ends, nothing left after a kill."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from mqt_serving.platform import processes
from mqt_serving.platform.console import Progress
from mqt_serving.platform.supervisor import (
    AlreadyUp,
    PlatformError,
    Program,
    Stopped,
    Supervisor,
    bring_down,
    stopped_by_signals,
)
from mqt_serving.settings import RUN_ID, RunningServers, Settings

PROJECT = Path(__file__).resolve().parents[3]
SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
# A whole `mqt up` in small: supervises one sleeper until it is told to stop.
SMALL_UP = """
import sys
from pathlib import Path
from mqt_serving.platform.console import Progress
from mqt_serving.platform.supervisor import Program, Stopped, Supervisor, stopped_by_signals
from mqt_serving.settings import Settings
home = Path(sys.argv[1])
try:
    with stopped_by_signals(), Supervisor(Settings.from_environment(home=home), Progress()) as own:
        import os
        code = "import time; time.sleep(600)"
        own.start(Program("sleeper", [sys.executable, "-c", code], home / "log", os.environ, home))
        print("up", flush=True)
        own.watch()
except Stopped:
    print("stopped", flush=True)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment(home=tmp_path)


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(settings: Settings, said: io.StringIO) -> Iterator[Supervisor]:
    with Supervisor(settings, Progress(Console(file=said, width=200))) as running:
        yield running


@pytest.fixture
def small_up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SMALL_UP, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def sleeper(settings: Settings, name: str = "sleeper") -> Program:
    return Program(name, SLEEPER, settings.logs_folder / f"{name}.log", os.environ, settings.home)


def until(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "not within time"
        time.sleep(0.02)


def test_leaving_stops_what_was_started(settings: Settings) -> None:
    with Supervisor(settings, Progress(Console(file=io.StringIO()))) as running:
        running.start(sleeper(settings))
        servers = RunningServers.read(settings.servers_file)
        assert servers is not None
        pid = servers.processes["sleeper"]
        assert processes.is_alive(pid)
    assert not processes.is_alive(pid)
    assert not settings.servers_file.exists()


def test_what_ends_is_started_again(
    settings: Settings, supervisor: Supervisor, said: io.StringIO
) -> None:
    program = sleeper(settings)
    supervisor.start(program)
    first = program.pid
    os.kill(first, signal.SIGKILL)

    def stop_when_back() -> None:
        until(lambda: "is back" in said.getvalue())
        os.kill(os.getpid(), signal.SIGTERM)

    watcher = threading.Thread(target=stop_when_back)
    with pytest.raises(Stopped), stopped_by_signals():
        watcher.start()
        supervisor.watch(pause=0.02)
    watcher.join()
    assert program.is_running
    assert program.pid != first


def test_what_keeps_ending_is_given_up_with_its_log(
    settings: Settings, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (sys.executable, "-c", "print('no luck', flush=True)")
    log = settings.logs_folder / "x.log"
    program = Program("unlucky", command, log, os.environ, settings.home)
    supervisor.start(program)
    monkeypatch.setattr(
        "mqt_serving.platform.supervisor.time.sleep", lambda seconds, wait=time.sleep: wait(0.05)
    )
    with pytest.raises(PlatformError, match=r"(?s)unlucky keeps ending.*no luck"):
        supervisor.watch(pause=0.05)


def test_a_program_that_fails_to_start_shows_its_last_lines(settings: Settings) -> None:
    command = (sys.executable, "-c", "raise SystemExit('wrong password')")
    log = settings.logs_folder / "x.log"
    program = Program("x", command, log, os.environ, settings.home, ready=lambda: False)
    with pytest.raises(PlatformError, match=r"(?s)exit status 1.*wrong password"):
        program.start()


def test_a_second_up_in_the_same_home_is_refused(
    settings: Settings, supervisor: Supervisor
) -> None:
    supervisor.publish(http_url="http://127.0.0.1:8000")
    with (
        pytest.raises(AlreadyUp, match=r"already up.*127\.0\.0\.1:8000.*mqt down"),
        Supervisor(settings, Progress(Console(file=io.StringIO()))),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(
    number: signal.Signals, small_up: subprocess.Popen[str], settings: Settings
) -> None:
    servers = RunningServers.read(settings.servers_file)
    assert servers is not None
    small_up.send_signal(number)
    small_up.send_signal(number)  # as `make` and the terminal do
    assert small_up.wait(20) == 0
    assert not processes.is_alive(servers.processes["sleeper"])
    assert not processes.marked(RUN_ID, servers.run_id)


def test_down_stops_a_running_up(small_up: subprocess.Popen[str], settings: Settings) -> None:
    reaper = threading.Thread(target=small_up.wait)
    reaper.start()
    assert bring_down(settings)
    reaper.join(10)
    assert small_up.returncode == 0
    assert not bring_down(settings)


def test_the_next_up_recovers_from_a_kill(
    small_up: subprocess.Popen[str], settings: Settings, said: io.StringIO
) -> None:
    servers = RunningServers.read(settings.servers_file)
    assert servers is not None
    small_up.kill()
    small_up.wait()
    assert settings.servers_file.exists()  # stale
    with Supervisor(settings, Progress(Console(file=said))):
        fresh = RunningServers.read(settings.servers_file)
        assert fresh is not None
        assert fresh.run_id != servers.run_id
        assert not processes.marked(RUN_ID, servers.run_id)


def test_down_cleans_up_what_ignores_the_end_of_its_parent(settings: Settings) -> None:
    environment = {**os.environ, RUN_ID: "an-old-run"}
    stray = subprocess.Popen(SLEEPER, env=environment, start_new_session=True)
    reaper = threading.Thread(target=stray.wait)
    reaper.start()
    until(lambda: processes.marked(RUN_ID, "an-old-run") == (stray.pid,))
    RunningServers(run_id="an-old-run", supervisor=0).write(settings.servers_file)
    assert bring_down(settings)
    reaper.join(10)
    # By the first signal; on a machine that stalls for seconds, by the one that follows.
    assert stray.returncode in (-signal.SIGTERM, -signal.SIGKILL)


def test_run_shows_lines_and_fails_with_them(
    settings: Settings, supervisor: Supervisor, said: io.StringIO
) -> None:
    supervisor.run("hello", (sys.executable, "-c", "print('step one')"), os.environ)
    assert "step one" in said.getvalue()
    with pytest.raises(PlatformError, match=r"(?s)hello failed \(exit status 3\)"):
        supervisor.run("hello", (sys.executable, "-c", "raise SystemExit(3)"), os.environ)


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings.from_environment(home=tmp_path / "file")
    with pytest.raises(PlatformError, match="MQT_HOME"):
        Supervisor(settings, Progress()).__enter__()
