"""How well follow-up questions are understood, against people's own rewrites of them.

    python tests/bench/canard.py canard.json [--show N] [--half 0|1]

Reads CANARD (https://sites.google.com/view/qanta/projects/canard): for each question the history of its dialogue, and the
question as a person rewrote it to stand alone. Of the content words that the person added, `recall` is the share that we
add too; of those that we add, `precision` is the share that the person added; `untouched` is the share of the questions
that people left alone that we leave alone. Beside ours, in the same run: carrying over the title alone, and the whole
previous question alone. `--half` takes the dialogues whose id hashes to an even (0) or odd (1) number; `--show` prints N
rewrites.
"""

import argparse
import json
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from index.lexical import terms
from qa.followup import readings
from qa.talk import Past

NO_ANSWER = "I don't know."
Row = dict[str, Any]


def content(text: str) -> set[str]:
    """The content words, without possessive endings and numbers of the noun: "Zhao's visits" gives zhao, visit."""
    words = re.findall(r"\w+", re.sub(r"[’']s?\b", "", text.lower()))
    return {word.removesuffix("s") if len(word) > 3 else word for word in words if terms(word + " x") != ["x"]}


def same(question: str, rewrite: str) -> bool:
    return re.findall(r"\w+", question.lower()) == re.findall(r"\w+", rewrite.lower())


def by_rules(rows: Iterable[Row]) -> list[str]:
    """Our query for every row, each in the light of our own queries for the turns before it."""
    queries: dict[tuple[str, int], str] = {}
    found = []
    for row in rows:
        dialog, number = row["QuAC_dialog_id"], row["Question_no"]
        title, _, *said = row["History"]
        past = []
        for turn, (question, answer) in enumerate(zip(said[::2], said[1::2], strict=True), 1):
            known = answer if answer != NO_ANSWER else None
            query = queries.get((dialog, turn), question)
            past.append(Past(query, (known,) if known else (), known, typed=question))
        queries[dialog, number] = readings(row["Question"], past, topic=title)[0]
        found.append(queries[dialog, number])
    return found


def by_title(rows: Iterable[Row]) -> list[str]:
    return [f"{row['Question']} {row['History'][0]}" for row in rows]


def by_previous(rows: Iterable[Row]) -> list[str]:
    return [f"{row['Question']} {row['History'][-2] if len(row['History']) > 2 else ''}" for row in rows]


WAYS: dict[str, Callable[[Iterable[Row]], list[str]]] = {
    "our rules": by_rules,
    "title alone": by_title,
    "previous question alone": by_previous,
}


def figures(rows: list[Row], queries: list[str]) -> tuple[float, float, float]:
    """Recall and precision of the added content words, over all questions, and the share left alone of those to be left."""
    wanted = added = shared = left = alone = 0
    for row, query in zip(rows, queries, strict=True):
        typed = content(row["Question"])
        theirs, ours = content(row["Rewrite"]) - typed, content(query) - typed
        wanted, added, shared = wanted + len(theirs), added + len(ours), shared + len(theirs & ours)
        if same(row["Question"], row["Rewrite"]):
            alone += 1
            left += same(row["Question"], query)
    return shared / wanted, shared / max(added, 1), left / max(alone, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--show", type=int, default=0, metavar="N")
    chosen = parser.parse_args()
    rows: list[Row] = json.loads(chosen.file.read_text("utf-8"))
    if chosen.half is not None:
        rows = [row for row in rows if zlib.crc32(row["QuAC_dialog_id"].encode()) % 2 == chosen.half]
    alone = sum(same(row["Question"], row["Rewrite"]) for row in rows)
    print(f"{len(rows):,} follow-ups, of which people left {alone} as they were\n")
    print(f"{'':<26}{'recall':>10}{'precision':>11}{'untouched':>11}")
    for name, way in WAYS.items():
        queries = way(rows)
        print(
            f"{name:<26}"
            + "".join(f"{value:>{width}.3f}" for value, width in zip(figures(rows, queries), (10, 11, 11), strict=True))
        )
    for row, query in list(zip(rows, by_rules(rows), strict=True))[: chosen.show]:
        print(f"\n{row['History'][0]} | {row['Question']}\n  ours:   {query}\n  theirs: {row['Rewrite']}")


if __name__ == "__main__":
    main()
