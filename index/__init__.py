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
from index.library import Candidate, Library
from index.loader import load, load_bundled, load_text

__all__ = [
    "Article",
    "ArticleQAError",
    "Candidate",
    "Encoder",
    "Entry",
    "Library",
    "LibraryDamaged",
    "LibraryError",
    "LibraryMismatch",
    "LibraryNotFound",
    "LoadError",
    "ModelError",
    "QuestionError",
    "Sentence",
    "load",
    "load_bundled",
    "load_text",
]
