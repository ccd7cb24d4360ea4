"""A transformer is fitted, one step at a time, to say which sentence answers a question and with which words.

torch's second door, beside index/transformer.py: open only while weights are made. Knows nothing of files of questions, or
of what is drawn from them: arrays of numbers go in, weights come out.
"""

import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.model_files import ModelFiles
from index.transformer import Transformer

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Batch", "Trainer"]

HEAD_SPEED = 4.0  # the head starts from nothing, so it learns this many times as fast
DROPPED = 0.1  # of what each layer says, left out at random: what was seen several times must not be learnt by heart
PATTERN = 1 << 24  # numbers drawn once; a stretch of them says what is left out
CLIP = 1.0  # the length that a gradient is cut to
CEILING = 20.0  # of one question's loss: a wrongly marked answer must not move everything


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of word pieces, each a window of text read with a question; several rows may belong to one question.

    Shape (rows, longest row): `ids`; `kinds`, 1 in the text; `sentence`, the number of the piece's sentence or -1; `start`
    and `end`, whether an answer begins or ends there. By row: its length and its question's number. By sentence: its
    question, and whether it answers. By question: whether its answer is in none of its rows.
    """

    ids: NDArray[np.int64]
    kinds: NDArray[np.int64]
    sentence: NDArray[np.int64]
    start: NDArray[np.bool_]
    end: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    question: NDArray[np.int64]
    sentence_question: NDArray[np.int64]
    sentence_gold: NDArray[np.bool_]
    absent: NDArray[np.bool_]


class Trainer:
    """AdamW on a transformer's layers and head, over embeddings that stay as they are; 16 bits where `half`."""

    def __init__(self, base: ModelFiles, *, device: str = "cpu", half: bool = True, seed: int = 0) -> None:
        import torch

        torch.manual_seed(seed)
        self.base = base
        self.steps = 0
        self._device = torch.device(device)
        master = Transformer.load(base)
        torch.nn.init.normal_(master.parameters["head.weight"], std=0.02)
        self._seed = seed
        self._pattern = torch.empty(0)
        self._master = master.to(self._device, torch.float32)  # fitted in 32 bits, computed with in 16
        self._model = master.to(self._device, torch.bfloat16 if half else torch.float32)
        for name in self._model.parameters:
            self._model.parameters[name] = self._model.parameters[name].detach().clone().requires_grad_()
        plain = [tensor for tensor in self._master.parameters.values() if tensor.ndim < 2]
        head = self._master.parameters["head.weight"]
        rest = [tensor for tensor in self._master.parameters.values() if tensor.ndim == 2 and tensor is not head]
        self._optimiser = torch.optim.AdamW(
            [
                {"params": rest, "weight_decay": 0.01, "speed": 1.0},
                {"params": plain, "weight_decay": 0.0, "speed": 1.0},
                {"params": [head], "weight_decay": 0.0, "speed": HEAD_SPEED},
            ],
            betas=(0.9, 0.98),
        )

    def step(self, batches: "list[Batch]", rate: float) -> tuple[float, float]:
        """Learn from these batches at once, at this rate; returns the mean losses of spans and of sentences."""
        import torch

        totals = np.zeros(2)
        drop = partial(self._drop, random.Random(f"{self._seed} {self.steps}"))
        for batch in batches:
            b = _Tensors(batch, self._device)
            span, sentence = _losses(self._model(b.ids, b.kinds, b.lengths, drop), b)
            (span + sentence).div(len(batches)).backward()  # type: ignore[no-untyped-call]
            totals += (span.item(), sentence.item())
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["speed"]
        with torch.no_grad():
            for name, tensor in self._model.parameters.items():
                assert tensor.grad is not None
                self._master.parameters[name].grad, tensor.grad = tensor.grad.float(), None
            length = torch.nn.utils.clip_grad_norm_(list(self._master.parameters.values()), CLIP)
            if torch.isfinite(length):  # a step that would break the weights is left out
                self._optimiser.step()
                for name, tensor in self._model.parameters.items():
                    tensor.copy_(self._master.parameters[name])
        self.steps += 1
        return float(totals[0]) / len(batches), float(totals[1]) / len(batches)

    def _drop(self, dice: random.Random, x: "Tensor") -> "Tensor":
        """Some of x left out, and the rest raised to make up for it.

        Which, says a stretch of one long pattern: on a CPU, drawing each anew costs a fifth of the time.
        """
        import torch

        if not len(self._pattern):
            drawn = torch.rand(PATTERN, generator=torch.Generator().manual_seed(self._seed))
            self._pattern = (drawn >= DROPPED).to(self._device, x.dtype) / (1 - DROPPED)
        start, size = dice.randrange(PATTERN), x.numel()
        stretch = self._pattern[start : start + size]
        if len(stretch) < size:  # it goes on from the beginning
            stretch = torch.cat([stretch, self._pattern.repeat(1 + size // PATTERN)])[:size]
        return x * stretch.view_as(x)

    def save(self, weights: Path) -> None:
        """Write the weights as they are now, for a Network to read with."""
        self._master.save(weights, self.base)

    def keep(self, checkpoint: Path) -> None:
        """Write all that going on from here with the same seed needs."""
        import torch

        part = checkpoint.with_name(checkpoint.name + ".part")
        torch.save({"steps": self.steps, "master": self._master.parameters, "optimiser": self._optimiser.state_dict()}, part)
        part.replace(checkpoint)

    def resume(self, checkpoint: Path) -> None:
        """Go on from what `keep` wrote. Nothing but numbers is read from it."""
        import torch

        kept = torch.load(checkpoint, weights_only=True, map_location=self._device)
        with torch.no_grad():
            for name, tensor in self._master.parameters.items():
                tensor.copy_(kept["master"][name])
                self._model.parameters[name].copy_(tensor)
        self._optimiser.load_state_dict(kept["optimiser"])
        self.steps = kept["steps"]


class _Tensors:
    """A batch on a device."""

    def __init__(self, batch: Batch, device: "torch.device") -> None:
        import torch

        def there(array: "NDArray[np.int64] | NDArray[np.bool_]") -> "Tensor":
            return torch.from_numpy(array).to(device)

        self.ids, self.kinds, self.sentence = there(batch.ids), there(batch.kinds), there(batch.sentence)
        self.start, self.end = there(batch.start), there(batch.end)
        self.lengths, self.question = there(batch.lengths), there(batch.question)
        self.sentence_question, self.sentence_gold = there(batch.sentence_question), there(batch.sentence_gold)
        self.absent = there(batch.absent)


def _losses(logits: "Tensor", b: _Tensors) -> "tuple[Tensor, Tensor]":
    """Of where answers begin and end, and of which sentences answer; each row's first piece stands for "not here"."""
    import torch

    questions = len(b.absent)
    inside = b.sentence >= 0
    piece_question = b.question[:, None].expand_as(inside)[inside]
    absent = b.absent[b.question]
    group = torch.cat([piece_question, b.question])
    span = logits.new_zeros(())
    for channel, gold in ((0, b.start), (1, b.end)):
        values = torch.cat([logits[..., channel][inside], logits[:, 0, channel]])
        span = span + _shared(values, group, torch.cat([gold[inside], absent]), questions) / 2
    worth = _logsumexp(logits[..., 2][inside], b.sentence[inside], len(b.sentence_gold))
    sentence = _shared(
        torch.cat([worth, logits[:, 0, 2]]),
        torch.cat([b.sentence_question, b.question]),
        torch.cat([b.sentence_gold, absent]),
        questions,
    )
    return span, sentence


def _shared(values: "Tensor", group: "Tensor", gold: "Tensor", groups: int) -> "Tensor":
    """Cross-entropy over all that one question sees, in all its rows (Clark and Gardner 2018); several may be gold."""
    import torch

    held = gold.nonzero()[:, 0]
    right = _logsumexp(values[held], group[held], groups)
    has = torch.zeros(groups, dtype=torch.bool, device=values.device).index_fill(0, group[held], True)
    losses = (_logsumexp(values, group, groups) - right)[has].clamp_max(CEILING)
    return losses.sum() / max(1, len(losses))  # answers that were cut off with the end of their window have no loss


def _logsumexp(values: "Tensor", group: "Tensor", groups: int) -> "Tensor":
    """Of the values of each group; very low for an empty one."""
    top = values.new_full((groups,), -1e4).scatter_reduce(0, group, values.detach(), "amax")
    return values.new_zeros(groups).index_add(0, group, (values - top[group]).exp()).clamp_min(1e-13).log() + top
