"""Answers and articles as text and HTML to read. Pure functions; knows nothing of terminals, pages or how answers come.

Whatever came from an article, a title, a source or a question is data: in HTML every character of it that HTML or Markdown
could read as a sign becomes a character reference. So it reads as it was written even where a page takes the HTML for
Markdown first, as a chat does.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from index import Article, Sentence
from qa.answer import Answer, Citation, Evidence

__all__ = [
    "answer_to_html",
    "article_to_html",
    "conversation_to_html",
    "counted_in_words",
    "escape",
    "figures_to_text",
    "message_to_html",
    "sentence_id",
    "shortened",
]

# Every ASCII sign, and the white space that ends a line: a blank line would end an HTML block, and begin Markdown.
_ACTIVE = re.compile(r"[!-/:-@\[-`{-~\t\n\r]")
_MAX_TITLE = 80  # characters, where a title stands beside something else
_MAX_SHOWN = 2000  # characters of a question; far above what can be asked
_WELCOME = "Ask a question. The answer quotes the article, and each citation leads to its sentence there."
_SURE = ((0.8, "quite sure"), (0.5, "fairly sure"), (0.0, "not sure"))  # confidence, from the highest down


def shortened(title: str) -> str:
    """A title that fits where it is not the main thing: whole, or its beginning."""
    return title if len(title) <= _MAX_TITLE else title[: _MAX_TITLE - 1] + "…"


# -- HTML: of one line, without white space between blocks, so that Markdown sees a single block of HTML


def escape(text: str) -> str:
    """The text as HTML that shows exactly these characters, in an element or an attribute, through Markdown or without."""
    return _ACTIVE.sub(lambda sign: f"&#{ord(sign[0])};", text)


def sentence_id(citation: Citation) -> str:
    """The id of the cited sentence's element: the same for as long as the article's text is the same."""
    return _id(citation.article_id, citation.start)


def conversation_to_html(turns: Sequence[tuple[str, str]]) -> str:
    """A conversation, oldest turn first: the question as it was typed, and the HTML of its reply, where there is one yet.

    A region that a screen reader follows, and that the keyboard can scroll.
    """
    drawn = "".join(_turn(question, reply) for question, reply in turns) or f'<p class="qa-welcome">{_WELCOME}</p>'
    return f'<div class="qa-log" role="log" aria-label="Conversation" tabindex="0"><div class="qa-turns">{drawn}</div></div>'


def _turn(question: str, reply: str) -> str:
    shown = question if len(question) <= _MAX_SHOWN else question[:_MAX_SHOWN] + "…"
    asked = f'<div class="qa-question">{escape(shown)}</div>' if question.strip() else ""
    return f'<div class="qa-turn">{asked}{reply}</div>'


def message_to_html(message: str) -> str:
    """A plain message, such as what is wrong with a question."""
    return f'<div class="qa-message">{escape(message)}</div>'


def answer_to_html(answer: Answer, *, titles: bool = False) -> str:
    """An answer: the best quote first and large, further ones below; or why there is none, with the nearest sentences apart.

    Every citation links to its sentence in `article_to_html`. `titles` names the article too, for where there are several.
    """
    if answer.abstained:
        body = f'<p class="qa-reason">{escape(answer.reason or "")}</p>{_nearest(answer.nearest, titles)}'
        return f'<div class="qa-answer qa-abstained">{body}{_scores(answer.nearest)}</div>'
    best, *further = answer.evidence
    sure = f'<span class="qa-sure">{_sureness(answer.confidence)}</span>' if answer.confidence is not None else ""
    body = f'<blockquote class="qa-best">{_marked(best)}</blockquote>'
    body += f'<p class="qa-cite">{_link(best.citation, 1, titles)}{sure}</p>{_context(best, titles)}'
    if further:
        items = "".join(_further(number, one, titles) for number, one in enumerate(further, 2))
        body += f'<div class="qa-further"><p class="qa-label">Further evidence</p><ul>{items}</ul></div>'
    return f'<div class="qa-answer">{body}{_scores(answer.evidence)}</div>'


def article_to_html(article: Article, answer: Answer | None = None) -> str:
    """An article as it reads, its sentences marked and numbered where the answer cites them.

    The text of the element `qa-text` is the article's text, to the character.
    """
    cited = {sentence_id(one.citation): number for number, one in enumerate(answer.evidence, 1)} if answer else {}
    leaned = {sentence_id(citation) for one in answer.evidence for citation in one.context} if answer else set()
    parts, end = [], 0
    for sentences in article.paragraphs:
        first, last = sentences[0], sentences[-1]
        parts.append(escape(article.text[end : first.start]))
        words = " ".join(article.quote(first).strip("#=- \n").split())  # without a Markdown heading's marks
        heading = " qa-heading" if end == 0 and len(sentences) == 1 and words == article.title else ""
        parts.append(f'<p class="qa-paragraph{heading}" data-number="{first.paragraph}">')
        parts.append(_sentences(article, sentences, cited, leaned))
        parts.append("</p>")
        end = last.end
    parts.append(escape(article.text[end:]))
    counts = (
        f"{counted_in_words(len(article.paragraphs), 'paragraph')}, {counted_in_words(len(article.sentences), 'sentence')}"
    )
    source = f"{escape(article.source)} · {counts}" if article.source else counts
    head = f'<h2 class="qa-title">{escape(article.title)}</h2><p class="qa-source">{source}</p>'
    head = f'<header class="qa-head">{head}</header>'
    return f'<article class="qa-article">{head}<div class="qa-text">{"".join(parts)}</div></article>'


def _sentences(article: Article, sentences: Sequence[Sentence], cited: Mapping[str, int], leaned: set[str]) -> str:
    parts, end = [], sentences[0].start
    for sentence in sentences:
        name = _id(article.id, sentence.start)
        classes, number = "qa-sentence", ""
        if sentence.furniture:
            classes += " qa-furniture"
        if name in cited:
            classes += " qa-cited"
            number = f' data-cited="{cited[name]}"'
        elif name in leaned:
            classes += " qa-leaned"
        parts.append(escape(article.text[end : sentence.start]))
        parts.append(f'<span class="{classes}" id="{name}"{number}>{escape(article.quote(sentence))}</span>')
        end = sentence.end
    return "".join(parts)


def _id(article_id: str, start: int) -> str:
    return f"s-{article_id}-{start}"


def counted_in_words(number: int, noun: str) -> str:
    """ "1 sentence", "2,000 sentences"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _link(citation: Citation, number: int | None, titles: bool) -> str:
    label = f'<span class="qa-number">{escape(f"[{number}]")}</span> ' if number else ""
    where = f'<span class="qa-place">{escape(citation.place)}</span>'
    of = f' <span class="qa-of">{escape(shortened(citation.title))}</span>' if titles else ""
    return f'<a class="qa-link" href="#{sentence_id(citation)}">{label}{where}{of}</a>'


def _marked(evidence: Evidence) -> str:
    """The quote, with the answering words marked where they are known."""
    if evidence.answer is None:
        return escape(evidence.quote)
    start, end = (offset - evidence.citation.start for offset in (evidence.answer.start, evidence.answer.end))
    quote = evidence.quote
    return f"{escape(quote[:start])}<mark>{escape(quote[start:end])}</mark>{escape(quote[end:])}"


def _context(evidence: Evidence, titles: bool) -> str:
    links = "".join(
        f'<li><span class="qa-quote">{escape(citation.quote)}</span>{_link(citation, None, titles)}</li>'
        for citation in evidence.context
    )
    return f'<div class="qa-context"><p class="qa-label">It leans on</p><ul>{links}</ul></div>' if links else ""


def _further(number: int, evidence: Evidence, titles: bool) -> str:
    link = _link(evidence.citation, number, titles)
    return f'<li><span class="qa-quote">{_marked(evidence)}</span>{link}{_context(evidence, titles)}</li>'


def _nearest(nearest: Sequence[Evidence], titles: bool) -> str:
    items = "".join(
        f'<li>{_link(one.citation, None, titles)}<span class="qa-near">{escape(one.quote)}</span></li>' for one in nearest
    )
    label = "Nearest sentences, not an answer"
    return f'<div class="qa-nearest"><p class="qa-label">{label}</p><ul>{items}</ul></div>' if items else ""


def _scores(ranked: Sequence[Evidence]) -> str:
    if not ranked:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.citation.place)}</td><td>{one.score:.3f}</td>"
        f"<td>{'' if one.confidence is None else f'{one.confidence:.0%}'}</td></tr>"
        for one in ranked
    )
    head = "<tr><th>Sentence</th><th>Score</th><th>Confidence</th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f'<details class="qa-scores"><summary>Scores</summary>{table}</details>'


def _sureness(confidence: float) -> str:
    return next((words for least, words in _SURE if confidence >= least), _SURE[-1][1])


# -- figures


def figures_to_text(figures: dict[str, Any]) -> str:
    """What `evaluate` measured, as a table: the ranking against its baselines, then abstention and speed."""
    names = ("sentence_p_at_1", "mrr_at_10", "recall_at_5")
    rows = [("", "P@1", "MRR@10", "R@5"), ("fused", *(_share(figures["metrics"][name]) for name in names))]
    rows += [(label, *(_share(of[name]) for name in names)) for label, of in figures["baselines"].items()]
    lines = ["".join(f"{cell:<10}" for cell in row).rstrip() for row in rows]
    for title in ("metrics", "speed", "profile"):
        lines += ["", title]
        lines += [f"  {name:<28}{_share(value)}" for name, value in figures[title].items() if name not in names]
    return "\n".join(lines)


def _share(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
