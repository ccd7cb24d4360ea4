"""Articles become sentences, vectors and full text, kept and searchable. The ground floor: it knows nothing of answers."""

from index.article import Article, Sentence
from index.database import Entry
from index.encoder import Encoder
from index.errors import (
    ArticleQAError,
    LibraryDamaged,
    LibraryError,
    LibraryMismatch,
    LibraryNotFound,
    LoadError,
    ModelError,
    QuestionError,
)
from index.library import Candidate, Fuse, Library
from index.loader import load, load_address, load_bundled, load_bytes, load_text
from index.model_files import ModelFiles
from index.network import Network
from index.pieces import Pieces
from index.span_model import SpanModel
from index.trainer import Batch, Trainer

__all__ = [
    "Article",
    "ArticleQAError",
    "Batch",
    "Candidate",
    "Encoder",
    "Entry",
    "Fuse",
    "Library",
    "LibraryDamaged",
    "LibraryError",
    "LibraryMismatch",
    "LibraryNotFound",
    "LoadError",
    "ModelError",
    "ModelFiles",
    "Network",
    "Pieces",
    "QuestionError",
    "Sentence",
    "SpanModel",
    "Trainer",
    "load",
    "load_address",
    "load_bundled",
    "load_bytes",
    "load_text",
]
