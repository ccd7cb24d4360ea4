"""Answers and articles as text and HTML: exact values on small articles, and hostile text that stays text."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Article, Sentence
from qa import Answer, AnswerSpan, Citation, Evidence
from qa.controls import told_to_html
from qa.rendering import (
    answer_to_html,
    conversation_to_html,
    escape,
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
    copied = "“Apples are red&#46;” — Fruit&#44; paragraph 1&#44; sentence 1"
    copied_too = "“Figs&#33;” — Fruit&#44; paragraph 2&#44; sentence 1"
    assert answer_to_html(answer) == (
        '<div class="qa-answer"><figure class="qa-best" id="qa-quote-1" data-quote="1">'
        '<blockquote class="qa-quote">Apples are red&#46;</blockquote>'
        f'<figcaption class="qa-cite"><a class="qa-link" href="#s-{FRUIT.id}-0"><span class="qa-number">&#91;1&#93;</span> '
        '<span class="qa-place">paragraph 1&#44; sentence 1</span></a><span class="qa-sure">fairly sure</span>'
        f'<button type="button" class="qa-tool" data-do="copy" data-of="{copied}" '
        'aria-label="Copy quote 1 with its citation">Copy</button></figcaption></figure>'
        '<div class="qa-further"><p class="qa-label">Further evidence</p>'
        '<figure class="qa-more" id="qa-quote-2" data-quote="2">'
        '<blockquote class="qa-quote">Figs&#33;</blockquote>'
        f'<figcaption class="qa-cite"><a class="qa-link" href="#s-{FRUIT.id}-32"><span class="qa-number">&#91;2&#93;</span> '
        '<span class="qa-place">paragraph 2&#44; sentence 1</span></a>'
        f'<button type="button" class="qa-tool" data-do="copy" data-of="{copied_too}" '
        'aria-label="Copy quote 2 with its citation">Copy</button></figcaption></figure></div>'
        '<details class="qa-scores"><summary>Scores</summary><table><thead><tr><th scope="col">Sentence</th>'
        '<th scope="col">Score</th><th scope="col">Confidence</th></tr></thead><tbody>'
        "<tr><td>paragraph 1&#44; sentence 1</td><td>1.000</td><td>62%</td></tr>"
        "<tr><td>paragraph 2&#44; sentence 1</td><td>0.500</td><td>–</td></tr></tbody></table>"
        "<p>Of 100 first sentences as sure as this&#44; about 62 are right&#44; on questions like those it was measured on"
        "&#46;</p></details></div>"
    )


def test_only_the_latest_quotes_can_be_pointed_at() -> None:
    """An earlier answer's quotes have no ids, so that a number in the article always means the newest answer."""
    answer = Answer("red?", "red?", (evidence_of(FRUIT, 0),))
    html = conversation_to_html([("red?", answer), ("again?", answer)])
    assert [attrs["id"] for attrs in Reader(html).having("qa-best") if "id" in attrs] == ["qa-quote-1"]
    assert html.index("again") < html.index("qa-quote-1")


def test_the_answering_words_are_marked() -> None:
    """Where a reader has found the answering words, they and no others are marked inside the quote."""
    answer = Answer("which?", "which?", (evidence_of(FRUIT, 1, answer=(26, 30)),))
    assert '<blockquote class="qa-quote">Plums are <mark>blue</mark>&#46;</blockquote>' in answer_to_html(answer)


def test_context_stands_apart() -> None:
    """Sentences that a quote leans on are linked under a label of their own, outside the quote."""
    html = answer_to_html(Answer("which?", "which?", (evidence_of(FRUIT, 1, context=(0,)),)))
    assert html.index("</blockquote>") < html.index("It leans on") < html.index(f"#s-{FRUIT.id}-0")


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.95, "quite sure"), (0.8, "quite sure"), (0.5, "fairly sure"), (0.1, "not sure")]
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    """Confidence is said in words."""
    answer = Answer("red?", "red?", (evidence_of(FRUIT, 0),), confidence=confidence)
    assert f'<span class="qa-sure">{words}</span>' in answer_to_html(answer)


def test_without_a_calibration_nothing_is_sure() -> None:
    """Without a calibration the page says so, in the place of how sure the answer is."""
    html = answer_to_html(Answer("red?", "red?", (evidence_of(FRUIT, 0),)))
    assert '<span class="qa-sure">not calibrated</span>' in html
    assert "Of 100" not in html


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


def test_a_quote_from_the_web_leads_to_its_source() -> None:
    """Only where the source is a web page, a link opens it with the quote lit, and tells it nothing of where one was."""
    page = article_of(FRUIT.text, (0, 15, 1, 1), source="https://example.org/fruit")
    [link] = [attrs for attrs in links(answer_to_html(Answer("red?", "red?", (evidence_of(page, 0),)))) if "target" in attrs]
    assert link["href"] == "https://example.org/fruit#:~:text=Apples%20are%20red."
    assert link["rel"] == "noopener noreferrer"
    file = article_of(FRUIT.text, (0, 15, 1, 1), source="javascript:alert(1)")
    assert [one["href"] for one in links(answer_to_html(Answer("red?", "red?", (evidence_of(file, 0),))))] == [
        f"#s-{file.id}-0"
    ]


def links(html: str) -> list[dict[str, str | None]]:
    return [attrs for tag, attrs in Reader(html).elements if tag == "a"]


def test_a_follow_up_shows_what_it_was_taken_for() -> None:
    """A question that was understood as another one says so; with the last one, a button asks it as it was typed."""
    answer = Answer("and plums?", "what colour are plums?", (evidence_of(FRUIT, 1),))
    html = conversation_to_html([("and plums?", answer), ("and plums?", answer)])
    assert Reader(html).text.count("Understood as: what colour are plums?") == 2
    assert [attrs["data-do"] for attrs in Reader(html).having("qa-tool")].count("as-typed") == 1
    alone = Answer("red?", "red?", (evidence_of(FRUIT, 0),))
    assert "qa-understood" not in conversation_to_html([(" red? ", alone)])


def test_what_can_be_done_with_a_turn() -> None:
    """Every answer has a link to its question, but for articles of the visitor's own; the last turn can be undone."""
    answer = Answer("red & ripe?", "red & ripe?", (evidence_of(FRUIT, 0),))
    html = conversation_to_html([("red & ripe?", answer)] * 2)
    hrefs = [attrs["href"] for attrs in links(html) if attrs.get("data-do") == "link"]
    assert hrefs == [f"?article={FRUIT.id}&q=red+%26+ripe%3F"] * 2
    assert [attrs["data-do"] for attrs in Reader(html).having("qa-tool")] == [
        "copy", "link", "copy", "link", "retry", "undo",
    ]  # fmt: skip
    assert 'data-do="link"' not in conversation_to_html([("red?", answer)], private=[FRUIT.id])


def test_questions_that_could_be_asked() -> None:
    """Suggestions stand below the last turn, or below the welcome; a click asks the very words that are shown."""
    for turns in ([], [("red?", "a message")]):
        suggested = Reader(conversation_to_html(turns, suggestions=["Why?", "<b>?"]))
        assert [attrs["data-of"] for attrs in suggested.having("qa-suggestion")] == ["Why?", "<b>?"]
        assert suggested.text.endswith("Why?<b>?")


def test_a_question_that_waits() -> None:
    """Before there is a reply, the turn says that something is being done, where a screen reader hears it."""
    assert 'role="status">Reading' in conversation_to_html([("red?", None)])


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text(text: str) -> None:
    """Whatever stands in article, title, source, question or message makes no element, no attribute, and no Markdown."""
    plain = article_of("x" * len(text), (0, len(text), 1, 1), title="t", source="s")
    article = article_of(text, (0, len(text), 1, 1), title=text, source="s" + text)
    draws: list[Callable[[Article], str]] = [
        lambda one: answer_to_html(Answer("q", "q", (evidence_of(one, 0),)), titles=True),
        lambda one: answer_to_html(Answer("q", "q", (), (evidence_of(one, 0),), reason=one.text)),
        lambda one: conversation_to_html([(one.text[:2000], one.text)]),
        lambda one: conversation_to_html([("q", Answer("q", one.text, (evidence_of(one, 0),)))]),
        lambda one: conversation_to_html([], suggestions=[one.text]),
        lambda one: told_to_html(one.text, [one.text]),
    ]
    for draw in draws:
        html = draw(article)
        assert _shape(html) == _shape(draw(plain))
        assert text[:2000] in Reader(html).text
        assert "\n" not in html  # one block to Markdown


def test_a_question_is_shown_as_typed() -> None:
    """A question keeps its spaces and line ends; an empty one leaves no bubble; one far too long is cut in the page."""
    assert '<h2 class="qa-question">  a &#10; b&#63;</h2>' in conversation_to_html([("  a \n b?", "!")])
    assert "qa-question" not in conversation_to_html([("  ", "empty")])
    assert Reader(conversation_to_html([("w" * 9000, "!")])).text == "w" * 2000 + "…!"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_escaped_text_reads_back(text: str) -> None:
    """Parsing the escaped text gives the text, to the character."""
    assert Reader(f"<p>{escape(text)}</p>").text == text
