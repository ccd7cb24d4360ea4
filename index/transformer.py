"""BERT's layers with a head of three logits for each word piece, as plain tensors that are read with and trained.

The door to torch and safetensors. Knows nothing of words or sentences: numbers of word pieces in, logits out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.errors import ModelError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["CHANNELS", "CURE", "Transformer"]

CHANNELS = 3  # logits of a piece: the answer begins here, it ends here, its sentence answers
CURE = "Install the package again, or name weights that `python -m qa.training` made for this base model."
EPSILON = 1e-12  # of BERT's layer norms


@dataclass(frozen=True, slots=True)
class _Shape:
    layers: int
    width: int
    heads: int
    inner: int


class Transformer:
    """BERT's layers with a head of three logits a piece, as plain tensors: `parameters` are fitted, `embeddings` never.

    What reading and training share. `parameters` has queries, keys and values of a layer in one tensor.
    """

    def __init__(self, shape: _Shape, embeddings: "dict[str, Tensor]", parameters: "dict[str, Tensor]") -> None:
        self.shape = shape
        self.embeddings = embeddings
        self.parameters = parameters

    @classmethod
    def load(cls, base: Encoder, weights: Path | None = None) -> "Transformer":
        """The base model's embeddings under the layers and head of a file; without one, the base's layers and a head of 0.

        Raises ModelError where the base is not of BERT's kind, or the file is of another shape or made for another base.
        """
        import torch
        from safetensors import SafetensorError, safe_open

        try:
            config = json.loads((base.folder / "config.json").read_text("utf-8"))
            shape = _Shape(*(int(config[name]) for name in _CONFIG))
            with safe_open(base.folder / "model.safetensors", "pt") as file:
                tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118  not a dict
            embeddings = {name: tensors[f"embeddings.{theirs}"] for name, theirs in _EMBEDDINGS.items()}
            head = {"head.weight": torch.zeros(CHANNELS, shape.width), "head.bias": torch.zeros(CHANNELS)}
            parameters = _from_bert(tensors | head, shape)
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ModelError(f"The base model {base.name} is not of BERT's kind: {error}.", CURE) from error
        if weights is None:
            return cls(shape, embeddings, parameters)
        try:
            with safe_open(weights, "pt") as file:
                made_for = (file.metadata() or {}).get("base", base.identity)
                fitted = _from_bert({name: file.get_tensor(name).float() for name in file.keys()}, shape)  # noqa: SIM118
        except (OSError, KeyError, SafetensorError) as error:
            raise ModelError(f"{weights} does not hold a reader's weights: {error}.", CURE) from error
        if made_for != base.identity:
            raise ModelError(
                f"{weights} was made for the base model {made_for[:12]}, not for {base.name} ({base.identity[:12]}).", CURE
            )
        for name, tensor in fitted.items():
            if tensor.shape != parameters[name].shape:
                shapes = f"{tuple(tensor.shape)}, not {tuple(parameters[name].shape)}"
                raise ModelError(f"{weights} is of another shape than {base.name}: {name} is {shapes}.", CURE)
        return cls(shape, embeddings, fitted)

    def save(self, file: Path, base: Encoder) -> None:
        """Write the parameters, in 16 bits and under BERT's names, with the base that they belong to."""
        import torch
        from safetensors.torch import save_file

        tensors = _to_bert({name: tensor.detach().to("cpu", torch.bfloat16) for name, tensor in self.parameters.items()})
        part = file.with_name(file.name + ".part")
        save_file(tensors, part, metadata={"base": base.identity})
        part.replace(file)

    def fast(self, *, exact: bool) -> "Transformer":
        """The same as this processor computes it fastest: in 16 bits where it multiplies those itself, unless `exact`."""
        import torch

        return self.to(torch.device("cpu"), torch.bfloat16 if not exact and _has_bf16() else torch.float32)

    def to(self, device: "torch.device", precision: "torch.dtype") -> "Transformer":
        """The same on a device, its parameters in this precision; embeddings stay in 32 bits."""
        return Transformer(
            self.shape,
            {name: tensor.to(device) for name, tensor in self.embeddings.items()},
            {name: tensor.to(device, precision) for name, tensor in self.parameters.items()},
        )

    def logits(self, rows: Sequence[NDArray[np.int64]], lead: int) -> NDArray[np.float32]:
        """Logits, shape (rows, longest row, 3), of rows of word pieces, the first `lead` of each being the question's."""
        import torch

        lengths = torch.tensor([len(row) for row in rows])
        ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.from_numpy(row)
        kinds = (torch.arange(ids.shape[1]) >= lead).long().expand_as(ids)
        with torch.inference_mode():
            found: NDArray[np.float32] = self(ids, kinds, lengths).numpy()
        return found

    def __call__(self, ids: "Tensor", kinds: "Tensor", lengths: "Tensor") -> "Tensor":
        """Logits, shape (rows, pieces, 3), of rows of `lengths` pieces; `kinds` is 0 in the question and 1 in the text."""
        import torch
        from torch.nn.functional import layer_norm, linear

        e, p = self.embeddings, self.parameters
        width = self.shape.width
        with torch.no_grad():
            x = e["words"][ids] + e["places"][: ids.shape[1]] + e["kinds"][kinds]
            x = layer_norm(x, (width,), e["gain"], e["bias"], EPSILON).to(p["head.weight"].dtype)
            beyond = torch.arange(ids.shape[1], device=ids.device) >= lengths[:, None]
            mask = torch.zeros(beyond.shape, dtype=x.dtype, device=x.device).masked_fill_(beyond, -1e4)
            mask = mask.repeat_interleave(self.shape.heads, 0)[:, None, :]
        for layer in range(self.shape.layers):
            x = self._layer(x, mask, {name: p[f"layers.{layer}.{name}"] for name in _PARTS})
        return linear(x, p["head.weight"], p["head.bias"]).float()

    def _layer(self, x: "Tensor", mask: "Tensor", p: "Mapping[str, Tensor]") -> "Tensor":
        """Attention written out: on a CPU, the backward pass of torch's fused one is several times slower."""
        import torch
        from torch.nn.functional import gelu, layer_norm, linear

        rows, pieces, width = x.shape
        heads, size = self.shape.heads, width // self.shape.heads
        qkv = linear(x, p["qkv.weight"], p["qkv.bias"]).view(rows, pieces, 3, heads, size)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).reshape(3, rows * heads, pieces, size).unbind(0)
        weights = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=size**-0.5)
        weights = torch.softmax(weights, -1)
        mixed = torch.bmm(weights, v).view(rows, heads, pieces, size).transpose(1, 2).reshape(rows, pieces, width)
        x = x + linear(mixed, p["out.weight"], p["out.bias"])
        x = layer_norm(x, (width,), p["ln1.weight"], p["ln1.bias"], EPSILON)
        inner = gelu(linear(x, p["up.weight"], p["up.bias"]))
        x = x + linear(inner, p["down.weight"], p["down.bias"])
        return layer_norm(x, (width,), p["ln2.weight"], p["ln2.bias"], EPSILON)


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
_PARTS = tuple(f"{part}.{kind}" for part in ("qkv", *_BERT) for kind in ("weight", "bias"))


def _from_bert(tensors: "Mapping[str, Tensor]", shape: _Shape) -> "dict[str, Tensor]":
    """Ours from BERT's: what a file with BERT's names holds, as Transformer computes with it."""
    import torch

    ours = {"head.weight": tensors["head.weight"], "head.bias": tensors["head.bias"]}
    for layer in range(shape.layers):
        theirs = f"encoder.layer.{layer}."
        for kind in ("weight", "bias"):
            qkv = [tensors[f"{theirs}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            ours[f"layers.{layer}.qkv.{kind}"] = torch.cat(qkv)
            for part, name in _BERT.items():
                ours[f"layers.{layer}.{part}.{kind}"] = tensors[f"{theirs}{name}.{kind}"]
    return ours


def _to_bert(parameters: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    theirs = {}
    for name, tensor in parameters.items():
        if name.startswith("head."):
            theirs[name] = tensor.contiguous()
            continue
        _, layer, part, kind = name.split(".")
        if part == "qkv":
            for one, third in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                theirs[f"encoder.layer.{layer}.attention.self.{one}.{kind}"] = third.contiguous()
        else:
            theirs[f"encoder.layer.{layer}.{_BERT[part]}.{kind}"] = tensor.contiguous()
    return theirs


def _has_bf16() -> bool:
    """Whether the processor multiplies 16-bit numbers itself: twice as fast then, and far slower otherwise."""
    try:
        flags = Path("/proc/cpuinfo").read_text("ascii", "ignore")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
