"""Bending a question: one thing is exchanged, and the text that answered it no longer does."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.bending import Renaming, bent, names

TEXT = "In 1906 Inger Holm opened the first school in Skagen. It had 12 rooms, and Ole Bang taught there."
OTHERS = ["Aalborg", "Mary Smith", "Skagen"]


def all_bent(question: str, others: list[str] = OTHERS) -> set[str]:
    """What a question can be bent to, over many throws of the dice."""
    return {found for seed in range(300) if (found := bent(question, TEXT, others, random.Random(seed)))}


def test_names_are_capitalised_runs_that_do_not_open_the_sentence() -> None:
    assert names(TEXT) == ["Inger Holm", "Skagen", "Ole Bang"]
    assert names("The house of Anna of Denmark stood.") == ["Anna of Denmark"]


def test_a_name_gives_way_to_one_of_the_article_that_the_text_lacks() -> None:
    assert all_bent("Who taught in Skagen") == {"Who taught in Aalborg", "Who taught in Mary Smith"}


def test_a_number_gives_way_to_another_of_as_many_digits() -> None:
    found = all_bent("Who taught in 1906")
    assert "Who taught in 1916" in found and "Who taught in 1905" in found
    assert all(one.startswith("Who taught in 1") and len(one) == len("Who taught in 1906") for one in found)


def test_a_word_gives_way_to_its_opposite_unless_the_text_has_that_too() -> None:
    assert all_bent("Who opened the last school", []) == {"Who closed the last school"}  # "first" stands in the text


def test_a_question_that_nothing_else_fits_is_negated_now_and_then() -> None:
    assert all_bent("Who did Ole Bang teach", []) == {"Who didn't Ole Bang teach", "Who did not Ole Bang teach"}
    asked = [bent("Who did Ole Bang teach", TEXT, [], random.Random(seed)) for seed in range(1000)]
    assert 0.15 < sum(one is not None for one in asked) / 1000 < 0.25


@pytest.mark.parametrize("question", ["", "why", "Who taught", "?"])
def test_a_question_with_nothing_to_exchange_stays(question: str) -> None:
    assert all_bent(question) == set()


@given(st.text(max_size=80), st.text(max_size=80), st.integers(0, 99))
def test_any_question_can_be_tried(question: str, text: str, seed: int) -> None:
    found = bent(question, text, names(text), random.Random(seed))
    assert found is None or found != question


def test_other_names_stand_in_the_question_and_in_the_text_alike() -> None:
    found = Renaming({"Inger": "Mary", "Holm": "Smith"})
    assert found.apply("When did Inger Holm teach") == "When did Mary Smith teach"
    assert found.apply("Holm's pupils left Holmgaard; Inger stayed.") == "Smith's pupils left Holmgaard; Mary stayed."
    assert found.touches("So Holm taught.") and not found.touches("Holmgaard is closed, said inger.")


def test_names_are_drawn_from_others_that_stand_neither_in_the_question_nor_in_the_text() -> None:
    others = ["Mary Smith", "Ole Holm", "Skagen", "Emma"]
    text = "Inger Holm taught in Skagen."
    drawn = [Renaming.drawn("When did Inger Holm teach", text, others, random.Random(seed)) for seed in range(50)]
    words = [dict(one.words) for one in drawn if one]
    assert words and all(set(one) == {"Inger", "Holm"} for one in words)
    assert {word for one in words for word in one.values()} == {"Mary", "Smith", "Ole", "Emma"}


def test_a_question_without_names_or_with_no_others_to_draw_from_keeps_its_own() -> None:
    assert Renaming.drawn("Who taught in 1906", "", ["Mary Smith"], random.Random(1)) is None
    assert Renaming.drawn("When did Inger Holm teach", "", ["Skagen"], random.Random(1)) is None


@given(st.text("ab AB.", max_size=40), st.text("xyX", min_size=1, max_size=4), st.data())
def test_a_place_moves_with_the_words_around_it(text: str, other: str, data: st.DataObject) -> None:
    """What stands between two places that lie in none of the names is the same text, with its names exchanged."""
    found = Renaming({"A": other, "BA": "q"})
    edges = [at for at in range(len(text) + 1) if not (text[:at][-1:].isalpha() and text[at:][:1].isalpha())]
    start, end = sorted(data.draw(st.tuples(st.sampled_from(edges), st.sampled_from(edges))))
    assert found.apply(text)[found.moved(text, start) : found.moved(text, end)] == found.apply(text[start:end])
