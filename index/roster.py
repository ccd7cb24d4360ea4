"""Which articles lie in memory, and which of them the number of a sentence belongs to.

Knows nothing of texts, vectors or the disk.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Roster"]

Numbers = NDArray[np.int64]


class Roster:
    """Articles in the order of their sentences' numbers, each with a range of its own.

    Article i of `ids` has `sizes[i]` sentences, whose numbers begin at `firsts[i]`, and `counts[i]` of them are indexed.
    `edition` is another after every change. Not locked: the owner keeps changes and looks apart.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.firsts, self.sizes, self.counts = (np.empty(0, dtype=np.int64) for _ in range(3))
        self.edition = 0
        self._by_id: dict[str, tuple[int, int]] = {}
        self._before = self.firsts  # numbers that are in no article here, before each: never fewer

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._by_id

    @property
    def stop(self) -> int:
        """One past the last number."""
        return int(self.firsts[-1] + self.sizes[-1]) if self.ids else 0

    def range(self, article_id: str) -> tuple[int, int]:
        """The numbers [first, stop) of an article's sentences. Raises KeyError where it is not there."""
        return self._by_id[article_id]

    def add(self, articles: Iterable[tuple[str, int, int, int]]) -> None:
        """Add articles behind all others: each its id, its first number, how many sentences it has, how many are indexed."""
        articles = list(articles)
        self.ids += [one[0] for one in articles]
        table = np.array([one[1:] for one in articles], dtype=np.int64).reshape(-1, 3)
        self.firsts = np.concatenate([self.firsts, table[:, 0]])
        self.sizes = np.concatenate([self.sizes, table[:, 1]])
        self.counts = np.concatenate([self.counts, table[:, 2]])
        self._by_id |= {article_id: (first, first + size) for article_id, first, size, _ in articles}
        self._changed()

    def remove(self, article_id: str) -> tuple[int, int]:
        """Take an article out; returns its range. Raises KeyError where it is not there."""
        first, stop = self._by_id.pop(article_id)
        row = self.rows(np.array([first]))[0]
        del self.ids[row]
        self.firsts, self.sizes, self.counts = (np.delete(one, row) for one in (self.firsts, self.sizes, self.counts))
        self._changed()
        return first, stop

    def _changed(self) -> None:
        self._before = self.firsts - (np.cumsum(self.sizes) - self.sizes)
        self.edition += 1

    def rows(self, numbers: Numbers) -> Numbers:
        """The place in `ids` of the article that each number belongs to, shape (numbers,)."""
        found: Numbers = np.searchsorted(self.firsts, numbers, side="right") - 1
        return found

    def places(self, numbers: Numbers, held: Numbers) -> Numbers:
        """Where these stand in a row of all sentences without gaps; `held` is what `holding` says of them."""
        before = self._before
        places: Numbers = numbers - (before[0] if before[0] == before[-1] else np.repeat(before, held))
        return places

    def gone(self, there: dict[str, int]) -> list[str]:
        """The ids of those that are not `there` any more, by their first numbers: one that came back has new numbers."""
        return [article_id for article_id, (first, _) in self._by_id.items() if there.get(article_id) != first]

    def holding(self, numbers: Numbers) -> Numbers:
        """How many of these ascending numbers each article has. Raises KeyError where one is no article's."""
        if len(numbers) < len(self.firsts):  # few: each is looked up among the articles, and not each article among them
            rows = self.rows(numbers)
            if not (rows >= 0).all() or not (numbers < self.firsts[rows] + self.sizes[rows]).all():
                raise KeyError("a number that is no article's")
            return np.bincount(rows, minlength=len(self.firsts))
        held: Numbers = np.searchsorted(numbers, self.firsts + self.sizes) - np.searchsorted(numbers, self.firsts)
        if held.sum() != len(numbers):
            raise KeyError("a number that is no article's")
        return held
