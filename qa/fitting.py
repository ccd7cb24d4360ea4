"""Questions with known answers become a profile: what confidence to have in a ranking, and when to abstain.

The door to scikit-learn. Knows nothing of how sentences are found or read. Each answerable question is asked twice: as it
is, and with the paragraphs of its answer withheld, so that it has become one that the article does not answer.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import LoadError
from qa.article_qa import ArticleQA
from qa.calibration import Profile, features
from qa.evaluation import Question, read_questions, sample
from qa.progress import counted
from qa.reader import READ
from qa.retriever import Ranked

__all__ = ["Case", "calibrate", "cases_of", "fit", "thresholds"]

ERRORS = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.12, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50)  # to be promised
MARGIN = 1.0  # standard errors between what was measured and what is promised: other articles differ
FEWEST = 50  # answered questions that a promise stands on
KEPT = 0.92  # of the answerable questions that the default threshold lets through; on other sets, .89 to .94
FOLDS = 5
WITHHELD = 0.25  # of the weight of the unanswerable to those that were made so: they are easier to tell than those asked so
LEAST = 40  # questions of each kind, answerable and not, without which nothing can be fitted


@dataclass(frozen=True, slots=True)
class Case:
    """A question as asked: what speaks for its first sentence, and whether that is right; `group` is its article's id.

    `withheld` where it is answerable and the paragraphs of its answer were withheld, so that it no longer was.
    """

    features: tuple[float, ...]
    right: bool
    answerable: bool
    group: str
    withheld: bool = False


def calibrate(qa: ArticleQA, files: Sequence[str | Path], *, name: str, limit: int | None = None, seed: int = 0) -> Profile:
    """A profile for the models in use, from files in SQuAD's format, with progress on stderr.

    Raises LoadError where a file is not in that format, or holds too few questions.
    """
    questions = sample(list(itertools.chain.from_iterable(map(read_questions, files))), limit, seed)
    for article in counted({one.article.id: one.article for one in questions}.values(), "article"):
        qa.library.add(article)
    cases = [case for one in counted(questions, "question") for case in cases_of(qa, one)]
    stems = ", ".join(Path(file).stem for file in files)
    reader = qa.reader.identity if qa.reader else None
    return fit(cases, name=name, source=stems, encoder=qa.library.encoder.identity, reader=reader)


def cases_of(qa: ArticleQA, question: Question) -> Iterator[Case]:
    """The question as it is and, where it is answerable, with its gold paragraphs withheld."""
    ranked = qa.retrieve(question.text, within=[question.article.id], around=3 * READ)  # some are to be withheld
    paragraphs = {one.paragraph for one in question.article.sentences if (question.article.id, one.start) in question.gold}
    withheld = [one for one in ranked if one.candidate.sentence.paragraph not in paragraphs]
    for answerable, found in [(question.answerable, ranked)] + ([(False, withheld)] if question.gold else []):
        if found:
            yield _case(qa.read(question.text, found), question, answerable)


def _case(ranked: Sequence[Ranked], question: Question, answerable: bool) -> Case:
    first = ranked[0].candidate
    right = answerable and (first.article.id, first.sentence.start) in question.gold
    return Case(features(ranked, 0), right, answerable, question.article.id, question.answerable and not answerable)


def fit(cases: Sequence[Case], *, name: str, source: str, encoder: str, reader: str | None) -> Profile:
    """A logistic regression at a half-and-half prior, and thresholds from cross-validation by article.

    Raises LoadError where there are too few questions of either kind, or none is right or wrong.
    """
    answerable = np.array([case.answerable for case in cases], dtype=bool)
    right = np.array([case.right for case in cases], dtype=bool)
    if min(answerable.sum(), (~answerable).sum(), right.sum(), (~right).sum()) < LEAST:
        raise LoadError(
            f"{answerable.sum()} answerable questions and {(~answerable).sum()} that are not, {right.sum()} of them right, "
            "are too few to calibrate.",
            f"Give files with at least {LEAST} of each; several hundred are better.",
        )
    rows = np.array([case.features for case in cases], dtype=np.float64)
    # Half of the weight to those that the article answers, half to those it does not, however many there are of each.
    withheld = np.array([case.withheld for case in cases], dtype=bool)
    shares = (~answerable & ~withheld, 1 - WITHHELD), (withheld, WITHHELD)
    kinds = [(kind, share) for kind, share in shares if kind.sum() >= FEWEST] or [(~answerable, 1.0)]
    weights = np.where(answerable, 0.5 / answerable.sum(), 0.0)
    for kind, share in kinds:
        weights[kind] = 0.5 * (share if len(kinds) > 1 else 1) / kind.sum()
    weights *= len(cases)
    fold = _folds([case.group for case in cases])
    confidence = np.empty(len(cases))
    for number in range(fold.max() + 1):
        inside = fold != number
        intercept, slopes = _regress(rows[inside], right[inside], weights[inside])
        confidence[~inside] = 1 / (1 + np.exp(-(rows[~inside] @ slopes + intercept)))
    intercept, slopes = _regress(rows, right, weights)
    # A promise is kept whichever kind of question the article does not answer: those made so are easier to tell.
    mixes = [(answerable | kind, kind) for kind, _ in kinds]
    articles = len({case.group for case in cases})
    return Profile(
        name=name,
        origin=(
            f"Logistic regression on {source}, {articles} articles: {answerable.sum():,} answerable questions, against "
            f"{(~answerable).sum():,} that are not, the same ones without their paragraphs among them, at a half-and-half "
            f"prior; thresholds from cross-validation in {fold.max() + 1} parts, with a margin of {MARGIN:g} standard error."
        ),
        encoder=encoder,
        reader=reader,
        intercept=round(intercept, 4),
        weights=tuple(round(float(slope), 4) for slope in slopes),
        default_threshold=_floor(float(np.quantile(confidence[answerable], 1 - KEPT))),
        promises=_strictest([thresholds(confidence[among], right[among], _even(~kind[among])) for among, kind in mixes]),
    )


def thresholds(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    """For each of ERRORS that can be kept to, ascending, the lowest confidence above which fewer answers are wrong.

    The share is the upper end of Wilson's interval of MARGIN standard errors, on at least FEWEST questions.
    """
    order = np.argsort(-confidence, kind="stable")
    answered = np.cumsum(weights[order])
    wrong = np.cumsum(np.where(right[order], 0.0, weights[order])) / answered
    n = answered**2 / np.cumsum(weights[order] ** 2)  # how many equally weighted questions these are worth
    half = MARGIN * np.sqrt(wrong * (1 - wrong) / n + MARGIN**2 / (4 * n**2))
    upper = (wrong + MARGIN**2 / (2 * n) + half) / (1 + MARGIN**2 / n)
    kept = []
    for error in ERRORS:
        (reached,) = np.nonzero((upper <= error) & (np.arange(len(order)) + 1 >= FEWEST))
        if len(reached):
            kept.append((error, _floor(float(confidence[order[reached[-1]]]))))
    return tuple(kept)


def _even(answerable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights that are half the answerable questions' and half the others'."""
    halves = np.where(answerable, 0.5 / max(1, answerable.sum()), 0.5 / max(1, (~answerable).sum()))
    return np.asarray(halves * len(answerable), dtype=np.float64)


def _strictest(promises: Sequence[Sequence[tuple[float, float]]]) -> tuple[tuple[float, float], ...]:
    """Of several sets of promises, the errors that all of them keep to, with the highest threshold of each."""
    maps = [dict(one) for one in promises]
    return tuple((error, max(one[error] for one in maps)) for error in ERRORS if all(error in one for one in maps))


def _floor(threshold: float) -> float:
    """Rounded down to four digits: what reached the threshold still does, and answers are above it, not at it."""
    return max(0.0, float(np.floor(threshold * 1e4 - 1e-6) / 1e4))


def _folds(groups: Sequence[str]) -> NDArray[np.int64]:
    """A part for each case: whole articles, the largest first into the smallest part; of a single article, its questions."""
    names, which = np.unique(groups, return_inverse=True)
    if len(names) == 1:
        return np.arange(len(groups)) % FOLDS
    sizes = np.bincount(which)
    parts = np.zeros(min(FOLDS, len(names)), dtype=np.int64)
    part_of = np.empty(len(names), dtype=np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        part_of[group] = np.argmin(parts)
        parts[part_of[group]] += sizes[group]
    return part_of[which]


def _regress(
    rows: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Intercept and slopes for the features as they are; fitted on standardised ones, so that each is held back alike."""
    from sklearn.linear_model import LogisticRegression

    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(max_iter=1000).fit((rows - mean) / deviation, right, sample_weight=weights)
    slopes: NDArray[np.float64] = model.coef_[0] / deviation
    return float(model.intercept_[0] - slopes @ mean), slopes
