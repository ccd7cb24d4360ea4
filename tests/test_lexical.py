"""Which words of a query are looked up, and how much of it a sentence covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.lexical import Posting, coverage, terms
from index.roster import Roster


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("who did Zhao meet?", ["zhao", "meet"]),
        ("Zhao ZHAO zhao", ["zhao"]),
        ("", []),
        ("?!", []),
        ("who is he", ["who", "is", "he"]),
        ("the red, RED apple", ["red", "apple"]),
        ("café Größe 東京", ["café", "größe", "東京"]),
        ('apple OR "banana" NEAR(cherry, 2) NOT date*', ["apple", "banana", "near", "cherry", "2", "date"]),
        ("words:apple -banana ^cherry", ["words", "apple", "banana", "cherry"]),
    ],
)
def test_the_distinct_words_that_say_something_are_looked_up(query: str, expected: list[str]) -> None:
    """In lower case and in the query's order; stop words only where there is nothing else; operators are only words."""
    assert terms(query) == expected


@settings(deadline=None)
@given(st.data())
def test_a_sentence_covers_as_much_whether_all_are_looked_at_or_it_alone(data: st.DataObject) -> None:
    """Three articles of four, one and six sentences, with numbers missing between them, and up to four words anywhere."""
    roster = Roster()
    roster.add([("a", 0, 4, 4), ("b", 6, 1, 1), ("c", 9, 6, 5)])
    everyone = np.array([0, 1, 2, 3, 6, 9, 10, 11, 12, 13, 14])
    held = data.draw(st.lists(st.sets(st.sampled_from(everyone.tolist())), max_size=4))
    numbers = [np.array(sorted(one), dtype=np.int64) for one in held]
    postings = [Posting(one, roster.holding(one)) for one in numbers]
    scores = coverage(postings, roster, everyone)
    few = np.array(data.draw(st.lists(st.sampled_from(everyone.tolist()), unique=True)), dtype=np.int64)
    assert coverage(postings, roster, few).tolist() == scores[np.searchsorted(everyone, few)].tolist()
