"""What comes from outside: a question from a program, and what a visitor hands over in the browser to become an article.

The one place where that is decided, so that it can be seen that a name from a browser never opens a file of this machine.
"""

import re
from pathlib import Path
from typing import Any

from index import Article, LoadError, QuestionError, load_address, load_bytes, load_text
from qa.rendering import shortened

__all__ = ["checked_question", "from_address", "from_paste", "from_upload"]

_WEB = re.compile(r"https?://", re.IGNORECASE)


def from_upload(name: str, file: Path) -> Article:
    """An uploaded file's article. `name` is what the visitor calls it, and only told; `file` is where the server put its

    content, and is deleted as soon as it is read. Raises LoadError.
    """
    try:
        data = file.read_bytes()
    except OSError:
        raise LoadError(f"The upload of {name} got lost.", "Add the file again.") from None
    finally:
        file.unlink(missing_ok=True)
    return load_bytes(data, name=name)


def from_address(address: str) -> Article:
    """The article at a web address. Raises LoadError, as for whatever else is written there: no file is opened."""
    address = address.strip()
    if not _WEB.match(address):
        raise LoadError(
            f"“{shortened(address)}” is not the address of a page." if address else "There is no address.",
            "Give one that begins with https:// or http://; a file of yours can be uploaded.",
        )
    return load_address(address)


def from_paste(text: str) -> Article:
    """A pasted text's article. Raises LoadError where it holds no words."""
    return load_text(text)


def checked_question(question: Any, k: Any) -> tuple[str, int]:
    """A question and a number as a program sent them, as what they must be. Raises QuestionError."""
    if not isinstance(question, str):
        raise QuestionError(f"The question is {type(question).__name__}, and not a text.", "Send a text.")
    if isinstance(k, bool) or not isinstance(k, int | float) or k != int(k):
        raise QuestionError(f"k is {k!r}.", "Ask for a whole number of sentences.")
    return question, int(k)
