"""Every error that this project raises on purpose: what is wrong, and what the reader can do about it.

Knows nothing of where an error is raised, or of exit codes and pages that show it.

    ArticleQAError            anything below; its text is the problem and then the cure
    |-- QuestionError         the question is empty or too long, or k or max_error is out of range
    |-- LoadError             a source cannot be read as an article
    |-- ModelError            a sentence-transformers model is not there, or cannot be used
    `-- LibraryError          a library on disk cannot be opened, read or written
        |-- LibraryNotFound   there is no library in that folder
        |-- LibraryMismatch   it has another saved format, or the vectors of another model
        `-- LibraryDamaged    what the file holds is not what was written
"""

__all__ = [
    "ArticleQAError",
    "LibraryDamaged",
    "LibraryError",
    "LibraryMismatch",
    "LibraryNotFound",
    "LoadError",
    "ModelError",
    "QuestionError",
]


class ArticleQAError(Exception):
    """Something that the user can put right.

    `problem` says what is wrong, with the facts; `cure` says what to do. `str(error)` is both.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem} {cure}")
        self.problem = problem
        self.cure = cure


class QuestionError(ArticleQAError):
    """The question, or a number given with it, cannot be used."""


class LoadError(ArticleQAError):
    """A source cannot be read as an article."""


class ModelError(ArticleQAError):
    """A model is missing or unusable."""


class LibraryError(ArticleQAError):
    """A library cannot be opened, read or written."""


class LibraryNotFound(LibraryError):
    """The folder holds no library."""


class LibraryMismatch(LibraryError):
    """The library was made by another version of the format, or with another model."""


class LibraryDamaged(LibraryError):
    """The library's file does not hold what was written to it."""
