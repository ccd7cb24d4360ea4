"""A file's bytes become the text of an article: what kind of file it is, and its text taken out in a child process.

Knows nothing of names on disk, addresses or sentences. A foreign file can make any parser run for ever or fill the memory,
and a thread cannot be stopped: so the parsers run in a child, which is ended when it has had its time.
"""

import re
from typing import Literal

from index.errors import LoadError
from index.extracted import Extracted
from index.worker import Overdue, Unreadable, ask

__all__ = ["Kind", "extract", "kind_of"]

Kind = Literal["text", "html", "pdf", "docx"]

_NAMES = {"text": "plain text", "html": "a web page", "pdf": "a PDF", "docx": "a Word document"}
_SUFFIXES: dict[str, Kind] = {"pdf": "pdf", "docx": "docx", "html": "html", "htm": "html", "xhtml": "html"}
_TYPES: dict[str, Kind] = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/html": "html",
    "application/xhtml+xml": "html",
}
_ELSEWHERE = "Save it as .docx, .pdf, .html or .txt, and give that file."
_UNREAD = (
    (rb"\xd0\xcf\x11\xe0", "an Office file of before 2007, or a protected one", _ELSEWHERE),
    (rb"\{\\rtf", "RTF", _ELSEWHERE),
    (rb"PK[\x01-\x08]{2}.{26}mimetypeapplication/epub", "an e-book", "Save it as .html, .pdf or .txt, and give that file."),
    (rb"PK[\x01-\x08]{2}", "a zip archive or an office document that is no .docx", _ELSEWHERE),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0|II\*\0|MM\0\*|RIFF.{4}WEBP", "a picture", "Recognise its text first (OCR)."),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!", "a compressed file", "Unpack it, and give the files inside."),
    (rb"ID3|OggS|RIFF.{4}(?:WAVE|AVI )|.{4}ftyp", "sound or film", "Give its words as text."),
    (rb"\x7fELF|MZ.{60}|\xcf\xfa\xed\xfe|SQLite format 3\0", "a program or a database", "Name an article."),
)
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.DOTALL | re.I
)
_TAG = re.compile(r"<(?:!doctype|html|head|body|title|div|p|h[1-6]|article|span|a|ul|br)\b", re.I)


def kind_of(data: bytes, *, name: str, content_type: str | None = None) -> Kind:
    """What the bytes are, by their beginning; the ending of `name` and `content_type` (without parameters) are hints.

    Raises LoadError for what is not read, and for what is named a PDF or a Word document and is something else: that is
    a page that asks to log in, more often than not.
    """
    suffix = re.sub(r"[?#].*", "", name).rpartition(".")[2].lower()
    told = _SUFFIXES.get(suffix) or _TYPES.get(content_type or "")
    found = _found(data, told, name)
    if told in ("pdf", "docx") and found != told:
        raise LoadError(
            f"{name} is called {_NAMES[told]}, and is {_NAMES[found]}.",
            f"Get the {'PDF' if told == 'pdf' else 'document'} itself, or name the file by what it is.",
        )
    return found


def _found(data: bytes, told: Kind | None, name: str) -> Kind:
    head = data[:4096]
    if head.lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-") or (told == "pdf" and b"%PDF-" in head[:1024]):
        return "pdf"
    if head.startswith(b"PK\x03\x04") and b"word/document.xml" in data:
        return "docx"
    for magic, what, cure in _UNREAD:
        if re.match(magic, head, re.DOTALL):
            raise LoadError(f"{name} is {what}, which is not read.", cure)
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    beginning = head.decode("utf-16" if wide else "latin-1", "replace").removeprefix("\xef\xbb\xbf").removeprefix("\ufeff")
    if _MARKUP.match(beginning) or (told == "html" and _TAG.search(beginning)):
        return "html"
    return "text"


def extract(data: bytes, kind: Kind, *, name: str, encoding: str | None = None) -> Extracted:
    """Take the text out of a web page, a PDF or a Word document, in a child with bounded memory and time.

    `encoding` is that of a web page where it is known; otherwise the page says it itself. Raises LoadError, with the cure,
    where the file is damaged, protected, without text, or more than the bounds allow.
    """
    try:
        reply = ask(kind, encoding, data)
    except Overdue as error:
        raise LoadError(f"{name}: {error}.", "Give the text of it that matters, as a smaller file.") from None
    except Unreadable as error:
        raise LoadError(
            f"{name} cannot be read as {_NAMES[kind]}: {error}.", "Open it in the program that made it, and save it again."
        ) from None
    if "problem" in reply:
        raise LoadError(f"{name} {reply['problem']}", reply["cure"])
    return Extracted(**{**reply, "pages": tuple(reply["pages"])})
