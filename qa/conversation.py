"""A conversation: questions that may lean on earlier ones, each searched as a query that stands alone.

The only object with memory. Knows nothing of how a question is understood, or of pages: `qa.followup` proposes readings,
and the evidence decides between them.
"""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa.answer import Answer
from qa.followup import readings
from qa.talk import Past

if TYPE_CHECKING:
    from qa.article_qa import ArticleQA

__all__ = ["Conversation", "MAX_TURNS", "Turn"]

MAX_TURNS = 50  # that are kept; older ones are forgotten
MARGIN = 0.15  # of confidence by which a reading must be better than those before it, which the language prefers


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
            queries = [question.strip()] if as_typed else readings(question, [_past(turn) for turn in self._turns])
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

    def _best(self, question: str, queries: list[str]) -> Answer:
        """The answer by the first reading, unless the evidence is clearly better for a later one."""
        best, *others = (
            self._qa.ask(question, query=query, k=self._k, max_error=self.max_error, within=self.within) for query in queries
        )
        for other in others:
            if (best.abstained and not other.abstained) or (other.confidence or 0) > (best.confidence or 0) + MARGIN:
                best = other
        return replace(best, question=question)


def _past(turn: Turn) -> Past:
    shown = turn.answer.evidence
    marked = shown[0].answer if shown else None
    return Past(turn.answer.query, tuple(one.quote for one in shown), marked.text if marked else None)
