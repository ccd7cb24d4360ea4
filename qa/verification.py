"""What an exported citation is worth today: its quote is verbatim in its place, moved, changed, or missing.

Knows nothing of libraries or commands: it compares citations with articles' texts. Reads every form that a citation leaves
the house in: an answer, a saved conversation, a citation alone, and a Web Annotation.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from index import Article, LoadError

__all__ = ["Claim", "Verdict", "claims_in", "verify"]

ALIKE = 0.6  # of the words in common, in order: from here on a sentence is a changed quote, and not another sentence
ORDER = ("verbatim", "moved", "changed", "missing")


@dataclass(frozen=True, slots=True)
class Claim:
    """That a text has these words at `start`; `sha256` and `source` say in which, where the export does."""

    quote: str
    start: int
    sha256: str | None = None
    source: str | None = None
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`name` is one of ORDER; `start` and `words` say where the nearest thing to the quote stands, None where missing."""

    name: str
    claim: Claim
    article: Article | None = None
    start: int | None = None
    words: str | None = None

    def __str__(self) -> str:
        """As a terminal shows it: the verdict and the quote, and below it what is there instead."""
        line = f"{self.name:<9}“{self.claim.quote}”"
        if self.article is None or self.start is None or self.name == "verbatim":
            return line
        place = _place(self.article, self.start)
        if self.name == "moved":
            return f"{line}\n         now at {place}, characters {self.start}–{self.start + len(self.claim.quote)}"
        return f"{line}\n         now “{self.words}”, {place}"


def claims_in(exported: object) -> list[Claim]:
    """Every citation in what was read from JSON, context and nearest sentences too, each once, in its order.

    A marked answer is a claim of its own. Raises LoadError where it is nothing that carries citations.
    """
    known = isinstance(exported, Mapping) and ({"evidence", "turns", "quote", "target"} & exported.keys())
    if not known and not isinstance(exported, list):
        raise LoadError("The file holds no citation.", "Give what `ask --json` prints, or a saved conversation.")
    try:
        return list(dict.fromkeys(_claims(exported)))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise LoadError(
            f"A citation in the file is not whole: {type(error).__name__}: {error}.", "Export the answer again."
        ) from None


def _claims(value: object) -> Iterator[Claim]:
    if isinstance(value, list):
        for one in value:
            yield from _claims(one)
    elif isinstance(value, Mapping):
        if "sha256" in value:
            yield Claim(_text(value["quote"]), _offset(value["start"]), _text(value["sha256"]), value["source"])
        elif value.get("type") == "Annotation":
            yield _annotated(value["target"])
        else:
            yield from _claims([one for key, one in value.items() if key != "annotations"])
            if "citation" in value and value.get("answer"):
                marked, of = value["answer"], value["citation"]
                yield Claim(_text(marked["text"]), _offset(marked["start"]), _text(of["sha256"]), of["source"])


def _annotated(target: Mapping[str, Any]) -> Claim:
    selectors = {one["type"]: one for one in target["selector"]}
    quote, place = selectors["TextQuoteSelector"], selectors["TextPositionSelector"]
    around = {"prefix": _text(quote["prefix"]), "suffix": _text(quote["suffix"])}
    return Claim(_text(quote["exact"]), _offset(place["start"]), source=target["source"], **around)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} where words were expected")
    return value


def _offset(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} where an offset was expected")
    return value


def verify(claim: Claim, articles: Iterable[Article]) -> Verdict:
    """The best verdict that any of the articles gives.

    Where one of them is the cited version, or has the cited source, the others are not asked: equal words elsewhere prove
    nothing about it.
    """
    among = list(articles)
    named = [one for one in among if one.sha256 == claim.sha256] or [
        one for one in among if claim.source and one.source == claim.source
    ]
    verdicts = [_in(article, claim) for article in named or among]
    return min(verdicts, key=lambda one: ORDER.index(one.name), default=Verdict("missing", claim))


def _in(article: Article, claim: Claim) -> Verdict:
    if article.text.startswith(claim.quote, claim.start):
        return Verdict("verbatim", claim, article, claim.start, claim.quote)
    places = [found.start() for found in re.finditer(f"(?={re.escape(claim.quote)})", article.text)]
    if places:
        start = max(places, key=lambda place: (_around(article, claim, place), -abs(place - claim.start)))
        return Verdict("moved", claim, article, start, claim.quote)
    wanted = _words(claim.quote)
    share, start, words = max(
        ((_alike(wanted, _words(words)), start, words) for start, words in _sentences(article)), default=(0.0, 0, "")
    )
    return Verdict("changed", claim, article, start, words) if share >= ALIKE else Verdict("missing", claim)


def _around(article: Article, claim: Claim, place: int) -> int:
    """How many characters around a place are as the claim has them."""
    before, after = article.text[:place][-len(claim.prefix) or place :], article.text[place + len(claim.quote) :]
    agreeing = [zip(reversed(claim.prefix), reversed(before), strict=False), zip(claim.suffix, after, strict=False)]
    return sum(_run(a == b for a, b in pairs) for pairs in agreeing)


def _run(equal: Iterable[bool]) -> int:
    length = 0
    for one in equal:
        if not one:
            break
        length += 1
    return length


def _sentences(article: Article) -> Iterator[tuple[int, str]]:
    return ((one.start, article.quote(one)) for one in article.sentences)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _alike(wanted: Sequence[str], found: Sequence[str]) -> float:
    matcher = SequenceMatcher(None, wanted, found, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def _place(article: Article, start: int) -> str:
    sentence = article.sentences[max(0, bisect_right(article.sentences, start, key=lambda one: one.start) - 1)]
    return f"paragraph {sentence.paragraph}, sentence {sentence.number}"
