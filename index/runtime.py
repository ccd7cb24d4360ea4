"""A transformer, compiled for this processor: rows of word pieces in, unit vectors or logits out.

The door to openvino, and the one place that decides in what precision is computed: 16 bits where the processor multiplies
those itself (bf16 on x86, fp16 on ARM), else 32. Nothing of it is kept on disk: it is compiled from the weights in a tenth
of a second. Knows nothing of words, sentences or training.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.pieces import parts
from index.weights import BF16, CHANNELS, Weights

if TYPE_CHECKING:
    import openvino
    from openvino import InferRequest

__all__ = ["Runtime"]

STREAMS = 8  # cores that compute parts of their own, at most: each has memory of its own
EPSILON = 1e-12  # of BERT's layer norms
_BEYOND = -1e4  # what is added to the attention of a piece that only fills a row up

Rows = Sequence[NDArray[np.int64]]


class Runtime:
    """What some weights compute: `vectors` of whole rows where `pooled`, else `logits` of every piece.

    Compiled when made. Safe to use from several threads, which share the processor's cores: parts of their rows are computed
    in the order in which they were begun, no more of each caller's at a time than the cores can.
    """

    def __init__(self, weights: Weights, *, pooled: bool) -> None:
        self._weights = weights  # which the compiled model goes on sharing
        self._words = weights.embeddings["words"]
        # Sentences are short, and a question is one: all cores at each part. The reader's windows are long: one core at each
        # part is as fast, and faster when many ask, who need not take turns.
        streams = {"NUM_STREAMS": str(min(STREAMS, os.cpu_count() or 1)), "ENABLE_HYPER_THREADING": False}
        settings = {"PERFORMANCE_HINT": "LATENCY"} if pooled else streams
        self._compiled = _core().compile_model(_model(weights, pooled), "CPU", settings)
        self._at_once = int(self._compiled.get_property("NUM_STREAMS"))
        list(self._computed([np.zeros(8, dtype=np.int64)], 8))  # weights are put in the processor's order when first used
        weights.let_go()

    @property
    def form(self) -> str:
        """The precision that is computed in: bf16, fp16 or fp32."""
        named = str(self._compiled.get_property("INFERENCE_PRECISION_HINT").to_string())
        return {"bf16": "bf16", "f16": "fp16", "f32": "fp32"}.get(named, named)

    def vectors(self, rows: Rows, done: Callable[[int], object] = lambda rows: None) -> NDArray[np.float32]:
        """The mean of each row's pieces, of length 1: shape (rows, width). `done` is told of rows as they are computed."""
        found = np.empty((len(rows), self._words.shape[1]), dtype=np.float32)
        for part, result in self._computed(rows, None):
            found[part] = result
            done(len(part))
        return found

    def logits(self, rows: Rows, lead: int) -> list[NDArray[np.float32]]:
        """For each row, whose first `lead` pieces are the question's: shape (its pieces, 3)."""
        found: list[NDArray[np.float32]] = [np.empty((0, CHANNELS), np.float32)] * len(rows)
        for part, result in self._computed(rows, lead):
            for row, of_row in zip(part, result, strict=True):
                found[row] = of_row[: len(rows[row])].copy()
        return found

    def _computed(self, rows: Rows, lead: int | None) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Parts of the rows, by number, with what the model gives for them, which is valid until the next is asked for."""
        begun: deque[tuple[list[int], InferRequest]] = deque()
        try:
            for part in parts([len(row) for row in rows], self._at_once):
                if len(begun) == self._at_once:  # no more: what others ask meanwhile comes next
                    yield begun[0][0], self._result(begun[0][1])
                    begun.popleft()
                # A new one costs nothing to speak of, and what it holds is gone with it.
                request = self._compiled.create_infer_request()
                begun.append((part, request))
                given = self._inputs([rows[row] for row in part], lead)
                if len(rows) == 1:  # a question, in this thread: another one would have to be woken
                    request.infer(given, share_inputs=True)
                else:
                    request.start_async(given, share_inputs=True)
            while begun:
                yield begun[0][0], self._result(begun[0][1])
                begun.popleft()
        finally:  # after an interruption or an error, nothing of it goes on
            for _, request in begun:
                with suppress(RuntimeError):
                    request.wait()

    def _inputs(self, rows: Rows, lead: int | None) -> list[NDArray[Any]]:
        """Word vectors, kinds and mask of a part. Words are looked up here: the table stays on the disk but for a text's."""
        longest = max(len(row) for row in rows)
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.full((len(rows), 1, 1, longest), _BEYOND, dtype=np.float32)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, 0, 0, : len(row)] = 0
        kinds = np.zeros(ids.shape, dtype=np.int32)
        if lead is not None:
            kinds[:, lead:] = 1
        return [self._words[ids], kinds, mask]

    @staticmethod
    def _result(request: "InferRequest") -> NDArray[np.float32]:
        request.wait()
        result: NDArray[np.float32] = request.get_output_tensor(0).data
        return result


@cache
def _core() -> "openvino.Core":
    """The runtime, imported without what comes with it: its converters, which report every import to their maker."""
    kept_out = [name for name in ("openvino_telemetry", "openvino.tools.ovc") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(kept_out))  # type: ignore[arg-type]  # None makes an import fail, and openvino expects that
    try:
        import openvino
    finally:
        for name in kept_out:
            sys.modules.pop(name, None)
    return openvino.Core()


def _model(weights: Weights, pooled: bool) -> "openvino.Model":
    """BERT as a graph: word vectors (rows, pieces, width), kinds (rows, pieces) and mask (rows, 1, 1, pieces) in."""
    import openvino
    from openvino import opset13 as op

    e, p, shape = weights.embeddings, weights.parameters, weights.shape

    def constant(value: Any) -> Any:
        return op.constant(np.asarray(value), shared_memory=True)  # compiling copies what it wants, in its own precision

    def parameter(name: str) -> Any:
        array = p[name]
        if array.dtype == np.float32:
            return constant(array)
        stored = openvino.Tensor(array.view(np.int16), array.shape, openvino.Type.bf16) if array.dtype == BF16 else array
        wide = op.convert(op.constant(stored, shared_memory=True), np.float32)
        wide.get_rt_info()["decompression_0"] = ""  # else all are widened before anything is compiled: twice their memory
        return wide

    def norm(x: Any, gain: Any, bias: Any) -> Any:
        x = op.mvn(x, constant([-1]), normalize_variance=True, eps=EPSILON, eps_mode="inside_sqrt")
        return op.add(op.multiply(x, gain), bias)

    def linear(x: Any, part: str) -> Any:
        product = op.matmul(x, parameter(f"{part}.weight"), transpose_a=False, transpose_b=True)
        return op.add(product, parameter(f"{part}.bias"))

    def attention(x: Any, part: str) -> Any:
        apart = op.reshape(linear(x, part), constant([0, 0, 3, shape.heads, shape.width // shape.heads]), special_zero=True)
        qkv = op.split(op.transpose(apart, constant([2, 0, 3, 1, 4])), constant(0), 3)
        q, k, v = (op.squeeze(one, constant(0)) for one in qkv.outputs())
        mixed = op.transpose(op.scaled_dot_product_attention(q, k, v, mask), constant([0, 2, 1, 3]))
        return op.reshape(mixed, constant([0, 0, shape.width]), special_zero=True)

    words = op.parameter([-1, -1, shape.width], np.float32, name="words")
    kinds = op.parameter([-1, -1], np.int32, name="kinds")
    mask = op.parameter([-1, 1, 1, -1], np.float32, name="mask")
    pieces = op.gather(op.shape_of(words), constant([1]), constant(0))
    places = op.slice(constant(e["places"]), constant([0]), pieces, constant([1]), constant([0]))
    x = op.add(op.add(words, places), op.gather(constant(e["kinds"]), kinds, constant(0)))
    x = norm(x, constant(e["gain"]), constant(e["bias"]))
    for layer in (f"layers.{number}" for number in range(shape.layers)):
        mixed = linear(attention(x, f"{layer}.qkv"), f"{layer}.out")
        x = norm(op.add(x, mixed), parameter(f"{layer}.ln1.weight"), parameter(f"{layer}.ln1.bias"))
        inner = linear(op.gelu(linear(x, f"{layer}.up"), "erf"), f"{layer}.down")
        x = norm(op.add(x, inner), parameter(f"{layer}.ln2.weight"), parameter(f"{layer}.ln2.bias"))
    if pooled:
        there = op.squeeze(op.convert(op.equal(mask, constant(np.float32(0))), np.float32), constant(1))
        total = op.squeeze(op.matmul(there, x, transpose_a=False, transpose_b=False), constant(1))
        result = op.normalize_l2(total, constant([1]), EPSILON, "max")  # the mean's direction is the sum's
    else:
        result = linear(x, "head")
    return openvino.Model([result], [words, kinds, mask], "bert")
