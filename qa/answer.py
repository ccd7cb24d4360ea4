"""What comes back from a question: quotes with citations that anyone can check, or a plain "the article does not say".

Frozen records; knows nothing of how they are found or shown. Every word of a quote is a slice of one version of one
article, and the records refuse to be made otherwise.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from index import Article, Sentence

__all__ = ["Answer", "AnswerSpan", "Citation", "Evidence"]


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands: `article.text[start:end] == quote`, in the version of the text that `sha256` names.

    `paragraph` counts from 1, `sentence` from 1 within its paragraph; `page` is None where the source has no pages;
    offsets are half-open Unicode code points.
    """

    article_id: str
    title: str
    source: str | None
    paragraph: int
    sentence: int
    page: int | None
    start: int
    end: int
    quote: str
    sha256: str

    @classmethod
    def of(cls, article: Article, sentence: Sentence) -> "Citation":
        """Cite a sentence of an article."""
        return cls(
            article_id=article.id,
            title=article.title,
            source=article.source,
            paragraph=sentence.paragraph,
            sentence=sentence.number,
            page=article.page(sentence.start),
            start=sentence.start,
            end=sentence.end,
            quote=article.quote(sentence),
            sha256=article.sha256,
        )

    @property
    def place(self) -> str:
        """Where the quote stands, in a reader's words: "paragraph 3, sentence 1"."""
        page = f"p. {self.page}, " if self.page is not None else ""
        return f"{page}paragraph {self.paragraph}, sentence {self.sentence}"

    def holds(self, article: Article) -> bool:
        """Whether the article is the cited version and has these very words at this very place."""
        return self.sha256 == article.sha256 and article.text[self.start : self.end] == self.quote


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """The words inside a quote that answer, with their offsets into the article's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cited sentence, with its `score` (higher is better, comparable within one answer).

    `answer` marks the answering words inside the quote, where a reader has found them. `confidence` is the calibrated
    probability that this sentence is right, None without a calibration. `context` cites sentences that the quote leans on.
    """

    citation: Citation
    score: float
    confidence: float | None = None
    answer: AnswerSpan | None = None
    context: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        if self.answer is not None:
            offset = self.citation.start
            marked = self.quote[self.answer.start - offset : self.answer.end - offset]
            if self.answer.start < offset or marked != self.answer.text or not marked:
                raise ValueError(f"{self.answer} does not lie inside {self.citation}")

    @property
    def quote(self) -> str:
        return self.citation.quote

    def __str__(self) -> str:
        """The quote as it stands, and its citation on the line below."""
        source = f" ({self.citation.source})" if self.citation.source else ""
        return f"“{self.quote}”\n    {self.citation.place} · {self.citation.title}{source}"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON's types, the quote first."""
        return {"quote": self.quote} | asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: `evidence`, best first, or an abstention with its `reason` and the `nearest` sentences.

    `question` is what was typed, `query` what was searched. `confidence` is the calibrated probability that the first
    sentence of the ranking is right, given for abstentions too; None where the models in use have no calibration.
    `timings` are seconds, by step.
    """

    question: str
    query: str
    evidence: tuple[Evidence, ...]
    nearest: tuple[Evidence, ...] = ()
    reason: str | None = None
    confidence: float | None = None
    timings: dict[str, float] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if (self.reason is None) == (not self.evidence) or (self.evidence and self.nearest):
            raise ValueError("an answer has either evidence, or a reason why not and the nearest sentences")

    @property
    def abstained(self) -> bool:
        return not self.evidence

    def to_dict(self) -> dict[str, Any]:
        """The whole answer as JSON's types; the command line's --json and the page's endpoints give exactly this."""
        return {
            "question": self.question,
            "query": self.query,
            "abstained": self.abstained,
            "reason": self.reason,
            "confidence": self.confidence,
            "evidence": [evidence.to_dict() for evidence in self.evidence],
            "nearest": [evidence.to_dict() for evidence in self.nearest],
            "timings": dict(self.timings),
        }

    def __str__(self) -> str:
        """As a terminal shows it: numbered quotes with their citations, or why there is none and the nearest sentences."""
        if not self.abstained:
            return "\n\n".join(f"[{number}] {one}" for number, one in enumerate(self.evidence, 1))
        nearest = ["", "Nearest sentences:", *(f"- {one}" for one in self.nearest)] if self.nearest else []
        return "\n".join([self.reason or "", *nearest])
