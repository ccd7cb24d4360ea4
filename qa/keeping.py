"""The commands that keep articles in a library: add, list, remove and verify.

Knows nothing of questions.
"""

import argparse
from collections.abc import Sequence

from index import LoadError, load
from qa.arguments import (
    Commands,
    add_library_argument,
    add_model_arguments,
    add_source_arguments,
    encoder_of,
    open_articles,
    say,
)
from qa.article_qa import LONG, ArticleQA
from qa.progress import Bar
from qa.rendering import counted_in_words
from qa.sources import foreign_note, identity, listed

__all__ = ["declare_add", "declare_list", "declare_remove", "declare_verify"]


def declare_add(commands: Commands) -> None:
    """`article-qa add`."""
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
    add_library_argument(command, required=True)
    add_source_arguments(command)
    command.set_defaults(body=_add)


def _add(chosen: argparse.Namespace) -> int:
    sources, failed = _listed(chosen.sources)
    library = ArticleQA.open(chosen.library, create=True, encoder=encoder_of(chosen)).library
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
        say(f"{failed} of {kept + failed} not added; the others are" if kept else "nothing is added")
    return 0 if not failed else 1 if kept else 2


def _listed(named: Sequence[str]) -> tuple[Sequence[str], int]:
    """The files and addresses that the names stand for, each once, and how many of the names stand for none."""
    sources: dict[str, None] = {}
    failed = 0
    for name in named:
        try:
            sources |= dict.fromkeys(listed(name))
        except LoadError as error:
            say(str(error))
            failed += 1
    return list(sources), failed


def declare_list(commands: Commands) -> None:
    """`article-qa list`."""
    command = commands.add_parser("list", help="list the articles", description="List id, sentences, title and source.")
    add_library_argument(command, required=False)
    add_model_arguments(command)
    command.set_defaults(body=_list)


def _list(chosen: argparse.Namespace) -> int:
    for entry in open_articles(chosen, [], chosen.library).library.list():
        source = f"  ({entry.source})" if entry.source else ""
        print(f"{entry.id}  {entry.sentences:6,} sentences  {entry.title}{source}")
    return 0


def declare_remove(commands: Commands) -> None:
    """`article-qa remove`."""
    command = commands.add_parser("remove", help="remove articles", description="Remove articles from a library, by id.")
    command.add_argument("articles", metavar="ARTICLE-ID", nargs="+")
    add_library_argument(command, required=True)
    add_model_arguments(command)
    command.set_defaults(body=_remove)


def _remove(chosen: argparse.Namespace) -> int:
    library = open_articles(chosen, [], chosen.library).library
    for article_id in dict.fromkeys(chosen.articles):
        library.get(article_id)  # a mistyped id is told before anything is gone
    for article_id in dict.fromkeys(chosen.articles):
        library.remove(article_id)
        print(f"{article_id}  removed")
    return 0


def declare_verify(commands: Commands) -> None:
    """`article-qa verify`."""
    command = commands.add_parser("verify", help="check a library", description="Check file, texts, spans and vectors.")
    add_library_argument(command, required=False)
    add_model_arguments(command)
    command.set_defaults(body=_verify)


def _verify(chosen: argparse.Namespace) -> int:
    library = open_articles(chosen, [], chosen.library).library
    if problems := library.verify():
        print("\n".join(problems))
        say("the library is damaged: restore it from a copy, or remove the articles named above and add them again")
        return 2
    entries = library.list()
    counts = (
        counted_in_words(len(entries), "article"),
        counted_in_words(sum(entry.sentences for entry in entries), "sentence"),
    )
    print(f"{counts[0]}, {counts[1]}: all whole")
    return 0
