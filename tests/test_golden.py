"""Which sentence comes first, on questions with known answers: data/questions.json, over data/articles and the bundled one.

`python tests/test_golden.py` prints the share that is right by kind and by article, and every miss with what came instead;
with `--flip`, the known failures that now pass are written back as passing. A case that fails for good needs a reason in
`why`, written by hand.
"""

import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from index import Article, Encoder, Sentence, load, load_bundled
from index.lexical import terms
from qa import ArticleQA

DATA = Path(__file__).parent / "data"
QUESTIONS = DATA / "questions.json"
BUNDLED = "bundled"
KINDS = ("words", "paraphrase", "pronoun", "typo", "number", "absent")


@dataclass(frozen=True)
class Case:
    """A question and the sentence that answers it, named by its first words; "absent" ones have no such sentence."""

    article: str
    kind: str
    question: str
    sentence: str | None
    answer: str | None
    expect: str
    why: str | None = None


CASES = [Case(**row) for row in json.loads(QUESTIONS.read_text("utf-8"))]
ANSWERABLE = [case for case in CASES if case.kind != "absent"]
ABSENT = [case for case in CASES if case.kind == "absent"]
NAMES = list(dict.fromkeys(case.article for case in CASES))
ARTICLES = {name: load_bundled() if name == BUNDLED else load(DATA / "articles" / name) for name in NAMES}


def params(cases: list[Case]) -> list[object]:
    """Each case as a test, a known failure strictly so: mending one says so."""
    return [
        pytest.param(
            case,
            id=f"{case.article.removesuffix('.txt')}: {case.question}",
            marks=[pytest.mark.xfail(strict=True, reason=case.why or "")] if case.expect == "fail" else [],
        )
        for case in cases
    ]


def golds(case: Case) -> list[Sentence]:
    """The sentences that begin with the case's words: one, if the case is sound."""
    article = ARTICLES[case.article]
    return [s for s in article.sentences if article.quote(s).startswith(case.sentence or "\0") and not s.furniture]


def stems(text: str) -> set[str]:
    """The content words, cut to five letters, so that "drilled" and "drilling" are one."""
    return {word[:5] for word in terms(text)}


def rank(case: Case, qa: ArticleQA) -> int | None:
    """The place of the gold sentence in the ranking, from 1; None where it is not there."""
    (gold,) = golds(case)
    places = [one.candidate.sentence.start for one in qa.rank(case.question)]
    return places.index(gold.start) + 1 if gold.start in places else None


@pytest.fixture(scope="session")
def asked(encoder: Encoder) -> dict[str, ArticleQA]:
    """Every article, ready to be asked alone."""
    return {name: ask_alone(article, encoder) for name, article in ARTICLES.items()}


def ask_alone(article: Article, encoder: Encoder) -> ArticleQA:
    return ArticleQA.from_text(article.text, title=article.title, encoder=encoder)


@pytest.mark.parametrize("case", params(ANSWERABLE))
def test_the_sentence_that_answers_comes_first(case: Case, asked: dict[str, ArticleQA]) -> None:
    """The first evidence of the ranking, before any abstention, is the gold sentence."""
    (gold,) = golds(case)
    assert asked[case.article].rank(case.question)[0].candidate.sentence == gold


@pytest.mark.parametrize("case", params(ABSENT))
def test_what_the_article_does_not_answer_is_not_answered(case: Case, asked: dict[str, ArticleQA]) -> None:
    """A question off the topic, or on it without an answer there, gives an abstention."""
    assert asked[case.article].ask(case.question).abstained


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.question)
def test_every_gold_sentence_is_one_and_holds_its_answer(case: Case) -> None:
    """The first words name exactly one sentence, and the answer stands in it to the letter."""
    (gold,) = golds(case)
    assert case.answer and case.answer in ARTICLES[case.article].quote(gold)


@pytest.mark.parametrize("case", [case for case in CASES if case.kind == "paraphrase"], ids=lambda case: case.question)
def test_a_paraphrase_shares_at_most_one_content_word_with_its_sentence(case: Case) -> None:
    """So that matching words alone is of little help."""
    assert len(shared(case)) <= 1, shared(case)


@pytest.mark.parametrize("case", [c for c in ANSWERABLE if c.article == BUNDLED], ids=lambda case: case.question)
def test_each_question_on_the_bundled_article_has_a_content_word_that_its_sentence_lacks(case: Case) -> None:
    """None is the sentence with a question mark."""
    assert stems(case.question) - shared(case)


def test_questions_on_the_bundled_article_ask_for_every_sentence() -> None:
    """30 of them, and no sentence but the furniture is left out."""
    cases = [case for case in ANSWERABLE if case.article == BUNDLED]
    assert len(cases) == 30
    assert {gold for case in cases for gold in golds(case)} == {s for s in ARTICLES[BUNDLED].sentences if not s.furniture}


def test_pronoun_questions_have_a_sentence_that_begins_with_a_pronoun() -> None:
    """Who or what it means stands in a neighbour."""
    cases = [case for case in CASES if case.kind == "pronoun"]
    assert all((case.sentence or "").startswith(("He ", "She ", "It ", "They ", "The two ")) for case in cases)


def test_no_two_questions_are_alike_and_failures_have_a_reason() -> None:
    """60 questions on five articles, 36 on the bundled one; each has a known kind, and a known failure says why."""
    assert Counter(case.article == BUNDLED for case in CASES) == {False: 60, True: 36}
    assert len({(case.article, frozenset(terms(case.question))) for case in CASES}) == len(CASES)
    assert {case.kind for case in CASES} == set(KINDS) and {case.expect for case in CASES} <= {"pass", "fail"}
    assert all((case.sentence is None) == (case.answer is None) == (case.kind == "absent") for case in CASES)
    assert all(bool(case.why) == (case.expect == "fail") for case in CASES)


def shared(case: Case) -> set[str]:
    """The stems that question and gold sentence have in common."""
    (gold,) = golds(case)
    return stems(case.question) & stems(ARTICLES[case.article].quote(gold))


def main() -> None:
    """Ask every question, and print what is right, what is wrong, and what is other than the file expects."""
    encoder = Encoder()
    asked = {name: ask_alone(article, encoder) for name, article in ARTICLES.items()}
    right = {case: is_right(case, asked[case.article]) for case in CASES}
    tallies: dict[str, list[bool]] = defaultdict(list)
    for case, good in right.items():
        label = f"{case.article}, absent" if case.kind == "absent" else case.article
        for name in (case.kind, label, "all, absent" if case.kind == "absent" else "all"):
            tallies[name].append(good)
    for name in sorted(tallies, key=lambda name: (name not in KINDS, name)):
        print(f"{name:24} {sum(tallies[name]):3} of {len(tallies[name]):3}  {sum(tallies[name]) / len(tallies[name]):.3f}")
    answered = sum(not asked[case.article].ask(case.question).abstained for case in ANSWERABLE)
    print(
        f"{answered} of the {len(ANSWERABLE)} answerable questions get an answer, right or wrong; the others, an abstention."
    )
    print("\nMisses:")
    for case in CASES:
        if not right[case]:
            print(miss(case, asked[case.article]))
    changed = [case for case in CASES if right[case] != (case.expect == "pass")]
    print("\nOther than the file expects:" if changed else "\nAll as the file expects.")
    for case in changed:
        print(f"  {'passes' if right[case] else 'FAILS'} now: [{case.article}] {case.question}")
    if "--flip" in sys.argv[1:]:
        flip(right)


def is_right(case: Case, qa: ArticleQA) -> bool:
    return qa.ask(case.question).abstained if case.kind == "absent" else rank(case, qa) == 1


def miss(case: Case, qa: ArticleQA) -> str:
    answer = qa.ask(case.question, k=1)
    (best,) = answer.evidence or answer.nearest
    head = f"  [{case.article}, {case.kind}] {case.question}\n    came first ({best.confidence or 0:.2f}): {best.quote}"
    return head if case.kind == "absent" else f"{head}\n    wanted (place {rank(case, qa)}): {case.sentence} … {case.answer}"


def flip(right: dict[Case, bool]) -> None:
    """Write the known failures that pass back as passing; the other way is a person's decision."""
    rows = []
    for case in CASES:
        row = asdict(case)
        if right[case]:
            row |= {"expect": "pass", "why": None}
        rows.append(json.dumps({key: value for key, value in row.items() if key != "why" or value}, ensure_ascii=False))
    QUESTIONS.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
