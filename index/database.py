"""Articles, their sentences, vectors and full text in one SQLite file.

The door to sqlite3. Knows nothing of models or of searching by meaning: it keeps vectors as bytes. One article is one
transaction, so that whatever kills the process, the file holds whole articles alone.

Every sentence of a database has a number of its own; those of one article are consecutive, beginning at the article's
`first`, and a number is never used again.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Sentence
from index.errors import LibraryDamaged, LibraryError, LibraryMismatch, LibraryNotFound

__all__ = ["Database", "Entry", "Stored"]

FILE_NAME = "library.sqlite3"
FORMAT = 1  # raise it with every change that an older version cannot read; CHANGELOG.md, "Saved format"
BUSY_SECONDS = 10.0  # how long a second writer waits for the first

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    id TEXT PRIMARY KEY, first INTEGER NOT NULL UNIQUE, sentences INTEGER NOT NULL,
    title TEXT NOT NULL, source TEXT, sha256 TEXT NOT NULL, text TEXT NOT NULL,
    vectors BLOB NOT NULL  -- float16, a row for each sentence that is not furniture, in order
);
CREATE TABLE sentence (
    number INTEGER PRIMARY KEY, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    paragraph INTEGER NOT NULL, place INTEGER NOT NULL, furniture INTEGER NOT NULL
);
-- Contentless: the words are the article's; this table holds only where they are.
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='porter unicode61');
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a library's list: `sentences` and `characters` are counts, `sha256` names the version of the text."""

    id: str
    title: str
    source: str | None
    sha256: str
    sentences: int
    characters: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What memory holds of a stored article: its `id`, its sentences' numbers [first, first + sentences), their vectors.

    `vectors` has shape (indexed, dimension); `numbers`, shape (indexed,), leaves out furniture.
    """

    id: str
    first: int
    sentences: int
    numbers: NDArray[np.int64]
    vectors: NDArray[np.float32]


class Database:
    """One connection to one SQLite file, or to memory where `folder` is None. Safe to use from several threads.

    Raises LibraryNotFound, LibraryMismatch, LibraryDamaged or LibraryError (disk full, locked, not allowed) with the cure.
    """

    def __init__(self, folder: Path | None = None, *, create: bool = False) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self.read_only = False
        with self._told():
            self._connection = self._connect(create)
            if create or folder is None:
                self._prepare()
            self._check_format()

    def _connect(self, create: bool) -> sqlite3.Connection:
        if self.folder is None:
            return sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        file = self.folder / FILE_NAME
        if create:
            self.folder.mkdir(parents=True, exist_ok=True)
        elif not file.exists():
            raise LibraryNotFound(f"There is no library in {self.folder}.", "Make one: article-qa add FILE --library DIR")
        self.read_only = file.exists() and not (os.access(file, os.W_OK) and os.access(self.folder, os.W_OK))
        if not self.read_only:
            return _open(file, "mode=rwc" if create else "mode=rw")
        connection = _open(file, "mode=ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # WAL needs a writable folder even to read, unless a writer is there: with none, it can be read as it stands.
            connection.close()
            connection = _open(file, "mode=ro&immutable=1")
        return connection

    def _prepare(self) -> None:
        if not self.read_only:
            self._connection.execute("PRAGMA journal_mode=WAL")
            with self.writing():
                if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                    for statement in _SCHEMA.split(";\n"):
                        self._connection.execute(statement)
                    self.set_meta("format", FORMAT)
                    self.set_meta("next", 1)

    def _check_format(self) -> None:
        tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master")}
        found = self.meta("format") if "meta" in tables else None
        if found != FORMAT:
            what = "is no library of article-qa" if found is None else f"has the saved format {found}"
            raise LibraryMismatch(
                f"{self.folder} {what}, and this version reads format {FORMAT}.",
                "Use the version of article-qa that made it, or add the articles to a new library.",
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # -- reading

    def meta(self, key: str) -> str | int | None:
        with self._told():
            row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def version(self) -> int:
        """A number that changes whenever another connection has written."""
        with self._told():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def ids(self) -> list[str]:
        """The ids of all articles, oldest first."""
        with self._told():
            return [article_id for (article_id,) in self._connection.execute("SELECT id FROM article ORDER BY first")]

    def holds(self, article_id: str) -> bool:
        with self._told():
            return self._connection.execute("SELECT 1 FROM article WHERE id = ?", (article_id,)).fetchone() is not None

    def entries(self) -> list[Entry]:
        """What there is to say of every article without reading its text, oldest first."""
        with self._told():
            rows = self._connection.execute(
                "SELECT id, title, source, sha256, sentences, length(text) FROM article ORDER BY first"
            )
            return [Entry(*row) for row in rows]

    def article(self, article_id: str) -> Article | None:
        with self._reading():
            row = self._connection.execute(
                "SELECT text, title, source, first, sentences, sha256 FROM article WHERE id = ?", (article_id,)
            ).fetchone()
            if row is None:
                return None
            text, title, source, first, count, sha256 = row
            rows = self._connection.execute(
                'SELECT start, "end", paragraph, place, furniture FROM sentence'
                " WHERE number >= ? AND number < ? ORDER BY number",
                (first, first + count),
            ).fetchall()
        try:
            article = Article(text, title, source, tuple(Sentence(a, b, p, n, bool(flag)) for a, b, p, n, flag in rows))
        except ValueError as error:
            raise self._damaged(f"article {article_id}: {error}") from error
        if article.sha256 != sha256 or len(rows) != count:
            raise self._damaged(f"the text of article {article_id} is not the text that was added")
        return article

    def stored(self, article_id: str) -> Stored | None:
        """What searching needs of an article, or None where it is not there (any more)."""
        with self._reading():
            row = self._connection.execute(
                "SELECT first, sentences, vectors FROM article WHERE id = ?", (article_id,)
            ).fetchone()
            if row is None:
                return None
            first, count, vectors = row
            rows = self._connection.execute(
                "SELECT number FROM sentence WHERE number >= ? AND number < ? AND NOT furniture ORDER BY number",
                (first, first + count),
            ).fetchall()
        numbers = np.array(rows, dtype=np.int64).reshape(-1)
        halves = np.frombuffer(vectors, dtype="<f2")
        if not len(numbers) or not len(halves) or len(halves) % len(numbers):
            raise self._damaged(f"the vectors of article {article_id} do not fit its sentences")
        return Stored(article_id, first, count, numbers, halves.astype(np.float32).reshape(len(numbers), -1))

    def source_ids(self, source: str) -> list[str]:
        """The ids of the articles that came from this source."""
        with self._told():
            return [
                article_id
                for (article_id,) in self._connection.execute("SELECT id FROM article WHERE source = ?", (source,))
            ]

    def postings(self, term: str, ranges: Sequence[tuple[int, int]] | None = None) -> NDArray[np.int64]:
        """The numbers of the sentences that hold a term (stemmed), ascending; `ranges` keeps to numbers in any [a, b)."""
        phrase = '"' + term.replace('"', '""') + '"'  # quoted: no operator of the full-text query language gets in
        found: list[int] = []
        with self._told():
            for start, stop in ranges if ranges is not None else [(0, 2**62)]:
                rows = self._connection.execute(
                    "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid",
                    (phrase, start, stop),
                )
                found.extend(number for (number,) in rows)
        return np.array(found, dtype=np.int64)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One moment of the file: what is read inside is not torn by another process that writes meanwhile."""
        with self._told():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of what is written inside is kept, or nothing is."""
        with self._told():
            if self.read_only:
                raise LibraryError(f"{self.folder} cannot be written to.", "Change its permissions, or copy the library.")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def set_meta(self, key: str, value: str | int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def insert(self, article: Article, vectors: NDArray[np.float32]) -> None:
        """Write an article and the vectors of its indexed sentences. Only inside `writing()`."""
        first = int(self.meta("next") or 1)
        halves = vectors.astype("<f2").tobytes()
        self._connection.execute(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (article.id, first, len(article.sentences), article.title, article.source, article.sha256, article.text, halves),
        )
        numbered = list(enumerate(article.sentences, first))
        self._connection.executemany(
            "INSERT INTO sentence VALUES (?, ?, ?, ?, ?, ?)",
            [(number, s.start, s.end, s.paragraph, s.number, s.furniture) for number, s in numbered],
        )
        self._connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            [(number, article.quote(s)) for number, s in numbered if not s.furniture],
        )
        self.set_meta("next", first + len(article.sentences))

    def delete(self, article: Article) -> None:
        """Take an article out again. Only inside `writing()`."""
        (first,) = self._connection.execute("SELECT first FROM article WHERE id = ?", (article.id,)).fetchone()
        numbered = list(enumerate(article.sentences, first))
        self._connection.executemany(
            # A contentless table forgets a row only when it is told the words again.
            "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)",
            [(number, article.quote(s)) for number, s in numbered if not s.furniture],
        )
        self._connection.execute("DELETE FROM sentence WHERE number >= ? AND number < ?", (first, first + len(numbered)))
        self._connection.execute("DELETE FROM article WHERE id = ?", (article.id,))

    # -- when something is wrong

    def problems(self) -> list[str]:
        """What is wrong with the file as a file: SQLite's own check, the full text's, and rows that belong to no article."""
        with self._told():
            found = [row[0] for row in self._connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            if not self.read_only:
                try:
                    self._connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
                except sqlite3.DatabaseError as error:
                    found.append(f"the full text: {error}")
            (spare,) = self._connection.execute(
                "SELECT (SELECT count(*) FROM sentence) - (SELECT total(sentences) FROM article)"
            ).fetchone()
            (indexed,) = self._connection.execute(
                "SELECT (SELECT count(*) FROM words) - (SELECT count(*) FROM sentence WHERE NOT furniture)"
            ).fetchone()
        if spare:
            found.append(f"{spare:+.0f} sentences against those of the articles")
        if indexed:
            found.append(f"{indexed:+} sentences in the full text against the sentences")
        return found

    def _damaged(self, what: str) -> LibraryDamaged:
        return LibraryDamaged(
            f"The library in {self.folder} is damaged: {what}.",
            "Restore it from a copy, or add its articles to a new library; article-qa verify names what is whole.",
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Hold the connection, and turn SQLite's errors into ours, with the cure."""
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                code = getattr(error, "sqlite_errorname", "")  # Python 3.11 on
                message = str(error)
                if "CORRUPT" in code or "NOTADB" in code or "malformed" in message or "not a database" in message:
                    raise self._damaged(message) from error
                cure = "Check that the folder can be written to."
                if "locked" in message or "busy" in message:
                    cure = "Another process is writing to it: try again when it is done."
                elif "full" in message:
                    cure = "Free some space on the disk; what was added before is kept."
                raise LibraryError(f"The library in {self.folder}: {message}.", cure) from error
            except OSError as error:
                raise LibraryError(
                    f"The library in {self.folder}: {error.strerror or error}.", "Check the folder's name and permissions."
                ) from error


def _open(file: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(file))}?{mode}"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, timeout=BUSY_SECONDS)
