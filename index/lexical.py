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

__all__ = ["Posting", "STOP_WORDS", "coverage", "terms"]

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


def coverage(
    postings: Sequence[Posting],
    firsts: NDArray[np.int64],
    counts: NDArray[np.int64],
    *,
    most: int,
    also: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Score the `most` sentences that cover most of a query, and `also` these: the share of its weight, in [0, 1].

    There is a posting for each term of the query. The numbers of article i's sentences begin at `firsts[i]`, ascending, and
    `counts[i]` of them are indexed. Returns numbers, ascending, and their scores; of equal scores, the first are taken. A
    term's weight in an article is log(1 + (N - n + .5) / (n + .5)), BM25's, where n of its N sentences (with
    PRIOR_SENTENCES) hold it: a term that the article lacks weighs most, and keeps every share below 1.

    How often a sentence holds a term, and how long it is, make no difference: both were tried, and length costs 3 points.
    """
    if not any(len(posting.numbers) for posting in postings):
        return also, np.zeros(len(also), dtype=np.float32)
    sentences = counts + PRIOR_SENTENCES
    weights = np.stack([np.log1p((sentences - held + 0.5) / (held + 0.5)) for _, held in postings])
    whole = weights.sum(axis=0)
    base = firsts[0]
    covered = np.zeros(1 + max(one[-1] for one in (also, *(posting.numbers for posting in postings)) if len(one)) - base)
    for (numbers, held), weight in zip(postings, weights, strict=True):
        covered[numbers - base] += np.repeat(weight, held)
    # From the rarest term to the commonest: what holds none but the terms still to come scores `bound` at most.
    order = sorted(range(len(postings)), key=lambda term: len(postings[term].numbers))
    bounds = [(weights[order[place:]].sum(axis=0) / whole).max() for place in range(len(order))]
    found, shares = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    for term, bound in zip(order, bounds, strict=True):
        if len(found) >= most and np.float32(bound) < shares.min():
            break
        numbers, held = postings[term]
        of_term = (covered[numbers - base] / np.repeat(whole, held)).astype(np.float32)
        best = _highest(of_term, most)
        found, places = np.unique(np.concatenate([found, numbers[best]]), return_index=True)
        shares = np.concatenate([shares, of_term[best]])[places]
        best = _highest(shares, most)
        found, shares = found[best], shares[best]
    numbers = np.union1d(found, also)
    scores = covered[numbers - base] / whole[np.searchsorted(firsts, numbers, side="right") - 1]
    return numbers, scores.astype(np.float32)


def _highest(scores: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """The places of the highest scores, ascending; of equal ones, the first."""
    if len(scores) <= most:
        return np.arange(len(scores))
    least = np.partition(scores, -most)[-most]
    above = np.flatnonzero(scores > least)
    return np.sort(np.concatenate([above, np.flatnonzero(scores == least)[: most - len(above)]]))
