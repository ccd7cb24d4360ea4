"""What a quote leans on: where it begins with a pronoun, the sentence before it that says who or what goes with it.

Knows nothing of questions or rankings. It cites what stands in the article; it never puts a name into a quote.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from index import Article, Sentence
from qa.mentions import Cast, Mention, cast_around

__all__ = ["leans_on"]

BACK = 6  # sentences that are looked through; a pronoun that reaches further back is rare
_OPENING = re.compile(
    r"[“\"‘'(\s]*(?:(?:But|And|So|Then|Yet|Still|Later|Instead|However|Until then|Earlier|Afterwards|Meanwhile)\b,?\s+)?"
    r"(?P<who>the two|the pair|both|he|she|his|her|they|their|it|its|this|that|these|those|the latter|the former)\b"
    r"(?!\s+(?:countries|sides|nations|governments|teams|years)\b)",
    re.IGNORECASE,
)
_WANTED = {"he": "m", "his": "m", "she": "f", "her": "f", "the two": "pair", "the pair": "pair", "both": "pair"}
_ENDS = (".", "!", "?", "”", '"', "’", ":", ";")


def leans_on(article: Article, sentence: Sentence) -> tuple[Sentence, ...]:
    """The sentences that say who "he", "the two" or "it" is at the quote's beginning, in the article's order; often none."""
    opening = _OPENING.match(article.quote(sentence))
    if opening is None:
        return ()
    wanted = _WANTED.get(opening["who"].lower(), "thing")
    before = tuple(_before(article, sentence))
    if not before:
        return ()
    if wanted == "thing":  # what it is has just been told, in the nearest sentence that does not lean itself
        return (next((one for one in before if not _OPENING.match(article.quote(one))), before[0]),)
    cast = cast_around(article.text, sentence.start)
    if wanted == "pair":
        return _pair(article, before, cast) or before[:1]
    return next(((one,) for one in before if _persons(cast, article.quote(one), wanted)), before[:1])


def _before(article: Article, sentence: Sentence) -> Iterator[Sentence]:
    """The sentences before it, the nearest first, without headings and furniture."""
    place = bisect_left(article.sentences, sentence.start, key=lambda one: one.start)
    for one in reversed(article.sentences[max(0, place - BACK) : place]):
        if not one.furniture and article.quote(one).endswith(_ENDS):
            yield one


def _persons(cast: Cast, quote: str, gender: str = "") -> list[Mention]:
    agreeing = ("", gender) if gender else ("", "m", "f")
    return [one for one in cast.names(quote) if one.kind == "person" and one.gender in agreeing]


def _pair(article: Article, before: tuple[Sentence, ...], cast: Cast) -> tuple[Sentence, ...]:
    """The nearest sentence with two persons, or the nearest two with one each."""
    found: list[Mention] = []
    cited: list[Sentence] = []
    for one in before:
        new = [person for person in _persons(cast, article.quote(one)) if not any(person.same(other) for other in found)]
        if new:
            found, cited = [*found, *new], [one, *cited]
        if len(found) >= 2:
            return tuple(cited)
    return ()
