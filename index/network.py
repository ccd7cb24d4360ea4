"""A transformer takes the word pieces of a question and a text to three logits for each piece of the text.

Knows nothing of sentences, candidates or answers. The word embeddings and the tokenizer come from the base model's
files; the layers and the head come from a file of their own.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.model_files import ModelFiles, sha256_of
from index.pieces import Pieces, WordPieces
from index.runtime import Runtime
from index.weights import CURE, Weights

__all__ = ["Network"]


class Network:
    """The weights in a file, over a base model. Nothing is loaded before it is needed. Safe to use from several threads.

    `base` is all-MiniLM-L6-v2 by default. `expected` is the SHA-256 that the file must have.
    """

    def __init__(self, weights: str | Path, *, base: ModelFiles | None = None, expected: str | None = None) -> None:
        self.weights = Path(weights)
        self._base = base or ModelFiles()
        self._word_pieces = WordPieces(self._base)
        self._expected = expected
        self._lock = threading.RLock()

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the file, in hex. Raises ModelError where it is not there, or not the one expected."""
        try:
            digest = sha256_of(self.weights)
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
        return self._word_pieces.pieces(texts)

    @property
    def marks(self) -> tuple[int, int]:
        """The numbers of [CLS], which opens what is read, and [SEP], which ends the question and the text."""
        return self._word_pieces.marks

    def logits(self, question: NDArray[np.int64], texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """For each text, read with the question: shape (1 + its pieces, 3); row 0 speaks for "the answer is not here".

        Raises ModelError where the weights cannot be used.
        """
        with self._lock:
            runtime = self._runtime
        first, last = self.marks
        lead = len(question) + 2
        rows = [np.concatenate([[first], question, [last], text, [last]]) for text in texts]
        return [np.concatenate([of_row[:1], of_row[lead:-1]]) for of_row in runtime.logits(rows, lead)]

    @cached_property
    def _runtime(self) -> Runtime:
        self.identity  # noqa: B018  refuses another file before anything opens it
        return Runtime(Weights.load(self._base, self.weights), pooled=False)
