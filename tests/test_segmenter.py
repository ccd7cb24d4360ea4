"""The segmenter's laws on any text, and its judgement on the cases in data/segmentation.json."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Sentence
from index.segmenter import segment

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "segmentation.json").read_text("utf-8"))

CONTROLS = "\ud800 \udfff \0 \u200b \ufeff \u202e \u0301".split(" ")
SPACES = ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", "\r\n", "\r", "\n", "\n\n", " ", "\t", "\u00a0"]
LETTERS = "e\u0301 שלום 😀 👩\u200d🚀 𝔘 İ ß word Word said U.S. Dr. e.g. a.m. A. http://a.b/c.d Advertisement".split()
MARKS = "。 ؟ । … ... !? . \" ' “ ” ‘ ’ « » ( ) [ ] [3] [...] — ==== ---".split()
PHRASES = ["No. 3", "et al.", "He left.", "OSLO (NTB) — ", "Read more: ", "- ", "* ", "1. ", "a) ", "# "]
LINE = "a line of words that is about as long as lines of mail are, and\n"
KNOWN_FAILURE = pytest.mark.xfail(strict=True, reason="the case says why")
FRAGMENTS = st.sampled_from([*CONTROLS, *SPACES, *LETTERS, *MARKS, *PHRASES, LINE])
NASTY = st.lists(FRAGMENTS, max_size=40).map("".join)
ANY = st.text(st.characters(exclude_categories=()), max_size=120)


def quotes(text: str) -> list[str]:
    return [text[s.start : s.end] for s in segment(text)]


def obeys(text: str) -> None:
    sentences = segment(text)
    place = 0
    for sentence in sentences:
        assert place <= sentence.start < sentence.end <= len(text)
        assert not text[place : sentence.start].strip()
        quote = text[sentence.start : sentence.end]
        assert quote == quote.strip()
        place = sentence.end
    assert not text[place:].strip()
    lengths = Counter(s.paragraph for s in sentences)
    numbers = [(p, n) for p in range(1, len(lengths) + 1) for n in range(1, lengths[p] + 1)]
    assert [(s.paragraph, s.number) for s in sentences] == numbers


@given(ANY | NASTY)
@settings(max_examples=400, deadline=None)
def test_spans_are_ordered_disjoint_trimmed_and_leave_out_white_space_only(text: str) -> None:
    """In any text, what no sentence covers is white space, and paragraphs and sentences are numbered from 1."""
    obeys(text)


@given(NASTY, NASTY)
@settings(max_examples=100, deadline=None)
def test_a_blank_line_is_never_inside_a_sentence(before: str, after: str) -> None:
    """Two texts with a blank line between them share no sentence."""
    text = before + "\n\n" + after
    assert not any(s.start < len(before) and s.end > len(before) + 2 for s in segment(text))


@given(NASTY)
@settings(max_examples=100, deadline=None)
def test_all_sentences_of_a_paragraph_are_furniture_or_none_is(text: str) -> None:
    """The flag is a paragraph's, and never every paragraph's."""
    sentences = segment(text)
    assert len({(s.paragraph, s.furniture) for s in sentences}) == len({s.paragraph for s in sentences})
    assert not sentences or not all(s.furniture for s in sentences)


@pytest.mark.parametrize("text", ["", " ", "\n", "\r\n\t\x85\u2028\u3000\x1f"])
def test_white_space_alone_has_no_sentence(text: str) -> None:
    """A text of nothing but white space gives an empty tuple."""
    assert segment(text) == ()


def test_spans_count_code_points() -> None:
    """Offsets are code points, so a character outside the basic plane counts one."""
    assert segment("😀 Hi.\n𝔘 Yo.\n") == (Sentence(0, 5, 1, 1), Sentence(6, 11, 2, 1))


def test_a_lone_surrogate_moves_no_offset() -> None:
    """What sentencex refuses to read is still part of its sentence."""
    assert quotes("A \ud800 fell. It broke.") == ["A \ud800 fell.", "It broke."]


@pytest.mark.parametrize("mark", ['"', "'", "“", "‘", "«", "(", "[", "„", "`"])
def test_marks_that_never_close_swallow_nothing(mark: str) -> None:
    """After thousands of opening marks the text that follows is still divided."""
    assert quotes(mark * 5_000 + "The well is dry. We must dig. It is late.")[1:] == ["We must dig.", "It is late."]


@pytest.mark.parametrize(
    ("unit", "count"), [("word ", 1), ("He left. ", 20_000), ("Ab? ", 20_000), ("A line.\n", 20_000), ("a. ", 1)]
)
def test_long_texts_keep_every_sentence(unit: str, count: int) -> None:
    """20,000 repetitions give the sentences that they hold, and one where nothing ends."""
    assert len(segment(unit * 20_000)) == count


def test_a_long_word_is_one_sentence() -> None:
    """A word is never cut, however long."""
    assert segment("x" * 5_000) == (Sentence(0, 5_000, 1, 1),)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["name"], marks=[KNOWN_FAILURE] if case["expect"] == "fail" else []) for case in CASES],
)
def test_golden_case(case: dict[str, Any]) -> None:
    """Each case's text divides into its sentences, paragraphs and furniture."""
    text = case["text"]
    sentences = segment(text)
    assert quotes(text) == case["sentences"]
    assert [i for i, s in enumerate(sentences) if s.furniture] == case["furniture"]
    if "paragraphs" in case:
        assert list(Counter(s.paragraph for s in sentences).values()) == case["paragraphs"]


def test_cases_have_names_of_their_own_and_failures_a_reason() -> None:
    """A known failure says why it is one."""
    assert len({case["name"] for case in CASES}) == len(CASES) >= 50
    assert {case["expect"] for case in CASES} == {"pass", "fail"}
    assert all(case["why"] for case in CASES if case["expect"] == "fail")
