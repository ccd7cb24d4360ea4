"""Which words of a query are looked up."""

import pytest

from index.lexical import terms


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
