"""What becomes an article, and what is refused, with which cure."""

import codecs
import io
import os
import sys
from pathlib import Path

import pytest
from makers import make_pdf

from index import Article, LoadError, load, load_bundled, load_text
from index import loader as loader_module


def written(folder: Path, data: bytes, name: str = "article.txt") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def refusal(source: str | Path, **how: str) -> tuple[str, str]:
    with pytest.raises(LoadError) as caught:
        load(source, **how)
    assert str(caught.value) == f"{caught.value.problem} {caught.value.cure}"
    return caught.value.problem, caught.value.cure


def quotes(article: Article) -> list[str]:
    return [article.quote(sentence) for sentence in article.sentences]


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    """Nothing is stripped, joined or normalised: white space and decomposed letters stay."""
    file = written(tmp_path, "  Caf\u0065\u0301 opens. \t\n\n It closes.\n\n".encode())
    article = load(file)
    assert article.text == "  Cafe\u0301 opens. \t\n\n It closes.\n\n"
    assert quotes(article) == ["Cafe\u0301 opens.", "It closes."]
    assert article.source == str(file)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert load(written(tmp_path, codecs.BOM_UTF8 + b"One.")).text == "One."
    assert load(written(tmp_path, "One.".encode("utf-16")), encoding="utf-16").text == "One."


def test_windows_line_ends_become_line_feeds(tmp_path: Path) -> None:
    """CRLF becomes LF; a lone CR is left, as it is no line end of today."""
    assert load(written(tmp_path, b"One.\r\n\r\nTwo.\rThree.\r\n")).text == "One.\n\nTwo.\rThree.\n"


def test_another_encoding_is_refused_with_the_place_and_then_read_when_named(tmp_path: Path) -> None:
    file = written(tmp_path, b"A caf\xe9 opens.")
    assert refusal(file) == (
        f"{file} is not utf-8 at byte 5.",
        "If it is text, name its encoding, such as --encoding latin-1 or utf-16.",
    )
    assert load(file, encoding="latin-1").text == "A café opens."


def test_the_place_of_a_bad_byte_counts_the_byte_order_mark(tmp_path: Path) -> None:
    """So that it is the place that a hex editor shows."""
    file = written(tmp_path, codecs.BOM_UTF8 + b"caf\xe9")
    assert refusal(file)[0] == f"{file} is not utf-8 at byte 6."


@pytest.mark.parametrize("encoding", ["no-such-encoding", "hex", "rot13"])
def test_an_encoding_that_is_none_is_refused(tmp_path: Path, encoding: str) -> None:
    """Also the codecs of Python that are no encodings of text."""
    problem, cure = refusal(written(tmp_path, b"One."), encoding=encoding)
    assert problem == f"'{encoding}' is not a known encoding."
    assert cure == "Name one such as utf-8, latin-1 or utf-16."


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    """By the first byte that is no UTF-8, or by the NUL that no text holds, where its format is not known."""
    program = written(tmp_path, b"\x7fEXE\x02\x01\xff", "program")
    assert refusal(program)[0] == f"{program} is not utf-8 at byte 6."
    zeros = written(tmp_path, b"abc\0\0", "zeros")
    assert refusal(zeros) == (
        f"{zeros} holds NUL characters, so it is not text.",
        "Extract its text first, and give that.",
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "none.txt"
    assert refusal(file) == (f"There is no file {file}.", "Check the name and the folder.")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (f"{tmp_path} is a folder.", "Name the files in it.")


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file.txt/under"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    written(tmp_path, b"One.", "file.txt")
    problem, cure = refusal(tmp_path / name)
    assert "cannot be read: " in problem
    assert cure == "Check that it is a readable file."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, b"One.")
    file.chmod(0)
    assert refusal(file) == (f"{file} cannot be read: Permission denied.", "Check that it is a readable file.")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n ", codecs.BOM_UTF8])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = written(tmp_path, data)
    assert refusal(file) == (f"{file} is empty.", "Give an article of at least one word.")


@pytest.mark.parametrize("address", ["ftp://example.org/a.txt", "file:///etc/passwd", "FILE://localhost/etc/passwd"])
def test_an_address_of_another_kind_is_refused(no_network: None, address: str) -> None:
    """It is told from a missing file, and nothing is fetched or opened."""
    problem, cure = refusal(address)
    assert problem == f"{address} is no http or https address."
    assert cure == "Only those are fetched; a file is named by its path."


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any format, like a file without a name; it has no source unless it is given one."""
    for data, text in ((b"One.\r\nTwo.", "One.\nTwo."), (make_pdf([["One fish."]]), "One fish.")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        article = load("-")
        assert (article.text, article.source) == (text, None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert refusal("-")[0] == "standard input is empty."


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is allowed; one byte more is not."""
    monkeypatch.setattr(loader_module, "MAX_BYTES", 2**20)
    assert len(load(written(tmp_path, b"a" * 2**20)).text) == 2**20
    file = written(tmp_path, b"a" * (2**20 + 1))
    assert refusal(file) == (f"{file} is larger than 1 MiB.", "Split it into articles.")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device on this system")
def test_a_device_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that its size is 0, so what is read is counted."""
    monkeypatch.setattr(loader_module, "MAX_BYTES", 2**20)
    assert refusal("/dev/zero") == ("/dev/zero is larger than 1 MiB.", "Split it into articles.")


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(LoadError, match=r"the text holds half of a surrogate pair at character 4\. Decode it again"):
        load_text("One \ud83d two.")


def test_one_word_is_an_article() -> None:
    article = load_text("word")
    assert (article.title, quotes(article), article.source) == ("word", ["word"], None)


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_file_name_of_odd_bytes_becomes_a_name_that_can_be_kept_and_printed(tmp_path: Path) -> None:
    """Python reads such a byte of a name as half a surrogate pair, which no UTF-8 can hold."""
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    file.write_bytes(b"One.")
    assert load(file).source == f"{tmp_path}/caf\\udce9.txt"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The heading\n\nA sentence.", "The heading"),
        ("## The heading ##\n\nA sentence.", "The heading"),
        ("The heading\n\nA sentence.", "The heading"),
        ("A first sentence. A second.", "A first sentence."),
        ("A sentence that stands alone.\n\nAnother.", "A sentence that stands alone."),
        ("broken\nover  lines\n\nA sentence.", "broken over lines"),
        ("x" * 71, "x" * 69 + "…"),
        ("x" * 70, "x" * 70),
        ("aaaa " * 13 + "bbbb, cccccc", "aaaa " * 12 + "aaaa…"),
    ],
)
def test_the_title_is_the_heading_or_the_first_words(text: str, title: str) -> None:
    """At most 70 characters, cut between words where there are any."""
    assert load_text(text).title == title


def test_a_title_that_is_given_is_taken() -> None:
    assert load_text("# Heading\n\nA sentence.", title="Mine").title == "Mine"


def test_the_bundled_article_is_segmented_as_it_reads() -> None:
    """14 sentences in 10 paragraphs, of which the last alone is furniture; the sentence of the promise is where it says."""
    article = load_bundled()
    assert len(article.sentences) == 14
    assert len(article.paragraphs) == 10
    assert [sentence.furniture for sentence in article.sentences] == [False] * 13 + [True]
    assert article.quote(article.sentences[-1]) == "Please read our comment policy before commenting."
    (third,) = article.paragraphs[2]
    assert article.quote(third).startswith("Zhao met his North Korean counterpart Choe Ryong Hae later Thursday")
    assert (third.paragraph, third.number) == (3, 1)
    assert article.source == "article.txt"
