"""How much of a query a sentence covers, by the words they share.

Knows nothing of where the words are looked up. FTS5's own bm25() weighs a word by how rare it is in the whole table, so
the same sentence scores otherwise, and may rank otherwise, when other articles are added. Here a word is weighed by how
rare it is in the sentence's own article, and a score is a share of the query's whole weight: between 0 and 1, and the
same whether the article stands alone or among ten thousand.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["STOP_WORDS", "coverage", "terms"]

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


def coverage(
    postings: Sequence[NDArray[np.int64]],
    firsts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Score every sentence that holds a term: the share of the query's weight that it covers, in [0, 1].

    `postings` has, for each term of the query, the ascending numbers of the sentences that hold it; article i has
    `sizes[i]` sentences, whose numbers begin at `firsts[i]`, ascending, and `counts[i]` of them are indexed. Returns the
    numbers, ascending, and their scores. Raises KeyError for a number that is no article's. A term's weight in an article is
    log(1 + (N - n + .5) / (n + .5)), BM25's, where n of its N sentences (with PRIOR_SENTENCES) hold it: a term that the
    article lacks weighs most, and keeps every share below 1.

    How often a sentence holds a term, and how long it is, make no difference: both were tried, and length costs 3 points.
    """
    sentences = counts + PRIOR_SENTENCES
    begins = np.cumsum(sizes) - sizes  # of each article, where all sentences stand in one row without gaps
    covered = np.zeros(int(sizes.sum()))
    whole = np.zeros(len(firsts))
    for posting in postings:
        holding = np.searchsorted(posting, firsts + sizes) - np.searchsorted(posting, firsts)
        if holding.sum() != len(posting):
            raise KeyError("a number that is no article's")
        weight = np.log1p((sentences - holding + 0.5) / (holding + 0.5))
        covered[posting + np.repeat(begins - firsts, holding)] += np.repeat(weight, holding)
        whole += weight
    places = np.flatnonzero(covered)
    found = np.searchsorted(places, begins + sizes) - np.searchsorted(places, begins)
    shares = covered[places] / np.repeat(whole, found)
    return places - np.repeat(begins - firsts, found), shares.astype(np.float32)
