"""One visitor's session: the conversation, the open articles, the choices made, and articles that are this visitor's alone.

Knows nothing of gradio or of servers: it keeps state, and draws it by `qa.rendering`, `qa.pane` and `qa.controls`.
"""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from index import Article
from qa.answer import Answer
from qa.article_qa import ArticleQA
from qa.controls import choices_to_html
from qa.conversation import MAX_TURNS, Conversation
from qa.pane import article_to_html
from qa.rendering import Shown, conversation_to_html, message_to_html, shortened
from qa.shelf import Shelf
from qa.suggestions import Suggestion
from qa.transcript import conversation_to_json, conversation_to_markdown

if TYPE_CHECKING:
    from qa.desk import Desk

__all__ = ["MISTAKE", "Visit", "WARMING"]

WARMING = "Warming up: the language model is being loaded. A question asked now is answered as soon as that is done."
MISTAKE = "This is a mistake in article-qa, not in what you did. The terminal that it runs in says more."
MAX_OPEN = 6  # articles that lie in the pane at once, so that the citations of earlier answers still lead somewhere
SUGGESTED = 3  # questions at once


class Visit:
    """What one visitor sees and has: questions with their replies, and the open articles, the one in view first."""

    def __init__(self, desk: "Desk") -> None:
        self.turns: list[Shown] = []
        self.open = [article_id for _, article_id in desk.titles()[:1]]
        self.everywhere = True  # whether all articles are asked, or the one in view
        self.max_error: float | None = None
        self.adding = False  # whether the form for articles of one's own is open
        self.away = False
        self._desk = desk
        self._own: dict[str, Article] = {}
        self._suggested: Sequence[str] = ()
        self._suggestions: dict[str, Future[Sequence[Suggestion]]] = {}
        self._shelf: Shelf | None = None
        self._conversation: Conversation | None = None
        self._drawn = 0
        self._lock = threading.RLock()  # a page's events come in threads of their own: one conversation, over one shelf

    def close(self) -> None:
        """Forget everything, the visitor's own articles first."""
        if self._shelf is not None:
            self._shelf.close()
        self._own.clear()
        self.turns.clear()

    # -- asking

    def begin(self, question: str) -> None:
        """Show the question, with no reply yet."""
        self.turns = [*self.turns[1 - MAX_TURNS :], (question, None if self._desk.warm else WARMING)]
        self._suggested = ()

    def answer(self, *, as_typed: bool = False) -> None:
        """Reply to the last question, and bring what the answer cites into the pane. Raises QuestionError."""
        question = self.turns[-1][0]
        conversation = self._begun()
        conversation.max_error = self.max_error
        conversation.within = None if self.everywhere else tuple(self.open[:1])
        answer = conversation.ask(question, as_typed=as_typed)
        self.turns[-1] = (question, answer)
        cited = [one.citation.article_id for one in answer.evidence or answer.nearest]
        self._bring(*(self.open[:1] + cited if answer.abstained else cited))

    def reply(self, message: str) -> None:
        """Put a message in the place of the answer to the last question."""
        self.turns[-1] = (self.turns[-1][0], message)

    def undo(self) -> str:
        """Take the last turn back, and return its question."""
        if not self.turns:
            return ""
        question, reply = self.turns.pop()
        if isinstance(reply, Answer):
            self._begun().undo()
        return question

    def clear(self) -> None:
        """Begin again: nothing asked, and nothing that a question could lean on."""
        self.turns = []
        if self._conversation is not None:
            self._conversation.reset()

    def _begun(self) -> Conversation:
        """The conversation, over the desk's articles and the visitor's own: begun when it is first needed."""
        self._desk.wait()
        with self._lock:
            if self._conversation is None:
                desk_qa = self._desk.qa
                self._qa = ArticleQA(self._shelved(), desk_qa.profile, reader=desk_qa.reader)
                self._conversation = self._qa.conversation()
            return self._conversation

    def choose(self, what: str, of: str) -> None:
        """Follow a choice; what is no choice of ours changes nothing."""
        if what == "clear":
            self.clear()
        elif what == "adding":
            self.adding = not self.adding
        elif what == "scope":
            self.everywhere = of == "all"
        elif what == "error":
            self.max_error = next((error for error in self._promises() or () if f"{error:g}" == of), None)
        elif what == "remove":
            self.remove(of)

    def _promises(self) -> list[float] | None:
        """The error rates that the calibration keeps; None where there is none for the models in use."""
        qa = self._desk.qa
        return [error for error, _ in qa.profile.promises] if qa.calibrated else None

    def transcript(self, form: str) -> str:
        """The conversation to be saved, with its citations: as JSON, the `name` of a file, its `type` and its `text`."""
        turns = self._conversation.turns if self._conversation else ()
        if form == "json":
            saved = {"name": "conversation.json", "type": "application/json", "text": conversation_to_json(turns)}
        else:
            saved = {"name": "conversation.md", "type": "text/markdown", "text": conversation_to_markdown(turns)}
        return json.dumps(saved)

    # -- articles

    def titles(self) -> list[tuple[str, str]]:
        """Title and id of every article that this visitor can ask: the desk's, then the visitor's own."""
        own = [(f"{shortened(article.title)} (yours)", article.id) for article in self._own.values()]
        return [*self._desk.titles(), *own]

    def article(self, article_id: str) -> Article | None:
        """The article, or None where this visitor has none of this id."""
        return self._own.get(article_id) or self._desk.article(article_id)

    def turn_to(self, article_id: str) -> bool:
        """Bring an article into view; False where there is none."""
        if self.article(article_id) is None:
            return False
        self._bring(article_id)
        return True

    def add(self, article: Article) -> None:
        """Add an article that is this visitor's alone, open it, and ask it from now on. Raises LoadError."""
        if self.article(article.id) is None:
            self._desk.wait()
            self._shelved().put(article)
            kept = {entry.id for entry in self._shelved().own()}  # without what a new version has replaced
            self._own = {one.id: one for one in (*self._own.values(), article) if one.id in kept}
        self._bring(article.id)
        self.everywhere = False

    def remove(self, article_id: str) -> None:
        """Remove an article of the visitor's own; another one stays where it is."""
        if self._own.pop(article_id, None) is not None:
            self._shelved().remove(article_id)
            self.open = [one for one in self.open if one != article_id] or [one for _, one in self.titles()[:1]]

    def _bring(self, *article_ids: str) -> None:
        self.open = list(dict.fromkeys([*article_ids, *self.open]))[:MAX_OPEN]

    def _shelved(self) -> Shelf:
        with self._lock:
            if self._shelf is None:
                self._shelf = Shelf.before(self._desk.qa.library)
            return self._shelf

    # -- what could be asked

    def suggest(self, patience: float) -> None:
        """Find what could be asked next of the article in view; nothing where that takes more than `patience` seconds."""
        article = self.article(self.open[0]) if self.open else None
        if article is None:
            return
        self._begun()
        if article.id in self._own and article.id not in self._suggestions:
            self._suggestions[article.id] = self._desk.suggestions(article, self._qa)
        future = self._suggestions.get(article.id) or self._desk.suggestions(article)
        if not wait([future], patience).done or article.id not in self.open[:1]:  # another one is in view by now
            return
        found, threshold = future.result(), self._qa.threshold(self.max_error)
        asked = {text.casefold() for question, reply in self.turns for text in (question.strip(), _query(reply))}
        good = [one for one in found if threshold is None or one.confidence > threshold]
        self._suggested = [one.question for one in good if one.question.casefold() not in asked][:SUGGESTED]

    # -- drawing

    def chat(self) -> str:
        """The conversation so far, with what could be asked next."""
        return conversation_to_html(
            self.turns, titles=len(self.titles()) > 1, suggestions=self._suggested, private=self._own.keys()
        )

    def pane(self) -> str:
        """The open articles. All but the first are hidden until a citation leads to them (the page's css does that)."""
        self._drawn += 1
        # gradio changes what is there element by element, and the browser's :target would stay on a reused one: lit, but
        # another sentence. A root of another name is replaced as a whole.
        root = ("div", "section")[self._drawn % 2]
        reply = self.turns[-1][1] if self.turns else None
        answer = reply if isinstance(reply, Answer) else None
        drawn = "".join(
            article_to_html(article, answer, own=article.id in self._own, known=self._desk.knows(article.language))
            for one in self.open
            if (article := self.article(one))
        )
        return f"<{root}>{drawn or message_to_html('There is no article here yet.')}</{root}>"

    def choices(self) -> str:
        """Which articles are asked, and how often an answer may be wrong."""
        if not self._desk.ready:
            return ""
        return choices_to_html(
            len(self.titles()), everywhere=self.everywhere, promises=self._promises(), max_error=self.max_error
        )


def _query(reply: Answer | str | None) -> str:
    return reply.query if isinstance(reply, Answer) else ""
