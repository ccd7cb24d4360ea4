"""The figures, on cases worked out by hand."""

import pytest

from qa.metrics import mean, ranking_figures, span_em, span_f1


@pytest.mark.parametrize(
    ("found", "golds", "em", "f1"),
    [
        ("Choe Ryong Hae", ["Choe Ryong Hae"], 1, 1),
        ("the Choe Ryong-Hae.", ["Choe RyongHae"], 1, 1),  # case, punctuation and articles are no difference
        ("his counterpart Choe Ryong Hae", ["Choe Ryong Hae"], 0, 2 * 3 / (5 + 3)),
        ("in May 1999", ["1999", "May 1999"], 0, 2 * 2 / (3 + 2)),  # the best gold answer counts
        ("two two", ["two"], 0, 2 * 1 / (2 + 1)),  # a word is found as often as it is there
        ("Kim", ["Xi"], 0, 0),
        ("", ["Xi"], 0, 0),
        ("the", ["a"], 1, 1),  # nothing is left of either
        ("Kim", [], 0, 0),
    ],
)
def test_spans_are_compared_by_squads_rule(found: str, golds: list[str], em: float, f1: float) -> None:
    assert span_em(found, golds) == em
    assert span_f1(found, golds) == pytest.approx(f1)


def test_ranking_figures_of_three_questions() -> None:
    """Gold at ranks 1, 4 and 11: 1/3 first, (1 + 1/4 + 0) / 3 reciprocal, two of three among five."""
    ranking = list("abcdefghijk")
    figures = ranking_figures([(ranking, {"a"}), (ranking, {"d", "e"}), (ranking, {"k"})])
    assert figures == {
        "sentence_p_at_1": pytest.approx(1 / 3),
        "mrr_at_10": pytest.approx(1.25 / 3),
        "recall_at_5": pytest.approx(2 / 3),
    }


def test_of_no_questions_there_are_no_figures() -> None:
    assert mean([]) is None
    assert set(ranking_figures([]).values()) == {None}
