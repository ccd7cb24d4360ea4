"""A web page becomes the text of its article: no menus, notices, share bars or comments.

The door to trafilatura, which is handed decoded text and fetches nothing. Knows nothing of where the page came from.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from index.errors import LoadError
from index.extracted import Extracted

__all__ = ["decode", "read"]

_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|^\s*<\?xml[^>]{0,100}encoding=[\"']([\w.:-]{1,40})", re.I
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_GAP = re.compile(r"(?:<br\b[^>]{0,20}>\s*){2,}", re.IGNORECASE)  # how old pages part their paragraphs
_PARAGRAPHS = {"p", "head", "quote", "code", "list", "item", "table", "div", "body", "main", "ab", "fw"}


def read(data: bytes, encoding: str | None) -> Extracted:
    """The article's text, a paragraph for each heading, item, quotation and table row, with a blank line between them."""
    from trafilatura import bare_extraction
    from trafilatura.settings import use_config

    settings = use_config()
    # Below this many characters trafilatura takes the whole page instead, and runs its paragraphs into one.
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", "100")
    html = re.sub(r"^\s*<\?xml[^>]*\?>", "", decode(data, encoding))  # it would claim an encoding once more
    html = _GAP.sub("<p>", html)
    found: Any = bare_extraction(
        html,
        include_comments=False,
        include_tables=True,
        with_metadata=True,
        date_extraction_params={"extensive_search": False},
        config=settings,
    )
    if found is None:
        raise LoadError(
            "holds no article that can be told from the page around it.", "Copy its text into a file, and give that file."
        )
    text = "\n\n".join(_blocks(found.body))
    return Extracted(text, found.title, found.author, found.date)


def decode(data: bytes, encoding: str | None) -> str:
    """The page as text, as browsers have it: by its mark, by `encoding`, by what it says, as UTF-8, as windows-1252."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    declared = _DECLARED.search(data[:2048])
    said = (declared[1] or declared[2]).decode("ascii", "replace") if declared else None
    for wanted in (encoding, said, "utf-8"):
        if wanted and (codec := _text_codec(wanted)):
            try:
                return data.decode(codec)
            except UnicodeError:
                continue
    return data.decode("windows-1252", "replace")


def _text_codec(name: str) -> str | None:
    """Python's name of an encoding, or None where it is none of text. Browsers read Latin-1 and ASCII as windows-1252."""
    try:
        found = codecs.lookup(name)
    except LookupError:
        return None
    if not getattr(found, "_is_text_encoding", True) or found.name in ("utf-7", "idna", "punycode", "unicode_escape"):
        return None
    return "windows-1252" if found.name in ("iso8859-1", "ascii") else found.name


def _blocks(body: Any) -> Iterator[str]:
    """The paragraphs of trafilatura's tree, in order."""
    buffer: list[str] = []
    for tag, words in _pieces(body):
        if tag is None:
            buffer.append(words)
            continue
        yield from _flushed(buffer)
        if words:
            yield words
    yield from _flushed(buffer)


def _pieces(element: Any) -> Iterator[tuple[str | None, str]]:
    """Running words as (None, words), and the borders of paragraphs as (tag, "") or, for a table's row, (tag, its words)."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag == "lb":
        yield None, "\n"
        return
    if tag == "row":
        cells = [" ".join(" ".join(cell.itertext()).split()) for cell in element if cell.tag == "cell"]
        yield tag, " | ".join(filter(None, cells))
        return
    border = tag in _PARAGRAPHS
    if border:
        yield tag, ""
    if element.text:
        yield None, element.text if tag == "code" else re.sub(r"\s+", " ", element.text)
    for child in element:
        yield from _pieces(child)
        if child.tail:
            yield None, re.sub(r"\s+", " ", child.tail)
    if border:
        yield tag, ""


def _flushed(buffer: list[str]) -> Iterator[str]:
    """What has gathered, as paragraphs: a line break stays within one, two make another."""
    words = "".join(buffer)
    buffer.clear()
    for paragraph in re.split(r"\n\s*\n", words):
        lines = (" ".join(line.split()) for line in paragraph.split("\n"))
        if kept := "\n".join(filter(None, lines)):
            yield kept
