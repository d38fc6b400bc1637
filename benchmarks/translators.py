"""Which translator a benchmark measures: that of a release, or one in a folder of its own."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mqt_assets.evaluation.language_model import LlmAnswering, Run
from mqt_serving.assembly import build_llm
from mqt_serving.errors import NoRelease, SettingError
from mqt_serving.observing import Observer
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import read_prompt
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


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """The endpoint of MQT_LLM_URL in place of a translator, with the prompt of the champion."""

    settings: Settings

    @property
    def name(self) -> str:
        return f"{self.settings.llm_model} at {self.settings.llm_url}"

    @property
    def label(self) -> str:
        return f"llm-{re.sub(r'[^A-Za-z0-9.-]+', '-', self.settings.llm_model)}"

    def load(self, run: Run) -> LlmAnswering:
        """`run` runs what it writes: what fails is repaired once, as in serving."""
        backend = build_llm(self.settings, Policy(), Observer())
        if backend is None:
            raise SettingError("--llm needs an endpoint: set MQT_LLM_URL and MQT_LLM_MODEL.")
        pointer = read_pointer(self.settings.releases_folder)
        folder = self.settings.releases_folder / (pointer.champion if pointer else "none")
        return LlmAnswering(backend, {}, read_prompt(folder), run)


def add_choice(parser: argparse.ArgumentParser, *, llm: bool = False) -> None:
    """`llm` adds `--llm`, for benchmarks that can measure what has no plans."""
    which = parser.add_mutually_exclusive_group()
    if llm:
        which.add_argument(
            "--llm", action="store_true", help="the language model of MQT_LLM_URL, alone"
        )
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
