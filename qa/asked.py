"""A question taken apart into its question word, its auxiliary and the rest, to be asked again in another way.

Knows nothing of conversations' rules or of evidence: it turns "who did Zhao meet?" and its answer into "when did Zhao meet
Choe Ryong Hae?", and into "Zhao met Choe Ryong Hae".
"""

import re
from dataclasses import dataclass, replace

from qa import english
from qa.talk import LONG_ANSWER, Past, Talk, asks_for

__all__ = ["Asked", "TIME", "ask_again", "told"]

_WH = re.compile(r"who|whom|whose|what|which|when|where|why|how", re.IGNORECASE)
_CLAUSE = re.compile(r"(?:that|how|what|why|where|when|who|if|whether|because|to|not|he|she|it|they|we|i)\b", re.IGNORECASE)
_WHEN_OR_WHERE = re.compile(r"(?:when|where|in|on|at)\b", re.IGNORECASE)
TIME = re.compile(
    r"\b(?:(?:in|on|by|since|until|before|after|during|around)\s+)?(?:(?:early|late|the (?:year|summer|winter|spring|autumn|"
    rf"end|beginning) of|the)\s+)*(?:{'|'.join(sorted(english.TIMES))}|(?:1\d|20)\d\d)s?(?:\s+\d{{1,4}})?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as its question word, its auxiliary, and the rest: "who", "did", "Zhao meet"."""

    wh: str
    aux: str
    rest: str
    subject: bool  # whether the question word is the subject: "who led the team"

    @classmethod
    def of(cls, question: str) -> "Asked | None":
        words = question.strip().rstrip("?!. ").split()
        if not words:
            return None
        low = [word.lower() for word in words]
        if low[0] in english.AUXILIARIES:
            return cls("", low[0], " ".join(words[1:]), False)
        start = 1 if low[0] in english.PREPOSITIONS and len(low) > 1 else 0
        if not _WH.fullmatch(low[start]):
            return None
        for place in range(start + 1, min(len(words), start + 7)):
            if low[place] in english.AUXILIARIES:
                wh, aux, rest = (" ".join(part) for part in (words[:place], low[place : place + 1], words[place + 1 :]))
                following = low[place + 1] if place + 1 < len(low) else ""
                passive = aux in ("is", "are", "was", "were", "has", "have", "had", "will") and (
                    english.is_verb_form(following) or following in english.PREPOSITIONS or following == "be"
                )
                asks = asks_for(low[start]) or low[start : start + 2] in (["how", "many"], ["how", "much"])
                return cls(wh, aux, rest, subject=asks and passive)
            if english.is_verb_form(low[place]) or low[place] in english.PREPOSITIONS:
                break
        for place in range(start + 1, min(len(words), start + 6)):
            if english.is_verb_form(low[place]) or (place == start + 1 and re.search(r"[^s]s$", low[place])):
                return cls(" ".join(words[:place]), "", " ".join(words[place:]), True)
        return None

    @property
    def noun(self) -> str | None:
        """What the question word asks of: "summit meetings" of "how many summit meetings"."""
        found = re.fullmatch(r"(?:which|what|whose|how many|how much)\s+(.+)", self.wh, re.IGNORECASE)
        return f"the {found[1]}" if found else None


def ask_again(wh: str, last: Past, talk: Talk) -> str | None:
    """The last question with another question word, and its answer in the place of the old one."""
    asked = Asked.of(last.question)
    if asked is None:
        return None
    answer = _carried(last, talk, asked)
    if asked.subject:
        answer = answer or ("anyone" if asked.wh.lower().startswith("who") else "anything")
        if asked.aux:
            return f"{wh} {asked.aux} {answer} {asked.rest}"
        verb, _, rest = asked.rest.partition(" ")
        past = english.is_verb_form(verb)
        base = english.base_form(verb) if past else english.third_person(verb)
        return f"{wh} {'did' if past else 'does'} {answer} {base} {rest}".strip()
    if not asked.wh or not answer:
        return f"{wh} {asked.aux} {asked.rest}"
    return f"{wh} {asked.aux} {_with_object(asked, answer, talk)}"


def _carried(last: Past, talk: Talk, asked: Asked) -> str | None:
    """The words for what the last question asked for: its answer, or the noun that it asked of."""
    if asked.noun and not re.match(r"(?:in|on|at) ", asked.wh):
        many = asked.wh.lower().startswith("how")
        marked = talk.marked(last)
        return asked.noun if many or not marked else marked[0].words
    if _WHEN_OR_WHERE.match(asked.wh):
        return _adverbial(last)
    if not asks_for(asked.wh):
        return None
    marked = talk.marked(last)
    words = (last.answer or "").split()
    short = 0 < len(words) <= LONG_ANSWER and not re.search(r"[,;:“”\"]", str(last.answer))
    if marked and (asked.wh.lower().startswith("who") or marked[0].words.split()[-1] == words[-1]):
        return marked[0].words
    return last.answer if short and not _CLAUSE.match(str(last.answer)) else None


def _adverbial(last: Past) -> str | None:
    """A place or time with the preposition that it has in its sentence: "to Russia"."""
    if not last.answer or len(last.answer.split()) > LONG_ANSWER or not last.quotes:
        return None
    opens = last.answer.split()[0].lower()
    if opens in english.PREPOSITIONS and (opens != "for" or not last.question.lower().startswith("when")):
        return last.answer
    before = re.search(rf"\b(\w+)\s+(?:the\s+)?{re.escape(last.answer)}", last.quotes[0])
    fits = TIME.search(last.answer) if last.question.lower().startswith("when") else last.answer[:1].isupper()
    if before and before[1].lower() in english.PREPOSITIONS and fits:
        return f"{before[1].lower()} {last.answer}"
    return last.answer if TIME.fullmatch(last.answer) else None


def _with_object(asked: Asked, answer: str, talk: Talk) -> str:
    """The rest of a question with its answer put in: behind the verb, before the phrases that follow it."""
    rest = asked.rest
    if rest.lower().endswith(answer.lower()):
        return rest
    words = rest.split()
    if _WHEN_OR_WHERE.match(asked.wh) or not words:
        return f"{rest} {answer}"
    if words[-1].lower() in english.PREPOSITIONS or words[-1].endswith("ing"):
        return f"{rest} {answer}"
    names = talk.cast.mentions(rest)
    subject = len(names[0].words) + names[0].start if names and names[0].start <= 4 else 0
    for found in re.finditer(r"\b\w+\b", rest):
        infinitive = found[0].lower() == "to" and re.match(r"to [a-z]+\s*$|to (?!the |a |an )[a-z]", rest[found.start() :])
        if found.start() > max(subject, len(words[0])) and found[0].lower() in english.PREPOSITIONS and not infinitive:
            return f"{rest[: found.start()]}{answer} {rest[found.start() :]}"
    return f"{rest} {answer}"


def told(last: Past, talk: Talk) -> str | None:
    """What the last turn told, as a clause, or as its answer where that is short."""
    asked = Asked.of(last.question)
    if asked and asked.subject and not asked.aux and (answer := _carried(last, talk, asked)):
        return f"{answer} {asked.rest}"
    if asked and asked.aux == "did":
        mentions = [one for one in talk.cast.mentions(asked.rest) if one.start == 0]
        if mentions:
            width = mentions[0].end_in(asked.rest)
            verb, _, rest = asked.rest[width:].strip().partition(" ")
            words = re.findall(r"\w+", " ".join(last.quotes[:1]))
            form = next((word for word in words if english.base_form(word) == verb.lower()), None)
            if form:
                answer = _carried(last, talk, asked)
                objected = _with_object(replace(asked, rest=rest), answer, talk) if answer else rest
                return f"{asked.rest[:width]} {form} {objected}".strip()
    answer = last.answer or ""
    first = answer.split()[:1]
    short = first and len(answer.split()) <= LONG_ANSWER and not _CLAUSE.match(answer)
    return answer if short and first[0].lower() not in english.PREPOSITIONS else None
