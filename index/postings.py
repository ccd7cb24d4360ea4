"""Which sentences hold a word: read from the full text when it is first asked, and kept up to date in memory.

Knows nothing of what a word weighs.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.database import Database
from index.lexical import Posting
from index.roster import Roster

__all__ = ["Postings"]

_KEPT = 1 << 24  # numbers and counts that stay in memory: 128 MiB, which a library of a million sentences may reach
_AT_LEAST = 64  # that a word counts for, however few it has: it takes room itself
_MISSED = 256  # removals that a word is brought up to date with; reading all anew is quicker than more
_FEW = 64  # articles whose numbers are read one by one, and not with all others

Numbers = NDArray[np.int64]


class Postings:
    """The numbers of the sentences that hold a term, of the articles on the roster. Not locked, as the roster is not."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database = database
        self._roster = roster
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0  # of all that is kept
        self._removed: list[tuple[int, int]] = []

    def of(self, term: str, ranges: Sequence[tuple[int, int]] | None = None) -> Posting:
        """Those of a term (stemmed), ascending; `ranges` keeps to numbers in any [a, b).

        Raises KeyError where the full text names a sentence that is no article's.
        """
        if ranges is not None and len(ranges) <= _FEW:
            return self._counted(self._database.postings(term, ranges))
        posting = self._whole(term)
        if ranges is None:
            return posting
        bounds = np.searchsorted(posting.numbers, np.array(ranges, dtype=np.int64))
        return self._counted(np.concatenate([posting.numbers[first:last] for first, last in bounds]))

    def remove(self, start: int, stop: int) -> None:
        """Know that the sentences with the numbers [start, stop) are gone. New ones are found without a word."""
        if self._kept:
            self._removed.append((start, stop))
        if len(self._removed) > _MISSED:
            self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._removed.clear()
        self._size = 0

    def _whole(self, term: str) -> Posting:
        kept = self._kept.pop(term, None)
        self._size -= kept.size if kept else 0
        if kept is None or kept.edition != self._roster.edition:
            numbers = self._database.postings(term) if kept is None else self._brought_up_to_date(term, kept)
            kept = _Kept(numbers, None, self._roster.edition, self._roster.stop, len(self._removed))
        posting = Posting(kept.numbers, kept.holding) if kept.holding is not None else self._counted(kept.numbers)
        if len(posting.numbers) >= len(posting.holding):  # of a rarer word, counting again costs less than the room
            kept = kept._replace(holding=posting.holding)
        self._kept[term] = kept
        self._size += kept.size
        while len(self._kept) > 1 and self._size > _KEPT:
            self._size -= self._kept.popitem(last=False)[1].size
        return posting

    def _brought_up_to_date(self, term: str, kept: "_Kept") -> Numbers:
        numbers = kept.numbers
        for start, stop in self._removed[kept.removals :]:
            first, last = np.searchsorted(numbers, [start, stop])
            if first < last:
                numbers = np.delete(numbers, np.s_[first:last])
        if kept.stop < self._roster.stop:
            numbers = np.concatenate([numbers, self._database.postings(term, [(kept.stop, self._roster.stop)])])
        return numbers

    def _counted(self, numbers: Numbers) -> Posting:
        return Posting(numbers, self._roster.holding(numbers))


class _Kept(NamedTuple):
    """What was read of a term, at which edition of the roster, up to which number, and after how many removals."""

    numbers: Numbers
    holding: Numbers | None
    edition: int
    stop: int
    removals: int

    @property
    def size(self) -> int:
        return _AT_LEAST + len(self.numbers) + (len(self.holding) if self.holding is not None else 0)
