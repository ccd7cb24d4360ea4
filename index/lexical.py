"""How much of a query a sentence covers, by the words they share.

Knows nothing of where the words are looked up. FTS5's own bm25() weighs a word by how rare it is in the whole table, so
the same sentence scores otherwise, and may rank otherwise, when other articles are added. Here a word is weighed by how
rare it is in the sentence's own article, and a score is a share of the query's whole weight: between 0 and 1, and the
same whether the article stands alone or among ten thousand.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.roster import Roster

__all__ = ["Posting", "STOP_WORDS", "coverage", "covering", "terms"]

# Words that ask, link or stand in for others: they say nothing of what a question is about. What a contraction leaves
# behind ("didn't" becomes "didn" and "t") is among them.
STOP_WORDS = frozenset(
    """
    a about after all also an and any are aren as at be because been before being between both but by can could couldn d
    did didn do does doesn doing during each for from had hadn has hasn have haven having he her hers him his how i if in
    into is isn it its itself just ll m many me might much must my no nor not of off on or our ours out over re s she
    should shouldn so some such t than that the their theirs them themselves then there these they this those through to
    too under until up upon us ve was wasn we were weren what when where which while who whom whose why will with would
    wouldn you your yours
    """.split()
)

# Added to an article's sentences as so many that hold no term. It steadies the weights of a short article, where a word in
# all of 14 sentences would weigh nothing, and raises P@1 from .678 to .692 where a corpus of tiny articles is asked. Any
# number from 10 to 100 does as well (measured on the training sets named in qa/retriever.py).
PRIOR_SENTENCES = 30


MAX_TERMS = 32  # that are looked up: far more than a question has, and so many common words take no noticeable time


def terms(query: str) -> list[str]:
    """The distinct words of a query that are looked up, in its order: all but stop words, or all where all are.

    Of more than MAX_TERMS, the longest: which words count must not depend on what else is in a library.
    """
    words = dict.fromkeys(re.findall(r"\w+", query.lower()))
    said = [word for word in words if word not in STOP_WORDS] or list(words)
    longest = set(sorted(said, key=len, reverse=True)[:MAX_TERMS])
    return [word for word in said if word in longest]


class Posting(NamedTuple):
    """A term's: the ascending numbers of the sentences that hold it, and how many of them each article has."""

    numbers: NDArray[np.int64]
    holding: NDArray[np.int64]


def covering(postings: Sequence[Posting], roster: Roster, most: int) -> NDArray[np.int64]:
    """The ascending numbers of the `most` sentences that cover most of a query, as `coverage` scores them.

    Of equal ones the first are taken, and none that covers nothing. Arguments are those of `coverage`.
    """
    if not postings:
        return np.empty(0, dtype=np.int64)
    weights = np.array([_weight(roster.counts, held) for _, held in postings])
    whole = weights.sum(axis=0)
    places = [roster.places(numbers, held) for numbers, held in postings]
    covered = np.zeros(int(roster.sizes.sum()))
    for weight, there, (_, held) in zip(weights, places, postings, strict=True):
        covered[there] += np.repeat(weight, held)
    # From the rarest term to the commonest: what holds none but the terms still to come covers `reach` at most.
    order = sorted(range(len(postings)), key=lambda term: len(places[term]))
    to_come = (np.cumsum(weights[order[::-1]], axis=0) / whole).max(axis=1)[::-1]
    found, shares = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    for term, reach in zip(order, to_come, strict=True):
        numbers, held = postings[term]
        if len(found) >= most and reach * (1 + 1e-6) < shares.min():  # it is added up in another order
            break
        of_term = (covered[places[term]] / np.repeat(whole, held)).astype(np.float32)
        if len(found) >= most:
            likely = of_term >= shares.min()
            numbers, of_term = numbers[likely], of_term[likely]
        best = _highest(of_term, most)
        found, kept = np.unique(np.concatenate([found, numbers[best]]), return_index=True)
        shares = np.concatenate([shares, of_term[best]])[kept]
        best = _highest(shares, most)
        found, shares = found[best], shares[best]
    return found


def coverage(postings: Sequence[Posting], roster: Roster, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """The share of a query's weight that each of these sentences covers, in [0, 1], shape (numbers,).

    There is a posting for each term of the query, of the articles on the roster; the sentences are on the roster too. A
    term's weight in an article is log(1 + (N - n + .5) / (n + .5)), BM25's, where n of its N sentences (with
    PRIOR_SENTENCES) hold it: a term that the article lacks weighs most, and keeps every share below 1.

    How often a sentence holds a term, and how long it is, make no difference: both were tried, and length costs 3 points.
    """
    rows = roster.rows(numbers)
    whole, covered = np.zeros(len(numbers)), np.zeros(len(numbers))
    for containing, held in postings:
        weight = _weight(roster.counts[rows], held[rows])
        whole += weight
        if len(containing):
            nearest = containing[np.minimum(np.searchsorted(containing, numbers), len(containing) - 1)]
            covered += np.where(nearest == numbers, weight, 0.0)
    return np.divide(covered, whole, out=covered, where=whole > 0).astype(np.float32)


def _weight(sentences: NDArray[np.int64], holding: NDArray[np.int64]) -> NDArray[np.float64]:
    """A term's weight in articles with so many sentences, so many of which hold it."""
    sentences = sentences + PRIOR_SENTENCES
    weight: NDArray[np.float64] = np.log1p((sentences - holding + 0.5) / (holding + 0.5))
    return weight


def _highest(scores: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """The places of the highest scores, ascending; of equal ones, the first."""
    if len(scores) <= most:
        return np.arange(len(scores))
    least = np.partition(scores, -most)[-most]
    above = np.flatnonzero(scores > least)
    return np.sort(np.concatenate([above, np.flatnonzero(scores == least)[: most - len(above)]]))
