"""Who and what a text speaks of, by the words around a name alone."""

import pytest

from qa.english import base_form, is_plural, possessive, third_person
from qa.mentions import Cast, cast_around

CAST = Cast(
    "Captain Lewis Carrow met Dr. Marit Oyelaran in Skagen. She had left the Varde Institute. A mechanic, Sif Aldous, came. "
    "Carrow said that the Marigold was slow. He sold it. The hot-water drill stood idle. Russian President Vladimir Putin "
    "did not come on Monday. Observers waited."
)


@pytest.mark.parametrize(
    ("name", "kind", "gender"),
    [
        ("Lewis Carrow", "person", "m"),
        ("Carrow", "person", "m"),
        ("Marit Oyelaran", "person", "f"),
        ("Sif Aldous", "person", ""),
        ("Vladimir Putin", "person", ""),
        ("Skagen", "place", ""),
        ("the Varde Institute", "group", ""),
        ("the Marigold", "thing", ""),
    ],
)
def test_what_a_name_is_stands_around_it(name: str, kind: str, gender: str) -> None:
    (found,) = CAST.names(f"Who saw {name}?")
    assert (found.words, found.kind, found.gender) == (name, kind, gender)


def test_a_name_typed_in_small_letters_is_known() -> None:
    assert [one.words for one in CAST.names("did oyelaran meet carrow?")] == ["Oyelaran", "Carrow"]


def test_days_titles_and_the_first_words_of_sentences_are_no_names() -> None:
    names = [one.words for one in CAST.names(CAST.text)]
    assert not {"Monday", "Captain", "Dr.", "She", "He", "Observers", "A", "Russian President"} & set(names)


def test_noun_phrases_end_where_the_text_ends_them() -> None:
    assert [one.words for one in CAST.things("why did the hot-water drill stand idle?")] == ["the hot-water drill"]


def test_a_short_name_is_the_same_as_the_full_one() -> None:
    (short,), (full,), (other,) = (CAST.names(f"Where is {name}?") for name in ("Carrow", "Lewis Carrow", "Sif Aldous"))
    assert short.same(full) and not short.same(other)


def test_of_a_long_text_only_what_is_near_is_looked_at() -> None:
    text = "Captain Ida Moe came. " + "It rained. " * 20_000 + "Captain Per Lind left."
    assert [one.words for one in cast_around(text, len(text)).names("Who is Per Lind?")] == ["Per Lind"]
    assert len(cast_around(text, len(text)).text) <= 60_000


@pytest.mark.parametrize(
    ("form", "verb"),
    [
        ("led", "lead"), ("met", "meet"), ("carried", "carry"), ("stopped", "stop"), ("described", "describe"),
        ("discussed", "discuss"), ("closed", "close"), ("visited", "visit"), ("argued", "argue"), ("settled", "settle"),
    ],
)  # fmt: skip
def test_a_past_form_gives_its_verb(form: str, verb: str) -> None:
    assert base_form(form) == verb


def test_other_forms() -> None:
    assert [third_person(word) for word in ("leads", "carries", "passes", "has")] == ["lead", "carry", "pass", "have"]
    assert [is_plural(word) for word in ("clams", "women", "news", "pass", "virus")] == [True, True, False, False, False]
    assert (possessive("Zhao"), possessive("the clams"), possessive("Moses")) == ("Zhao's", "the clams'", "Moses's")
