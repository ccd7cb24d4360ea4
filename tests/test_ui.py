"""The chat's endpoints through gradio_client, its command line, and what it tells where it cannot start."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import heed_ctrl_c

import ui
from index import Encoder, Library, load_bundled
from qa import ArticleQA
from qa.desk import Desk
from qa.listening import is_loopback

ROOT = Path(ui.__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def client(encoder: Encoder) -> Iterator[Any]:
    from gradio_client import Client  # type: ignore[import-untyped]

    desk = Desk(ArticleQA(Library.in_memory(encoder)), [load_bundled()])
    desk.warm_up()
    port = free_port()
    page = ui.serve(desk, "127.0.0.1", port)
    yield Client(f"http://127.0.0.1:{port}/", verbose=False, analytics_enabled=False)
    page.close(verbose=False)


def test_ask_endpoint(client: Any, bundled: ArticleQA) -> None:
    """/ask gives exactly what the Python API gives, apart from the timings."""
    got = client.predict("who did Zhao meet?", 2, api_name="/ask")
    expected = bundled.ask("who did Zhao meet?", k=2).to_dict()
    assert {**got, "timings": None} == {**_plain(expected), "timings": None}
    assert "Choe Ryong Hae" in got["evidence"][0]["quote"]


def test_search_endpoint(client: Any, bundled: ArticleQA) -> None:
    """/search gives exactly what the Python API gives."""
    got = client.predict("talks on cooperation", 4, api_name="/search")
    assert got == [_plain(evidence.to_dict()) for evidence in bundled.search("talks on cooperation", k=4)]
    assert len(got) == 4


def _plain(value: Any) -> Any:
    """As JSON would have it: lists for tuples."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def test_k_has_a_default(client: Any) -> None:
    """A question alone is enough."""
    assert len(client.predict("talks on cooperation", api_name="/search")) == 5


def test_nothing_else_can_be_called(client: Any) -> None:
    """The page's own events are no endpoints, and the two endpoints take a question and a number alone."""
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    taken = {name: [one["parameter_name"] for one in endpoint["parameters"]] for name, endpoint in endpoints.items()}
    assert taken == {"/ask": ["question", "k"], "/search": ["question", "k"]}


@pytest.mark.parametrize("endpoint", ["/ask", "/search"])
@pytest.mark.parametrize(
    ("question", "k", "message"),
    [
        ("", 3, "The question is empty."),
        ("why? " * 400, 3, "1,000 is the limit"),
        ("why?", 0, "k is 0."),
        ("why?", 1.5, "k is 1.5."),
        ("why?", "3", "k is '3'."),
        ("why?", True, "k is True."),
        ("why?", 10**9, "Ask for 1 to 100 sentences."),
        (["why?"], 3, "The question is list, and not a text."),
        ({"path": "/etc/passwd"}, 3, "The question is dict, and not a text."),
        (None, 3, "The question is NoneType, and not a text."),
    ],
)
def test_bad_input_is_told(client: Any, endpoint: str, question: Any, k: Any, message: str) -> None:
    """What is wrong with a question or a number comes back as our own message."""
    with pytest.raises(Exception, match=message.replace(".", r"\.")) as error:
        client.predict(question, k, api_name=endpoint)
    assert "Traceback" not in str(error.value)


def test_the_article_is_not_a_way_to_files(client: Any) -> None:
    """A path as the question is a question."""
    assert client.predict("../../etc/passwd", 1, api_name="/ask")["question"] == "../../etc/passwd"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "ui.py", *arguments],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_taken_port_is_told() -> None:
    """Where the port is taken, the message says so and names another one; exit status 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("chat", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Port {port} of 127.0.0.1 cannot be used: Address already in use." in done.stderr
    assert "or name another one: article-qa chat --port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["chat", "nowhere.txt"], {}, "There is no file nowhere.txt."),
        (["chat", "--library", "nowhere"], {}, "nowhere"),
        (["chat", "ui.py", "--library", "nowhere"], {}, "Both articles and a library are named."),
        (["chat", "--port", "99999"], {}, "99999 is not a port."),
        (["chat", "--host", "999.1.1.1"], {}, "Port 7860 of 999.1.1.1 cannot be used"),
        (["chat"], {"ARTICLE_QA_USER": "ann"}, "Only one of ARTICLE_QA_USER and ARTICLE_QA_PASSWORD is set."),
    ],
)
def test_what_cannot_start_says_why(arguments: list[str], environment: dict[str, str], message: str) -> None:
    """Bad arguments are told before anything is served, with exit status 2."""
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("example", False)]
)
def test_loopback(host: str, loopback: bool) -> None:
    """Only this machine's own addresses pass without a warning."""
    assert is_loopback(host) is loopback


def test_the_article_of_another_visitor_is_no_endpoint(client: Any) -> None:
    """What a visitor adds is not asked by programs, which have no session: they get the desk's articles alone."""
    found = client.predict("harbour of Eastport", 3, api_name="/search")
    assert {one["citation"]["article_id"] for one in found} == {load_bundled().id}


def start(*arguments: str, **environment: str) -> tuple["subprocess.Popen[str]", str]:
    """The chat in a process of its own, and what it says until it is up."""
    process = subprocess.Popen(
        [sys.executable, "ui.py", *arguments],
        cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    while "The chat is at" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return process, said


def test_ctrl_c_stops_quietly() -> None:
    """Ctrl-C ends the chat with status 130 and no traceback, and stdout stays empty."""
    process, said = start("chat", "--port", str(free_port()))
    assert "WARNING" not in said
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in said + rest


def test_strangers_are_warned_of_and_kept_out() -> None:
    """On all addresses without a password the chat warns loudly; with one it does not, and asks for it."""
    import urllib.error
    import urllib.request

    process, said = start("chat", "--host", "0.0.0.0", "--port", str(free_port()))
    process.kill()
    process.communicate()
    assert "WARNING: on 0.0.0.0, whoever reaches this machine" in said
    port = free_port()
    process, said = start(
        "chat", "--host", "0.0.0.0", "--port", str(port), ARTICLE_QA_USER="ann", ARTICLE_QA_PASSWORD="pear"
    )
    try:
        assert "WARNING" not in said
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=10)
        assert refused.value.code == 401
    finally:
        process.kill()
        process.communicate()
