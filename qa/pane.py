"""An article as HTML to read beside a conversation, with what an answer cites marked in it and on a small map.

Pure functions; knows nothing of pages, servers or how an answer came. Of an article, every character that HTML or Markdown
could read as a sign is a character reference, so that hostile text is text.
"""

from collections.abc import Mapping, Sequence

from index import Article, Sentence
from qa.answer import Answer, AnswerSpan
from qa.rendering import counted_in_words, escape, place_id

__all__ = ["article_to_html"]


def article_to_html(article: Article, answer: Answer | None = None, *, own: bool = False, known: bool = True) -> str:
    """An article as it reads, its sentences marked and numbered where the answer cites them.

    An article of the visitor's `own` can be removed; one whose language is not `known` to the model says so. The text of
    the element `qa-text` is the article's text, to the character.
    """
    cited, leaned = _cited(article, answer)
    parts, end = [], 0
    for sentences in article.paragraphs:
        first, last = sentences[0], sentences[-1]
        heading = " qa-heading" if end == 0 and _is_title(article, sentences) else ""
        parts.append(escape(article.text[end : first.start]))
        parts.append(f'<p class="qa-paragraph{heading}" data-number="{first.paragraph}">')
        parts.append(_sentences(article, sentences, cited, leaned))
        parts.append("</p>")
        end = last.end
    parts.append(escape(article.text[end:]))
    text = f'<div class="qa-text">{"".join(parts)}</div>'
    sheet = f'<div class="qa-sheet">{_head(article, own, known)}{text}</div>'
    return f'<article class="qa-article">{sheet}{_map(article, cited)}</article>'


# -- what is marked: by the start of its sentence, its number and the words that answer

_Cited = Mapping[int, tuple[int, AnswerSpan | None]]


def _cited(article: Article, answer: Answer | None) -> tuple[_Cited, set[int]]:
    if answer is None:
        return {}, set()
    cited = {
        one.citation.start: (number, one.answer)
        for number, one in enumerate(answer.evidence, 1)
        if one.citation.article_id == article.id
    }
    leaned = {place.start for one in answer.evidence for place in one.context if place.article_id == article.id}
    return cited, leaned - cited.keys()


def _sentences(article: Article, sentences: Sequence[Sentence], cited: _Cited, leaned: set[int]) -> str:
    parts, end = [], sentences[0].start
    for sentence in sentences:
        number, span = cited.get(sentence.start, (0, None))
        classes = "qa-sentence"
        if sentence.furniture:
            classes += " qa-furniture"
        if number:
            classes += " qa-cited"
        elif sentence.start in leaned:
            classes += " qa-leaned"
        name = place_id(article.id, sentence.start)
        parts.append(escape(article.text[end : sentence.start]))
        parts.append(f'<span class="{classes}" id="{name}"{f" data-cited={chr(34)}{number}{chr(34)}" if number else ""}>')
        parts.append(_words(article, sentence, span) + "</span>")
        if number:  # without text of its own, for the article's text to stay what it is
            parts.append(
                f'<a class="qa-back" href="#qa-quote-{number}" data-do="back" data-of="{number}" '
                f'aria-label="To quote {number} in the conversation"></a>'
            )
        end = sentence.end
    return "".join(parts)


def _words(article: Article, sentence: Sentence, span: AnswerSpan | None) -> str:
    if span is None:
        return escape(article.quote(sentence))
    before, after = article.text[sentence.start : span.start], article.text[span.end : sentence.end]
    return f'{escape(before)}<mark class="qa-answering">{escape(span.text)}</mark>{escape(after)}'


# -- the head

_UNKNOWN = "The model has not learned the language of this article, so answers will be poor. It seems to be"
_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "la": "Latin",
    "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def _head(article: Article, own: bool, known: bool) -> str:
    """Title, and where the article is from. A title that was made of the first words is heard, and not shown twice."""
    within = article.text.lstrip("# \n").startswith(article.title.removesuffix("…"))
    title = f'<h2 class="qa-title{" qa-heard" if within else ""}">{escape(article.title)}</h2>'
    counts = [counted_in_words(len(article.paragraphs), "paragraph"), counted_in_words(len(article.sentences), "sentence")]
    if article.pages:
        counts.insert(0, counted_in_words(len(article.pages), "page"))
    about = " · ".join(escape(one) for one in (article.author, article.date, article.source, ", ".join(counts)) if one)
    remove = f' <button type="button" class="qa-tool" data-do="remove" data-of="{article.id}">Remove</button>' if own else ""
    code = article.language or ""
    note = "" if known else f'<p class="qa-note" role="note">{_UNKNOWN} {escape(_LANGUAGES.get(code, code))}.</p>'
    return f'<header class="qa-head">{title}<p class="qa-source">{about}{remove}</p>{note}</header>'


def _is_title(article: Article, sentences: Sequence[Sentence]) -> bool:
    words = " ".join(article.quote(sentences[0]).strip("#=- \n").split())  # without a Markdown heading's marks
    return len(sentences) == 1 and words == article.title


# -- the map


def _map(article: Article, cited: _Cited) -> str:
    """Where in the article the quotes stand, by the share of its text before them. The same links stand beside the quotes,

    so this one is for the eye and the mouse alone.
    """
    if not cited:
        return ""
    ticks = "".join(_tick(article, one, cited[one.start][0]) for one in article.sentences if one.start in cited)
    return f'<div class="qa-map" aria-hidden="true"><div class="qa-line">{ticks}</div></div>'


def _tick(article: Article, sentence: Sentence, number: int) -> str:
    start, end = (f"{offset / len(article.text):.4f}" for offset in (sentence.start, sentence.end))
    link = f'href="#{place_id(article.id, sentence.start)}" tabindex="-1"'
    return f'<a class="qa-tick" {link} data-tick="{number}" style="--from:{start};--to:{end}"></a>'
