"""Reading: spans that lie where they should, scores that depend on the article alone, and weights that are checked.

The network is a tiny real one: two layers with random weights over a vocabulary of a few words and all letters.
"""

import threading
from pathlib import Path

import pytest
from conftest import MakeBase
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Article, Candidate, Encoder, LoadError, ModelError, ModelFiles, Sentence, load_bundled, load_text
from index.transformer import Transformer
from qa import ArticleQA
from qa.calibration import READER
from qa.reader import LONGEST, READ, SHIPPED, WINDOW, Combination, Reader, _runs, _trimmed
from qa.retriever import Ranked, Reading

PLAIN = Combination("by hand", worth=0.5, span=0.25, origin="a test")


@pytest.fixture
def reader(tiny_reader: Reader) -> Reader:
    return tiny_reader


def candidates(article: Article, score: float = 1.0) -> list[Ranked]:
    """All sentences of an article, each a hundredth worse than the one before."""
    return [
        Ranked(Candidate(article, sentence, 0.5, 0.5), score - number / 100)
        for number, sentence in enumerate(article.sentences)
        if not sentence.furniture
    ]


def test_the_score_is_the_fused_one_and_the_weighted_worth_and_span() -> None:
    reading = Reading(worth=2.0, span=-4.0, start=0, end=1, absent=0.0, absent_span=0.0)
    assert PLAIN.score(1.5, reading) == 1.5 + 0.5 * 2 - 0.25 * 4


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=300), question=st.text(min_size=1, max_size=60))
def test_every_answer_lies_inside_its_quote_on_any_text(text: str, question: str, tiny_reader: Reader) -> None:
    """Verbatim: a marked answer is a slice of its sentence, not empty, and no longer than an answer may be."""
    try:
        article = load_text(text)
    except LoadError:
        return
    for one in tiny_reader.read(question, candidates(article)):
        sentence, reading = one.candidate.sentence, one.reading
        if reading is not None:
            assert sentence.start <= reading.start < reading.end <= sentence.end
            assert not article.text[reading.start].isspace() and not article.text[reading.end - 1].isspace()


def test_the_first_candidates_are_read_and_the_others_keep_their_order_behind(reader: Reader) -> None:
    article = load_text("\n\n".join(f"Red apple {'one ' * number}." for number in range(READ + 5)))
    read = reader.read("red apple", candidates(article))
    assert len(read) == READ + 5
    assert all(one.reading for one in read[:READ]) and not any(one.reading for one in read[READ:])
    assert [one.candidate.sentence.paragraph for one in read[READ:]] == list(range(READ + 1, READ + 6))
    scores = [one.score for one in read]
    assert scores == sorted(scores, reverse=True)


def test_what_stands_in_a_paragraph_that_is_read_is_read_with_it(reader: Reader) -> None:
    """However low retrieval has it, and not where it would be read in another window of a long paragraph."""
    short = load_text("\n\n".join(["Red apple. It is one. This was two.", *("Red apple in the fig." for _ in range(READ))]))
    ranked = candidates(short)
    ranked = [ranked[0], *ranked[3:], *ranked[1:3]]  # the last two are those that lean on the first
    read = reader.read("red apple", ranked)
    readings = {one.candidate.sentence.number: one.reading for one in read if one.candidate.sentence.paragraph == 1}
    assert sorted(number for number, reading in readings.items() if reading) == [1, 2, 3]
    assert sum(one.reading is not None for one in read) == READ + 2
    assert [one.candidate.sentence.paragraph for one in read if not one.reading] == [READ + 1]

    scores = [one.score for one in read]
    least = min(one.score for one in read if one.candidate in [chosen.candidate for chosen in ranked[:READ]])
    assert scores == sorted(scores, reverse=True)
    assert all(one.reading or one.score <= least for one in read)  # what was not read stands behind those, not behind all

    long = load_text(" ".join(f"The {'red apple ' * 20} is {number}." for number in range(2 * READ)))
    ranked = candidates(long)
    alone = reader.read("red", [ranked[0], *ranked[-1:]])
    together = reader.read("red", ranked)
    whose = {one.candidate.sentence: one.reading for one in together}
    assert whose[ranked[-1].candidate.sentence] is None and len(together) == len(ranked)
    assert {one.candidate.sentence for one in alone if one.reading} == {one.candidate.sentence for one in alone}


def test_the_same_sentence_in_two_paragraphs_keeps_its_two_places(reader: Reader) -> None:
    """Each is read in its own paragraph: looking the words up would find the first one twice."""
    article = load_text("Red apple. Green plum.\n\nBlue cherry. Red apple.")
    first, second = (one for one in candidates(article) if article.quote(one.candidate.sentence) == "Red apple.")
    read = {one.candidate.sentence.start: one for one in reader.read("red apple", [first, second])}
    assert sorted(read) == [0, 37]
    for start, one in read.items():
        assert one.reading is not None and start <= one.reading.start < one.reading.end <= start + 10
    assert read[0].reading.worth != read[37].reading.worth  # type: ignore[union-attr]  # other words stand around it


def test_what_a_sentence_scores_does_not_depend_on_the_other_candidates(reader: Reader) -> None:
    """Not even in a paragraph too long for one window: it is cut the same way whoever is a candidate."""
    article = load_text(" ".join(f"The {'red apple ' * 20} is {number}." for number in range(READ)))
    everyone = candidates(article)
    together = {one.candidate.sentence: one.reading for one in reader.read("red", everyone)}
    for one in everyone:
        (alone,) = reader.read("red", [one])
        there = together[one.candidate.sentence]
        assert alone.reading is not None and there is not None
        assert (alone.reading.start, alone.reading.end) == (there.start, there.end)
        assert alone.reading.worth == pytest.approx(there.worth, abs=1e-3)
        assert alone.reading.span == pytest.approx(there.span, abs=1e-3)


def test_reading_twice_and_in_many_threads_gives_the_same(reader: Reader, tiny_bert: ModelFiles) -> None:
    article = load_text("Red apple. Green plum. Blue fig.\n\nThe date was one.")
    expected = reader.read("red plum", candidates(article))
    fresh = Reader(reader.weights, combination=PLAIN, base=tiny_bert)
    found: list[list[Ranked]] = []
    threads = [threading.Thread(target=lambda: found.append(fresh.read("red plum", candidates(article)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6


def test_furniture_is_neither_read_nor_around_what_is_read(reader: Reader) -> None:
    text = "Red apple. Subscribe now! Green plum."
    spans = [(0, 10, False), (11, 25, True), (26, 37, False)]
    article = Article(text, "t", None, tuple(Sentence(a, b, 1, n, f) for n, (a, b, f) in enumerate(spans, 1)))
    without = load_text("Red apple. Green plum.")
    read, plain = (reader.read("red", candidates(one)) for one in (article, without))
    assert [one.reading.worth for one in read if one.reading] == [one.reading.worth for one in plain if one.reading]


def test_no_candidates_are_read_as_none(reader: Reader) -> None:
    assert reader.read("red", []) == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (" (1999), ", "(1999)"),
        ("1999)", "1999"),
        ("“Hamlet”", "“Hamlet”"),
        ("“Hamlet", "Hamlet"),
        ("the U.S.", "the U.S."),
        ("in May.", "in May"),
        ("-5 degrees.", "-5 degrees"),
        ("- five", "five"),
        ("Kim (the elder)", "Kim (the elder)"),
        ("Kim (the elder", "Kim (the elder"),
        ("$5.4 million;", "$5.4 million"),
        ("...", "..."),
        (" \t!", "!"),
    ],
)
def test_stray_punctuation_is_no_part_of_an_answer(text: str, answer: str) -> None:
    start, end = _trimmed(f"x{text}x", 1, 1 + len(text))
    assert f"x{text}x"[start:end] == answer


@given(st.lists(st.integers(0, WINDOW), min_size=1, max_size=40), st.data())
def test_a_run_holds_its_sentence_and_no_more_than_a_window(sizes: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.integers(0, len(sizes) - 1))
    run = _runs(sizes)[wanted]
    assert wanted in run
    assert sum(sizes[run.start : run.stop]) <= WINDOW
    if sum(sizes) <= WINDOW:
        assert run == range(len(sizes))


def test_a_sentence_in_the_middle_of_a_long_paragraph_has_neighbours_on_both_sides() -> None:
    """Ten sentences of 40 pieces: runs of four, each beginning two later: 0-3, 2-5, 4-7, 6-9."""
    for wanted in range(1, 9):
        run = _runs([40] * 10)[wanted]
        assert run.start < wanted < run.stop - 1


def test_weights_of_another_hash_are_refused_with_the_cure(tmp_path: Path, reader: Reader, tiny_bert: ModelFiles) -> None:
    other = tmp_path / "reader.safetensors"
    other.write_bytes(reader.weights.read_bytes())
    spoilt = Reader(other, base=tiny_bert, expected="0" * 64)
    with pytest.raises(ModelError, match=r"are not those of this version: SHA-256 \w{12}, not 000000000000\. Install"):
        spoilt.read("red", candidates(load_text("Red apple.")))


def test_weights_of_another_shape_or_base_or_kind_are_refused(
    tmp_path: Path, reader: Reader, make_base: MakeBase, tiny_bert: ModelFiles
) -> None:
    wider = make_base(tmp_path / "wider", inner=24)
    Transformer.load(wider).save(tmp_path / "wider.safetensors", tiny_bert)
    other = make_base(tmp_path / "other", seed=9)
    Transformer.load(other).save(tmp_path / "other.safetensors", other)
    (tmp_path / "text.safetensors").write_text("not weights")
    for name, problem in [
        ("wider", r"is of another shape than .*: layers\.0\.up\.weight is \(24, 8\), not \(16, 8\)"),
        ("other", "was made for the base model"),
        ("text", "does not hold a reader's weights"),
        ("absent", "cannot be read: No such file"),
    ]:
        unusable = Reader(tmp_path / f"{name}.safetensors", base=tiny_bert)
        with pytest.raises(ModelError, match=problem):
            unusable.read("red", candidates(load_text("Red apple.")))


def test_the_weights_are_written_and_read_back_alike(reader: Reader, tmp_path: Path, tiny_bert: ModelFiles) -> None:
    loaded = Transformer.load(tiny_bert, reader.weights)
    loaded.save(tmp_path / "again.safetensors", tiny_bert)
    assert (tmp_path / "again.safetensors").read_bytes() == reader.weights.read_bytes()


def test_an_article_can_be_asked_with_a_reader_beside_any_encoder(tiny: Encoder, reader: Reader) -> None:
    qa = ArticleQA.from_text("Red apple. Green banana.\n\nBlue cherry.", encoder=tiny, reader=reader)
    answer = qa.ask("red apple")
    assert answer.evidence and all(one.answer is not None for one in answer.evidence)
    assert answer.confidence is None and not qa.calibrated
    assert qa.profile_names()["reader"] == reader.identity
    assert {"retrieve", "read", "total"} == answer.timings.keys()


def test_without_a_reader_retrieval_answers_and_says_so(encoder: Encoder) -> None:
    qa = ArticleQA.from_bundled(encoder=encoder, reader=None)
    answer = qa.ask("who did Zhao meet?")
    assert answer.evidence[0].quote.startswith("Zhao met his North Korean counterpart")
    assert answer.evidence[0].answer is None and answer.confidence is not None
    assert (qa.profile_names()["reader"], qa.profile_names()["calibration"]) == (None, "retrieval-1")


def test_the_shipped_reader_is_not_used_beside_another_encoder(tiny: Encoder) -> None:
    assert ArticleQA.from_text("Red apple.", encoder=tiny).reader is None


shipped = pytest.mark.skipif(not SHIPPED.there, reason="the weights are not here")


@shipped
def test_the_shipped_reader_is_the_one_that_the_profile_was_fitted_with() -> None:
    assert SHIPPED.identity == READER.reader


@shipped
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("who did Zhao meet?", "Choe Ryong Hae"),
        ("How many members does the Politburo Standing Committee have?", "seven"),
        ("On what did the two exchange views?", "regional and international issues"),
    ],
)
def test_the_shipped_reader_marks_the_answer(bundled: ArticleQA, question: str, answer: str) -> None:
    best = bundled.ask(question).evidence[0]
    assert best.answer is not None and answer in best.answer.text
    assert load_bundled().text[best.answer.start : best.answer.end] == best.answer.text


def test_no_answer_is_longer_than_thirty_pieces(reader: Reader) -> None:
    article = load_text("Red " + "apple " * 60 + "fig.")
    (one,) = reader.read("red", candidates(article))
    assert one.reading is not None
    assert len(article.text[one.reading.start : one.reading.end].split()) <= LONGEST
