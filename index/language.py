"""Which language a text is written in, as far as it can be told cheaply.

The door to py3langid. Knows nothing of articles or of which languages a model has read.
"""

import re
from functools import cache
from typing import Any

from index.lexical import STOP_WORDS

__all__ = ["language_of"]

_SAMPLE = 5_000  # characters
_FEWEST = 60  # letters below which nobody can tell
_ENGLISH = 0.25  # of the words are stop words: in running English .35 to .55, in its neighbours below .2
_SURE = 0.8


def language_of(text: str) -> str | None:
    """The language's ISO 639-1 code, or None where the text is too short or too odd to tell."""
    middle = max(0, len(text) // 2 - _SAMPLE // 2)
    sample = text[:_SAMPLE] + text[max(_SAMPLE, middle) : max(_SAMPLE, middle) + _SAMPLE]
    if sum(map(str.isalpha, sample)) < _FEWEST:
        return None
    words = re.findall(r"\w+", sample.lower())
    if sum(word in STOP_WORDS for word in words) >= _ENGLISH * len(words):
        return "en"  # so that the library below, which takes a second to load, is needed only for the others
    language, sure = _identifier().classify(sample)
    return str(language) if sure >= _SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
