"""Child processes that do not outlive us, and the small facts about processes and ports.

Linux only where it matters: a child gets SIGTERM from the kernel when the thread that started it
dies (`PR_SET_PDEATHSIG`), so that not even `kill -9` of the parent leaves servers behind. Elsewhere
children still end with an orderly stop. Depends on the standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Loaded here because a child between fork and exec must not allocate or import.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    read_output: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, output appended to `log`, ending with us.

    The own session keeps the terminal's Ctrl-C from the child: who started it stops it, in order.
    With `read_output` the standard output is a pipe for the caller to read, only errors are logged.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if read_output else output,
            stderr=output,
            env=dict(environment) if environment is not None else None,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_end_with_parent(os.getpid()),
        )


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    prctl, term = _LIBC.prctl, int(signal.SIGTERM)

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, term, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before we asked
            os._exit(1)

    return ask_kernel


def stop(process: subprocess.Popen[bytes], timeout: float = 10.0) -> None:
    """SIGTERM to the process, then SIGKILL to what is left of its session; waits for the end."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
    # The group may hold children of the child (Dagster's code servers) that ignored the end.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_all(pids: Iterable[int], timeout: float = 15.0) -> None:
    """SIGTERM to processes that are not our children, SIGKILL to those left after `timeout`."""
    left = set(pids)
    for number, wait in ((signal.SIGTERM, timeout), (signal.SIGKILL, 5.0)):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + wait
        while left and time.monotonic() < deadline:
            left = {pid for pid in left if is_alive(pid)}
            time.sleep(0.05)


def marked(variable: str, value: str) -> tuple[int, ...]:
    """Processes of this user that were started with `variable=value` in their environment.

    Unlike a recorded pid, which may have been given to another process since, the mark is sure.
    """
    mark = f"{variable}={value}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:  # ended meanwhile, or another user's
            continue
        if mark in environment.split(b"\0") and is_alive(int(folder.name)):
            found.append(int(folder.name))
    return tuple(sorted(found))


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def describe_end(returncode: int) -> str:
    """`exit status 1`, `killed by SIGKILL`."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        return f"killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"killed by signal {-returncode}"


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on now (it may be taken before it is used: be ready to retry)."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do: a port in TIME_WAIT from a run just ended counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def tail(log: Path, lines: int = 5, since: int = 0) -> str:
    """The last lines of a log file after byte `since`, empty when there are none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(since, file.tell() - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
