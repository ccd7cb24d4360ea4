"""A library: articles that are kept, and the sentences of theirs that are nearest to a query, by meaning and by words.

Knows nothing of questions, answers or how the two scores are weighed. What lies on disk is the database's alone; what
searching needs is built in memory from it, and follows what other processes write.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Sentence
from index.database import Database, Entry
from index.encoder import SAME_VECTOR, Encoder
from index.errors import LibraryError, LibraryMismatch, ModelError
from index.lexical import coverage, covering, terms
from index.memory import Memory

__all__ = ["Candidate", "Fuse", "Library", "POOL"]

BESIDE = 2000  # characters on either side of a candidate: more than are read together with it
POOL = 100  # the nearest by meaning and the nearest by words that become candidates, each; R@20 is already .97 to .998

Numbers = NDArray[np.int64]
Fuse = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer: its cosine with the query, and the share of the query's words that it covers (0 to 1)."""

    article: Article
    sentence: Sentence
    dense: float
    lexical: float


class Library:
    """Articles on disk or in memory, searchable. Safe to use from several threads, and beside other processes."""

    def __init__(self, database: Database, encoder: Encoder) -> None:
        self.encoder = encoder
        self._database = database
        self._lock = threading.RLock()
        self._encoder_checked = False
        self._memory = Memory(database)

    @classmethod
    def in_memory(cls, encoder: Encoder | None = None) -> "Library":
        """An empty library that is gone with the process."""
        return cls(Database(), encoder or Encoder())

    @classmethod
    def open(cls, folder: str | Path, *, create: bool = False, encoder: Encoder | None = None) -> "Library":
        """The library in a folder, made first where `create` is set and there is none.

        Raises LibraryNotFound, LibraryMismatch (another saved format), LibraryDamaged or LibraryError.
        """
        return cls(Database(Path(folder), create=create), encoder or Encoder())

    def close(self) -> None:
        """Let go of the file. Nothing is lost without it: every change is on disk when its call returns."""
        self._database.close()

    def __len__(self) -> int:
        return len(self._database.firsts())

    def list(self) -> Sequence[Entry]:
        """All articles, oldest first, without their texts."""
        return self._database.entries()

    def get(self, article_id: str) -> Article:
        """The article with this id. Raises LibraryError where there is none."""
        with self._lock, self._database.reading():
            first = self._database.first(article_id)
            article = None if first is None else self._memory.article(article_id, first)
            if article is None:
                raise _no_article(article_id)
            return article

    def add(self, article: Article, *, progress: bool = False) -> bool:
        """Add an article, in one step that is done or not done; False where the same text is there already.

        An article that came from the same source with another text is replaced in that step; until then, and where the
        model cannot be used (ModelError), the old one stays. Raises LibraryMismatch where the library's vectors are another
        model's.
        """
        self._check_encoder()
        if self._database.first(article.id) is not None:
            return False
        texts = [article.quote(sentence) for sentence in article.sentences if not sentence.furniture]
        vectors = self.encoder.encode(texts, progress=progress)
        if len(vectors) != len(texts) or not np.isfinite(vectors).all():  # it would never be found, and verify would say so
            raise ModelError(f"The model {self.encoder.name} gives no vectors for {article.title!r}.", "Use another model.")
        with self._lock, self._memory.changing() as change:
            if self._database.first(article.id) is not None:  # another thread or process was faster
                return False
            self._check_encoder()
            if not self._encoder_checked:
                self._database.set_meta("encoder", self.encoder.identity)
                self._database.set_meta("encoder_name", self.encoder.name)
                self._database.set_meta("form", self.encoder.form)
            for old_id in self._database.source_ids(article.source) if article.source else []:
                if old := self._database.article(old_id):
                    self._database.delete(old)
                    change.removed.append(old_id)
            self._database.insert(article, vectors)
            change.added = article.id
        return True

    def remove(self, article_id: str) -> None:
        """Remove an article, in one step that is done or not done. Raises LibraryError where there is none."""
        with self._lock, self._memory.changing() as change:
            article = self._database.article(article_id)
            if article is None:
                raise _no_article(article_id)
            self._database.delete(article)
            change.removed.append(article_id)

    def search(
        self,
        query: str,
        *,
        within: Iterable[str] | None = None,
        most: int | None = None,
        around: int = 0,
        fuse: Fuse = np.add,
    ) -> Sequence[Candidate]:
        """The sentences that may answer, in no particular order: the POOL nearest by meaning and by words, in one list.

        `within` keeps to the articles with these ids; an unknown id raises LibraryError. Scores of a sentence depend on
        its own article and the query alone. `most` keeps to so many of them, and the last one's equals, by what `fuse`
        makes of their cosines and coverages: each article that is read from the disk takes its time. What stands beside the
        `around` best in their paragraphs, up to BESIDE characters on either side, comes along whatever it scores.
        """
        self._check_encoder()
        query = query.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character
        vector = self.encoder.encode([query])[0]
        with self._lock, self._database.reading():  # one moment of the file, whatever other processes write meanwhile
            self._memory.follow()
            ranges = self._ranges(within)
            roster, postings, vectors = self._memory.roster, self._memory.postings, self._memory.vectors
            if vectors is None or not len(vectors):
                return []
            looking = vectors.begin(vector, POOL, ranges)  # one processor looks at vectors, and one words up
            try:
                held = [postings.of(term, ranges) for term in terms(query)]
                covered = covering(held, roster, POOL)
                near, _ = looking()

                def scores(numbers: Numbers) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
                    return vectors.scores(vector, numbers), coverage(held, roster, numbers)

                numbers = np.union1d(near, covered)
                dense, lexical = scores(numbers)
                fused = fuse(dense.astype(np.float64), lexical.astype(np.float64))
                beside = self._memory.beside(self._first(numbers, fused, around), BESIDE)
                numbers = np.union1d(numbers[_leading(fused, most)], beside)
                dense, lexical = scores(numbers)
            except KeyError:
                raise self._database.damaged("its full text names sentences that it does not hold") from None
            places = self._memory.places(numbers)
        return [
            Candidate(article, sentence, float(cosine), float(share))
            for (article, sentence), cosine, share in zip(places, dense, lexical, strict=True)
        ]

    def _first(self, numbers: Numbers, scores: NDArray[np.float64], most: int) -> Numbers:
        """The `most` of these with the highest scores, of equal ones by their articles' ids and their own."""
        if not most:
            return numbers[:0]
        likely = _leading(scores, most)
        ids = [self._memory.roster.ids[row] for row in self._memory.roster.rows(numbers[likely])]
        order = sorted(range(len(likely)), key=lambda one: (-scores[likely[one]], ids[one], numbers[likely[one]]))
        return numbers[likely[order[:most]]]

    def verify(self) -> Sequence[str]:
        """What is wrong with the library, a line each; empty where all is well.

        Checks SQLite's file, the full text, counts, the digest of every text, the spans, and that the vectors fit the
        sentences: in number, in length, and the first one of each article against the model itself.
        """
        self._check_encoder()
        problems = self._database.problems()
        for article_id in self._database.firsts():
            try:
                article, stored = self._database.article(article_id), self._database.stored(article_id)
            except LibraryError as error:
                problems.append(error.problem)
                continue
            if article is None or stored is None:  # removed meanwhile
                continue
            indexed = [sentence for sentence in article.sentences if not sentence.furniture]
            if len(indexed) != len(stored.vectors):
                problems.append(f"article {article_id}: {len(stored.vectors)} vectors for {len(indexed)} sentences")
            elif indexed and not _same(
                self.encoder.encode([article.quote(indexed[0])])[0], stored.vectors[0].astype(np.float32)
            ):
                problems.append(f"article {article_id}: its vectors are not those of its sentences")
        return problems

    def _check_encoder(self) -> None:
        """Refuse to compare vectors of two models."""
        if self._encoder_checked:
            return
        made_with = self._database.meta("encoder")
        if made_with is not None and made_with != self.encoder.identity:
            name = self._database.meta("encoder_name")
            raise LibraryMismatch(
                f"The library in {self._database.folder} holds vectors of the model {name} ({str(made_with)[:12]}), "
                f"and not of {self.encoder.name} ({self.encoder.identity[:12]}).",
                f"Open it with that model (--model {name}), or add the articles to a new library.",
            )
        self._encoder_checked = made_with is not None

    def _ranges(self, within: Iterable[str] | None) -> Sequence[tuple[int, int]] | None:
        if within is None:
            return None
        wanted = {within} if isinstance(within, str) else set(within)
        if unknown := sorted(article_id for article_id in wanted if article_id not in self._memory.roster):
            raise _no_article(unknown[0])
        return sorted(map(self._memory.roster.range, wanted))


def _leading(scores: NDArray[np.float64], most: int | None) -> NDArray[np.int64]:
    """The places of the `most` highest scores, or of all, and of the last one's equals."""
    if most is None or most >= len(scores):
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, -most)[-most])


def _no_article(article_id: str) -> LibraryError:
    return LibraryError(f"There is no article {article_id} in the library.", "article-qa list names those there are.")


def _same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two vectors are two forms of one: parallel, or both 0 (a sentence of words that the model does not know)."""
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    return float(one @ other) >= SAME_VECTOR * lengths[0] * lengths[1] and abs(lengths[0] - lengths[1]) < 0.01
