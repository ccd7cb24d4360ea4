"""Questions with known answers become examples to learn from: windows with the answer, and windows that only look like it.

Knows nothing of networks or losses. Each example is drawn anew: its windows are cut at random, some answers are withheld,
some questions are misspelt, and the names of some are others.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import Network, Pieces
from qa.bending import Renaming, bent, names, turns
from qa.evaluation import Question, read_questions
from qa.reader import QUESTION, WINDOW

__all__ = ["Example", "Sampler", "Source", "Text"]

NEAR = 24  # look-alikes that are kept for a question
SCATTERED = 12  # sentences an article, on the average, below which look-alikes come from the whole file
BUDGETS = (64, 96, 128, 160, WINDOW)  # word pieces of a window
WITHHELD = 0.08  # of the questions with misleading windows, those that are shown without the one that answers them
BENT = 0.14  # of the answerable questions, those that are turned into one which the same window does not answer
THINNED = 0.1  # of the questions, those that lose a word which their answer's sentence has too: people ask in other words
MISLEADING = (2, 4, 5, 5, 4)  # how often 0, 1, 2, ... windows that only look like it stand beside the one with the answer
RENAMED = 0.35  # of the questions with names, those whose names are others, there and in what is read
STEM = 6  # letters


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence: its article's and its paragraph's numbers in the file, where in the article it begins, and its pieces."""

    article: int
    paragraph: int
    start: int
    words: str
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Example:
    """A question's pieces, and its windows of sentences by number, whose pieces are in `pieces`.

    `spans` are answers as (sentence, start, end): characters of that sentence.
    """

    ids: NDArray[np.int64]
    windows: Sequence[Sequence[int]]
    pieces: Mapping[int, Pieces]
    spans: Sequence[tuple[int, int, int]]


@dataclass(slots=True)
class _Asked:
    """A question of the file: its answers by sentence, its paragraph, and the sentences most like it, best first."""

    text: str
    paragraph: int
    spans: list[tuple[int, int, int]]
    answers: list[str]
    near: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


class Source:
    """One file in SQuAD's format; `held_out` of its articles, drawn at random, are left out and named in `apart`."""

    def __init__(self, file: Path, network: Network, *, held_out: int, seed: int) -> None:
        questions = read_questions(file)
        articles = list({one.article.id: one.article for one in questions}.values())
        left_out = random.Random(seed).sample(articles, min(held_out, len(articles)))
        self.name = file.stem
        self.marks = network.marks
        self.apart = [article.title for article in left_out]
        self.texts: list[Text] = []
        self.paragraphs: list[range] = []
        firsts: dict[str, int] = {}
        numbers = {article.id: number for number, article in enumerate(articles) if article not in left_out}
        for article in articles:
            if article.id not in numbers:
                continue
            firsts[article.id] = len(self.texts)
            pieces = network.pieces([article.quote(sentence) for sentence in article.sentences])
            for paragraph in article.paragraphs:
                self.paragraphs.append(range(len(self.texts), len(self.texts) + len(paragraph)))
                for sentence in paragraph:
                    cut = _cut(pieces[len(self.texts) - firsts[article.id]])
                    number = len(self.paragraphs) - 1
                    self.texts.append(Text(numbers[article.id], number, sentence.start, article.quote(sentence), cut))
        self.names: dict[int, list[str]] = {}
        for text in self.texts:
            self.names.setdefault(text.article, []).extend(names(text.words))
        self.all_names = sorted({name for held in self.names.values() for name in held})
        self.scattered = len(self.texts) < SCATTERED * len(firsts)
        self.questions = [self._asked(one, firsts[one.article.id]) for one in questions if one.article.id in firsts]
        self.questions = [one for one in self.questions if one.spans or not one.answers]
        _find_near(self)

    def _asked(self, question: Question, first: int) -> _Asked:
        starts = [sentence.start for sentence in question.article.sentences]
        spans = set()
        for start, end in question.spans:
            row = int(np.searchsorted(starts, start, side="right")) - 1
            if row >= 0 and start < question.article.sentences[row].end:
                spans.add((first + row, start - starts[row], end - starts[row]))
        row = max(0, int(np.searchsorted(starts, question.place, side="right")) - 1)
        answers = [answer.lower() for answer in question.answers]
        return _Asked(question.text.strip(), self.texts[first + row].paragraph, sorted(spans), answers)


def _cut(pieces: Pieces) -> Pieces:
    return Pieces(pieces.ids[:WINDOW], pieces.words[:WINDOW], pieces.spans[:WINDOW])


def _find_near(source: Source) -> None:
    """Give each question the NEAR sentences, of its article or of the whole file, with the highest tf-idf cosine."""
    postings: dict[str, tuple[list[int], list[float]]] = {}
    counted = [_stems(text.words) for text in source.texts]
    for number, stems in enumerate(counted):
        for stem in set(stems):
            numbers, counts = postings.setdefault(stem, ([], []))
            numbers.append(number)
            counts.append(1 + float(np.log(stems.count(stem))))
    norms = np.zeros(len(source.texts))
    weighed: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
    for stem, (numbers, counts) in postings.items():
        rarity = 1 + np.log((1 + len(source.texts)) / (1 + len(numbers)))
        weighed[stem] = np.array(numbers), np.array(counts) * rarity
        norms[weighed[stem][0]] += weighed[stem][1] ** 2
        weighed[stem] = weighed[stem][0], weighed[stem][1] * rarity
    norms = np.sqrt(norms) + 1e-9
    articles = np.array([text.article for text in source.texts])
    for question in source.questions:
        scores = np.zeros(len(source.texts))
        for stem in set(_stems(question.text)) & weighed.keys():
            scores[weighed[stem][0]] += weighed[stem][1]
        scores /= norms
        if not source.scattered:
            scores[articles != source.texts[source.paragraphs[question.paragraph].start].article] = -1.0
        best = np.argsort(-scores, kind="stable")[:NEAR]
        question.near = best[scores[best] >= 0]


def _stems(text: str) -> list[str]:
    return [word[:STEM] for word in re.findall(r"[^\W_]+", text.lower())]


class Sampler:
    """Draws examples of a source without end, every question once before any comes again."""

    def __init__(self, source: Source, network: Network, dice: random.Random) -> None:
        self.source = source
        self._network = network
        self._dice = dice
        self._queue: list[int] = []

    def draw(self) -> Example:
        """A question with its windows: where the answer is and where it only seems to be, or the latter alone."""
        dice = self._dice
        if not self._queue:
            self._queue = dice.sample(range(len(self.source.questions)), len(self.source.questions))
        asked = self.source.questions[self._queue.pop()]
        budget = dice.choice(BUDGETS)
        misleading = dice.choices(range(len(MISLEADING)), MISLEADING)[0]
        if asked.spans:
            own = self._around(dice.choice(asked.spans)[0], budget)
            if dice.random() < BENT and (other := self._bent(asked, own)):
                return self._example(other, [own], ())
            if self.source.scattered and dice.random() < 0.4:
                own = self._spliced(asked, own, budget)
            taken = {*own, *(sentence for sentence, _, _ in asked.spans)}
            withheld = misleading > 0 and dice.random() < WITHHELD
        else:
            own = self._around(dice.choice(self.source.paragraphs[asked.paragraph]), WINDOW)
            # Fewer: its own paragraph misleads already, as who wrote the question meant it to.
            taken, withheld, misleading = set(own), False, misleading // 2
        windows = [] if withheld else [own]
        for _ in range(misleading):
            if found := self._misleading(asked, taken, budget):
                windows.append(found)
                taken |= set(found)
        windows = windows or [own]
        dice.shuffle(windows)
        return self._example(self._thinned(asked) if asked.spans else asked.text, windows, asked.spans)

    def _example(self, question: str, windows: Sequence[Sequence[int]], spans: Sequence[tuple[int, int, int]]) -> Example:
        """The question as it may be typed; now and then with other names, so that none is learnt by heart."""
        texts, dice = self.source.texts, self._dice
        pieces = {one: texts[one].pieces for window in windows for one in window}
        text = " ".join(texts[one].words for one in pieces)
        if dice.random() < RENAMED and (found := Renaming.drawn(question, text, self.source.all_names, dice)):
            changed = [one for one in pieces if found.touches(texts[one].words)]
            renamed = self._network.pieces([found.apply(texts[one].words) for one in changed])
            pieces |= {one: _cut(cut) for one, cut in zip(changed, renamed, strict=True)}
            words = [texts[one].words for one, _, _ in spans]
            spans = [
                (one, found.moved(text, start), found.moved(text, end))
                for text, (one, start, end) in zip(words, spans, strict=True)
            ]
            question = found.apply(question)
        ids = self._network.pieces([self._as_typed(question)])[0].ids[:QUESTION]
        return Example(ids, windows, pieces, spans)

    def _thinned(self, asked: _Asked) -> str:
        """Now and then without one of its words that the answer's sentence has too.

        Its names and its first word stay, and so does what would make it another question: "never", "before", "which".
        """
        if self._dice.random() >= THINNED:
            return asked.text
        there = {stem for sentence, _, _ in asked.spans for stem in _stems(self.source.texts[sentence].words)}
        words = asked.text.split(" ")
        shared = [
            at
            for at, word in enumerate(words)
            if at and word.islower() and len(word) > 3 and word[:STEM] in there and not turns(word)
        ]
        if len(shared) > 1:
            del words[self._dice.choice(shared)]
        return " ".join(words)

    def _bent(self, asked: _Asked, window: Sequence[int]) -> str | None:
        """The question turned so that its window speaks of it and does not answer it; None where no rule applies."""
        texts = self.source.texts
        words = " ".join(texts[one].words for one in window)
        return bent(asked.text, words, self.source.names[texts[window[0]].article], self._dice)

    def _around(self, centre: int, budget: int) -> list[int]:
        """Neighbouring sentences of one paragraph, grown at random about one of them."""
        texts = self.source.texts
        paragraph = self.source.paragraphs[texts[centre].paragraph]
        low, high, size = centre, centre + 1, len(texts[centre].pieces.ids)
        while low > paragraph.start or high < paragraph.stop:
            before = low > paragraph.start and (high == paragraph.stop or self._dice.random() < 0.5)
            size += len(texts[low - 1 if before else high].pieces.ids)
            if size > budget:
                break
            low, high = (low - 1, high) if before else (low, high + 1)
        return list(range(low, high))

    def _misleading(self, asked: _Asked, taken: set[int], budget: int) -> list[int]:
        """A window about a sentence that looks like the question and does not have its answer; empty where there is none."""
        near = [int(one) for one in asked.near if one not in taken and not self._answers(asked, one)]
        if not near:
            return []
        centre = near[min(int(self._dice.expovariate(0.3)), len(near) - 1)]
        return [
            one
            for one in self._around(centre, budget)
            if one not in taken and (one == centre or not self._answers(asked, one))
        ]

    def _answers(self, asked: _Asked, sentence: int) -> bool:
        words = self.source.texts[sentence].words.lower()
        return any(answer in words for answer in asked.answers)

    def _spliced(self, asked: _Asked, own: list[int], budget: int) -> list[int]:
        """Some of its neighbours exchanged for look-alikes: an article of few sentences makes it too easy."""
        gold = {sentence for sentence, _, _ in asked.spans}
        extra = [int(one) for one in asked.near[:12] if one not in own and not self._answers(asked, one)]
        own = [one for one in own if one in gold or self._dice.random() < 0.5]
        texts = self.source.texts
        for one in self._dice.sample(extra, min(len(extra), 3)):
            if sum(len(texts[other].pieces.ids) for other in (*own, one)) <= budget:
                own.insert(self._dice.randrange(len(own) + 1), one)
        return own

    def _as_typed(self, text: str) -> str:
        """Now and then with a typing error, or without its question mark."""
        if self._dice.random() < 0.08:
            text = _misspelt(text, self._dice)
        return text.rstrip("?. ") if self._dice.random() < 0.1 else text


def _misspelt(text: str, dice: random.Random) -> str:
    letters = list(text)
    for _ in range(dice.choice((1, 1, 2, 3))):
        at = dice.randrange(len(letters))
        if len(letters) < 5 or not letters[at].isalpha():
            continue
        kind = dice.randrange(4)
        if kind == 0:
            del letters[at]
        elif kind == 1:
            letters.insert(at, dice.choice((letters[at], dice.choice("etaoinshrdlu"))))
        elif kind == 2 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters[at] = dice.choice("qwertyuiopasdfghjklzxcvbnm")
    return "".join(letters)
