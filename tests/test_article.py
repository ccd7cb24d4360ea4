"""An article's spans, its names and its paragraphs."""

import hashlib

import pytest

from index import Article, Sentence

TEXT = "One. Two.\n\nThree."
ONE, TWO, THREE = Sentence(0, 4, 1, 1), Sentence(5, 9, 1, 2), Sentence(11, 17, 2, 1)


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 5), (4, 9)],
        [(5, 9), (0, 4)],
        [(3, 3)],
        [(4, 3)],
        [(-1, 4)],
        [(11, 18)],
        [(0, 4), (0, 4)],
    ],
    ids=["overlapping", "out of order", "empty", "backwards", "before the text", "behind the text", "twice the same"],
)
def test_spans_that_could_not_be_quoted_are_refused(spans: list[tuple[int, int]]) -> None:
    """A span that overlaps another, is empty, out of order or outside the text raises ValueError."""
    with pytest.raises(ValueError, match="is empty, out of order or outside a text of 17 characters"):
        Article(TEXT, "t", None, tuple(Sentence(start, end, 1, 1) for start, end in spans))


def test_spans_may_touch_and_reach_the_ends_of_the_text() -> None:
    """Half-open spans that meet are disjoint."""
    article = Article("ab", "t", None, (Sentence(0, 1, 1, 1), Sentence(1, 2, 1, 2)))
    assert [article.quote(sentence) for sentence in article.sentences] == ["a", "b"]


def test_an_article_is_named_by_the_digest_of_its_text() -> None:
    """sha256 is that of the text in UTF-8 (the digest of "abc" is FIPS 180's own example); the id is its first 16 digits."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    article = Article("abc", "t", None, (Sentence(0, 3, 1, 1),))
    assert article.sha256 == digest
    assert article.id == "ba7816bf8f01cfea"
    assert Article("abc", "another title", "elsewhere.txt", ()).id == article.id
    assert Article("é", "t", None, ()).sha256 == hashlib.sha256(b"\xc3\xa9").hexdigest()


def test_offsets_count_code_points() -> None:
    """A character outside the basic plane is one, and so is each part of a decomposed one."""
    article = Article("😀 e\u0301!", "t", None, (Sentence(0, 1, 1, 1), Sentence(2, 5, 1, 2)))
    assert [article.quote(sentence) for sentence in article.sentences] == ["😀", "e\u0301!"]


def test_sentences_are_grouped_into_paragraphs_in_order() -> None:
    assert Article(TEXT, "t", None, (ONE, TWO, THREE)).paragraphs == [(ONE, TWO), (THREE,)]
    assert Article("", "t", None, ()).paragraphs == []


def test_a_page_is_told_by_its_beginning() -> None:
    """The last page that begins at or before an offset: an empty one gives way to the one that begins where it does."""
    article = Article(TEXT, "t", None, (ONE, TWO, THREE), pages=(0, 11, 11))
    assert [article.page(sentence.start) for sentence in article.sentences] == [1, 1, 3]
    assert [article.page(offset) for offset in (0, 10, 11, 17)] == [1, 1, 3, 3]
    assert Article(TEXT, "t", None, (ONE,), pages=(5, 11)).page(0) == 1
    assert Article(TEXT, "t", None, (ONE,)).page(0) is None


@pytest.mark.parametrize("pages", [(5, 4), (-1,), (0, 18)], ids=["out of order", "before the text", "behind the text"])
def test_pages_that_could_not_be_are_refused(pages: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="are out of order or outside a text of 17 characters"):
        Article(TEXT, "t", None, (ONE,), pages=pages)


def test_an_article_cannot_be_changed() -> None:
    """Text, sentences and their digest cannot fall apart."""
    article = Article(TEXT, "t", None, (ONE,))
    with pytest.raises(AttributeError):
        article.text = "another"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        ONE.start = 1  # type: ignore[misc]
