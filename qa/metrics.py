"""Figures of question answering: how high the right one ranks, how well spans fit, how well scores tell right from wrong.

Pure functions on numbers and texts; knows nothing of articles, models or files.
"""

import re
import string
from collections import Counter
from collections.abc import Collection, Hashable, Sequence

import numpy as np

__all__ = ["auroc", "mean", "ranking_figures", "span_em", "span_f1"]


def mean(values: Sequence[float]) -> float | None:
    """Their mean, None where there are none."""
    return sum(values) / len(values) if values else None


def ranking_figures(rankings: Sequence[tuple[Sequence[Hashable], Collection[Hashable]]]) -> dict[str, float | None]:
    """P@1, MRR@10 and R@5 of (ranking, gold) pairs: R@5 is the share of those with a gold one among the first five."""
    ranks = [next((rank for rank, one in enumerate(ranking, 1) if one in gold), None) for ranking, gold in rankings]
    return {
        "sentence_p_at_1": mean([float(rank == 1) for rank in ranks]),
        "mrr_at_10": mean([1 / rank if rank is not None and rank <= 10 else 0.0 for rank in ranks]),
        "recall_at_5": mean([float(rank is not None and rank <= 5) for rank in ranks]),
    }


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """The chance that a positive scores above a negative (a tie counts half), None where there are not both."""
    values, truth = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    above = truth.sum() * (~truth).sum()
    if not above:
        return None
    _, rank, count = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = (np.cumsum(count) - (count - 1) / 2)[rank]  # from 1; ties share the middle of their ranks
    return float((mean_rank[truth].sum() - truth.sum() * (truth.sum() + 1) / 2) / above)


def span_em(found: str, golds: Sequence[str]) -> float:
    """1 where the span is one of the gold answers, by SQuAD's rule: lower case, without punctuation and articles."""
    return float(any(_words(found) == _words(gold) for gold in golds))


def span_f1(found: str, golds: Sequence[str]) -> float:
    """The harmonic mean of the shares of words that the span and a gold answer have in common, by the best gold answer."""
    return max((_f1(_words(found), _words(gold)) for gold in golds), default=0.0)


def _f1(found: Sequence[str], gold: Sequence[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    common = sum((Counter(found) & Counter(gold)).values())
    return 2 * common / (len(found) + len(gold))


def _words(text: str) -> list[str]:
    bare = "".join(mark for mark in text.lower() if mark not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()
