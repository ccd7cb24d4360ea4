"""Answers and articles as text and HTML: exact values on small articles, and hostile text that stays text."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Article, Sentence
from qa import Answer, AnswerSpan, Citation, Evidence
from qa.rendering import (
    answer_to_html,
    article_to_html,
    conversation_to_html,
    escape,
    message_to_html,
    sentence_id,
)

HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=alert(1)>",
    "[a link](javascript:alert(1))",
    "</textarea></script></style><!--",
    "&lt;b&gt; &amp; &#42;",
    "$$x^2$$ $y$ \\(z\\)",
    "*bold* _italic_ `code` ~~gone~~ # heading",
    "1. one\n2. two\n\n- three",
    "${alert(1)} {{alert(1)}} {% raw %} @children",
    '" onmouseover="alert(1)" x="',
    "\u202egnol\u202c \u2066isolated\u2069 \u200f",
    "W" * 5000,
    "https://elsewhere.example/ www.elsewhere.example me@elsewhere.example",
    "a\tb\rc\u2028d\x0be",
]


class Reader(HTMLParser):
    """Reads HTML as a browser would: the text, the elements, and the attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def having(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of the elements with this class."""
        return [attrs for _, attrs in self.elements if name in (attrs.get("class") or "").split()]


def article_of(text: str, *places: tuple[int, int, int, int], title: str = "Fruit", source: str | None = None) -> Article:
    return Article(text, title, source, tuple(Sentence(*one) for one in places))


FRUIT = article_of("Apples are red. Plums are blue.\nFigs!", (0, 15, 1, 1), (16, 31, 1, 2), (32, 37, 2, 1))


def evidence_of(
    article: Article,
    number: int,
    *,
    score: float = 1.0,
    confidence: float | None = None,
    answer: tuple[int, int] | None = None,
    context: tuple[int, ...] = (),
) -> Evidence:
    span = AnswerSpan(article.text[slice(*answer)], *answer) if answer else None
    cited = [Citation.of(article, sentence) for sentence in article.sentences]
    return Evidence(cited[number], score, confidence, span, tuple(cited[one] for one in context))


def _shape(html: str) -> list[tuple[str, list[str]]]:
    """The elements of some HTML, and the names of their attributes."""
    return [(tag, sorted(attrs)) for tag, attrs in Reader(html).elements]


def test_an_id_names_article_and_place() -> None:
    """The id of a sentence is made of the article's id and the sentence's start, so it is the same every time."""
    assert sentence_id(Citation.of(FRUIT, FRUIT.sentences[1])) == f"s-{FRUIT.id}-16"


def test_a_place_counts_pages_where_there_are_any() -> None:
    """A place is said in a reader's words, with the page first where the source has pages."""
    citation = Citation.of(FRUIT, FRUIT.sentences[2])
    assert citation.place == "paragraph 2, sentence 1"
    with_page = Citation(**{name: getattr(citation, name) for name in Citation.__slots__} | {"page": 7})
    assert with_page.place == "p. 7, paragraph 2, sentence 1"


def test_text_for_the_terminal() -> None:
    """The terminal gets numbered quotes with their places; an abstention gets its reason and the nearest."""
    answer = Answer("red?", "red?", (evidence_of(FRUIT, 0), evidence_of(FRUIT, 2)))
    assert str(answer) == (
        "[1] “Apples are red.”\n    paragraph 1, sentence 1 · Fruit\n\n[2] “Figs!”\n    paragraph 2, sentence 1 · Fruit"
    )
    abstention = Answer("kiwi?", "kiwi?", (), (evidence_of(FRUIT, 1),), reason="It does not say.")
    assert str(abstention) == (
        "It does not say.\n\nNearest sentences:\n- “Plums are blue.”\n    paragraph 1, sentence 2 · Fruit"
    )


def test_an_answer_as_html() -> None:
    """The best quote comes first and apart, its citation links to its sentence, further evidence and scores come below."""
    answer = Answer(
        "red?", "red?", (evidence_of(FRUIT, 0, confidence=0.625), evidence_of(FRUIT, 2, score=0.5)), confidence=0.625
    )
    assert answer_to_html(answer) == (
        '<div class="qa-answer"><blockquote class="qa-best">Apples are red&#46;</blockquote>'
        f'<p class="qa-cite"><a class="qa-link" href="#s-{FRUIT.id}-0"><span class="qa-number">&#91;1&#93;</span> '
        '<span class="qa-place">paragraph 1&#44; sentence 1</span></a><span class="qa-sure">fairly sure</span></p>'
        '<div class="qa-further"><p class="qa-label">Further evidence</p><ul><li><span class="qa-quote">Figs&#33;</span>'
        f'<a class="qa-link" href="#s-{FRUIT.id}-32"><span class="qa-number">&#91;2&#93;</span> '
        '<span class="qa-place">paragraph 2&#44; sentence 1</span></a></li></ul></div>'
        '<details class="qa-scores"><summary>Scores</summary><table>'
        "<thead><tr><th>Sentence</th><th>Score</th><th>Confidence</th></tr></thead><tbody>"
        "<tr><td>paragraph 1&#44; sentence 1</td><td>1.000</td><td>62%</td></tr>"
        "<tr><td>paragraph 2&#44; sentence 1</td><td>0.500</td><td></td></tr></tbody></table></details></div>"
    )


def test_the_answering_words_are_marked() -> None:
    """Where a reader has found the answering words, they and no others are marked inside the quote."""
    answer = Answer("which?", "which?", (evidence_of(FRUIT, 1, answer=(26, 30)),))
    assert '<blockquote class="qa-best">Plums are <mark>blue</mark>&#46;</blockquote>' in answer_to_html(answer)


def test_context_stands_apart() -> None:
    """Sentences that a quote leans on are linked under a label of their own, and underlined in the article."""
    answer = Answer("which?", "which?", (evidence_of(FRUIT, 1, context=(0,)),))
    html = answer_to_html(answer)
    assert html.index("qa-best") < html.index("It leans on") < html.index(f"#s-{FRUIT.id}-0")
    assert Reader(article_to_html(FRUIT, answer)).having("qa-leaned") == [
        {"class": "qa-sentence qa-leaned", "id": f"s-{FRUIT.id}-0"}
    ]


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.95, "quite sure"), (0.8, "quite sure"), (0.5, "fairly sure"), (0.1, "not sure")]
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    """Confidence is said in words."""
    answer = Answer("red?", "red?", (evidence_of(FRUIT, 0),), confidence=confidence)
    assert f'<span class="qa-sure">{words}</span>' in answer_to_html(answer)


def test_no_confidence_no_words() -> None:
    """Without a calibration nothing is said about confidence."""
    assert "qa-sure" not in answer_to_html(Answer("red?", "red?", (evidence_of(FRUIT, 0),)))


def test_an_abstention_as_html() -> None:
    """An abstention says why, and its nearest sentences are no quotation and have no numbers."""
    html = answer_to_html(Answer("kiwi?", "kiwi?", (), (evidence_of(FRUIT, 1),), reason="It does not say."))
    assert html.startswith(
        '<div class="qa-answer qa-abstained"><p class="qa-reason">It does not say&#46;</p><div class="qa-nearest">'
    )
    assert f'<a class="qa-link" href="#s-{FRUIT.id}-16"><span class="qa-place">' in html
    assert "blockquote" not in html
    assert "qa-number" not in html


def test_an_abstention_about_nothing() -> None:
    """With no nearest sentence there is neither a list nor a table."""
    html = answer_to_html(Answer("kiwi?", "kiwi?", (), reason="It does not say."))
    assert html == '<div class="qa-answer qa-abstained"><p class="qa-reason">It does not say&#46;</p></div>'


def test_titles_are_named_among_several_articles() -> None:
    """Where there are several articles, a citation names its own."""
    answer = Answer("red?", "red?", (evidence_of(FRUIT, 0),))
    assert '<span class="qa-of">Fruit</span></a>' in answer_to_html(answer, titles=True)
    assert "qa-of" not in answer_to_html(answer)


def test_an_article_as_html() -> None:
    """An article has its title, source and size, numbered paragraphs, and a number on each sentence that is cited."""
    article = Article(FRUIT.text, "On fruit", "fruit.txt", (*FRUIT.sentences[:2], Sentence(32, 37, 2, 1, furniture=True)))
    answer = Answer("red?", "red?", (evidence_of(article, 1), evidence_of(article, 0)))
    name = f"s-{article.id}"
    assert article_to_html(article, answer) == (
        '<article class="qa-article"><header class="qa-head"><h2 class="qa-title">On fruit</h2>'
        '<p class="qa-source">fruit&#46;txt · 2 paragraphs, 3 sentences</p></header><div class="qa-text">'
        f'<p class="qa-paragraph" data-number="1"><span class="qa-sentence qa-cited" id="{name}-0" data-cited="2">'
        "Apples are red&#46;</span> "
        f'<span class="qa-sentence qa-cited" id="{name}-16" data-cited="1">Plums are blue&#46;</span></p>&#10;'
        f'<p class="qa-paragraph" data-number="2"><span class="qa-sentence qa-furniture" id="{name}-32">'
        "Figs&#33;</span></p></div></article>"
    )


def test_only_the_cited_article_is_marked() -> None:
    """A sentence at the same place of another article is not marked."""
    other = article_of("Apples are ripe", (0, 15, 1, 1))
    answer = Answer("red?", "red?", (evidence_of(FRUIT, 0),))
    assert Reader(article_to_html(other, answer)).having("qa-cited") == []


def test_its_own_heading_is_a_heading() -> None:
    """A first paragraph that holds the title is set as a heading; a first sentence that goes on is not."""
    headed = article_of("# Fruit\n\nApples.", (0, 7, 1, 1), (9, 16, 2, 1))
    assert [attrs["data-number"] for attrs in Reader(article_to_html(headed)).having("qa-heading")] == ["1"]
    assert Reader(article_to_html(FRUIT)).having("qa-heading") == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text(text: str) -> None:
    """Whatever stands in article, title, source, question or message makes no element, no attribute, and no Markdown."""
    plain = article_of("x" * len(text), (0, len(text), 1, 1), title="t", source="s")
    article = article_of(text, (0, len(text), 1, 1), title=text, source=text)
    draws: list[Callable[[Article], str]] = [
        lambda one: article_to_html(one, Answer("q", "q", (evidence_of(one, 0),))),
        lambda one: answer_to_html(Answer("q", "q", (evidence_of(one, 0),)), titles=True),
        lambda one: answer_to_html(Answer("q", "q", (), (evidence_of(one, 0),), reason=one.text)),
        lambda one: conversation_to_html([(one.text[:2000], message_to_html(one.text))]),
    ]
    for draw in draws:
        html = draw(article)
        assert _shape(html) == _shape(draw(plain))
        assert text[:2000] in Reader(html).text
        assert "\n" not in html  # one block to Markdown


def test_a_question_is_shown_as_typed() -> None:
    """A question keeps its spaces and line ends; an empty one leaves no bubble; one far too long is cut in the page."""
    assert '<div class="qa-question">  a &#10; b&#63;</div>' in conversation_to_html([("  a \n b?", "")])
    assert "qa-question" not in conversation_to_html([("  ", message_to_html("empty"))])
    assert Reader(conversation_to_html([("w" * 9000, "")])).text == "w" * 2000 + "…"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_escaped_text_reads_back(text: str) -> None:
    """Parsing the escaped text gives the text, to the character."""
    assert Reader(f"<p>{escape(text)}</p>").text == text


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
