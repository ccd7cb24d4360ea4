"""The front door: ask articles a question, and get their own words back or a plain "the article does not say".

Puts the parts together and decides nothing itself: the library finds, the retriever ranks, the profile judges.
"""

import time
from collections.abc import Collection
from pathlib import Path

from index import Article, Encoder, Library, QuestionError, load, load_bundled, load_text
from qa.answer import Answer, Citation, Evidence
from qa.calibration import RETRIEVAL, Profile
from qa.retriever import Ranked, Retriever

__all__ = ["ArticleQA", "MAX_QUESTION"]

MAX_QUESTION = 1000  # characters; the encoder reads about 256 word pieces, which is what this many hold
MAX_K = 100

NOT_ABOUT_THIS = "The article does not say: nothing in it seems to be about this."
NOT_SURE = "The article does not say: some of its sentences come near, but none clearly enough to be an answer."


class ArticleQA:
    """Asks the articles of a library. Safe to use from several threads.

    The `from_...` constructors and `open` make one from what a user has; the constructor itself takes finished parts.
    """

    def __init__(self, library: Library, profile: Profile = RETRIEVAL) -> None:
        self.library = library
        self._retriever = Retriever(library)
        self._profile = profile

    @classmethod
    def from_files(cls, *sources: str | Path, encoding: str = "utf-8", encoder: Encoder | None = None) -> "ArticleQA":
        """Ask these files of plain text or Markdown, in memory. Raises LoadError where one cannot be read."""
        return cls._of([load(source, encoding=encoding) for source in sources], encoder)

    @classmethod
    def from_text(cls, text: str, *, title: str | None = None, encoder: Encoder | None = None) -> "ArticleQA":
        """Ask this text, in memory. Raises LoadError where it holds no words."""
        return cls._of([load_text(text, title=title)], encoder)

    @classmethod
    def from_bundled(cls, *, encoder: Encoder | None = None) -> "ArticleQA":
        """Ask the article that ships with the package."""
        return cls._of([load_bundled()], encoder)

    @classmethod
    def open(cls, folder: str | Path, *, create: bool = False, encoder: Encoder | None = None) -> "ArticleQA":
        """Ask the articles of a library on disk. Raises LibraryError where it cannot be opened."""
        return cls(Library.open(folder, create=create, encoder=encoder))

    def ask(
        self, question: str, *, k: int = 3, max_error: float | None = None, within: Collection[str] | None = None
    ) -> Answer:
        """Answer with at most `k` cited sentences, best first, or abstain.

        `max_error` is the share of wrong answers among those given that is accepted, on questions like those of the
        calibration; without it, at least 90 % of the answerable ones are answered. `within` asks only the articles with
        these ids. Raises QuestionError for an empty or too long question, and for numbers out of range.
        """
        started = time.perf_counter()
        _check_k(k)
        threshold = self.threshold(max_error)
        ranked = self.rank(question, within=within)
        retrieved = time.perf_counter()
        timings = {"retrieve": retrieved - started, "total": retrieved - started}
        return self.decide(question, ranked, k=k, threshold=threshold, timings=timings)

    def search(self, question: str, *, k: int = 5, within: Collection[str] | None = None) -> list[Evidence]:
        """Retrieval alone: the `k` best sentences, best first, whether or not they answer."""
        _check_k(k)
        return self._evidence(self.rank(question, within=within), k)

    def rank(self, question: str, *, within: Collection[str] | None = None) -> list[Ranked]:
        """Every candidate sentence, best first; what `ask` and `search` are drawn from."""
        # Half a surrogate pair, which a shell makes of an odd byte, has no place in a model or a database.
        query = question.strip().encode("utf-8", "replace").decode("utf-8")
        if not query:
            raise QuestionError("The question is empty.", "Type a question, such as: who did Zhao meet?")
        if len(query) > MAX_QUESTION:
            raise QuestionError(
                f"The question has {len(query):,} characters, and {MAX_QUESTION:,} is the limit.", "Ask it in fewer words."
            )
        return self._retriever.retrieve(query, within=within)

    def threshold(self, max_error: float | None) -> float | None:
        """The confidence below which to abstain, or None where the models in use have no calibration.

        Raises QuestionError for an error rate that is out of range, or that no threshold of the profile keeps to.
        """
        if not self.calibrated:
            if max_error is not None:
                raise QuestionError(
                    f"An error rate cannot be promised: the calibration {self._profile.name} is not for the model "
                    f"{self.library.encoder.name}.",
                    "Ask without it, or use the default model.",
                )
            return None
        return self._profile.default_threshold if max_error is None else self._profile.threshold_for(max_error)

    @property
    def calibrated(self) -> bool:
        """Whether the profile was fitted with the encoder in use, so that confidences mean something."""
        return self._profile.encoder == self.library.encoder.identity

    def profile_names(self, max_error: float | None = None) -> dict[str, object]:
        """Which fitted numbers are in use: the fusion's name, the calibration's, and its threshold; None without one."""
        return {
            "fusion": self._retriever.fusion.name,
            "calibration": self._profile.name if self.calibrated else None,
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
        on_topic = bool(found) and any(one.candidate.lexical > 0 for one in ranked[:1])
        return Answer(
            question,
            question.strip(),
            evidence=(),
            nearest=tuple(found),
            reason=NOT_SURE if on_topic else NOT_ABOUT_THIS,
            confidence=confidence,
            timings=timings,
        )

    @classmethod
    def _of(cls, articles: list[Article], encoder: Encoder | None) -> "ArticleQA":
        library = Library.in_memory(encoder)
        for article in articles:
            library.add(article)
        return cls(library)

    def _evidence(self, ranked: list[Ranked], k: int) -> list[Evidence]:
        return [
            Evidence(
                Citation.of(one.candidate.article, one.candidate.sentence),
                score=one.score,
                confidence=self._profile.confidence(ranked, place) if self.calibrated else None,
            )
            for place, one in enumerate(ranked[:k])
        ]


def _check_k(k: int) -> None:
    if not 1 <= k <= MAX_K:
        raise QuestionError(f"k is {k}.", f"Ask for 1 to {MAX_K} sentences.")
