"""What a saved citation is worth: verbatim, moved, changed or missing, in the article as it is now."""

import json

import pytest

from index import Article, LoadError, load_text
from qa import Answer, AnswerSpan, Citation, Evidence, Turn
from qa.transcript import conversation_to_json
from qa.verification import Claim, Verdict, claims_in, verify

ARTICLE = load_text("Rain fell on Lund.\nIt stopped at noon on Friday. The rain fell again.", source="weather.txt")
CITED = Citation.of(ARTICLE, ARTICLE.sentences[1])


def verdict(article: Article | str, citation: Citation = CITED) -> Verdict:
    (claim,) = claims_in(citation.to_dict())
    return verify(claim, [load_text(article, source="weather.txt") if isinstance(article, str) else article])


def test_the_quote_in_its_place_is_verbatim() -> None:
    assert verdict(ARTICLE).name == "verbatim"
    assert verdict(ARTICLE.text + " And again.").name == "verbatim"


def test_the_quote_elsewhere_has_moved() -> None:
    found = verdict("Dark clouds came. " + ARTICLE.text)
    assert (found.name, found.start) == ("moved", 37)
    assert str(found) == (
        "moved    “It stopped at noon on Friday.”\n         now at paragraph 2, sentence 1, characters 37–66"
    )


def test_a_quote_of_which_a_word_differs_was_changed() -> None:
    found = verdict(ARTICLE.text.replace("noon", "midnight"))
    assert (found.name, found.words) == ("changed", "It stopped at midnight on Friday.")
    assert str(found).endswith("now “It stopped at midnight on Friday.”, paragraph 2, sentence 1")


def test_a_quote_that_is_nowhere_is_missing() -> None:
    assert verdict("Snow lay on Malmö.").name == "missing"
    assert verify(Claim("It stopped.", 0), []).name == "missing"


def test_of_two_equal_sentences_the_one_with_the_same_words_around_it_is_meant() -> None:
    article = load_text("Rain fell. Go on. Snow fell. Go on. Hail fell.")
    (claim,) = claims_in(Citation.of(article, article.sentences[3]).to_w3c())
    longer = load_text("Early on: Rain fell. Go on. Snow fell. Go on. Hail fell.")
    assert verify(claim, [longer]).start == longer.text.rindex("Go on.")


def test_the_cited_version_is_asked_before_others_that_have_the_words() -> None:
    other = load_text("Snow. " + CITED.quote)
    assert verify(claims_in(CITED.to_dict())[0], [other, ARTICLE]).article == ARTICLE


def test_an_answer_a_conversation_a_citation_and_an_annotation_all_carry_their_claims() -> None:
    marked = AnswerSpan("noon", 33, 37)
    assert ARTICLE.text[33:37] == "noon"
    first = Citation.of(ARTICLE, ARTICLE.sentences[0])
    answer = Answer("when?", "when?", (Evidence(CITED, 1.0, answer=marked, context=(first,)),))
    quotes = [claim.quote for claim in claims_in(answer.to_dict())]
    assert sorted(quotes) == sorted([CITED.quote, first.quote, "noon"])
    assert claims_in(json.loads(conversation_to_json([Turn("when?", answer)]))) == claims_in(answer.to_dict())
    assert [claim.quote for claim in claims_in(CITED.to_w3c())] == [CITED.quote]
    assert claims_in(Answer("x", "x", (), reason="No.").to_dict()) == []


@pytest.mark.parametrize("exported", [None, 3, "text", {}, {"a": 1}])
def test_what_carries_no_citation_is_refused(exported: object) -> None:
    with pytest.raises(LoadError, match="holds no citation"):
        claims_in(exported)


@pytest.mark.parametrize("field", [{"start": -1}, {"start": "1"}, {"quote": ""}, {"quote": None}, {"sha256": 3}])
def test_a_citation_that_is_not_whole_is_refused(field: dict[str, object]) -> None:
    with pytest.raises(LoadError, match="not whole"):
        claims_in(CITED.to_dict() | field)
