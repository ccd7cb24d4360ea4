"""A Word document (.docx) becomes the text of an article.

The door to python-docx. Knows nothing of the other formats. What has been deleted under track changes is left out, what has
been inserted is text; headers, footers and comments are no part of the article.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from index.errors import LoadError
from index.extracted import Extracted

__all__ = ["read"]

MAX_UNPACKED = 256 * 2**20  # bytes of all parts together; zipfile reads no more of a part than is declared here
MAX_PARTS = 10_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says again what stands beside it
_BREAKS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def read(data: bytes) -> Extracted:
    """The document's paragraphs, and a paragraph for each row of a table, with a blank line between them."""
    import docx

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise LoadError(
                f"unpacks to more than {MAX_UNPACKED >> 20} MiB, or to too many parts.",
                "Save it without its pictures, or give its text.",
            )
        if any(part.flag_bits & 1 for part in parts):
            raise LoadError("is protected by a password.", "Save it without one, and give that file.")
    document = docx.Document(io.BytesIO(data))
    about = document.core_properties
    text = "\n\n".join(filter(None, _blocks(document.element.body)))
    titled = (p.text for p in document.paragraphs[:20] if p.style is not None and p.style.name == "Title")
    date = about.created or about.modified
    return Extracted(
        text, about.title or next(titled, None), about.author or None, date.date().isoformat() if date else None
    )


def _blocks(element: Any) -> Iterator[str]:
    """The paragraphs under an element, in order; those of a text box come after the one that it hangs on."""
    for child in element:
        if child.tag == f"{_W}p":
            yield _words(child)
            for box in child.iter(f"{_W}txbxContent"):
                if not any(True for _ in box.iterancestors(_FALLBACK)):
                    yield from _blocks(box)
        elif child.tag == f"{_W}tr":
            yield from _row(child)
        elif child.tag != f"{_W}del":
            yield from _blocks(child)


def _row(row: Any) -> Iterator[str]:
    """A table's row as one paragraph, or, where its cells hold several, as theirs."""
    cells = [list(filter(None, _blocks(cell))) for cell in row.iter(f"{_W}tc") if _nearest(cell, "tr") is row]
    if all(len(cell) <= 1 for cell in cells):
        yield " | ".join(cell[0].replace("\n", " ") for cell in cells if cell)
    else:
        yield from (paragraph for cell in cells for paragraph in cell)


def _words(paragraph: Any) -> str:
    pieces = []
    for node in paragraph.iter(f"{_W}t", *_BREAKS):
        if _nearest(node, "p") is paragraph:
            pieces.append(_BREAKS.get(node.tag) or node.text or "")
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(filter(None, lines))


def _nearest(node: Any, name: str) -> Any:
    """The innermost element of this name around a node: a paragraph can hold a text box, and a cell a table."""
    return next(node.iterancestors(f"{_W}{name}"), None)
