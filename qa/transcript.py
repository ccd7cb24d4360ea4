"""A conversation as Markdown to read and as JSON to keep and check. Pure functions; knows nothing of pages or files.

Every quote goes out with its citation. In the Markdown, whatever came from an article or a question is escaped, so that it
reads as it was written.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from index import LoadError
from qa.answer import Answer, AnswerSpan, Citation, Evidence
from qa.conversation import Turn

__all__ = ["conversation_from_json", "conversation_to_json", "conversation_to_markdown", "evidence_to_markdown"]

FORMAT = "article-qa conversation 1"
_SIGNS = re.compile(r"[\\`*_\[\]<>#|~&$]")  # no line begins with what was escaped, so a list's or a rule's signs may stay


def conversation_to_markdown(turns: Iterable[Turn]) -> str:
    """The questions as headings, each with its quotes and citations, or with why there are none."""
    return "\n\n".join(_turn(turn) for turn in turns) + "\n"


def evidence_to_markdown(evidence: Evidence) -> str:
    """One quote with its citation, the answering words in bold; a link opens a web source with the quote lit."""
    return "\n".join(_evidence(evidence))


def conversation_to_json(turns: Iterable[Turn]) -> str:
    """The whole conversation; each turn has its answer, as `Answer.to_dict` gives it, and its quotes as Web Annotations.

    `conversation_from_json` reads it again, and `article-qa verify-citation` checks it against the articles.
    """
    rows = [
        {
            "question": turn.question,
            "answer": turn.answer.to_dict(),
            "annotations": [one.citation.to_w3c() for one in turn.answer.evidence],
        }
        for turn in turns
    ]
    return json.dumps({"format": FORMAT, "turns": rows}, ensure_ascii=False, indent=2) + "\n"


def conversation_from_json(text: str) -> tuple[Turn, ...]:
    """The turns that `conversation_to_json` wrote. Raises LoadError where the text does not hold them."""
    try:
        saved = json.loads(text)
        if saved["format"] != FORMAT:
            raise ValueError(f"its format is {saved['format']!r}")
        return tuple(Turn(str(row["question"]), _answer_from(row["answer"], row["annotations"])) for row in saved["turns"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LoadError(
            f"This is no saved conversation: {type(error).__name__}: {error}.",
            "Give a file that the chat has saved as JSON.",
        ) from None


# -- Markdown


def _escaped(text: str) -> str:
    """The text on one line, so that Markdown shows it as it was written."""
    return _SIGNS.sub(lambda sign: "\\" + sign[0], " ".join(text.split()))


def _turn(turn: Turn) -> str:
    answer = turn.answer
    lines = [f"## {_escaped(turn.question)}", ""]
    if answer.query != answer.question.strip():
        lines += [f"understood as: {_escaped(answer.query)}", ""]
    if answer.abstained:
        lines += [_escaped(answer.reason or "")]
        lines += ["", "Nearest sentences, not an answer:"] if answer.nearest else []
    for one in answer.evidence or answer.nearest:
        lines += ["", *_evidence(one)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _evidence(evidence: Evidence) -> list[str]:
    citation, quote = evidence.citation, _escaped(evidence.quote)
    if evidence.answer is not None:
        first, last = evidence.answer.start - citation.start, evidence.answer.end - citation.start
        parts = evidence.quote[:first], evidence.quote[first:last], evidence.quote[last:]
        before, marked, after = (_escaped(part) for part in parts)
        quote = f"{before}{' ' * parts[0][-1:].isspace()}**{marked}**{' ' * parts[2][:1].isspace()}{after}"
    leaning = [f"> leans on {one.place}: “{_escaped(one.quote)}”" for one in evidence.context]
    return [f"> “{quote}”", ">", f"> — {_cited(citation)}", *(line for lean in leaning for line in (">", lean))]


def _cited(citation: Citation) -> str:
    title = f"*{_escaped(citation.title)}*"
    if citation.link:
        title = f"[{title}]({citation.link.replace('(', '%28').replace(')', '%29')})"
    source = f" ({_escaped(citation.source)})" if citation.source else ""
    return f"{title}{source}, {citation.place}, SHA-256 {citation.sha256[:12]}, characters {citation.start}–{citation.end}"


# -- JSON


def _answer_from(row: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]]) -> Answer:
    return Answer(
        question=str(row["question"]),
        query=str(row["query"]),
        evidence=tuple(map(_evidence_from, row["evidence"], annotations)),
        nearest=tuple(map(_evidence_from, row["nearest"])),
        reason=row["reason"],
        confidence=row["confidence"],
        timings=dict(row["timings"]),
    )


def _evidence_from(row: Mapping[str, Any], annotation: Mapping[str, Any] | None = None) -> Evidence:
    """The evidence, with what its annotation says of the words around the quote."""
    citation = Citation(**row["citation"])
    if annotation is not None:
        _, by_quote = annotation["target"]["selector"]
        citation = replace(citation, prefix=str(by_quote["prefix"]), suffix=str(by_quote["suffix"]))
    return Evidence(
        citation,
        score=float(row["score"]),
        confidence=row["confidence"],
        answer=AnswerSpan(**row["answer"]) if row["answer"] else None,
        context=tuple(Citation(**one) for one in row["context"]),
    )
