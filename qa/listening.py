"""Where a chat listens and who may come in: what is checked before anything is loaded.

Knows nothing of pages or of gradio.
"""

import ipaddress
import os
import socket
import sys

from index import ArticleQAError

__all__ = ["check_free", "credentials", "is_loopback", "warn_of_strangers"]


def credentials() -> tuple[str, str] | None:
    """User and password from the environment, or None; raises ArticleQAError where only one is set."""
    user, password = os.environ.get("ARTICLE_QA_USER"), os.environ.get("ARTICLE_QA_PASSWORD")
    if user and password:
        return user, password
    if user or password:
        raise ArticleQAError("Only one of ARTICLE_QA_USER and ARTICLE_QA_PASSWORD is set.", "Set both, or neither.")
    return None


def check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is loaded."""
    if not 0 < port < 65536:
        raise ArticleQAError(f"{port} is not a port.", "Name one from 1 to 65535, such as --port 7860.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a just closed port is free
            probe.bind(found[4])
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArticleQAError(
            f"Port {port} of {host} cannot be used: {reason}.",
            f"Stop what uses it, or name another one: article-qa chat --port {port + 1 if 1023 < port < 65535 else 7861}.",
        ) from None


def is_loopback(host: str) -> bool:
    """Whether this address is the machine's own, which nobody else reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def warn_of_strangers(host: str) -> None:
    """Say loudly on stderr that everybody can come in."""
    line = "!" * 78
    print(
        f"{line}\nWARNING: on {host}, whoever reaches this machine can read and ask these articles: no password is set.\n"
        f"Set ARTICLE_QA_USER and ARTICLE_QA_PASSWORD, or leave --host away.\n{line}",
        file=sys.stderr,
    )
