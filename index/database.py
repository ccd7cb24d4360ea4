"""Articles, their sentences, vectors and full text in one SQLite file.

Knows nothing of models or of searching by meaning: it keeps vectors as bytes. One article is written in one transaction, so
that whatever kills the process, the file holds whole articles alone.

Every sentence of a database has a number of its own; those of one article are consecutive, beginning at the article's
`first`, and a number is never used again.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Sentence
from index.connection import Connection
from index.errors import LibraryDamaged, LibraryError, LibraryMismatch

__all__ = ["Database", "Entry", "Stored"]

FORMAT = 2  # raise it with every change that an older version cannot read; CHANGELOG.md, "Saved format"
_TOKENS = "porter unicode61"
_AT_ONCE = 64  # articles whose vectors are read together

_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    id TEXT PRIMARY KEY, first INTEGER NOT NULL UNIQUE, sentences INTEGER NOT NULL,
    title TEXT NOT NULL, source TEXT, author TEXT, date TEXT, language TEXT,
    pages TEXT NOT NULL,  -- the offsets at which pages begin, in JSON
    sha256 TEXT NOT NULL, characters INTEGER NOT NULL, text TEXT NOT NULL,
    vectors BLOB NOT NULL,  -- float16, a row for each sentence that is not furniture, in order
    -- CRC-32 of all but the text, and of the vectors: SQLite keeps no checksum of a page, so it cannot tell that a
    -- disk has changed a byte of a row, and one byte makes another quote. (The text has its sha256.)
    record_crc INTEGER NOT NULL, vectors_crc INTEGER NOT NULL
);
CREATE INDEX article_source ON article (source);
CREATE TABLE sentence (
    number INTEGER PRIMARY KEY, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    paragraph INTEGER NOT NULL, place INTEGER NOT NULL, furniture INTEGER NOT NULL
);
-- Contentless: the words are the article's; this table holds only where they are.
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='{_TOKENS}');
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
    author: str | None = None
    date: str | None = None
    language: str | None = None


_ENTRY = [field.name for field in fields(Entry)]


@dataclass(frozen=True, slots=True)
class Stored:
    """What memory holds of a stored article: its `id`, its sentences' numbers [first, first + sentences), their vectors.

    `vectors` has shape (indexed, dimension); `numbers`, shape (indexed,), leaves out furniture.
    """

    id: str
    first: int
    sentences: int
    numbers: NDArray[np.int64]
    vectors: NDArray[np.float16]


class Database:
    """The tables of the library in `folder`, or in memory where that is None. Safe to use from several threads.

    Raises LibraryNotFound, LibraryMismatch, LibraryDamaged or LibraryError (disk full, locked, not allowed) with the cure.
    """

    def __init__(self, folder: Path | None = None, *, create: bool = False) -> None:
        self._file = Connection(folder, create=create)
        self.folder, self.damaged = folder, self._file.damaged
        self.reading, self.writing, self.version = self._file.reading, self._file.writing, self._file.version
        try:
            if create or folder is None:
                self._prepare()
            self._check_format()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        """Make the tables in a new file. What holds any already is left as it is: it may be another program's."""
        if self._file.read_only or self._file.tables():
            return
        self._file.run("PRAGMA journal_mode=WAL")
        with self.writing():
            if not self._file.tables():  # another process may have been faster
                for statement in _SCHEMA.split(";\n"):
                    self._file.run(statement)
                self.set_meta("format", FORMAT)
                self.set_meta("next", 1)

    def _check_format(self) -> None:
        tables = self._file.tables()
        if not tables:  # its making was interrupted
            raise self._file.not_found()
        found = self.meta("format") if "meta" in tables else None
        if found != FORMAT:
            what = "is no library of article-qa" if found is None else f"has the saved format {found}"
            raise LibraryMismatch(
                f"{self.folder} {what}, and this version reads format {FORMAT}.",
                "Use the version of article-qa that made it, or add the articles to a new library.",
            )

    def close(self) -> None:
        self._file.close()

    # -- reading

    def meta(self, key: str) -> str | int | None:
        row = self._file.row("SELECT value FROM meta WHERE key = ?", (key,))
        return row[0] if row else None

    def firsts(self) -> dict[str, int]:
        """The number of the first sentence of each article by the article's id, oldest first."""
        with self.reading():
            return dict(self._file.rows("SELECT id, first FROM article ORDER BY first"))

    @property
    def reopened(self) -> int:
        """How often another file was found in the place of a read-only one: its numbers begin anew. `reading()` looks."""
        return self._file.reopened

    def vector_bytes(self) -> int:
        """How long all vectors are together."""
        with self.reading():
            return int(self._file.row("SELECT total(length(vectors)) FROM article")[0])

    def first(self, article_id: str) -> int | None:
        """The number of an article's first sentence, or None where it is not there."""
        with self.reading():
            row = self._file.row("SELECT first FROM article WHERE id = ?", (article_id,))
        return row[0] if row else None

    def entries(self) -> list[Entry]:
        """What there is to say of every article without reading its text, oldest first."""
        with self.reading():
            rows = self._file.rows(f"SELECT {', '.join(_ENTRY)} FROM article ORDER BY first")
        return [Entry(*row) for row in rows]

    def article(self, article_id: str) -> Article | None:
        with self.reading():
            row = self._file.row(
                "SELECT text, title, source, author, date, language, pages, first, sentences, sha256, record_crc"
                " FROM article WHERE id = ?",
                (article_id,),
            )
            if row is None:
                return None
            text, title, source, author, date, language, pages, first, count, sha256, crc = row
            rows = self._file.rows(
                'SELECT start, "end", paragraph, place, furniture FROM sentence'
                " WHERE number >= ? AND number < ? ORDER BY number",
                (first, first + count),
            )
        try:
            sentences = tuple(Sentence(a, b, p, n, bool(flag)) for a, b, p, n, flag in rows)
            article = Article(text, title, source, sentences, author, date, language, tuple(json.loads(pages)))
        except (AttributeError, TypeError, ValueError) as error:  # a damaged row may hold any type
            raise self.damaged(f"article {article_id}: {error}") from error
        if article.sha256 != sha256 or len(rows) != count:
            raise self.damaged(f"the text of article {article_id} is not the text that was added")
        if _record_crc(article) != crc:
            raise self.damaged(f"the sentences or the particulars of article {article_id} are not those that were added")
        return article

    def stored(self, article_id: str) -> Stored | None:
        """What searching needs of an article, or None where it is not there (any more)."""
        with self.reading():
            return next(iter(self._stored("id = ?", article_id)), None)

    def stored_beyond(self, number: int) -> Iterator[Stored]:
        """The same of every article whose first sentence's number is greater, in their order, a few at a time."""
        part = [number]
        while part:
            with self.reading():
                found = self._stored(f"first > ? ORDER BY first LIMIT {_AT_ONCE}", part[-1])
            yield from found
            part = [stored.first for stored in found]

    def _stored(self, where: str, value: str | int) -> list[Stored]:
        rows = self._file.rows(f"SELECT id, first, sentences, vectors, vectors_crc FROM article WHERE {where}", (value,))
        if not rows:
            return []
        furniture = self._file.rows(
            "SELECT number FROM sentence WHERE number >= ? AND number < ? AND furniture ORDER BY number",
            (rows[0][1], rows[-1][1] + rows[-1][2]),
        )
        left_out = np.array(furniture, dtype=np.int64).reshape(-1)
        return [self._whole(row, left_out) for row in rows]

    def _whole(self, row: tuple[str, int, int, bytes, int], left_out: NDArray[np.int64]) -> Stored:
        article_id, first, count, vectors, crc = row
        numbers = np.arange(first, first + count)
        if len(left_out):
            numbers = numbers[~np.isin(numbers, left_out)]
        if not isinstance(vectors, bytes) or _vectors_crc(vectors, numbers - first) != crc:
            raise self.damaged(f"the vectors of article {article_id} are not those that were added")
        halves = np.frombuffer(vectors, dtype="<f2")
        if not len(numbers):  # all furniture
            return Stored(article_id, first, count, numbers, np.empty((0, 0), dtype=np.float16))
        if not len(halves) or len(halves) % len(numbers):
            raise self.damaged(f"the vectors of article {article_id} do not fit its sentences")
        return Stored(article_id, first, count, numbers, halves.reshape(len(numbers), -1))

    def source_ids(self, source: str) -> list[str]:
        """The ids of the articles that came from this source."""
        with self.reading():
            return [article_id for (article_id,) in self._file.rows("SELECT id FROM article WHERE source = ?", (source,))]

    def postings(self, term: str, ranges: Sequence[tuple[int, int]] | None = None) -> NDArray[np.int64]:
        """The numbers of the sentences that hold a term (stemmed), ascending; `ranges` keeps to numbers in any [a, b)."""
        phrase = '"' + term.replace('"', '""') + '"'  # quoted: no operator of the full-text query language gets in
        # One text of all numbers, and not a row for each: four times as fast, where a word is common.
        statement = "SELECT group_concat(rowid) FROM words WHERE words MATCH ?"
        with self.reading():
            if ranges is None:
                texts = [self._file.row(statement, (phrase,))[0]]
            else:
                within = f"{statement} AND rowid >= ? AND rowid < ?"
                texts = [self._file.row(within, (phrase, *one))[0] for one in ranges]
        found = [np.fromstring(text, dtype=np.int64, sep=",") for text in texts if text]
        # They come ascending, but SQL does not promise it.
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    # -- writing: only inside `writing()`

    def set_meta(self, key: str, value: str | int) -> None:
        self._file.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def insert(self, article: Article, vectors: NDArray[np.float32]) -> None:
        """Write an article and the vectors of its indexed sentences."""
        first = int(self.meta("next") or 1)
        halves = vectors.astype("<f2").tobytes()
        places = np.array([place for place, s in enumerate(article.sentences) if not s.furniture], dtype=np.int64)
        row: dict[str, str | int | bytes | None] = {
            "id": article.id, "first": first, "sentences": len(article.sentences), "title": article.title,
            "source": article.source, "author": article.author, "date": article.date, "language": article.language,
            "pages": json.dumps(article.pages), "sha256": article.sha256, "characters": len(article.text),
            "text": article.text, "vectors": halves, "record_crc": _record_crc(article),
            "vectors_crc": _vectors_crc(halves, places),
        }  # fmt: skip
        self._file.run(f"INSERT INTO article ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
        self._file.run_each(
            "INSERT INTO sentence VALUES (?, ?, ?, ?, ?, ?)",
            (
                (number, s.start, s.end, s.paragraph, s.number, s.furniture)
                for number, s in enumerate(article.sentences, first)
            ),
        )
        self._file.run_each("INSERT INTO words (rowid, text) VALUES (?, ?)", _worded(article, first))
        self.set_meta("next", first + max(1, len(article.sentences)))  # an article without any has a number too

    def delete(self, article: Article) -> None:
        """Take an article out again, which was read in the same transaction."""
        first = self.first(article.id) or 0
        # A contentless table forgets a row only when it is told the words again.
        self._file.run_each("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", _worded(article, first))
        self._file.run("DELETE FROM sentence WHERE number >= ? AND number < ?", (first, first + len(article.sentences)))
        self._file.run("DELETE FROM article WHERE id = ?", (article.id,))

    # -- checking

    def problems(self) -> list[str]:
        """What is wrong with the file as a file: SQLite's own check, rows that belong to no article, and the full text."""
        with self.reading():
            found = [f"the file: {row[0]}" for row in self._file.rows("PRAGMA integrity_check") if row[0] != "ok"]
            (spare,) = self._file.row("SELECT (SELECT count(*) FROM sentence) - (SELECT total(sentences) FROM article)")
            if spare:
                found.append(f"{spare:+.0f} sentences against those of the articles")
            try:
                wrong = self._wrong_words()
            except LibraryError as error:
                found.append(f"the full text: {error.problem}")
            else:
                if wrong:
                    found.append(f"the full text: {wrong} sentences are not found by their words")
        return found

    def _wrong_words(self) -> int:
        """The number of sentences whose words in the full text are not theirs: it is made again, aside, and compared.

        Inside `reading()`, whose end takes the temporary tables away again.
        """
        self._file.run(f"CREATE VIRTUAL TABLE temp.again USING fts5(text, content='', tokenize='{_TOKENS}')")
        for article_id, first in self.firsts().items():
            try:
                article = self.article(article_id)
            except LibraryDamaged:  # told elsewhere, and by name
                continue
            if article:
                self._file.run_each("INSERT INTO temp.again (rowid, text) VALUES (?, ?)", _worded(article, first))
        self._file.run("CREATE VIRTUAL TABLE temp.said USING fts5vocab(main, words, instance)")
        self._file.run("CREATE VIRTUAL TABLE temp.meant USING fts5vocab(temp, again, instance)")
        said, meant = (f'SELECT doc, "offset", term FROM {table}' for table in ("said", "meant"))
        (wrong,) = self._file.row(
            f"SELECT count(DISTINCT doc) FROM (SELECT * FROM ({said} EXCEPT {meant}) "
            f"UNION SELECT * FROM ({meant} EXCEPT {said}))"
        )
        (rows,) = self._file.row("SELECT (SELECT count(*) FROM words) - (SELECT count(*) FROM again)")
        return int(wrong or abs(rows))


def _worded(article: Article, first: int) -> Iterator[tuple[int, str]]:
    """What the full text holds of an article: each sentence's number and words, but furniture's."""
    return ((number, article.quote(s)) for number, s in enumerate(article.sentences, first) if not s.furniture)


def _record_crc(article: Article) -> int:
    """Of all that is kept of an article but its text and its vectors."""
    spans = [(s.start, s.end, s.paragraph, s.number, s.furniture) for s in article.sentences]
    particulars = (article.title, article.source, article.author, article.date, article.language, article.pages)
    return zlib.crc32(repr((particulars, spans)).encode("utf-8", "backslashreplace"))


def _vectors_crc(vectors: bytes, places: NDArray[np.int64]) -> int:
    """Of the vectors, and of the places in the article of the sentences that they belong to."""
    return zlib.crc32(vectors, zlib.crc32(places.astype("<i8").tobytes()))
