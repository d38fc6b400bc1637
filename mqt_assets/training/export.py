"""Export: trained networks and the text encoder as ONNX graphs that serving loads.

Writes `encoder.onnx`, `reader.onnx`, `tokenizer.json`, `encoder.json` (the text encoder, exported
once per model) and `joint.onnx`, `decoder.onnx`, `translator.json` (the translator). The graphs
give the network's own results to within float rounding (a test compares them).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mqt_assets.training.base_folder import PACKAGED
from mqt_assets.training.network import Decoder, KeysValues, Remembered, TranslatorNetwork
from mqt_assets.training.reader import (
    FROZEN_LAYERS,
    Reader,
    load_transformer,
    packaged_encoder,
)
from mqt_assets.training.trainer import TrainedModel
from mqt_serving.encoder import ENCODER_FILES
from mqt_serving.errors import SettingError
from mqt_serving.translator.grammar import Symbol, Token
from mqt_serving.translator.linking import (
    ITEM_FEATURES,
    RELATIONS,
    VALUE_FEATURES,
    WORD_FEATURES,
)
from mqt_serving.translator.model import layout
from mqt_serving.translator.stepping import REMEMBERED

_OPSET = 17
_REMEMBERED_AXES = dict(
    zip(REMEMBERED, ({0: "choices"}, {3: "places"}, {1: "places"}, {1: "words"}), strict=True)
)
REFUSAL = 0.5
"""From this probability on that the data lacks what is asked for, the translator says so; where
base weights name no other that was measured."""
MINIMUM_MATCH = 0.5
"""Below this a question names nothing in the schema (see `Linked.best_match`)."""


class _SentenceEncoder(nn.Module):
    """What sentence-transformers computes (mean token state, unit), and the reader's input."""

    def __init__(self, transformer: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        result = self.transformer(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        states = result.last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
        return nn.functional.normalize(mean, dim=-1), result.hidden_states[FROZEN_LAYERS]


def export_encoder(folder: Path, model: str = "", reader: Reader | None = None) -> None:
    """Write the text encoder into `folder`, unless it is there already.

    `model` is a local sentence-transformers folder (mean pooling); empty takes the packaged one.
    `reader` reads questions; without one the model's own layers do.
    """
    name = model or PACKAGED
    source = Path(model) if model else packaged_encoder()
    if not (source / "tokenizer.json").is_file():
        raise SettingError(
            f"MQT_EMBEDDING_MODEL={model!r}: no sentence-transformers folder with a "
            "tokenizer.json there; give the path of a downloaded model"
        )
    marker = folder / "encoder.json"
    identity = weights_digest(reader) if reader else "untrained"
    if marker.is_file():
        written = json.loads(marker.read_text())
        if (written.get("name"), written.get("reader")) == (name, identity):
            return
    transformer = load_transformer(source)
    dimension = int(transformer.config.hidden_size)
    folder.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    ids = torch.randint(1000, 2000, (3, 9))
    mask = torch.ones(3, 9, dtype=torch.long)
    mask[1, 5:] = 0
    sizes = {0: "batch", 1: "tokens"}
    _export(
        _SentenceEncoder(transformer),
        (ids, mask),
        folder / "encoder.onnx",
        {"ids": sizes, "mask": sizes},
        {"vectors": {0: "batch"}, "early": sizes},
    )
    _export(
        (reader or Reader.untrained(source)).eval(),
        (torch.randn(3, 9, dimension), mask),
        folder / "reader.onnx",
        {"early": sizes, "mask": sizes},
        {"states": sizes},
    )
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    marker.write_text(json.dumps({"name": name, "dimension": dimension, "reader": identity}))


def weights_digest(module: nn.Module) -> str:
    """sha256 over names, shapes and values of a module's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def export_translator(
    model: TrainedModel,
    folder: Path,
    encoder_folder: Path,
    ranking: Mapping[str, float] | None = None,
    refusal: float = REFUSAL,
) -> None:
    """Write everything `Translator.load(folder)` needs; the encoder is linked where possible.

    `ranking`: the fitted weights of `mqt_serving.translator.ranking`, None where there are none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in ENCODER_FILES:
        _link_or_copy(encoder_folder / file, folder / file)
    export_network(model.network, folder)
    meta = {
        "layout": layout(),
        "shape": model.network.shape.as_dict(),
        "minimum_match": MINIMUM_MATCH,
        "refusal": refusal,
        "ranking": dict(ranking or {}),
        "encoder": model.encoder.name,
        "steps": model.steps,
        "seed": model.options.seed,
    }
    (folder / "translator.json").write_text(json.dumps(meta, indent=1))


def export_network(network: TranslatorNetwork, folder: Path) -> None:
    """Two graphs: `joint.onnx` reads the question once, `decoder.onnx` takes one step of beams."""
    network = network.cpu().eval()
    shape = network.shape
    words, items, values, beams, steps = 5, 7, 4, 2, 3
    places = words + items + values
    question = {
        "word_vectors": (torch.randn(1, words, shape.text_dimension), {1: "words"}),
        "word_features": (torch.randn(1, words, WORD_FEATURES), {1: "words"}),
        "leaf_vectors": (torch.randn(1, items, shape.text_dimension), {1: "items"}),
        "path_vectors": (torch.randn(1, items, shape.text_dimension), {1: "items"}),
        "item_features": (torch.randn(1, items, ITEM_FEATURES), {1: "items"}),
        "value_features": (torch.randn(1, values, VALUE_FEATURES), {1: "values"}),
        "value_words": (torch.rand(1, values, words), {1: "values", 2: "words"}),
        "relations": (
            torch.randint(0, RELATIONS, (1, places, places)), {1: "places", 2: "places"},
        ),
    }  # fmt: skip
    joint, step = _Joint(network), _Step(network.decoder)
    read = dict(zip(REMEMBERED, joint(*(tensor for tensor, _ in question.values())), strict=True))
    _export(
        joint,
        tuple(tensor for tensor, _ in question.values()),
        folder / "joint.onnx",
        {name: axes for name, (_, axes) in question.items()},
        _REMEMBERED_AXES,
    )
    size = shape.width // shape.heads
    own = torch.randn(shape.decoder_layers, 2, beams, shape.heads, steps, size)
    inputs = {
        **{name: (read[name], axes) for name, axes in _REMEMBERED_AXES.items()},
        "links": (torch.rand(1, words, items + values), {1: "words", 2: "named"}),
        "chosen": (torch.randint(0, len(Token) + places, (beams,)), {0: "beams"}),
        "symbols": (torch.randint(0, len(Symbol), (beams,)), {0: "beams"}),
        "position": (torch.tensor(steps), {}),
        "own": (own, {2: "beams", 4: "steps"}),
    }
    _export(
        step,
        tuple(tensor for tensor, _ in inputs.values()),
        folder / "decoder.onnx",
        {name: axes for name, (_, axes) in inputs.items()},
        {"scores": {0: "beams", 1: "choices"}, "grown": {2: "beams", 4: "steps"}},
    )


class _Joint(nn.Module):
    """A question's arrays to what all steps read; `cross` is (layers, 2, heads, N, size)."""

    def __init__(self, network: TranslatorNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *question: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        word_vectors, relations = question[0], question[-1]
        padding = torch.zeros(1, relations.shape[1])
        memory = self.network.encoder(*question, padding)
        remembered = self.network.decoder.remember(memory, word_vectors.shape[1])
        cross = torch.stack([torch.cat(one) for one in remembered.cross])
        return remembered.choices, cross, remembered.pointer_keys, remembered.link_keys


class _Step(nn.Module):
    """One step of beams; `own` and what it grows into are (layers, 2, beams, heads, T, size)."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(
        self,
        choices: Tensor,
        cross: Tensor,
        pointer_keys: Tensor,
        link_keys: Tensor,
        links: Tensor,
        chosen: Tensor,
        symbols: Tensor,
        position: Tensor,
        own: Tensor,
    ) -> tuple[Tensor, Tensor]:
        layers = range(len(self.decoder.layers))
        read = tuple(KeysValues(cross[i, :1], cross[i, 1:]) for i in layers)
        remembered = Remembered(choices, read, pointer_keys, link_keys)
        before = [KeysValues(own[i, 0], own[i, 1]) for i in layers]
        scores, grown = self.decoder.step(remembered, links, chosen, symbols, position, before)
        return scores, torch.stack([torch.stack(one) for one in grown])


def _export(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    input_axes: dict[str, dict[int, str]],
    output_axes: dict[str, dict[int, str]],
) -> None:
    """Write the graph beside `path` first, so that a killed export leaves no half file."""
    partial = path.with_suffix(".partial")
    with warnings.catch_warnings():
        # The tracer warns about shape arithmetic that the dynamic axes cover.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            inputs,
            str(partial),
            input_names=list(input_axes),
            output_names=list(output_axes),
            dynamic_axes={**input_axes, **output_axes},
            opset_version=_OPSET,
            dynamo=False,  # the tracing exporter: exact on these graphs and ten times faster
        )
    os.replace(partial, path)


def _link_or_copy(source: Path, target: Path) -> None:
    """A hard link where the file system allows: 90 MB of encoder need not be written again."""
    if target.exists():
        target.unlink()
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
