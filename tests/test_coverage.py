"""The share of a query's words that a sentence covers, computed by hand."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import Encoder, Library, load_text
from index.lexical import PRIOR_SENTENCES, Posting, coverage, covering
from index.roster import Roster


def numbers(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def weight(sentences: int, holding: int) -> float:
    """BM25's weight of a term that `holding` of so many sentences hold, with 30 more that hold nothing."""
    return math.log(1 + (sentences + 30 - holding + 0.5) / (holding + 0.5))


def scored(postings: list[NDArray[np.int64]], firsts: list[int], sizes: list[int], most: int = 100) -> dict[int, float]:
    """The sentences that cover most, with their scores, of postings over articles whose sentences are all indexed."""
    roster = Roster()
    roster.add((f"{first}", first, size, size) for first, size in zip(firsts, sizes, strict=True))
    held = [Posting(posting, roster.holding(posting)) for posting in postings]
    found = covering(held, roster, most)
    assert (np.diff(found) > 0).all()
    everyone = np.concatenate([np.arange(first, first + size) for first, size in zip(firsts, sizes, strict=True)])
    scores = dict(zip(everyone.tolist(), coverage(held, roster, everyone).tolist(), strict=True))
    return {int(one): scores[int(one)] for one in found}


def by_words(library: Library, query: str, ids: Iterable[str] | None = None) -> dict[str, float]:
    found = library.search(query, within=list(ids) if ids is not None else None)
    return {candidate.article.quote(candidate.sentence): candidate.lexical for candidate in found}


def test_a_sentence_scores_the_share_of_the_querys_weight_that_it_covers() -> None:
    """Four sentences, 1 to 4. "red" is in 1 and 2, "apple" in 1, "plum" in none.

    red weighs log(1 + 32.5/2.5), apple log(1 + 33.5/1.5), plum log(1 + 34.5/.5).
    """
    assert PRIOR_SENTENCES == 30
    red, apple, plum = weight(4, 2), weight(4, 1), weight(4, 0)
    assert (red, apple, plum) == pytest.approx((2.6391, 3.1499, 4.2485), abs=1e-4)
    whole = red + apple + plum
    expected = {1: pytest.approx((red + apple) / whole), 2: pytest.approx(red / whole)}
    assert scored([numbers(1, 2), numbers(1), numbers()], [1], [4]) == expected


def test_each_article_weighs_words_by_its_own_sentences() -> None:
    """ "red" is in every sentence of the first article (1 to 2) and in one of the second's three (3 to 5)."""
    first = weight(2, 2), weight(2, 1)
    second = weight(3, 1), weight(3, 1)
    assert scored([numbers(1, 2, 3), numbers(2, 4)], [1, 3], [2, 3]) == pytest.approx(
        {1: first[0] / sum(first), 2: 1.0, 3: second[0] / sum(second), 4: second[1] / sum(second)}
    )


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    gap=st.integers(0, 5),
    postings=st.lists(st.sets(st.integers(0, 53)), max_size=5),
    most=st.integers(1, 12),
)
@settings(max_examples=300, deadline=None)
def test_the_sentences_that_cover_most_are_those_of_a_look_at_all(
    sizes: list[int], gap: int, postings: list[set[int]], most: int
) -> None:
    """Of equal ones the first, whatever order the terms are in and however the numbers of the articles lie apart."""
    firsts = [7 + place * gap + sum(sizes[:place]) for place in range(len(sizes))]
    there = [first + place for first, size in zip(firsts, sizes, strict=True) for place in range(size)]
    held = [sorted({there[one] for one in posting if one < len(there)}) for posting in postings]
    scores = dict.fromkeys(there, 0.0)
    for first, size in zip(firsts, sizes, strict=True):
        weights = [weight(size, sum(first <= one < first + size for one in posting)) for posting in held]
        for one in range(first, first + size):
            scores[one] = sum(w for w, posting in zip(weights, held, strict=True) if one in posting) / (sum(weights) or 1)
    best = sorted((one for one in there if scores[one]), key=lambda one: (-np.float32(scores[one]), one))[:most]
    found = scored([numbers(*posting) for posting in held], firsts, sizes, most)
    assert found == pytest.approx({one: scores[one] for one in best}, abs=1e-6)


def test_of_sentences_that_cover_as_much_the_first_are_found() -> None:
    """Twenty sentences of two articles: all hold "red", the 5th, 8th and 15th hold "apple" too."""
    held = [numbers(*range(1, 21)), numbers(5, 8, 15)]
    assert list(scored(held, [1, 11], [10, 10], most=2)) == [5, 8]
    assert list(scored([numbers(*range(1, 21))], [1, 11], [10, 10], most=3)) == [1, 2, 3]


def test_a_query_whose_words_are_nowhere_scores_nothing() -> None:
    for postings in ([], [numbers()], [numbers(), numbers()]):
        assert scored(postings, [1], [3]) == {}


def test_full_text_and_weights_agree_with_the_same_case_by_hand(tiny: Encoder) -> None:
    """FTS5 stems, so that "apples" finds "apple"; stop words are not asked."""
    library = Library.in_memory(tiny)
    library.add(load_text("Red apple. Red fig. Two lemons. A peach."))
    red, apple, plum = weight(4, 2), weight(4, 1), weight(4, 0)
    whole = red + apple + plum
    assert by_words(library, "Are the red apples a plum?") == pytest.approx(
        {"Red apple.": (red + apple) / whole, "Red fig.": red / whole, "Two lemons.": 0.0, "A peach.": 0.0}
    )


def test_other_articles_change_no_score(tiny: Encoder) -> None:
    """FTS5's bm25 of the same sentence would change with every article that is added."""
    article = load_text("Red apple. Green fig. Blue plum.")
    alone = Library.in_memory(tiny)
    alone.add(article)
    among = Library.in_memory(tiny)
    for number in range(50):
        among.add(load_text(f"Red {number}. Red fig {number}."))
    among.add(article)
    query = "red fig plum"
    assert by_words(among, query, [article.id]) == by_words(alone, query)
    everywhere = {
        candidate.article.quote(candidate.sentence): candidate.lexical
        for candidate in among.search(query)
        if candidate.article.id == article.id
    }
    assert everywhere.items() <= by_words(alone, query).items()
