"""An article as HTML: exact values on small articles, marks and the map, and hostile text that stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rendering import FRUIT, HOSTILE, Reader, _shape, article_of, evidence_of

from index import Article, Sentence
from qa import Answer
from qa.pane import article_to_html


def test_an_article_as_html() -> None:
    """An article has its title, source and size, numbered paragraphs, and a number on each sentence that is cited."""
    article = Article(FRUIT.text, "On fruit", "fruit.txt", (*FRUIT.sentences[:2], Sentence(32, 37, 2, 1, furniture=True)))
    answer = Answer("red?", "red?", (evidence_of(article, 1), evidence_of(article, 0, answer=(11, 14))))
    name = f"s-{article.id}"
    assert article_to_html(article, answer) == (
        '<article class="qa-article"><div class="qa-sheet"><header class="qa-head"><h2 class="qa-title">On fruit</h2>'
        '<p class="qa-source">fruit&#46;txt · 2 paragraphs&#44; 3 sentences</p></header><div class="qa-text">'
        f'<p class="qa-paragraph" data-number="1"><span class="qa-sentence qa-cited" id="{name}-0" data-cited="2">'
        'Apples are <mark class="qa-answering">red</mark>&#46;</span>'
        '<a class="qa-back" href="#qa-quote-2" data-do="back" data-of="2" aria-label="To quote 2 in the conversation"></a> '
        f'<span class="qa-sentence qa-cited" id="{name}-16" data-cited="1">Plums are blue&#46;</span>'
        '<a class="qa-back" href="#qa-quote-1" data-do="back" data-of="1" aria-label="To quote 1 in the conversation"></a>'
        f'</p>&#10;<p class="qa-paragraph" data-number="2"><span class="qa-sentence qa-furniture" id="{name}-32">'
        'Figs&#33;</span></p></div></div><div class="qa-map" aria-hidden="true"><div class="qa-line">'
        f'<a class="qa-tick" href="#{name}-0" tabindex="-1" data-tick="2" style="--from:0.0000;--to:0.4054"></a>'
        f'<a class="qa-tick" href="#{name}-16" tabindex="-1" data-tick="1" style="--from:0.4324;--to:0.8378"></a>'
        "</div></div></article>"
    )


def test_what_is_known_of_an_article_stands_at_its_head() -> None:
    """Author, date, source and pages are told where they are known."""
    article = Article(FRUIT.text, "On fruit", "fruit.pdf", FRUIT.sentences, "A. Pomona", "2024-05-01", "en", (0, 20))
    told = Reader(article_to_html(article)).text
    assert told.startswith("On fruitA. Pomona · 2024-05-01 · fruit.pdf · 2 pages, 2 paragraphs, 3 sentences")


def test_only_the_cited_article_is_marked() -> None:
    """A sentence at the same place of another article is not marked, and its map is not drawn."""
    other = article_of("Apples are ripe", (0, 15, 1, 1))
    html = article_to_html(other, Answer("red?", "red?", (evidence_of(FRUIT, 0),)))
    assert Reader(html).having("qa-cited") == Reader(html).having("qa-map") == []


def test_what_a_quote_leans_on_is_underlined() -> None:
    """A sentence that a quote leans on is marked otherwise than the quote."""
    html = article_to_html(FRUIT, Answer("which?", "which?", (evidence_of(FRUIT, 1, context=(0,)),)))
    assert Reader(html).having("qa-leaned") == [{"class": "qa-sentence qa-leaned", "id": f"s-{FRUIT.id}-0"}]


def test_its_own_heading_is_a_heading() -> None:
    """A first paragraph that holds the title is set as a heading, and the title not shown twice; a sentence that goes on is

    none."""
    headed = article_of("# Fruit\n\nApples.", (0, 7, 1, 1), (9, 16, 2, 1))
    html = article_to_html(headed)
    assert [attrs["data-number"] for attrs in Reader(html).having("qa-heading")] == ["1"]
    assert [attrs["class"] for attrs in Reader(html).having("qa-title")] == ["qa-title qa-heard"]
    assert Reader(article_to_html(FRUIT)).having("qa-heading") == []


def test_an_article_of_ones_own_can_be_removed() -> None:
    """Only an article of the visitor's own has a button that removes it."""
    buttons = [attrs for tag, attrs in Reader(article_to_html(FRUIT, own=True)).elements if tag == "button"]
    assert [(attrs["data-do"], attrs["data-of"]) for attrs in buttons] == [("remove", FRUIT.id)]
    assert "<button" not in article_to_html(FRUIT)


@pytest.mark.parametrize(("code", "name"), [("de", "German"), ("xx", "xx")])
def test_a_language_that_the_model_does_not_know_is_told(code: str, name: str) -> None:
    """Before anything is asked, a visitor is told that an article's language is foreign to the model, and which it is."""
    article = Article(FRUIT.text, "Obst", None, FRUIT.sentences, language=code)
    assert f"It seems to be {name}." in Reader(article_to_html(article, known=False)).text
    assert "qa-note" not in article_to_html(article)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text(text: str) -> None:
    """Whatever stands in text, title, source, author, date or language makes no element, no attribute, and no Markdown."""

    def draw(text: str) -> str:
        article = Article(text, text, text, (Sentence(0, len(text), 1, 1),), text, text, text)
        return article_to_html(article, Answer("q", "q", (evidence_of(article, 0),)), own=True, known=False)

    html = draw(text)
    assert _shape(html) == _shape(draw("x" * len(text)))
    assert Reader(html).text.count(text) >= 5
    assert "\n" not in html  # one block to Markdown


@given(st.lists(st.text("ab <>&*_$`[]()#\n\r\t.-\"'é—\u202e", min_size=1), min_size=1, max_size=5))
def test_an_article_reads_back(parts: list[str]) -> None:
    """The text of a drawn article's body is the article's text, to the character, and no sentence is left out."""
    text, sentences = " ", []
    for number, part in enumerate(parts, 1):
        sentences.append(Sentence(len(text), len(text) + len(part), number, 1))
        text += part + "\n\n"
    html = article_to_html(Article(text, "T", None, tuple(sentences)))
    body = html[html.index('<div class="qa-text">') : html.index("</article>")]
    assert Reader(body).text == text
    assert len(Reader(body).having("qa-sentence")) == len(parts)
