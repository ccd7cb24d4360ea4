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
        parameters = None
        if ranges is not None:
            # faiss holds no reference to a selector: these names keep them alive until the search is done.
            selectors: list[faiss.IDSelector] = [faiss.IDSelectorRange(start, stop) for start, stop in ranges]
            any_of = selectors[0]
            for one in selectors[1:]:
                any_of = faiss.IDSelectorOr(any_of, one)
                selectors.append(any_of)
            parameters = faiss.SearchParameters(sel=any_of)  # type: ignore[call-arg]  # its stub does not know it
        scores, ids = self._index.search(query.reshape(1, -1), min(k, len(self)), params=parameters)
        found = ids[0] >= 0  # short results are padded with -1
        return ids[0][found], scores[0][found]

    def scores(self, query: NDArray[np.float32], ids: Ids) -> Scores:
        """Cosines of the query with the vectors of these ids, in their order."""
        if not len(ids):
            return np.empty(0, dtype=np.float32)
        vectors: NDArray[np.float32] = self._index.reconstruct_batch(ids)
        return vectors @ query
