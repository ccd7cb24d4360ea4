"""Make the reader's weights from files of questions with known answers: `python -m qa.training FILE.json ... --output FILE`.

Knows nothing of retrieval or calibration. Progress goes to stderr. A checkpoint lies beside the output; the same command
goes on from it, and after a Ctrl-C nothing is lost. The shipped weights' own command is in docs/model-card.md.
"""

import argparse
import json
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import ArticleQAError, Batch, LoadError, ModelFiles, Network, Trainer
from qa.examples import Example, Sampler, Source

__all__ = ["batch_of", "batches", "main", "train"]

WARM_UP = 150  # steps until the rate is full; from there it falls to 0 at the last step
POOL = 256  # examples that are drawn at once, so that those of like length can be computed together


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m qa.training", description="Make weights for the reader.")
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE.json[:WEIGHT[:HELD-OUT]]",
        help="in SQuAD's format; its share of the examples (default: 1), and how many of its articles to leave out",
    )
    parser.add_argument("--output", metavar="FILE.safetensors", type=Path, required=True, help="where to write the weights")
    parser.add_argument("--steps", metavar="N", type=int, default=2200, help="(default: 2200)")
    parser.add_argument("--rate", metavar="R", type=float, default=3e-4, help="the highest learning rate (default: 3e-4)")
    parser.add_argument("--pieces", metavar="N", type=int, default=2048, help="padded word pieces a batch (default: 2048)")
    parser.add_argument("--batches", metavar="N", type=int, default=2, help="batches a step (default: 2)")
    parser.add_argument("--seed", metavar="S", type=int, default=4, help="of everything drawn at random (default: 4)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--exact", action="store_true", help="compute in 32 bits: for a processor without bf16")
    chosen = parser.parse_args(arguments)
    try:
        return 0 if train(chosen) else 130
    except ArticleQAError as error:
        print(f"qa.training: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("qa.training: stopped", file=sys.stderr)
        return 130


def train(chosen: argparse.Namespace) -> bool:
    """Fit as the command's arguments say; False where Ctrl-C ended it. Raises LoadError where a file cannot be read."""
    base = ModelFiles()
    network = Network(chosen.output, base=base)  # for its word pieces alone: the weights are not there yet
    named = [_named(file) for file in chosen.files]
    sources = [Source(file, network, held_out=held_out, seed=chosen.seed) for file, _, held_out in named]
    for source in sources:
        _say(
            f"{source.name}: {len(source.questions):,} questions, {len(source.texts):,} sentences, "
            f"{len(source.apart)} articles left out"
        )
    apart = {source.name: source.apart for source in sources}
    chosen.output.with_suffix(".heldout.json").write_text(json.dumps(apart, indent=1, ensure_ascii=False), "utf-8")
    trainer = Trainer(base, device=chosen.device, half=not chosen.exact, seed=chosen.seed)
    checkpoint = chosen.output.with_suffix(".checkpoint")
    if checkpoint.exists():
        trainer.resume(checkpoint)
        _say(f"going on from step {trainer.steps:,}")
    # Drawing goes on from the number of steps done: an uninterrupted run can be made again to the letter.
    dice = random.Random(f"{chosen.seed} {trainer.steps}")
    samplers = [Sampler(source, network, random.Random(dice.random())) for source in sources]
    drawn = batches(samplers, [weight for _, weight, _ in named], chosen.pieces, dice)

    def keep() -> None:
        trainer.keep(checkpoint)
        trainer.save(chosen.output)

    saved, shown = time.monotonic(), 0.0
    with _interruptible() as interrupted:
        while trainer.steps < chosen.steps and not interrupted.is_set():
            rate = min(1.0, (trainer.steps + 1) / WARM_UP) * (1 - trainer.steps / chosen.steps)
            span, sentence = trainer.step([next(drawn) for _ in range(chosen.batches)], chosen.rate * rate)
            now = time.monotonic()
            if now - shown > 15 or trainer.steps == chosen.steps:
                _say(f"step {trainer.steps:,} of {chosen.steps:,}: loss of spans {span:.2f}, of sentences {sentence:.2f}")
                shown = now
            if now - saved > 300:
                keep()
                saved = now
        keep()
    if trainer.steps < chosen.steps:
        _say(f"stopped; the same command goes on from step {trainer.steps:,}")
        return False
    return True


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second interrupts at once. Where Ctrl-C is not heeded, it stays so."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        yield interrupted
        return

    def note(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        interrupted.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def batches(samplers: Sequence[Sampler], weights: Sequence[float], pieces: int, dice: random.Random) -> Iterator[Batch]:
    """Batches without end, of at most `pieces` padded word pieces (or one example), examples of like length together."""
    while True:
        pool: list[tuple[int, int, Sampler, Example]] = []
        for _ in range(POOL):
            sampler = dice.choices(samplers, weights)[0]
            example = sampler.draw()
            longest = max(sum(len(example.pieces[one].ids) for one in window) for window in example.windows)
            pool.append((len(example.ids) + 3 + longest, len(example.windows), sampler, example))
        pool.sort(key=lambda one: one[0])
        made: list[list[tuple[Source, Example]]] = [[]]
        rows = 0
        for length, count, sampler, example in pool:
            if made[-1] and (rows + count) * length > pieces:
                made.append([])
                rows = 0
            made[-1].append((sampler.source, example))
            rows += count
        dice.shuffle(made)
        yield from map(batch_of, made)


def batch_of(examples: Sequence[tuple[Source, Example]]) -> Batch:
    """The examples as one batch, each with all its windows."""
    rows: list[_Row] = []
    sentence_question: list[int] = []
    sentence_gold: list[bool] = []
    absent: list[bool] = []
    for number, (source, example) in enumerate(examples):
        gold_before = sum(sentence_gold)
        for window in example.windows:
            rows.append(_Row(source, example, window, number, len(sentence_question)))
            sentence_question += [number] * len(window)
            sentence_gold += [any(sentence == one for sentence, _, _ in example.spans) for one in window]
        absent.append(sum(sentence_gold) == gold_before)
    longest = max(len(row.ids) for row in rows)

    def padded(name: str, fill: int) -> NDArray[np.int64]:
        filled = np.full((len(rows), longest), fill, dtype=np.int64)
        for place, row in enumerate(rows):
            values = getattr(row, name)
            filled[place, : len(values)] = values
        return filled

    return Batch(
        ids=padded("ids", 0),
        kinds=padded("kinds", 0),
        sentence=padded("sentence", -1),
        start=padded("start", 0).astype(bool),
        end=padded("end", 0).astype(bool),
        lengths=np.array([len(row.ids) for row in rows]),
        question=np.array([row.question for row in rows]),
        sentence_question=np.array(sentence_question),
        sentence_gold=np.array(sentence_gold),
        absent=np.array(absent),
    )


class _Row:
    """A question and one window of it, piece by piece."""

    def __init__(self, source: Source, example: Example, window: Sequence[int], question: int, sentences: int) -> None:
        first, last = source.marks
        self.question = question
        self.ids = [first, *example.ids.tolist(), last]
        lead = len(self.ids)
        self.sentence, self.start, self.end = [-1] * lead, [0] * lead, [0] * lead
        for number, one in enumerate(window, sentences):
            golds = [(start, end) for sentence, start, end in example.spans if sentence == one]
            pieces = example.pieces[one]
            for piece, (start, end) in zip(pieces.ids.tolist(), pieces.spans.tolist(), strict=True):
                self.ids.append(piece)
                self.sentence.append(number)
                self.start.append(any(start <= gold[0] < end for gold in golds))
                self.end.append(any(start < gold[1] <= end for gold in golds))
        self.ids.append(last)
        self.kinds = [0] * lead + [1] * (len(self.ids) - lead)


def _named(words: str) -> tuple[Path, float, int]:
    """FILE, FILE:WEIGHT or FILE:WEIGHT:HELD-OUT; a colon that no number follows belongs to the name."""
    found = re.fullmatch(r"(.+?)(?::(\d+\.?\d*)(?::(\d+))?)?", words, re.DOTALL)
    file, weight, held_out = found.groups() if found else (words, None, None)
    if not Path(file).is_file():
        raise LoadError(f"There is no file {file}.", "Check the name and the folder.")
    return Path(file), float(weight or 1), int(held_out or 0)


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
