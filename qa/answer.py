"""What comes back from a question: quotes with citations that anyone can check, or a plain "the article does not say".

Frozen records; knows nothing of how they are found or shown. Every word of a quote is a slice of one version of one
article, and the records refuse to be made otherwise.
"""

import base64
import re
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote as percent_encoded

from index import Article, Sentence

__all__ = ["Answer", "AnswerSpan", "Citation", "Evidence"]

AROUND = 32  # characters of the text before and after a quote that a citation carries, as annotation tools do
WHOLE = 300  # characters up to which a link names the whole quote; of a longer one, its first and last words
ENDS = 6  # words


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands: `article.text[start:end] == quote`, in the version of the text that `sha256` names.

    `paragraph` counts from 1, `sentence` from 1 within its paragraph; `page` is None where the source has no pages;
    offsets are half-open Unicode code points. `prefix` and `suffix` are what stands around the quote, at most AROUND
    characters each; they tell equal quotes apart in another version, and are no part of `to_dict`.
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
    prefix: str = field(default="", repr=False, compare=False)
    suffix: str = field(default="", repr=False, compare=False)

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
            prefix=article.text[max(0, sentence.start - AROUND) : sentence.start],
            suffix=article.text[sentence.end : sentence.end + AROUND],
        )

    @property
    def place(self) -> str:
        """Where the quote stands, in a reader's words: "paragraph 3, sentence 1"."""
        page = f"p. {self.page}, " if self.page is not None else ""
        return f"{page}paragraph {self.paragraph}, sentence {self.sentence}"

    def holds(self, article: Article) -> bool:
        """Whether the article is the cited version and has these very words at this very place."""
        return self.sha256 == article.sha256 and article.text[self.start : self.end] == self.quote

    @property
    def link(self) -> str | None:
        """An address that opens the source with the quote lit, where the source is a web page: a text fragment."""
        if not re.match(r"https?://", self.source or "", re.IGNORECASE):
            return None
        words = self.quote.split()
        parts = [words] if len(self.quote) <= WHOLE else [words[:ENDS], words[-ENDS:]]
        # A hyphen, a comma or an ampersand would be read as part of the directive.
        directive = ",".join(percent_encoded(" ".join(part), safe="").replace("-", "%2D") for part in parts)
        address, _, fragment = str(self.source).partition("#")
        return f"{address}#{fragment.partition(':~:')[0]}:~:text={directive}"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON's types."""
        fields = asdict(self)
        del fields["prefix"], fields["suffix"]
        return fields

    def to_w3c(self) -> dict[str, Any]:
        """The citation as a Web Annotation (W3C, 2017) in JSON-LD: its place by position, and by quote with what is around.

        The target is the web page, with the cited version of its text by digest (RFC 6920), or that text itself.
        """
        digest = base64.urlsafe_b64encode(bytes.fromhex(self.sha256)).decode().rstrip("=")
        version = f"ni:///sha-256;{digest}"
        target: dict[str, Any] = {"source": self.source, "state": {"type": "TimeState", "cached": version}}
        if not self.link:
            target = {"source": version}
        target["selector"] = [
            {"type": "TextPositionSelector", "start": self.start, "end": self.end},
            {"type": "TextQuoteSelector", "exact": self.quote, "prefix": self.prefix, "suffix": self.suffix},
        ]
        return {
            "@context": "http://www.w3.org/ns/anno.jsonld",
            "id": uuid.uuid5(uuid.NAMESPACE_URL, f"{version}#char={self.start},{self.end}").urn,
            "type": "Annotation",
            "motivation": "highlighting",
            "target": target,
        }


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
        """The quote as it stands, its citation on the line below, and then what it leans on."""
        source = f" ({self.citation.source})" if self.citation.source else ""
        context = "".join(f"\n    leans on {one.place}: “{one.quote}”" for one in self.context)
        return f"“{self.quote}”\n    {self.citation.place} · {self.citation.title}{source}{context}"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON's types, the quote first."""
        cited = {"context": [one.to_dict() for one in self.context], "citation": self.citation.to_dict()}
        return {"quote": self.quote} | asdict(self) | cited


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
