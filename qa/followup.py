"""A question and the turns before it become queries that stand alone.

A pure function over words: knows nothing of models, articles' places, or which reading the evidence will prefer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Past", "readings"]


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier turn: the standalone question, the sentences that were cited, and the words marked in the first."""

    question: str
    quotes: tuple[str, ...] = ()
    answer: str | None = None


_BARE = re.compile(r"(?:and |but |so )?(when|where|why|how|how long|since when)(?: exactly)?\s*\??", re.IGNORECASE)
_PERSON = re.compile(r"\b(he|she|him|they|it)\b", re.IGNORECASE)
_ASKED = re.compile(
    r"(who|what|when|where|why|how)\s+((?:did|does|do|is|was|were|are|has|have|will)\b.*?)\s*\??", re.IGNORECASE
)


def readings(question: str, past: Sequence[Past]) -> list[str]:
    """How the question may be meant, as queries that stand alone, the likeliest first; itself where it stands alone."""
    question = question.strip()
    if not past:
        return [question]
    last = past[-1]
    asked = _ASKED.fullmatch(last.question)
    if (bare := _BARE.fullmatch(question)) and asked:
        answer = f" {last.answer}" if last.answer and asked[1].lower() in ("who", "what") else ""
        return [f"{bare[1].lower()} {asked[2]}{answer}?"]
    if _PERSON.search(question) and last.answer:
        return [_PERSON.sub(last.answer, question, count=1)]
    return [question]
