"""The share of a query's words that a sentence covers, computed by hand."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from index import Encoder, Library, load_text
from index.lexical import PRIOR_SENTENCES, coverage


def numbers(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def weight(sentences: int, holding: int) -> float:
    """BM25's weight of a term that `holding` of so many sentences hold, with 30 more that hold nothing."""
    return math.log(1 + (sentences + 30 - holding + 0.5) / (holding + 0.5))


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
    found, scores = coverage([numbers(1, 2), numbers(1), numbers()], firsts=numbers(1), sizes=numbers(4), counts=numbers(4))
    assert found.tolist() == [1, 2]
    assert scores.tolist() == pytest.approx([(red + apple) / (red + apple + plum), red / (red + apple + plum)])


def test_each_article_weighs_words_by_its_own_sentences() -> None:
    """ "red" is in every sentence of the first article (1 to 2) and in one of the second's three (3 to 5)."""
    found, scores = coverage(
        [numbers(1, 2, 3), numbers(2, 4)], firsts=numbers(1, 3), sizes=numbers(2, 3), counts=numbers(2, 3)
    )
    first = weight(2, 2), weight(2, 1)
    second = weight(3, 1), weight(3, 1)
    assert found.tolist() == [1, 2, 3, 4]
    assert scores.tolist() == pytest.approx([first[0] / sum(first), 1.0, second[0] / sum(second), second[1] / sum(second)])


def test_a_query_whose_words_are_nowhere_scores_nothing() -> None:
    for postings in ([], [numbers()], [numbers(), numbers()]):
        found, scores = coverage(postings, firsts=numbers(1), sizes=numbers(3), counts=numbers(3))
        assert found.tolist() == [] and scores.tolist() == []


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
