"""Two scores become one ranking."""

from math import sqrt

import pytest

from index import Encoder, Library, load_text
from qa.retriever import FUSION, Fusion, Retriever


@pytest.fixture
def library(tiny: Encoder) -> Library:
    library = Library.in_memory(tiny)
    library.add(load_text("Red apple.\n\nRed apple, red fig, two plum.\n\nGreen lemon."))
    return library


def test_the_score_is_the_cosine_and_the_weighted_share_of_words(library: Library) -> None:
    """ "red apple" against "red apple, red fig, two plum": (1, 1) against (2, 1, 1, 1, 1), and both words are there."""
    first, second, last = Retriever(library, Fusion("half", 0.5, "a test")).retrieve("red apple")
    assert first.score == pytest.approx(1 + 0.5 * 1, abs=1e-3)  # vectors are kept in 16 bits
    assert second.score == pytest.approx(3 / sqrt(2 * 8) + 0.5 * 1, abs=1e-3)
    assert last.score == 0.0


def test_equal_scores_keep_the_order_of_the_article(tiny: Encoder) -> None:
    library = Library.in_memory(tiny)
    library.add(load_text("Red apple. Green plum. Red apple. Red apple."))
    ranked = Retriever(library).retrieve("red apple")
    assert [one.candidate.sentence.number for one in ranked] == [1, 3, 4, 2]


def test_the_shipped_numbers_say_where_they_come_from() -> None:
    assert (FUSION.name, FUSION.lexical_weight) == ("minilm-coverage-1", 1.0)
    assert "SQuAD" in FUSION.origin
