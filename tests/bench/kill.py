"""Kill a writing process at random moments, again and again, and see what became of its library.

    python tests/bench/kill.py [--kills 1000] [--seed 0]

This process warms the tiny model up and then forks: one reader, which lives through it all, and a writer for each kill. It
has one thread and holds no library while it forks. tests/test_survival.py runs the same command with fewer kills.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # a pool of threads does not survive a fork
sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from tqdm import tqdm  # noqa: E402

# Sentence-transformers makes a progress bar for each call, and its lock is one semaphore of all processes of a fork: who is
# killed holding it stops all others.
tqdm.set_lock(threading.RLock())

from conftest import WORDS, make_tiny_model  # noqa: E402

from index import Article, Encoder, Library, load_text  # noqa: E402

SOURCES = 6
VERSIONS = 3  # of each source: to add one where another stands is to replace it
LONGEST_DELAY = 0.06  # seconds that a writer lives at most: a dozen operations
QUERIES = ["red apple", "the green banana was one of two", "plum", "nothing that is known"]

State = dict[str, str]  # source -> id of the version that the library holds
Answers = list[tuple[str, int, float, float]]


class RememberingEncoder(Encoder):
    """The tiny encoder, which encodes a sentence once: so the kills fall into writing, and not into encoding."""

    def __init__(self, model: Path) -> None:
        super().__init__(model)
        self._remembered: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> NDArray[np.float32]:
        for text in texts:
            if text not in self._remembered:
                self._remembered[text] = super().encode([text])[0]
        return np.stack([self._remembered[text] for text in texts])


def articles(rng: random.Random) -> dict[tuple[int, int], Article]:
    """Versions of sources, of 3 to 8 sentences each, all different: so few that every sentence is a candidate."""
    return {
        (source, version): load_text(
            "\n\n".join(" ".join(rng.choices(WORDS, k=6)).capitalize() + "." for _ in range(rng.randint(3, 8))),
            title=f"{source}.{version}",
            source=f"source {source}",
        )
        for source in range(SOURCES)
        for version in range(VERSIONS)
    }


def answers(library: Library, query: str) -> Answers:
    found = library.search(query)
    for candidate in found:
        assert candidate.article.text[candidate.sentence.start : candidate.sentence.end].endswith(".")
    return sorted((c.article.id, c.sentence.start, c.dense, c.lexical) for c in found)


def write(folder: Path, encoder: Encoder, known: dict[tuple[int, int], Article], seed: int, log: int) -> None:
    """Add, replace and remove at random until killed; say what is about to be done, and what is done, a line each."""
    rng = random.Random(seed)
    library = Library.open(folder, create=True, encoder=encoder)
    while True:
        article = known[rng.randrange(SOURCES), rng.randrange(VERSIONS)]
        held = {entry.id for entry in library.list()}
        if article.id in held:
            os.write(log, f"remove {article.id}\n".encode())
            library.remove(article.id)
        else:
            os.write(log, f"add {article.id}\n".encode())
            library.add(article)
        os.write(log, b"done\n")


def read(
    folder: Path, encoder: Encoder, known: dict[str, Article], alone: dict[tuple[str, str], Answers], report: int
) -> None:
    """Until told to stop, search a library held open and one opened afresh: each must answer as one moment of the file."""
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    held = Library.open(folder, encoder=encoder)
    searches = 0
    while not stopped:
        fresh = Library.open(folder, encoder=encoder)
        for library in (held, fresh):
            for query in QUERIES:
                found = answers(library, query)
                ids = {article_id for article_id, *_ in found}
                assert found == expected(ids, query, alone), f"{query!r} got a mixture of two states"
                assert len({known[article_id].source for article_id in ids}) == len(ids), "two versions of one source"
                searches += 1
        fresh.close()
        time.sleep(0.03)  # the writer shares this machine
    os.write(report, str(searches).encode())


def expected(ids: set[str], query: str, alone: dict[tuple[str, str], Answers]) -> Answers:
    """By law 6, and as every sentence is a candidate, a library's answers are those of its articles alone, together."""
    return sorted(answer for article_id in ids for answer in alone[article_id, query])


def replay(state: State, log: str, known: dict[str, Article]) -> tuple[State, State]:
    """The states before and after the operation that the log ends with; one state twice where that one was done."""
    before = after = state
    for line in log.splitlines():
        verb, _, article_id = line.partition(" ")
        if verb == "done":
            before = after
        else:
            source = str(known[article_id].source)
            after = {key: value for key, value in before.items() if key != source}
            if verb == "add":
                after[source] = article_id
    return before, after


def spawn(body: Callable[[], None]) -> int:
    """Fork a process that does one thing. Whatever goes wrong in it is told on stderr, and by its exit status."""
    if pid := os.fork():
        return pid
    try:
        body()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def survive(folder: Path, model: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill `kills` writers of one library; AssertionError where anything is amiss. Returns what happened, counted."""
    rng = random.Random(seed)
    encoder = RememberingEncoder(model)
    by_place = articles(rng)
    known = {article.id: article for article in by_place.values()}
    alone: dict[tuple[str, str], Answers] = {}
    for article in known.values():
        library = Library.in_memory(encoder)
        library.add(article)
        alone |= {(article.id, query): answers(library, query) for query in QUERIES}
    Library.open(folder, create=True, encoder=encoder).close()
    report_out, report_in = os.pipe()
    reader = spawn(lambda: read(folder, encoder, known, alone, report_in))
    counts = {"kills": 0, "operations": 0, "in_flight": 0, "in_flight_kept": 0}
    state: State = {}
    try:
        for number in range(kills):
            log_out, log_in = os.pipe()
            writer_seed = seed * 1_000_003 + number
            writer = spawn(lambda log=log_in, own=writer_seed: write(folder, encoder, by_place, own, log))  # type: ignore[misc]
            os.close(log_in)
            time.sleep(rng.uniform(0, LONGEST_DELAY))
            os.kill(writer, signal.SIGKILL)
            _, status = os.waitpid(writer, 0)
            assert os.WIFSIGNALED(status), f"kill {number}: the writer failed by itself, with status {status}"
            with os.fdopen(log_out) as lines:
                log = lines.read()
            before, after = replay(state, log, known)
            counts["kills"] += 1
            counts["operations"] += log.count("done")
            counts["in_flight"] += before != after
            library = Library.open(folder, encoder=encoder)
            assert library.verify() == [], f"kill {number}: {library.verify()}"
            state = {str(entry.source): entry.id for entry in library.list()}
            assert state in (before, after), f"kill {number}: {state} is neither {before} nor {after}"
            counts["in_flight_kept"] += before != after and state == after
            for article_id in state.values():
                assert library.get(article_id) == known[article_id]
            for query in QUERIES:
                assert answers(library, query) == expected(set(state.values()), query, alone), f"kill {number}: {query!r}"
            library.close()
            assert os.waitpid(reader, os.WNOHANG) == (0, 0), f"kill {number}: the reader failed"
    finally:
        try:
            os.kill(reader, signal.SIGTERM)
            _, status = os.waitpid(reader, 0)
        except (ProcessLookupError, ChildProcessError):
            status = 1
    assert status == 0, "the reader failed"
    counts["searches_meanwhile"] = int(os.read(report_out, 32))
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill writers of a library at random moments, and see what is left.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    # What a killed process has written stays in the system's memory, whether or not a disk has it: so no disk is waited for.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        started = time.monotonic()
        model = make_tiny_model(Path(folder) / "model", WORDS)
        counts = survive(Path(folder) / "library", model, chosen.kills, chosen.seed)
        print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
        print(json.dumps(counts))


if __name__ == "__main__":
    main()
