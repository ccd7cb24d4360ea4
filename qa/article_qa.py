"""The front door: ask articles a question, and get their own words back or a plain "the article does not say".

Puts the parts together and decides nothing itself: the library finds, the retriever ranks, the reader reads, the profile
judges.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from index import Article, Encoder, Library, LoadError, QuestionError, Sentence, load, load_bundled, load_text
from qa.answer import Answer, AnswerSpan, Citation, Evidence
from qa.calibration import READER, RETRIEVAL, Profile
from qa.context import leans_on
from qa.conversation import Conversation
from qa.reader import READ, SHIPPED, Reader
from qa.retriever import Ranked, Retriever

__all__ = ["ArticleQA", "LONG", "MAX_QUESTION"]

MAX_QUESTION = 1000  # characters; the encoder reads about 256 word pieces, which is what this many hold
MAX_K = 100
LONG = 256  # sentences: from here on, adding takes long enough for a progress bar

NO_ARTICLE = "There is nothing to ask: the library holds no article."
NOT_ABOUT_THIS = "The article does not say: nothing in it seems to be about this."
NOT_SAID = "The article does not say: it speaks of this, but none of its sentences clearly answers what was asked."
TOPIC_WORDS = 0.3  # of the question's weight in one sentence, or
TOPIC_MEANING = 0.4  # the cosine of one sentence with it: from here on, an article speaks of what was asked


class ArticleQA:
    """Asks the articles of a library. Safe to use from several threads.

    The `from_...` constructors and `open` make one from what a user has; the constructor itself takes finished parts.
    """

    def __init__(self, library: Library, profile: Profile | None = None, *, reader: Reader | None = SHIPPED) -> None:
        """`reader=None` answers by retrieval alone; `profile` is a calibration in the place of the shipped ones."""
        self.library = library
        self._retriever = Retriever(library)
        self._reader = reader
        self._profile = profile

    @classmethod
    def from_files(
        cls,
        *sources: str | Path,
        encoding: str | None = None,
        encoder: Encoder | None = None,
        reader: Reader | None = SHIPPED,
        profile: Profile | None = None,
    ) -> "ArticleQA":
        """Ask these files, pages or PDFs at http(s) addresses, or standard input ("-"), in memory.

        Raises LoadError where one cannot be read.
        """
        if not sources:
            raise LoadError("No file is named.", "Name one, or use from_bundled() for the article that comes along.")
        return cls._of([load(source, encoding=encoding) for source in sources], encoder, reader, profile)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        title: str | None = None,
        encoder: Encoder | None = None,
        reader: Reader | None = SHIPPED,
        profile: Profile | None = None,
    ) -> "ArticleQA":
        """Ask this text, in memory. Raises LoadError where it holds no words."""
        return cls._of([load_text(text, title=title)], encoder, reader, profile)

    @classmethod
    def from_bundled(
        cls, *, encoder: Encoder | None = None, reader: Reader | None = SHIPPED, profile: Profile | None = None
    ) -> "ArticleQA":
        """Ask the article that ships with the package."""
        return cls._of([load_bundled()], encoder, reader, profile)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        create: bool = False,
        encoder: Encoder | None = None,
        reader: Reader | None = SHIPPED,
        profile: Profile | None = None,
    ) -> "ArticleQA":
        """Ask the articles of a library on disk. Raises LibraryError where it cannot be opened."""
        return cls(Library.open(folder, create=create, encoder=encoder), profile, reader=reader)

    def close(self) -> None:
        """Let go of the library's file; also at the end of a `with` block. Nothing is lost without it."""
        self.library.close()

    def __enter__(self) -> "ArticleQA":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def conversation(
        self, *, k: int = 3, max_error: float | None = None, within: Iterable[str] | None = None
    ) -> Conversation:
        """Begin a conversation: its questions may lean on earlier ones ("when?"). The arguments are those of `ask`."""
        return Conversation(self, k=k, max_error=max_error, within=within)

    def ask(
        self,
        question: str,
        *,
        query: str | None = None,
        k: int = 3,
        max_error: float | None = None,
        within: Iterable[str] | None = None,
    ) -> Answer:
        """Answer with at most `k` cited sentences, best first, or abstain.

        `query` is searched and read in the place of what was typed, where the question leans on others. `max_error` is the
        share of wrong answers among those given that is accepted, on questions like those of the calibration; without it,
        at least 90 % of the answerable ones are answered. `within` asks only the articles with these ids. Raises
        QuestionError for an empty or too long question, and for numbers out of range.
        """
        started = time.perf_counter()
        _check_k(k)
        threshold = self.threshold(max_error)
        query = question if query is None else query
        ranked = self.retrieve(query, within=within, most=max(k, READ) + 1)  # and one to be ahead of
        retrieved = time.perf_counter()
        ranked = self.read(query, ranked)
        done = time.perf_counter()
        timings = {"retrieve": retrieved - started, "read": done - retrieved, "total": done - started}
        answer = self.decide(query, ranked, k=k, threshold=threshold, timings=timings)
        return replace(answer, question=question)

    def search(self, question: str, *, k: int = 5, within: Iterable[str] | None = None) -> list[Evidence]:
        """Retrieval alone: the `k` best sentences, best first, whether or not they answer."""
        _check_k(k)
        ranked = self.retrieve(question, within=within, most=k, around=0)[:k]
        return [Evidence(Citation.of(one.candidate.article, one.candidate.sentence), one.score) for one in ranked]

    def rank(self, question: str, *, within: Iterable[str] | None = None) -> list[Ranked]:
        """Every candidate sentence, best first: what `ask` draws its evidence from."""
        return self.read(question, self.retrieve(question, within=within))

    def retrieve(
        self, question: str, *, within: Iterable[str] | None = None, most: int | None = None, around: int = READ
    ) -> list[Ranked]:
        """Every candidate sentence, or the `most` best and the last one's equals, best first by retrieval alone.

        What stands beside the `around` best in their paragraphs is among them: it is read with them. Raises QuestionError
        for what cannot be asked.
        """
        # Half a surrogate pair, which a shell makes of an odd byte, has no place in a model or a database.
        query = question.strip().encode("utf-8", "replace").decode("utf-8")
        if not query:
            raise QuestionError("The question is empty.", "Type a question, such as: who did Zhao meet?")
        if len(query) > MAX_QUESTION:
            raise QuestionError(
                f"The question has {len(query):,} characters, and {MAX_QUESTION:,} is the limit.", "Ask it in fewer words."
            )
        return self._retriever.retrieve(query, within=within, most=most, around=around if self.reader else 0)

    def read(self, question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
        """The same candidates, best first as the reader has it; as they are where there is no reader."""
        if self.reader is None:
            return list(ranked)
        return self.reader.read(question.strip().encode("utf-8", "replace").decode("utf-8"), ranked)

    @cached_property
    def reader(self) -> Reader | None:
        """The reader in use: None where none was wanted, and where the shipped one is not there or not for the encoder.

        Its scores are fused with those of the encoder that it was fitted with; to read beside another, hand over a Reader.
        """
        if self._reader is SHIPPED and not (SHIPPED.there and self.library.encoder.identity == RETRIEVAL.encoder):
            return None
        return self._reader

    @cached_property
    def profile(self) -> Profile:
        """The calibration in use, or that would be, were it not fitted with other models: see `calibrated`."""
        return self._profile or (READER if self.reader else RETRIEVAL)

    def threshold(self, max_error: float | None) -> float | None:
        """The confidence below which to abstain, or None where the models in use have no calibration.

        Raises QuestionError for an error rate that is out of range, or that no threshold of the profile keeps to.
        """
        if not self.calibrated:
            if max_error is not None:
                raise QuestionError(
                    f"An error rate cannot be promised: the calibration {self.profile.name} is not for the models in use.",
                    "Fit one with article-qa calibrate FILE.json and name it with --profile, or use the default models.",
                )
            return None
        return self.profile.default_threshold if max_error is None else self.profile.threshold_for(max_error)

    @cached_property
    def calibrated(self) -> bool:
        """Whether the profile was fitted with the encoder and the reader in use, so that confidences mean something."""
        reader = self.reader.identity if self.reader else None
        return (self.profile.encoder, self.profile.reader) == (self.library.encoder.identity, reader)

    def profile_names(self, max_error: float | None = None) -> dict[str, object]:
        """Which fitted numbers are in use, by name, and the calibration's threshold; None for what is not in use."""
        return {
            "fusion": self._retriever.fusion.name,
            "reader": self.reader.identity if self.reader else None,
            "combination": self.reader.combination.name if self.reader else None,
            "calibration": self.profile.name if self.calibrated else None,
            "max_error": max_error,
            "threshold": self.threshold(max_error),
        }

    def decide(
        self, question: str, ranked: list[Ranked], *, k: int, threshold: float | None, timings: dict[str, float]
    ) -> Answer:
        """Answer from a ranking, or abstain where its first sentence is not above the threshold."""
        found = self._evidence(ranked, k)
        confidence = found[0].confidence if found else None
        # Without a calibration, only a question that shares neither words nor meaning with any sentence is turned away.
        floor = 0.0 if threshold is None else threshold
        good = [one for one in found if (one.score if threshold is None else one.confidence or 0.0) > floor]
        if good and good[0] is found[0]:
            return Answer(question, question.strip(), tuple(good), confidence=confidence, timings=timings)
        return Answer(
            question,
            question.strip(),
            evidence=(),
            nearest=tuple(replace(one, answer=None) for one in found),
            reason=NO_ARTICLE if not ranked else NOT_SAID if _on_topic(ranked) else NOT_ABOUT_THIS,
            confidence=confidence,
            timings=timings,
        )

    @classmethod
    def _of(
        cls, articles: list[Article], encoder: Encoder | None, reader: Reader | None, profile: Profile | None
    ) -> "ArticleQA":
        library = Library.in_memory(encoder)
        for article in articles:
            library.add(article, progress=len(article.sentences) > LONG)
        return cls(library, profile, reader=reader)

    def _evidence(self, ranked: list[Ranked], k: int) -> list[Evidence]:
        return [
            Evidence(
                Citation.of(one.candidate.article, one.candidate.sentence),
                score=one.score,
                confidence=self.profile.confidence(ranked, place) if self.calibrated else None,
                answer=_answer(one),
                context=_context(one.candidate.article, one.candidate.sentence),
            )
            for place, one in enumerate(ranked[:k])
        ]


def _context(article: Article, sentence: Sentence) -> tuple[Citation, ...]:
    """The sentences that say who or what goes with the pronoun that the sentence begins with, where it does."""
    return tuple(Citation.of(article, one) for one in leans_on(article, sentence))


def _answer(ranked: Ranked) -> AnswerSpan | None:
    """The words that the reader found, with their place in the article."""
    reading = ranked.reading
    if reading is None:
        return None
    return AnswerSpan(ranked.candidate.article.text[reading.start : reading.end], reading.start, reading.end)


def _on_topic(ranked: Sequence[Ranked]) -> bool:
    """Whether any candidate shares the question's words, or comes near to its meaning."""
    return any(one.candidate.lexical >= TOPIC_WORDS or one.candidate.dense >= TOPIC_MEANING for one in ranked)


def _check_k(k: int) -> None:
    if not 1 <= k <= MAX_K:
        raise QuestionError(f"k is {k}.", f"Ask for 1 to {MAX_K} sentences.")
