"""What is taken out of a file: the text of its article, and what it says of itself.

Knows nothing of formats.
"""

from dataclasses import dataclass

__all__ = ["Extracted", "MAX_CHARACTERS"]

MAX_CHARACTERS = 32 * 2**20  # of an extracted text, as many as a plain text may have bytes


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of an article, and what its file says of it; `pages` are the offsets at which pages 1, 2, ... begin."""

    text: str
    title: str | None = None
    author: str | None = None
    date: str | None = None
    pages: tuple[int, ...] = ()
