"""A quote that begins with a pronoun brings along the sentence that says who or what goes with it."""

import pytest

from index import Article, load_bundled, load_text
from qa import ArticleQA
from qa.context import leans_on

TEXT = """The ferry

Captain Ida Moe took the ferry out on Monday. The sea was calm. She had slept badly.

The cook, Per Lind, made soup. It was thin. Moe ate it with the mate, Jon Bakke. The two had argued about the soup before. \
Nobody was hurt."""


def leaning(article: Article, opening: str) -> list[str]:
    (sentence,) = [one for one in article.sentences if article.quote(one).startswith(opening)]
    return [article.quote(one) for one in leans_on(article, sentence)]


@pytest.mark.parametrize(
    ("opening", "context"),
    [
        ("She had slept", ["Captain Ida Moe took the ferry out on Monday."]),
        ("It was thin", ["The cook, Per Lind, made soup."]),
        ("The two had argued", ["Moe ate it with the mate, Jon Bakke."]),
        ("Nobody was hurt", []),
        ("Captain Ida Moe", []),
    ],
)
def test_who_goes_with_the_pronoun_is_said_by_a_sentence_before(opening: str, context: list[str]) -> None:
    assert leaning(load_text(TEXT), opening) == context


def test_the_two_of_the_bundled_article_are_in_the_sentence_before() -> None:
    (context,) = leaning(load_bundled(), "The two also exchanged")
    assert context.startswith("Zhao met his North Korean counterpart Choe Ryong Hae")


def test_a_pronoun_at_the_very_beginning_leans_on_nothing() -> None:
    assert leaning(load_text("She left. The sea was calm."), "She left") == []


def test_an_answer_cites_what_its_quote_leans_on(bundled: ArticleQA) -> None:
    """Apart from the quote, and a slice of the same text."""
    answer = bundled.ask("what did the two exchange views on?")
    best = answer.evidence[0]
    assert best.quote.startswith("The two also exchanged views")
    (context,) = best.context
    assert context.holds(load_bundled()) and context.quote.startswith("Zhao met his North Korean counterpart")
    assert f"leans on paragraph 3, sentence 1: “{context.quote}”" in str(answer)
