"""Measure how fast everything is, as ratios within one run, against what is promised: `make bench`.

    python tests/bench/speed.py [FILE.json] [--only PART ...] [--sentences 10000 100000 1000000]

Medians of several rounds, both sides of a ratio in turns. FILE.json, in SQuAD's format, adds the quality of the vectors.
Each part that needs a fresh process is this file again. Needs no network.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from material import PER_ARTICLE, ROOT, Material, Perturbed, article_of, fill, load_material

from index import Article, Encoder, Library
from qa import ArticleQA

ROUNDS = 5
COMMON = "what was the first new one of all the people in the world that two other great men made in that time and year"
PLAIN = """
import sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
sentences = open(sys.argv[2], encoding="utf-8").read().split("\\n")
vectors = model.encode(sentences, normalize_embeddings=True)
print(sentences[int((vectors @ model.encode([sys.argv[3]], normalize_embeddings=True)[0]).argmax())])
"""
QUESTION = "who did Zhao meet?"
# The most memory that the system has seen of a process begins with that of the one which started it: a small one does.
LAUNCHER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
assert os.waitstatus_to_exitcode(status) == 0, sys.argv
print(json.dumps([time.perf_counter() - started, usage.ru_maxrss]))
"""

Row = tuple[str, str, str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="questions in SQuAD's format (default: the tests' own articles)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--sentences", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=10_000, help="asked of the chat to see its memory (default: 10000)")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)  # a part's name and a folder: in its own process
    chosen = parser.parse_args()
    material = load_material(chosen.file)
    if chosen.inside:
        print(json.dumps(INSIDE[chosen.inside[0]](material, Path(chosen.inside[1]))))
        return 0
    print(f"{time.strftime('%Y-%m-%d')}, {_processor()}, {os.cpu_count()} cores; material: {material.name}", flush=True)
    print("| what | measured | target | |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for part in chosen.only:
            for row in PARTS[part](material, Path(folder), chosen):
                print("| " + " | ".join(row) + " |", flush=True)
    return 0


# -- indexing


def indexing(material: Material, folder: Path, chosen: argparse.Namespace) -> list[Row]:
    """`Library.add` against SentenceTransformer.encode with its defaults, and both against the processor's matrices."""
    made = material.made(seed=2)
    sentences = [next(made)[0] for _ in range(1000)]
    articles = [article_of(sentences[n : n + PER_ARTICLE], f"{n}") for n in range(0, len(sentences), PER_ARTICLE)]
    encoder = Encoder()
    plain = encoder._model
    encoder.encode(["warm"]), plain.encode(["warm"])

    def ours() -> None:
        library = Library.in_memory(encoder)
        for article in articles:
            library.add(article)

    ratios, rates = [], []
    for _ in range(3):
        theirs = _seconds(lambda: plain.encode(sentences))
        rates.append(len(sentences) / (mine := _seconds(ours)))
        ratios.append(theirs / mine)
    encoding = _median(lambda: encoder.encode(sentences), 3)
    cutting = _median(lambda: encoder.word_pieces.rows(sentences, 256), 3)
    pieces = sum(map(len, encoder.word_pieces.rows(sentences, 256)))
    rate = statistics.median(rates)
    share = pieces * 2 * 10_616_832 / encoding / _matrix_rate()
    rows = [
        _row(
            "indexing: `Library.add` against fp32 `SentenceTransformer.encode`, same sentences",
            f"{statistics.median(ratios):.1f} times ({rate:.0f} a second, {encoder.form})",
            "≥ 3.5 times",
            statistics.median(ratios) >= 3.5,
        ),
        (
            "where an indexing second goes: cutting into pieces, the model, storing",
            f"{cutting * rate / len(sentences):.0%}, {(encoding - cutting) * rate / len(sentences):.0%}, "
            f"{1 - encoding * rate / len(sentences):.0%}",
            "–",
            "",
        ),
        ("the layers' multiplications against this processor's bf16 matrix product of 2048", f"{share:.0%}", "–", ""),
    ]
    if chosen.file:
        rows.append(_quality(chosen.file))
    return rows


def _quality(file: Path) -> Row:
    from qa.evaluation import run_files

    reference = Encoder()
    reference.__dict__["_runtime"] = None  # sentence-transformers itself
    first, second = (
        run_files([str(file)], encoder=one, reader=None, limit=500, seed=0)["baselines"]["dense"]["sentence_p_at_1"]
        for one in (Encoder(), reference)
    )
    return _row(
        "sentence P@1 of the vectors alone against fp32's, 500 questions", f"{first:.3f} / {second:.3f}", "within .005",
        abs(first - second) <= 0.005,
    )  # fmt: skip


def _matrix_rate() -> float:
    """Multiplications and additions a second of a large matrix product in bf16, by torch."""
    import torch

    one = torch.randn(2048, 2048).bfloat16()
    return 2 * 2048**3 / _median(lambda: one @ one, 20)


# -- from cold


def cold(material: Material, folder: Path, chosen: argparse.Namespace) -> list[Row]:
    """The command on a library against a plain script on the same article; the page against gradio's own import."""
    article = ArticleQA.from_bundled().library
    (entry,) = article.list()
    kept = folder / "one.library"
    with ArticleQA.open(kept, create=True) as qa:
        qa.library.add(text := article.get(entry.id))
    lines = folder / "article.txt"
    lines.write_text("\n".join(" ".join(text.quote(s).split()) for s in text.sentences), "utf-8")
    plain = [sys.executable, "-c", PLAIN, str(Encoder().files.folder), str(lines), QUESTION]
    ours = [sys.executable, str(ROOT / "ui.py"), "ask", QUESTION, "--library", str(kept)]
    _run(plain), _run(ours)
    pairs = [(_run(ours), _run(plain)) for _ in range(ROUNDS)]
    seconds, theirs = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    memory, their_memory = (statistics.median(pair[side][1] for pair in pairs) for side in (0, 1))
    imported = statistics.median(_run([sys.executable, "-c", "import gradio"])[0] for _ in range(3))
    served, answered = zip(*(_serve_once() for _ in range(3)), strict=True)
    page = statistics.median(served)
    return [
        _row("cold `article-qa ask` on a library against a plain script: time", f"{seconds:.2f} s / {theirs:.2f} s "
             f"= {seconds / theirs:.2f}", "≤ .25", seconds / theirs <= 0.25),
        _row("the same: memory", f"{memory:.0f} / {their_memory:.0f} MB = {memory / their_memory:.2f}", "≤ .5",
             memory / their_memory <= 0.5),
        _row("`article-qa chat`: page served, against gradio's import", f"{page:.2f} s / {imported:.2f} s",
             "≤ import + 1 s", page <= imported + 1),
        ("first answer after the page is served", f"{statistics.median(answered):.2f} s", "right after", ""),
    ]  # fmt: skip


def _serve_once() -> tuple[float, float]:
    """Seconds until the chat's page is there, and from then until its first answer."""
    from gradio_client import Client  # type: ignore[import-untyped]

    started = time.perf_counter()
    with _chat() as (_, address):
        served = time.perf_counter() - started
        client = Client(address, verbose=False)
        begun = time.perf_counter()
        client.predict(QUESTION, 3, api_name="/ask")
        return served, time.perf_counter() - begun


# -- warm, and at any size


def scale(material: Material, folder: Path, chosen: argparse.Namespace) -> Iterator[Row]:
    """Libraries of made sentences: how long a question takes, and what they cost."""
    encoder = Perturbed(material)
    smallest: dict[str, float] = {}
    for size in sorted(chosen.sentences):
        kept = folder / f"{size}.library"
        with closing(Library.open(kept, create=True, encoder=encoder)) as library:
            fill(library, encoder, material, size)
        disk = sum(file.stat().st_size for file in kept.iterdir()) / size
        got = _inside("asked", material, chosen.file, kept)
        shutil.rmtree(kept)
        plain, search, ask = got["plain"], got["search"], got["ask"]
        yield _ratio(size, "`search` p50 against fp32 encoding of the question", search, plain, "ms", 1.5)
        yield _ratio(size, "`ask` p50 against the same (must: 15)", ask, plain, "ms", 8)
        yield _ratio(size, "`ask` p95 against its p50", got["ask95"], ask, "ms", 2)
        yield _ratio(size, "a question of common words alone, `search` against others' p50", got["common"], search, "ms", 3)
        yield _ratio(size, "add an article, against an empty library", got["add"], got["add_empty"], "ms", 2)
        yield _ratio(size, "remove an article, against an empty library", got["remove"], got["remove_empty"], "ms", 2)
        yield _row(f"{size:,}: recall@10 of the nearest vectors", f"{got['recall']:.4f}", "≥ .99", got["recall"] >= 0.99)
        yield _row(f"{size:,}: open and ask first", f"{got['open']:.2f} s", "≤ 5 s", got["open"] <= 5)
        yield _row(f"{size:,}: memory", f"{got['memory']:.0f} MB", "≤ 2,500 MB", got["memory"] <= 2500)
        yield f"{size:,}: on disk", f"{disk:,.0f} bytes a sentence", "–", ""
        smallest = smallest or got
        if got is not smallest:
            yield _ratio(size, f"`search` p50 against {min(chosen.sentences):,}", search, smallest["search"], "ms", 3)


def _ratio(size: int, what: str, one: float, other: float, unit: str, most: float) -> Row:
    measured = f"{one:.1f} / {other:.1f} {unit} = {one / other:.2f}"
    return _row(f"{size:,}: {what}", measured, f"≤ {most:g}", one <= most * other)


def asked(material: Material, kept: Path) -> dict[str, float]:
    """What a library costs, in a process of its own."""
    started = time.perf_counter()
    library = Library.open(kept)
    library.search(QUESTION, most=5)
    got = {"open": time.perf_counter() - started}
    qa = ArticleQA(library)
    questions = material.questions[:150]
    for question in questions[:20]:
        qa.ask(question)
    got["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model = library.encoder._model
    model.encode(questions[:1])
    plain, search, ask = [], [], []
    for question in questions[20:]:  # in turns, so that other work on the machine falls on all alike
        plain.append(_seconds(partial(model.encode, [question])))
        search.append(_seconds(partial(qa.search, question)))
        ask.append(_seconds(partial(qa.ask, question)))
    got["common"] = _median(lambda: qa.search(COMMON), 20) * 1e3
    got |= {name: statistics.median(one) * 1e3 for name, one in (("plain", plain), ("search", search), ("ask", ask))}
    got["ask95"] = float(np.percentile(ask, 95)) * 1e3
    index = library._memory.vectors
    assert index is not None
    found = []
    for question in questions[:100]:
        vector = library.encoder.encode([question])[0]
        exact = index._exactly(vector, 10)
        found.append(len(set(index.search(vector, 10)[0]) & set(index._ids[exact])) / 10)
    got["recall"] = statistics.mean(found)
    got |= _changes(material, library)
    return got


def _changes(material: Material, library: Library) -> dict[str, float]:
    """Seconds to add an article, and to remove one, until the next search knows; here and in a library of nothing else."""
    made = material.made(seed=9)
    for _ in material.sentences:
        next(made)
    articles = [article_of([next(made)[0] for _ in range(PER_ARTICLE)], f"New {n}") for n in range(7)]
    got: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix, kept in (("", library), ("_empty", Library.open(folder, create=True, encoder=library.encoder))):

            def add(article: Article, kept: Library = kept) -> None:
                kept.add(article)
                kept.search(QUESTION, most=5)

            def remove(article: Article, kept: Library = kept) -> None:
                kept.remove(article.id)
                kept.search(QUESTION, most=5)

            add(articles[0])
            got["add" + suffix] = statistics.median(_times(add, articles[1:])) * 1e3
            got["remove" + suffix] = statistics.median(_times(remove, articles[1:])) * 1e3
    return got


# -- many at once


def many(material: Material, folder: Path, chosen: argparse.Namespace) -> list[Row]:
    """The chat's endpoint: 32 clients against one, and its memory from the first 2,000 questions to the last."""
    from gradio_client import Client

    questions = material.questions
    waits: list[float] = []

    def ask(client: Client, count: int, offset: int) -> None:
        asked = [questions[(offset + number) % len(questions)] for number in range(count)]
        waits.extend(_times(lambda question: client.predict(question, 3, api_name="/ask"), asked))

    def ask_all(count: int) -> None:
        threads = [threading.Thread(target=ask, args=(client, count, n * count)) for n, client in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with _chat() as (process, address):
        clients = [Client(address, verbose=False) for _ in range(32)]
        ask(clients[0], 20, 0)
        single = 60 / _seconds(lambda: ask(clients[0], 60, 20))
        waits.clear()
        together = len(clients) * 10 / _seconds(lambda: ask_all(10))
        worst = max(waits) / statistics.median(waits)
        ask_all(2000 // len(clients))  # by then each thread has its memory, and what is kept of articles and words is full
        first = _resident(process)
        ask_all(chosen.questions // len(clients))
        last = _resident(process)
    return [
        _row(
            "32 clients of the chat against one",
            f"{together:.1f} / {single:.1f} answers a second = {together / single:.2f}",
            "≥ 1.5",
            together >= 1.5 * single,
        ),
        _row("the longest wait among 32 clients against the median", f"{worst:.2f}", "≤ 5", worst <= 5),
        _row(
            f"memory after {chosen.questions:,} further questions",
            f"{first:.0f} → {last:.0f} MB",
            "flat",
            last < 1.05 * first,
        ),
    ]


# -- how it is measured


@contextmanager
def _chat() -> Iterator[tuple[int, str]]:
    """The chat in a process of its own: the process's number and the page's address, once the page is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "ui.py"), "chat", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                try:
                    urllib.request.urlopen(address, timeout=5).read()
                    break
                except OSError:
                    time.sleep(0.02)
            yield process.pid, address
        finally:
            process.terminate()


def _row(what: str, measured: str, target: str, kept: bool) -> Row:
    return what, measured, target, "kept" if kept else "**missed**"


def _seconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _times(do: Callable[[Any], object], each: Sequence[Any]) -> list[float]:
    return [_seconds(partial(do, one)) for one in each]


def _median(do: Callable[[], object], rounds: int) -> float:
    do()
    return statistics.median(_seconds(do) for _ in range(rounds))


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Wall seconds, and the most memory in MB, of a process."""
    told = subprocess.run([sys.executable, "-c", LAUNCHER, *command], cwd=ROOT, capture_output=True, check=True, text=True)
    seconds, kilobytes = json.loads(told.stdout)
    return seconds, kilobytes / 1024


def _inside(part: str, material: Material, file: Path | None, folder: Path) -> dict[str, float]:
    named = [str(file)] if file else []
    launched = [sys.executable, "-c", "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"]
    command = [*launched, sys.executable, __file__, *named, "--inside", part, str(folder)]  # for LAUNCHER's reason
    told: dict[str, float] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    return told


def _resident(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", "ignore").splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


PARTS = {"indexing": indexing, "cold": cold, "scale": scale, "many": many}
INSIDE = {"asked": asked}

if __name__ == "__main__":
    sys.exit(main())
