"""Search, exact and of large indexes, against numpy's brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.vectors import CODED, ROUGH_FROM, VectorIndex


def unit_vectors(count: int, dimension: int, seed: int) -> NDArray[np.float32]:
    """Random ones, in the 16 bits that are kept."""
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float16).astype(np.float32)


@given(
    count=st.integers(1, 60),
    k=st.integers(1, 80),
    gone=st.tuples(st.integers(0, 60), st.integers(0, 20)),
    ranges=st.none() | st.lists(st.tuples(st.integers(90, 300), st.integers(0, 90)), max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_search_is_brute_force(
    count: int, k: int, gone: tuple[int, int], ranges: list[tuple[int, int]] | None, seed: int
) -> None:
    """Ids and cosines are those of a sorted matrix product, after removals, within any ranges, for any k."""
    vectors = unit_vectors(count + 1, 16, seed)
    query, vectors = vectors[0], vectors[1:]
    ids = np.arange(count, dtype=np.int64) * 3 + 100
    index = VectorIndex(16)
    index.add(ids[: count // 2], vectors[: count // 2])
    index.add(ids[count // 2 :], vectors[count // 2 :])
    start, stop = 100 + gone[0], 100 + gone[0] + gone[1]
    index.remove(start, stop)
    kept = (ids < start) | (ids >= stop)
    assert len(index) == kept.sum()
    spans = None if ranges is None else [(first, first + length) for first, length in ranges]
    if spans is not None:
        kept &= np.array([any(a <= number < b for a, b in spans) for number in ids], dtype=bool)
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    best = [int(ids[i]) for i in np.argsort(-cosines) if kept[i]][:k]
    found, scores = index.search(query, k, spans)
    assert found.tolist() == best
    np.testing.assert_allclose(scores, [cosines[(i - 100) // 3] for i in best], atol=1e-6)


def test_cosines_are_cosines_and_not_distances() -> None:
    """1 for the same direction, 0 across, -1 against; the nearest first."""
    index = VectorIndex(2)
    index.add(np.array([7, 8, 9]), np.array([[0, 1], [1, 0], [-1, 0]], dtype=np.float32))
    ids, scores = index.search(np.array([1, 0], dtype=np.float32), 10)
    assert (ids.tolist(), scores.tolist()) == ([8, 7, 9], [1.0, 0.0, -1.0])
    assert index.scores(np.array([0, 1], dtype=np.float32), np.array([9, 7])).tolist() == [0.0, 1.0]


def test_nothing_is_found_in_nothing() -> None:
    """An empty index, no ranges and no ids give empty results and no error."""
    index = VectorIndex(2)
    query = np.array([1, 0], dtype=np.float32)
    assert index.search(query, 5)[0].tolist() == []
    index.add(np.array([1]), query.reshape(1, 2))
    assert index.search(query, 5, [])[0].tolist() == []
    assert index.search(query, 5, [(2, 9)])[0].tolist() == []
    assert index.scores(query, np.empty(0, dtype=np.int64)).tolist() == []


def test_an_id_that_was_never_added_or_was_removed_has_no_score() -> None:
    index = VectorIndex(2)
    index.add(np.array([3, 5]), np.eye(2, dtype=np.float32))
    index.remove(5, 6)
    for unknown in (2, 4, 5, 9):
        with pytest.raises(KeyError, match=str(unknown)):
            index.scores(np.array([1, 0], dtype=np.float32), np.array([3, unknown]))


@pytest.mark.parametrize("coded", [CODED, 3000, 500])
def test_a_large_index_finds_what_a_look_at_every_vector_finds(coded: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the size from which on a rough look comes first, after later additions and removals at the beginning.

    With all of them seen at once, and with some more at each look.
    """
    monkeypatch.setattr("index.vectors.CODED", coded)
    centres = unit_vectors(300, 64, 1)
    near = centres[np.random.default_rng(2).integers(0, 300, ROUGH_FROM + 500)] + 0.5 * unit_vectors(ROUGH_FROM + 500, 64, 3)
    vectors = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    ids = np.arange(len(vectors), dtype=np.int64) * 2
    index = VectorIndex(64)
    index.add(ids[:ROUGH_FROM], vectors[:ROUGH_FROM])
    assert index.search(centres[0], 1)[1][0] == pytest.approx(float((vectors[:ROUGH_FROM] @ centres[0]).max()))
    index.add(ids[ROUGH_FROM:], vectors[ROUGH_FROM:])
    for gone in (0, 1000, 4000):  # the last removal is the one in eight that makes the rest close up
        index.remove(0, 2 * gone)
        assert len(index) == len(ids) - gone
        for query in centres[:20]:
            cosines = vectors[gone:] @ query
            best = ids[gone:][np.argsort(-cosines, kind="stable")[:10]]
            found, scores = index.search(query, 10)
            assert len(set(found) & set(best)) >= 9
            np.testing.assert_allclose(scores, vectors[found // 2] @ query, atol=1e-6)


def test_an_index_that_outgrows_its_beginnings_still_finds_what_is_nearest() -> None:
    """First 20,000 vectors that are nearly the same, and later five times as many of all kinds."""
    alike = unit_vectors(ROUGH_FROM, 32, 1) * 0.01 + unit_vectors(1, 32, 2)
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)
    kinds = unit_vectors(500, 32, 3)
    others = kinds[np.random.default_rng(4).integers(0, 500, 5 * ROUGH_FROM)] + 0.8 * unit_vectors(5 * ROUGH_FROM, 32, 5)
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    index = VectorIndex(32)
    found = 0
    for number, some in enumerate((alike, others)):
        index.add(np.arange(len(some)) + number * ROUGH_FROM, some)
        index.search(kinds[0], 1)
    everything = np.concatenate([alike, others]).astype(np.float16).astype(np.float32)
    for query in kinds[:40]:
        found += len(set(index.search(query, 10)[0]) & set(np.argsort(-(everything @ query), kind="stable")[:10]))
    assert found >= 0.98 * 400


def test_a_search_that_nobody_waits_for_any_more_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a search's owner, and not the search: what comes next waits for it, be it a look or a change."""
    monkeypatch.setattr("index.vectors.CODED", 5000)
    vectors = unit_vectors(2 * ROUGH_FROM, 64, 1)
    index = VectorIndex(64)
    index.add(np.arange(ROUGH_FROM), vectors[:ROUGH_FROM])
    begun = [index.begin(vectors[0], 10) for _ in range(4)]
    index.add(np.arange(ROUGH_FROM, 2 * ROUGH_FROM), vectors[ROUGH_FROM:])
    index.remove(0, 10)
    begun += [index.begin(vectors[ROUGH_FROM + 7], 10) for _ in range(8)]
    assert [search()[0][0] for search in begun[-8:]] == [ROUGH_FROM + 7] * 8
    assert index.search(vectors[ROUGH_FROM + 8], 1)[0].tolist() == [ROUGH_FROM + 8]


def test_the_score_of_a_vector_is_the_same_to_the_last_bit_whatever_is_asked_beside_it() -> None:
    """A matrix product adds up in another order when there are more rows; law 6 wants the same number."""
    vectors = unit_vectors(301, 384, 0)
    ids = np.arange(301, dtype=np.int64)
    index = VectorIndex(384)
    index.add(ids, vectors)
    together = index.scores(vectors[300], ids)
    alone = [float(index.scores(vectors[300], ids[i : i + 1])[0]) for i in range(301)]
    assert together.tolist() == alone
