"""The base model as a translator that serving can load, without adapting it to anything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mqt_assets.training.base import BaseModel
from mqt_assets.training.export import export_encoder
from mqt_assets.training.fitting import export_fitted
from mqt_assets.training.network import TranslatorNetwork
from mqt_assets.training.trainer import TrainedModel, TrainingOptions
from mqt_serving.encoder import TextEncoder
from mqt_serving.translator import Translator


def export_base(model: BaseModel, folder: Path) -> Path:
    """The base model exported into `folder` as it stands, without adapting it to anything."""
    export_encoder(folder / "encoder", reader=model.reader, cross_encoder=model.cross_encoder)
    network = TranslatorNetwork(model.shape)
    network.load_state_dict(model.network)
    trained = TrainedModel(
        network=network.eval(),
        options=TrainingOptions(shape=model.shape),
        encoder=TextEncoder.load(folder / "encoder"),
        losses=[],
        examples=Counter(),
        left_out=Counter(),
        seconds=0.0,
        steps=int(model.description.get("steps", 0)),
    )
    export_fitted(trained, folder / "translator", folder / "encoder", model)
    return folder / "translator"


def base_translator(model: BaseModel, folder: Path) -> Translator:
    """The same, loaded."""
    return Translator.load(export_base(model, folder))
