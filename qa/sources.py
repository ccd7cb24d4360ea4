"""What a user names on the command line becomes files and addresses: folders are opened, wildcards looked up.

Knows nothing of what the files hold, and of models only which language the default one has read.
"""

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from index import Article, Encoder, Entry, LoadError

__all__ = ["SUFFIXES", "foreign_note", "identity", "listed"]

SUFFIXES = (".docx", ".htm", ".html", ".markdown", ".md", ".pdf", ".txt", ".xhtml")  # what is taken from a folder
_LANGUAGE = "en"  # of the default model


def listed(named: str) -> Sequence[str]:
    """The files and addresses that a name stands for: those in a folder and below, those that fit a pattern, or itself.

    From a folder come the files with a known ending, in the order of their names, but for hidden ones. Raises LoadError
    where there are none.
    """
    if named == "-" or _is_address(named):
        return [named]
    if Path(named).is_dir():
        return _within(named)
    if glob.has_magic(named) and not os.path.lexists(named):  # a shell that expands none, or a quoted pattern
        paths = glob.glob(named, recursive=True)  # noqa: PTH207  Path's own takes no absolute pattern
        found = sorted(path for path in paths if not Path(path).is_dir())
        if not found:
            raise LoadError(f"No file fits {named}.", "Check the pattern and the folder.")
        return found
    return [named]


def identity(source: str) -> str | None:
    """What an article of this source is known by in a library: two files of one name in two folders are two sources."""
    return None if source == "-" else source if _is_address(source) else os.path.realpath(source)


def foreign_note(articles: Iterable[Article | Entry], encoder: Encoder) -> str | None:
    """A sentence on those of the articles that are in a language which the default model does not know, or None."""
    if encoder.name != Encoder().name:  # nobody here knows what another model has read
        return None
    entries = list(articles)
    foreign = [entry for entry in entries if entry.language not in (None, _LANGUAGE)]
    if not foreign:
        return None
    languages = ", ".join(sorted({str(entry.language) for entry in foreign}))
    which = "the article seems" if len(entries) == 1 else f"{len(foreign)} of {len(entries)} articles seem"
    return (
        f"{which} to be in another language than English ({languages}). The model knows English, and sentences are parted "
        "by English rules: expect worse answers, or name another model with --model."
    )


def _is_address(source: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def _within(folder: str) -> Sequence[str]:
    def told(error: OSError) -> None:
        raise LoadError(f"{error.filename} cannot be read: {error.strerror}.", "Check its permissions.") from None

    found = sorted(_files(os.walk(folder, onerror=told)))
    if not found:
        raise LoadError(f"There is no article in {folder}.", f"Its files should end in one of {' '.join(SUFFIXES)}.")
    return found


def _files(walk: Iterable[tuple[str, list[str], list[str]]]) -> Iterator[str]:
    for folder, folders, names in walk:
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(SUFFIXES) and not name.startswith((".", "~$")):  # ~$: Word's mark of an open file
                yield str(Path(folder) / name)
