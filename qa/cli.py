"""The `article-qa` command, but for `chat`: all its commands, what ask and verify-citation print, and how each ends.

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

from index import ArticleQAError, LoadError, load, load_bundled
from qa.arguments import (
    Commands,
    add_answer_arguments,
    add_source_arguments,
    open_articles,
    print_json,
    say,
)
from qa.keeping import declare_add, declare_list, declare_remove, declare_verify
from qa.measuring import declare_calibrate, declare_evaluate
from qa.sources import foreign_note
from qa.verification import claims_in, verify

__all__ = ["make_parser", "run"]

Body = Callable[[argparse.Namespace], int]


def make_parser() -> tuple[argparse.ArgumentParser, Commands]:
    """The parser, and the set of its commands, to which the caller may add."""
    parser = argparse.ArgumentParser(
        prog="article-qa", description="Ask an article a question and get its own words back, each with its place."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for declare in (_declare_ask, declare_add, declare_list, declare_remove, declare_verify):
        declare(commands)
    for declare in (_declare_verify_citation, declare_evaluate, declare_calibrate):
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
        say(str(error))
        return 2
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unwritten fails again at the exit
        if isinstance(error, BrokenPipeError):  # the reader of our output, such as `head`, has had enough
            return status
        say(f"the output cannot be written: {error.strerror}. Check where it goes.")
        return 2
    except Exception:
        traceback.print_exc()
        say("this is a mistake in article-qa, not in what you typed. Please report the lines above.")
        return 3


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
        say(note)
    if chosen.json:
        print_json(answer.to_dict())
    else:
        print(answer)
    return 1 if answer.abstained else 0


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
