"""A source becomes an Article: a file of plain text or Markdown, a string, or the article that ships with the package.

Knows nothing of models and storage. The text is decoded and its CRLF line ends become LF; nothing else is changed, so
what is indexed, cited and shown is what the file says.
"""

import re
from importlib import resources
from pathlib import Path

from index.article import Article, Sentence
from index.errors import LoadError
from index.segmenter import segment

__all__ = ["load", "load_bundled", "load_bytes", "load_text"]

MAX_BYTES = 32 * 2**20  # ten times the longest novels; beyond it, a wrong file is likelier than an article
MAX_TITLE = 70  # characters, so that a citation stays on one line
_HEADING_MARKS = re.compile(r"^#{1,6}\s+|\s+#+$|\n[=-]+$")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", ",", "…")
_OTHER_FORMATS = {b"%PDF-": "a PDF", b"PK\x03\x04": "a zip archive or an office document", b"\x89PNG": "a picture"}


def load(source: str | Path, *, encoding: str | None = None, title: str | None = None, name: str | None = None) -> Article:
    """Read a file of plain text or Markdown. Its article's source is `name`, or else the file as it was named.

    Raises LoadError, with the cure, where the file is missing, unreadable, too large, binary, empty, or not in `encoding`.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(source)):
        raise LoadError(f"{source} is an address, and only files can be read.", "Save the page as text and give that file.")
    return load_bytes(_read(source), name=name or str(source), encoding=encoding, title=title)


def load_bytes(data: bytes, *, name: str, encoding: str | None = None, title: str | None = None) -> Article:
    """Make an Article of a file's content, such as an upload. Its source is `name`, which is data: no file of it is opened.

    Raises LoadError, with the cure, where it is too large, of no known format, damaged, empty, or not in `encoding`.
    """
    if len(data) > MAX_BYTES:
        raise LoadError(f"{name} is larger than {MAX_BYTES >> 20} MiB.", "Split it into articles.")
    return load_text(_decode(data, name, encoding or "utf-8"), title=title, source=name)


def load_text(text: str, *, title: str | None = None, source: str | None = None) -> Article:
    """Make an Article of a string. Raises LoadError where it holds no sentence, or is no text.

    Without a `title`, the article's own heading is taken, or else its first words.
    """
    source = _sound(source) if source else source
    name = source or "the text"
    text = text.replace("\r\n", "\n")
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
    return Article(text, _sound(title or _title(text, sentences)), source, sentences)


def load_bundled() -> Article:
    """The article that ships with the package: `index/data/article.txt`, a file that can be replaced."""
    path = resources.files("index") / "data" / "article.txt"
    return load_text(path.read_text("utf-8"), source="article.txt")


def _read(source: str | Path) -> bytes:
    try:
        path = Path(source)
        if path.is_dir():
            raise LoadError(f"{source} is a folder.", "Name the files in it.")
        if path.stat().st_size > MAX_BYTES:
            raise LoadError(f"{source} is larger than {MAX_BYTES >> 20} MiB.", "Split it into articles.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a device or a pipe says that its size is 0
    except FileNotFoundError:
        raise LoadError(f"There is no file {source}.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LoadError(f"{source} cannot be read: {reason}.", "Check that it is a readable file.") from None
    if len(data) > MAX_BYTES:
        raise LoadError(f"{source} is larger than {MAX_BYTES >> 20} MiB.", "Split it into articles.")
    return data


def _decode(data: bytes, source: str, encoding: str) -> str:
    for magic, name in _OTHER_FORMATS.items():
        if data.startswith(magic):
            raise LoadError(f"{source} is {name}, not text.", "Extract its text first, and give that file.")
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
    words = " ".join(words.split())
    if len(words) <= MAX_TITLE:
        return words
    cut = words[: MAX_TITLE - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:—–-") + "…"
