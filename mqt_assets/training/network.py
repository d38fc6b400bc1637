"""The translator's network: a relation-aware encoder and a pointer decoder (PyTorch).

Words, schema items and candidate values form one sequence; each pair of them has a relation
whose learned bias steers attention (after RAT-SQL, Wang et al. 2020, arXiv 1911.04942). The
decoder predicts one step at a time over plan tokens, items and values (pointers, Vinyals et al.
2015, arXiv 1506.03134), masked by the grammar. Training scores whole sequences at once; a search
takes one step at a time and remembers keys and values, through the same layers. Shapes: B
questions, W words, I items, V values, N = W + I + V, T steps, d width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from mqt_assets.training.reader import Reader
from mqt_serving.translator.grammar import Symbol, Token
from mqt_serving.translator.linking import (
    ITEM_FEATURES,
    RELATIONS,
    VALUE_FEATURES,
    WORD_FEATURES,
)

MAX_STEPS = 64


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Sizes that fix the weights' shapes; written beside them."""

    text_dimension: int = 384
    width: int = 128
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 2
    hidden: int = 384
    dropout: float = 0.05

    def as_dict(self) -> dict[str, int | float]:
        return asdict(self)


class Dropout(nn.Module):
    """Dropout with eight decisions from each random number.

    PyTorch draws one Bernoulli number per element on a single thread, a fifth of a training step
    on two cores. The rate is rounded to a multiple of 1/256.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.dropped = round(rate * 256)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.dropped == 0:
            return x
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64, device=x.device)
        draws = words.random_(-(2**63), None).view(torch.uint8)[: x.numel()].view(x.shape)
        kept = (draws >= self.dropped).to(x.dtype)
        return x * kept.mul_(256 / (256 - self.dropped))


class KeysValues(NamedTuple):
    """What one attention reads, each (B, heads, keys, d / heads)."""

    keys: Tensor
    values: Tensor


class Attention(nn.Module):
    """Multi-head attention with an additive bias (B, heads, queries, keys)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, queries: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
        return self.attend(queries, self.keys_values(memory), bias)

    def keys_values(self, memory: Tensor) -> KeysValues:
        batch, length, width = memory.shape
        k, v = self.key_value(memory).chunk(2, dim=-1)
        k = k.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
        v = v.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
        return KeysValues(k, v)

    def attend(self, queries: Tensor, read: KeysValues, bias: Tensor | None = None) -> Tensor:
        """`bias` None: every query reads all keys."""
        batch, length, width = queries.shape
        size = width // self.heads
        q = self.query(queries).view(batch, length, self.heads, size).transpose(1, 2)
        scores = q @ read.keys.transpose(-1, -2) / math.sqrt(size)
        if bias is not None:
            scores = scores + bias
        mixed = torch.softmax(scores, dim=-1) @ read.values
        result: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return result


class FeedForward(nn.Sequential):
    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__(
            nn.Linear(width, hidden), nn.GELU(), Dropout(dropout), nn.Linear(hidden, width)
        )


class EncoderLayer(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.attention = Attention(shape.width, shape.heads)
        self.feed_forward = FeedForward(shape.width, shape.hidden, shape.dropout)
        self.norm_1 = nn.LayerNorm(shape.width)
        self.norm_2 = nn.LayerNorm(shape.width)
        self.dropout = Dropout(shape.dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        normed = self.norm_1(x)
        x = x + self.dropout(self.attention(normed, normed, bias))
        result: Tensor = x + self.dropout(self.feed_forward(self.norm_2(x)))
        return result


class DecoderLayer(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.own = Attention(shape.width, shape.heads)
        self.cross = Attention(shape.width, shape.heads)
        self.feed_forward = FeedForward(shape.width, shape.hidden, shape.dropout)
        self.norm_1 = nn.LayerNorm(shape.width)
        self.norm_2 = nn.LayerNorm(shape.width)
        self.norm_3 = nn.LayerNorm(shape.width)
        self.dropout = Dropout(shape.dropout)

    def forward(self, x: Tensor, memory: Tensor, causal: Tensor, memory_bias: Tensor) -> Tensor:
        normed = self.norm_1(x)
        x = x + self.dropout(self.own(normed, normed, causal))
        return self._read(x, self.cross.keys_values(memory), memory_bias)

    def step(self, x: Tensor, own: KeysValues, cross: KeysValues) -> tuple[Tensor, KeysValues]:
        """One step of K beams over one question, (1, K, d), and the beams' keys and values.

        `own` holds those of the steps before, (K, heads, T, d / heads); T + 1 in what returns.
        """
        normed = self.norm_1(x).transpose(0, 1)
        keys, values = self.own.keys_values(normed)
        own = KeysValues(torch.cat([own.keys, keys], 2), torch.cat([own.values, values], 2))
        x = x + self.own.attend(normed, own).transpose(0, 1)
        return self._read(x, cross), own

    def _read(self, x: Tensor, memory: KeysValues, bias: Tensor | None = None) -> Tensor:
        x = x + self.dropout(self.cross.attend(self.norm_2(x), memory, bias))
        result: Tensor = x + self.dropout(self.feed_forward(self.norm_3(x)))
        return result


class Encoder(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        text, width = shape.text_dimension, shape.width
        self.word_text = nn.Linear(text, width)
        self.word_features = nn.Linear(WORD_FEATURES, width)
        self.leaf_text = nn.Linear(text, width)
        self.path_text = nn.Linear(text, width)
        self.item_features = nn.Sequential(
            nn.Linear(ITEM_FEATURES, width), nn.GELU(), nn.Linear(width, width)
        )
        self.value_features = nn.Linear(VALUE_FEATURES, width)
        self.value_words = nn.Linear(width, width)
        self.relation_bias = nn.Embedding(RELATIONS, shape.encoder_layers * shape.heads)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(shape.dropout)
        nn.init.normal_(self.relation_bias.weight, std=0.1)

    def forward(
        self,
        word_vectors: Tensor,  # (B, W, text)
        word_features: Tensor,  # (B, W, WORD_FEATURES)
        leaf_vectors: Tensor,  # (B, I, text)
        path_vectors: Tensor,  # (B, I, text)
        item_features: Tensor,  # (B, I, ITEM_FEATURES)
        value_features: Tensor,  # (B, V, VALUE_FEATURES)
        value_words: Tensor,  # (B, V, W): rows average the words that the value covers
        relations: Tensor,  # (B, N, N) int
        padding: Tensor,  # (B, N): 0 where there is something, a large negative where not
    ) -> Tensor:
        """The memory, (B, N, d)."""
        words = self.word_text(word_vectors) + self.word_features(word_features)
        items = (
            self.leaf_text(leaf_vectors)
            + self.path_text(path_vectors)
            + self.item_features(item_features)
        )
        values = self.value_features(value_features) + self.value_words(value_words @ words)
        x = self.dropout(torch.cat([words, items, values], dim=1))
        bias = self.relation_bias(relations).permute(0, 3, 1, 2) + padding[:, None, None, :]
        heads = self.shape.heads
        for i, layer in enumerate(self.layers):
            x = layer(x, bias[:, i * heads : (i + 1) * heads])
        result: Tensor = self.norm(x)
        return result


class Remembered(NamedTuple):
    """What all steps of one question read of its memory, computed once (K = tokens + N)."""

    choices: Tensor  # (K, d) what a step that was chosen feeds to the next: tokens, then places
    cross: tuple[KeysValues, ...]  # by layer, each (1, heads, N, d / heads)
    pointer_keys: Tensor  # (1, N, d)
    link_keys: Tensor  # (1, W, d)


class Decoder(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width = shape.width
        self.token = nn.Embedding(len(Token), width)
        self.symbol = nn.Embedding(len(Symbol), width)
        self.position = nn.Embedding(MAX_STEPS, width)
        self.pointed = nn.Linear(width, width)
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.norm = nn.LayerNorm(width)
        self.token_out = nn.Linear(width, len(Token))
        self.pointer_query = nn.Linear(width, width)
        self.pointer_key = nn.Linear(width, width)
        self.link_query = nn.Linear(width, width)
        self.link_key = nn.Linear(width, width)
        self.link_gate = nn.Linear(width, 1)
        self.dropout = Dropout(shape.dropout)
        self.scale = 1.0 / math.sqrt(width)
        nn.init.constant_(self.link_gate.bias, 3.0)

    def forward(
        self,
        memory: Tensor,  # (B, N, d)
        padding: Tensor,  # (B, N)
        links: Tensor,  # (B, W, I + V) how strongly words name items and stand in values
        tokens: Tensor,  # (B, T) previous step's token (0 for a pointer)
        pointers: Tensor,  # (B, T) previous step's place in memory, -1 for a token
        symbols: Tensor,  # (B, T) what the grammar expects at this step
    ) -> Tensor:
        """Scores, (B, T, tokens + N); masking by the grammar is the caller's.

        A pointer's score has two parts: how well the step fits the item, and how much the words
        that the step reads name it (a copy mechanism, which carries over to unseen schemas).
        """
        steps = tokens.shape[1]
        is_pointer = (pointers >= 0).unsqueeze(-1)
        index = pointers.clamp(min=0).unsqueeze(-1).expand(-1, -1, memory.shape[-1])
        wide = memory.expand(tokens.shape[0], -1, -1)
        gathered = self.pointed(torch.gather(wide, 1, index))
        x = torch.where(is_pointer, gathered, self.token(tokens))
        place = torch.arange(steps, device=tokens.device)
        x = self.dropout(x + self.symbol(symbols) + self.position(place))
        causal = (place[None, :] > place[:, None]).to(x.dtype) * -1e9
        memory_bias = padding[:, None, None, :]
        for layer in self.layers:
            x = layer(x, memory, causal[None, None], memory_bias)
        word_keys = self.link_key(memory[:, : links.shape[1]])
        return self._scores(x, self.pointer_key(memory), word_keys, links, padding[:, None, :])

    def remember(self, memory: Tensor, words: int) -> Remembered:
        """Of one question's memory, (1, N, d), whose first places are its `words`."""
        return Remembered(
            choices=torch.cat([self.token.weight, self.pointed(memory[0])]),
            cross=tuple(layer.cross.keys_values(memory) for layer in self._layers()),
            pointer_keys=self.pointer_key(memory),
            link_keys=self.link_key(memory[:, :words]),
        )

    def step(
        self,
        remembered: Remembered,
        links: Tensor,  # (1, W, I + V)
        choices: Tensor,  # (K,) what each of K beams chose last: a token, or tokens + its place
        symbols: Tensor,  # (K,) what the grammar expects of each
        position: Tensor,  # () steps taken before
        own: Sequence[KeysValues],  # by layer, each (K, heads, T, d / heads)
    ) -> tuple[Tensor, list[KeysValues]]:
        """Scores of the next step, (K, tokens + N), as `forward` gives, and `own` with this one."""
        x = remembered.choices[choices] + self.symbol(symbols) + self.position(position)
        x, grown = x[None], []
        for layer, before, cross in zip(self._layers(), own, remembered.cross, strict=True):
            x, after = layer.step(x, before, cross)
            grown.append(after)
        scores = self._scores(x, remembered.pointer_keys, remembered.link_keys, links)
        return scores[0], grown

    def _layers(self) -> list[DecoderLayer]:
        return cast("list[DecoderLayer]", list(self.layers))

    def _scores(
        self,
        x: Tensor,  # (B, T, d)
        pointer_keys: Tensor,  # (B, N, d)
        link_keys: Tensor,  # (B, W, d)
        links: Tensor,  # (B, W, I + V)
        padding: Tensor | None = None,  # (B, 1, N)
    ) -> Tensor:
        x = self.norm(x)
        pointed = self.pointer_query(x) @ pointer_keys.transpose(1, 2) * self.scale
        count = links.shape[1]
        read = self.link_query(x) @ link_keys.transpose(1, 2) * self.scale
        if padding is not None:
            pointed, read = pointed + padding, read + padding[..., :count]
        named = torch.softmax(read, dim=-1) @ links * self.link_gate(x)
        pointed = pointed + functional.pad(named, (count, 0))
        return torch.cat([self.token_out(x), pointed], dim=-1)


class TranslatorNetwork(nn.Module):
    """With a `reader`, it learns too, and batches hold what it starts from (see `batches`)."""

    def __init__(self, shape: NetworkShape, reader: Reader | None = None) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)
        self.reader = reader

    def loss(self, batch: dict[str, Tensor]) -> Tensor:
        """Mean cross-entropy a step over what the grammar allows there."""
        return functional.cross_entropy(
            self.scores(batch).flatten(0, 1), batch["targets"].flatten(), ignore_index=-100
        )

    def scores(self, batch: dict[str, Tensor]) -> Tensor:
        """Of each choice at each gold step, (B, T, choices); what grammar forbids is far below."""
        if self.reader is None:
            word_vectors = batch["word_vectors"]
        else:
            word_vectors = batch["spans"] @ self.reader(batch["early"], batch["tokens_there"])
        memory = self.encoder(
            word_vectors, batch["word_features"], batch["leaf_vectors"],
            batch["path_vectors"], batch["item_features"], batch["value_features"],
            batch["value_words"], batch["relations"], batch["padding"],
        )  # fmt: skip
        scores = self.decoder(
            memory, batch["padding"], batch["links"], batch["tokens"], batch["pointers"],
            batch["symbols"],
        )  # fmt: skip
        allowed: Tensor = scores.masked_fill(~batch["allowed"], -1e9)
        return allowed
