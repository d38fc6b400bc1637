"""One `mqt up`: owns the lock on home, the processes it started, and their orderly end.

`Supervisor` is a context manager. Inside, `start` adds servers and programs; `watch` blocks and
restarts what ends by itself; leaving stops everything, last started first. A run that was killed
(even by SIGKILL or power) leaves nothing that the next one does not clean up: the lock is the
kernel's, processes carry a mark in their environment, data recovers by itself. Standard library
and `processes` only; what to start is decided in `launch`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Protocol, Self
from uuid import uuid4

from mqt_serving.errors import MqtError
from mqt_serving.platform import processes
from mqt_serving.platform.console import Progress
from mqt_serving.settings import RUN_ID, RunningServers, Settings

_STABLE_SECONDS = 60.0
_MOST_RESTARTS = 5


class PlatformError(MqtError):
    """MQT cannot be started, or a part of it keeps ending."""

    code, status = "platform-error", 500


class AlreadyUp(PlatformError):
    code, status = "already-up", 409


class Stopped(BaseException):
    """Ctrl-C or SIGTERM: not an error, and nothing may swallow it."""


class Supervised(Protocol):
    """What the supervisor needs of a server or program."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def pid(self) -> int: ...
    @property
    def is_running(self) -> bool: ...
    def start(self) -> object: ...
    def stop(self) -> None: ...


class Program:
    """A command that should keep running; `ready` is asked until it says yes."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
        ready: Callable[[], bool] = lambda: True,
        timeout: float = 90.0,
        stop_seconds: float = 10.0,
    ) -> None:
        self.name = name
        self.log = log
        self._command = tuple(command)
        self._environment = dict(environment)
        self._folder = folder
        self._ready = ready
        self._timeout = timeout
        self._stop_seconds = stop_seconds
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start without waiting; `wait` follows."""
        self._process = processes.spawn(
            self._command, self.log, self._environment, folder=self._folder
        )

    def wait(self) -> None:
        """Until it is ready; raises `PlatformError` when it ends or takes too long."""
        assert self._process is not None
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            if (code := self._process.poll()) is not None:
                raise PlatformError(
                    f"{self.name} ended while starting ({processes.describe_end(code)}). Its log: "
                    f"{self.log}. Last lines:\n{processes.tail(self.log, 12)}"
                )
            if self._ready():
                return
            time.sleep(0.1)
        raise PlatformError(
            f"{self.name} was not ready within {self._timeout:.0f} s. Its log: {self.log}. "
            f"Last lines:\n{processes.tail(self.log, 12)}"
        )

    def start(self) -> None:
        self.launch()
        self.wait()

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process, self._stop_seconds)
            self._process = None


class Supervisor:
    """See the module. `progress` gets a line for everything that a person would want to know."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings = settings
        self.run_id = uuid4().hex
        self._progress = progress
        self._started: list[Supervised] = []
        self._state = RunningServers(run_id=self.run_id, supervisor=os.getpid())
        self._lock: IO[str] | None = None
        self._restarts: dict[str, list[float]] = {}

    def __enter__(self) -> Self:
        """Take the lock, clean up after a killed run. Raises `AlreadyUp`."""
        self._lock = _take_lock(self.settings)
        os.environ[RUN_ID] = self.run_id  # every child carries the mark
        if found := recover(self.settings):
            self._progress.warn(f"Cleaned up after a run that was killed ({found} processes)")
        self._state.write(self.settings.servers_file)
        return self

    def __exit__(self, *_: object) -> None:
        with _hurried_by_signals(self._kill_all):
            for supervised in reversed(self._started):
                self._progress.say(f"Stopping {supervised.name}")
                supervised.stop()
        # Grandchildren that went their own way (Dagster's run workers).
        processes.stop_all(processes.marked(RUN_ID, self.run_id), timeout=5.0)
        self.settings.servers_file.unlink(missing_ok=True)
        os.environ.pop(RUN_ID, None)
        if self._lock is not None:
            self._lock.close()

    def start(self, supervised: Supervised) -> None:
        """Start it and look after it from now on."""
        self.adopt(supervised)
        supervised.start()
        self.publish()

    def adopt(self, supervised: Supervised) -> None:
        """Look after something that the caller launches: it is stopped whatever happens."""
        self._started.append(supervised)

    def publish(self, **addresses: str) -> None:
        """Write `servers.json`, with new addresses if any, so that other commands find us."""
        running = {s.name: s.pid for s in self._started if s.pid}
        self._state = self._state.model_copy(update={**addresses, "processes": running})
        self._state.write(self.settings.servers_file)

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a command to its end, its lines shown; raises `PlatformError` if it fails."""
        log = self.settings.logs_folder / f"{name}.log"
        before = log.stat().st_size if log.exists() else 0
        process = processes.spawn(
            command, log, environment, folder=project_folder(), read_output=True
        )
        try:
            assert process.stdout is not None
            with log.open("ab") as copy:
                for line in process.stdout:
                    copy.write(line)
                    copy.flush()
                    self._progress.say(line.decode(errors="replace").rstrip())
            code = process.wait()
        finally:
            processes.stop(process)
        if code:
            raise PlatformError(
                f"{name} failed ({processes.describe_end(code)}). Its log: {log}. "
                f"Last lines:\n{processes.tail(log, 4, since=before)}"
            )

    def watch(self, pause: float = 0.5) -> None:
        """Until `Stopped`: restart what ends by itself, with growing pauses.

        Raises `PlatformError` when something keeps ending.
        """
        while True:
            for supervised in self._started:
                if not supervised.is_running:
                    self._restart(supervised)
            time.sleep(pause)

    def _restart(self, supervised: Supervised) -> None:
        now = time.monotonic()
        recent = [t for t in self._restarts.get(supervised.name, []) if now - t < _STABLE_SECONDS]
        if len(recent) >= _MOST_RESTARTS:
            raise PlatformError(
                f"{supervised.name} keeps ending. Its log: {supervised.log}. Last lines:\n"
                f"{processes.tail(supervised.log, 12)}"
            )
        self._restarts[supervised.name] = [*recent, now]
        self._progress.warn(f"{supervised.name} has ended; starting it again ({supervised.log})")
        time.sleep(min(0.5 * 2 ** len(recent), 8.0) if recent else 0.0)
        supervised.stop()
        try:
            supervised.start()
        except MqtError as error:
            self._progress.warn(str(error))  # the next look tries again, a limited number of times
            return
        self.publish()
        self._progress.say(f"{supervised.name} is back", "green")

    def _kill_all(self) -> None:
        for supervised in self._started:
            if supervised.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(supervised.pid, signal.SIGKILL)


def project_folder() -> Path:
    """The checkout that this code runs from: Dagster needs its `workspace.yaml`."""
    return Path(__file__).resolve().parents[2]


def recover(settings: Settings) -> int:
    """Stop what a killed `mqt up` left running in this home; returns the number of processes.

    Only call it while holding the lock (or knowing that nobody does).
    """
    old = RunningServers.read(settings.servers_file)
    if old is None:
        return 0
    left = processes.marked(RUN_ID, old.run_id) if old.run_id else ()
    processes.stop_all(left)
    settings.servers_file.unlink(missing_ok=True)
    return len(left)


def bring_down(settings: Settings, timeout: float = 60.0) -> bool:
    """Stop the `mqt up` of this home, or what is left of a killed one; False if there is none.

    Raises `PlatformError` if it does not end within `timeout` seconds.
    """
    try:
        with _take_lock(settings):
            return recover(settings) > 0
    except AlreadyUp:
        pass
    servers = RunningServers.read(settings.servers_file)
    if servers is None or not processes.is_alive(servers.supervisor):
        raise PlatformError(
            f"Something holds {_lock_file(settings)}, but {settings.servers_file} does not name "
            "a running `mqt up`. It may just be starting or stopping: try again in a moment."
        )
    os.kill(servers.supervisor, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while processes.is_alive(servers.supervisor):
        if time.monotonic() > deadline:
            raise PlatformError(
                f"`mqt up` (pid {servers.supervisor}) has not ended after {timeout:.0f} s. "
                f"Look at {settings.logs_folder}, or end it with `kill -9 {servers.supervisor}` "
                "and run `mqt down` again to clean up."
            )
        time.sleep(0.1)
    return True


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Inside, SIGINT, SIGTERM and SIGHUP raise `Stopped` (once: what follows is the stopping)."""

    def stop(number: int, frame: FrameType | None) -> None:
        for handled in _SIGNALS:
            signal.signal(handled, signal.SIG_IGN)
        raise Stopped

    with _handled(stop):
        yield


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def _hurried_by_signals(hurry: Callable[[], None]) -> Iterator[None]:
    """Inside, a signal means "faster": `hurry` is called. One within a second is the same Ctrl-C
    seen twice (from the terminal and from `make`)."""
    started = time.monotonic()

    def handle(number: int, frame: FrameType | None) -> None:
        if time.monotonic() - started > 1.0:
            hurry()

    with _handled(handle):
        yield


@contextmanager
def _handled(handler: _Handler) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _lock_file(settings: Settings) -> Path:
    return settings.run_folder / "up.lock"


def _take_lock(settings: Settings) -> IO[str]:
    file = _lock_file(settings)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("a")
    except OSError as error:
        raise PlatformError(
            f"Cannot write to {file.parent}: {error.strerror}. Set MQT_HOME to a folder that you "
            "can write to."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        servers = RunningServers.read(settings.servers_file)
        where = f" at {servers.http_url}" if servers and servers.http_url else ""
        raise AlreadyUp(
            f"MQT is already up in {settings.home}{where}. Use it, stop it with `mqt down`, or "
            "set MQT_HOME (and MQT_PORT, MQT_DAGSTER_PORT) to run another one beside it."
        ) from error
    return lock
