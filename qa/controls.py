"""The page's own controls as HTML: what can be done with a conversation, what is asked, and how sure an answer must be.

Pure functions; knows nothing of pages or of who listens. A control says what it does in `data-do`, to what in `data-of`.
"""

from collections.abc import Sequence

from qa.rendering import counted_in_words, escape

__all__ = ["adding_to_html", "choices_to_html", "masthead_to_html", "shelf_to_html", "told_to_html"]


def masthead_to_html() -> str:
    """The page's name and promise, and what can be done with the whole conversation."""
    save = "".join(
        f'<button type="button" class="qa-tool" data-do="save" data-of="{form}">{name}</button>'
        for form, name in (("markdown", "As Markdown"), ("json", "As JSON"))
    )
    return (
        '<header class="qa-masthead"><div><h1>Ask the article</h1>'
        "<p>Answers are its own words, each with its place. What it does not say, it does not answer.</p></div>"
        '<div class="qa-actions" role="group" aria-label="Conversation">'
        f'<details class="qa-menu"><summary class="qa-tool">Save</summary><div>{save}</div></details>'
        '<button type="button" class="qa-tool" data-do="clear">Clear</button></div></header>'
    )


def choices_to_html(articles: int, *, everywhere: bool, promises: Sequence[float] | None, max_error: float | None) -> str:
    """A sentence with two choices: which articles are asked, and how often an answer may be wrong.

    `promises` are the error rates that the calibration keeps, None where there is none for the models in use.
    """
    scope = ""
    if articles > 1:
        options = _option("open", "this article", not everywhere)
        options += _option("all", f"all {counted_in_words(articles, 'article')}", everywhere)
        scope = f'<label>Ask <select aria-label="Ask" data-do="scope">{options}</select></label>'
    if promises is None:
        errors = '<span class="qa-uncalibrated">Not calibrated: how sure an answer is cannot be told for this model.</span>'
    else:
        options = _option("", "whenever one seems right", max_error is None)
        options += "".join(
            _option(f"{error:g}", f"if at most {error:.0%} are wrong", error == max_error) for error in reversed(promises)
        )
        errors = f'<label>Answer <select aria-label="Answer" data-do="error">{options}</select></label>'
    return f'<div class="qa-choices">{scope}{errors}</div>'


def _option(value: str, label: str, chosen: bool) -> str:
    return f'<option value="{escape(value)}"{" selected" if chosen else ""}>{escape(label)}</option>'


def shelf_to_html(*, adding: bool) -> str:
    """The button that opens the form for articles of one's own."""
    expanded = "true" if adding else "false"
    label = "Close" if adding else "+ Add an article"
    return f'<button type="button" class="qa-tool" data-do="adding" aria-expanded="{expanded}">{label}</button>'


def adding_to_html(limits: str) -> str:
    """The head of that form."""
    return f'<h2 class="qa-adding">Add articles of your own</h2><p class="qa-label">{escape(limits)}</p>'


def told_to_html(doing: str = "", refusals: Sequence[str] = ()) -> str:
    """How far adding has come, and what could not be added."""
    refused = "".join(f"<p>{escape(one)}</p>" for one in refusals)
    parts = [f'<p class="qa-doing" role="status">{escape(doing)}</p>'] if doing else []
    parts += [f'<div class="qa-refused" role="alert">{refused}</div>'] if refusals else []
    return f'<div class="qa-told">{"".join(parts)}</div>'
