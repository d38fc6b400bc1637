"""Memory of a fresh process that only serves: the real application, asked over HTTP.

Makes a release of the translator in a home of its own, starts the server on it as `mqt serve`
does, has it translate questions and reads what Linux says of the process.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from mqt_assets.release.packaging import CATALOGS, INDEX, TRANSLATOR
from mqt_serving.errors import MqtError, ServiceUnavailable
from mqt_serving.platform.asking import AnswerProblem, ask, call
from mqt_serving.platform.processes import free_port, spawn, stop, tail
from mqt_serving.releases import promote, write_release
from mqt_serving.schema import Catalog

_START_S = 120.0
_LOG_LINES = 10


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes (1e6 bytes) of the process: when ready, after the questions, at most."""

    ready: float
    after: float
    peak: float
    questions: int


def measure_memory(
    translator: Path, catalogs: Mapping[str, Catalog], asked: Sequence[tuple[str, str]], uri: str
) -> Memory:
    """Serve the translator and ask (database, question) one after the other.

    `uri` is a MongoDB for journal and data. An index beside the translator is served too.
    """
    with tempfile.TemporaryDirectory(prefix="mqt-benchmark-") as place:
        home = Path(place) / "home"
        _release(translator, catalogs, Path(place) / "parts", home / "releases")
        with _served(home, uri) as (process, base):
            ready = _status(process.pid, "VmRSS")
            for database, question in asked:
                try:
                    ask(base, question, database, run=False)
                except AnswerProblem:  # declined: that takes memory too
                    continue
            return Memory(
                ready,
                _status(process.pid, "VmRSS"),
                _status(process.pid, "VmHWM"),
                len(asked),
            )


def megabytes(status: str, field: str) -> float:
    """A field of `/proc/<pid>/status`, which is in KiB; raises KeyError when it is not there."""
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024 / 1e6
    raise KeyError(f"/proc/<pid>/status has no {field}: memory can be measured on Linux only")


def _status(pid: int, field: str) -> float:
    return megabytes(Path(f"/proc/{pid}/status").read_text(), field)


def _release(
    translator: Path, catalogs: Mapping[str, Catalog], parts: Path, releases: Path
) -> None:
    (parts / CATALOGS).mkdir(parents=True)
    for name, catalog in catalogs.items():
        (parts / CATALOGS / f"{name}.json").write_text(catalog.model_dump_json(), encoding="utf-8")
    (parts / TRANSLATOR).symlink_to(translator.resolve())
    index = translator.resolve().parent / INDEX
    if index.is_dir():
        (parts / INDEX).symlink_to(index)
    promote(releases, write_release(releases, parts).id)


@contextmanager
def _served(home: Path, uri: str) -> Iterator[tuple[Popen[bytes], str]]:
    port, log = free_port(), home / "serving.log"
    environment = {
        **os.environ,
        "MQT_HOME": str(home),
        "MONGODB_URI": uri,
        "MQT_JOURNAL_URI": uri,
    }
    application = "mqt_serving.http.app:create_app"
    command = [sys.executable, "-m", "uvicorn", "--factory", application, "--port", str(port)]
    process = spawn(command, log, environment)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(process, base, log)
        yield process, base
    finally:
        stop(process)


def _wait_until_ready(process: Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    problem: MqtError | None = None
    while time.monotonic() < deadline and process.poll() is None:
        try:
            call(base, "GET", "/readyz")
            return
        except MqtError as error:
            problem = error
            time.sleep(0.1)
    raise ServiceUnavailable(
        f"the serving process is not ready: {problem}; its log ends with:\n{tail(log, _LOG_LINES)}"
    )
