"""What a visitor hands over becomes an article, and never opens a file of the server."""

from pathlib import Path

import pytest

from index import LoadError
from qa.intake import from_address, from_paste, from_upload


def test_an_upload_is_read_and_deleted(tmp_path: Path) -> None:
    """An uploaded file's text becomes an article that is called what the visitor calls it, and the file is gone."""
    file = tmp_path / "stored"
    file.write_text("The harbour of Eastport was rebuilt in 1912.", "utf-8")
    article = from_upload("../../<b>harbour</b>.txt", file)
    assert (article.source, article.text) == ("../../<b>harbour</b>.txt", "The harbour of Eastport was rebuilt in 1912.")
    assert not file.exists()


def test_a_refused_upload_is_deleted_too(tmp_path: Path) -> None:
    """What cannot be read as an article leaves nothing behind, and the refusal names it as the visitor does."""
    file = tmp_path / "stored"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(LoadError, match=r"photo\.txt"):
        from_upload("photo.txt", file)
    assert not file.exists()


def test_a_lost_upload_is_told(tmp_path: Path) -> None:
    """An upload that is not there any more is a message with its cure."""
    with pytest.raises(LoadError, match=r"The upload of notes\.txt got lost\. Add the file again\."):
        from_upload("notes.txt", tmp_path / "gone")


@pytest.mark.parametrize(
    "address", ["/etc/passwd", "file:///etc/passwd", "FILE:/etc/passwd", "../notes.txt", "ftp://host/x", "javascript:1", "-"]
)
def test_only_web_addresses_are_followed(address: str) -> None:
    """A path, or an address of another kind, is refused before anything is opened."""
    with pytest.raises(LoadError, match=r"is not the address of a page\. Give one that begins with https://"):
        from_address(address)


def test_no_address(tmp_path: Path) -> None:
    """Nothing typed is told as such."""
    with pytest.raises(LoadError, match=r"^There is no address\."):
        from_address("  ")


def test_the_machine_itself_is_no_address() -> None:
    """An address of the server's own network is refused."""
    with pytest.raises(LoadError, match="not on the public internet"):
        from_address("http://127.0.0.1:9/secret")


def test_a_path_that_is_pasted_is_a_text() -> None:
    """A pasted text is a text, whatever it looks like; white space alone is refused."""
    assert from_paste("/etc/passwd").text == "/etc/passwd"
    with pytest.raises(LoadError, match="is empty"):
        from_paste(" \n ")
