"""The commands of `article-qa`, but for `chat`: their arguments and what each prints.

stdout carries the result alone; progress and messages go to stderr. Exit status: 0 answered or done, 1 abstained (`add`:
some sources failed; `verify-citation`: not all verbatim), 2 wrong use or bad input, 3 an internal error, 130 Ctrl-C.
"""

import argparse
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from index import ArticleQAError, Encoder, Library, LoadError, load, load_bundled
from qa.article_qa import LONG, ArticleQA
from qa.calibration import Profile
from qa.progress import Bar
from qa.reader import SHIPPED, Reader
from qa.rendering import counted_in_words, figures_to_text
from qa.sources import foreign_note, identity, listed
from qa.verification import claims_in, verify

__all__ = ["Commands", "add_answer_arguments", "add_source_arguments", "answer_parts", "make_parser", "open_articles", "run"]

Commands = Any  # argparse keeps the type of its subparsers to itself
Body = Callable[[argparse.Namespace], int]


def make_parser() -> tuple[argparse.ArgumentParser, Commands]:
    """The parser, and the set of its commands, to which the caller may add."""
    parser = argparse.ArgumentParser(
        prog="article-qa", description="Ask an article a question and get its own words back, each with its place."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for declare in (_declare_ask, _declare_add, _declare_list, _declare_remove, _declare_verify):
        declare(commands)
    for declare in (_declare_verify_citation, _declare_evaluate, _declare_calibrate):
        declare(commands)
    return parser, commands


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> int:
    """Run the chosen command and return its exit status; every error of ours becomes its message and 2."""
    chosen = parser.parse_args(arguments)
    body: Body = chosen.body
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a quotation mark must not stop a terminal that lacks it
    status = 0
    try:
        status = body(chosen)
        if sys.stdout:  # None where the shell has closed it
            sys.stdout.flush()
        return status
    except ArticleQAError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("stopped")
        return 130
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unwritten fails again at the exit
        if isinstance(error, BrokenPipeError):  # the reader of our output, such as `head`, has had enough
            return status
        _say(f"the output cannot be written: {error.strerror}. Check where it goes.")
        return 2
    except Exception:
        traceback.print_exc()
        _say("this is a mistake in article-qa, not in what you typed. Please report the lines above.")
        return 3


def add_source_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments that say how sources are read, and by which model."""
    command.add_argument("--encoding", help="of text files and web pages (default: utf-8, and what a page says of itself)")
    _add_model_arguments(command)


def _add_model_arguments(command: argparse.ArgumentParser) -> None:
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
        _say(f"answering by retrieval alone: {SHIPPED.weights.name}, the reader's weights, is not there. Install again.")
    return SHIPPED, profile


def open_articles(chosen: argparse.Namespace, sources: Sequence[str], library: Path | None) -> ArticleQA:
    """The articles to ask: a library's, these files', or the bundled one where neither is named."""
    encoder = _encoder(chosen)
    reader, profile = answer_parts(chosen)
    if library is not None:
        return ArticleQA.open(library, encoder=encoder, reader=reader, profile=profile)
    if sources:
        return ArticleQA.from_files(*sources, encoding=chosen.encoding, encoder=encoder, reader=reader, profile=profile)
    return ArticleQA.from_bundled(encoder=encoder, reader=reader, profile=profile)


def _encoder(chosen: argparse.Namespace) -> Encoder:
    return Encoder(chosen.model, download=chosen.download)


def _say(message: str) -> None:
    print(f"article-qa: {message}", file=sys.stderr)


def _print_json(value: object) -> None:
    readable = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not readable, indent=2))


def _add_library(command: argparse.ArgumentParser, *, required: bool) -> None:
    command.add_argument("--library", metavar="DIR", type=Path, required=required, help="the folder that keeps the articles")


# -- ask


def _declare_ask(commands: Commands) -> None:
    command = commands.add_parser("ask", help="answer one question", description="Answer one question with cited quotes.")
    command.add_argument("question", metavar="QUESTION")
    among = command.add_mutually_exclusive_group()
    among.add_argument(
        "--article",
        metavar="FILE-OR-URL",
        action="append",
        default=[],
        help="ask this, or standard input (-); may be repeated",
    )
    among.add_argument("--library", metavar="DIR", type=Path, help="ask the articles kept in this folder")
    command.add_argument(
        "--in", metavar="ARTICLE-ID", dest="within", action="append", help="ask only this article; may be repeated"
    )
    command.add_argument("--k", metavar="N", type=int, default=3, help="give at most N sentences (default: 3)")
    command.add_argument(
        "--max-error", metavar="R", type=float, help="abstain rather than be wrong in more than this share of answers"
    )
    command.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    add_answer_arguments(command)
    add_source_arguments(command)
    command.set_defaults(body=_ask)


def _ask(chosen: argparse.Namespace) -> int:
    qa = open_articles(chosen, chosen.article, chosen.library)
    answer = qa.ask(chosen.question, k=chosen.k, max_error=chosen.max_error, within=chosen.within)
    asked = [entry for entry in qa.library.list() if not chosen.within or entry.id in chosen.within]
    if note := foreign_note(asked, qa.library.encoder):
        _say(note)
    if chosen.json:
        _print_json(answer.to_dict())
    else:
        print(answer)
    return 1 if answer.abstained else 0


# -- the library


def _declare_add(commands: Commands) -> None:
    command = commands.add_parser(
        "add",
        help="keep articles in a library",
        description="Add articles to a library, made if need be: text, Markdown, web pages, PDFs and Word documents. "
        "A changed version of the same source replaces it.",
    )
    command.add_argument(
        "sources",
        metavar="FILE-OR-URL",
        nargs="+",
        help="also a folder, a pattern in quotation marks, or - for standard input",
    )
    _add_library(command, required=True)
    add_source_arguments(command)
    command.set_defaults(body=_add)


def _add(chosen: argparse.Namespace) -> int:
    sources, failed = _listed(chosen.sources)
    library = ArticleQA.open(chosen.library, create=True, encoder=_encoder(chosen)).library
    known = {entry.source for entry in library.list()}
    kept = sentences = 0
    with Bar(len(sources), "articles") as bar:
        try:
            for source in sources:
                name = identity(source)
                try:
                    article = load(source, encoding=chosen.encoding, name=name)
                except LoadError as error:
                    bar.print(f"article-qa: {error}", error=True)
                    failed += 1
                    continue
                new = library.add(article, progress=len(article.sentences) > LONG and len(sources) == 1)
                what = "there already" if not new else "replaced" if name and article.source in known else "added"
                bar.print(f"{article.id}  {what}  {article.title}")
                if note := foreign_note([article], library.encoder):
                    bar.print(f"article-qa: {note}", error=True)
                kept, sentences = kept + 1, sentences + len(article.sentences)
                bar.step(counted_in_words(sentences, "sentence"))
        except KeyboardInterrupt:
            bar.print(f"article-qa: {counted_in_words(kept, 'article')} of {len(sources)} kept", error=True)
            raise
    if failed:
        _say(f"{failed} of {kept + failed} not added; the others are" if kept else "nothing is added")
    return 0 if not failed else 1 if kept else 2


def _listed(named: Sequence[str]) -> tuple[Sequence[str], int]:
    """The files and addresses that the names stand for, each once, and how many of the names stand for none."""
    sources: dict[str, None] = {}
    failed = 0
    for name in named:
        try:
            sources |= dict.fromkeys(listed(name))
        except LoadError as error:
            _say(str(error))
            failed += 1
    return list(sources), failed


def _declare_list(commands: Commands) -> None:
    command = commands.add_parser("list", help="list the articles", description="List id, sentences, title and source.")
    _add_library(command, required=False)
    _add_model_arguments(command)
    command.set_defaults(body=_list)


def _list(chosen: argparse.Namespace) -> int:
    for entry in open_articles(chosen, [], chosen.library).library.list():
        source = f"  ({entry.source})" if entry.source else ""
        print(f"{entry.id}  {entry.sentences:6,} sentences  {entry.title}{source}")
    return 0


def _declare_remove(commands: Commands) -> None:
    command = commands.add_parser("remove", help="remove articles", description="Remove articles from a library, by id.")
    command.add_argument("articles", metavar="ARTICLE-ID", nargs="+")
    _add_library(command, required=True)
    _add_model_arguments(command)
    command.set_defaults(body=_remove)


def _remove(chosen: argparse.Namespace) -> int:
    library = open_articles(chosen, [], chosen.library).library
    for article_id in dict.fromkeys(chosen.articles):
        library.get(article_id)  # a mistyped id is told before anything is gone
    for article_id in dict.fromkeys(chosen.articles):
        library.remove(article_id)
        print(f"{article_id}  removed")
    return 0


def _declare_verify(commands: Commands) -> None:
    command = commands.add_parser("verify", help="check a library", description="Check file, texts, spans and vectors.")
    _add_library(command, required=False)
    _add_model_arguments(command)
    command.set_defaults(body=_verify)


def _verify(chosen: argparse.Namespace) -> int:
    library = open_articles(chosen, [], chosen.library).library
    if problems := library.verify():
        print("\n".join(problems))
        _say("the library is damaged: restore it from a copy, or remove the articles named above and add them again")
        return 2
    entries = library.list()
    counts = (
        counted_in_words(len(entries), "article"),
        counted_in_words(sum(entry.sentences for entry in entries), "sentence"),
    )
    print(f"{counts[0]}, {counts[1]}: all whole")
    return 0


# -- verify-citation


def _declare_verify_citation(commands: Commands) -> None:
    command = commands.add_parser(
        "verify-citation",
        help="check saved citations",
        description="Check what `ask --json` printed, or a saved conversation, against the articles: each quote is "
        "verbatim, moved, changed or missing. Exit status: 0 all verbatim, 1 not all.",
    )
    command.add_argument("file", metavar="FILE.json", type=Path)
    among = command.add_mutually_exclusive_group()
    among.add_argument(
        "--article", metavar="FILE", action="append", default=[], help="check against this file; may be repeated"
    )
    among.add_argument("--library", metavar="DIR", type=Path, help="check against the articles kept in this folder")
    add_source_arguments(command)
    command.set_defaults(body=_verify_citation)


def _verify_citation(chosen: argparse.Namespace) -> int:
    try:
        claims = claims_in(json.loads(chosen.file.read_text("utf-8")))
    except OSError as error:
        raise LoadError(f"{chosen.file} cannot be read: {error.strerror}.", "Check the name and the folder.") from None
    except (ValueError, RecursionError):
        raise LoadError(f"{chosen.file} is not JSON.", "Give what `ask --json` prints, or a saved conversation.") from None
    if chosen.library is not None:
        library = open_articles(chosen, [], chosen.library).library
        articles = [library.get(entry.id) for entry in library.list()]
    else:
        articles = [load(source, encoding=chosen.encoding) for source in chosen.article] or [load_bundled()]
    verdicts = [verify(claim, articles) for claim in claims]
    print("\n".join(map(str, verdicts)) or "there is no citation in it")
    return 0 if all(one.name == "verbatim" for one in verdicts) else 1


# -- evaluate


def _declare_evaluate(commands: Commands) -> None:
    command = commands.add_parser(
        "evaluate",
        help="measure on questions with known answers",
        description="Measure on SQuAD files: how often the right sentence is first, how well absence is known.",
    )
    command.add_argument("files", metavar="FILE.json", nargs="+")
    command.add_argument(
        "--scope",
        choices=("article", "corpus"),
        default="article",
        help="ask the question's own article, or all (default: article)",
    )
    command.add_argument("--limit", metavar="N", type=int, help="only N questions, drawn at random")
    command.add_argument("--seed", metavar="S", type=int, default=0, help="of the drawing (default: 0)")
    command.add_argument("--max-error", metavar="R", type=float, help="as in ask")
    command.add_argument("--predictions", metavar="OUT.jsonl", type=Path, help="write a line for each question")
    command.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_answer_arguments(command)
    _add_model_arguments(command)
    command.set_defaults(body=_evaluate)


def _evaluate(chosen: argparse.Namespace) -> int:
    from qa.evaluation import run_files

    reader, profile = answer_parts(chosen)
    figures = run_files(
        chosen.files,
        encoder=_encoder(chosen),
        reader=reader,
        profile=profile,
        corpus=chosen.scope == "corpus",
        limit=chosen.limit,
        seed=chosen.seed,
        max_error=chosen.max_error,
        predictions=chosen.predictions,
    )
    if chosen.json:
        _print_json(figures)
    else:
        print(figures_to_text(figures))
    return 0


# -- calibrate


def _declare_calibrate(commands: Commands) -> None:
    command = commands.add_parser(
        "calibrate",
        help="fit confidences on questions of your own",
        description="Fit a calibration for the models in use on SQuAD files, and write it for --profile to take. "
        "Each question is also asked with its paragraph withheld.",
    )
    command.add_argument("files", metavar="FILE.json", nargs="+")
    command.add_argument("--output", metavar="PROFILE.json", type=Path, required=True, help="where to write it")
    command.add_argument("--limit", metavar="N", type=int, help="only N questions, drawn at random")
    command.add_argument("--seed", metavar="S", type=int, default=0, help="of the drawing (default: 0)")
    add_answer_arguments(command, profile=False)
    _add_model_arguments(command)
    command.set_defaults(body=_calibrate)


def _calibrate(chosen: argparse.Namespace) -> int:
    from qa.fitting import calibrate

    reader, _ = answer_parts(chosen)
    qa = ArticleQA(Library.in_memory(_encoder(chosen)), reader=reader)
    profile = calibrate(qa, chosen.files, name=chosen.output.stem, limit=chosen.limit, seed=chosen.seed)
    profile.save(chosen.output)
    print(f"{chosen.output}: {profile.origin}")
    print("error among the answered, at most: " + ", ".join(f"{error:g}" for error, _ in profile.promises))
    return 0
