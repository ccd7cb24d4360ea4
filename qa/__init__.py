"""Questions become evidence with citations, or an abstention: what to import from Python."""

from index import ArticleQAError
from qa.answer import Answer, AnswerSpan, Citation, Evidence
from qa.article_qa import ArticleQA
from qa.conversation import Conversation, Turn

__all__ = ["Answer", "AnswerSpan", "ArticleQA", "ArticleQAError", "Citation", "Conversation", "Evidence", "Turn"]
