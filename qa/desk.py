"""What a chat has open: the articles on its desk, and what each visitor's page shows of them.

Knows nothing of gradio or of servers: it keeps state, and draws it by `qa.rendering`.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from index import Article, Encoder, Library, LibraryError, load, load_bundled
from qa.answer import Answer
from qa.article_qa import ArticleQA
from qa.rendering import article_to_html, conversation_to_html, message_to_html, shortened

__all__ = ["Desk", "MAX_TURNS", "Visit"]

MAX_TURNS = 50  # that a visitor's page keeps; older ones leave at its top
MAX_OPEN = 6  # articles that lie in the pane at once, so that the citations of earlier answers still lead somewhere
EXAMPLES = (  # for the bundled article alone: nobody knows what another one answers
    "who did Zhao meet?",
    "when did the two countries hold summit meetings?",
    "what is the population of Pyongyang?",
)


class Desk:
    """The articles that lie open: to be read at once, to be asked when the model is loaded and their sentences encoded."""

    def __init__(self, qa: ArticleQA, waiting: Sequence[Article] = ()) -> None:
        self.qa = qa
        self._waiting = {article.id: article for article in waiting}
        self._warm: Future[None] = Future()

    @classmethod
    def lay(cls, sources: Sequence[str], library: Path | None, *, encoding: str, encoder: Encoder) -> "Desk":
        """A library's articles, these files', or the bundled one where neither is named. Loads no model."""
        if library is not None:
            return cls(ArticleQA.open(library, encoder=encoder))
        articles = [load(source, encoding=encoding) for source in sources] or [load_bundled()]
        return cls(ArticleQA(Library.in_memory(encoder)), articles)

    def warm_up(self) -> None:
        """Load the model and encode what waits for it; whoever waits in `wait` goes on, or gets the error."""
        try:
            for article in self._waiting.values():
                self.qa.library.add(article)
            self.qa.search("warming up", k=1)
        except BaseException as error:
            self._warm.set_exception(error)
        else:
            self._warm.set_result(None)

    @property
    def warm(self) -> bool:
        return self._warm.done()

    def wait(self) -> None:
        """Return when questions can be asked; raises what went wrong in `warm_up`."""
        self._warm.result()

    def ask(self, question: str, k: int = 3) -> Answer:
        self.wait()
        return self.qa.ask(question, k=k)

    def titles(self) -> list[tuple[str, str]]:
        """Title, cut where it is long, and id of every article, in their order."""
        entries = self._waiting.values() or self.qa.library.list()
        return [(shortened(entry.title), entry.id) for entry in entries]

    def article(self, article_id: str) -> Article | None:
        """The article, or None where it has been removed since."""
        try:
            return self._waiting.get(article_id) or self.qa.library.get(article_id)
        except LibraryError:
            return None

    @property
    def examples(self) -> Sequence[str]:
        return EXAMPLES if [article_id for _, article_id in self.titles()] == [load_bundled().id] else ()


@dataclass
class Visit:
    """What one visitor's page shows: questions with their replies, and the open articles, the one in view first."""

    turns: list[tuple[str, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    answer: Answer | None = None
    drawn: int = 0

    def chat(self) -> str:
        """The conversation so far."""
        return conversation_to_html(self.turns)

    def reply(self, html: str, answer: Answer | None = None) -> None:
        """Put the reply beside the last question, and what it cites into the pane; the best evidence comes into view."""
        self.turns[-1] = (self.turns[-1][0], html)
        self.answer = answer
        if answer is not None:
            cited = [one.citation.article_id for one in answer.evidence or answer.nearest]
            order = self.open[:1] + cited if answer.abstained else cited
            self.open = list(dict.fromkeys([*order, *self.open]))[:MAX_OPEN]

    def pane(self, desk: Desk) -> str:
        """The open articles. All but the first are hidden until a citation leads to them (the page's css does that)."""
        self.drawn += 1
        # gradio changes what is there element by element, and the browser's :target would stay on a reused one: lit, but
        # another sentence. A root of another name is replaced as a whole.
        root = ("div", "section")[self.drawn % 2]
        articles = [article for one in self.open if (article := desk.article(one))]
        drawn = "".join(article_to_html(article, self.answer) for article in articles)
        return f"<{root}>{drawn or message_to_html('There is no article here yet.')}</{root}>"
