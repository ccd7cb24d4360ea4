"""An article: one immutable text, with the spans of its sentences.

Knows nothing of files, models or storage. All offsets are half-open Unicode code points into `Article.text`, so that
`article.text[start:end]` is the quote itself.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import groupby, pairwise

__all__ = ["Article", "Sentence"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """The place of one sentence: `text[start:end]`, the `number`-th of the `paragraph`-th paragraph, both from 1.

    `furniture` marks what a site prints around an article ("Please read our comment policy"): it is shown and counted,
    and never given as evidence.
    """

    start: int
    end: int
    paragraph: int
    number: int
    furniture: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """One version of one text.

    `source` is where it came from, as the user named it (a path or an address), or None for text handed over directly.
    `sha256` is the lower-case hex digest of the text in UTF-8 and names the version; `id` is its first 16 digits, so the
    same text is the same article wherever it came from.

    `author`, `date` (as its format gives it, ISO 8601 where possible) and `language` (ISO 639-1) are None where nobody
    knows. `pages` are the offsets at which page 1, 2, ... begin, ascending; a page without text begins where the next one
    does. It is empty where the source has no pages.
    """

    text: str
    title: str
    source: str | None
    sentences: tuple[Sentence, ...]
    author: str | None = None
    date: str | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        end = 0
        for sentence in self.sentences:
            if not end <= sentence.start < sentence.end <= len(self.text):
                raise ValueError(f"{sentence} is empty, out of order or outside a text of {len(self.text)} characters")
            end = sentence.end
        if any(after < before for before, after in pairwise((0, *self.pages, len(self.text)))):
            raise ValueError(f"the pages {self.pages} are out of order or outside a text of {len(self.text)} characters")
        object.__setattr__(self, "sha256", hashlib.sha256(self.text.encode("utf-8")).hexdigest())

    @property
    def id(self) -> str:
        return self.sha256[:16]

    @property
    def paragraphs(self) -> list[tuple[Sentence, ...]]:
        """The sentences, grouped by paragraph, in order."""
        return [tuple(group) for _, group in groupby(self.sentences, key=lambda sentence: sentence.paragraph)]

    def quote(self, sentence: Sentence) -> str:
        """The sentence's words, exactly as they stand in the text."""
        return self.text[sentence.start : sentence.end]

    def page(self, offset: int) -> int | None:
        """The page, from 1, on which the character at `offset` stands; None where the source has no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None
