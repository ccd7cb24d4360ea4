"""A question is bent until the text that answered it no longer does: another name, another number, the opposite, a "not".

Or its names become others, in the text as well: it is answered still, and not known by its names any more. Knows nothing of
networks or files. People who write unanswerable questions for SQuAD 2.0 do those four things most (Rajpurkar, Jia, Liang
2018, table 2); from them a reader learns to check what a question says, and not its topic alone.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa import english

__all__ = ["Renaming", "bent", "names", "turns"]

NEGATED = 0.2  # of the questions that no other way fits

_OPPOSITES = [
    pair.split("/")
    for pair in """
    first/last most/least more/fewer more/less highest/lowest high/low higher/lower largest/smallest larger/smaller
    large/small biggest/smallest bigger/smaller big/small oldest/youngest older/younger old/new early/late earlier/later
    earliest/latest before/after north/south northern/southern east/west eastern/western left/right upper/lower best/worst
    better/worse good/bad long/short longer/shorter longest/shortest increase/decrease increased/decreased
    increasing/decreasing rise/fall rose/fell start/end started/ended begin/end began/ended open/close opened/closed
    win/lose won/lost winner/loser buy/sell bought/sold accept/reject accepted/rejected support/oppose
    supported/opposed allow/forbid allowed/forbidden include/exclude included/excluded join/leave joined/left
    arrive/leave arrived/left born/killed male/female men/women man/woman mother/father son/daughter brother/sister
    husband/wife king/queen boys/girls boy/girl public/private rich/poor strong/weak stronger/weaker fast/slow
    faster/slower hot/cold light/heavy light/dark positive/negative major/minor majority/minority maximum/minimum
    common/rare true/false success/failure successful/unsuccessful cause/prevent caused/prevented gain/lose gained/lost
    easy/difficult easier/harder inside/outside above/below over/under with/without always/never many/few
    import/export internal/external modern/ancient domestic/foreign active/inactive legal/illegal simple/complex
    """.split()
]
_OPPOSITE = {word: other for pair in _OPPOSITES for word, other in (pair, pair[::-1])}
_AUXILIARY = re.compile(r"\b(did|does|do|was|were|is|are|has|have|had|can|could|would|will|should)\b", re.IGNORECASE)
_CONTRACTED = {"can": "can't", "will": "won't"}
_NAME = re.compile(r"(?<=[\w,;:)’'] )[A-Z][\w’'-]+(?: (?:of |de |van |von |the )?[A-Z][\w’'-]+)*")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d|(?<![\w.,])\d(?!\w)")
_WORD = re.compile(r"[^\W\d_]+")


def names(text: str) -> list[str]:
    """The runs of capitalised words in a sentence that do not open it: names, mostly."""
    return _NAME.findall(text)


def turns(word: str) -> bool:
    """Whether a question without this word, in small letters, is another question."""
    return word in _OPPOSITE or word in english.SMALL


def bent(question: str, text: str, others: Sequence[str], dice: random.Random) -> str | None:
    """The question with one thing exchanged, so that `text`, which answered it, does not; None where nothing can be.

    What is exchanged stands in the text and what comes in its place does not. `others` are names of the same article.
    """
    ways = [_other_name, _other_number, _opposite]
    dice.shuffle(ways)
    # A "not" fits nearly every question: it must not become the sign by which the others are known.
    for way in [*ways, _negated] if dice.random() < NEGATED else ways:
        if found := way(question, text, others, dice):
            return found
    return None


def _other_name(question: str, text: str, others: Sequence[str], dice: random.Random) -> str | None:
    held = [match for match in _NAME.finditer(question) if match[0] in text]
    if not held or not others:
        return None
    match = dice.choice(held)
    for name in dice.sample(others, min(len(others), 12)):
        if name not in text and not set(name.split()) & set(question.split()) and name.count(" ") <= match[0].count(" ") + 1:
            return question[: match.start()] + name + question[match.end() :]
    return None


def _other_number(question: str, text: str, _: Sequence[str], dice: random.Random) -> str | None:
    held = [match for match in _NUMBER.finditer(question) if match[0] in text]
    if not held:
        return None
    match = dice.choice(held)
    digits = [place for place, sign in enumerate(match[0]) if sign.isdigit()]
    place = digits[-1] if len(digits) < 2 else dice.choice(digits[1:])
    other = match[0][:place] + dice.choice([one for one in "123456789" if one != match[0][place]]) + match[0][place + 1 :]
    return question[: match.start()] + other + question[match.end() :] if other not in text else None


def _opposite(question: str, text: str, _: Sequence[str], dice: random.Random) -> str | None:
    held = [match for match in _WORD.finditer(question) if match[0].lower() in _OPPOSITE]
    if not held:
        return None
    match = dice.choice(held)
    other = _OPPOSITE[match[0].lower()]
    if re.search(rf"\b{other}\b", text, re.IGNORECASE):
        return None
    return question[: match.start()] + (other.capitalize() if match[0][0].isupper() else other) + question[match.end() :]


def _negated(question: str, _: str, __: Sequence[str], dice: random.Random) -> str | None:
    held = list(_AUXILIARY.finditer(question))
    if not held or re.search(r"n't\b|\bnot\b|\bnever\b|\bhow\b", question, re.IGNORECASE):
        return None
    match = held[0]
    if dice.random() < 0.7:
        negative = _CONTRACTED.get(match[0].lower(), match[0] + "n't")
        return question[: match.start()] + negative + question[match.end() :]
    return question[: match.end()] + " not" + question[match.end() :]


@dataclass(frozen=True, slots=True)
class Renaming:
    """The words of a question's names, each with the word that takes its place, in the question and wherever it stands."""

    words: Mapping[str, str]

    @classmethod
    def drawn(cls, question: str, text: str, others: Sequence[str], dice: random.Random) -> "Renaming | None":
        """Words of `others` for the words of this question's names, none of which stands in it or in `text` already.

        None where it has no names, or too few others are drawn.
        """
        there = set(_WORD.findall(f"{question} {text}"))
        held = sorted({word for name in names(question) for word in name.split() if word[0].isupper() and word.isalpha()})
        drawn = [word for name in dice.sample(others, min(len(others), 2 * len(held))) for word in name.split()]
        taken = [word for word in dict.fromkeys(drawn) if word[0].isupper() and word.isalpha() and word not in there]
        if not held or len(taken) < len(held):
            return None
        return cls(dict(zip(held, taken, strict=False)))

    def touches(self, text: str) -> bool:
        """Whether any of the names' words stands in the text."""
        return bool(self._pattern().search(text))

    def apply(self, text: str) -> str:
        """The text with the other words."""
        return self._pattern().sub(lambda match: self.words[match[0]], text)

    def moved(self, text: str, place: int) -> int:
        """Where a place in the text is once the other words stand there; inside of one of them, its end."""
        grown = 0
        for match in self._pattern().finditer(text):
            if match.start() >= place:
                break
            grown += len(self.words[match[0]]) - len(match[0])
        return max(0, place + grown)

    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"\b({'|'.join(map(re.escape, self.words))})\b")
