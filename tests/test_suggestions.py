"""Questions made of sentences: their words, by hand; and that an article answers what is suggested."""

import pytest

from index import Article, Encoder, load_bundled, load_text
from qa import ArticleQA
from qa.suggestions import SURE, questions_of, suggest


def questions(text: str) -> list[str]:
    article = load_text(text)
    return [question for sentence in article.sentences for question in questions_of(article, sentence)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The harbour of Eastport was rebuilt in 1912.", ["When was the harbour of Eastport rebuilt?"]),
        ("Marie Curie was born in Warsaw in 1867.", ["When was Marie Curie born?", "Where was Marie Curie born?"]),
        (
            "Marie Curie, who was a physicist, married Pierre Curie in 1895.",
            ["Who did Marie Curie marry?", "When did Marie Curie marry Pierre Curie?", "Who was Marie Curie?"],
        ),
        (
            "Ann Kim traveled to Russia in September for a summit.",
            ["Where did Ann Kim travel?", "When did Ann Kim travel to Russia?"],
        ),
        ("The harbour master, Inger Holm, said that nobody was hurt.", ["What did the harbour master say?"]),
        ("The council rejected the plan because it was too dear.", ["Why did the council reject the plan?"]),
        ("The library of Alexandria holds 12,000 books today.", ["How many books does the library of Alexandria hold?"]),
        ("The museums plan to close two rooms.", ["What do the museums plan to do?"]),
        ("The old bridge is expected to reopen soon.", ["What is the old bridge expected to do?"]),
        ("In 2019, the two countries held two summit meetings.", ["What happened in 2019?"]),
    ],
)
def test_questions_in_good_english(text: str, expected: list[str]) -> None:
    """Each kind of question is made with its subject and its verb in the right form."""
    assert questions(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "He was born in Warsaw in 1867.",  # a question about "he" asks about nobody
        "The two also exchanged views on regional issues.",
        "Observers said that it rained all day.",  # is "Observers" a name? nobody knows
        "“The harbour was rebuilt in 1912,” she said.",
        "It was in 1912. In 1912, the harbour was rebuilt.",  # two sentences tell of that year
        "Rebuilt in 1912.",
        "The election held in 1988 was a quiet one.",
        "The treaty signed by the queen in 1988 was short.",
        "The town of Eastport is a member of two leagues of towns.",
        "Harbour Was Rebuilt In 1912",
        "In the evening the harbour master went to bed.",
    ],
)
def test_none_is_better_than_a_clumsy_one(text: str) -> None:
    """A sentence that fits no pattern, or has no subject that says something by itself, makes no question."""
    assert questions(text) == []


def test_furniture_is_not_asked_about() -> None:
    """What a site prints around an article makes no question."""
    article = load_bundled()
    assert article.sentences[-1].furniture
    assert questions_of(article, article.sentences[-1]) == []


def test_the_article_answers_what_is_suggested(bundled: ArticleQA) -> None:
    """Whatever is suggested is answered confidently, by the sentence that it was made of; each sentence comes once first."""
    article = load_bundled()
    found = suggest(article, bundled)
    made = {question: one.start for one in article.sentences for question in questions_of(article, one)}
    assert "When did Kim travel to Russia?" in [one.question for one in found]
    for one in found:
        answer = bundled.ask(one.question, k=1)
        assert answer.evidence[0].citation.start == made[one.question]
        assert answer.confidence == pytest.approx(one.confidence, abs=0.02)
        assert one.confidence >= SURE
    assert len({made[one.question] for one in found[:3]}) == 3


def test_only_the_article_itself_counts(encoder: Encoder) -> None:
    """Asked of one article among two, its own sentence answers, though another article has a like one."""
    texts = [f"Eastport\n\nThe harbour of Eastport was rebuilt in {year}." for year in (1912, 1950)]
    articles = [load_text(text, source=str(number)) for number, text in enumerate(texts)]
    qa = ArticleQA.from_text(texts[0], encoder=encoder)
    qa.library.add(articles[1])
    assert [one.question for one in suggest(articles[1], qa)] == ["When was the harbour of Eastport rebuilt?"]


def test_without_a_calibration_nothing_is_suggested(tiny: Encoder) -> None:
    """Where nobody can tell what is answered, nothing is suggested."""
    article: Article = load_text("The harbour of Eastport was rebuilt in 1912.")
    assert suggest(article, ArticleQA.from_text(article.text, encoder=tiny)) == []
