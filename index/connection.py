"""One library's SQLite file, held open: moments to read it in, transactions to write it in, and its errors with the cure.

The door to sqlite3. Knows nothing of what the tables hold.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.errors import LibraryDamaged, LibraryError, LibraryNotFound

__all__ = ["Connection", "FILE_NAME", "WRITER_NAME"]

FILE_NAME = "library.sqlite3"
WRITER_NAME = "library.writer"  # says who is writing, while somebody is
BUSY_SECONDS = 10.0  # how long a second writer waits for the first


class Connection:
    """The library in `folder`, or in memory where that is None. Safe to use from several threads, not across a fork.

    Every call raises LibraryNotFound, LibraryDamaged or LibraryError (disk full, locked, not allowed) with the cure.
    """

    def __init__(self, folder: Path | None = None, *, create: bool = False) -> None:
        self.folder = folder
        self.read_only = False
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._frozen: tuple[int, int] | None = None
        self.reopened = 0  # times that a file which can only be read was found to be another
        with self._told():
            self._sqlite = self._connect(create)

    def close(self) -> None:
        with self._lock:
            self._sqlite.close()

    # -- statements

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        with self._told():
            return self._sqlite.execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The first row of a query, or None."""
        with self._told():
            return self._sqlite.execute(statement, values).fetchone()

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._told():
            self._sqlite.execute(statement, values)

    def run_each(self, statement: str, each: Iterable[Sequence[Any]]) -> None:
        """The statement once for each row of values."""
        with self._told():
            self._sqlite.executemany(statement, each)

    def tables(self) -> set[str]:
        return {name for (name,) in self.rows("SELECT name FROM sqlite_master")}

    def version(self) -> tuple[int, int]:
        """A value that changes whenever another connection has written."""
        with self.reading():
            return self.reopened, int(self.row("PRAGMA data_version")[0])

    # -- moments and transactions

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One moment of the file: what is read inside is not torn by another process that writes meanwhile."""
        with self._told():
            if self._sqlite.in_transaction:
                yield
                return
            if self._frozen is not None and self.folder and self._frozen != _state(self.folder / FILE_NAME):
                self._sqlite.close()
                self._frozen = None
                self._sqlite = self._connect(create=False)
                self.reopened += 1
            self._sqlite.execute("BEGIN")
            try:
                yield
            finally:
                if self._sqlite.in_transaction:  # some errors have ended it already
                    self._sqlite.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of what is written inside is kept, or nothing is."""
        with self._told():
            if self.read_only:
                raise LibraryError(f"{self.folder} cannot be written to.", "Change its permissions, or copy the library.")
            self._sqlite.execute("BEGIN IMMEDIATE")
            try:
                with self._signed():
                    yield
                self._sqlite.execute("COMMIT")  # the full text is written only here, so a full disk may show only here
            except BaseException:
                if self._sqlite.in_transaction:  # a full disk has rolled back already, or not
                    self._sqlite.execute("ROLLBACK")
                raise

    @contextmanager
    def _signed(self) -> Iterator[None]:
        """Leave word of who is writing, for whoever waits in vain; a full disk has room for none, and that is no matter."""
        note = self.folder / WRITER_NAME if self.folder else None
        if note:
            with suppress(OSError):
                note.write_text(json.dumps([os.getpid(), time.time()]), "utf-8")
        try:
            yield
        finally:
            if note:
                with suppress(OSError):
                    note.unlink()

    def _writer(self) -> str:
        """Who is writing, as far as is known: one that was killed leaves its word, but then nobody has to wait."""
        try:
            pid, since = json.loads((self.folder / WRITER_NAME).read_text("utf-8")) if self.folder else (None, 0)
            started = time.strftime("%H:%M:%S", time.localtime(since))
        except (OSError, ValueError, TypeError, OverflowError):
            return "another process is writing to it"
        return f"process {pid} has been writing to it since {started}"

    # -- opening

    def _connect(self, create: bool) -> sqlite3.Connection:
        if self.folder is None:
            return sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        file = self.folder / FILE_NAME
        if create:
            self.folder.mkdir(parents=True, exist_ok=True)
        elif not file.exists():
            raise self.not_found()
        self.read_only = file.exists() and not (os.access(file, os.W_OK) and os.access(self.folder, os.W_OK))
        if not self.read_only:
            return _open(file, "mode=rwc" if create else "mode=rw")
        connection = _open(file, "mode=ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            # WAL needs a writable folder even to read, unless a writer is there. With none, and nothing left in its log
            # (by one that was killed), the file can be read as it stands; SQLite then looks for no changes, so we do.
            if _size(file.with_name(FILE_NAME + "-wal")):
                raise LibraryError(
                    f"The library in {self.folder} was not closed by its last writer, and cannot be repaired from here.",
                    "Open it once where it can be written to, or copy the whole folder and open the copy.",
                ) from None
            self._frozen = _state(file)
            connection = _open(file, "mode=ro&immutable=1")
        return connection

    # -- when something is wrong

    def not_found(self) -> LibraryNotFound:
        return LibraryNotFound(f"There is no library in {self.folder}.", "Make one: article-qa add FILE --library DIR")

    def damaged(self, what: str) -> LibraryDamaged:
        return LibraryDamaged(
            f"The library in {self.folder} is damaged: {what}.",
            "Restore it from a copy, or add its articles to a new library; article-qa verify names what is whole.",
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Hold the connection, and turn SQLite's errors into ours, with the cure."""
        if self.folder is not None and os.getpid() != self._process:
            # SQLite: a connection carried across a fork corrupts the file. (And the lock may be held for ever.)
            raise LibraryError(f"The library in {self.folder} was opened by another process.", "Open it again in this one.")
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise self._explained(error) from error
            except UnicodeDecodeError as error:  # of a message of SQLite's that names what it found
                raise self.damaged("a text in it is not UTF-8") from error
            except OSError as error:
                raise LibraryError(
                    f"The library in {self.folder}: {error.strerror or error}.", "Check the folder's name and permissions."
                ) from error

    def _explained(self, error: sqlite3.Error) -> LibraryError:
        message = str(error)  # Python 3.10 has no error code
        if message.startswith("Could not decode"):
            return self.damaged("a text in it is not UTF-8")
        # A damaged full text says "fts5: ..." or "vtable constructor failed", a damaged schema "no such table".
        if any(sign in message for sign in ("malformed", "not a database", "fts5", "vtable", "no such")):
            return self.damaged(message)
        cure = "Check that the folder can be written to."
        if "locked" in message or "busy" in message:
            message, cure = self._writer(), f"Try again when that is done; {BUSY_SECONDS:.0f} seconds have been waited."
        elif "full" in message or "disk I/O" in message:
            cure = "Free some space on the disk, and check that it is sound; what was added before is kept."
        elif "closed" in message:
            cure = "Open it again."
        return LibraryError(f"The library in {self.folder or 'memory'}: {message.rstrip('.')}.", cure)


def _open(file: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(file))}?{mode}"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, timeout=BUSY_SECONDS)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _state(file: Path) -> tuple[int, int]:
    """What changes when a file is written to, where SQLite itself does not look: its time, and the size of its log."""
    return file.stat().st_mtime_ns, _size(file.with_name(file.name + "-wal"))
