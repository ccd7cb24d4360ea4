"""A source becomes an Article: a file, an address, standard input, a string, or the article that ships with the package.

Knows nothing of models and storage. A plain text is decoded and its CRLF line ends become LF; nothing else is changed, so
what is indexed, cited and shown is what the file says. From other formats the text is extracted once, and from then on that
is the article.
"""

import re
import sys
from importlib import resources
from pathlib import Path
from typing import BinaryIO

from index.article import Article, Sentence
from index.errors import LoadError
from index.extracted import Extracted
from index.extractor import extract, kind_of
from index.fetcher import fetch
from index.language import language_of
from index.segmenter import segment

__all__ = ["load", "load_address", "load_bundled", "load_bytes", "load_text"]

MAX_BYTES = 32 * 2**20  # ten times the longest novels; beyond it, a wrong file is likelier than an article
MAX_TITLE = 70  # characters, so that a citation stays on one line
_HEADING_MARKS = re.compile(r"^#{1,6}\s+|\s+#+$|\n[=-]+$")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", ",", "…")


def load(source: str | Path, *, encoding: str | None = None, title: str | None = None, name: str | None = None) -> Article:
    """Read an article: a file, the page or file at an http(s) address, or standard input, which is called "-".

    It may be plain text, Markdown, a web page, a PDF or a Word document (.docx); which, its content says. `encoding` is the
    text's (by default UTF-8 for a text, and what a web page says of itself). The article's source is `name`, or else the
    file or address as it was named; what comes from standard input has none. Raises LoadError, with the cure, where the
    source is missing, unreadable, too large, of no known format, damaged, empty, or not in its encoding.
    """
    if source == "-":
        return _article(_read_all(sys.stdin.buffer, "standard input"), name or "standard input", name, encoding, title)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(source)):
        return load_address(str(source), encoding=encoding, title=title)
    return _article(_read(source), str(source), name or str(source), encoding, title)


def load_address(address: str, *, encoding: str | None = None, title: str | None = None) -> Article:
    """Fetch an http(s) address of the public internet, and nothing else: neither a path nor a `file:` address is opened.

    Raises LoadError as `load` does, and where the address cannot be reached or is not to be.
    """
    fetched = fetch(address)
    return _article(
        fetched.data, fetched.address, address, encoding or fetched.encoding, title, content_type=fetched.content_type
    )


def load_bytes(data: bytes, *, name: str, encoding: str | None = None, title: str | None = None) -> Article:
    """Make an Article of a file's content, such as an upload. Its source is `name`, which is data: no file of it is opened.

    Raises LoadError as `load` does.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    return _article(data, name, name, encoding, title)


def load_text(text: str, *, title: str | None = None, source: str | None = None) -> Article:
    """Make an Article of a string. Raises LoadError where it holds no sentence, or is no text.

    Without a `title`, the article's own heading is taken, or else its first words.
    """
    return _made(Extracted(text.replace("\r\n", "\n")), title, source, source or "the text")


def load_bundled() -> Article:
    """The article that ships with the package: `index/data/article.txt`, a file that can be replaced."""
    path = resources.files("index") / "data" / "article.txt"
    return load_text(path.read_text("utf-8"), source="article.txt")


def _article(
    data: bytes, name: str, source: str | None, encoding: str | None, title: str | None, *, content_type: str | None = None
) -> Article:
    """The article in the bytes of a file; errors call it `name`."""
    name = _sound(name)
    kind = kind_of(data, name=name, content_type=content_type)
    if kind == "text":
        extracted = Extracted(_decode(data, name, encoding or "utf-8").replace("\r\n", "\n"))
    else:
        extracted = extract(data, kind, name=name, encoding=encoding)
    return _made(extracted, title, source, name)


def _made(extracted: Extracted, title: str | None, source: str | None, name: str) -> Article:
    text, name = extracted.text, _sound(name)
    if "\0" in text:
        raise LoadError(f"{name} holds NUL characters, so it is not text.", "Extract its text first, and give that.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LoadError(
            f"{name} holds half of a surrogate pair at character {error.start}.", "Decode it again, with its right encoding."
        ) from None
    sentences = segment(text)
    if not sentences:
        raise LoadError(f"{name} is empty.", "Give an article of at least one word.")
    return Article(
        text,
        _sound(title or _shortened(extracted.title) or _title(text, sentences)),
        _sound(source) if source else source,
        sentences,
        author=extracted.author,
        date=extracted.date,
        language=language_of(text),
        pages=extracted.pages,
    )


def _read(source: str | Path) -> bytes:
    try:
        path = Path(source)
        if path.is_dir():
            raise LoadError(f"{source} is a folder.", "Name the files in it.")
        if path.stat().st_size > MAX_BYTES:
            raise _too_large(str(source))
        with path.open("rb") as file:
            return _read_all(file, str(source))  # a device or a pipe says that its size is 0
    except FileNotFoundError:
        raise LoadError(f"There is no file {source}.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LoadError(f"{source} cannot be read: {reason}.", "Check that it is a readable file.") from None


def _read_all(file: BinaryIO, name: str) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    return data


def _too_large(name: str) -> LoadError:
    return LoadError(f"{_sound(name)} is larger than {MAX_BYTES >> 20} MiB.", "Split it into articles.")


def _decode(data: bytes, source: str, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")  # not "utf-8-sig", which counts bytes from after the mark
    except LookupError:
        raise LoadError(f"{encoding!r} is not a known encoding.", "Name one such as utf-8, latin-1 or utf-16.") from None
    except UnicodeError as error:
        place = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise LoadError(
            f"{source} is not {encoding}{place}.", "If it is text, name its encoding, such as --encoding latin-1 or utf-16."
        ) from None


def _sound(name: str) -> str:
    """A name that can be stored and printed: Python puts half a surrogate pair for each odd byte of a file's name.

    Two names stay two, so that neither source replaces the other.
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _title(text: str, sentences: tuple[Sentence, ...]) -> str:
    first = sentences[0]
    words = text[first.start : first.end]
    alone = len(sentences) > 1 and sentences[1].paragraph > first.paragraph
    if alone and not words.endswith(_SENTENCE_ENDS):
        words = _HEADING_MARKS.sub("", words)
    return _shortened(words)


def _shortened(words: str | None) -> str:
    """On one line, and no longer than MAX_TITLE; cut between words where there are any."""
    words = " ".join((words or "").split())
    if len(words) <= MAX_TITLE:
        return words
    cut = words[: MAX_TITLE - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:—–-") + "…"
