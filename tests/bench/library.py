"""Measures what a library costs: adding many articles, adding and removing one in a large one, and its size on disk.

    python tests/bench/library.py                   # ratios, with vectors that cost nothing
    python tests/bench/library.py --model           # and articles per second with the real model

Ratios carry to other machines, seconds do not.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent.parent))  # run from anywhere

from index import Article, Encoder, Library, load_text
from index.connection import FILE_NAME

WORDS = [f"{a}{b}" for a in "ba ke li mo nu pe ra si to vu".split() for b in "dan ler min ros tik var wen zol".split()]


class FreeEncoder(Encoder):
    """Unit vectors of the usual 384 dimensions that depend on the text and cost next to nothing."""

    identity = "free"

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> NDArray[np.float32]:
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
        vectors = np.array([np.random.default_rng(seed).standard_normal(384) for seed in seeds], dtype=np.float32)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def article(number: int, sentences: int) -> Article:
    """Sentences of 15 words, about 100 characters, in paragraphs of five."""
    rng = random.Random(number)
    said = [f"The {' '.join(rng.choices(WORDS, k=13))} {number}." for _ in range(sentences)]
    text = "\n\n".join(" ".join(said[n : n + 5]) for n in range(0, sentences, 5))
    return load_text(text, title=f"Article {number}", source=f"{number}.txt")


def once(library: Library, number: int, sentences: int) -> tuple[float, float, float, float]:
    """Seconds of adding one article, of the search after it, of removing it, and of the search after that."""
    one, clock = article(number, sentences), [time.perf_counter()]
    for act in (
        lambda: library.add(one),
        lambda: library.search("badan keler"),
        lambda: library.remove(one.id),
        lambda: library.search("badan keler"),
    ):
        act()
        clock.append(time.perf_counter())
    added, found, removed, again = np.diff(clock)
    return float(added), float(found), float(removed), float(again)


def cost_of_one(folder: Path, total: int, sentences: int, times: int) -> dict[str, float]:
    """Adding and removing one article in a library of `total` sentences against an empty one: medians, in turn."""
    empty = Library.open(folder / "empty", create=True, encoder=FreeEncoder())
    full = Library.open(folder / "full", create=True, encoder=FreeEncoder())
    for number in range(total // sentences):
        full.add(article(number, sentences))
    empty.search("badan")
    full.search("badan")
    rows: dict[str, list[tuple[float, ...]]] = {"empty": [], "full": []}
    for turn in range(times):
        for name, library in (("empty", empty), ("full", full)):
            rows[name].append(once(library, 10**6 + turn, sentences))
    size = sum(file.stat().st_size for file in (folder / "full").iterdir() if file.name == FILE_NAME)
    medians = {name: [statistics.median(column) for column in zip(*found, strict=True)] for name, found in rows.items()}
    says = ("add", "search_after_add", "remove", "search_after_remove")
    ratios = {
        f"{what}_ratio": full / empty for what, full, empty in zip(says, medians["full"], medians["empty"], strict=True)
    }
    milliseconds = {f"{what}_ms": 1000 * full for what, full in zip(says, medians["full"], strict=True)}
    return ratios | milliseconds | {"bytes_per_sentence": size / total}


def many(folder: Path, articles: int, sentences: int) -> dict[str, float]:
    """Adding articles with the real model, in a process of its own, so that its peak memory is its own."""
    out, into = os.pipe()
    if not (pid := os.fork()):
        library = Library.open(folder / str(articles), create=True)
        library.encoder.encode(["warm"])
        made = [article(number, sentences) for number in range(articles)]
        started = time.perf_counter()
        for one in made:
            library.add(one)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024) / 1024
        os.write(into, json.dumps({"sentences_per_second": articles * sentences / seconds, "peak_gib": peak}).encode())
        os._exit(0)
    os.close(into)
    os.waitpid(pid, 0)
    with os.fdopen(out) as lines:
        figures: dict[str, float] = json.load(lines)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=100_000, help="of the large library")
    parser.add_argument("--times", type=int, default=15, help="that one article is added and removed")
    parser.add_argument("--model", action="store_true", help="also add 1, 100 and 1,000 articles with the real model")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(cost_of_one(Path(folder), chosen.sentences, 20, chosen.times), indent=1))
        for articles in (1, 100, 1000) if chosen.model else ():
            print(json.dumps({"articles": articles} | many(Path(folder), articles, 20)))


if __name__ == "__main__":
    main()
