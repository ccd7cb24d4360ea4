"""The figures of `evaluate`, on cases worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from index import Encoder, LoadError
from qa.evaluation import read_questions, run_files, sample
from qa.metrics import auroc


def squad(paragraphs: list[tuple[str, list[tuple[str, str, list[int]]]]], title: str = "Fruit") -> dict[str, Any]:
    """An entry of a SQuAD file: paragraphs of (context, [(id, question, places where an answer of 3 letters begins)])."""
    return {
        "title": title,
        "paragraphs": [
            {
                "context": context,
                "qas": [
                    {
                        "id": id_,
                        "question": question,
                        "answers": [{"text": context[start : start + 3], "answer_start": start} for start in starts],
                        "is_impossible": not starts,
                    }
                    for id_, question, starts in qas
                ],
            }
            for context, qas in paragraphs
        ],
    }


def write(folder: Path, *entries: dict[str, Any]) -> Path:
    file = folder / "questions.json"
    file.write_text(json.dumps({"version": "v2.0", "data": entries}), "utf-8")
    return file


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    """Two articles. The tiny model sees bags of words; all sentences of an article weigh the same number of words."""
    return write(
        tmp_path,
        squad(
            [
                ("Red apple. Green banana.", [("right", "red apple", [0]), ("second", "red green banana", [4])]),
                ("Blue cherry. Blue grape.", [("either", "blue", [0, 13]), ("missing", "olive mango", [])]),
            ]
        ),
        squad([("One red apple. Two plum.", [("other", "two plum", [15])])], title="Count"),
    )


def test_the_paragraphs_of_an_entry_are_one_article_and_gold_is_the_sentence_of_an_answers_first_letter(fruit: Path) -> None:
    questions = {question.id: question for question in read_questions(fruit)}
    article = questions["right"].article
    assert article.text == "Red apple. Green banana.\n\nBlue cherry. Blue grape."
    assert article.title == "Fruit"
    assert questions["right"].gold == {(article.id, 0)}
    assert questions["second"].gold == {(article.id, 0)}
    assert questions["either"].gold == {(article.id, 26), (article.id, 39)}
    assert questions["missing"].gold == frozenset() and not questions["missing"].answerable
    assert questions["other"].article.title == "Count"


def test_an_answer_between_two_sentences_is_a_miss(tmp_path: Path) -> None:
    (question,) = read_questions(write(tmp_path, squad([("Red. Blue.", [("q", "red", [4])])])))
    assert question.answerable and question.gold == frozenset()


def test_carriage_returns_move_no_gold_sentence(tmp_path: Path) -> None:
    """The article's line ends become LF, so an offset behind two CRLF points two characters too far."""
    (first, second) = read_questions(
        write(tmp_path, squad([("Red.\r\n\r\nBlue.", [("a", "blue", [8])]), ("Green.", [("b", "green", [0])])]))
    )
    assert first.article.text == "Red.\n\nBlue.\n\nGreen."
    assert first.gold == {(first.article.id, 6)}
    assert second.gold == {(second.article.id, 13)}


def test_figures_within_the_article_on_a_case_worked_by_hand(fruit: Path, tiny: Encoder) -> None:
    """`right`, `either` and `other` find their sentence first, `second` finds it second: P@1 3/4, MRR (1+1+1+1/2)/4."""
    figures = run_files([fruit], encoder=tiny)
    metrics = figures["metrics"]
    assert (metrics["questions"], metrics["answerable"]) == (5, 4)
    assert metrics["sentence_p_at_1"] == 0.75
    assert metrics["mrr_at_10"] == 0.875
    assert metrics["recall_at_5"] == 1.0
    assert metrics["span_em"] is None and metrics["span_f1"] is None
    for baseline in ("dense", "lexical", "rrf"):
        assert figures["baselines"][baseline]["sentence_p_at_1"] == 0.75
    # Of the answerable, `second` alone scores below 1; "olive mango" shares nothing and scores 0.
    assert metrics["auroc"] == 1.0
    # Without a calibration for this encoder, all but the one that shares nothing are answered, and one of four is wrong.
    assert metrics["coverage"] == 1.0
    assert metrics["error_answered"] == 0.25
    assert figures["profile"]["calibration"] is None


def test_in_corpus_scope_sentences_of_all_articles_compete(fruit: Path, tiny: Encoder) -> None:
    """ "Red apple." still beats "One red apple.", by the length of its vector; but it is the other article's best now."""
    article = run_files([fruit], encoder=tiny, limit=1, seed=0)
    corpus = run_files([fruit], encoder=tiny, corpus=True, limit=1, seed=0)
    assert (article["profile"]["articles"], corpus["profile"]["articles"]) == (1, 2)
    assert corpus["profile"]["sentences"] == 6


def test_the_sample_is_drawn_by_the_contracts_rule(fruit: Path) -> None:
    """random.Random(3).sample over five questions in file order gives the second, then the fifth."""
    questions = read_questions(fruit)
    import random

    expected = random.Random(3).sample(["right", "second", "either", "missing", "other"], 2)
    assert [question.id for question in sample(questions, 2, 3)] == expected
    assert sample(questions, None, 3) == questions
    assert sample(questions, 9, 3) == questions


def test_a_prediction_line_gives_spans_of_the_joined_text(fruit: Path, tiny: Encoder, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    run_files([fruit], encoder=tiny, predictions=out)
    lines = {line["id"]: line for line in map(json.loads, out.read_text("utf-8").splitlines())}
    assert list(lines) == ["right", "second", "either", "missing", "other"]
    assert lines["right"]["article"] == "Fruit"
    assert lines["right"]["ranking"][0][:2] == [0, 10]
    assert lines["right"]["answer"] is None and not lines["right"]["abstained"]
    assert lines["missing"]["abstained"] and lines["missing"]["confidence"] is None
    scores = [score for _, _, score in lines["second"]["ranking"]]
    assert scores == sorted(scores, reverse=True) and len(scores) == 4


def test_a_question_that_cannot_be_asked_is_one_that_is_not_answered(tmp_path: Path, tiny: Encoder) -> None:
    """Empty, and one character too long: neither stops the others. An entry without questions is left out."""
    file = write(
        tmp_path, squad([("Red apple.", [("a", " ", [0]), ("b", "x" * 1001, [0]), ("c", "red apple", [0])])]), squad([])
    )
    metrics = run_files([file], encoder=tiny)["metrics"]
    assert (metrics["questions"], metrics["sentence_p_at_1"], metrics["coverage"]) == (
        3,
        pytest.approx(1 / 3),
        pytest.approx(1 / 3),
    )


def test_auroc_counts_pairs_in_the_right_order_and_half_of_the_ties() -> None:
    assert auroc([0.9, 0.8, 0.7, 0.1], [True, True, False, False]) == 1.0
    assert auroc([0.1, 0.9], [True, False]) == 0.0
    # Positives .5 and .9, negatives .5 and .2: of four pairs three are right and one is a tie.
    assert auroc([0.5, 0.5, 0.9, 0.2], [True, False, True, False]) == 0.875
    assert auroc([0.5, 0.6], [True, True]) is None


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"data": [{"paragraphs": [{"qas": []}]}]}', '{"data": 3}'])
def test_a_file_in_another_format_is_refused_with_an_example_of_the_right_one(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(text, "utf-8")
    with pytest.raises(LoadError, match=r"not in SQuAD's format.*paragraphs"):
        read_questions(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"absent\.json cannot be read: No such file"):
        read_questions(tmp_path / "absent.json")
