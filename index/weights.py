"""A BERT's weights as arrays: embeddings, layers and head, from files in safetensors form, checked and hardly copied.

Numbers of 16 bits stay as they are stored: as many megabytes again are not needed to read with them.

Knows nothing of computing with them: the runtime reads with them, the transformer is trained on them.
"""

import json
import math
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.model_files import ModelFiles

__all__ = ["BF16", "CHANNELS", "CURE", "PARTS", "Shape", "Weights", "read_tensors", "to_bert", "widened"]

Stored: TypeAlias = "NDArray[Any]"  # of float32, float16 or BF16

BF16 = np.dtype("<u2")  # what stands for bf16, which numpy does not know: its bits

CHANNELS = 3  # logits of a piece: the answer begins here, it ends here, its sentence answers
CURE = "Install the package again, or name weights that `python -m qa.training` made for this base model."


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a BERT: how many layers and heads, how wide a piece is between the layers, and how wide inside them."""

    layers: int
    width: int
    heads: int
    inner: int

    def of(self, name: str) -> tuple[int, ...]:
        """The shape of a parameter of ours."""
        *_, part, kind = name.split(".")
        rows = {"head": CHANNELS, "qkv": 3 * self.width, "up": self.inner}.get(part, self.width)
        if kind == "bias" or part.startswith("ln"):
            return (rows,)
        return rows, self.inner if part == "down" else self.width


@dataclass(frozen=True, slots=True)
class Weights:
    """`embeddings` are the base model's; `parameters` has queries, keys and values of a layer in one array, and a head.

    Parameters are in the numbers that they are stored in: 32 bits, 16, or bf16 (as BF16).
    """

    shape: Shape
    embeddings: Mapping[str, NDArray[np.float32]]
    parameters: Mapping[str, Stored]

    @classmethod
    def load(cls, base: ModelFiles, file: Path | None = None) -> "Weights":
        """The base model's embeddings under the layers and head of a file; without one, the base's layers and a head of 0.

        Raises ModelError where the base is not of BERT's kind, or the file is of another shape or made for another base.
        """
        try:
            config = json.loads((base.folder / "config.json").read_text("utf-8"))
            if config.get("hidden_act", "gelu") != "gelu":
                raise ValueError(f"its activation is {config['hidden_act']}")
            shape = Shape(*(int(config[name]) for name in _CONFIG))
            tensors, _ = read_tensors(base.folder / "model.safetensors")
            embeddings = {name: widened(tensors[f"embeddings.{theirs}"]) for name, theirs in _EMBEDDINGS.items()}
            head: dict[str, Stored] = {"head.weight": np.zeros(shape.of("head.weight"), np.float32)}
            head["head.bias"] = np.zeros(shape.of("head.bias"), np.float32)
            parameters = {} if file else _from_bert(tensors | head, shape)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The base model {base.name} is not of BERT's kind: {error}.", CURE) from error
        if file is None:
            return cls(shape, embeddings, parameters)
        try:
            tensors, said = read_tensors(file)
            fitted = _from_bert(tensors, shape)
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"{file} does not hold a reader's weights: {error}.", CURE) from error
        made_for = str(said.get("base", base.identity))
        if made_for != base.identity:
            raise ModelError(
                f"{file} was made for the base model {made_for[:12]}, not for {base.name} ({base.identity[:12]}).", CURE
            )
        for name, array in fitted.items():
            if array.shape != (wanted := shape.of(name)):
                raise ModelError(
                    f"{file} is of another shape than {base.name}: {name} is {array.shape}, not {wanted}.", CURE
                )
        return cls(shape, embeddings, fitted)

    def let_go(self) -> None:
        """Take the layers' pages out of memory, once they are compiled: 40 MB; they come back from the file if need be."""
        for array in self.parameters.values():
            mapping = getattr(array, "_mmap", None)
            if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
                mapping.madvise(mmap.MADV_DONTNEED)


def widened(array: Stored) -> NDArray[np.float32]:
    """The numbers in 32 bits; the same array where they are."""
    if array.dtype == BF16:  # the upper half of 32 bits
        return (array.astype("<u4") << 16).view("<f4")
    return array.astype(np.float32, copy=False)


def read_tensors(file: Path) -> tuple[dict[str, Stored], Mapping[str, Any]]:
    """The arrays of a file in safetensors form by their names, and what its maker says of it.

    They stay on the disk until they are touched: of a table of 30,000 words, a question needs ten rows. (The safetensors
    library copies all, and hands no bf16 to numpy.) Raises OSError or ValueError.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        begin = 8 + int.from_bytes(stream.read(8), "little")
        if size < begin:
            raise ValueError("it is not in safetensors form")
        said: Any = json.loads(stream.read(begin - 8))
    if not isinstance(said, dict):
        raise ValueError("it is not in safetensors form")
    notes = said.pop("__metadata__", None) or {}
    try:
        found = {
            str(name): _array(file, begin, size, one["shape"], one["data_offsets"], _TYPES[one["dtype"]])
            for name, one in said.items()
            if one["dtype"] in _TYPES
        }
    except (KeyError, TypeError) as error:
        raise ValueError("it is not in safetensors form") from error
    return found, notes


def _array(file: Path, begin: int, size: int, shape: list[int], place: list[int], kind: str) -> Stored:
    start, stop = place
    count = math.prod(shape)
    if not 0 <= start < stop <= size - begin or stop - start != count * int(kind[-1]):
        raise ValueError("its header names places that it does not have")
    # A mapping for each, so that what nobody uses any more leaves the memory; writable to who shares it, and never written.
    array: Stored = np.memmap(file, kind, mode="c", offset=begin + start, shape=count).reshape(shape)
    return array


_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_CONFIG = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
_EMBEDDINGS = {
    "words": "word_embeddings.weight",
    "places": "position_embeddings.weight",
    "kinds": "token_type_embeddings.weight",
    "gain": "LayerNorm.weight",
    "bias": "LayerNorm.bias",
}
_BERT = {  # our name for a part of a layer -> BERT's
    "out": "attention.output.dense",
    "ln1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "ln2": "output.LayerNorm",
}
PARTS = tuple(f"{part}.{kind}" for part in ("qkv", *_BERT) for kind in ("weight", "bias"))


def _from_bert(tensors: Mapping[str, Stored], shape: Shape) -> dict[str, Stored]:
    """Ours from BERT's: what a file with BERT's names holds, as we compute with it."""
    ours = {"head.weight": tensors["head.weight"], "head.bias": tensors["head.bias"]}
    for layer in range(shape.layers):
        theirs = f"encoder.layer.{layer}."
        for kind in ("weight", "bias"):
            qkv = [tensors[f"{theirs}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            alike = len({array.dtype for array in qkv}) == 1  # else bits would be taken for numbers
            ours[f"layers.{layer}.qkv.{kind}"] = np.concatenate(qkv if alike else [widened(array) for array in qkv])
            for part, name in _BERT.items():
                ours[f"layers.{layer}.{part}.{kind}"] = tensors[f"{theirs}{name}.{kind}"]
    return ours


def to_bert(name: str) -> tuple[str, ...]:
    """BERT's names for a parameter of ours: three where queries, keys and values are one array."""
    if name.startswith("head."):
        return (name,)
    _, layer, part, kind = name.split(".")
    if part == "qkv":
        return tuple(f"encoder.layer.{layer}.attention.self.{one}.{kind}" for one in ("query", "key", "value"))
    return (f"encoder.layer.{layer}.{_BERT[part]}.{kind}",)
