"""A library as its user sees it: in memory and on disk, from threads and beside other processes."""

import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import make_tiny_model
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import Article, Encoder, Library, LibraryError, LibraryMismatch, ModelError, Sentence, load_text
from index.connection import FILE_NAME
from index.library import BESIDE

FRUIT = "A red apple.\n\nThe green banana.\n\nOne plum."
Found = list[tuple[str, str, float, float]]


def found(library: Library, query: str, within: list[str] | None = None) -> Found:
    return sorted(
        (c.article.id, c.article.quote(c.sentence), c.dense, c.lexical) for c in library.search(query, within=within)
    )


def quotes(library: Library, query: str) -> list[str]:
    return sorted(quote for _, quote, _, _ in found(library, query))


@pytest.fixture
def library(tiny: Encoder) -> Library:
    return Library.in_memory(tiny)


def test_what_is_added_is_there_and_what_is_removed_is_gone(library: Library) -> None:
    """From len, list, get, search and within; get and remove then name the cure."""
    article = load_text(FRUIT, title="Fruit", source="fruit.txt")
    assert library.add(article) is True
    assert (len(library), library.get(article.id)) == (1, article)
    (entry,) = library.list()
    assert (entry.id, entry.title, entry.source, entry.sha256) == (article.id, "Fruit", "fruit.txt", article.sha256)
    assert (entry.sentences, entry.characters) == (3, len(FRUIT))
    assert quotes(library, "apple") == ["A red apple.", "One plum.", "The green banana."]
    library.remove(article.id)
    assert (len(library), library.list(), library.search("apple")) == (0, [], [])
    for forgotten in (library.get, library.remove, lambda gone: library.search("apple", within=[gone])):
        with pytest.raises(LibraryError, match=f"There is no article {article.id} in the library. article-qa list names"):
            forgotten(article.id)


def test_dense_scores_are_cosines(library: Library) -> None:
    """ "red apple" against "A red apple." is 2 of 3 words, 2/sqrt(6), up to the half precision that is kept."""
    library.add(load_text(FRUIT))
    cosines = {quote: dense for _, quote, dense, _ in found(library, "red apple")}
    assert cosines == {"A red apple.": pytest.approx(2 / 6**0.5, abs=1e-3), "The green banana.": 0, "One plum.": 0}


def test_a_saved_library_is_the_library(tiny: Encoder, tmp_path: Path) -> None:
    """In memory, on disk, and opened again: the same articles and, to the last bit, the same scores."""
    articles = [
        load_text(FRUIT, source="a"),
        load_text("Two red plums. A plum is red.", title="T"),
        load_text("Fig and lemon."),
    ]
    memory, disk = Library.in_memory(tiny), Library.open(tmp_path / "deep" / "lib", create=True, encoder=tiny)
    for library in (memory, disk):
        for article in articles:
            library.add(article)
        library.remove(articles[2].id)
    disk_found = {query: found(disk, query) for query in ("red apple", "plum", "one of two")}
    disk.close()
    again = Library.open(tmp_path / "deep" / "lib", encoder=tiny)
    assert [again.get(entry.id) for entry in again.list()] == articles[:2]
    assert again.list() == memory.list()
    for query, expected in disk_found.items():
        assert found(again, query) == found(memory, query) == expected
    assert again.verify() == []


def test_the_same_text_twice_is_one_article(library: Library) -> None:
    assert library.add(load_text(FRUIT, source="one")) is True
    assert library.add(load_text(FRUIT, source="two")) is False
    assert [entry.source for entry in library.list()] == ["one"]


def test_a_changed_text_of_one_source_replaces_the_old(library: Library) -> None:
    """Texts without a source are never taken for versions of one another."""
    library.add(load_text("A red apple.", source="fruit.txt"))
    library.search("apple")
    library.add(load_text("A green apple.", source="fruit.txt"))
    assert quotes(library, "apple") == ["A green apple."]
    library.add(load_text("One apple."))
    library.add(load_text("Two apple."))
    assert quotes(library, "apple") == ["A green apple.", "One apple.", "Two apple."]


def test_a_model_that_is_not_there_costs_no_article(tiny: Encoder, tmp_path: Path) -> None:
    """Nothing is dropped or emptied: not by adding a new version of a source, and what needs no model goes on."""
    library = Library.open(tmp_path, create=True, encoder=tiny)
    for text, source in (("A red apple.", "fruit.txt"), ("One fig.", "fig.txt")):
        library.add(load_text(text, source=source))
    before = library.list(), found(library, "apple")
    without = Library.open(tmp_path, encoder=Encoder("nobody/nothing"))
    for use in (
        lambda: without.add(load_text("A green apple.", source="fruit.txt")),
        lambda: without.search("apple"),
        without.verify,
    ):
        with pytest.raises(ModelError, match="nobody/nothing is not available"):
            use()
    assert (without.list(), without.get(before[0][0].id).text) == (before[0], "A red apple.")
    without.remove(before[0][1].id)
    again = Library.open(tmp_path, encoder=tiny)
    assert (again.list(), found(again, "apple")) == (before[0][:1], [row for row in before[1] if "fig" not in row[1]])
    assert again.verify() == []


def test_vectors_that_are_no_numbers_are_refused_and_cost_no_article(tiny_model: Path) -> None:
    class Broken(Encoder):
        def encode(self, texts: Sequence[str], *, progress: bool = False) -> NDArray[np.float32]:
            return np.full_like(super().encode(texts), np.nan)

    library = Library.in_memory(Broken(tiny_model))
    with pytest.raises(ModelError, match="gives no vectors for 'Fruit'"):
        library.add(load_text(FRUIT, title="Fruit"))
    assert len(library) == 0


def test_an_article_that_comes_back_is_found_by_its_words_again(library: Library) -> None:
    """It has its old id and new numbers; without a search in between, nothing told memory so."""
    article = load_text(FRUIT)
    library.add(article)
    before = found(library, "plum")
    assert max(lexical for *_, lexical in before) > 0
    library.remove(article.id)
    library.add(article)
    assert found(library, "plum") == before


def test_an_article_that_comes_back_has_its_new_title(library: Library) -> None:
    article = load_text(FRUIT, title="old")
    library.add(article)
    assert library.get(article.id).title == "old"
    library.remove(article.id)
    library.add(load_text(FRUIT, title="new"))
    assert library.get(article.id).title == "new"


def test_what_a_search_knows_follows_every_change(tiny: Encoder, tmp_path: Path) -> None:
    """Articles come, are replaced and go, here and by another connection; each search is that of a library just opened."""
    here, there = Library.open(tmp_path, create=True, encoder=tiny), Library.open(tmp_path, encoder=tiny)
    dice = random.Random(7)
    fruit = ["apple", "banana", "plum", "fig", "lemon"]
    for turn in range(60):
        library = dice.choice([here, here, here, there])
        entries = library.list()
        if entries and dice.random() < 0.4:
            library.remove(dice.choice(entries).id)
        else:
            said = [f"A red {dice.choice(fruit)} and {turn}.", f"The {dice.choice(fruit)}.", f"One {dice.choice(fruit)}."]
            library.add(load_text("\n\n".join(said), source=dice.choice([None, "a", "b"])))
        fresh = Library.open(tmp_path, encoder=tiny)
        for query in dice.sample(["red apple", "plum", "the fig and lemon", "banana 7"], 2):
            assert found(here, query) == found(fresh, query)
            assert found(here, query, [one.id for one in here.list()[::2]]) == found(
                fresh, query, [one.id for one in fresh.list()[::2]]
            )
        fresh.close()
    assert here.verify() == []


class Interrupted:
    """A connection to SQLite that is interrupted just when it has committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        done = self.connection.execute(statement, *values)
        if statement == "COMMIT":
            raise KeyboardInterrupt
        return done


def test_an_interruption_leaves_what_searches_know_as_the_file_is(tiny: Encoder, tmp_path: Path) -> None:
    """Ctrl-C at the very moment when a change is on the disk: the next search, add and remove are those of a new opening."""
    library = Library.open(tmp_path, create=True, encoder=tiny)
    apple, fig = load_text("A red apple."), load_text("One fig.")
    library.add(apple)
    assert quotes(library, "fig") == ["A red apple."]
    file = library._database._file
    for change, left in (
        (lambda: library.add(fig), ["A red apple.", "One fig."]),
        (lambda: library.remove(apple.id), ["One fig."]),
    ):
        whole, file._sqlite = file._sqlite, Interrupted(file._sqlite)  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            change()
        file._sqlite = whole
        assert quotes(library, "fig") == left
    library.remove(fig.id)
    assert (library.search("fig"), library.verify()) == ([], [])


def test_another_library_in_the_place_of_a_read_only_one_is_read_anew(tiny: Encoder, tmp_path: Path) -> None:
    """Its numbers begin anew: nothing of the first is found in it, and its titles are its own."""
    first, second = (
        Library.open(tmp_path / "1", create=True, encoder=tiny),
        Library.open(tmp_path / "2", create=True, encoder=tiny),
    )
    many = load_text("\n\n".join(f"A red apple {number}." for number in range(100)), title="old")
    first.add(many)
    first.add(load_text("One fig. Two figs."))
    second.add(load_text(many.text, title="new"))
    second.add(load_text("One plum."))
    for library in (first, second):
        library.close()
    reader = Library.open(tmp_path / "1", encoder=tiny)
    assert "One fig." in quotes(reader, "fig")
    (tmp_path / "2" / FILE_NAME).replace(tmp_path / "1" / FILE_NAME)
    reader._database._file._frozen = (0, 0)  # as where the folder can only be read: SQLite does not look then, so we do
    fresh = Library.open(tmp_path / "1", encoder=tiny)
    for query in ("fig", "plum", "red apple 7"):
        assert found(reader, query) == found(fresh, query)
    assert reader.get(many.id).title == "new"


def test_an_article_without_sentences_is_an_article_too(library: Library) -> None:
    library.add(Article("   ", "blank", None, ()))
    library.add(load_text("A red apple."))
    assert (len(library), quotes(library, "apple"), library.verify()) == (2, ["A red apple."], [])


def test_words_that_were_asked_take_bounded_room(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a word is everywhere or nowhere, what is kept of it counts; and what is kept is right after many removals."""
    monkeypatch.setattr("index.postings._KEPT", 600)
    for number in range(50):
        library.add(load_text(f"Number {number} is red."))
    for number in range(200):
        library.search(f"word{number} red")
    postings = library._memory.postings
    kept = sum(
        64 + len(one.numbers) + len(one.holding if one.holding is not None else ()) for one in postings._kept.values()
    )
    assert kept == postings._size <= 600
    monkeypatch.setattr("index.postings._MISSED", 5)
    for entry in library.list()[:20]:
        library.remove(entry.id)
    assert len(postings._removed) <= 5
    assert quotes(library, "red") == sorted(f"Number {number} is red." for number in range(20, 50))


def test_furniture_is_kept_and_never_a_candidate(library: Library) -> None:
    article = Article("A red apple. Red apple!", "t", None, (Sentence(0, 12, 1, 1), Sentence(13, 23, 1, 2, furniture=True)))
    library.add(article)
    assert quotes(library, "red apple") == ["A red apple."]
    assert library.get(article.id) == article
    library.remove(article.id)
    assert library.verify() == []


def test_an_article_of_furniture_alone_is_an_article(library: Library) -> None:
    """It can be kept, listed, verified and removed, and other articles are found beside it."""
    article = Article("Red apple!", "t", None, (Sentence(0, 10, 1, 1, furniture=True),))
    library.add(article)
    assert library.search("apple") == []
    library.add(load_text("A red apple."))
    assert quotes(library, "apple") == ["A red apple."]
    assert library.search("apple", within=[article.id]) == []
    assert library.verify() == []
    library.remove(article.id)
    assert len(library) == 1


def test_equal_sentences_of_two_articles_stay_two_candidates(library: Library) -> None:
    library.add(load_text("A red apple. One fig."))
    library.add(load_text("A red apple. Two figs."))
    assert quotes(library, "apple").count("A red apple.") == 2


def test_a_short_article_is_not_drowned_in_long_ones(library: Library) -> None:
    """One sentence against three articles of 400, of which many come near: the best one is a candidate, and scores best.

    And of equal sentences, the one in a short article scores within a hundredth of the one in a long one.
    """
    for number in range(3):
        said = [f"The red fig {n} {number}." if n % 2 else f"A green apple of {n} {number}." for n in range(400)]
        library.add(load_text("\n\n".join([*said, "The mango is blue."])))
    short = load_text("The mango is blue.\n\nOne plum is red.")
    library.add(short)
    scores: dict[str, float] = {}
    for candidate in library.search("red plum"):
        quote = candidate.article.quote(candidate.sentence)
        scores[quote] = max(candidate.dense + candidate.lexical, scores.get(quote, 0))
    assert max(scores, key=lambda quote: scores[quote]) == "One plum is red."
    equal = [c for c in library.search("blue mango") if c.article.quote(c.sentence) == "The mango is blue."]
    assert len(equal) == 4 and len({c.article.id for c in equal}) == 4
    assert len({c.dense for c in equal}) == 1
    assert max(c.lexical for c in equal) - min(c.lexical for c in equal) < 0.01


def test_a_search_keeps_within_the_articles_that_are_named(library: Library) -> None:
    """One, several, one twice, or none; scores are those of the whole library."""
    ids = []
    for word in ("apple", "banana", "cherry", "date"):
        article = load_text(f"A red {word}.")
        library.add(article)
        ids.append(article.id)
    whole = found(library, "red apple")
    assert found(library, "red apple", [ids[0]]) == [row for row in whole if row[0] == ids[0]]
    assert found(library, "red apple", [ids[3], ids[1], ids[3]]) == [row for row in whole if row[0] in (ids[1], ids[3])]
    assert found(library, "red apple", []) == []
    with pytest.raises(LibraryError, match="There is no article 0000 in the library"):
        library.search("apple", within=[ids[0], "0000"])


def test_what_stands_beside_the_best_in_their_paragraphs_comes_along(library: Library) -> None:
    """With the scores that it has anyway, as far as is read at once on either side, and of equals by their order."""
    lines = " ".join(f"Line {number} of plum is red." for number in range(120))
    article = load_text(f"Two limes stood apart.\n\n{lines} The red apple is here. {lines}\n\nThree dates.")
    library.add(article)
    library.add(load_text("A banana is beside it. Another fig is not."))
    there = [sentence.start for sentence in article.sentences]

    def starts(query: str, around: int, most: int | None = 1) -> dict[int, tuple[float, float]]:
        found = library.search(query, most=most, around=around)
        assert len({(one.article.id, one.sentence.start) for one in found}) == len(found)
        return {one.sentence.start: (one.dense, one.lexical) for one in found if one.article == article}

    (best,) = starts("the red apple is here", 0)
    assert article.text[best:].startswith("The red apple is here.")
    beside = starts("the red apple is here", 1)
    assert sorted(beside) == [start for start in there if start > 20 and abs(start - best) < BESIDE]
    assert len(beside) > 100
    everyone = starts("the red apple is here", 0, most=None)
    assert all(beside[one] == everyone[one] for one in beside.keys() & everyone.keys())
    assert starts("three dates", 1) == starts("three dates", 0)  # it stands alone in its paragraph


def test_of_equally_good_sentences_the_first_has_what_stands_beside_it(library: Library) -> None:
    article = load_text("\n\n".join(["Red apple. It was blue."] * 5))
    library.add(article)
    found = library.search("red apple", most=1, around=1)
    quotes = [article.quote(one.sentence) for one in found]
    assert sorted(quotes) == ["It was blue."] + ["Red apple."] * 5
    (beside,) = (one for one in found if article.quote(one.sentence) == "It was blue.")
    assert beside.sentence.paragraph == 1


def test_an_article_scores_alone_as_among_a_thousand_others(tiny: Encoder) -> None:
    """Law 6, to the last bit: its candidates have the same scores, whatever else is there."""
    article = load_text(FRUIT + "\n\nA red plum was not in the lemon.")
    alone, among = Library.in_memory(tiny), Library.in_memory(tiny)
    for number in range(1000):
        if number == 500:
            among.add(article)
        among.add(load_text(f"Number {number}: three olives, a fig" + " and a grape" * (number % 5) + "."))
    alone.add(article)
    for query in ("red apple", "a plum in the lemon", "one banana"):
        rows = [row for row in found(among, query) if row[0] == article.id]
        assert rows
        assert set(rows) <= set(found(alone, query))
        assert found(among, query, [article.id]) == found(alone, query)


@given(query=st.text(st.characters(exclude_categories=()), max_size=60))
@example('"')
@example('"" OR ""')
@example("apple AND NOT")
@example("apple* ^apple NEAR(apple banana, 2) -apple words:apple {text}: apple")
@example("apple\0banana")
@example("'; DROP TABLE article; --")
@example("\ud800 apple")
@example("½ ² ① ᵃ _ ٣ \u0345")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_is_only_text(stocked: Library, query: str) -> None:
    """No operator, quotation mark or NUL raises; all three sentences are candidates, with scores from 0 to 1."""
    rows = found(stocked, query)
    assert [quote for _, quote, _, _ in rows] == ["A red apple.", "One plum.", "The green banana."]
    assert all(-1e-3 <= dense <= 1.001 and 0 <= lexical <= 1 for _, _, dense, lexical in rows)


@pytest.fixture(scope="module")
def stocked(tiny_model: Path) -> Library:
    library = Library.in_memory(Encoder(tiny_model))
    library.add(load_text(FRUIT))
    return library


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
@example("\ufeff e\u0301 \u202e שלום \U0001f469\u200d\U0001f680 \u2028 \x1b[31m \x0b \ufffd \uffff \U0010ffff")
@example("a\0b")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(stocked: Library, text: str) -> None:
    """Text, pages and particulars, code point for code point; then it is removed without a trace."""
    end = len(text)
    article = Article(text, text, text, (Sentence(0, end, 1, 1),), author=text, date=text, language=text, pages=(0, 0, end))
    stocked.add(article)
    try:
        assert stocked._database.article(article.id) == article
        assert stocked.verify() == []
    finally:
        stocked.remove(article.id)
    assert stocked.verify() == []


def test_threads_add_search_and_remove_at_once(tiny: Encoder, tmp_path: Path) -> None:
    """No thread fails, nobody sees half an article, and what is there at the end is what was not removed."""
    library = Library.open(tmp_path, create=True, encoder=tiny)
    barrier = threading.Barrier(6)

    def write(number: int) -> None:
        barrier.wait()
        for turn in range(6):
            article = load_text(f"A red apple {number} {turn}.\n\nA red plum {number} {turn}.")
            library.add(article)
            if turn % 2:
                library.remove(article.id)

    def search(_: int) -> None:
        barrier.wait()
        for _ in range(12):
            ids = [candidate.article.id for candidate in library.search("red apple")]
            assert all(ids.count(article_id) == 2 for article_id in ids)

    with ThreadPoolExecutor(6) as pool:
        for job in [pool.submit(write, n) for n in range(3)] + [pool.submit(search, n) for n in range(3)]:
            job.result()
    assert len(library) == 9
    assert len(library.search("red apple")) == 18
    assert library.verify() == []


def test_threads_that_add_one_article_add_it_once(tiny: Encoder, tmp_path: Path) -> None:
    library = Library.open(tmp_path, create=True, encoder=tiny)
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(lambda _: library.add(load_text(FRUIT)), range(6))) == [False] * 5 + [True]
    assert len(library) == 1


def test_one_connection_sees_what_another_writes(tiny: Encoder, tmp_path: Path) -> None:
    """Added, replaced, removed and added again: the next search, get and list know it."""
    here = Library.open(tmp_path, create=True, encoder=tiny)
    there = Library.open(tmp_path, encoder=tiny)
    apple = load_text("A red apple.", source="s")
    assert there.search("apple") == []
    here.add(apple)
    first = found(there, "apple")
    assert [quote for _, quote, _, _ in first] == ["A red apple."]
    here.remove(apple.id)
    with pytest.raises(LibraryError, match="There is no article"):
        there.get(apple.id)
    with pytest.raises(LibraryError, match="There is no article"):
        there.remove(apple.id)
    here.add(apple)
    assert found(there, "apple") == first
    here.add(load_text("A green apple.", source="s"))
    assert quotes(there, "apple") == ["A green apple."]


def test_a_process_sees_what_another_process_writes(tiny: Encoder, tiny_model: Path, tmp_path: Path) -> None:
    """Twelve articles, added one by one by a child, are found one by one by this process, which never fails meanwhile."""
    library = Library.open(tmp_path, create=True, encoder=tiny)
    program = (
        "import sys; from index import Encoder, Library, load_text\n"
        "library = Library.open(sys.argv[1], encoder=Encoder(sys.argv[2]))\n"
        "for number in range(12): library.add(load_text(f'A red apple {number}.'))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(tiny_model)]) as writer:
        seen = [0]
        while writer.poll() is None:
            seen.append(len(library.search("apple")))
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(library.search("apple")) == 12


def test_another_model_is_refused_with_the_cure(
    tiny: Encoder, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """At the first search or add, before anything is written; also where the other model came first in the meantime."""
    other = Encoder(make_tiny_model(tmp_path_factory.mktemp("other"), ["apple"]))
    library, late = Library.open(tmp_path, create=True, encoder=tiny), Library.open(tmp_path, encoder=other)
    late._check_encoder()
    library.add(load_text(FRUIT))
    for use in (lambda: late.search("apple"), lambda: late.add(load_text("Fig.")), late.verify):
        with pytest.raises(LibraryMismatch) as caught:
            use()
        assert str(tmp_path) in caught.value.problem
        assert f"--model {tiny.name}" in caught.value.cure
    assert len(library) == 1
