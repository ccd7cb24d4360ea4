"""What leans on the turns before it is put in words that stand alone: pronouns, "that meeting", "the two", "the official".

Knows nothing of which rule a question falls under, or what the evidence will prefer. Who can be meant is for `qa.talk` to
say; what is known of English is in `qa.english`.
"""

import re
from collections.abc import Iterator, Sequence

from qa import english
from qa.asked import TIME, Asked, told
from qa.mentions import Mention
from qa.talk import Talk

__all__ = ["PRONOUN", "leaning", "resolved"]

_OPTIONS = 3  # that are tried for one pronoun

_AUX = r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|must|may|might)"

# Pronouns: what they can stand for. An object's or owner's form is chosen by what stands around it.
_PRONOUNS = {
    "he": ("m", "subject"), "him": ("m", "object"), "his": ("m", "owner"), "himself": ("m", "object"),
    "she": ("f", "subject"), "her": ("f", "owner"), "hers": ("f", "owner"), "herself": ("f", "object"),
    "it": ("thing", "subject"), "its": ("thing", "owner"), "itself": ("thing", "object"),
    "they": ("many", "subject"), "them": ("many", "object"), "their": ("many", "owner"), "theirs": ("many", "owner"),
    "there": ("place", "place"),
}  # fmt: skip
PRONOUN = re.compile(rf"\b({'|'.join(_PRONOUNS)})\b", re.IGNORECASE)
_HER_OBJECT = re.compile(rf"\s*(?:$|[?.,!;]|(?:{'|'.join(sorted(english.SMALL))})\b)", re.IGNORECASE)
# An "it" and a "there" that stand for nothing.
_EMPTY = re.compile(
    r"\b(?:is|was|does|did|would|will)\s+it\s+(?:true|possible|likely|clear|known|said|rain|snow|matter|seem|important|"
    r"necessary|raining|snowing|take\b.*\bto|cost\s+to)|\bwhat time (?:is|was) it|\bit\s+(?:is|was)\s+(?:true|said|known|"
    r"believed|possible|clear)|\b(?:is|are|was|were|be|been|has|have|will|does|did)\s+there\b|"
    r"\bthere(?:\s+(?:is|are|was|were|has|have|will|be)|[’']s)\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\s*(?:of|for|in|on|about|from|with|to|by|and|at)\s*(?:all of |any of |one of )?")  # "the name of its"
_THE_TWO = re.compile(
    r"\b(?:the two|the pair|both(?: of them)?|the two of them|these two|those two)\b"
    r"(?=\s*(?:$|[?.,!]|[a-z]+\b))(?!\s+(?:of|[a-z]+s\b))",
    re.IGNORECASE,
)
_THAT_EVENT = re.compile(
    rf"\b(?P<before>(?:{_AUX}|after|before|since|until|during|of|from|about|by|because of|than|like|with|for|to|"
    r"said|say|do|did|done|cause|mean|caused|think of|make of))\s+(?P<that>that|this)(?=\s*(?:$|[?.,!]|happen|mean|cause|"
    r"change|true|important|possible|work|take|come|end|start|begin|last|cost|necessary|enough|successful|all|surpris|"
    r"done|sell|do|go|a|an|the|typically|usually|ever|also|so)\b)",
    re.IGNORECASE,
)
_THAT_NOUN = re.compile(
    rf"(?P<before>^|\b(?:{_AUX}|{'|'.join(sorted(english.PREPOSITIONS - {'than'}))}|about|of)\s+)"
    r"(?P<that>this|that|these|those)\s+(?P<noun>[a-z][\w-]+)(?!\s*[’'])",
    re.IGNORECASE,
)
_THE_NOUN = re.compile(r"\bthe (?P<noun>[a-z][a-z-]+)(?P<own>[’']s?)?(?P<rest>\s*[?.,!]|\s+(?P<next>[\w’'-]+)|$)")
_DEICTIC = frozenset("article story text year week month morning evening page question passage".split())


def leaning(question: str, talk: Talk) -> Iterator[str]:
    """A full question in which a pronoun or a description stands for something that was spoken of."""
    lean = question
    changed = False
    for resolve in (_events, _pairs, _demonstratives, _descriptions):
        new = resolve(lean, talk)
        changed, lean = changed or new != lean, new
    pronouns = [found for found in PRONOUN.finditer(lean) if not _inner(lean, found, talk)]
    if not pronouns:
        if changed:
            yield lean
        return
    first = pronouns[0]
    for option in talk.fitting(_PRONOUNS[first[1].lower()][0], lean)[:_OPTIONS] or [""]:
        query = next(resolved(lean, first, [option])) if option else lean
        for _ in range(3):  # what else is in it, of another kind than the first
            others = [
                found
                for found in PRONOUN.finditer(query)
                if not _inner(lean, found, talk) and _PRONOUNS[found[1].lower()][0] != _PRONOUNS[first[1].lower()][0]
            ]
            fit = talk.fitting(_PRONOUNS[others[0][1].lower()][0], query) if others else []
            if not fit:
                break
            query = next(resolved(query, others[0], fit))
        if query != question:
            yield query


def _inner(question: str, pronoun: re.Match[str], talk: Talk) -> bool:
    """Whether the pronoun stands for something in the question itself, or for nothing."""
    if any(found.start() <= pronoun.start() < found.end() for found in _EMPTY.finditer(question)):
        return True
    wanted = _PRONOUNS[pronoun[1].lower()][0]
    before = [
        one
        for one in talk.cast.mentions(question[: pronoun.start()])
        if not _WITHIN.fullmatch(question, one.end_in(question), pronoun.start())
    ]
    if wanted in ("m", "f"):
        return any(one.kind in ("person", "") and one.gender in ("", wanted) and not one.plural for one in before)
    asked = Asked.of(question)
    if asked and asked.subject and asked.noun:  # "which team lost its captain?"
        plural = english.is_plural(asked.noun.split()[-1])
        before.append(Mention(asked.noun, "group" if wanted == "many" else "thing", plural))
    if wanted == "many":
        return any(one.plural or one.kind == "group" for one in before)
    return wanted == "thing" and any(one.kind != "person" and not one.plural for one in before)


def resolved(question: str, pronoun: re.Match[str], options: Sequence[str]) -> Iterator[str]:
    """The question with each option in the pronoun's place."""
    _, form = _PRONOUNS[pronoun[1].lower()]
    owner = form == "owner" and not (pronoun[1].lower() == "her" and _HER_OBJECT.match(question, pronoun.end()))
    for option in options:
        yield f"{question[: pronoun.start()]}{english.possessive(option) if owner else option}{question[pronoun.end() :]}"


def _pairs(question: str, talk: Talk) -> str:
    """ "the two" as the two that they are."""
    pair = talk.pair()
    return _THE_TWO.sub(pair.words, question, count=1) if pair else question


def _events(question: str, talk: Talk) -> str:
    """ "after that" and "why is that so" as what was just told."""
    found = _THAT_EVENT.search(question)
    last = talk.last
    if found is None or last is None:
        return question
    news = told(last, talk)
    quoted = re.search(r"[“\"](.{8,200}?)[,.]?[”\"]", last.quotes[0]) if last.quotes else None
    if re.match(r"sa(?:id|y)", found["before"], re.IGNORECASE) and quoted:
        news = f"“{quoted[1]}”"
    if news is None:
        return question
    return f"{question[: found.start('that')]}{news}{question[found.end('that') :]}"


def _demonstratives(question: str, talk: Talk) -> str:
    """ "that meeting" as the meeting that was spoken of."""
    for found in _THAT_NOUN.finditer(question):
        noun = found["noun"].lower()
        here = noun in _DEICTIC and found["that"].lower() in ("this", "these")
        if here or noun in english.SMALL or english.is_verb_form(noun):
            continue
        for one in reversed(talk.past):
            if noun in ("time", "year", "day", "date", "season", "period") and one.answer and TIME.search(one.answer):
                time = TIME.search(one.answer)
                if time and noun != "time":
                    bare = re.sub(r"^(?:in|on|by|since|until|during)\s+", "", time[0], flags=re.IGNORECASE)
                    return f"{question[: found.start('that')]}{bare}{question[found.end('noun') :]}"
            for passage in (one.answer or "", *one.quotes, one.question):
                if described := talk.cast.described(noun, passage):
                    words = described if "'s " in described else f"the {described}"
                    return f"{question[: found.start('that')]}{words}{question[found.end('noun') :]}"
    return question


def _descriptions(question: str, talk: Talk) -> str:
    """ "the official", of one who was just cited, as who he is; not where the article itself says no more than that."""
    for found in _THE_NOUN.finditer(question):
        noun, following = found["noun"], (found["next"] or "").lower()
        if noun in english.SMALL or following in ("of", "that", "who", "which", "from", "between", "behind"):
            continue
        if talk.text and talk.cast.says(f"the {noun}"):
            continue
        words = _meant(noun, talk)
        if words:
            owned = english.possessive(words) if found["own"] else words
            stop = found.end("own") if found["own"] else found.end("noun")
            return f"{question[: found.start()]}{owned}{question[stop:]}"
    return question


def _meant(noun: str, talk: Talk) -> str | None:
    for one in reversed(talk.past[-2:]):
        passages = (one.answer or "", one.question, *one.quotes[:1], *one.context)
        if not any(re.search(rf"\b{re.escape(noun)}\b", passage) for passage in passages):
            continue
        if noun in english.PEOPLE:
            gender = "m" if noun in english.MALE else "f" if noun in english.FEMALE else ""
            if persons := talk.fitting(gender or "m", "") or talk.fitting("f", ""):
                return persons[0]
        for passage in passages:
            if described := talk.cast.described(noun, passage):
                return described if "'s " in described else f"the {described}"
    return None
