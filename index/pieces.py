"""Texts become word pieces, as a model's own tokenizer cuts them.

The door to tokenizers. Knows nothing of what the pieces are read for.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.model_files import ModelFiles
from index.weights import CURE

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Pieces", "WordPieces", "parts"]

FEW = 8  # rounds of parts computed at once, above which it matters little that the last one may be short
BATCH = 1024  # padded word pieces computed at once: with more, the few sentences of an article are padded more


class Pieces(NamedTuple):
    """A text in word pieces: their numbers, which word each belongs to, and their places [start, end) in the text."""

    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    spans: NDArray[np.int64]


class WordPieces:
    """The tokenizer of a model, read when it is first needed. Safe to use from several threads.

    Every method raises ModelError where the model has none, or is not of BERT's kind.
    """

    def __init__(self, model: ModelFiles) -> None:
        self._model = model

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """The texts in word pieces, without the model's special ones."""
        return [
            Pieces(
                np.array(one.ids, dtype=np.int64),
                np.array([-1 if word is None else word for word in one.word_ids], dtype=np.int64),
                np.array(one.offsets, dtype=np.int64).reshape(-1, 2),
            )
            for one in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]

    def rows(self, texts: Sequence[str], longest: int) -> list[NDArray[np.int64]]:
        """The numbers of the texts' pieces between [CLS] and [SEP], cut at the end to `longest` in all."""
        first, last = self.marks
        coded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array([first, *one.ids[: longest - 2], last], dtype=np.int64) for one in coded]

    @cached_property
    def marks(self) -> tuple[int, int]:
        """The numbers of [CLS], which opens what is read, and [SEP], which ends the question and the text."""
        first, last = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        if first is None or last is None:
            raise ModelError(f"The base model {self._model.name} is not of BERT's kind.", CURE)
        return first, last

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        file = self._model.folder / "tokenizer.json"
        if not file.is_file():
            raise ModelError(f"The base model {self._model.name} has no tokenizer.json.", CURE)
        return _tokenizer_of(file)


@lru_cache(maxsize=2)
def _tokenizer_of(file: Path) -> "Tokenizer":
    """One for the encoder and the reader's network, which have the same."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    # Set here and never again: a tokenizer whose settings change while another thread uses it raises.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def parts(lengths: Sequence[int], at_once: int = 1) -> Sequence[list[int]]:
    """Rows of like length together, the longest last, at most BATCH padded pieces (or one row) at a time.

    Where `at_once` of them are computed at the same time, a few rows are parted evenly: the longest part as short as can be.
    """
    rows = sorted(range(len(lengths)), key=lambda row: lengths[row])

    def cut(most: int) -> list[list[int]]:
        found: list[list[int]] = []
        for row in rows:
            if not found or (len(found[-1]) + 1) * lengths[row] > most:
                found.append([])
            found[-1].append(row)
        return found

    whole = cut(BATCH)
    if at_once == 1 or len(whole) > FEW * at_once:
        return whole
    wanted = at_once * -(-len(whole) // at_once)
    return cut(bisect_left(range(BATCH), True, key=lambda most: len(cut(most)) <= wanted))
