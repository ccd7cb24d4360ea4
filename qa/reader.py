"""The best candidates are read in their paragraphs: each gets a score, the words in it that answer, and how surely any do.

Knows nothing of libraries, thresholds or calibration. What a sentence scores depends on the question and its own article
alone: its window of text is cut the same way whatever else is a candidate.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import Article, ModelFiles, Network, Pieces, Sentence, SpanModel
from qa.retriever import Ranked, Reading

__all__ = ["COMBINATION", "Combination", "READ", "Reader", "SHIPPED"]

WEIGHTS = Path(__file__).parent / "reader.safetensors"
WEIGHTS_SHA256 = "15cf63554ebc5287c58a825d6fd34b3d955f43e6a4e8c762ed694a5f02cd8eab"  # of the file that this version ships

READ = 8  # candidates that are read, with what stands beside them: 12 put as many right sentences first, and take longer
WINDOW = 176  # most word pieces of article text read at once, as in training
QUESTION = 40  # most word pieces of a question, as in training
LONGEST = 30  # word pieces of an answer; of SQuAD's, 99 % are shorter


@dataclass(frozen=True, slots=True)
class Combination:
    """How reading and retrieval become one score: fused + `worth` * the sentence's worth + `span` * its best answer's.

    `origin` says where the numbers come from.
    """

    name: str
    worth: float
    span: float
    origin: str

    def score(self, fused: float, reading: Reading) -> float:
        return fused + self.worth * reading.worth + self.span * reading.span


COMBINATION = Combination(
    name="reader-5",
    worth=0.17,
    span=0.0,
    origin=(
        "Fitted for the shipped weights by sentence P@1 on what was not learnt: falling from .1 to .22 on 612 questions of "
        "SQuAD 2.0 dev articles (.882 to .868; .876 here, .807 by retrieval alone), rising on 500 on written articles of "
        "general subjects (.871 to .888; .885 here) and 300 on invented ones (.812 to .833; .829); the span adds nothing."
    ),
)
FOREIGN = Combination(
    name="foreign-1",
    worth=0.07,
    span=0.01,
    origin="Not fitted: the shipped weights' first numbers, for models whose logits have about the same size.",
)


class Reader:
    """Reads with these weights: by default those that this package ships. Safe to use from several threads.

    Nothing is loaded before the first question. Other weights are a file that `python -m qa.training` made, or any
    extractive question-answering model of transformers: a folder, or a name, fetched only where `download` is set.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        combination: Combination | None = None,
        base: ModelFiles | None = None,
        expected: str | None = None,
        download: bool = False,
    ) -> None:
        """`base` carries the word embeddings, all-MiniLM-L6-v2's by default; `expected` is the SHA-256 of the weights."""
        self.weights = Path(weights) if weights is not None else WEIGHTS
        self._ours = self.weights.is_file() or self.weights.suffix == ".safetensors"
        self.combination = combination or (COMBINATION if self._ours else FOREIGN)
        self._base = base
        self._download = download
        self._expected = WEIGHTS_SHA256 if weights is None else expected

    @property
    def there(self) -> bool:
        """Whether the file with the weights is there."""
        return self.weights.is_file()

    @property
    def identity(self) -> str:
        """SHA-256 of the weights, in hex. Raises ModelError where they are not those of this version."""
        return self.network.identity

    @cached_property
    def network(self) -> Network | SpanModel:
        if not self._ours:
            return SpanModel(self.weights, download=self._download)
        return Network(self.weights, base=self._base, expected=self._expected)

    def read(self, question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
        """The same candidates, best first by what was read.

        The first READ are read in their paragraphs, and with them whatever other candidate stands there. Those that were not
        read keep their order, behind the first READ. Raises ModelError where the weights cannot be used.
        """
        if not ranked:
            return []
        chosen = ranked[:READ]
        paragraphs = self._paragraphs(chosen)
        windows: dict[tuple[str, int], _Window] = {}
        rest: list[Ranked] = []
        for place, one in enumerate(ranked):
            article, sentence = one.candidate.article, one.candidate.sentence
            paragraph = paragraphs.get((article.id, sentence.paragraph))
            key = (article.id, paragraph.first(sentence).start) if paragraph else None
            if paragraph and key and (place < READ or key in windows):
                if key not in windows:
                    windows[key] = paragraph.window(sentence)
                windows[key].wanted.append(one)
            else:
                rest.append(one)
        asked = self.network.pieces([question])[0].ids[:QUESTION]
        logits = self.network.logits(asked, [window.ids for window in windows.values()])
        read = []
        for window, of_window in zip(windows.values(), logits, strict=True):
            for one in window.wanted:
                reading = window.reading(one.candidate.sentence, of_window)
                read.append(replace(one, score=self.combination.score(one.score, reading), reading=reading))
        # What was not read comes after the worst of the first READ, as far apart as retrieval has it.
        places = {id(one.candidate) for one in chosen}
        least = min(one.score for one in read if id(one.candidate) in places)
        behind = [replace(one, score=least + one.score - chosen[-1].score) for one in rest]
        return sorted(
            read + behind,
            key=lambda one: (-one.score, one.reading is None, one.candidate.article.id, one.candidate.sentence.start),
        )

    def _paragraphs(self, chosen: Sequence[Ranked]) -> dict[tuple[str, int], "_Paragraph"]:
        """Every paragraph that holds one of these, cut into pieces in one call: each takes its time."""
        held: dict[tuple[str, int], tuple[Article, list[Sentence]]] = {}
        texts: list[str] = []
        for one in chosen:
            article, sentence = one.candidate.article, one.candidate.sentence
            if (key := (article.id, sentence.paragraph)) not in held:
                held[key] = article, [other for other in _paragraph(article, sentence) if not other.furniture]
                texts += map(article.quote, held[key][1])
        pieces = iter(self.network.pieces(texts))
        return {key: _Paragraph(article, of, list(islice(pieces, len(of)))) for key, (article, of) in held.items()}


class _Paragraph:
    """The sentences of a paragraph in pieces, and the window of it in which each is read: the same whoever else is."""

    def __init__(self, article: Article, sentences: Sequence[Sentence], pieces: Sequence[Pieces]) -> None:
        self._article, self._sentences, self._pieces = article, sentences, pieces
        self._places = {sentence.start: place for place, sentence in enumerate(sentences)}
        self._runs = _runs([min(len(one.ids), WINDOW) for one in pieces])

    def first(self, sentence: Sentence) -> Sentence:
        """The first sentence of its window."""
        return self._sentences[self._runs[self._places[sentence.start]].start]

    def window(self, sentence: Sentence) -> "_Window":
        """Its paragraph; of a long one, the run of whole sentences in which it stands most in the middle."""
        run = self._runs[self._places[sentence.start]]
        return _Window(self._article, self._sentences[run.start : run.stop], self._pieces[run.start : run.stop])


class _Window:
    """A run of whole sentences of one paragraph, read at once, and the candidates among them."""

    def __init__(self, article: Article, sentences: Sequence[Sentence], pieces: Sequence[Pieces]) -> None:
        self.wanted: list[Ranked] = []
        self._article = article
        self._sentences = list(sentences)
        self._pieces = [Pieces(one.ids[:WINDOW], one.words[:WINDOW], one.spans[:WINDOW]) for one in pieces]
        self.ids = np.concatenate([one.ids for one in self._pieces])

    def reading(self, sentence: Sentence, logits: NDArray[np.float32]) -> Reading:
        """What the logits of this window, shape (1 + pieces, 3), say of one of its sentences."""
        number = self._sentences.index(sentence)
        before = 1 + sum(len(one.ids) for one in self._pieces[:number])
        pieces = self._pieces[number]
        own = logits[before : before + len(pieces.ids)]
        absent, absent_span = float(logits[0, 2]), float(logits[0, 0] + logits[0, 1])
        if not len(own):  # a sentence of which the model knows no piece, such as one of control characters
            return Reading(absent - 10, absent_span - 10, sentence.start, sentence.end, absent, absent_span)
        sums = own[:, 0, None] + own[None, :, 1]
        allowed = np.tri(len(own), dtype=bool).T & np.tri(len(own), k=LONGEST - 1, dtype=bool)
        first, last = np.unravel_index(np.argmax(np.where(allowed, sums, -np.inf)), sums.shape)
        words = pieces.words  # an answer is made of whole words: a piece of one is marked with the rest of it
        whole = (words >= words[first]) & (words <= words[last])
        places = pieces.spans[whole]
        start, end = _trimmed(self._article.text, sentence.start + int(places[0, 0]), sentence.start + int(places[-1, 1]))
        return Reading(
            worth=float(np.logaddexp.reduce(own[:, 2])),
            span=float(sums[first, last]),
            start=start,
            end=min(end, sentence.end),
            absent=absent,
            absent_span=absent_span,
        )


def _paragraph(article: Article, sentence: Sentence) -> Sequence[Sentence]:
    first = bisect_left(article.sentences, sentence.paragraph, key=lambda one: one.paragraph)
    last = bisect_left(article.sentences, sentence.paragraph + 1, lo=first, key=lambda one: one.paragraph)
    return article.sentences[first:last]


def _runs(sizes: Sequence[int]) -> list[range]:
    """For each sentence of a paragraph, of the runs that it is read in the one with most on either side of the sentence.

    A run holds as many whole sentences as fit a window, and the next one begins in its middle.
    """
    begins = [0, *accumulate(sizes)]

    def stop(first: int) -> int:
        """One past the last sentence of the run that begins with this one."""
        return max(first + 1, bisect_right(begins, begins[first] + WINDOW) - 1)

    runs = [range(stop(0))]
    while runs[-1].stop < len(sizes):
        middle = bisect_right(begins, begins[runs[-1].start] + WINDOW // 2) - 1
        first = min(max(middle, runs[-1].start + 1), runs[-1].stop)
        runs.append(range(first, stop(first)))

    def margin(run: range, wanted: int) -> int:
        before = begins[wanted] - begins[run.start] if run.start else WINDOW
        after = begins[run.stop] - begins[wanted + 1] if run.stop < len(sizes) else WINDOW
        return min(before, after)

    best = [runs[0]] * len(sizes)
    for run in runs:
        for wanted in run:
            if wanted not in best[wanted] or margin(run, wanted) > margin(best[wanted], wanted):
                best[wanted] = run
    return best


PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»", '"': '"'}
STRAY = set(",;:.!?-–—…/|*_'`") | PAIRS.keys() | set(PAIRS.values())


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space and stray punctuation at its ends; without white space alone where it is all that.

    A bracket or quotation mark stays where its partner is inside, and so do the last stop of "U.S." and the sign of "-5".
    """
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    low, high = start, end
    while low < high and (text[low].isspace() or _stray_first(text[low:high])):
        low += 1
    while low < high and (text[high - 1].isspace() or _stray_last(text[low:high])):
        high -= 1
    return (low, high) if low < high else (start, end)


def _stray_first(words: str) -> bool:
    mark, rest = words[0], words[1:]
    if mark in PAIRS:
        return PAIRS[mark] not in rest
    return mark in STRAY and not (mark in "-.'" and rest[:1].isdigit())


def _stray_last(words: str) -> bool:
    mark, rest = words[-1], words[:-1]
    if mark in PAIRS.values():
        return not any(opening in rest for opening, closing in PAIRS.items() if closing == mark)
    return mark in STRAY and not (mark == "." and "." in rest.rsplit(" ", 1)[-1])


SHIPPED = Reader()
