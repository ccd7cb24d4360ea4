"""What the benchmarks index and ask: real sentences, and as many more as are wanted, made of them; the same in every run.

Without a file of questions, the real ones are the articles and questions written for the tests.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from index import Article, Encoder, Library, Sentence, load_text  # noqa: E402

__all__ = ["Material", "Perturbed", "article_of", "fill", "load_material"]

PER_ARTICLE = 100  # sentences of a made article, in paragraphs of
PER_PARAGRAPH = 5
SWAPPED = 0.3  # of a made sentence's words, against another of the same material or, as often, against
RARE_WORDS = (
    50_000  # invented ones, by Zipf's law: a million sentences of a few articles' words would have common ones alone
)


@dataclass(frozen=True, slots=True)
class Material:
    """`articles` are texts; `sentences` theirs; `questions` can be asked of them."""

    name: str
    articles: Sequence[Article]
    sentences: Sequence[str]
    questions: Sequence[str]

    def made(self, seed: int) -> Iterator[tuple[str, int]]:
        """Sentences without end, each with the place of the real one that it was made of: first the real ones."""
        yield from ((sentence, place) for place, sentence in enumerate(self.sentences))
        dice = random.Random(seed)
        words = [word for sentence in self.sentences for word in sentence.split()]
        split = [sentence.split() for sentence in self.sentences]
        while True:
            place = dice.randrange(len(split))
            swapped = [
                word if dice.random() > SWAPPED else dice.choice(words) if dice.random() < 0.5 else _rare(dice)
                for word in split[place]
            ]
            yield " ".join(swapped), place


def load_material(file: Path | None = None) -> Material:
    """Of a SQuAD file, or of the tests' own articles."""
    if file is None:
        folder = ROOT / "tests" / "data"
        articles = [load_text(one.read_text("utf-8"), title=one.stem) for one in sorted((folder / "articles").iterdir())]
        questions = [case["question"] for case in json.loads((folder / "questions.json").read_text("utf-8"))]
        name = "the tests' own articles"
    else:
        entries = json.loads(file.read_text("utf-8"))["data"]
        texts = {"\n\n".join(p["context"] for p in entry["paragraphs"]): entry["title"] for entry in entries}
        articles = [load_text(text, title=title) for text, title in texts.items()]
        questions = [qa["question"] for entry in entries for p in entry["paragraphs"] for qa in p["qas"]]
        name = file.stem
    sentences = dict.fromkeys(a.quote(s) for a in articles for s in a.sentences if not s.furniture)
    random.Random(0).shuffle(questions)
    return Material(name, articles, list(sentences), questions)


class Perturbed(Encoder):
    """Gives made sentences the vector of the real one that each was made of, moved at random; encodes all else.

    A made sentence's cosine with its real one is between .7 and .96.
    """

    def __init__(self, material: Material, seed: int = 0) -> None:
        super().__init__()
        self._real = super().encode(material.sentences)
        self._dice = np.random.default_rng(seed)
        self._given: NDArray[np.float32] | None = None

    def prepare(self, places: Sequence[int], real: bool) -> None:
        """Say what the next sentences to be encoded were made of; `real` ones keep their vector."""
        vectors = self._real[list(places)]
        if not real:
            size = self._dice.uniform(0.3, 1.0, (len(places), 1)) / vectors.shape[1] ** 0.5
            vectors = vectors + size.astype(np.float32) * self._dice.standard_normal(vectors.shape, dtype=np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self._given = vectors

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> NDArray[np.float32]:
        given, self._given = self._given, None
        return super().encode(texts, progress=progress) if given is None else given


def article_of(sentences: Sequence[str], title: str) -> Article:
    """An article of these sentences, PER_PARAGRAPH to a paragraph."""
    spans, text = [], ""
    for number, sentence in enumerate(sentences):
        paragraph, place = divmod(number, PER_PARAGRAPH)
        text += ("\n\n" if place == 0 else " ") if text else ""
        spans.append(Sentence(len(text), len(text) + len(sentence), paragraph + 1, place + 1))
        text += sentence
    return Article(text, title, None, tuple(spans))


def fill(library: Library, encoder: Perturbed, material: Material, count: int) -> None:
    """Add made articles until the library holds `count` sentences."""
    made = material.made(seed=1)
    for number in range(count // PER_ARTICLE):
        drawn = [next(made) for _ in range(PER_ARTICLE)]
        encoder.prepare([place for _, place in drawn], real=(number + 1) * PER_ARTICLE <= len(material.sentences))
        library.add(article_of([sentence for sentence, _ in drawn], f"Made {number}"))


def _rare(dice: random.Random) -> str:
    rank = int(RARE_WORDS ** dice.random())
    return "".join("bdfgklmnprstvz"[rank // 5**i % 14] + "aeiou"[rank // 3**i % 5] for i in range(4)) + str(rank % 7)
