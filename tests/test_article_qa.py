"""The promises of the front door, on the real model: verbatim, abstaining as a value, offline, and text as only text."""

import random
import socket
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Encoder, Library, LoadError, QuestionError, load_bundled, load_text
from qa import Answer, ArticleQA

WEATHER = """Storm over Skagen

A storm reached Skagen on Monday night. It tore the roof off the old fish hall and sank two boats.

The harbour master, Inger Holm, said that nobody was hurt. She had closed the pier an hour before.

The ferry to Laesø will sail again on Thursday, the company said."""


@pytest.fixture(scope="module")
def weather(encoder: Encoder) -> ArticleQA:
    return ArticleQA.from_text(WEATHER, encoder=encoder)


def test_the_required_question_is_answered_with_its_place(bundled: ArticleQA) -> None:
    answer = bundled.ask("who did Zhao meet?")
    best = answer.evidence[0]
    assert not answer.abstained and answer.reason is None
    assert best.quote.startswith("Zhao met his North Korean counterpart Choe Ryong Hae later Thursday")
    assert (best.citation.paragraph, best.citation.sentence, best.citation.page) == (3, 1, None)
    assert best.confidence == answer.confidence


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who runs the harbour?", "Inger Holm"),
        ("What happened to the fish hall?", "tore the roof off"),
        ("When does the ferry run again?", "on Thursday"),
        ("How many boats were lost?", "sank two boats"),
    ],
)
def test_the_right_sentence_comes_first(weather: ArticleQA, question: str, words: str) -> None:
    assert words in weather.ask(question).evidence[0].quote


def test_what_is_not_there_is_a_value_with_a_reason_and_the_nearest_sentences(weather: ArticleQA) -> None:
    answer = weather.ask("How do I bake sourdough bread?")
    assert answer.abstained and answer.evidence == ()
    assert answer.reason == "The article does not say: nothing in it seems to be about this."
    assert len(answer.nearest) == 3
    assert answer.confidence is not None and answer.confidence < weather.profile.default_threshold


def test_a_title_found_in_the_text_is_not_repeated_in_it(weather: ArticleQA) -> None:
    (entry,) = weather.library.list()
    assert (entry.title, entry.source) == ("Storm over Skagen", None)
    assert weather.library.get(entry.id).text == WEATHER


def test_every_k_gives_a_beginning_of_the_next_k(weather: ArticleQA) -> None:
    rankings = [weather.search("what did the storm do in the harbour?", k=k) for k in range(1, 7)]
    for shorter, longer in pairwise(rankings):
        assert longer[: len(shorter)] == shorter
    scores = [evidence.score for evidence in rankings[-1]]
    assert scores == sorted(scores, reverse=True) and len(scores) == 6


@settings(max_examples=40, deadline=None)
@given(text=st.text(min_size=1, max_size=200), question=st.text(min_size=1, max_size=60))
def test_every_quote_is_a_slice_of_the_text_whatever_is_asked_of_whatever_text(text: str, question: str) -> None:
    """On any Unicode: what cannot be an article or a question is refused, the rest is cited to the letter."""
    try:
        article = load_text(text)
        qa = ArticleQA.from_text(text, encoder=ENCODER)
        answer = qa.ask(question, k=5)
    except (LoadError, QuestionError):
        return
    for evidence in (*answer.evidence, *answer.nearest):
        citation = evidence.citation
        assert article.text[citation.start : citation.end] == citation.quote == evidence.quote
        assert citation.holds(article)


ENCODER = Encoder()  # hypothesis takes no fixture; loaded on the first example


def test_site_furniture_is_neither_evidence_nor_nearest(bundled: ArticleQA) -> None:
    for question in ("What is the comment policy?", "Please read our comment policy before commenting."):
        answer = bundled.ask(question, k=14)
        assert all("comment policy" not in one.quote for one in (*answer.evidence, *answer.nearest))


def test_an_article_of_one_word_is_an_article(encoder: Encoder) -> None:
    answer = ArticleQA.from_text("Rain", encoder=encoder).ask("Is there rain?")
    assert [one.quote for one in (*answer.evidence, *answer.nearest)] == ["Rain"]


@pytest.mark.parametrize("question", ["", "  \n\t", "x" * 1001])
def test_an_empty_or_endless_question_is_refused(weather: ArticleQA, question: str) -> None:
    with pytest.raises(QuestionError, match=r"The question (is empty|has 1,001 characters)"):
        weather.ask(question)


def test_an_odd_byte_in_a_question_is_only_a_word_that_is_not_there(weather: ArticleQA) -> None:
    assert "Inger Holm" in weather.ask("Who is in charge of the harbour \udcff?").evidence[0].quote


@pytest.mark.parametrize("max_error", [-0.1, 0.0, 1.5, float("nan")])
def test_an_error_rate_out_of_range_is_refused(weather: ArticleQA, max_error: float) -> None:
    with pytest.raises(QuestionError, match="between 0 and 1"):
        weather.ask("Who?", max_error=max_error)


def test_an_error_rate_that_cannot_be_kept_to_names_the_smallest_that_can(weather: ArticleQA) -> None:
    smallest = weather.profile.promises[0][0]
    with pytest.raises(QuestionError, match=rf"0\.01 cannot be kept to: {smallest:g} is the smallest"):
        weather.ask("Who?", max_error=0.01)


def test_a_stricter_error_rate_only_takes_answers_away(weather: ArticleQA) -> None:
    questions = ["Who runs the harbour?", "When does the ferry run again?", "Who paid?", "What did it cost?"]
    for question in questions:
        given = [not weather.ask(question, max_error=error).abstained for error, _ in weather.profile.promises]
        assert given == sorted(given)


def test_an_article_gives_the_same_answer_alone_and_among_others(bundled: ArticleQA, encoder: Encoder) -> None:
    """Law 6, on the real model: a score depends on its own article and the question alone."""
    library = Library.in_memory(encoder)
    dice = random.Random(7)
    words = load_bundled().text.split()
    for number in range(30):  # made of the article's own words, so that its rare words are common in the library
        library.add(load_text(". ".join(" ".join(dice.sample(words, 8)) for _ in range(4)), title=str(number)))
    library.add(load_bundled())
    among = ArticleQA(library)
    for question in ("who did Zhao meet?", "where did Kim travel?", "what is Inger Holm's job?"):
        assert answer_of(among, question) == answer_of(bundled, question)


def answer_of(qa: ArticleQA, question: str) -> Answer:
    return qa.ask(question, within=[load_bundled().id])


def test_an_article_may_be_named_alone_or_by_any_iterable(weather: ArticleQA) -> None:
    article_id = weather.library.list()[0].id
    answers = [
        weather.ask("Who runs the harbour?", within=within) for within in (article_id, [article_id], iter([article_id]))
    ]
    assert answers[0] == answers[1] == answers[2] and not answers[0].abstained


def test_nothing_to_ask_is_said(encoder: Encoder) -> None:
    with ArticleQA(Library.in_memory(encoder)) as qa:
        assert qa.ask("Who?").reason == "There is nothing to ask: the library holds no article."
    with pytest.raises(LoadError, match="No file is named"):
        ArticleQA.from_files()


def test_with_another_model_there_is_no_confidence_and_no_promise(tiny: Encoder) -> None:
    qa = ArticleQA.from_text("Red apple. Green banana.", encoder=tiny)
    answer = qa.ask("red apple")
    assert not answer.abstained and answer.confidence is None and answer.evidence[0].confidence is None
    with pytest.raises(QuestionError, match="cannot be promised"):
        qa.ask("red apple", max_error=0.3)
    assert qa.ask("olive").abstained


def test_asking_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way from text to answer with a model freshly loaded, and every socket refused."""

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert not ArticleQA.from_bundled(encoder=Encoder()).ask("who did Zhao meet?").abstained


def test_many_threads_get_the_same_answer(weather: ArticleQA) -> None:
    expected = weather.ask("Who runs the harbour?")
    found: list[Answer] = []
    threads = [threading.Thread(target=lambda: found.append(weather.ask("Who runs the harbour?"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8
