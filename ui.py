"""The chat in a browser, and the `article-qa` command: all that `qa.cli` has, and `chat`.

The door to gradio, which is imported only when the chat starts. Knows nothing of how answers are found or drawn: it wires
questions to `qa.desk`, and what comes back to `qa.rendering`.
"""

import argparse
import ipaddress
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import ArticleQAError, Encoder, QuestionError
from qa import cli
from qa.desk import MAX_TURNS, Desk, Visit
from qa.rendering import answer_to_html, message_to_html

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["main", "make_page", "serve"]

MASTHEAD = (
    '<header class="qa-masthead"><h1>Ask the article</h1>'
    "<p>Answers are its own words, each with its place. What it does not say, it does not answer.</p></header>"
)
WARMING = "Warming up: the language model is being loaded. A question asked now is answered as soon as that is done."
MISTAKE = "This is a mistake in article-qa, not in your question. The terminal that it runs in says more."


def make_page(desk: Desk) -> "gr.Blocks":
    """The page and its two endpoints, not yet served."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    import gradio as gr

    titles = desk.titles()
    first = Visit(open=[article_id for _, article_id in titles[:1]])
    page: gr.Blocks
    with gr.Blocks(title="Ask the article", fill_width=True) as page:
        visit = gr.State(first)
        with gr.Row(elem_id="qa-panes"):
            with gr.Column(elem_id="qa-asking"):
                gr.HTML(MASTHEAD, apply_default_css=False)
                chat = gr.HTML(first.chat(), elem_id="qa-chat", apply_default_css=False)
                status = gr.HTML(_status(desk), elem_id="qa-status", apply_default_css=False)
                with gr.Row(elem_id="qa-examples", visible=bool(desk.examples)):
                    examples = [gr.Button(example, size="sm") for example in desk.examples]
                box = gr.Textbox(
                    elem_id="qa-box", label="Your question", placeholder="Ask about the article", lines=1, max_lines=5,
                    submit_btn="Ask", autofocus=True,
                )  # fmt: skip
            with gr.Column(elem_id="qa-reading"):
                picker = gr.Dropdown(
                    titles, value=first.open[0] if titles else None, label="Article", visible=len(titles) > 1,
                    elem_id="qa-picker", interactive=True,
                )  # fmt: skip
                pane = gr.HTML(first.pane(desk), elem_id="qa-pane", apply_default_css=False)

        def arrive(visit: Visit) -> Iterator[list[Any]]:
            choices = desk.titles()
            shown = visit.open[0] if visit.open else None
            yield [gr.update(choices=choices, value=shown, visible=len(choices) > 1), _status(desk)]
            if not desk.warm:
                _settle(desk)
                yield [gr.skip(), _status(desk)]

        def respond(question: str, visit: Visit) -> Iterator[list[Any]]:
            visit.turns = [*visit.turns[1 - MAX_TURNS :], (question, "" if desk.warm else message_to_html(WARMING))]
            yield ["", visit.chat(), gr.skip(), gr.skip(), visit]
            rest = ""
            try:
                answer = desk.ask(question)
                visit.reply(answer_to_html(answer, titles=len(desk.titles()) > 1), answer)
            except ArticleQAError as error:
                visit.reply(message_to_html(str(error)))
                rest = question  # to be put right
            except Exception:
                traceback.print_exc()
                visit.reply(message_to_html(MISTAKE))
            yield [rest, visit.chat(), visit.pane(desk), gr.update(value=next(iter(visit.open), None)), visit]

        def turn_to(article_id: str | None, visit: Visit) -> tuple[str, Visit]:
            if article_id is not None:
                visit.open = [article_id, *(one for one in visit.open if one != article_id)]
            return visit.pane(desk), visit

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        out = [box, chat, pane, picker, visit]
        page.load(arrive, [visit], [picker, status], concurrency_limit=None, **quiet)
        box.submit(respond, [box, visit], out, concurrency_limit=None, **quiet)
        for button in examples:
            button.click(respond, [button, visit], out, concurrency_limit=None, **quiet)
        picker.input(turn_to, [picker, visit], [pane, visit], **quiet)
        _add_endpoints(desk)
    return page


def _add_endpoints(desk: Desk) -> None:
    """What gradio_client can call: a question and a number, never a path or an address."""
    import gradio as gr

    def ask(question: str, k: int = 3) -> dict[str, Any]:
        """Answer a question with at most k cited quotes, or abstain: Answer.to_dict()."""
        try:
            return desk.ask(*_checked(question, k)).to_dict()
        except ArticleQAError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def search(question: str, k: int = 5) -> list[dict[str, Any]]:
        """The k best sentences, whether or not they answer: a list of Evidence.to_dict()."""
        try:
            desk.wait()
            asked, number = _checked(question, k)
            return [evidence.to_dict() for evidence in desk.qa.search(asked, k=number)]
        except ArticleQAError as error:
            raise gr.Error(str(error), print_exception=False) from None

    from gradio.events import api

    api(ask, api_name="ask", concurrency_limit=None)
    api(search, api_name="search", concurrency_limit=None)


def _checked(question: Any, k: Any) -> tuple[str, int]:
    """What a client sent, as what it must be: gradio does not check."""
    if not isinstance(question, str):
        raise QuestionError(f"The question is {type(question).__name__}, and not a text.", "Send a text.")
    if isinstance(k, bool) or not isinstance(k, int | float) or k != int(k):
        raise QuestionError(f"k is {k!r}.", "Ask for a whole number of sentences.")
    return question, int(k)


def _status(desk: Desk) -> str:
    if not desk.warm:
        return f'<p role="status">{WARMING}</p>'
    try:
        desk.wait()
    except ArticleQAError as error:
        return f'<div role="alert">{message_to_html(str(error))}</div>'
    except Exception:
        return f'<div role="alert">{message_to_html(MISTAKE)}</div>'
    return ""


def _settle(desk: Desk) -> None:
    """Wait until the desk is warm, or will never be."""
    try:
        desk.wait()
    except Exception:
        return


def serve(desk: Desk, host: str, port: int, *, auth: tuple[str, str] | None = None) -> "gr.Blocks":
    """Serve the page in a thread, and return it; `close()` ends that."""
    page = make_page(desk)
    import gradio as gr

    font = gr.themes.LocalFont("IBM Plex Sans", (400, 700))  # a file of gradio's; the other weights there hold few letters
    theme = gr.themes.Base(font=[font, "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    page.launch(
        server_name=host, server_port=port, auth=auth, theme=theme,
        css=(resources.files("qa") / "page.css").read_text("utf-8"),
        share=False, ssr_mode=False, mcp_server=False, run_history=False, footer_links=[],
        prevent_thread_lock=True, quiet=True,
    )  # fmt: skip
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    """The `article-qa` command."""
    parser, commands = cli.make_parser()
    _declare_chat(commands)
    return cli.run(parser, arguments)


def _declare_chat(commands: cli.Commands) -> None:
    command = commands.add_parser(
        "chat", help="ask in the browser", description="Open a chat about articles, to be used in a browser on this machine."
    )
    command.add_argument("articles", metavar="ARTICLE", nargs="*", help="ask these files (default: the bundled article)")
    command.add_argument("--library", metavar="DIR", type=Path, help="ask the articles kept in this folder")
    command.add_argument(
        "--host", metavar="H", default="127.0.0.1", help="to listen on (default: 127.0.0.1, this machine alone)"
    )
    command.add_argument("--port", metavar="P", type=int, default=7860, help="to listen on (default: 7860)")
    cli.add_source_arguments(command)
    command.set_defaults(body=_chat)


def _chat(chosen: argparse.Namespace) -> int:
    if chosen.articles and chosen.library:
        raise ArticleQAError("Both articles and a library are named.", "Name one, or add the articles to the library.")
    auth = _credentials()
    _check_free(chosen.host, chosen.port)
    if auth is None and not _is_loopback(chosen.host):
        _warn_of_strangers(chosen.host)
    encoder = Encoder(chosen.model, download=chosen.download)
    desk = Desk.lay(chosen.articles, chosen.library, encoding=chosen.encoding, encoder=encoder)
    threading.Thread(target=desk.warm_up, daemon=True).start()
    page = serve(desk, chosen.host, chosen.port, auth=auth)
    try:
        print(f"The chat is at {page.local_url} (Ctrl-C stops it).", file=sys.stderr)
        desk.wait()
        while True:
            time.sleep(3600)
    finally:
        page.close(verbose=False)


def _credentials() -> tuple[str, str] | None:
    user, password = os.environ.get("ARTICLE_QA_USER"), os.environ.get("ARTICLE_QA_PASSWORD")
    if user and password:
        return user, password
    if user or password:
        raise ArticleQAError("Only one of ARTICLE_QA_USER and ARTICLE_QA_PASSWORD is set.", "Set both, or neither.")
    return None


def _check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is loaded."""
    if not 0 < port < 65536:
        raise ArticleQAError(f"{port} is not a port.", "Name one from 1 to 65535, such as --port 7860.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a just closed port is free
            probe.bind(found[4])
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArticleQAError(
            f"Port {port} of {host} cannot be used: {reason}.",
            f"Stop what uses it, or name another one: article-qa chat --port {port + 1 if 1023 < port < 65535 else 7861}.",
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _warn_of_strangers(host: str) -> None:
    line = "!" * 78
    print(
        f"{line}\nWARNING: on {host}, whoever reaches this machine can read and ask these articles: no password is set.\n"
        f"Set ARTICLE_QA_USER and ARTICLE_QA_PASSWORD, or leave --host away.\n{line}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(["chat", *words] if not words or words[0] in ("--library", "--host", "--port") else words))
