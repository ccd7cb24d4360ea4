"""A PDF becomes the text of an article, and the offsets at which its pages begin.

The door to pypdf. Knows nothing of paragraphs: it gives the lines of each page, with their place and type, to
`index.pagination`.
"""

import io
import math
from collections import Counter
from typing import Any

from index.errors import LoadError
from index.extracted import MAX_CHARACTERS, Extracted
from index.pagination import Line, join

__all__ = ["read"]

MAX_PAGES = 5_000


def read(data: bytes) -> Extracted:
    """The text of all pages. A file of pages without any text is told to be scanned, one with a password to be protected."""
    import pypdf
    from pypdf.errors import FileNotDecryptedError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _protected()
        if len(reader.pages) > MAX_PAGES:
            raise LoadError(f"has more than {MAX_PAGES:,} pages.", "Split it into articles.")
        pages, characters = [], 0
        for page in reader.pages:
            pages.append(_lines(page))
            characters += sum(len(line.text) for line in pages[-1])
            if characters > MAX_CHARACTERS:
                raise LoadError(f"holds more than {MAX_CHARACTERS:,} characters.", "Split it into articles.")
        about = reader.metadata
    except FileNotDecryptedError:
        raise _protected() from None
    if not characters:
        raise LoadError(
            "holds pages without any text: they are scanned, or drawn.",
            "Recognise their text first (OCR), and give that file.",
        )
    text, begins = join(pages)
    if about is None:
        return Extracted(text, pages=begins)
    date = about.creation_date or about.modification_date
    title = about.title if about.title and not about.title.lower().endswith((".doc", ".docx", ".tex", ".dvi")) else None
    return Extracted(text, title, about.author, date.date().isoformat() if date else None, begins)


def _protected() -> LoadError:
    return LoadError("is protected by a password.", "Open it, save or print it as a PDF without one, and give that file.")


def _lines(page: Any) -> list[Line]:
    """The lines of a page as its file has them: columns one after the other."""
    fragments: list[tuple[float, float, float, bool, int, str]] = []

    def visit(text: str, outer: list[float], inner: list[float], font: Any, size: float) -> None:
        if not text:
            return
        x, y = inner[4] * outer[0] + inner[5] * outer[2] + outer[4], inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
        across = inner[2] * outer[0] + inner[3] * outer[2], inner[2] * outer[1] + inner[3] * outer[3]
        turn = round(math.atan2(across[1], across[0]) / (math.pi / 2)) % 4
        bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
        fragments.append((x, y, abs(size) * math.hypot(*across), bold, turn, text))

    page.extract_text(visitor_text=visit)
    turns = Counter[int]()
    for *_, turn, text in fragments:
        turns[turn] += len(text.strip())
    upright = turns.most_common(1)[0][0] if turns else 1
    lines: list[Line] = []
    fresh = True
    for x, y, size, bold, turn, text in fragments:
        if turn != upright:  # a stamp along the margin
            continue
        if upright % 2 == 0:  # a page that is read from its side
            x, y = (y, -x) if upright == 2 else (-y, x)
        for number, piece in enumerate(text.split("\n")):
            fresh = fresh or number > 0
            if not piece.strip():
                if lines and not fresh:
                    lines[-1].add(piece, size, bold)
                continue
            place = y - number * 1.2 * size
            if lines and not fresh and abs(place - lines[-1].y) < 0.6 * max(size, lines[-1].size):
                lines[-1].add(piece, size, bold)
            elif lines and abs(place - lines[-1].y) < 0.45 * max(size, lines[-1].size) and x > lines[-1].x:
                # Further along the same line; what is smaller stands above or below it, and belongs to the word before.
                lines[-1].add(piece if size < 0.8 * lines[-1].size else " " + piece, size, bold)
            else:
                lines.append(Line(piece, x, place, size, bold))
            fresh = False
    return [line for line in lines if line.text.strip()]
