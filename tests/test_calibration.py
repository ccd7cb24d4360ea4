"""Scores become a probability, and a chosen error rate a threshold."""

import math
from itertools import pairwise

import pytest

from index import Article, Candidate, QuestionError, Sentence
from qa.calibration import RETRIEVAL, Profile
from qa.retriever import Ranked

PROFILE = Profile(
    name="by hand",
    origin="a test",
    encoder="",
    intercept=-1.0,
    weights=(1.0, 2.0, 10.0),
    default_threshold=0.2,
    promises=((0.1, 0.9), (0.3, 0.5)),
)
ARTICLE = Article("One. Two.", "t", None, (Sentence(0, 4, 1, 1), Sentence(5, 9, 1, 2)))


def ranked(*scores: tuple[float, float, float]) -> list[Ranked]:
    """Candidates with these (cosine, share of words, fused score)."""
    return [
        Ranked(Candidate(ARTICLE, sentence, dense, lexical), score)
        for sentence, (dense, lexical, score) in zip(ARTICLE.sentences, scores, strict=False)
    ]


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_confidence_is_the_logistic_of_the_weighted_scores() -> None:
    """Cosine .5, share 1, ahead by .25: -1 + .5 + 2 + 2.5. The second is behind by as much: -1 + .25 + 1 - 2.5."""
    ranking = ranked((0.5, 1.0, 1.0), (0.25, 0.5, 0.75))
    assert PROFILE.confidence(ranking, 0) == pytest.approx(logistic(4.0))
    assert PROFILE.confidence(ranking, 1) == pytest.approx(logistic(-2.25))


def test_a_lead_counts_up_to_four_tenths_and_against_nothing_where_there_is_one_sentence() -> None:
    assert PROFILE.confidence(ranked((0.5, 1.0, 3.0), (0.0, 0.0, 0.0)), 0) == pytest.approx(logistic(-1 + 0.5 + 2 + 4))
    assert PROFILE.confidence(ranked((0.25, 0.0, 0.25)), 0) == pytest.approx(logistic(-1 + 0.25 + 2.5))


def test_an_error_rate_takes_the_threshold_of_the_nearest_promise_below_it() -> None:
    assert PROFILE.threshold_for(0.1) == 0.9
    assert PROFILE.threshold_for(0.29) == 0.9
    assert PROFILE.threshold_for(0.3) == 0.5
    assert PROFILE.threshold_for(1.0) == 0.5
    with pytest.raises(QuestionError, match=r"0\.05 cannot be kept to: 0\.1 is the smallest"):
        PROFILE.threshold_for(0.05)


def test_the_shipped_profile_is_monotone_and_says_where_it_comes_from() -> None:
    """A smaller error needs a higher threshold; every score speaks for a sentence."""
    for (error, threshold), (next_error, next_threshold) in pairwise(RETRIEVAL.promises):
        assert error < next_error and threshold > next_threshold
    assert min(RETRIEVAL.weights) > 0
    assert "half-and-half prior" in RETRIEVAL.origin
    assert RETRIEVAL.encoder == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
