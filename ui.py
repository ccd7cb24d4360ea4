"""The chat in a browser, and the `article-qa` command: all that `qa.cli` has, and `chat`.

The door to gradio, which is imported only when the chat starts. Knows nothing of how answers are found or drawn: it wires
what a visitor does to `qa.visit`, and shows what that draws.
"""

import argparse
import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import Article, ArticleQAError, Encoder
from qa import cli
from qa.arguments import Commands, add_answer_arguments, add_source_arguments, answer_parts
from qa.controls import adding_to_html, masthead_to_html, shelf_to_html, told_to_html
from qa.desk import Desk
from qa.intake import checked_question, from_address, from_paste, from_upload
from qa.listening import check_free, credentials, is_loopback, warn_of_strangers
from qa.shelf import LIMITS
from qa.typeface import serif
from qa.visit import MISTAKE, Visit

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["main", "make_page", "serve"]

MAX_UPLOAD = 20 * 2**20  # bytes in a file; the longest novel has 4 MB, a PDF with pictures more
PATIENCE = 30.0  # seconds until a page gives up on suggestions, which nobody waits for
STALE = (60, 600)  # seconds: how often uploads that nobody has read are looked for, and how old they must be
GONE = "The article that this link leads to is not here. Ask one that is, or add it."
Update = dict[Any, Any]  # what becomes of which component


def make_page(desk: Desk) -> "gr.Blocks":
    """The page and its two endpoints, not yet served."""
    global gr  # gradio reads the annotations of what listens to its events, and looks their names up here
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    import gradio as gr

    with gr.Blocks(title="Ask the article", fill_width=True, delete_cache=STALE) as page:
        _add_endpoints(desk)  # first, so that no event of the page has their names
        _Page(desk).listen(page)
    blocks: gr.Blocks = page
    return blocks


class _Page:
    """The components, and what each of their events does. What is shown comes from the session's visit alone."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        first = Visit(desk)
        html = partial(gr.HTML, apply_default_css=False, js_on_load=_read("page.js"))
        with gr.Row(elem_id="qa-panes"):
            with gr.Column(elem_id="qa-asking"):
                self.head = html(masthead_to_html(), elem_id="qa-head")
                self.chat = html(first.chat(), elem_id="qa-chat")
                self.status = html(desk.status(), elem_id="qa-status")
                self.box = gr.Textbox(
                    elem_id="qa-box", label="Your question", placeholder="Ask about the article", lines=1, max_lines=5,
                    submit_btn="Ask", autofocus=True,
                )  # fmt: skip
                self.choices = html(first.choices(), elem_id="qa-choosing")
            with gr.Column(elem_id="qa-reading"):
                with gr.Row(elem_id="qa-shelf"):
                    titles = first.titles()
                    self.picker = gr.Dropdown(
                        titles, value=next(iter(first.open), None), label="Article", visible=len(titles) > 1,
                        elem_id="qa-picker", interactive=True,
                    )  # fmt: skip
                    self.shelf = html(shelf_to_html(adding=False), elem_id="qa-adding-bar")
                self._build_form(html)
                self.pane = html(first.pane(), elem_id="qa-pane")
        self.saved = gr.Textbox(visible=False)

    def _build_form(self, html: Callable[..., Any]) -> None:
        """For articles of the visitor's own."""
        with gr.Column(elem_id="qa-add", visible=False) as self.form:
            html(adding_to_html(LIMITS))
            self.drop = gr.File(elem_id="qa-drop", label="Files", file_count="multiple", height=120)
            self.address = gr.Textbox(
                elem_id="qa-address",
                label="Or the address of a page",
                placeholder="https://",
                max_lines=1,
                submit_btn="Fetch",
            )
            self.paste = gr.Textbox(elem_id="qa-paste", label="Or a text", lines=3, max_lines=10, submit_btn="Add")
            self.told = html(told_to_html(), elem_id="qa-told")

    def listen(self, page: "gr.Blocks") -> None:
        """Bind every event to its method."""
        download = _read("save.js")
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        out = [
            self.box, self.chat, self.status, self.choices, self.picker, self.shelf, self.form, self.pane,
            self.drop, self.address, self.paste, self.told,
        ]  # fmt: skip
        events = [
            page.load(self.arrive, None, out, **quiet),
            self.box.submit(self.ask, [self.box], out, **quiet),
            self.picker.input(self.turn_to, [self.picker], out, **quiet),
            # As it is, not as gradio prepares it, which leaves an empty file behind. It has checked that it is an upload.
            self.drop.upload(self.upload, [self.drop], out, preprocess=False, **quiet),
            self.address.submit(self.fetch, [self.address], out, **quiet),
            self.paste.submit(self.add_text, [self.paste], out, **quiet),
        ]
        for component in (self.head, self.chat, self.choices, self.shelf, self.pane):
            events.append(component.act(self.act, None, out, **quiet))
            component.save(self.save, None, [self.saved], **quiet).then(None, [self.saved], None, js=download)
        for event in events:
            event.then(self.suggest, None, [self.chat], **quiet)
        page.unload(self.leave)

    # -- what is shown

    def show(self, visit: Visit, **more: Any) -> Update:
        """Everything that follows from the visit, and `more` by the component's name."""
        titles = visit.titles()
        shown = {
            self.chat: visit.chat(),
            self.pane: visit.pane(),
            self.choices: visit.choices(),
            self.picker: gr.update(choices=titles, value=next(iter(visit.open), None), visible=len(titles) > 1),
            self.shelf: shelf_to_html(adding=visit.adding),
            self.form: gr.update(visible=visit.adding),
        }
        return shown | {getattr(self, name): value for name, value in more.items()}

    # -- what a visitor does

    def arrive(self, request: "gr.Request") -> Iterator[Update]:
        """Show the page; with the address of a question, open its article and ask it."""
        visit = self.desk.visit(request.session_hash)
        article_id, question = (request.query_params.get(name) for name in ("article", "q"))
        there = visit.turn_to(article_id) if article_id else True
        yield self.show(visit, status=self.desk.status())
        if not self.desk.warm:
            self.desk.settle()
            yield {self.choices: visit.choices(), self.status: self.desk.status()}
        if question and there:
            visit.everywhere = not article_id
            yield from self.ask(question, request)
        elif question or not there:
            visit.begin(question or "")
            visit.reply(GONE)
            yield self.show(visit)

    def ask(self, question: str, request: "gr.Request") -> Iterator[Update]:
        """Show the question at once, and its answer as soon as it is there."""
        visit = self.desk.visit(request.session_hash)
        visit.begin(question)
        yield {self.box: "", self.chat: visit.chat()}
        yield from self._answered(visit)

    def _answered(self, visit: Visit, *, as_typed: bool = False) -> Iterator[Update]:
        rest = ""
        try:
            visit.answer(as_typed=as_typed)
        except ArticleQAError as error:
            visit.reply(str(error))
            rest = visit.turns[-1][0]  # to be put right
        except Exception:
            traceback.print_exc()
            visit.reply(MISTAKE)
        yield self.show(visit, **({"box": rest} if rest else {}))

    def act(self, done: "gr.EventData", request: "gr.Request") -> Iterator[Update]:
        """What a control of ours says: see `data-do` in `qa.controls` and `qa.rendering`."""
        visit = self.desk.visit(request.session_hash)
        what, of = (str(done._data.get(name, "")) for name in ("do", "of"))
        if what == "ask":
            yield from self.ask(of, request)
        elif what in ("retry", "as-typed") and visit.turns:
            visit.begin(visit.undo())
            yield {self.chat: visit.chat()}
            yield from self._answered(visit, as_typed=what == "as-typed")
        elif what == "undo":
            yield self.show(visit, box=visit.undo())
        elif what in ("scope", "error"):
            visit.choose(what, of)
            yield {self.choices: visit.choices()}
        else:
            visit.choose(what, of)
            yield self.show(visit, told=told_to_html())

    def turn_to(self, article_id: str | None, request: "gr.Request") -> Update:
        """Bring the chosen article into view."""
        visit = self.desk.visit(request.session_hash)
        visit.turn_to(article_id or "")
        return self.show(visit)

    def suggest(self, request: "gr.Request") -> Update:
        """Questions that could be asked next. An event of its own, so that nothing waits for it."""
        visit = self.desk.visit(request.session_hash)
        try:
            visit.suggest(PATIENCE)
        except ArticleQAError:  # whoever asks will be told
            return {self.chat: gr.skip()}
        return {self.chat: visit.chat()}

    def save(self, done: "gr.EventData", request: "gr.Request") -> str:
        """The conversation as Markdown or JSON, with a name for its file, for the browser to keep."""
        form = "json" if done._data.get("of") == "json" else "markdown"
        return self.desk.visit(request.session_hash).transcript(form)

    def leave(self, request: "gr.Request") -> None:
        """The page is gone."""
        self.desk.leave(request.session_hash)

    # -- articles of the visitor's own

    def upload(self, files: Sequence[dict[str, Any]] | None, request: "gr.Request") -> Iterator[Update]:
        """Add uploaded files, one by one."""
        named = [(str(file["orig_name"] or "a file"), Path(file["path"])) for file in files or ()]
        makes = [(name, partial(from_upload, name, path)) for name, path in named]
        yield from self._add(makes, request, drop=None)

    def fetch(self, address: str, request: "gr.Request") -> Iterator[Update]:
        """Add the page at an address."""
        yield from self._add([(address, partial(from_address, address))], request, address="")

    def add_text(self, text: str, request: "gr.Request") -> Iterator[Update]:
        """Add a pasted text."""
        yield from self._add([("the text", partial(from_paste, text))], request, paste="")

    def _add(
        self, makes: Sequence[tuple[str, Callable[[], Article]]], request: "gr.Request", **emptied: Any
    ) -> Iterator[Update]:
        visit = self.desk.visit(request.session_hash)
        refusals: list[str] = []
        first = ""
        for number, (name, make) in enumerate(makes, 1):
            of = f" ({number} of {len(makes)})" if len(makes) > 1 else ""
            yield {self.told: told_to_html(f"Reading {name}{of}", refusals)}
            try:
                article = make()
                yield {
                    self.told: told_to_html(f"Adding {article.title}{of}: {len(article.sentences):,} sentences", refusals)
                }
                visit.add(article)
                first = first or article.id
            except ArticleQAError as error:
                refusals.append(str(error))
            except Exception:
                traceback.print_exc()
                refusals.append(f"{name}: {MISTAKE}")
        visit.adding = bool(refusals)
        visit.turn_to(first)
        if len(refusals) == len(makes):
            emptied = {name: value for name, value in emptied.items() if name == "drop"}
        yield self.show(visit, told=told_to_html(refusals=refusals), **emptied)


def _add_endpoints(desk: Desk) -> None:
    """What gradio_client can call: a question and a number, never a path or an address."""

    def ask(question: str, k: int = 3) -> dict[str, Any]:
        """Answer a question with at most k cited quotes, or abstain: Answer.to_dict()."""
        try:
            return desk.ask(*checked_question(question, k)).to_dict()
        except ArticleQAError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def search(question: str, k: int = 5) -> list[dict[str, Any]]:
        """The k best sentences, whether or not they answer: a list of Evidence.to_dict()."""
        try:
            desk.wait()
            asked, number = checked_question(question, k)
            return [evidence.to_dict() for evidence in desk.qa.search(asked, k=number)]
        except ArticleQAError as error:
            raise gr.Error(str(error), print_exception=False) from None

    from gradio.events import api

    api(ask, api_name="ask", concurrency_limit=None)
    api(search, api_name="search", concurrency_limit=None)


@cache
def _held() -> Path:
    """The folder of this process for uploads and for what is served from files, gone at its end."""
    held = Path(tempfile.mkdtemp(prefix="article-qa-"))
    atexit.register(shutil.rmtree, held, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = str(held / "uploads")  # which gradio looks up with every upload
    return held


def _read(name: str) -> str:
    """A file of the package, as text."""
    return (resources.files("qa") / name).read_text("utf-8")


def serve(desk: Desk, host: str, port: int, *, auth: tuple[str, str] | None = None) -> "gr.Blocks":
    """Serve the page in a thread, and return it; `close()` ends that."""
    held = _held()
    page = make_page(desk)
    font = gr.themes.LocalFont("IBM Plex Sans", (400, 700))  # a file of gradio's; the other weights there hold few letters
    theme = gr.themes.Base(font=[font, "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    page.launch(
        server_name=host, server_port=port, auth=auth, theme=theme,
        css=serif(held / "fonts") + _read("page.css"),
        allowed_paths=[str(held / "fonts")],
        share=False, ssr_mode=False, mcp_server=False, run_history=False, footer_links=[], max_file_size=MAX_UPLOAD,
        prevent_thread_lock=True, quiet=True,
    )  # fmt: skip
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    """The `article-qa` command."""
    parser, commands = cli.make_parser()
    _declare_chat(commands)
    return cli.run(parser, arguments)


def _declare_chat(commands: Commands) -> None:
    command = commands.add_parser(
        "chat", help="ask in the browser", description="Open a chat about articles, to be used in a browser on this machine."
    )
    command.add_argument("articles", metavar="ARTICLE", nargs="*", help="ask these files (default: the bundled article)")
    command.add_argument("--library", metavar="DIR", type=Path, help="ask the articles kept in this folder")
    command.add_argument(
        "--host", metavar="H", default="127.0.0.1", help="to listen on (default: 127.0.0.1, this machine alone)"
    )
    command.add_argument("--port", metavar="P", type=int, default=7860, help="to listen on (default: 7860)")
    add_source_arguments(command)
    add_answer_arguments(command)
    command.set_defaults(body=_chat)


def _chat(chosen: argparse.Namespace) -> int:
    if chosen.articles and chosen.library:
        raise ArticleQAError("Both articles and a library are named.", "Name one, or add the articles to the library.")
    auth = credentials()
    check_free(chosen.host, chosen.port)
    if auth is None and not is_loopback(chosen.host):
        warn_of_strangers(chosen.host)
    encoder = Encoder(chosen.model, download=chosen.download)
    reader, profile = answer_parts(chosen)
    desk = Desk.lay(
        chosen.articles, chosen.library, encoding=chosen.encoding, encoder=encoder, reader=reader, profile=profile
    )
    threading.Thread(target=desk.warm_up, daemon=True).start()
    page = serve(desk, chosen.host, chosen.port, auth=auth)
    try:
        print(f"The chat is at {page.local_url} (Ctrl-C stops it).", file=sys.stderr)
        desk.wait()
        while True:
            time.sleep(3600)
    finally:
        page.close(verbose=False)


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(["chat", *words] if not words or words[0] in ("--library", "--host", "--port") else words))
