"""The folders of trainings (`<home>/base/<training>`), and what a base training says on the way.

A training that was cut off is found again by what it is (`identity`), whichever run asks for it. A
lock that ends with its process keeps two runs out of one folder. No Dagster, no torch.
"""

from __future__ import annotations

import fcntl
import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mqt_assets.training.trainer import Progress

UNFINISHED: Final = "unfinished.json"
"""In a folder until its training has ended; holds the identity."""
STATE: Final = "state.pt"
ENCODER: Final = "encoder"
CROSS_ENCODER_STATE: Final = "cross_encoder.pt"
JUDGED: Final = "judged.json"
"""What the cross-encoder learns from."""
_LOCK: Final = ".lock"
REPORT_EVERY_SECONDS: Final = 30.0


@contextmanager
def training_folder(root: Path, identity: str, name: str) -> Iterator[Path]:
    """The folder of the unfinished training `identity`, or a new one: `root/name`.

    One that another process is working in counts as taken. Raises FileExistsError when `name` is
    to be new and is there.
    """
    root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with (root / _LOCK).open("a") as choosing:
            fcntl.flock(choosing, fcntl.LOCK_EX)
            folder = next((f for f in _unfinished(root, identity) if _lock(f, held)), None)
            if folder is None:
                folder = root / name
                folder.mkdir()
                (folder / UNFINISHED).write_text(json.dumps({"identity": identity}))
                _lock(folder, held)
        yield folder


def finish(folder: Path) -> None:
    """Leave only what the training was for: weights, description, learning curve."""
    for name in (STATE, CROSS_ENCODER_STATE, JUDGED):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / ENCODER, ignore_errors=True)
    (folder / UNFINISHED).unlink()
    (folder / _LOCK).unlink(missing_ok=True)


def discard_others(root: Path, identity: str) -> None:
    """Delete unfinished trainings of other identities, but those that a process works in."""
    for record in sorted(root.glob(f"*/{UNFINISHED}")):
        if json.loads(record.read_text())["identity"] == identity:
            continue
        with ExitStack() as held:
            if _lock(record.parent, held):
                shutil.rmtree(record.parent)


def _unfinished(root: Path, identity: str) -> Iterator[Path]:
    for record in sorted(root.glob(f"*/{UNFINISHED}")):
        if json.loads(record.read_text())["identity"] == identity:
            yield record.parent


def _lock(folder: Path, held: ExitStack) -> bool:
    """Whether the folder is ours until `held` ends; at once."""
    file = (folder / _LOCK).open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    held.enter_context(file)
    return True


class Reporter:
    """A sentence and the new points of the curve every half minute, and at the end of each phase.

    `logged` are the steps whose points `log_curve` has had.
    """

    def __init__(
        self,
        say: Callable[[str], object],
        log_curve: Callable[[Mapping[int, float]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._log_curve = log_curve
        self._clock = clock
        self._next = clock()
        self._pending: dict[int, float] = {}
        self.logged: set[int] = set()

    def __call__(self, progress: Progress) -> None:
        if not math.isnan(progress.loss):
            self._pending[progress.step] = progress.loss
        now = self._clock()
        if now < self._next and progress.step < progress.steps:
            return
        self._next = now + REPORT_EVERY_SECONDS
        self._say(
            f"training step {progress.step} of about {progress.steps}, loss {progress.loss:.3f}, "
            f"{progress.examples_per_second:.1f} examples/s"
        )
        self._log_curve(self._pending)
        self.logged |= self._pending.keys()
        self._pending = {}
