"""Questions become evidence with citations, or an abstention: what to import from Python."""

from index import ArticleQAError
from qa.answer import Answer, AnswerSpan, Citation, Evidence
from qa.article_qa import ArticleQA

__all__ = ["Answer", "AnswerSpan", "ArticleQA", "ArticleQAError", "Citation", "Evidence"]
