"""BERT's layers with a head of three logits for each word piece, as plain tensors that are trained.

The door to torch and safetensors. Knows nothing of words or sentences: numbers of word pieces in, logits out.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from index.model_files import ModelFiles
from index.weights import PARTS, Shape, Weights, to_bert, widened

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Transformer"]

EPSILON = 1e-12  # of BERT's layer norms


class Transformer:
    """BERT's layers with a head of three logits a piece, as plain tensors: `parameters` are fitted, `embeddings` never.

    The form that is trained; `index/runtime.py` reads with the same weights. `parameters` has queries, keys and values of a
    layer in one tensor.
    """

    def __init__(self, shape: Shape, embeddings: "dict[str, Tensor]", parameters: "dict[str, Tensor]") -> None:
        self.shape = shape
        self.embeddings = embeddings
        self.parameters = parameters

    @classmethod
    def load(cls, base: ModelFiles, weights: Path | None = None) -> "Transformer":
        """The base model's embeddings under the layers and head of a file; without one, the base's layers and a head of 0.

        Raises ModelError where the base is not of BERT's kind, or the file is of another shape or made for another base.
        """
        import torch

        loaded = Weights.load(base, weights)
        embeddings, parameters = (
            {name: torch.tensor(widened(array)) for name, array in arrays.items()}
            for arrays in (loaded.embeddings, loaded.parameters)
        )
        return cls(loaded.shape, embeddings, parameters)

    def save(self, file: Path, base: ModelFiles) -> None:
        """Write the parameters, in 16 bits and under BERT's names, with the base that they belong to."""
        import torch
        from safetensors.torch import save_file

        tensors = _to_bert({name: tensor.detach().to("cpu", torch.bfloat16) for name, tensor in self.parameters.items()})
        part = file.with_name(file.name + ".part")
        save_file(tensors, part, metadata={"base": base.identity})
        part.replace(file)

    def to(self, device: "torch.device", precision: "torch.dtype") -> "Transformer":
        """The same on a device, its parameters in this precision; embeddings stay in 32 bits."""
        return Transformer(
            self.shape,
            {name: tensor.to(device) for name, tensor in self.embeddings.items()},
            {name: tensor.to(device, precision) for name, tensor in self.parameters.items()},
        )

    def __call__(
        self, ids: "Tensor", kinds: "Tensor", lengths: "Tensor", drop: "Callable[[Tensor], Tensor] | None" = None
    ) -> "Tensor":
        """Logits, shape (rows, pieces, 3), of rows of `lengths` pieces; `kinds` is 0 in the question and 1 in the text.

        `drop` is applied to what goes into the first layer and to what each adds: in training, it leaves a part out.
        """
        import torch
        from torch.nn.functional import layer_norm, linear

        drop = drop or (lambda x: x)
        e, p = self.embeddings, self.parameters
        width = self.shape.width
        with torch.no_grad():
            x = e["words"][ids] + e["places"][: ids.shape[1]] + e["kinds"][kinds]
            x = layer_norm(x, (width,), e["gain"], e["bias"], EPSILON).to(p["head.weight"].dtype)
            x = drop(x)
            beyond = torch.arange(ids.shape[1], device=ids.device) >= lengths[:, None]
            mask = torch.zeros(beyond.shape, dtype=x.dtype, device=x.device).masked_fill_(beyond, -1e4)
            mask = mask.repeat_interleave(self.shape.heads, 0)[:, None, :]
        for layer in range(self.shape.layers):
            x = self._layer(x, mask, {name: p[f"layers.{layer}.{name}"] for name in PARTS}, drop)
        return linear(x, p["head.weight"], p["head.bias"]).float()

    def _layer(self, x: "Tensor", mask: "Tensor", p: "Mapping[str, Tensor]", drop: "Callable[[Tensor], Tensor]") -> "Tensor":
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
        x = x + drop(linear(mixed, p["out.weight"], p["out.bias"]))
        x = layer_norm(x, (width,), p["ln1.weight"], p["ln1.bias"], EPSILON)
        inner = gelu(linear(x, p["up.weight"], p["up.bias"]))
        x = x + drop(linear(inner, p["down.weight"], p["down.bias"]))
        return layer_norm(x, (width,), p["ln2.weight"], p["ln2.bias"], EPSILON)


def _to_bert(parameters: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    theirs = {}
    for name, tensor in parameters.items():
        names = to_bert(name)
        for one, part in zip(names, tensor.chunk(len(names)), strict=True):
            theirs[one] = part.contiguous()
    return theirs
