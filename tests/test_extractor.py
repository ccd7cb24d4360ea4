"""Files of each format become their text, or a refusal; whatever they hold, within the bounds of memory and time."""

import json
import os
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from makers import assemble_pdf, make_docx, make_pdf

from index import Article, LoadError, load_bytes, worker
from index.extracted import Extracted
from index.extractor import extract, kind_of

GOLDEN = Path(__file__).parent / "data" / "extraction.json"

PROSE = "The ferry left at dawn and nobody waved, because the quay was empty and the town was still asleep that morning."


@dataclass(frozen=True)
class Case:
    """A source of one format, and the paragraphs that it should become."""

    name: str
    kind: str
    source: Any
    paragraphs: list[str]
    expect: str
    why: str = ""


CASES = [Case(**row) for row in json.loads(GOLDEN.read_text("utf-8"))]


def data_of(case: Case) -> bytes:
    if case.kind == "html":
        return "\n".join(case.source).encode()
    return make_pdf(case.source) if case.kind == "pdf" else make_docx(case.source)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=f"{case.kind}: {case.name}",
            marks=[pytest.mark.xfail(strict=True, reason=case.why)] if case.expect == "fail" else [],
        )
        for case in CASES
    ],
)
def test_a_file_becomes_its_paragraphs(case: Case) -> None:
    """Those of data/extraction.json, word for word, with blank lines between them."""
    extracted = extract(data_of(case), case.kind, name="file")  # type: ignore[arg-type]
    assert extracted.text.split("\n\n") == case.paragraphs


def refusal(data: bytes, name: str = "file") -> tuple[str, str]:
    with pytest.raises(LoadError) as caught:
        load_bytes(data, name=name)
    return caught.value.problem, caught.value.cure


def read(data: bytes, name: str = "file") -> Article:
    return load_bytes(data, name=name)


# -- what a format says of its article


PAGE = (
    '<html lang="de"><head><title>Storm over Skagen - The Post</title><meta name="author" content="Inger Holm">'
    '<meta property="article:published_time" content="2026-03-04T10:00:00Z"></head><body><nav>Home</nav>'
    f"<article><h1>Storm over Skagen</h1><p>{PROSE}</p><p>{PROSE.replace('dawn', 'noon')}</p></article></body></html>"
)


def test_a_web_page_tells_its_title_author_and_date() -> None:
    article = read(PAGE.encode(), "page.html")
    assert (article.title, article.author, article.date, article.source) == (
        "Storm over Skagen",
        "Inger Holm",
        "2026-03-04",
        "page.html",
    )
    assert (article.language, article.pages) == ("en", ())  # by its words: what a template says is wrong too often


def test_a_pdf_tells_its_title_author_date_and_pages() -> None:
    """A page without text is a page: the sentence on the third is cited from the third."""
    article = read(make_pdf([["One fish."], [], ["Two fish."]], title="Fish", author="A. Holm"), "fish.pdf")
    assert (article.title, article.author, article.date) == ("Fish", "A. Holm", "2026-03-04")
    assert article.text == "One fish.\n\nTwo fish."
    assert [article.page(sentence.start) for sentence in article.sentences] == [1, 3]
    assert article.pages == (0, 11, 11)


def test_a_sentence_that_runs_over_a_page_is_on_the_page_where_it_begins() -> None:
    """And so is its paragraph: it is joined again."""
    first = ["The harbour master counted the boats again and found", "that two of them, the Anna and the Fulmar, were not"]
    article = read(make_pdf([first, ["at their places. He called the coast guard."]]), "boats.pdf")
    one, two = article.sentences
    assert article.quote(one) == (
        "The harbour master counted the boats again and found that two of them, the Anna and the Fulmar, were not at their "
        "places."
    )
    assert (article.page(one.start), article.page(two.start), two.paragraph) == (1, 2, 1)
    assert article.text[article.pages[1] :].startswith("at their places.")


def test_a_word_document_tells_its_title_and_author() -> None:
    article = read(make_docx([{"text": "Not this", "style": "Title"}, PROSE], title="Ferry", author="A. Holm"), "f.docx")
    assert (article.title, article.author) == ("Ferry", "A. Holm")
    assert read(make_docx([{"text": "Ferries", "style": "Title"}, PROSE]), "f.docx").title == "Ferries"


def test_a_title_and_an_author_are_one_line() -> None:
    """Whatever a file says there."""
    article = read(make_pdf([["One fish."]], title="Fish\tand\\n" + "x" * 5000, author="<b>\x01me</b>"), "f.pdf")
    assert len(article.title) <= 70 and "\n" not in article.title
    assert article.author == "<b> me</b>"


def test_a_text_that_was_extracted_is_cited_from(tmp_path: Path) -> None:
    """The verbatim law holds on the extracted text, of each format."""
    for data, name in ((PAGE.encode(), "p.html"), (make_pdf([[PROSE]]), "p.pdf"), (make_docx([PROSE]), "p.docx")):
        article = read(data, name)
        assert [article.text[s.start : s.end] for s in article.sentences][-1] == article.quote(article.sentences[-1])
        assert "The ferry left at dawn and nobody waved," in article.text


# -- which format it is


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.7\n", "a", "pdf"),
        (b"\n%PDF-1.7\n", "a.txt", "pdf"),
        (b"junk before it %PDF-1.7\n", "a.pdf", "pdf"),
        (b"%PDF- is how such a file begins.", "a.txt", "pdf"),
        (b"A PDF begins with %PDF-1.7.", "a.txt", "text"),
        (make_docx(["One."]), "a", "docx"),
        (b"<!DOCTYPE html><title>x</title>", "a", "html"),
        (b"\xef\xbb\xbf <!-- x -->\n<HTML lang=en>", "a.txt", "html"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "a", "html"),
        ("<html><p>é".encode("utf-16"), "a", "html"),
        (b"<p>One.</p>", "a.html", "html"),
        (b"<p>One.</p>", "a.md", "text"),
        (b"One, two.", "a.html", "text"),
        (b"One < two.", "https://example.org/a.htm?b=c", "text"),
        (b"", "a", "text"),
    ],
)
def test_a_file_is_what_it_holds(data: bytes, name: str, kind: str) -> None:
    assert kind_of(data, name=name) == kind


def test_a_server_s_word_counts_where_the_content_leaves_it_open() -> None:
    assert kind_of(b"<p>One.</p>", name="x", content_type="text/html") == "html"
    assert kind_of(b"<p>One.</p>", name="x", content_type="text/plain") == "text"
    assert kind_of(b"%PDF-1.7", name="x", content_type="text/html") == "pdf"


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        (PAGE.encode(), "paper.pdf", "paper.pdf is called a PDF, and is a web page."),
        (b"One.", "a.docx", "a.docx is called a Word document, and is plain text."),
        (b"%PDF-1.7", "a.docx", "a.docx is called a Word document, and is a PDF."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1",
            "a.doc",
            "a.doc is an Office file of before 2007, or a protected one, which is not read.",
        ),
        (b"{\\rtf1 One.}", "a.rtf", "a.rtf is RTF, which is not read."),
        (b"PK\x03\x04xl/workbook.xml", "a.xlsx", "a.xlsx is a zip archive or an office document that is no .docx, which is"),
        (b"\x89PNG\r\n\x1a\n", "a.txt", "a.txt is a picture, which is not read."),
        (b"\x1f\x8b\x08\0", "a", "a is a compressed file, which is not read."),
        (b"\x7fELF\x02\x01", "a", "a is a program or a database, which is not read."),
        (b"\0\0\0\x18ftypmp42", "a.mp4", "a.mp4 is sound or film, which is not read."),
    ],
)
def test_a_file_that_is_not_read_or_lies_is_told_by_what_it_is(data: bytes, name: str, problem: str) -> None:
    told, cure = refusal(data, name)
    assert told.startswith(problem)
    assert cure


def test_a_name_is_only_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of that name is opened, and markup in it is text."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("A secret.", "utf-8")
    for name in ("secret.txt", "../secret.txt", str(tmp_path / "secret.txt"), "file:///etc/passwd", "<b>&amp;.txt", "-"):
        article = read(b"Not a secret.", name)
        assert (article.text, article.source) == ("Not a secret.", name)


# -- encodings of web pages


@pytest.mark.parametrize(
    ("head", "encoding", "given"),
    [
        ('<meta charset="iso-8859-1">', "windows-1252", None),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "windows-1251", None),
        ("", "utf-8", None),
        ("", "windows-1252", None),
        ("", "utf-16", None),
        ('<meta charset="utf-8">', "windows-1250", "windows-1250"),
        ('<meta charset="rot13">', "utf-8", None),
        ('<meta charset="no-such-encoding">', "utf-8", None),
    ],
)
def test_a_web_page_is_decoded_as_a_browser_would(head: str, encoding: str, given: str | None) -> None:
    """By its mark, by what the server or the user says, by what it says itself, as UTF-8, and else as windows-1252."""
    words = "Жители города" if encoding == "windows-1251" else "“Über” – für"
    html = f"<html><head>{head}<title>T</title></head><body><article><p>{words} {PROSE}</p></article></body></html>"
    assert load_bytes(html.encode(encoding), name="a.html", encoding=given).text == f"{words} {PROSE}"


# -- bad files


def zipped(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_document(xml: bytes) -> bytes:
    return zipped(parts_of(make_docx(["One."])) | {"word/document.xml": xml})


def test_a_scanned_pdf_is_told() -> None:
    problem, cure = refusal(make_pdf([[], []]), "scan.pdf")
    assert problem == "scan.pdf holds pages without any text: they are scanned, or drawn."
    assert "OCR" in cure


@pytest.mark.parametrize("cipher", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_with_a_password_is_told_and_one_that_anybody_may_open_is_read(cipher: str) -> None:
    """Publishers encrypt with a password for changes alone: readers open such a file without asking."""
    import pypdf

    writer, out = pypdf.PdfWriter(clone_from=BytesIO(make_pdf([["One."]]))), BytesIO()
    writer.encrypt("secret", algorithm=cipher)
    writer.write(out)
    assert refusal(out.getvalue(), "a.pdf")[0] == "a.pdf is protected by a password."
    open_to_all, out = pypdf.PdfWriter(clone_from=BytesIO(make_pdf([["One."]]))), BytesIO()
    open_to_all.encrypt("", "owner", algorithm=cipher)
    open_to_all.write(out)
    assert read(out.getvalue(), "a.pdf").text == "One."


def test_a_page_without_an_article_is_told() -> None:
    problem, cure = refusal(b"<html><head><title>T</title></head><body><script>draw()</script></body></html>", "a.html")
    assert problem.startswith("a.html holds no ") and cure


def test_a_word_document_without_text_is_told() -> None:
    assert refusal(make_docx([]), "a.docx")[0] == "a.docx holds no text."


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_told(cut: float) -> None:
    """Or what is left of it is read; a PDF can often be."""
    for data, name in ((make_docx([PROSE]), "a.docx"), (make_pdf([[PROSE]] * 3), "a.pdf")):
        try:
            article = read(data[: int(len(data) * cut)], name)
        except LoadError as error:
            assert error.problem.startswith(f"{name} ") and error.cure
        else:
            assert "The ferry left" in article.text


def test_a_zip_bomb_is_refused_by_what_it_declares() -> None:
    bomb = parts_of(make_docx(["One."])) | {f"word/media/{n}.png": b"\0" * 2**25 for n in range(9)}
    problem, cure = refusal(zipped(bomb), "bomb.docx")
    assert problem == "bomb.docx unpacks to more than 256 MiB, or to too many parts."
    assert cure == "Save it without its pictures, or give its text."


def test_a_zip_bomb_that_declares_too_little_is_refused() -> None:
    """The sizes in the archive's directory say 100 bytes for 64 MiB of document."""
    data = bytearray(with_document(b" " * 2**26))
    name = b"word/document.xml"
    for signature, size, begin in ((b"PK\x01\x02", 24, 46), (b"PK\x03\x04", 22, 30)):
        place = data.find(name)
        while place >= 0:
            if data[place - begin :][:4] == signature:
                data[place - begin + size : place - begin + size + 4] = struct.pack("<I", 100)
            place = data.find(name, place + 1)
    assert refusal(bytes(data), "bomb.docx")[0].startswith("bomb.docx cannot be read as a Word document: ")


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
HEAD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
TAIL = "</w:t></w:r></w:p></w:body></w:document>"


@pytest.mark.parametrize(
    "entities",
    [
        f'<!ENTITY l0 "ha">{LAUGHS}',
        '<!ENTITY l9 SYSTEM "file:///etc/hostname">',
        '<!ENTITY l9 SYSTEM "http://127.0.0.1:9/">',
    ],
    ids=["billion laughs", "a file", "an address"],
)
def test_entities_of_a_word_document_are_not_expanded(entities: str) -> None:
    xml = f'<?xml version="1.0"?><!DOCTYPE w:document [{entities}]>{HEAD}Before.&l9; After.{TAIL}'
    try:
        assert read(with_document(xml.encode()), "a.docx").text.replace(" ", "") in ("Before.After.", "Before.")
    except LoadError as error:
        assert "a.docx cannot be read as a Word document" in error.problem


def test_entities_of_a_web_page_are_not_expanded() -> None:
    html = f'<!DOCTYPE html [<!ENTITY l0 "ha">{LAUGHS}]><html><body><article><p>{PROSE} &l9;</p></article></body></html>'
    assert len(read(html.encode(), "a.html").text) < 200


def test_a_pdf_bomb_is_refused_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that unpacks to 128 MiB; and one page that is drawn again and again within itself."""
    packed = zlib.compress(zlib.compress(b"0 " * 2**26, 9), 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    stream = b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)
    pages = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    bomb = assemble_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, stream, b"<< >>"])
    assert len(bomb) < 2**20
    problem, cure = refusal(bomb, "bomb.pdf")
    assert problem.startswith("bomb.pdf") and cure
    ring = b"<< /Type /Pages /Count 3 /Kids [2 0 R 3 0 R 2 0 R] >>"
    assert refusal(assemble_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", ring, page, stream, b"<< >>"]), "ring.pdf")[1]


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS", 0.3)
    problem, cure = refusal(make_pdf([[PROSE] * 50] * 800, pack=True), "long.pdf")
    assert problem == "long.pdf: it takes more than 30 seconds to read."
    assert cure == "Give the text of it that matters, as a smaller file."
    monkeypatch.undo()
    assert read(make_pdf([["One."]]), "a.pdf").text == "One."


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not hold a process to its memory")
def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_is_read() -> None:
    """96 MiB of empty paragraphs would take 2 GiB as a tree."""
    problem, cure = refusal(
        with_document(f"{HEAD}{TAIL}".encode().replace(b"</w:body>", b"<w:p/>" * 2**24 + b"</w:body>")), "wide.docx"
    )
    assert problem.startswith("wide.docx: it takes more than 1024 MiB of memory")
    assert cure
    assert read(PAGE.encode(), "a.html").title == "Storm over Skagen"


def test_a_text_of_200_mb_is_refused(tmp_path: Path) -> None:
    """Unread: its size is enough."""
    file = tmp_path / "long.txt"
    with file.open("wb") as out:
        out.truncate(200 * 2**20)
    from index import load

    with pytest.raises(LoadError, match=r"long\.txt is larger than 32 MiB\. Split it into articles\."):
        load(file)
    with pytest.raises(LoadError, match="x is larger than 32 MiB"):
        load_bytes(bytes(2**25 + 1), name="x")


def test_what_reads_a_file_cannot_reach_out() -> None:
    """No connection, no look-up of a name and no program, whatever a file makes a library do."""
    import subprocess

    program = (
        "import io, os, socket, struct, subprocess, sys, json\n"
        "import index.parsing as parsing\n"
        "def tried(kind, encoding, data):\n"
        "    said = []\n"
        "    for act in (lambda: socket.create_connection(('127.0.0.1', 9)), lambda: os.system('true'),\n"
        "                lambda: socket.getaddrinfo('example.org', 80), lambda: subprocess.Popen(['true'])):\n"
        "        try: act(); said.append('done')\n"
        "        except PermissionError: said.append('refused')\n"
        "    return {'said': said}\n"
        "parsing.read = tried\n"
        "from index.worker import serve; serve()\n"
    )
    head = json.dumps(["html", None]).encode()
    asked = struct.pack(">Q", len(head)) + head + struct.pack(">Q", 0)
    done = subprocess.run([sys.executable, "-c", program], input=asked, capture_output=True, timeout=60)
    assert json.loads(done.stdout[8:]) == {"said": ["refused"] * 4}


def test_the_child_ends_with_its_parent() -> None:
    """Also where the parent is killed and can tell it nothing."""
    import subprocess

    program = (
        "import os, signal\nfrom index import load_bytes, worker\nfrom makers import make_pdf\n"
        "load_bytes(make_pdf([['One.']]), name='a')\n"
        "print(worker._idle[0].process.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    here = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([here, *sys.path])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=60)
    child = int(done.stdout)
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        import time

        time.sleep(0.1)
    raise AssertionError("it is still there")


# -- anything


def mended(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    """The data with some bytes changed, wherever the numbers fall."""
    changed = bytearray(data)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    return bytes(changed)


SEEDS = {
    "a.pdf": make_pdf([[PROSE, "One."], ["Two."]], title="T"),
    "b.pdf": make_pdf([[PROSE]], pack=True),
    "a.docx": make_docx([PROSE, {"table": [["a", "b"]]}]),
    "a.html": PAGE.encode(),
    "a.txt": PROSE.encode(),
}
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12)


@given(name=st.sampled_from(sorted(SEEDS)), changes=CHANGES, cut=st.integers(0, 100))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_read_or_refused(name: str, changes: list[tuple[int, int]], cut: int) -> None:
    """Never another error, and never a text that breaks the laws of an article."""
    data = mended(SEEDS[name], changes)
    only_an_article_or_a_refusal(data[: len(data) - len(data) * cut // 400], name)


@given(data=st.binary(max_size=400), name=st.sampled_from(["a", "a.html", "a.pdf", "a.docx", "a.txt"]), magic=st.booleans())
@example(b"<html>" + b"<div>" * 3000, "a.html", False)
@example(b"<html><body><p>" + b"&#0;&#xD800;&#x110000;" * 9, "a.html", False)
@example(b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>endobj trailer<</Root 1 0 R>>", "a.pdf", False)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_read_or_refused(data: bytes, name: str, magic: bool) -> None:
    heads = {"a.html": b"<html>", "a.pdf": b"%PDF-1.4\n", "a.docx": b"PK\x03\x04word/document.xml"}
    only_an_article_or_a_refusal((heads.get(name, b"") if magic else b"") + data, name)


def only_an_article_or_a_refusal(data: bytes, name: str) -> None:
    try:
        article = load_bytes(data, name=name)
    except LoadError as error:
        assert error.problem and error.cure
        assert "seconds" not in error.problem
        return
    assert article.sentences
    assert Extracted(article.text).text.encode("utf-8")
    assert all(article.page(sentence.start) for sentence in article.sentences) or not article.pages
