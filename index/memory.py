"""What searching needs of a library, in memory: whose numbers are whose, the vectors, the words; it follows the database.

Knows nothing of models or scores.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Sentence
from index.database import Database, Stored
from index.postings import Postings
from index.roster import Roster
from index.vectors import VectorIndex

__all__ = ["Change", "Memory"]

_KEPT_ARTICLES = 256  # whole articles that stay, so that a busy chat does not read them again and again
_AT_ONCE = 512  # articles that are taken in together


@dataclass(slots=True)
class Change:
    """The ids of the articles that a transaction takes out, and of the one that it puts in."""

    removed: list[str] = field(default_factory=list)
    added: str | None = None


class Memory:
    """Of the articles in a database: their `roster`, their `postings` and, once there are any, their `vectors`.

    Empty until `follow` is called. Not locked: the owner keeps changes and searches apart.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._forget()

    def _forget(self) -> None:
        self.roster = Roster()
        self.postings = Postings(self._database, self.roster)
        self.vectors: VectorIndex | None = None
        # By the number of its first sentence: an id comes back when an article is added again, a number never does, but in
        # another file.
        self._articles: OrderedDict[tuple[int, int], Article] = OrderedDict()
        self._seen: tuple[int, int] | None = None

    def follow(self) -> None:
        """Bring memory up to what the file holds at this moment: unload what is gone, load what is new."""
        version = self._database.version()
        if version == self._seen:
            return
        if self._seen and version[0] != self._seen[0]:
            self._forget()  # another file has taken the place of a read-only one, and its numbers begin anew
        with self._whole_or_none():
            self.postings.clear()
            for gone in self.roster.gone(self._database.firsts()):
                self._unload(gone)
            self._load(self._database.stored_beyond(int(self.roster.firsts[-1]) if self.roster.ids else 0))
            self._seen = version

    @contextmanager
    def changing(self) -> Iterator[Change]:
        """A transaction, whose changes reach memory too: looking which one of 10,000 articles changed takes longest."""
        change, added = Change(), None
        with self._database.writing():
            version = self._database.version()
            # Whatever interrupts this from here on, even when all is written: the next search looks for itself.
            follows, self._seen = version == self._seen, None
            yield change
            if follows and change.added:
                added = self._database.stored(change.added)
        if follows:
            with self._whole_or_none():
                for article_id in change.removed:
                    self._unload(article_id)
                self._load([added] if added else [])
                self._seen = version

    def article(self, article_id: str, first: int) -> Article | None:
        """An article that the database holds at this moment; inside `reading()`."""
        key = self._database.reopened, first
        article = self._articles.get(key) or self._database.article(article_id)
        if article is not None:
            self._articles[key] = article
            self._articles.move_to_end(key)
            if len(self._articles) > _KEPT_ARTICLES:
                self._articles.popitem(last=False)
        return article

    def places(self, numbers: NDArray[np.int64]) -> Sequence[tuple[Article, Sentence]]:
        """The article and the sentence that each number stands for."""
        places = []
        for number, row in zip(numbers, self.roster.rows(numbers), strict=True):
            first = int(self.roster.firsts[row])
            article = self.article(self.roster.ids[row], first)
            if article is None:
                raise self._database.damaged(f"article {self.roster.ids[row]} is not where it is said to be")
            places.append((article, article.sentences[number - first]))
        return places

    def beside(self, numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
        """The indexed sentences of the paragraphs of these, up to `most` characters away on either side."""
        found: set[int] = set()
        firsts = self.roster.firsts[self.roster.rows(numbers)]
        for number, first, (article, sentence) in zip(numbers, firsts, self.places(numbers), strict=True):
            place = int(number - first)
            for way in (range(place, len(article.sentences)), range(place, -1, -1)):
                for other in way:
                    one = article.sentences[other]
                    if one.paragraph != sentence.paragraph or not -most < one.start - sentence.start < most:
                        break
                    if not one.furniture:
                        found.add(int(first) + other)
        return np.array(sorted(found), dtype=np.int64)

    @contextmanager
    def _whole_or_none(self) -> Iterator[None]:
        """After an interruption nobody knows what is half done: nothing is held then, and the next search loads all."""
        try:
            yield
        except BaseException:
            self._forget()
            raise

    def _unload(self, article_id: str) -> None:
        first, stop = self.roster.remove(article_id)
        self.postings.remove(first, stop)
        if self.vectors is not None:
            self.vectors.remove(first, stop)

    def _load(self, each: Iterable[Stored]) -> None:
        """Take articles in, some at a time: an index that grows by one article at a time is copied for each."""
        each = iter(each)
        while part := list(islice(each, _AT_ONCE)):
            if filled := [stored for stored in part if len(stored.numbers)]:
                if self.vectors is None:
                    self.vectors = VectorIndex(filled[0].vectors.shape[1])
                    self.vectors.expect(self._database.vector_bytes() // filled[0].vectors[0].nbytes)
                numbers, vectors = zip(*((stored.numbers, stored.vectors) for stored in filled), strict=True)
                self.vectors.add(np.concatenate(numbers), np.concatenate(vectors))
            self.roster.add((stored.id, stored.first, stored.sentences, len(stored.numbers)) for stored in part)
