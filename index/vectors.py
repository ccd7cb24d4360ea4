"""Nearest vectors by cosine, exactly, in memory.

The door to faiss. Knows nothing of sentences: a vector has a number, and the numbers of one article are one range.
"""

from collections.abc import Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

__all__ = ["VectorIndex"]

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]


class VectorIndex:
    """Unit vectors of one dimension, each under its own id, searched exactly by inner product (which is their cosine).

    Not locked: the owner keeps changes and searches apart.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: NDArray[np.float32]) -> None:
        """Add vectors, shape (n, dimension), under n ids that are not in use: faiss takes duplicates silently."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, start: int, stop: int) -> None:
        """Remove every vector whose id is in [start, stop)."""
        self._index.remove_ids(faiss.IDSelectorRange(start, stop))

    def search(
        self, query: NDArray[np.float32], k: int, ranges: Sequence[tuple[int, int]] | None = None
    ) -> tuple[Ids, Scores]:
        """Ids and cosines of the k nearest, or of all there are, best first; `ranges` keeps to ids in any [a, b)."""
        k = min(k, len(self))
        if k <= 0 or (ranges is not None and not len(ranges)):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        parameters = None
        if ranges is not None:
            # faiss holds no reference to a selector: the name keeps it alive until the search is done.
            selector = (
                faiss.IDSelectorRange(*ranges[0])
                if len(ranges) == 1
                else faiss.IDSelectorBatch(
                    np.concatenate([np.arange(start, stop, dtype=np.int64) for start, stop in ranges])
                )
            )
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # its stub does not know it
        scores, ids = self._index.search(query.reshape(1, -1), k, params=parameters)
        found = ids[0] >= 0  # short results are padded with -1
        return ids[0][found], scores[0][found]

    def scores(self, query: NDArray[np.float32], ids: Ids) -> Scores:
        """Cosines of the query with the vectors of these ids, in their order."""
        if not len(ids):
            return np.empty(0, dtype=np.float32)
        vectors: NDArray[np.float32] = self._index.reconstruct_batch(ids)
        # Not `vectors @ query`: BLAS adds up in another order when there are more rows, and the last bits differ.
        scores: Scores = (vectors * query).sum(axis=1)
        return scores
