"""What is fetched, from where, and what never is; against servers on this machine that do what servers should not."""

import gzip
import ipaddress
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from makers import make_docx, make_pdf

from index import LoadError, fetcher, load, load_address
from index.fetcher import Fetched, _Fetcher, is_public

PROSE = "The ferry left at dawn and nobody waved, because the quay was empty and the town was still asleep that morning."
PAGE = f"<html><head><title>Ferry</title></head><body><article><p>{PROSE}</p><p>{PROSE} Again.</p></article></body></html>"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    answers: dict[str, Answer]
    asked: list[tuple[str, dict[str, str]]]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append((self.path, dict(self.headers.items())))
        with suppress(OSError):  # the other side has had enough
            self.server.answers[self.path.split("?")[0]](self)

    def log_message(self, *_: object) -> None:
        pass


def gives(body: bytes, content_type: str | None = "text/html; charset=utf-8", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(body))), *headers.items()):
            if value is not None:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def leads(location: str, status: int = 302) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", location)
        handler.send_header("Set-Cookie", "who=you")
        handler.end_headers()

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as one:
        yield one


@contextmanager
def running(trust: ssl.SSLContext | None = None) -> Iterator[Server]:
    one = Server(("127.0.0.1", 0), Handler)
    one.answers, one.asked = {"/": gives(PAGE.encode())}, []
    if trust:
        one.socket = trust.wrap_socket(one.socket, server_side=True)
    threading.Thread(target=one.serve_forever, daemon=True).start()
    try:
        yield one
    finally:
        one.shutdown()
        one.server_close()


def only(*numbers: str) -> _Fetcher:
    """A fetcher to which these addresses of this machine are the public internet."""
    return _Fetcher(lambda number: str(number) in numbers)


HERE = ("127.0.0.1",)


def refusal(address: str, who: _Fetcher | None = None) -> tuple[str, str]:
    with pytest.raises(LoadError) as caught:
        (who or only(*HERE)).fetch(address)
    assert caught.value.cure
    return caught.value.problem, caught.value.cure


# -- what is fetched


def test_a_page_is_fetched_without_cookies_by_its_honest_name(server: Server) -> None:
    """With the encoding that the server says, after redirects, which carry nothing along."""
    server.answers |= {"/a": leads("b?c=d e", 301), "/b": gives(b"caf\xe9", "text/plain; charset=latin-1")}
    fetched = only(*HERE).fetch(f"{server.address}/a")
    assert fetched == Fetched(b"caf\xe9", f"{server.address}/b?c=d e", "text/plain", "latin-1")
    assert [path for path, _ in server.asked] == ["/a", "/b?c=d%20e"]
    for _, headers in server.asked:
        assert headers["User-Agent"].startswith("article-qa/")
        assert headers["Host"] == f"127.0.0.1:{server.server_port}"
        assert not {"Cookie", "Authorization", "Referer"} & headers.keys()


def test_what_is_packed_is_unpacked(server: Server) -> None:
    server.answers["/"] = gives(gzip.compress(PAGE.encode()), Content_Encoding="gzip")
    assert only(*HERE).fetch(server.address).data == PAGE.encode()


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        (PAGE.encode(), "text/html", "Ferry"),
        (b"# Heading\n\nOne sentence.", "text/markdown", "Heading"),
        (make_pdf([["One sentence."]], title="Fish"), "application/pdf", "Fish"),
        (make_pdf([["One sentence."]], title="Fish"), "application/octet-stream", "Fish"),
        (make_docx(["One sentence."], title="Fowl"), "application/octet-stream", "Fowl"),
        (PAGE.encode(), None, "Ferry"),
    ],
)
def test_an_address_becomes_an_article(
    server: Server, monkeypatch: pytest.MonkeyPatch, body: bytes, content_type: str | None, title: str
) -> None:
    """Of whatever format is there; its source is the address as it was given, from wherever that led."""
    server.answers |= {"/x": gives(body, content_type), "/go": leads("/x")}
    monkeypatch.setattr("index.loader.fetch", only(*HERE).fetch)
    article = load(f"{server.address}/go")
    assert (article.title, article.source) == (title, f"{server.address}/go")


def test_a_named_encoding_comes_before_the_server_s(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/"] = gives(b"A caf\xe9.", "text/plain; charset=utf-8")
    monkeypatch.setattr("index.loader.fetch", only(*HERE).fetch)
    assert load_address(server.address, encoding="latin-1").text == "A café."
    with pytest.raises(LoadError, match="is not utf-8 at byte 5"):
        load_address(server.address)


# -- where nothing is fetched from


@pytest.mark.parametrize(
    "number",
    """
    127.0.0.1 127.8.9.1 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 169.254.0.1 100.64.0.1
    100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 192.88.99.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 2002:7f00:1::
    2001:0:1::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1
    64:ff9b::169.254.169.254 64:ff9b:1::1 100::1
    """.split(),
)
def test_an_address_that_is_not_public_is_none(number: str) -> None:
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", ["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::1.1.1.1"])
def test_an_address_that_is_public_is_one(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_this_machine_is_refused_by_any_of_its_names(server: Server, host: str) -> None:
    problem, cure = refusal(f"http://{host}:{server.server_port}/", _Fetcher())
    assert "is not on the public internet" in problem or "there is no host" in problem
    assert cure
    assert server.asked == []


def test_a_redirect_to_a_private_address_is_refused(server: Server) -> None:
    """By number, by name, and to the address that a cloud's machines are told their secrets at."""
    with running() as inside:
        for where in (f"http://127.0.0.2:{inside.server_port}/", "http://169.254.169.254/latest/", "http://[::1]:1/"):
            server.answers["/"] = leads(where)
            assert "is not on the public internet" in refusal(server.address)[0]
        assert inside.asked == []


def test_a_name_is_looked_up_once_and_its_number_is_what_is_connected_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers with a public address first and a private one after cannot lead inside (DNS rebinding)."""
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])
    looked_up = []
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> object:
        if host != "rebind.test":
            return real(host, *rest, **more)  # type: ignore[arg-type]
        looked_up.append(host)
        return real(next(answers), *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    address = f"http://rebind.test:{server.server_port}/"
    assert only(*HERE).fetch(address).data == PAGE.encode()
    assert looked_up == ["rebind.test"]
    assert server.asked[0][1]["Host"] == f"rebind.test:{server.server_port}"
    assert "leads to 127.0.0.2, which is not on the public internet" in refusal(address)[0]


def test_only_the_public_ones_of_a_name_s_addresses_are_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 0)) for number in ("10.0.0.1", "127.0.0.1")]
    monkeypatch.setattr(fetcher, "_look_up", lambda *_: [ipaddress.ip_address(where[0]) for *_, where in both])
    assert only(*HERE).fetch(f"http://two.test:{server.server_port}/").data == PAGE.encode()


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("file:///etc/passwd", "is no http or https address"),
        ("ftp://example.org/a", "is no http or https address"),
        ("gopher://127.0.0.1/", "is no http or https address"),
        ("http://", "is no http or https address"),
        ("http:///a", "is no http or https address"),
        ("/etc/passwd", "is no http or https address"),
        ("../secret.txt", "is no http or https address"),
        ("-", "is no http or https address"),
        ("http://[::1", "is no address"),
        ("http://a:99999/", "is no address"),
        ("http://a:b/", "is no address"),
        ("http://user:secret@example.org/", "The address holds a name or a password."),
        ("http://secret@example.org/", "The address holds a name or a password."),
        (f"http://{'a' * 70}.example/", "is no host's name"),
        ("http://a..b/", "is no host's name"),
    ],
)
def test_what_is_no_address_is_refused_and_no_file_is_opened(no_network: None, address: str, problem: str) -> None:
    with pytest.raises(LoadError) as caught:
        load_address(address)
    assert problem in caught.value.problem
    assert "secret@" not in str(caught.value)


@pytest.mark.parametrize(
    "where", ["file:///etc/passwd", "ftp://127.0.0.1/", "//user@127.0.0.1/", "http:", "data:text/plain,x"]
)
def test_a_redirect_to_no_address_is_refused(server: Server, where: str) -> None:
    server.answers["/"] = leads(where)
    assert refusal(server.address)[0]


def test_a_ring_of_redirects_is_refused(server: Server) -> None:
    """After five; five are followed."""
    server.answers |= {f"/{number}": leads(f"/{number + 1}") for number in range(9)}
    assert "is redirected more than 5 times" in refusal(f"{server.address}/0")[0]
    assert len(server.asked) == 6
    server.answers["/5"] = gives(b"There.", "text/plain")
    assert only(*HERE).fetch(f"{server.address}/0").data == b"There."


# -- what a server may not do


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def drips_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def says_nothing(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(20)


@pytest.mark.parametrize("answer", [drips, drips_headers, says_nothing])
def test_a_server_that_is_slow_without_end_is_left(server: Server, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """However it spreads its bytes: there is one time for all of it."""
    monkeypatch.setattr(fetcher, "SECONDS", 0.5)
    server.answers["/"] = answer
    assert "takes longer than" in refusal(server.address)[0]


def test_a_name_server_that_is_slow_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(20))
    assert "takes longer than" in refusal("http://slow.test/")[0]


def test_an_answer_without_end_is_left(server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 2**16)

    server.answers["/"] = answer
    assert refusal(server.address)[0] == f"{server.address} is larger than 32 MiB."


def test_a_bomb_is_not_unpacked(server: Server) -> None:
    """40 MiB in 40 KiB."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join([*(bomb.compress(b"\0" * 2**20) for _ in range(40)), bomb.flush()])
    server.answers["/"] = gives(packed, Content_Encoding="gzip")
    assert refusal(server.address)[0] == f"{server.address} is larger than 32 MiB."


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (gives(b"x", "image/png"), "is image/png, and no article"),
        (gives(b"x", "application/zip"), "is application/zip, and no article"),
        (gives(b"x", "video/mp4; x=y"), "is video/mp4, and no article"),
        (gives(b"x", Content_Encoding="br"), "answers in br, which was not asked for"),
        (gives(b"x" * 99, Content_Encoding="gzip"), "answers with damaged data"),
        (gives(gzip.compress(b"x" * 999)[:-9], Content_Encoding="gzip"), "breaks off in the middle"),
        (lambda handler: handler.send_error(404), "answers 404 Not Found"),
        (lambda handler: handler.send_error(503), "answers 503 Service Unavailable"),
        (lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9\r\n"), "cannot be fetched"),
        (lambda handler: handler.wfile.write(b""), "cannot be fetched"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), "breaks off in the middle"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "cannot be fetched"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "cannot be"),
    ],
)
def test_a_server_that_answers_with_something_else_is_told(server: Server, answer: Answer, problem: str) -> None:
    server.answers["/"] = answer
    assert problem in refusal(server.address)[0]


def test_nobody_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert "cannot be fetched: Connection refused" in refusal(f"http://127.0.0.1:{port}/")[0]

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "there is no host nowhere.test, or no network" in refusal("http://nowhere.test/")[0]


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost and its key, made by openssl."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    try:
        subprocess.run([*command, *names, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl command to make a certificate with")
    return cert, key


def test_a_server_proves_its_name_or_is_refused(certificate: tuple[Path, Path]) -> None:
    """Against the name in the address, though the connection is to a number; and by a certificate that is trusted."""
    serving, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(certificate[0]))
    serving.load_cert_chain(*certificate)
    with running(serving) as one:
        address = f"https://localhost:{one.server_port}/"
        allows = lambda number: number.is_loopback  # noqa: E731
        assert _Fetcher(allows, trust).fetch(address).data == PAGE.encode()
        assert "does not prove that it is localhost" in refusal(address, _Fetcher(allows))[0]
        other = address.replace("localhost", "127.0.0.1")
        assert "does not prove that it is 127.0.0.1" in refusal(other, _Fetcher(allows, trust))[0]


def test_a_handshake_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "takes longer than" in refusal(f"https://127.0.0.1:{silent.getsockname()[1]}/")[0]
