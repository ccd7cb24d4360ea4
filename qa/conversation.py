"""A conversation: questions that may lean on earlier ones, each searched as a query that stands alone.

The only object with memory. Knows nothing of how a question is understood, or of pages: `qa.followup` proposes readings,
and the evidence decides between them.
"""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index import Article, LibraryError
from qa.answer import Answer, Citation
from qa.english import is_verb_form
from qa.followup import added, asks_for_more, readings
from qa.talk import Past

if TYPE_CHECKING:
    from qa.article_qa import ArticleQA

__all__ = ["Conversation", "MAX_TURNS", "Turn"]

MAX_TURNS = 50  # that are kept; older ones are forgotten
LIKELY = 0.5  # a confidence from which on a reading is not doubted: the language prefers it to those that follow
MARGIN = 0.15  # of confidence by which a later reading must be better than an unlikely earlier one
NEAR = 30_000  # characters of an article on either side of a citation that can say who is who
LONGEST = 400  # characters of a question that can lean on others, and of a query that is made of it
LONGEST_NAME = 6  # words of a title that names what its article is about


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was typed, and its answer; `answer.query` is how it was understood."""

    question: str
    answer: Answer


class Conversation:
    """Asks one question after the other. Safe to use from several threads, which then take turns.

    `article.conversation()` begins one. Conversations over the same articles know nothing of each other. `max_error` and
    `within` may be changed between two questions.
    """

    def __init__(
        self,
        qa: "ArticleQA",
        *,
        k: int = 3,
        max_error: float | None = None,
        within: Iterable[str] | None = None,
    ) -> None:
        self._qa = qa
        self._k = k
        self.max_error = max_error
        self.within = within if within is None or isinstance(within, str) else tuple(within)
        self._turns: deque[Turn] = deque(maxlen=MAX_TURNS)
        self._lock = threading.Lock()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was asked and answered, oldest first; the last MAX_TURNS of it."""
        return tuple(self._turns)

    def ask(self, question: str, *, as_typed: bool = False) -> Answer:
        """Answer a question in the light of the earlier ones, or abstain, as `ArticleQA.ask` does.

        `answer.question` is what was typed and `answer.query` the standalone query that was searched; they are equal where
        the question stands alone, and with `as_typed`. A question that raises QuestionError is no turn.
        """
        with self._lock:
            queries = [question.strip()] if as_typed else self._readings(question)
            answer = self._best(question, queries)
            self._turns.append(Turn(question, answer))
            return answer

    def undo(self) -> Turn | None:
        """Forget the last turn and return it, as though it had not been asked; None where there is none."""
        with self._lock:
            return self._turns.pop() if self._turns else None

    def reset(self) -> None:
        """Forget everything: the next question stands alone."""
        with self._lock:
            self._turns.clear()

    def _readings(self, question: str) -> list[str]:
        """What the question may mean, as queries; what cannot be asked is left for `ask` to refuse."""
        if not question.strip() or len(question) > LONGEST:
            return [question]
        past = [_past(turn) for turn in self._turns]
        cited = next((turn.answer.evidence[0].citation for turn in reversed(self._turns) if turn.answer.evidence), None)
        article = self._article(cited.article_id) if cited else self._only_article()
        if article is None:
            found = readings(question, past)
        else:
            first = max(0, cited.start // NEAR - 1) * NEAR if cited else 0
            near = article.text[first : first + 2 * NEAR]
            found = readings(question, past, topic=article.title if _can_be_named(article.title) else "", text=near)
        return [query for query in found if len(query) <= LONGEST] or [question.strip()]

    def _article(self, article_id: str) -> Article | None:
        try:
            return self._qa.library.get(article_id)
        except LibraryError:  # removed since
            return None

    def _only_article(self) -> Article | None:
        """The article that is asked, where it is one."""
        wanted = [self.within] if isinstance(self.within, str) else self.within
        ids = [entry.id for entry in self._qa.library.list() if wanted is None or entry.id in wanted]
        return self._article(ids[0]) if len(ids) == 1 else None

    def _best(self, question: str, queries: list[str]) -> Answer:
        """The answer by the first reading, unless the evidence is not likely for it and clearly better for a later one."""
        best = self._search(question, queries[0])
        for query in queries[1:]:
            if self._worth(question, best) >= LIKELY:
                break
            answer = self._search(question, query)
            if self._worth(question, answer) > self._worth(question, best) + MARGIN:
                best = answer
        likely = self._worth(question, best) >= LIKELY
        return best if likely or best.query == question.strip() else self._by_pronoun(question, best)

    def _by_pronoun(self, question: str, best: Answer) -> Answer:
        """The answer to what was typed, where it quotes a "She ..." that leans on a sentence about whom the reading names.

        Such a sentence has the pronoun of the question, and lacks the name that the reading puts there.
        """
        typed = self._search(question, question.strip())
        context = " ".join(citation.quote for one in typed.evidence[:1] for citation in one.context).lower()
        meant = bool(context) and all(word in context for word in added(question, best.query))
        better = self._worth(question, typed) > self._worth(question, best)
        return replace(typed, query=best.query) if meant and better else best

    def _search(self, question: str, query: str) -> Answer:
        told = self._told(question)
        k = max(self._k, 1 + len(told))
        answer = self._qa.ask(question, query=query, k=k, max_error=self.max_error, within=self.within)
        return _without(answer, told, self._k) if told else answer

    def _told(self, question: str) -> set[Citation]:
        """The best evidence of the last turn, where the question asks for more: "what else?" does not ask for it again."""
        last = list(self._turns)[-1:] if asks_for_more(question) else []
        return {one.citation for turn in last for one in turn.answer.evidence[:1]}

    def _worth(self, question: str, answer: Answer) -> float:
        """The answer's confidence; nothing where it tells again what was told, all where there is no calibration."""
        if answer.evidence and answer.evidence[0].citation in self._told(question):
            return 0.0
        return float(not answer.abstained) if answer.confidence is None else answer.confidence


def _without(answer: Answer, told: set[Citation], k: int) -> Answer:
    """The answer by what has not been told yet, where there is any."""
    new = tuple(one for one in answer.evidence if one.citation not in told)
    return (
        replace(answer, evidence=new[:k], confidence=new[0].confidence)
        if new
        else replace(answer, evidence=answer.evidence[:k], nearest=answer.nearest[:k])
    )


def _can_be_named(title: str) -> bool:
    """Whether a title names something ("The tide mill at Eskary"), and is no headline or first sentence."""
    words = title.rstrip().split()
    return 0 < len(words) <= LONGEST_NAME and not title.endswith((".", "…", "!", "?")) and not any(map(is_verb_form, words))


def _past(turn: Turn) -> Past:
    answer = turn.answer
    if answer.abstained:
        return Past(answer.query, typed=turn.question)
    best = answer.evidence[0]
    quotes = tuple(one.quote for one in answer.evidence)
    context = tuple(citation.quote for citation in best.context)
    return Past(answer.query, quotes, best.answer.text if best.answer else None, turn.question, context)
