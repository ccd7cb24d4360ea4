"""Questions with known answers become figures: how often the right sentence comes first, and how well "not there" is known.

Takes SQuAD 1.1 and 2.0 JSON. The paragraphs of one entry, joined by a blank line, are one article; a sentence is gold when
it holds the first character of any gold answer. Knows nothing of how an answer is found.
"""

import itertools
import json
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from index import Article, Encoder, Library, LoadError, QuestionError, load_text
from qa.answer import Answer
from qa.article_qa import ArticleQA
from qa.calibration import Profile
from qa.metrics import auroc, mean, ranking_figures, span_em, span_f1
from qa.progress import counted
from qa.reader import SHIPPED, Reader
from qa.retriever import FUSION, Ranked

__all__ = ["Outcome", "Question", "evaluate", "measure", "prediction", "read_questions", "run_files", "sample"]

RRF_K = 60  # Cormack, Clarke, Buettcher 2009
DEPTH = 10  # how much of a ranking is kept

Item = TypeVar("Item")
Place = tuple[str, int]  # an article's id and where in its text a sentence begins


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set, about `article`; `gold` are the places of its gold sentences, empty where they were missed.

    `answers` are the gold answers' words, `spans` their places in the article's text; `place` is where its paragraph begins.
    """

    id: str
    text: str
    article: Article
    gold: frozenset[Place]
    answerable: bool
    answers: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    place: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question: its answer, the first sentences of the ranking, and those of the baselines."""

    question: Question
    answer: Answer
    ranking: tuple[Ranked, ...]
    baselines: dict[str, tuple[Place, ...]]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the first sentence of the ranking is gold."""
        return bool(self.ranking) and _place(self.ranking[0]) in self.question.gold

    @property
    def span(self) -> str:
        """The answer that is marked in the first sentence of the ranking, whether or not it was given; "" without one."""
        reading = self.ranking[0].reading if self.ranking else None
        return self.ranking[0].candidate.article.text[reading.start : reading.end] if reading else ""

    @property
    def score(self) -> float:
        """The confidence, or the score of the first sentence where there is no calibration."""
        if self.answer.confidence is not None:
            return self.answer.confidence
        return self.ranking[0].score if self.ranking else 0.0


def read_questions(file: str | Path) -> list[Question]:
    """The questions of a file in SQuAD's format, in its order. Raises LoadError where it is not in that format."""
    try:
        entries = json.loads(Path(file).read_text("utf-8"))["data"]
        return [question for number, entry in enumerate(entries) for question in _entry_questions(entry, f"{file}#{number}")]
    except OSError as error:
        raise LoadError(f"{file} cannot be read: {error.strerror}.", "Check the name and the folder.") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise LoadError(
            f"{file} is not in SQuAD's format: {type(error).__name__}: {error}.",
            'Give JSON such as {"data": [{"title": ..., "paragraphs": [{"context": ..., "qas": [...]}]}]}.',
        ) from None


def _entry_questions(entry: dict[str, Any], source: str) -> Iterator[Question]:
    contexts = [paragraph["context"] for paragraph in entry["paragraphs"]]
    if not any(paragraph["qas"] for paragraph in entry["paragraphs"]):
        return
    article = load_text("\n\n".join(contexts), title=entry.get("title") or None, source=source)
    starts = np.array([sentence.start for sentence in article.sentences])
    offset = 0
    for paragraph in entry["paragraphs"]:
        context: str = paragraph["context"]
        for qa in paragraph["qas"]:
            answers = qa.get("answers") or []
            gold = set()
            spans = []
            for answer in answers:
                # The article's line ends are LF, so a place behind a CRLF moves.
                at = offset + answer["answer_start"] - context.count("\r\n", 0, answer["answer_start"])
                spans.append((at, at + len(answer["text"].replace("\r\n", "\n"))))
                row = int(np.searchsorted(starts, at, side="right")) - 1
                if row >= 0 and at < article.sentences[row].end:
                    gold.add((article.id, article.sentences[row].start))
            answerable = bool(answers) and not qa.get("is_impossible", False)
            yield Question(
                str(qa["id"]),
                qa["question"],
                article,
                frozenset(gold) if answerable else frozenset(),
                answerable,
                tuple(answer["text"] for answer in answers) if answerable else (),
                tuple(spans) if answerable else (),
                offset,
            )
        offset += len(context.replace("\r\n", "\n")) + 2


def sample(questions: Sequence[Question], limit: int | None, seed: int) -> list[Question]:
    """All questions, or `limit` of them drawn at random: the same ones for the same seed."""
    if limit is None or limit >= len(questions):
        return list(questions)
    return random.Random(seed).sample(questions, limit)


def run_files(
    files: Sequence[str | Path],
    *,
    encoder: Encoder,
    reader: Reader | None = SHIPPED,
    profile: Profile | None = None,
    corpus: bool = False,
    limit: int | None = None,
    seed: int = 0,
    max_error: float | None = None,
    predictions: Path | None = None,
) -> dict[str, Any]:
    """Measure on these files, with progress on stderr; `predictions` gets a line for each question as it is answered."""
    if limit is not None and limit < 1:
        raise QuestionError(f"The limit is {limit}.", "Draw at least one question.")
    if predictions:
        predictions.touch()  # a folder that is not there is told before minutes of encoding
    sets = {str(file): read_questions(file) for file in files}
    questions = sample([question for questions in sets.values() for question in questions], limit, seed)
    qa = ArticleQA(Library.in_memory(encoder), profile, reader=reader)
    qa.threshold(max_error)  # what cannot be promised is refused before minutes of encoding
    added = time.perf_counter()
    # With all articles competing, those that no drawn question is about are there too.
    wanted = {
        question.article.id: question.article for question in (itertools.chain(*sets.values()) if corpus else questions)
    }
    for article in counted(wanted.values(), "article"):
        qa.library.add(article)
    added = time.perf_counter() - added
    with predictions.open("w", encoding="utf-8") if predictions else nullcontext() as lines:
        outcomes = []
        for outcome in evaluate(qa, counted(questions, "question"), corpus=corpus, max_error=max_error):
            outcomes.append(outcome)
            if lines:
                lines.write(json.dumps(prediction(outcome, corpus=corpus), ensure_ascii=False) + "\n")
    figures = measure(outcomes)
    sentences = sum(len(article.sentences) for article in wanted.values())
    figures["speed"]["sentences_added_per_second"] = sentences / added if added else None
    figures["files"] = [{"file": file, "questions": len(questions)} for file, questions in sets.items()]
    figures["profile"] = {
        "scope": "corpus" if corpus else "article",
        "articles": len(wanted),
        "sentences": sentences,
        "encoder": encoder.identity,
        "seed": seed if limit is not None else None,
        **qa.profile_names(max_error),
    }
    return figures


def evaluate(
    qa: ArticleQA, questions: Iterable[Question], *, corpus: bool = False, max_error: float | None = None
) -> Iterator[Outcome]:
    """Ask every question of its own article, or, with `corpus`, of all articles of the library at once."""
    threshold = qa.threshold(max_error)
    for question in questions:
        started = time.perf_counter()
        try:
            ranked = qa.rank(question.text, within=None if corpus else [question.article.id])
        except QuestionError:  # an empty question, or one longer than can be asked, is one that is not answered
            ranked = []
        answer = qa.decide(question.text, ranked, k=1, threshold=threshold, timings={})
        seconds = time.perf_counter() - started
        yield Outcome(question, answer, tuple(ranked[:DEPTH]), _baselines(ranked), seconds)


def _place(ranked: Ranked) -> Place:
    return ranked.candidate.article.id, ranked.candidate.sentence.start


def _places(ranked: Iterable[Ranked]) -> tuple[Place, ...]:
    return tuple(_place(one) for one in ranked)[:DEPTH]


def _baselines(ranked: list[Ranked]) -> dict[str, tuple[Place, ...]]:
    """The rankings that the same candidates have by one score alone, and by the two: reciprocal ranks, and as fused."""
    dense = sorted(ranked, key=lambda one: -one.candidate.dense)
    lexical = sorted((one for one in ranked if one.candidate.lexical > 0), key=lambda one: -one.candidate.lexical)
    reciprocal: dict[int, float] = {}
    for order in (dense, lexical):
        for rank, one in enumerate(order, 1):
            reciprocal[id(one)] = reciprocal.get(id(one), 0.0) + 1 / (RRF_K + rank)
    rrf = sorted(ranked, key=lambda one: -reciprocal[id(one)])
    fused = sorted(ranked, key=lambda one: -FUSION.score(one.candidate))
    return {"dense": _places(dense), "lexical": _places(lexical), "rrf": _places(rrf), "fused": _places(fused)}


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What `evaluate --json` prints under metrics, baselines and speed: shares, None where a figure has no meaning."""
    answerable = [outcome for outcome in outcomes if outcome.question.answerable]
    answered = [outcome for outcome in outcomes if not outcome.answer.abstained]
    reading = any(one.reading for outcome in outcomes for one in outcome.ranking)
    read = answerable if reading else []  # without a reader, no span is marked and none is wrong
    scores = [outcome.score for outcome in outcomes]
    seconds = [outcome.seconds for outcome in outcomes]
    return {
        "metrics": {
            "questions": len(outcomes),
            "answerable": len(answerable),
            **ranking_figures([(_places(outcome.ranking), outcome.question.gold) for outcome in answerable]),
            "span_em": mean([span_em(outcome.span, outcome.question.answers) for outcome in read]),
            "span_f1": mean([span_f1(outcome.span, outcome.question.answers) for outcome in read]),
            "auroc": auroc(scores, [outcome.question.answerable for outcome in outcomes]),
            "auroc_right": auroc(scores, [outcome.right for outcome in outcomes]),
            "error_answered": mean([float(not outcome.right) for outcome in answered]),
            "coverage": mean([float(not outcome.answer.abstained) for outcome in answerable]),
        },
        "baselines": {
            name: ranking_figures([(outcome.baselines[name], outcome.question.gold) for outcome in answerable])
            for name in ("dense", "lexical", "rrf", "fused")
        },
        "speed": {
            "questions_per_second": len(seconds) / sum(seconds) if seconds else None,
            "seconds_p50": float(np.percentile(seconds, 50)) if seconds else None,
            "seconds_p95": float(np.percentile(seconds, 95)) if seconds else None,
        },
    }


def prediction(outcome: Outcome, *, corpus: bool = False) -> dict[str, Any]:
    """One line of the predictions file: offsets are into the article's text; in corpus scope, `articles` names whose."""
    answer = outcome.answer.evidence[0].answer if outcome.answer.evidence else None
    whose = {"articles": [one.candidate.article.id for one in outcome.ranking]} if corpus else {}
    return whose | {
        "id": outcome.question.id,
        "article": outcome.question.article.title,
        "abstained": outcome.answer.abstained,
        "confidence": outcome.answer.confidence,
        "ranking": [[one.candidate.sentence.start, one.candidate.sentence.end, one.score] for one in outcome.ranking],
        "answer": [answer.start, answer.end] if answer else None,
    }
