"""Draws how many answers are wrong against how many questions are answered, for every threshold: a picture for the docs.

`python tests/bench/risk_coverage.py FILE.json --limit 2000 --output OUT.svg` asks the questions of a SQuAD 2.0 file
within their articles. Answerable and unanswerable questions weigh the same, whatever the file's own shares are.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from index import Encoder, Library
from qa import ArticleQA
from qa.evaluation import Outcome, evaluate, read_questions, sample

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 400, 70, 40, 20, 55
RISKS = 0.6  # the highest error drawn
GREY, TEAL = "#777", "#0d5c63"


class Point(NamedTuple):
    """At one threshold: the share of answerable questions that are answered, and of the answers that are wrong."""

    coverage: float
    risk: float


def curve(outcomes: Sequence[Outcome]) -> list[Point]:
    """A point for each confidence that occurs, from the highest down."""
    shares = {truth: sum(outcome.question.answerable is truth for outcome in outcomes) for truth in (True, False)}
    answered, wrong, covered = 0.0, 0.0, 0.0
    points = []
    for outcome in sorted(outcomes, key=lambda outcome: -outcome.score):
        weight = 1 / max(1, shares[outcome.question.answerable])
        answered += weight
        wrong += 0.0 if outcome.right else weight
        covered += weight if outcome.question.answerable else 0.0
        if covered >= 0.02:  # of a handful of answers, the share that is wrong says nothing
            points.append(Point(covered, wrong / answered))
    return points


def place(point: Point) -> str:
    x = LEFT + point.coverage * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - min(point.risk, RISKS) / RISKS * (HEIGHT - TOP - BOTTOM)
    return f"{x:.1f},{y:.1f}"


def svg(lines: dict[str, tuple[str, list[Point]]], title: str) -> str:
    """The curves, each with its colour, over a grid of tenths."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><text x="{LEFT}" y="22" font-size="14">{title}</text>',
    ]
    for tenth in range(11):
        x, y = place(Point(tenth / 10, 0)).split(",")
        parts.append(f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{y}" stroke="#eee"/>')
        parts.append(f'<text x="{x}" y="{float(y) + 18:.1f}" text-anchor="middle" fill="{GREY}">{tenth / 10:.1f}</text>')
    for tenth in range(round(RISKS * 10) + 1):
        x, y = place(Point(0, tenth / 10)).split(",")
        parts.append(f'<line x1="{x}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#eee"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end" fill="{GREY}">{tenth / 10:.1f}</text>')
    below = f'x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle"'
    parts.append(f"<text {below}>answerable questions that are answered (coverage)</text>")
    beside = f'transform="translate(20 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle"'
    parts.append(f"<text {beside}>answers that are wrong (risk)</text>")
    for number, (name, (colour, points)) in enumerate(lines.items()):
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(map(place, points))}"/>')
        parts.append(f'<text x="{LEFT + 16}" y="{TOP + 18 + 18 * number}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def ask(file: Path, limit: int | None, **parts: object) -> list[Point]:
    questions = sample(read_questions(file), limit, 0)
    qa = ArticleQA(Library.in_memory(Encoder()), **parts)  # type: ignore[arg-type]
    for article in {question.article.id: question.article for question in questions}.values():
        qa.library.add(article)
    return curve(list(evaluate(qa, tqdm(questions, file=sys.stderr))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    lines = {
        "with the reader": (TEAL, ask(chosen.file, chosen.limit)),
        "retrieval alone": (GREY, ask(chosen.file, chosen.limit, reader=None)),
    }
    chosen.output.write_text(svg(lines, "As many unanswerable as answerable questions"), "utf-8")


if __name__ == "__main__":
    main()
