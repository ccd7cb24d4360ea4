"""The file: what is refused, what a damage is called, and what a full disk or a read-only folder leaves."""

import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index import Encoder, Library, LibraryDamaged, LibraryError, LibraryMismatch, LibraryNotFound, load_text
from index.connection import FILE_NAME, WRITER_NAME

FRUIT = "A red apple.\n\nThe green banana.\n\nOne plum."
TREES = "An elder and an olive.\n\nTwo figs."


@pytest.fixture
def folder(tiny: Encoder, tmp_path: Path) -> Path:
    """A library of two articles, closed."""
    library = Library.open(tmp_path / "lib", create=True, encoder=tiny)
    library.add(load_text(FRUIT, title="Fruit"))
    library.add(load_text(TREES, title="Trees"))
    library.close()
    return tmp_path / "lib"


def raw(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / FILE_NAME)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def refusal(kind: type[LibraryError], act: Callable[[], object]) -> LibraryError:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize("create", [False, True])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(b"a letter to my sister\n" * 500)
    error = refusal(LibraryDamaged, lambda: Library.open(tmp_path, create=create))
    assert "file is not a database" in error.problem
    assert [file.name for file in tmp_path.iterdir()] == [FILE_NAME]
    assert file.read_bytes() == b"a letter to my sister\n" * 500


@pytest.mark.parametrize("create", [False, True])
def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    """Also where a library may be created: no table of ours goes into it, and its journal stays as it is."""
    raw(tmp_path, "CREATE TABLE letters (text)")
    before = (tmp_path / FILE_NAME).read_bytes()
    error = refusal(LibraryMismatch, lambda: Library.open(tmp_path, create=create))
    assert "is no library of article-qa" in error.problem
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("create", [False, True])
def test_another_saved_format_is_refused_with_the_cure(folder: Path, create: bool) -> None:
    raw(folder, "UPDATE meta SET value = 1 WHERE key = 'format'")
    before = (folder / FILE_NAME).read_bytes()
    error = refusal(LibraryMismatch, lambda: Library.open(folder, create=create))
    assert error.problem == f"{folder} has the saved format 1, and this version reads format 2."
    assert error.cure == "Use the version of article-qa that made it, or add the articles to a new library."
    assert (folder / FILE_NAME).read_bytes() == before


def test_a_folder_without_a_library_is_told(tmp_path: Path) -> None:
    """Nothing is made in it. A library whose making was killed is none, and can be made."""
    for place in (tmp_path, tmp_path / "none"):
        error = refusal(LibraryNotFound, lambda place=place: Library.open(place))  # type: ignore[misc]
        assert str(error) == f"There is no library in {place}. Make one: article-qa add FILE --library DIR"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / FILE_NAME).write_bytes(b"")
    refusal(LibraryNotFound, lambda: Library.open(tmp_path))
    assert len(Library.open(tmp_path, create=True)) == 0


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    assert "File exists" in refusal(LibraryError, lambda: Library.open(tmp_path / "file", create=True)).problem
    refusal(LibraryNotFound, lambda: Library.open(tmp_path / "file"))


def test_a_folder_may_have_any_name(tiny: Encoder, tmp_path: Path) -> None:
    """Also one that is an address's query, a wildcard or no UTF-8."""
    for name in ("a?mode=ro#x", "100%25", 'it\'s "that" *', os.fsdecode(b"caf\xe9")):
        Library.open(tmp_path / name, create=True, encoder=tiny).add(load_text(FRUIT))
        assert (tmp_path / name / FILE_NAME).exists()
        assert len(Library.open(tmp_path / name, encoder=tiny)) == 1


def test_a_closed_library_says_so(folder: Path, tiny: Encoder) -> None:
    library = Library.open(folder, encoder=tiny)
    library.close()
    assert refusal(LibraryError, library.list).cure == "Open it again."


def test_numbers_of_sentences_are_never_used_again(tiny: Encoder, tmp_path: Path) -> None:
    """Three sentences, gone, then two: 1, 2, 3 and then 4, 5."""
    library = Library.open(tmp_path, create=True, encoder=tiny)
    library.add(load_text(FRUIT))
    library.remove(library.list()[0].id)
    library.add(load_text(TREES))
    library.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        assert connection.execute("SELECT number FROM sentence").fetchall() == [(4,), (5,)]


DAMAGES = {
    "a text": "UPDATE article SET text = replace(text, 'red', 'tan') WHERE title = 'Fruit'",
    "a title": "UPDATE article SET title = 'Meat' WHERE title = 'Fruit'",
    "an author": "UPDATE article SET author = 'Anon' WHERE title = 'Fruit'",
    "a date": "UPDATE article SET date = '2026-01-01' WHERE title = 'Fruit'",
    "a language": "UPDATE article SET language = 'xx' WHERE title = 'Fruit'",
    "a page": "UPDATE article SET pages = '[0, 12]' WHERE title = 'Fruit'",
    "pages that are none": "UPDATE article SET pages = '{' WHERE title = 'Fruit'",
    "pages that are no numbers": "UPDATE article SET pages = '[\"a\"]' WHERE title = 'Fruit'",
    "a text that is no text": "UPDATE article SET text = 7 WHERE title = 'Fruit'",
    "a text that is no UTF-8": "UPDATE article SET text = CAST(x'ff41' AS TEXT) WHERE title = 'Fruit'",
    "a missing sentence": "DELETE FROM sentence WHERE number = 2",
    "a spare sentence": "INSERT INTO sentence VALUES (99, 0, 1, 1, 1, 0)",
    "a moved span": "UPDATE sentence SET start = start + 1 WHERE number = 2",
    "a span outside the text": 'UPDATE sentence SET "end" = 9999 WHERE number = 3',
    "a paragraph": "UPDATE sentence SET paragraph = 7 WHERE number = 2",
    "a sentence become furniture": "UPDATE sentence SET furniture = 1 WHERE number = 2",
    "another article's vectors": "UPDATE article SET vectors = (SELECT vectors FROM article WHERE title = 'Trees')",
    "vectors cut by a byte": "UPDATE article SET vectors = substr(vectors, 1, length(vectors) - 1) WHERE title = 'Fruit'",
    "vectors cut by a row": "UPDATE article SET vectors = substr(vectors, 1, length(vectors) / 3 * 2) WHERE title = 'Fruit'",
    "vectors halved in width": "UPDATE article SET vectors = substr(vectors, 1, length(vectors) / 3) WHERE title = 'Fruit'",
    "no vectors": "UPDATE article SET vectors = x'' WHERE title = 'Fruit'",
    "a sentence gone from the full text": "INSERT INTO words (words, rowid, text) VALUES ('delete', 2, 'The green banana.')",
    "a sentence too many in the full text": "INSERT INTO words (rowid, text) VALUES (99, 'red apple')",
    "other words in the full text": "INSERT INTO words (rowid, text) VALUES (2, 'cherry')",
    "an empty full text": "INSERT INTO words (words) VALUES ('delete-all')",
    "a torn full text": "UPDATE words_data SET block = substr(block, 1, length(block) / 2) WHERE id > 10",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_finds(damage: str, folder: Path, tiny: Encoder) -> None:
    """Each damage that a statement can do, in a library that it finds nothing wrong with before."""
    library = Library.open(folder, encoder=tiny)
    assert library.verify() == []
    library.close()
    raw(folder, DAMAGES[damage])
    library = Library.open(folder, encoder=tiny)
    assert library.verify() != []
    try:
        for candidate in library.search("red apple banana plum elder figs"):
            quote = candidate.article.quote(candidate.sentence)
            assert quote in ("A red apple.", "The green banana.", "One plum.", "An elder and an olive.", "Two figs.")
    except LibraryDamaged:
        pass


def test_verify_finds_vectors_that_are_not_the_model_s(folder: Path, tiny: Encoder) -> None:
    """Also where they are whole: the first sentence of each article is encoded again."""
    library = Library.open(folder, encoder=tiny)
    (entry, _) = library.list()
    article = library.get(entry.id)
    library.remove(article.id)
    with library._database.writing():
        library._database.insert(article, tiny.encode(["One plum.", "The green banana.", "A red apple."]))
    assert library.verify() == [f"article {article.id}: its vectors are not those of its sentences"]


def test_a_flipped_byte_never_makes_a_wrong_quote(folder: Path, tiny: Encoder) -> None:
    """Anywhere in the file: nothing read has changed, or an error says damaged, or verify has something to say."""
    whole = (folder / FILE_NAME).read_bytes()
    known = {load_text(FRUIT, title="Fruit"), load_text(TREES, title="Trees")}
    rng = random.Random(0)
    # Where something is written: most of the file is empty space between cells, in which a byte says nothing.
    places = rng.sample([place for place, byte in enumerate(whole) if byte], 120)
    told = 0
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randrange(8)
        (folder / FILE_NAME).write_bytes(damaged)
        try:
            library = Library.open(folder, encoder=tiny)
        except LibraryError:
            told += 1
            continue
        try:
            answered = {c.article for c in library.search("red apple banana plum elder figs")}
            read = {library.get(entry.id) for entry in library.list()}
            problems = library.verify()
            assert answered <= known, place
            assert problems or (read == known and answered == known), place
            told += bool(problems)
        except LibraryError:
            told += 1
        library.close()
    assert told > 60


@pytest.mark.parametrize("pages", range(1, 12))
def test_a_full_disk_is_told_and_costs_nothing(pages: int, folder: Path, tiny: Encoder) -> None:
    """Wherever in the writing the space ends; what was there is intact, and with space there is room again."""
    library = Library.open(folder, encoder=tiny)
    before, apple = library.list(), sorted(c.article.id for c in library.search("apple"))
    connection = library._database._file._sqlite
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {used + pages}")
    long = load_text("\n\n".join(f"Number {number} {number * 7919} {number * 104729}." for number in range(900)))
    error = refusal(LibraryError, lambda: library.add(long))
    assert "full" in error.problem
    assert error.cure == "Free some space on the disk, and check that it is sound; what was added before is kept."
    assert library.list() == before
    assert sorted(c.article.id for c in library.search("apple")) == apple
    connection.execute("PRAGMA max_page_count = 1000000")
    assert library.add(long) is True
    assert library.verify() == []


def test_a_second_writer_waits_and_is_then_told_who_is_writing(folder: Path, tiny: Encoder) -> None:
    """By process and time; readers go on meanwhile, and afterwards it is its turn, and no note is left."""
    first, second = Library.open(folder, encoder=tiny), Library.open(folder, encoder=tiny)
    second._database._file._sqlite.execute("PRAGMA busy_timeout = 50")
    grapes = load_text("Three grapes.")
    with first._database.writing():
        error = refusal(LibraryError, lambda: second.add(grapes))
        assert re.fullmatch(
            rf"The library in {re.escape(str(folder))}: process {os.getpid()} has been writing to it since \d\d:\d\d:\d\d\.",
            error.problem,
        )
        assert error.cure == "Try again when that is done; 10 seconds have been waited."
        assert len(second.list()) == 2
        assert second.search("apple")
    assert second.add(grapes) is True
    assert sorted(file.name for file in folder.iterdir() if file.name == WRITER_NAME) == []


def test_a_note_of_a_writer_that_was_killed_stops_nobody(folder: Path, tiny: Encoder) -> None:
    for note in (b"[1, 2.0]", b"\xff", b"[]", b'["x", "y"]'):
        (folder / WRITER_NAME).write_bytes(note)
        library = Library.open(folder, encoder=tiny)
        assert "writing to it" in library._database._file._writer()
        library.add(load_text(f"{len(note)} grapes."))
        assert not (folder / WRITER_NAME).exists()


def child(program: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX's")
def test_a_write_that_the_system_refuses_is_told_and_costs_nothing(folder: Path, tiny: Encoder, tiny_model: Path) -> None:
    """A real refused write, by a limit on the size of files, in a child."""
    program = (
        "import resource, sys; from index import Encoder, Library, LibraryError, load_text\n"
        "library = Library.open(sys.argv[1], encoder=Encoder(sys.argv[2])); library.search('apple')\n"
        "long = load_text('\\n\\n'.join(f'Number {n} {n * 7919}.' for n in range(900)))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))\n"
        "try: library.add(long)\n"
        "except LibraryError as error: print(error.cure)\n"
        "print(len(library), len(library.search('apple')))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "print(library.add(long), library.verify())\n"
    )
    assert child(program, str(folder), str(tiny_model)).splitlines() == [
        "Free some space on the disk, and check that it is sound; what was added before is kept.",
        "2 5",
        "True []",
    ]
    assert len(Library.open(folder, encoder=tiny)) == 3


@pytest.fixture
def public(folder: Path) -> Iterator[Path]:
    """The library in a place that other users can reach, but not write to."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        copy = Path(place) / "lib"
        copy.mkdir()
        (copy / FILE_NAME).write_bytes((folder / FILE_NAME).read_bytes())
        (copy / FILE_NAME).chmod(0o444)
        copy.chmod(0o555)
        yield copy
        copy.chmod(0o755)


def unprivileged() -> None:
    """In a forked child: give up root, to whom no folder is read-only."""
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def as_other(body: Callable[[], object]) -> str:
    """What `body` returns, or the error that it raises, in a forked child without privileges."""
    out, into = os.pipe()
    if not (pid := os.fork()):
        try:
            unprivileged()
            text = str(body())
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(into, text.encode())
        os._exit(0)
    os.close(into)
    os.waitpid(pid, 0)
    with os.fdopen(out) as lines:
        return lines.read()


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_read_only_folder_can_be_read_and_refuses_to_be_written(public: Path) -> None:
    """List, get and the file's own checks work; a change is refused with the cure, and no file is left behind."""
    from index.database import Database

    def read() -> object:
        database = Database(public)
        titles = [entry.title for entry in database.entries()]
        texts = [database.article(entry.id).text for entry in database.entries()]  # type: ignore[union-attr]
        return titles, texts == [FRUIT, TREES], database.postings("apple").tolist(), database.problems()

    assert as_other(read) == "(['Fruit', 'Trees'], True, [1], [])"

    def write() -> object:
        with Database(public).writing():
            return "written"

    assert as_other(write) == f"LibraryError: {public} cannot be written to. Change its permissions, or copy the library."
    assert [file.name for file in public.iterdir()] == [FILE_NAME]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_library_that_its_writer_left_open_is_not_read_without_its_log(public: Path, folder: Path, tiny: Encoder) -> None:
    """In a read-only folder SQLite cannot take in what a killed writer left in the log: this is told, not left out."""
    library = Library.open(folder, encoder=tiny)
    library.add(load_text("Three grapes."))
    public.chmod(0o755)
    log = public / (FILE_NAME + "-wal")
    log.write_bytes((folder / (FILE_NAME + "-wal")).read_bytes())
    log.chmod(0o444)
    public.chmod(0o555)
    told = as_other(lambda: Library.open(public, encoder=tiny))
    assert told.startswith("LibraryError: ")
    assert "was not closed by its last writer" in told
    assert told.endswith("or copy the whole folder and open the copy.")


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_reader_of_a_read_only_folder_sees_what_its_owner_writes(public: Path, tiny: Encoder) -> None:
    """Though SQLite was told that the file would not change while it is read so."""
    import struct

    from index.database import Database

    ask, asked = os.pipe()
    told, tell = os.pipe()
    if not (pid := os.fork()):
        try:
            unprivileged()
            database = Database(public)
            seen = [database.version(), len(database.firsts())]
            os.write(tell, struct.pack("i", len(database.firsts())))
            os.read(ask, 1)
            os.write(tell, struct.pack("ii", len(database.firsts()), database.version() != seen[0]))
        finally:
            os._exit(0)
    assert struct.unpack("i", os.read(told, 4)) == (2,)
    public.chmod(0o755)
    (public / FILE_NAME).chmod(0o644)
    library = Library.open(public, encoder=tiny)
    library.add(load_text("Three grapes."))
    library.close()
    os.write(asked, b"!")
    assert struct.unpack("ii", os.read(told, 8)) == (3, 1)
    os.waitpid(pid, 0)


@pytest.mark.skipif(os.name != "posix", reason="there is no fork elsewhere")
def test_a_library_carried_across_a_fork_is_refused(folder: Path, tiny: Encoder) -> None:
    """SQLite: such a connection corrupts the file."""
    library = Library.open(folder, encoder=tiny)
    assert as_other(library.list) == (
        f"LibraryError: The library in {folder} was opened by another process. Open it again in this one."
    )
    assert len(library.list()) == 2


def test_a_library_is_made_by_several_processes_at_once(tmp_path: Path) -> None:
    """One makes it, the others open it."""
    program = (
        "import sys; from pathlib import Path; from index.database import Database\n"
        "print(Database(Path(sys.argv[1]), create=True).meta('format'))"
    )
    for turn in range(2):
        place = str(tmp_path / str(turn))
        started = [
            subprocess.Popen([sys.executable, "-c", program, place], stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        assert [process.communicate(timeout=60)[0] for process in started] == ["2\n"] * 4
