"""Which translator a benchmark measures: that of a release, or one in a folder of its own."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mqt_serving.errors import NoRelease
from mqt_serving.releases import list_releases, read_pointer
from mqt_serving.schema import Catalog
from mqt_serving.settings import Settings
from mqt_serving.translator import Translator

_TRANSLATOR = "translator"  # its folder inside a release


@dataclass(frozen=True, slots=True)
class Choice:
    """`release` is None for a folder that is no release's."""

    folder: Path
    release: str | None

    @property
    def name(self) -> str:
        return self.release or str(self.folder)

    @property
    def label(self) -> str:
        """A name for files."""
        return self.release or self.folder.resolve().name

    def load(self, catalogs: Iterable[Catalog] = ()) -> Translator:
        """The translator, with these catalogs encoded as serving does once per release.

        Raises ReleaseCorrupt when the folder holds no translator that this code can read.
        """
        translator = Translator.load(self.folder)
        for catalog in catalogs:
            translator.prepare(catalog)
        return translator


def add_choice(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--release", metavar="ID", help="a release in MQT_HOME (the champion)")
    which.add_argument("--model", type=Path, metavar="FOLDER", help="an exported translator")


def chosen_translator(arguments: argparse.Namespace) -> Choice:
    """Raises NoRelease when the release is not there, or there is none."""
    if arguments.model is not None:
        return Choice(arguments.model, None)
    root = Settings.from_environment().releases_folder
    release = arguments.release or _champion(root)
    if not (root / release).is_dir():
        known = ", ".join(list_releases(root)) or "none"
        raise NoRelease(f"there is no release {release} in {root} (there is {known})")
    return Choice(root / release / _TRANSLATOR, release)


def _champion(root: Path) -> str:
    pointer = read_pointer(root)
    if pointer is None:
        raise NoRelease(
            f"nothing has been released in {root}: set MQT_HOME, name a translator's folder with "
            "--model, or run `mqt up` first"
        )
    return pointer.champion
