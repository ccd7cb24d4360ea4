"""Makes files of each format for the tests: small, real, and different where the tests need them to be."""

import io
import zlib
from collections.abc import Sequence
from typing import Any

Row = str | dict[str, Any]

TOP, LEADING, LEFT, SIZE = 760, 14, 72, 11


def make_pdf(
    pages: Sequence[Sequence[Row]], *, title: str | None = None, author: str | None = None, pack: bool = False
) -> bytes:
    """A PDF whose pages have these lines, one below the other; an empty line is half a line of space.

    A line is its text, or a dict with `text` and any of x, y (points from the lower left), size, bold, turn (degrees: 90).
    """
    streams = [_stream(page) for page in pages]
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    about = "".join(f"/{key} ({_escaped(value)})" for key, value in (("Title", title), ("Author", author)) if value)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, stream in enumerate(streams):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % (6 + 2 * number)
        )
        body, how = (zlib.compress(stream, 9), b"/Filter /FlateDecode ") if pack else (stream, b"")
        objects.append(b"<< %s/Length %d >>\nstream\n%s\nendstream" % (how, len(body), body))
    objects.append(f"<< {about} /CreationDate (D:20260304101500Z) >>".encode("cp1252"))
    return assemble_pdf(objects)


def assemble_pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF file of these objects: the first is the catalog, the last the information about it."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, one))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects)))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def _stream(page: Sequence[Row]) -> bytes:
    out, y = [], float(TOP)
    for row in page:
        line: dict[str, Any] = {"text": row} if isinstance(row, str) else row
        if not line["text"]:
            y -= LEADING / 2
            continue
        size = line.get("size", SIZE)
        y = line.get("y", y - LEADING * max(1.0, size / SIZE))
        across = "0 1 -1 0" if line.get("turn") == 90 else "1 0 0 1"
        font = "F2" if line.get("bold") else "F1"
        out.append(f"BT /{font} {size} Tf {across} {line.get('x', LEFT)} {y} Tm ({_escaped(line['text'])}) Tj ET")
    return "\n".join(out).encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def make_docx(blocks: Sequence[Row], *, title: str | None = None, author: str | None = None) -> bytes:
    """A Word document of these paragraphs; a dict has `text` and `style`, or `table`, rows of cells."""
    import docx

    document = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
        elif "table" in block:
            rows = block["table"]
            table = document.add_table(len(rows), len(rows[0]))
            for row, words in zip(table.rows, rows, strict=True):
                for cell, word in zip(row.cells, words, strict=True):
                    cell.text = word
        else:
            document.add_paragraph(block["text"], style=block["style"])
    document.core_properties.title, document.core_properties.author = title or "", author or ""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
