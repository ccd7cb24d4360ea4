"""What a chat has open for everybody: the articles on its desk, and the visits that are paid to it.

Knows nothing of gradio, of servers, or of what a visit shows.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from index import Article, ArticleQAError, Encoder, Library, LibraryError, load, load_bundled
from qa.answer import Answer
from qa.article_qa import ArticleQA
from qa.calibration import RETRIEVAL, Profile
from qa.reader import SHIPPED, Reader
from qa.rendering import message_to_html, shortened
from qa.suggestions import Suggestion, suggest
from qa.visit import MISTAKE, WARMING, Visit

__all__ = ["Desk"]

MAX_VISITS = 2000  # that are remembered at once; whoever was away longest is forgotten first
GRACE = 60.0  # seconds that a visit is kept when its page is gone, for it may have lost its connection and come back


class Desk:
    """The articles that lie open: to be read at once, to be asked when the model is loaded and their sentences encoded."""

    def __init__(self, qa: ArticleQA, waiting: Sequence[Article] = ()) -> None:
        self.qa = qa
        self.grace = GRACE
        self._waiting = {article.id: article for article in waiting}
        self._warm: Future[None] = Future()
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._lock = threading.Lock()
        self._suggestions: dict[str, Future[Sequence[Suggestion]]] = {}
        self._background = ThreadPoolExecutor(1, "suggestions")

    @classmethod
    def lay(
        cls,
        sources: Sequence[str],
        library: Path | None,
        *,
        encoding: str | None,
        encoder: Encoder,
        reader: Reader | None = SHIPPED,
        profile: Profile | None = None,
    ) -> "Desk":
        """A library's articles, these sources', or the bundled one where neither is named. Loads no model."""
        if library is not None:
            return cls(ArticleQA.open(library, encoder=encoder, reader=reader, profile=profile))
        articles = [load(source, encoding=encoding) for source in sources] or [load_bundled()]
        return cls(ArticleQA(Library.in_memory(encoder), profile, reader=reader), articles)

    def warm_up(self) -> None:
        """Load the model and encode what waits for it; whoever waits in `wait` goes on, or gets the error."""
        try:
            for article in self._waiting.values():
                self.qa.library.add(article)
            self.qa.ask("warming up", k=1)
        except BaseException as error:
            self._warm.set_exception(error)
        else:
            self._warm.set_result(None)

    @property
    def warm(self) -> bool:
        return self._warm.done()

    @property
    def ready(self) -> bool:
        """Whether questions can be asked at once."""
        return self.warm and self._warm.exception() is None

    def wait(self) -> None:
        """Return when questions can be asked; raises what went wrong in `warm_up`."""
        self._warm.result()

    def settle(self) -> None:
        """Return when the desk is warm, or will never be."""
        self._warm.exception()

    def status(self) -> str:
        """What keeps questions from being answered, as HTML; empty where nothing does."""
        if not self.warm:
            return f'<p role="status">{WARMING}</p>'
        error = self._warm.exception()
        if error is None:
            return ""
        return f'<div role="alert">{message_to_html(str(error) if isinstance(error, ArticleQAError) else MISTAKE)}</div>'

    def ask(self, question: str, k: int = 3) -> Answer:
        self.wait()
        return self.qa.ask(question, k=k)

    # -- its articles

    def titles(self) -> list[tuple[str, str]]:
        """Title, cut where it is long, and id of every article, in their order."""
        entries = self._waiting.values() or self.qa.library.list()
        return [(shortened(entry.title), entry.id) for entry in entries]

    def article(self, article_id: str) -> Article | None:
        """The article, or None where there is none, or none any more."""
        try:
            return self._waiting.get(article_id) or self.qa.library.get(article_id)
        except LibraryError:
            return None

    def knows(self, language: str | None) -> bool:
        """Whether the model can be expected to understand a language; of one that is not the default, nothing is known."""
        return language in (None, "en") or (self.warm and self.qa.library.encoder.identity != RETRIEVAL.encoder)

    def suggestions(self, article: Article, qa: ArticleQA | None = None) -> "Future[Sequence[Suggestion]]":
        """Questions that the article answers, worked out behind everything else; `qa` holds it where the desk does not."""
        if qa is not None:
            return self._background.submit(self._suggest, article, qa)
        with self._lock:
            if article.id not in self._suggestions:
                self._suggestions[article.id] = self._background.submit(self._suggest, article, self.qa)
            return self._suggestions[article.id]

    def _suggest(self, article: Article, qa: ArticleQA) -> Sequence[Suggestion]:
        self.wait()
        return suggest(article, qa) if self.knows(article.language) else ()

    # -- its visits

    def visit(self, session: str | None) -> Visit:
        """The visit of this session, which begins with the first call; without a session, one that nobody comes back to."""
        if not session:
            return Visit(self)
        with self._lock:
            visit = self._visits.setdefault(session, Visit(self))
            self._visits.move_to_end(session)
            while len(self._visits) > MAX_VISITS:
                self._visits.popitem(last=False)[1].close()
            visit.away = False
            return visit

    def visits(self) -> Sequence[Visit]:
        """Those that are remembered, whoever was away longest first."""
        with self._lock:
            return list(self._visits.values())

    def leave(self, session: str | None) -> None:
        """The page of this session is gone; so is its visit, unless it comes back within the `grace`."""
        with self._lock:
            visit = self._visits.get(session or "")
            if visit is None:
                return
            visit.away = True
        timer = threading.Timer(self.grace, self._forget, [session])
        timer.daemon = True
        timer.start()

    def _forget(self, session: str) -> None:
        with self._lock:
            if (visit := self._visits.get(session)) and visit.away:
                self._visits.pop(session).close()
