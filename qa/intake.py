"""What a visitor hands over in the browser becomes an article: an upload, an address, a pasted text.

The one place where that is decided, so that it can be seen that a name from a browser never opens a file of this machine.
"""

import re
from pathlib import Path

from index import Article, LoadError, load_address, load_bytes, load_text
from qa.rendering import shortened

__all__ = ["from_address", "from_paste", "from_upload"]

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
