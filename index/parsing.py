"""The bytes of a web page, a PDF or a Word document become its text, by the parser of that format.

Runs in the child process of `index.worker`: each parser is imported when the first file of its format comes. Knows nothing
of the parent, or of names.
"""

from dataclasses import asdict
from typing import Any

from index.errors import LoadError
from index.extracted import MAX_CHARACTERS, Extracted

__all__ = ["read"]

MAX_PARTICULARS = 300  # characters of a title or an author, which a page shows on a line


def read(kind: str, encoding: str | None, data: bytes) -> dict[str, Any]:
    """What the child does: an Extracted as JSON's types, or the problem (without the file's name) and its cure."""
    try:
        extracted = _READERS[kind](data, encoding)
        if len(extracted.text) > MAX_CHARACTERS:
            raise LoadError(f"holds more than {MAX_CHARACTERS:,} characters.", "Split it into articles.")
        if not extracted.text.strip():
            raise LoadError("holds no text.", "Check that it is the right file.")
    except LoadError as error:
        return {"problem": error.problem, "cure": error.cure}
    return asdict(extracted) | {name: _tidied(getattr(extracted, name)) for name in ("title", "author", "date")}


def _tidied(particular: str | None) -> str | None:
    """A title or a name on one line; a damaged file may hold anything there."""
    words = " ".join("".join(c if c.isprintable() else " " for c in particular or "").split())
    return words[:MAX_PARTICULARS] or None


def _webpage(data: bytes, encoding: str | None) -> Extracted:
    from index import webpage

    return webpage.read(data, encoding)


def _pdf(data: bytes, _: str | None) -> Extracted:
    from index import pdf

    return pdf.read(data)


def _word(data: bytes, _: str | None) -> Extracted:
    from index import word

    return word.read(data)


_READERS = {"html": _webpage, "pdf": _pdf, "docx": _word}
