"""Any extractive question-answering model of transformers reads in the place of our own network, by the same interface.

The door to transformers' question-answering models. Knows nothing of sentences, candidates or answers. A model is a folder,
or a name in the local hub cache; weights are loaded from safetensors alone.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.model_files import ModelFiles
from index.pieces import Pieces, parts

__all__ = ["SpanModel"]

CURE = "Give a folder with an extractive question-answering model of transformers, its weights as safetensors."


class _Frame(NamedTuple):
    """The special pieces around a question and a text, and the kind (token type) of each of the five parts."""

    before: list[int]
    between: list[int]
    after: list[int]
    kinds: tuple[int, int, int, int, int]


class SpanModel:
    """A model with start and end logits, such as one fitted on SQuAD. Loaded when first needed; safe in several threads.

    Its third logit of a piece, our network's "its sentence answers", is that an answer begins there: summed over a sentence,
    that is how surely the answer begins in it.
    """

    def __init__(self, model: str | Path, *, download: bool = False) -> None:
        self._files = ModelFiles(model, download=download)
        self._lock = threading.RLock()

    @property
    def identity(self) -> str:
        """SHA-256 of the weights, in hex. Raises ModelError where the model is not there, or its weights are pickled."""
        return self._files.identity

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """The texts in the model's pieces, without its special ones."""
        # A space in front: to a model that has its spaces in its pieces, a first word without one is the middle of a word.
        coded = self._tokenizer.encode_batch([f" {text}" for text in texts], add_special_tokens=False)
        return [
            Pieces(
                np.array(one.ids, dtype=np.int64),
                np.array([-1 if word is None else word for word in one.word_ids], dtype=np.int64),
                np.maximum(np.array(one.offsets, dtype=np.int64).reshape(-1, 2) - 1, 0),
            )
            for one in coded
        ]

    def logits(self, question: NDArray[np.int64], texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """For each text, read with the question: shape (1 + its pieces, 3); row 0 speaks for "the answer is not here"."""
        import torch

        frame, model = self._frame, self._model
        lead = len(frame.before) + len(question) + len(frame.between)
        rows = [
            np.concatenate([frame.before, question, frame.between, text, frame.after]).astype(np.int64) for text in texts
        ]
        found: list[NDArray[np.float32]] = [np.empty((0, 3), np.float32)] * len(rows)
        for part in parts([len(row) for row in rows]):
            longest = max(len(rows[row]) for row in part)
            inputs = {name: torch.zeros(len(part), longest, dtype=torch.long) for name in ("ids", "mask", "kinds")}
            for place, row in enumerate(part):
                length = len(rows[row])
                sizes = [len(frame.before), len(question), len(frame.between), len(texts[row]), len(frame.after)]
                inputs["ids"][place, :length] = torch.from_numpy(rows[row])
                inputs["mask"][place, :length] = 1
                inputs["kinds"][place, :length] = torch.from_numpy(np.repeat(frame.kinds, sizes))
            named = {"input_ids": inputs["ids"], "attention_mask": inputs["mask"], "token_type_ids": inputs["kinds"]}
            if not self._has_kinds:
                del named["token_type_ids"]
            with torch.inference_mode():
                said = model(**named)
                logits = torch.stack([said.start_logits, said.end_logits, said.start_logits], -1).float().numpy()
            for row, of_row in zip(part, logits, strict=True):
                found[row] = np.concatenate([of_row[:1], of_row[lead : lead + len(texts[row])]])
        return found

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = self._loaded[1].backend_tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _frame(self) -> _Frame:
        """Read off one encoded pair: models put different pieces around a question and a text, and between them."""
        coded = self._tokenizer.encode("a", "a")
        question, text = (
            [
                place
                for place, side in enumerate(coded.sequence_ids)
                if side == wanted and not coded.special_tokens_mask[place]
            ]
            for wanted in (0, 1)
        )
        ids, kinds = coded.ids, coded.type_ids
        return _Frame(
            before=ids[: question[0]],
            between=ids[question[-1] + 1 : text[0]],
            after=ids[text[-1] + 1 :],
            kinds=(kinds[0], kinds[question[0]], kinds[question[-1] + 1], kinds[text[0]], kinds[-1]),
        )

    @property
    def _model(self) -> Any:
        return self._loaded[0]

    @property
    def _has_kinds(self) -> bool:
        return bool(getattr(self._model.config, "type_vocab_size", 0) > 1)

    @property
    def _loaded(self) -> tuple[Any, Any]:
        with self._lock:
            return self._both

    @cached_property
    def _both(self) -> tuple[Any, Any]:
        self.identity  # noqa: B018  refuses pickled weights before anything opens them
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        folder = str(self._files.folder)
        try:
            model, told = AutoModelForQuestionAnswering.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except Exception as error:  # whatever a foreign folder makes the library raise
            raise ModelError(f"The model {self._files.name} cannot be loaded: {error}", CURE) from error
        if told["missing_keys"]:  # transformers would fill them in at random
            raise ModelError(
                f"The model {self._files.name} has not learnt to answer: it lacks {min(told['missing_keys'])}.", CURE
            )
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(f"The tokenizer of {self._files.name} does not tell the places of its pieces.", CURE)
        return model.eval(), tokenizer
