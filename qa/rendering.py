"""Answers and conversations as HTML to read, and figures as text. Pure functions; knows nothing of how answers come.

Whatever came from an article, a title, a source or a question is data: in HTML every character of it that HTML or Markdown
could read as a sign becomes a character reference. So it reads as it was written even where a page takes the HTML for
Markdown first, as a chat does.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlencode

from qa.answer import Answer, Citation, Evidence

__all__ = [
    "Shown",
    "answer_to_html",
    "conversation_to_html",
    "counted_in_words",
    "escape",
    "figures_to_text",
    "message_to_html",
    "place_id",
    "quotation",
    "sentence_id",
    "shortened",
]

# Every ASCII sign, and the white space that ends a line: a blank line would end an HTML block, and begin Markdown.
_ACTIVE = re.compile(r"[!-/:-@\[-`{-~\t\n\r]")
_MAX_SHOWN = 2000  # characters of a question; far above what can be asked
_SURE = ((0.8, "quite sure"), (0.5, "fairly sure"), (0.0, "not sure"))  # confidence, from the highest down


def shortened(title: str, most: int = 80) -> str:
    """A title that fits where it is not the main thing: whole, or its beginning, of at most so many characters."""
    return title if len(title) <= most else title[: most - 1].rstrip(" …") + "…"


# -- HTML: of one line, without white space between blocks, so that Markdown sees a single block of HTML


def escape(text: str) -> str:
    """The text as HTML that shows exactly these characters, in an element or an attribute, through Markdown or without."""
    return _ACTIVE.sub(lambda sign: f"&#{ord(sign[0])};", text)


def sentence_id(citation: Citation) -> str:
    """The id of the cited sentence's element: the same for as long as the article's text is the same."""
    return place_id(citation.article_id, citation.start)


def place_id(article_id: str, start: int) -> str:
    """The id of the element of the sentence that starts there."""
    return f"s-{article_id}-{start}"


def message_to_html(message: str) -> str:
    """A plain message, such as what is wrong with a question."""
    return f'<div class="qa-message">{escape(message)}</div>'


def counted_in_words(number: int, noun: str) -> str:
    """ "1 sentence", "2,000 sentences"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# -- a conversation


Shown = tuple[str, Answer | str | None]  # a question as typed, and its answer, or a message in its place, or neither yet


def conversation_to_html(
    turns: Sequence[Shown], *, titles: bool = False, suggestions: Sequence[str] = (), private: Collection[str] = ()
) -> str:
    """A conversation, oldest turn first, and questions that could be asked next.

    A region that a screen reader follows, and that the keyboard can scroll. `titles` names the article of each citation;
    no link leads to the `private` articles, by their ids.
    """
    drawn = "".join(
        _turn(number, *turn, titles=titles, private=private, last=number == len(turns))
        for number, turn in enumerate(turns, 1)
    )
    asks = _suggestions(suggestions, "It also answers" if turns else "It answers, for example")
    if not turns:
        drawn = f'<div class="qa-turn qa-welcome"><p>{_WELCOME}</p>{asks}</div>'
    elif asks:
        drawn = drawn.removesuffix("</section>") + asks + "</section>"
    return f'<div class="qa-log" role="log" aria-label="Conversation" tabindex="0"><div class="qa-turns">{drawn}</div></div>'


_WELCOME = "Ask a question. The answer quotes the article, and each citation leads to its sentence there."
_LOOKING = '<p class="qa-looking" role="status">Reading<span>…</span></p>'


def _turn(
    number: int, question: str, reply: Answer | str | None, *, titles: bool, private: Collection[str], last: bool
) -> str:
    shown = question if len(question) <= _MAX_SHOWN else question[:_MAX_SHOWN] + "…"
    parts = [f'<h2 class="qa-question">{escape(shown)}</h2>'] if question.strip() else []
    if isinstance(reply, Answer):
        parts += [_understood(reply, last), answer_to_html(reply, titles=titles, latest=last), _tools(reply, private, last)]
    else:
        parts.append(_LOOKING if reply is None else message_to_html(reply))
    return f'<section class="qa-turn" aria-label="Question {number}">{"".join(parts)}</section>'


def _understood(answer: Answer, last: bool) -> str:
    """What a question that leans on earlier ones was taken for; with the last one, a button that takes it back."""
    if answer.query == answer.question.strip():
        return ""
    undo = _button("as-typed", "Ask it as typed") if last else ""
    return f'<p class="qa-understood">Understood as: <q>{escape(answer.query)}</q> {undo}</p>'


def _tools(answer: Answer, private: Collection[str], last: bool) -> str:
    """What can be done with a turn: a link to it; and with the last one, again or not at all."""
    cited = answer.evidence or answer.nearest
    parts = []
    if cited and cited[0].citation.article_id not in private:
        link = escape("?" + urlencode({"article": cited[0].citation.article_id, "q": answer.query}))
        parts.append(f'<a class="qa-tool" href="{link}" target="_blank" rel="noopener" data-do="link">Copy link</a>')
    if last:
        parts += [_button("retry", "Ask again"), _button("undo", "Undo")]
    return f'<p class="qa-tools">{"".join(parts)}</p>' if parts else ""


def _suggestions(questions: Sequence[str], label: str) -> str:
    if not questions:
        return ""
    items = "".join(f"<li>{_button('ask', one, of=one, kind='qa-suggestion')}</li>" for one in questions)
    return f'<div class="qa-suggestions"><p class="qa-label">{label}</p><ul>{items}</ul></div>'


def _button(act: str, label: str, *, of: str = "", kind: str = "qa-tool") -> str:
    subject = f' data-of="{escape(of)}"' if of else ""
    return f'<button type="button" class="{kind}" data-do="{act}"{subject}>{escape(label)}</button>'


# -- an answer


def answer_to_html(answer: Answer, *, titles: bool = False, latest: bool = True) -> str:
    """An answer: the best quote first and large, further ones below; or why there is none, with the nearest sentences apart.

    Every citation links to its sentence in the article as `qa.pane` draws it. `titles` names the article too, for where
    there are several; the quotes of the `latest` answer can be found by number from the article.
    """
    if answer.abstained:
        body = f'<p class="qa-reason">{escape(answer.reason or "")}</p>{_nearest(answer.nearest, titles)}'
        return f'<div class="qa-answer qa-abstained">{body}{_scores(answer)}</div>'
    best, *further = answer.evidence
    sure = "not calibrated" if answer.confidence is None else _sureness(answer.confidence)
    body = _quote(1, best, titles, latest, kind="qa-best", sure=f'<span class="qa-sure">{sure}</span>')
    if further:
        quotes = "".join(_quote(number, one, titles, latest, kind="qa-more") for number, one in enumerate(further, 2))
        body += f'<div class="qa-further"><p class="qa-label">Further evidence</p>{quotes}</div>'
    return f'<div class="qa-answer">{body}{_scores(answer)}</div>'


def quotation(citation: Citation) -> str:
    """A quote with its citation, as plain text to paste elsewhere."""
    source = f" ({citation.source})" if citation.source else ""
    return f"“{citation.quote}” — {citation.title}{source}, {citation.place}"


def _quote(number: int, evidence: Evidence, titles: bool, latest: bool, *, kind: str, sure: str = "") -> str:
    name = f' id="qa-quote-{number}" data-quote="{number}"' if latest else ""
    copy = (
        f'<button type="button" class="qa-tool" data-do="copy" data-of="{escape(quotation(evidence.citation))}" '
        f'aria-label="Copy quote {number} with its citation">Copy</button>'
    )
    at_source = _at_source(evidence.citation, number)
    cite = f'<figcaption class="qa-cite">{_link(evidence.citation, number, titles)}{sure}{copy}{at_source}</figcaption>'
    quote = f'<blockquote class="qa-quote">{_marked(evidence)}</blockquote>'
    return f'<figure class="{kind}"{name}>{quote}{cite}{_context(evidence, titles)}</figure>'


def _at_source(citation: Citation, number: int) -> str:
    """Where the article is from the web, a link that opens it there with the quote lit."""
    if citation.link is None:
        return ""
    return (
        f'<a class="qa-tool" href="{escape(citation.link)}" target="_blank" rel="noopener noreferrer" '
        f'aria-label="Quote {number} at its source, in a new tab">At its source</a>'
    )


def _link(citation: Citation, number: int | None, titles: bool) -> str:
    label = f'<span class="qa-number">{escape(f"[{number}]")}</span> ' if number else ""
    where = f'<span class="qa-place">{escape(citation.place)}</span>'
    of = f' <span class="qa-of">{escape(shortened(citation.title, 40))}</span>' if titles else ""
    return f'<a class="qa-link" href="#{sentence_id(citation)}">{label}{where}{of}</a>'


def _marked(evidence: Evidence) -> str:
    """The quote, with the answering words marked where they are known."""
    if evidence.answer is None:
        return escape(evidence.quote)
    start, end = (offset - evidence.citation.start for offset in (evidence.answer.start, evidence.answer.end))
    quote = evidence.quote
    return f"{escape(quote[:start])}<mark>{escape(quote[start:end])}</mark>{escape(quote[end:])}"


def _context(evidence: Evidence, titles: bool) -> str:
    """The sentences that say who or what the quote speaks of: told apart from it, by their label and their place."""
    items = "".join(
        f'<li><span class="qa-near">{escape(citation.quote)}</span> {_link(citation, None, titles)}</li>'
        for citation in evidence.context
    )
    return f'<div class="qa-context"><p class="qa-label">It leans on</p><ul>{items}</ul></div>' if items else ""


def _nearest(nearest: Sequence[Evidence], titles: bool) -> str:
    items = "".join(
        f'<li>{_link(one.citation, None, titles)}<span class="qa-near">{escape(one.quote)}</span></li>' for one in nearest
    )
    label = "Nearest sentences, not an answer"
    return f'<div class="qa-nearest"><p class="qa-label">{label}</p><ul>{items}</ul></div>' if items else ""


def _scores(answer: Answer) -> str:
    ranked = answer.evidence or answer.nearest
    if not ranked:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.citation.place)}</td><td>{one.score:.3f}</td>"
        f"<td>{'–' if one.confidence is None else f'{one.confidence:.0%}'}</td></tr>"
        for one in ranked
    )
    head = '<tr><th scope="col">Sentence</th><th scope="col">Score</th><th scope="col">Confidence</th></tr>'
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f'<details class="qa-scores"><summary>Scores</summary>{table}{_meaning(answer)}</details>'


def _meaning(answer: Answer) -> str:
    """What the first confidence says, in words."""
    if answer.confidence is None:
        return "<p>Not calibrated: nobody has measured how often these models are right.</p>"
    hundred = round(100 * answer.confidence)
    said = f"Of 100 first sentences as sure as this, about {hundred} are right, on questions like those it was measured on."
    return f"<p>{escape(said)}</p>"


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
