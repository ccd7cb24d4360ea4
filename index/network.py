"""A transformer takes the word pieces of a question and a text to three logits for each piece of the text.

The door to tokenizers. Knows nothing of sentences, candidates or answers. The word embeddings and the tokenizer are the
base model's, which the encoder carries; the layers and the head come from a file.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.errors import ModelError
from index.transformer import CHANNELS, CURE, Transformer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Network", "Pieces", "parts"]

BATCH = 2048  # padded word pieces computed at once: more is no faster on a CPU, and takes memory


class Pieces(NamedTuple):
    """A text in word pieces: their numbers, which word each belongs to, and their places [start, end) in the text."""

    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    spans: NDArray[np.int64]


class Network:
    """The weights in a file, over a base model. Nothing is loaded before it is needed. Safe to use from several threads.

    `base` is all-MiniLM-L6-v2 by default. `expected` is the SHA-256 that the file must have. Computes in 16 bits (bf16)
    where the processor does so natively, else in 32; `exact` keeps to 32.
    """

    def __init__(
        self, weights: str | Path, *, base: Encoder | None = None, expected: str | None = None, exact: bool = False
    ) -> None:
        self.weights = Path(weights)
        self.base = base or Encoder()
        self._expected = expected
        self._exact = exact
        self._lock = threading.RLock()

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the file, in hex. Raises ModelError where it is not there, or not the one expected."""
        try:
            digest = hashlib.sha256(self.weights.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(f"The reader's weights {self.weights} cannot be read: {error.strerror}.", CURE) from None
        if self._expected not in (None, digest):
            raise ModelError(
                f"The reader's weights {self.weights} are not those of this version: SHA-256 {digest[:12]}, "
                f"not {str(self._expected)[:12]}.",
                CURE,
            )
        return digest

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """The texts in word pieces, without the model's special ones."""
        with self._lock:
            coded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [
            Pieces(
                np.array(one.ids, dtype=np.int64),
                np.array([-1 if word is None else word for word in one.word_ids], dtype=np.int64),
                np.array(one.offsets, dtype=np.int64).reshape(-1, 2),
            )
            for one in coded
        ]

    def logits(self, question: NDArray[np.int64], texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """For each text, read with the question: shape (1 + its pieces, 3); row 0 speaks for "the answer is not here".

        Raises ModelError where the weights cannot be used.
        """
        transformer, (first, last) = self._transformer, self.marks
        rows = [np.concatenate([[first], question, [last], text, [last]]) for text in texts]
        lead = len(question) + 2
        found: list[NDArray[np.float32]] = [np.empty((0, CHANNELS), np.float32)] * len(rows)
        for part in parts([len(row) for row in rows]):
            logits = transformer.logits([rows[row] for row in part], lead)
            for row, of_row in zip(part, logits, strict=True):
                found[row] = np.concatenate([of_row[:1], of_row[lead : len(rows[row]) - 1]])
        return found

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        file = self.base.folder / "tokenizer.json"
        if not file.is_file():
            raise ModelError(f"The base model {self.base.name} has no tokenizer.json.", CURE)
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def marks(self) -> tuple[int, int]:
        """The numbers of [CLS], which opens what is read, and [SEP], which ends the question and the text."""
        first, last = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        if first is None or last is None:
            raise ModelError(f"The base model {self.base.name} is not of BERT's kind.", CURE)
        return first, last

    @property
    def _transformer(self) -> "Transformer":
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> "Transformer":
        self.identity  # noqa: B018  refuses another file before anything opens it
        return Transformer.load(self.base, self.weights).fast(exact=self._exact)


def parts(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of like length together, at most BATCH padded pieces (or one row) at a time."""
    part: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if part and (len(part) + 1) * lengths[row] > BATCH:
            yield part
            part = []
        part.append(row)
    if part:
        yield part
