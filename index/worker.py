"""A child process that extracts texts, with bounds on its memory and its time, and without network or programs.

Knows nothing of formats. One child serves one request after another, because starting it takes longer than most files;
it ends when its parent does, however that ends.
"""

import atexit
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["MEMORY", "Overdue", "SECONDS", "Unreadable", "ask", "serve"]

SECONDS = 30.0  # for one file; a book of 1,000 pages takes about 15 on a slow laptop
MEMORY = 2**30  # bytes that a child may take, where the system can hold it to that (not on macOS or Windows)
KEPT_SECONDS = 20.0  # that a child waits for the next file before it is let go
AT_ONCE = 2  # children; a third file waits

# The parent's own search path, and nothing that an environment or the current folder puts before it.
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.worker import serve; serve()"
_REFUSED = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec", "os.fork")
_LENGTH = struct.Struct(">Q")
_TOO_LONG = f"it takes more than {SECONDS:.0f} seconds to read"
_TOO_MUCH = f"it takes more than {MEMORY >> 20} MiB of memory"


class Overdue(Exception):
    """The file needed more time or memory than it may have."""


class Unreadable(Exception):
    """The parser gave up; the text says where."""


class _Child:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries grumble there about every damaged file
        )
        self.retirement: threading.Timer | None = None

    def ask(self, kind: str, encoding: str | None, data: bytes) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            self.process.kill()

        watch = threading.Timer(SECONDS, stop)
        watch.daemon = True
        watch.start()
        try:
            head = json.dumps([kind, encoding]).encode()
            stdin.write(_LENGTH.pack(len(head)) + head + _LENGTH.pack(len(data)))
            stdin.write(data)
            stdin.flush()
            reply: dict[str, Any] = json.loads(_receive(stdout))
        except (EOFError, OSError, ValueError):  # it is dead
            raise Overdue(_TOO_LONG if overdue.is_set() else f"{_TOO_MUCH}, or breaks what reads it") from None
        finally:
            watch.cancel()
        if "overdue" in reply:
            raise Overdue(reply["overdue"])
        if "unreadable" in reply:
            raise Unreadable(reply["unreadable"])
        return reply

    def end(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(OSError):  # what was left to write to the dead
                    pipe.close()
        self.process.kill()
        self.process.wait()


_idle: list[_Child] = []
_lock = threading.Lock()
_places = threading.BoundedSemaphore(AT_ONCE)


def ask(kind: str, encoding: str | None, data: bytes) -> dict[str, Any]:
    """What `index.parsing.read` makes of the data, in a child. Raises Overdue or Unreadable."""
    with _places:
        with _lock:
            child = _idle.pop() if _idle else None
        if child and child.retirement:
            child.retirement.cancel()
        child = child or _Child()
        try:
            reply = child.ask(kind, encoding, data)
        except Unreadable:
            _keep(child)
            raise
        except BaseException:  # Ctrl-C among them: nobody knows what it would say next
            child.end()
            raise
        _keep(child)
        return reply


def _keep(child: _Child) -> None:
    child.retirement = threading.Timer(KEPT_SECONDS, _retire, [child])
    child.retirement.daemon = True
    with _lock:
        _idle.append(child)
    child.retirement.start()


def _retire(child: _Child) -> None:
    with _lock:
        if child not in _idle:
            return
        _idle.remove(child)
    child.end()


@atexit.register
def _retire_all() -> None:
    while _idle:
        _idle.pop().end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # two processes must not talk to one child


def _receive(stream: Any) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: Any, length: int) -> bytes:
    data: bytes = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


# -- in the child


def serve() -> None:
    """Answer requests until the parent is gone."""
    from index.parsing import read

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no reply
    sys.modules["py3langid"] = None  # type: ignore[assignment]  # trafilatura would import it, and numpy with it, for nothing
    sys.addaudithook(_refuse)
    while True:
        try:
            kind, encoding = json.loads(_receive(stdin))
            data = _receive(stdin)
        except EOFError:
            return
        _limit()
        try:
            reply = read(kind, encoding, data)
        except MemoryError:
            reply = {"overdue": _TOO_MUCH}
        except Exception as error:  # a parser of foreign files raises whatever there is
            words = " ".join(str(error).split())[:200].rstrip(".")
            # One that is refused memory by the system may say anything ("unknown error", libxml2).
            reply = {"overdue": _TOO_MUCH} if _is_full() else {"unreadable": words or type(error).__name__}
        body = json.dumps(reply).encode()
        stdout.write(_LENGTH.pack(len(body)) + body)
        stdout.flush()


def _limit() -> None:
    """Bound the memory, and the processor's time for this file: the parent may be dead when it is used up."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock has to do
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    for which, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + SECONDS) + 5),
    ):
        try:
            resource.setrlimit(which, (most, resource.getrlimit(which)[1]))
        except (OSError, ValueError):  # macOS refuses some, and a hard limit may be lower already
            continue


def _is_full() -> bool:
    """Whether this process has come so near to the memory that it may have that one more block could be too much."""
    try:
        status = Path("/proc/self/status").read_text("ascii")  # getrusage's figure begins with the parent's
    except OSError:  # where there is no such file, memory is not bounded either
        return False
    peak = re.search(r"VmHWM:\s*(\d+) kB", status)
    return peak is not None and int(peak[1]) * 1024 > 0.4 * MEMORY


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError(f"{event}: a file that is read does not reach out")
