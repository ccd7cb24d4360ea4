"""An answer is made of slices of one version of an article, and cannot be made of anything else."""

import json

import pytest
from makers import make_pdf

from index import Article, Encoder, Library, Sentence, load_bytes, load_text
from qa import Answer, AnswerSpan, Citation, Evidence

ARTICLE = load_text("Rain fell on Lund.\nIt stopped. The rain fell again.", title="Weather", source="weather.txt")
SECOND = Citation.of(ARTICLE, ARTICLE.sentences[2])


def test_a_citation_says_where_its_quote_stands_in_which_version_of_the_text() -> None:
    assert (
        Citation(
            article_id="01f9b77da6672168",
            title="Weather",
            source="weather.txt",
            paragraph=2,
            sentence=2,
            page=None,
            start=31,
            end=51,
            quote="The rain fell again.",
            sha256=ARTICLE.sha256,
        )
        == SECOND
    )
    assert ARTICLE.text[31:51] == SECOND.quote


def test_a_citation_holds_in_its_own_version_of_the_article_alone() -> None:
    """A text that merely has the same words at the same place is another version."""
    longer = load_text(ARTICLE.text + " And again.")
    assert longer.text[31:51] == SECOND.quote
    assert SECOND.holds(ARTICLE)
    assert not SECOND.holds(longer)


def test_a_citation_is_a_web_annotation_of_its_place_and_its_words() -> None:
    """TextPositionSelector and TextQuoteSelector; the source is the text itself, named by its digest (RFC 6920)."""
    annotation = SECOND.to_w3c()
    assert annotation["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert annotation["type"] == "Annotation" and annotation["id"].startswith("urn:uuid:")
    assert annotation["id"] == Citation.of(ARTICLE, ARTICLE.sentences[2]).to_w3c()["id"]
    assert annotation["target"]["source"].startswith("ni:///sha-256;")
    assert annotation["target"]["selector"] == [
        {"type": "TextPositionSelector", "start": 31, "end": 51},
        {
            "type": "TextQuoteSelector",
            "exact": "The rain fell again.",
            "prefix": "Rain fell on Lund.\nIt stopped. ",
            "suffix": "",
        },
    ]
    assert json.loads(json.dumps(annotation)) == annotation


def test_a_web_source_is_the_target_and_has_a_link_that_lights_the_quote() -> None:
    page = load_text("Fish, chips & a half-pint. " + "So it went on. ", source="https://example.org/a?b=1#menu")
    citation = Citation.of(page, page.sentences[0])
    assert citation.link == "https://example.org/a?b=1#menu:~:text=Fish%2C%20chips%20%26%20a%20half%2Dpint."
    assert citation.to_w3c()["target"]["source"] == "https://example.org/a?b=1#menu"
    assert citation.to_w3c()["target"]["state"]["cached"].startswith("ni:///sha-256;")
    long = load_text("word " * 100 + "end.", source="https://example.org/")
    assert Citation.of(long, long.sentences[0]).link == (
        "https://example.org/#:~:text=word%20word%20word%20word%20word%20word,word%20word%20word%20word%20word%20end."
    )
    assert SECOND.link is None


def test_a_citation_says_its_page_where_there_are_pages() -> None:
    """That on which the sentence begins."""
    article = load_bytes(make_pdf([["Rain fell on Lund."], ["It stopped."]]), name="weather.pdf")
    citations = [Citation.of(article, sentence) for sentence in article.sentences]
    assert [citation.page for citation in citations] == [1, 2]
    assert citations[1].place == "p. 2, paragraph 2, sentence 1"
    assert SECOND.place == "paragraph 2, sentence 2"


def test_an_old_citation_tells_that_its_source_has_changed(tiny: Encoder) -> None:
    """The library has another version of that source: the citation does not hold in it, though its words stand there."""
    library = Library.in_memory(tiny)
    library.add(ARTICLE)
    library.add(load_text(ARTICLE.text + " And again.", source=ARTICLE.source))
    (entry,) = library.list()
    assert entry.source == SECOND.source and entry.id != SECOND.article_id
    assert SECOND.quote in library.get(entry.id).text
    assert not SECOND.holds(library.get(entry.id))


@pytest.mark.parametrize("answer", [AnswerSpan("rain", 32, 36), AnswerSpan("Lund", 13, 17), AnswerSpan("", 35, 35)])
def test_evidence_refuses_an_answer_that_is_not_a_slice_of_its_quote(answer: AnswerSpan) -> None:
    with pytest.raises(ValueError, match="does not lie inside"):
        Evidence(SECOND, 1.0, answer=answer)


def test_evidence_marks_the_answer_inside_its_quote() -> None:
    evidence = Evidence(SECOND, 1.0, answer=AnswerSpan("rain", 35, 39))
    assert evidence.answer is not None
    assert ARTICLE.text[evidence.answer.start : evidence.answer.end] == evidence.answer.text


def test_an_answer_has_evidence_or_a_reason_and_never_both() -> None:
    evidence = Evidence(SECOND, 1.0)
    assert not Answer("q", "q", (evidence,)).abstained
    assert Answer("q", "q", (), nearest=(evidence,), reason="No.").abstained
    for evidence_given, nearest, reason in [((), (), None), ((evidence,), (), "No."), ((evidence,), (evidence,), None)]:
        with pytest.raises(ValueError, match="either evidence"):
            Answer("q", "q", evidence_given, nearest=nearest, reason=reason)


def test_the_dictionary_has_the_contracts_keys_and_survives_json() -> None:
    answer = Answer(" Rain? ", "Rain?", (Evidence(SECOND, 1.5, 0.75),), confidence=0.75, timings={"total": 0.5})
    value = json.loads(json.dumps(answer.to_dict()))
    assert value == answer.to_dict() | {"evidence": [value["evidence"][0]]}
    assert list(value) == ["question", "query", "abstained", "reason", "confidence", "evidence", "nearest", "timings"]
    assert value["evidence"][0] == {
        "quote": "The rain fell again.",
        "answer": None,
        "score": 1.5,
        "confidence": 0.75,
        "context": [],
        "citation": {
            "article_id": "01f9b77da6672168",
            "title": "Weather",
            "source": "weather.txt",
            "paragraph": 2,
            "sentence": 2,
            "page": None,
            "start": 31,
            "end": 51,
            "quote": "The rain fell again.",
            "sha256": ARTICLE.sha256,
        },
    }


def test_an_answer_prints_its_quotes_numbered_with_their_places() -> None:
    assert str(Answer("Rain?", "Rain?", (Evidence(SECOND, 1.0),))) == (
        "[1] “The rain fell again.”\n    paragraph 2, sentence 2 · Weather (weather.txt)"
    )
    assert str(Answer("Snow?", "Snow?", (), (Evidence(SECOND, 0.1),), "Not there.")) == (
        "Not there.\n\nNearest sentences:\n- “The rain fell again.”\n    paragraph 2, sentence 2 · Weather (weather.txt)"
    )


def test_what_a_quote_leans_on_is_printed_apart_from_it() -> None:
    leaning = Evidence(
        Citation.of(ARTICLE, ARTICLE.sentences[1]), 1.0, context=(Citation.of(ARTICLE, ARTICLE.sentences[0]),)
    )
    assert str(leaning) == (
        "“It stopped.”\n    paragraph 2, sentence 1 · Weather (weather.txt)\n"
        "    leans on paragraph 1, sentence 1: “Rain fell on Lund.”"
    )


def test_a_repeated_sentence_keeps_its_own_place() -> None:
    """Looking a quote up in the text would find the first of the two: the commonest citation bug of this field."""
    article = Article("Go. Go.", "t", None, (Sentence(0, 3, 1, 1), Sentence(4, 7, 1, 2)))
    first, second = (Citation.of(article, sentence) for sentence in article.sentences)
    assert (first.quote, second.quote) == ("Go.", "Go.")
    assert (first.start, second.start) == (0, 4)
