"""Export: trained networks and the text encoder as ONNX graphs that serving loads.

Writes `lower.onnx`, `sentence.onnx`, `reader.onnx`, `cross_encoder.onnx`, `tokenizer.json`,
`encoder.json` (the text encoder and what is built on its layers, exported once per model) and
`joint.onnx`, `decoder.onnx`, `translator.json` (the translator). The graphs give the network's own
results to within float rounding (a test compares them), but the cross-encoder's, in eight bits.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mqt_assets.training.base_folder import PACKAGED
from mqt_assets.training.cross_encoder import CrossEncoderNetwork
from mqt_assets.training.network import Decoder, KeysValues, Remembered, TranslatorNetwork
from mqt_assets.training.reader import (
    LowerLayers,
    Reader,
    load_transformer,
    mean_state,
    packaged_encoder,
)
from mqt_assets.training.trainer import TrainedModel
from mqt_serving.encoder import ENCODER_FILES
from mqt_serving.errors import SettingError
from mqt_serving.translator.cross_encoder import CROSS_ENCODER_FILE
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
ENCODER_FORMAT = 3
"""Of the files of the text encoder; raise it when they change."""
_REMEMBERED_AXES = dict(
    zip(REMEMBERED, ({0: "choices"}, {3: "places"}, {1: "places"}, {1: "words"}), strict=True)
)
REFUSAL = 0.5
"""From this probability on that the data lacks what is asked for, the translator says so; where
base weights name no other that was measured."""
MINIMUM_MATCH = 0.5
"""Below this a question names nothing in the schema (see `Linked.best_match`)."""


class _Pairs(nn.Module):
    """The cross-encoder with the lower layers, so that both get eight bits."""

    def __init__(self, lower: LowerLayers, network: CrossEncoderNetwork) -> None:
        super().__init__()
        self.lower, self.network = lower, network

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        scores: Tensor = self.network(self.lower(ids, mask), mask)
        return scores


class _Sentence(nn.Module):
    """What sentence-transformers computes from the early states: the mean token state, unit."""

    def __init__(self, upper: Reader) -> None:
        super().__init__()
        self.upper = upper

    def forward(self, early: Tensor, mask: Tensor) -> Tensor:
        return nn.functional.normalize(mean_state(self.upper(early, mask), mask), dim=-1)


def export_encoder(
    folder: Path,
    model: str = "",
    reader: Reader | None = None,
    cross_encoder: CrossEncoderNetwork | None = None,
) -> None:
    """Write the text encoder, and what starts from its early states, unless it is there already.

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
    described = {
        "name": name,
        "format": ENCODER_FORMAT,
        "reader": weights_digest(reader) if reader else "untrained",
        "cross_encoder": weights_digest(cross_encoder) if cross_encoder else "none",
    }
    if marker.is_file() and described.items() <= json.loads(marker.read_text()).items():
        return
    transformer = load_transformer(source)
    dimension = int(transformer.config.hidden_size)
    folder.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    upper = Reader.untrained(source)
    mask = torch.ones(3, 9, dtype=torch.long)
    mask[1, 5:] = 0
    sizes = {0: "batch", 1: "tokens"}
    lower, texts = LowerLayers(transformer), (torch.randint(1000, 2000, (3, 9)), mask)
    written = {"ids": sizes, "mask": sizes}
    _export(lower, texts, folder / "lower.onnx", written, {"early": sizes})
    states = (torch.randn(3, 9, dimension), mask)
    axes = {"early": sizes, "mask": sizes}
    _export(_Sentence(upper), states, folder / "sentence.onnx", axes, {"vectors": {0: "batch"}})
    _export(reader or upper, states, folder / "reader.onnx", axes, {"states": sizes})
    (folder / CROSS_ENCODER_FILE).unlink(missing_ok=True)
    if cross_encoder is not None:
        pairs = _Pairs(lower, cross_encoder)
        _export(pairs, texts, folder / CROSS_ENCODER_FILE, written, {"scores": {0: "batch"}})
        _in_eight_bits(folder / CROSS_ENCODER_FILE)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    marker.write_text(json.dumps({**described, "dimension": dimension}))


def _in_eight_bits(graph: Path) -> None:
    """Replace a graph by one whose weights are whole numbers of eight bits, a scale a column."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    partial = graph.with_suffix(".partial")
    logging.getLogger().addFilter(_is_no_advice)
    try:
        quantize_dynamic(graph, partial, per_channel=True, weight_type=QuantType.QInt8)
    finally:
        logging.getLogger().removeFilter(_is_no_advice)
    os.replace(partial, graph)


def _is_no_advice(entry: logging.LogRecord) -> bool:
    """ONNX Runtime advises, on the root logger, a step that gains nothing on these graphs."""
    return "pre-processing before quantization" not in entry.getMessage()


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
    for file in (*ENCODER_FILES, CROSS_ENCODER_FILE):
        if (encoder_folder / file).is_file() or file in ENCODER_FILES:
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
