"""Where the base weights are and which they are, without loading them (no torch)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mqt_serving.errors import SettingError

WEIGHTS: Final = "weights.safetensors"
DESCRIPTION: Final = "base.json"
LOSSES: Final = "losses.json"
MODEL_CARD: Final = "README.md"
SHIPPED: Final = Path(__file__).parent / "base_model"
FROM_SCRATCH: Final = "none"
PACKAGED: Final = "all-MiniLM-L6-v2"
"""The only text encoder that base weights go with: another one's vectors mean other things."""


def base_folder(base_model: str, embedding_model: str) -> Path | None:
    """The folder that MQT_BASE_MODEL means: empty the shipped one, `none` none, else its path.

    None too where nothing is shipped, or another text encoder is set. Raises `SettingError` for a
    folder without base weights.
    """
    if base_model == FROM_SCRATCH or embedding_model not in ("", PACKAGED):
        return None
    if not base_model:
        return SHIPPED if (SHIPPED / DESCRIPTION).is_file() else None
    check_folder(Path(base_model))
    return Path(base_model)


def check_folder(folder: Path) -> None:
    """Raises `SettingError` naming the file that the folder lacks."""
    for name in (WEIGHTS, DESCRIPTION):
        if not (folder / name).is_file():
            raise SettingError(
                f"{folder / name} is missing: name a folder written by `python -m "
                "mqt_assets.training.base_training` in MQT_BASE_MODEL, or `none` to train from "
                "scratch"
            )


def read_whole(folder: Path) -> dict[str, Any]:
    """The description of base weights whose checksum was verified.

    Raises `SettingError` when they are missing or damaged.
    """
    check_folder(folder)
    description: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    with (folder / WEIGHTS).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != description["sha256"]:
        raise SettingError(f"{folder / WEIGHTS} is damaged: its checksum is not the recorded one")
    return description


def why_unreadable(folder: Path, description: Mapping[str, Any]) -> str:
    """Why this code can't start from whole base weights; empty when it can."""
    from mqt_serving.translator.model import layout

    if description["layout"] == layout():
        return ""
    return (
        f"{folder} was trained for the layout {description['layout']}, this code needs "
        f"{layout()}: train it again, or set MQT_BASE_MODEL=none"
    )


def base_digest(folder: Path | None) -> str:
    """What tells base weights apart; `scratch` for none."""
    if folder is None:
        return "scratch"
    described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    return str(described["sha256"])
