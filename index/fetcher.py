"""The page or file at an address of the public internet, fetched because the user gave that address.

Knows nothing of formats or articles. An address may have been chosen by somebody who cannot reach what this machine can:
so its name is looked up once, each of its numbers must be a public one, and the connection is made to that very number, at
every redirect again. A name that is looked up twice can answer twice (DNS rebinding), which is why the standard library's
connection is handed a socket that is connected already; no client that looks names up itself can be used here.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from index.errors import LoadError

__all__ = ["Fetched", "fetch", "is_public"]

Number = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_BYTES = 32 * 2**20  # of the answer, unpacked: as much as a file may have
MAX_REDIRECTS = 5
SECONDS = 30.0  # for all of it, redirects included, however slowly it drips
STEP_SECONDS = 10.0  # without a sign of life

_TYPES = ("text/", "application/xhtml+xml", "application/pdf", "application/octet-stream", "binary/octet-stream",
          "application/vnd.openxmlformats-officedocument.wordprocessingml.document")  # fmt: skip
_CHECK = "Check the address, or save the page as a file and give that."
_PRIVATE = "Only addresses of the public internet are fetched. Save the page as a file, and give that."
# Prefixes in which an IPv6 address carries an IPv4 address that is reached through it: mapped, compatible, NAT64.
_CARRIERS = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))
_CLOSED = tuple(
    map(
        ipaddress.ip_network,
        # Networks that Python's own table has as global, in some versions, and that lead inside: the local NAT64 prefix,
        # site-local addresses, 6to4 and Teredo, their relays, and what clouds tell their machines secrets at.
        (
            "64:ff9b:1::/48",
            "fec0::/10",
            "2002::/16",
            "2001::/32",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "168.63.129.16/32",
            "100.64.0.0/10",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered with: `address` is where the last redirect led, `encoding` what the server says it is in."""

    data: bytes
    address: str
    content_type: str | None
    encoding: str | None


def fetch(address: str) -> Fetched:
    """Fetch it. Raises LoadError, with the cure: no http(s) address, not public, not there, too large, too slow, no text."""
    return _Fetcher().fetch(address)


def is_public(number: Number) -> bool:
    """Whether an IP address is one of the public internet: not private, loopback, link-local, multicast or reserved."""
    if isinstance(number, ipaddress.IPv6Address):
        if number.scope_id:
            return False
        if any(number in carrier for carrier in _CARRIERS):
            return is_public(ipaddress.IPv4Address(int(number) & 0xFFFFFFFF))
    if any(number in network for network in _CLOSED if network.version == number.version):
        return False
    return number.is_global and not (number.is_multicast or number.is_reserved or number.is_unspecified)


class _Fetcher:
    """`allows` says which IP addresses may be connected to, and `trust` whose certificates count."""

    def __init__(self, allows: Callable[[Number], bool] = is_public, trust: ssl.SSLContext | None = None) -> None:
        self._allows = allows
        self._trust = trust

    def fetch(self, address: str) -> Fetched:
        deadline = time.monotonic() + SECONDS
        for _ in range(MAX_REDIRECTS + 1):
            parts = _parts(address)
            with self._answer(parts, deadline) as answer:
                where = answer.headers.get("Location")
                if answer.status in (301, 302, 303, 307, 308) and where:
                    address = urljoin(address, where.encode("latin-1", "replace").decode("utf-8", "replace"))
                    continue
                if answer.status != 200:
                    raise LoadError(f"{address} answers {answer.status} {answer.reason}.", _CHECK)
                content_type = answer.headers.get_content_type() if "Content-Type" in answer.headers else None
                if content_type and not content_type.startswith(_TYPES):
                    raise LoadError(f"{address} is {content_type}, and no article.", _CHECK)
                return Fetched(_body(answer, address, deadline), address, content_type, answer.headers.get_content_charset())
        raise LoadError(f"{address} is redirected more than {MAX_REDIRECTS} times.", _CHECK)

    @contextmanager
    def _answer(self, parts: SplitResult, deadline: float) -> Iterator[http.client.HTTPResponse]:
        """The server's answer, of which the head has been read; everything is closed in the end, or when time is up."""
        host, address = _host(parts), parts.geturl()
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with ExitStack() as open_now:
            try:
                plug = open_now.enter_context(self._connect(host, port, address, deadline))
                if parts.scheme == "https":
                    trust = self._trust or ssl.create_default_context()
                    plug = trust.wrap_socket(plug, server_hostname=host, do_handshake_on_connect=False)
                    open_now.enter_context(plug)
                open_now.enter_context(_stopped_at(deadline, plug))
                if isinstance(plug, ssl.SSLSocket):
                    plug.do_handshake()
                connection = http.client.HTTPConnection(host, port)
                connection.sock = plug
                connection.request("GET", _target(parts), headers=_headers())
                yield connection.getresponse()
            except ssl.SSLCertVerificationError as error:
                raise LoadError(f"{address} does not prove that it is {host}: {error.verify_message}.", _CHECK) from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                if time.monotonic() >= deadline:
                    raise _too_slow(address) from None
                reason = "it stopped answering" if isinstance(error, TimeoutError) else _reason(error)
                raise LoadError(f"{address} cannot be fetched: {reason}.", _CHECK) from None

    def _connect(self, host: str, port: int, address: str, deadline: float) -> socket.socket:
        """A socket connected to the first of the host's addresses that is allowed and answers."""
        numbers = _look_up(host, port, address, deadline)
        allowed = [number for number in numbers if self._allows(number)]
        if not allowed:
            raise LoadError(f"{address} leads to {numbers[0]}, which is not on the public internet.", _PRIVATE)
        for last, number in enumerate(allowed, 1 - len(allowed)):
            try:
                seconds = max(0.1, min(STEP_SECONDS, deadline - time.monotonic()))
                return socket.create_connection((str(number), port), timeout=seconds)
            except OSError:
                if last == 0:
                    raise
        raise AssertionError("unreachable")


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port_is_a_number = parts.port != 0  # looking at it may raise ValueError
    except ValueError:
        raise LoadError(f"{address} is no address.", "Check it; it begins with https:// and has a host's name.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_a_number:
        raise LoadError(f"{address} is no http or https address.", "Only those are fetched; a file is named by its path.")
    if parts.username is not None or parts.password is not None:
        raise LoadError("The address holds a name or a password.", "Save the page as a file, and give that.")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    try:
        return host if ":" in host else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise LoadError(f"{host} is no host's name.", _CHECK) from None


def _look_up(host: str, port: int, address: str, deadline: float) -> list[Number]:
    """The host's IP addresses, within the time that is left: the system's own look-up cannot be stopped, so it is left."""
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if not found:
        raise _too_slow(address)
    if isinstance(found[0], Exception):
        raise LoadError(f"{address} cannot be fetched: there is no host {host}, or no network.", _CHECK)
    return [ipaddress.ip_address(where[0]) for *_, where in found]


@contextmanager
def _stopped_at(deadline: float, plug: socket.socket) -> Iterator[None]:
    """Shut the socket down when time is up, which ends whatever waits for it: a timeout counts from every byte anew."""

    def stop() -> None:
        with suppress(OSError):  # closed by the other side
            socket.socket.shutdown(plug, socket.SHUT_RDWR)  # an SSLSocket's own would go on without encryption

    watch = threading.Timer(max(0.0, deadline - time.monotonic()), stop)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _body(answer: http.client.HTTPResponse, address: str, deadline: float) -> bytes:
    """The answer's content, unpacked; no more is unpacked than may be had."""
    packing = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip"):
        raise LoadError(f"{address} answers in {packing}, which was not asked for.", _CHECK)
    unpack = zlib.decompressobj(31) if "gzip" in packing else None
    body = bytearray()
    while piece := answer.read(1 << 16):
        try:
            body += unpack.decompress(piece, MAX_BYTES + 1 - len(body)) if unpack else piece
        except zlib.error:
            raise LoadError(f"{address} answers with damaged data.", _CHECK) from None
        if len(body) > MAX_BYTES:
            raise LoadError(f"{address} is larger than {MAX_BYTES >> 20} MiB.", _CHECK)
    if time.monotonic() >= deadline:  # what was cut off looks like an end
        raise _too_slow(address)
    if answer.length or (unpack and not unpack.eof):
        raise LoadError(f"{address} breaks off in the middle.", "Try again, or save the page as a file and give that.")
    return bytes(body)


def _target(parts: SplitResult) -> str:
    """Path and query as a request may hold them: what is escaped already stays so."""
    target = quote(parts.path or "/", safe="/%:=&?~#+!$,;'@()*[]")
    return target + ("?" + quote(parts.query, safe="/%:=&?~#+!$,;'@()*[]") if parts.query else "")


def _headers() -> dict[str, str]:
    try:
        number = version("article-qa")
    except PackageNotFoundError:  # run from its sources
        number = "0"
    return {
        "User-Agent": f"article-qa/{number} (one page, for the person who gave its address)",
        "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def _reason(error: Exception) -> str:
    words = " ".join(str(getattr(error, "strerror", None) or error).split())[:200].rstrip(".")
    return words or type(error).__name__


def _too_slow(address: str) -> LoadError:
    return LoadError(
        f"{address} takes longer than {SECONDS:.0f} seconds.", "Try again, or save the page as a file and give that."
    )
