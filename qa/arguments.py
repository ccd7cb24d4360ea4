"""What several commands share: their arguments, what these open, and where a message goes.

Knows nothing of any one command.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index import Encoder
from qa.article_qa import ArticleQA
from qa.calibration import Profile
from qa.reader import SHIPPED, Reader

__all__ = [
    "Commands",
    "add_answer_arguments",
    "add_library_argument",
    "add_model_arguments",
    "add_source_arguments",
    "answer_parts",
    "encoder_of",
    "open_articles",
    "print_json",
    "say",
]

Commands = Any  # argparse keeps the type of its subparsers to itself


def add_source_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments that say how sources are read, and by which model."""
    command.add_argument("--encoding", help="of text files and web pages (default: utf-8, and what a page says of itself)")
    add_model_arguments(command)


def add_model_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments that name the model of the vectors."""
    command.add_argument("--model", metavar="NAME-OR-PATH", help="a sentence-transformers model (default: all-MiniLM-L6-v2)")
    command.add_argument("--download", action="store_true", help="allow the model to be fetched by its name")


def add_answer_arguments(command: argparse.ArgumentParser, *, profile: bool = True) -> None:
    """The arguments that say how answers are found in what the library gives; `answer_parts` takes them."""
    readers = command.add_mutually_exclusive_group()
    readers.add_argument("--no-reader", action="store_true", help="answer by retrieval alone: faster, and less often right")
    readers.add_argument(
        "--reader", metavar="MODEL", help="read with this file of weights, or this extractive QA model: a folder or a name"
    )
    if profile:
        command.add_argument("--profile", metavar="FILE", type=Path, help="a calibration that `article-qa calibrate` made")


def answer_parts(chosen: argparse.Namespace) -> tuple[Reader | None, Profile | None]:
    """The reader and the calibration to use; says on stderr where the package has lost its reader."""
    named = getattr(chosen, "profile", None)  # commands that only look at a library have none of these arguments
    profile = Profile.load(named) if named else None
    if getattr(chosen, "no_reader", True):
        return None, profile
    if chosen.reader is not None:
        return Reader(chosen.reader, download=chosen.download), profile
    if not SHIPPED.there:
        say(f"answering by retrieval alone: {SHIPPED.weights.name}, the reader's weights, is not there. Install again.")
    return SHIPPED, profile


def open_articles(chosen: argparse.Namespace, sources: Sequence[str], library: Path | None) -> ArticleQA:
    """The articles to ask: a library's, these files', or the bundled one where neither is named."""
    encoder = encoder_of(chosen)
    reader, profile = answer_parts(chosen)
    if library is not None:
        return ArticleQA.open(library, encoder=encoder, reader=reader, profile=profile)
    if sources:
        return ArticleQA.from_files(*sources, encoding=chosen.encoding, encoder=encoder, reader=reader, profile=profile)
    return ArticleQA.from_bundled(encoder=encoder, reader=reader, profile=profile)


def encoder_of(chosen: argparse.Namespace) -> Encoder:
    """The encoder that was named."""
    return Encoder(chosen.model, download=chosen.download)


def say(message: str) -> None:
    """A message on stderr."""
    print(f"article-qa: {message}", file=sys.stderr)


def print_json(value: object) -> None:
    """A value on stdout, in letters that it has."""
    readable = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not readable, indent=2))


def add_library_argument(command: argparse.ArgumentParser, *, required: bool) -> None:
    """The argument that names the folder of a library."""
    command.add_argument("--library", metavar="DIR", type=Path, required=required, help="the folder that keeps the articles")
