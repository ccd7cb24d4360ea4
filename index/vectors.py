"""Nearest vectors by cosine, in memory: exactly, and from some tens of thousands on by way of a rough look first.

The door to faiss. Knows nothing of sentences: a vector has a number, and the numbers of one article are one range.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import faiss

__all__ = ["VectorIndex"]

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

# From this many vectors on, one bit of each dimension (RaBitQ) says which CLOSER are looked at exactly. They lie in LISTS
# around as many centres, and LOOKED of these, those with the centres nearest to the query, are looked at. Measured on real
# sentences and on a million made ones: docs/speed.md.
ROUGH_FROM = 20_000
CLOSER = 512
LISTS, LOOKED = 256, 128
SEEDS = 1 << 14  # vectors that say where the centres are
CODED = 1 << 17  # vectors more that rough looks see after each: all of a million would keep the first question waiting
AT_ONCE = 1 << 16  # vectors that are widened to 32 bits together
OUTGROWN = 4  # so many times the vectors that there were when the centres were found call for new ones
ASIDE = 1024  # so many vectors of chosen articles, or fewer, are compared without a look at the others
SPARE = 8  # removed vectors are let go of when they are one in so many


class VectorIndex:
    """Unit vectors of one dimension, in 16 bits, each under its own id, compared by inner product (which is their cosine).

    The owner keeps changes and searches apart. Each locks the index besides: an interrupted owner may come back while a
    search that it began goes on.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._lock = threading.RLock()
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._gone = np.empty(0, dtype=bool)  # by place, as are the vectors themselves
        self._there = 0
        self._vectors = self._store()
        self._rough: faiss.IndexIVFRaBitQFastScan | None = None  # it catches up when it is needed
        self._centred = 0  # how many vectors there were when its centres were found

    def __len__(self) -> int:
        return self._there

    def expect(self, count: int) -> None:
        """Make room for so many vectors in all: else it is made, and what is there copied, again and again."""
        with self._lock:
            there = self._vectors.codes.size()
            self._vectors.codes.resize(max(there, count * self._vectors.sa_code_size()))
            self._vectors.codes.resize(there)

    def add(self, ids: Ids, vectors: NDArray[np.floating]) -> None:
        """Add vectors, shape (n, dimension), under n ids, ascending and above all that were ever added."""
        halves = np.ascontiguousarray(vectors, dtype=np.float16)
        with self._lock:
            self._vectors.add_sa_codes(halves.view(np.uint8))  # its codes are those 16 bits: nothing is to be converted
            self._ids = np.concatenate([self._ids, ids])
            self._gone = np.concatenate([self._gone, np.zeros(len(ids), dtype=bool)])
            self._there += len(ids)

    def remove(self, start: int, stop: int) -> None:
        """Remove every vector whose id is in [start, stop)."""
        with self._lock:
            first, last = np.searchsorted(self._ids, [start, stop])
            self._gone[first:last] = True
            self._there = len(self._ids) - int(self._gone.sum())
            if SPARE * (len(self._ids) - self._there) > len(self._ids):
                self._let_go()

    def search(
        self, query: NDArray[np.float32], k: int, ranges: Sequence[tuple[int, int]] | None = None
    ) -> tuple[Ids, Scores]:
        """Ids and cosines of the k nearest, or of all there are, best first; `ranges` keeps to ids in any [a, b).

        The cosines are exact. Where there are many vectors, a few of the k may be missed: see docs/speed.md.
        """
        with self._lock:
            k = min(k, len(self))
            if k <= 0:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
            if ranges is None:
                places = self._near(query, k)
            elif len(places := self._places_in(ranges)) > ASIDE:
                places = self._exactly(query, k, places)
            cosines = self._cosines(query, places)
            best = np.argsort(-cosines, kind="stable")[:k]
            return self._ids[places[best]], cosines[best]

    def begin(
        self, query: NDArray[np.float32], k: int, ranges: Sequence[tuple[int, int]] | None = None
    ) -> Callable[[], tuple[Ids, Scores]]:
        """Begin a search; what is returned waits for the result. One of few vectors is done before this returns."""
        if len(self) >= ROUGH_FROM:
            return _aside().submit(self.search, query, k, ranges).result
        found = self.search(query, k, ranges)
        return lambda: found

    def scores(self, query: NDArray[np.float32], ids: Ids) -> Scores:
        """Cosines of the query with the vectors of these ids, in their order. Raises KeyError where one has no vector."""
        with self._lock:
            places = np.searchsorted(self._ids, ids)
            there = places < len(self._ids)
            there[there] = (self._ids[places[there]] == ids[there]) & ~self._gone[places[there]]
            if not there.all():
                raise KeyError(int(ids[~there][0]))
            return self._cosines(query, places)

    # -- by place

    def _near(self, query: NDArray[np.float32], k: int) -> Ids:
        """Places that hold the k nearest, or of a large index most of them: a rough look's, and of what it does not see."""
        if len(self._ids) < ROUGH_FROM:
            return self._exactly(query, k)
        rough = self._caught_up(CODED)
        _, found = rough.search(query.reshape(1, -1), _closer(k))
        places = np.sort(found[0][found[0] >= 0])  # short results are padded with -1
        places = places[~self._gone[places]]
        if rough.ntotal < len(self._ids):
            places = np.concatenate([places, self._exactly(query, k, np.arange(rough.ntotal, len(self._ids)))])
        return places if len(places) >= k else self._exactly(query, k)

    def _exactly(self, query: NDArray[np.float32], k: int, among: Ids | None = None) -> Ids:
        """The places of the k nearest by a look at every vector; `among` keeps to these places."""
        import faiss

        parameters = None
        if among is not None or self._there < len(self._ids):
            allowed = ~self._gone
            if among is not None:
                allowed = np.zeros(len(self._ids), dtype=bool)
                allowed[among] = ~self._gone[among]
            # faiss holds no reference to a selector: the name keeps it alive until the search is done.
            selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # type: ignore[call-arg, arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # its stub knows neither
        _, found = self._vectors.search(query.reshape(1, -1), k, params=parameters)
        places: Ids = np.sort(found[0][found[0] >= 0])
        return places

    def _cosines(self, query: NDArray[np.float32], places: Ids) -> Scores:
        if not len(places):
            return np.empty(0, dtype=np.float32)
        vectors: NDArray[np.float32] = self._vectors.reconstruct_batch(places)
        # Not `vectors @ query`: BLAS adds up in another order when there are more rows, and the last bits differ.
        scores: Scores = (vectors * query).sum(axis=1)
        return scores

    def _places_in(self, ranges: Sequence[tuple[int, int]]) -> Ids:
        bounds = np.searchsorted(self._ids, np.array(ranges, dtype=np.int64).reshape(-1, 2))
        places = [np.arange(first, last) for first, last in bounds]
        there = np.unique(np.concatenate(places)) if places else np.empty(0, dtype=np.int64)
        return there[~self._gone[there]]

    # -- making

    def _store(self) -> "faiss.IndexScalarQuantizer":
        import faiss

        return faiss.IndexScalarQuantizer(self.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)

    def _caught_up(self, most: int) -> "faiss.IndexIVFRaBitQFastScan":
        """The rough look, which sees so many more vectors than before."""
        import faiss

        if self._rough is None or len(self._ids) > OUTGROWN * self._centred:
            seeds = np.linspace(0, len(self._ids) - 1, min(SEEDS, len(self._ids)), dtype=np.int64)
            # Of unit vectors, the nearest by distance are those by cosine. By inner product, centres that are long would
            # have the longest lists: .85 instead of .91 where all vectors lie on one side.
            rough = faiss.IndexIVFRaBitQFastScan(faiss.IndexFlatL2(self.dimension), self.dimension, LISTS)
            rough.nprobe = LOOKED
            rough.train(self._vectors.reconstruct_batch(seeds))
            self._rough, self._centred = rough, len(self._ids)
        stop = min(len(self._ids), self._rough.ntotal + most)
        codes = faiss.rev_swig_ptr(self._vectors.codes.data(), len(self._ids) * self._vectors.sa_code_size())
        halves = codes.view(np.float16).reshape(-1, self.dimension)
        # One place for all that are widened: memory that is new to the process takes longer than what is done in it.
        wide = np.empty((min(AT_ONCE, stop - self._rough.ntotal), self.dimension), dtype=np.float32)
        while (seen := self._rough.ntotal) < stop:
            some = wide[: stop - seen]
            np.copyto(some, halves[seen : seen + len(some)])
            self._rough.add(some)
        return self._rough

    def _let_go(self) -> None:
        kept = np.flatnonzero(~self._gone)
        vectors, self._vectors, self._rough = self._vectors, self._store(), None
        self.expect(len(kept))
        for part in np.array_split(kept, 1 + len(kept) // AT_ONCE):
            if len(part):
                self._vectors.add(vectors.reconstruct_batch(part))
        self._ids, self._gone = self._ids[kept], np.zeros(len(kept), dtype=bool)


def _closer(k: int) -> int:
    return max(CLOSER, 2 * k)


@cache
def _aside() -> ThreadPoolExecutor:
    """For looking at vectors while the owner does something else: one search takes one processor."""
    return ThreadPoolExecutor(os.cpu_count(), "looking")


if hasattr(os, "register_at_fork"):  # not on Windows; a child has none of its parent's threads
    os.register_at_fork(after_in_child=_aside.cache_clear)
