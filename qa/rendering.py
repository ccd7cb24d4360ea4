"""Answers as text to read. Pure functions; knows nothing of terminals, pages or how answers are found."""

from typing import Any

from qa.answer import Answer, Citation, Evidence

__all__ = ["figures_to_text", "place", "to_text"]


def place(citation: Citation) -> str:
    """Where a quote stands, in a reader's words: "paragraph 3, sentence 1"."""
    page = f"p. {citation.page}, " if citation.page is not None else ""
    return f"{page}paragraph {citation.paragraph}, sentence {citation.sentence}"


def to_text(answer: Answer) -> str:
    """An answer for the terminal: numbered quotes with their citations, or why there is none and the nearest sentences."""
    if not answer.abstained:
        return "\n\n".join(_numbered(number, one) for number, one in enumerate(answer.evidence, 1))
    lines = [answer.reason or ""]
    if answer.nearest:
        lines += ["", "Nearest sentences:", *(f"- {_plain(one)}" for one in answer.nearest)]
    return "\n".join(lines)


def _numbered(number: int, evidence: Evidence) -> str:
    return f"[{number}] {_plain(evidence)}"


def _plain(evidence: Evidence) -> str:
    """The quote as it stands, and its citation on the line below."""
    citation = evidence.citation
    source = f" ({citation.source})" if citation.source else ""
    return f"“{evidence.quote}”\n    {place(citation)} · {citation.title}{source}"


def figures_to_text(figures: dict[str, Any]) -> str:
    """What `evaluate` measured, as a table: the ranking against its baselines, then abstention and speed."""
    names = ("sentence_p_at_1", "mrr_at_10", "recall_at_5")
    rows = [("", "P@1", "MRR@10", "R@5"), ("fused", *(_share(figures["metrics"][name]) for name in names))]
    rows += [(label, *(_share(of[name]) for name in names)) for label, of in figures["baselines"].items()]
    lines = ["".join(f"{cell:<10}" for cell in row).rstrip() for row in rows]
    for title in ("metrics", "speed", "profile"):
        lines += ["", title]
        lines += [f"  {name:<28}{_share(value)}" for name, value in figures[title].items() if name not in names]
    return "\n".join(lines)


def _share(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
