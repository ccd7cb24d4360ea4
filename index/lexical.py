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
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Score every sentence that holds a term: the share of the query's weight that it covers, in [0, 1].

    `postings` has, for each term of the query, the ascending numbers of the sentences that hold it; article i has
    `counts[i]` indexed sentences, whose numbers begin at `firsts[i]`, ascending. Returns the numbers, ascending, and
    their scores. A term's weight in an article is log(1 + (N - n + .5) / (n + .5)), BM25's, where n of its N sentences
    (with PRIOR_SENTENCES) hold it: a term that the article lacks weighs most, and keeps every share below 1.

    How often a sentence holds a term, and how long it is, make no difference: both were tried, and length costs 3 points.
    """
    numbers = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *postings]))
    begins = np.searchsorted(numbers, firsts)
    sizes = np.diff(np.append(begins, len(numbers)))
    rows = np.flatnonzero(sizes)
    article = np.repeat(np.arange(len(rows)), sizes[rows])
    sentences = counts[rows] + PRIOR_SENTENCES
    covered = np.zeros(len(numbers))
    whole = np.zeros(len(rows))
    for posting in postings:
        places = np.searchsorted(numbers, posting)
        holding = np.bincount(article[places], minlength=len(rows))
        weight = np.log1p((sentences - holding + 0.5) / (holding + 0.5))
        covered[places] += weight[article[places]]
        whole += weight
    return numbers, (covered / whole[article]).astype(np.float32)
