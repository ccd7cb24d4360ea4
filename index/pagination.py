"""The lines of pages become paragraphs: joined across lines and pages, without running heads and page numbers.

Knows nothing of files. Where it is in doubt it joins: the sentences within a paragraph stay what they are, half a sentence
would not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Line", "join"]

_END = ".!?:;…。！？।؟\"”’')]"
_ITEM = re.compile(r"(?:[-*•‣▪◦●■–—]|\(?\d{1,3}[.)]|\(?[a-z]\)|\[\d{1,3}\])\s+\S")
_BULLET = re.compile(r"[•‣▪◦●■]\s*")
_NUMBER = re.compile(r"[-–—|\s]*(?:page\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?[-–—|\s]*", re.IGNORECASE)
_LEADERS = re.compile(r"\.\s?\.\s?\.\s*\S{1,8}$")  # to the page number of a table of contents
_BROKEN = re.compile(r"(\w+)[-\u00ad\u2010]$")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00a0": " ", "\0": None}
)
_NARROWEST = 30  # characters of a line of running text
_EDGE = 2  # lines at the top and at the bottom of a page that may be a running head
_SAME_PLACE = 3.0  # points


@dataclass
class Line:
    """One line: where its baseline begins, in points, from the page's lower left; `size` of its type, and whether bold."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    _widest: int = field(init=False)

    def __post_init__(self) -> None:
        self._widest = len(self.text.strip())

    def add(self, text: str, size: float, bold: bool) -> None:
        """Go on with a piece of type; the longest piece says what the line is set in."""
        self.text += text
        if len(text.strip()) > self._widest:
            self._widest, self.size, self.bold = len(text.strip()), size, bold


def join(pages: Sequence[list[Line]]) -> tuple[str, tuple[int, ...]]:
    """The text, its paragraphs parted by blank lines, and the offset at which each page begins in it."""
    kept = _without_heads(pages)
    words = Counter(re.findall(r"\w+(?:-\w+)+|\w+", " ".join(line.text for page in kept for line in page).lower()))
    leading, full = _leading(kept), _full(kept)
    parts: list[str] = []
    length, begins = 0, []
    paragraph: list[Line] = []
    for page in kept:
        turned = True
        begins.append(-1)
        for line in page:
            text = " ".join(line.text.translate(_LIGATURES).split())
            text = _BULLET.sub("", text, count=1) if _BULLET.match(text) else text
            if not text:  # a bullet that stands alone: what follows is its item
                paragraph = []
                continue
            if parts and paragraph and not _parts(paragraph, line, leading, full, turned):
                length += _append(parts, text, words)
            else:
                parts.extend(["\n\n", text] if parts else [text])
                length += len(text) + (2 if len(parts) > 1 else 0)
                paragraph = []
            if turned:
                begins[-1] = length - len(text)
                turned = False
            paragraph.append(line)
    end = length
    for number in reversed(range(len(begins))):  # a page without text begins where the next one does
        end = begins[number] = end if begins[number] < 0 else begins[number]
    return "".join(parts).replace("\u00ad", "\u2010"), tuple(begins)


def _append(parts: list[str], text: str, words: Counter[str]) -> int:
    """Go on with a line, mending a word that was broken at the end of the last one; how much longer the text is."""
    broken = _BROKEN.search(parts[-1])
    after = re.match(r"\w+", text)
    if not broken or not after:
        joint = "" if parts[-1].endswith(("-", "–", "—")) and not parts[-1].endswith((" -", " –", " —")) else " "
        parts.extend([joint, text])
        return len(joint) + len(text)
    whole, compound = f"{broken[1]}{after[0]}".lower(), f"{broken[1]}-{after[0]}".lower()
    stays = not after[0][0].islower() or broken[1][-1].isdigit() or words[compound] > words[whole]
    if stays and not parts[-1].endswith("\u00ad"):
        parts.append(text)
        return len(text)
    parts[-1] = parts[-1][:-1]
    parts.append(text)
    return len(text) - 1


def _parts(paragraph: list[Line], line: Line, leading: float, full: int, turned: bool) -> bool:
    """Whether a line begins another paragraph than the one so far."""
    last, first = paragraph[-1], paragraph[0]
    before = last.text.rstrip()
    ends = before[-1:] in _END
    size = max(last.size, line.size)
    if _LEADERS.search(before):
        return True
    if abs(last.size - line.size) > 0.08 * size or last.bold != line.bold:
        return not (before[-1:] in ",-" and last.bold == line.bold)
    if _ITEM.match(line.text.strip()) and (ends or _ITEM.match(first.text.strip())):
        return True
    short = len(before) < 0.6 * full
    if turned or line.y > last.y:  # another page or column
        indented = line.x > first.x + 0.8 * size and not turned
        return ends and (short or indented or len(before) < 0.8 * full or full < _NARROWEST)
    if last.y - line.y > 1.18 * leading * size:
        return True
    if line.x > last.x + 0.8 * size:  # the first line of a paragraph, or what hangs under an item
        return ends and not _ITEM.match(first.text.strip()) and len(paragraph) > 1
    return ends and short


def _leading(pages: Sequence[list[Line]]) -> float:
    """The usual distance from line to line within a paragraph, in sizes of the type."""
    gaps = sorted(
        (one.y - other.y) / one.size
        for page in pages
        for one, other in pairwise(page)
        if one.size and 0.8 * one.size < one.y - other.y < 3 * one.size and one.size == other.size
    )
    return gaps[len(gaps) // 4] if gaps else 1.2


def _full(pages: Sequence[list[Line]]) -> int:
    """The usual length of a line that goes to the margin, in characters."""
    lengths = sorted(len(line.text.strip()) for page in pages for line in page)
    return lengths[len(lengths) * 3 // 4] if lengths else 0


def _without_heads(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """The pages without what is printed on each of them: the same words, but for numbers, at the same height."""
    edges = [_edges(number, page) for number, page in enumerate(pages)]
    seen = Counter(key for page in edges for key in {key for keys in page.values() for key in keys})
    enough = 2 if len(pages) <= 4 else 3
    kept = []
    for page, keys in zip(pages, edges, strict=True):
        kept.append([line for line in page if not any(seen[key] >= enough for key in keys.get(id(line), ()))])
    return kept


def _edges(number: int, page: list[Line]) -> dict[int, list[tuple[str, int]]]:
    """The lines that may be a running head, with what each would be known by on another page.

    That is its words without their numbers; and, as chapters have heads of their own, how far a number at its beginning or
    end is from the page's, which all pages have in common where they are numbered.
    """
    from_top = sorted(page, key=lambda line: -line.y)
    found: dict[int, list[tuple[str, int]]] = {}
    for line in [*from_top[:_EDGE], *from_top[-_EDGE:]]:
        words = re.sub(r"\d+", "#", " ".join(line.text.lower().split()))
        words = "#" if _NUMBER.fullmatch(line.text) else words
        known = [
            words,
            *(f"page {int(n) - number}" for n in re.findall(r"^\d{1,4}(?=\s)|(?<=\s)\d{1,4}$", line.text.strip())),
        ]
        place = int(line.y // _SAME_PLACE)  # and the next, so that a hair's breadth makes no difference
        found[id(line)] = [(key, height) for key in known for height in (place, place + 1)]
    return found
