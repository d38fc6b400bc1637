"""The base model: weights from public corpora and made-up databases that a training starts from.

Kept in half precision beside `base.json` (shape, layout, checksum, how it was trained). Only for
the packaged text encoder, whose reader it brings along: another encoder's vectors mean other
things.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mqt_assets.training.base_folder import (
    DESCRIPTION,
    PACKAGED,
    WEIGHTS,
    base_folder,
    read_whole,
    why_unreadable,
)
from mqt_assets.training.cross_encoder import CrossEncoderNetwork
from mqt_assets.training.network import NetworkShape, TranslatorNetwork
from mqt_assets.training.reader import Reader, packaged_encoder
from mqt_serving.errors import SettingError
from mqt_serving.settings import Settings
from mqt_serving.translator.model import layout

_READER: Final = "reader."
_CROSS_ENCODER: Final = "cross_encoder."


@dataclass(frozen=True, slots=True, eq=False)
class BaseModel:
    """`network` holds the translator's own weights, `reader` the trained layers beside them; the
    cross-encoder is None where none was trained."""

    shape: NetworkShape
    network: dict[str, Tensor]
    reader: Reader
    cross_encoder: CrossEncoderNetwork | None
    digest: str
    description: dict[str, Any]

    def weights(self) -> dict[str, Tensor]:
        """Those of a network that has its reader inside."""
        return self.network | {f"{_READER}{n}": t for n, t in self.reader.state_dict().items()}


def find_base(settings: Settings) -> BaseModel | None:
    """The base model that the settings mean, None for none (see `base_folder`).

    Raises `SettingError` for a folder that this code can't start from.
    """
    folder = base_folder(settings.base_model, settings.embedding_model)
    return None if folder is None else load_base(folder)


def load_base(folder: Path) -> BaseModel:
    """Raises `SettingError` when the weights are missing, damaged or of another layout."""
    description = read_whole(folder)
    if reason := why_unreadable(folder, description):
        raise SettingError(reason)
    weights = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
    reader = Reader.untrained(packaged_encoder())
    reader.load_state_dict(_part(weights, _READER))
    cross_encoder = None
    if reading := _part(weights, _CROSS_ENCODER):
        cross_encoder = CrossEncoderNetwork()
        cross_encoder.load_state_dict(reading)
        cross_encoder.eval()
    apart = (_READER, _CROSS_ENCODER)
    return BaseModel(
        shape=NetworkShape(**description["shape"]),
        network={name: t for name, t in weights.items() if not name.startswith(apart)},
        reader=reader.eval(),
        cross_encoder=cross_encoder,
        digest=description["sha256"],
        description=description,
    )


def save_base(folder: Path, network: TranslatorNetwork, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the weights (half precision) and what is known about them; returns the description."""
    assert network.reader is not None
    folder.mkdir(parents=True, exist_ok=True)
    weights = _halves(network, "")
    return _save(
        folder,
        weights,
        {"layout": layout(), "shape": network.shape.as_dict(), "encoder": PACKAGED, **about},
    )


def save_cross_encoder(
    folder: Path, cross_encoder: CrossEncoderNetwork, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Add it to the base weights in `folder`, in place of one before; returns the description."""
    description = read_whole(folder)
    kept = load_file(folder / WEIGHTS)
    weights = {name: t for name, t in kept.items() if not name.startswith(_CROSS_ENCODER)}
    weights |= _halves(cross_encoder, _CROSS_ENCODER)
    return _save(folder, weights, {**description, "cross_encoder": dict(about)})


def _halves(module: nn.Module, prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}{n}": t.half().contiguous() for n, t in module.cpu().state_dict().items()}


def _save(folder: Path, weights: dict[str, Tensor], about: Mapping[str, Any]) -> dict[str, Any]:
    partial = folder / f"{WEIGHTS}.partial"
    save_file(weights, partial)
    digest = hashlib.sha256(partial.read_bytes()).hexdigest()
    description = {**about, "sha256": digest}
    os.replace(partial, folder / WEIGHTS)
    describe_base(folder, description)
    return description


def describe_base(folder: Path, description: Mapping[str, Any]) -> None:
    """Write (or replace, in one step) what is known about the weights in `folder`."""
    partial = folder / f"{DESCRIPTION}.partial"
    partial.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, folder / DESCRIPTION)


def _part(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in weights.items() if n.startswith(prefix)}
