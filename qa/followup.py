"""A question and the turns before it become queries that stand alone.

A pure function over words: knows nothing of models, libraries, or which reading the evidence will prefer. The rules are the
tables below, and those of `qa.leaning` for pronouns; what they know of English is in `qa.english`, and who is who in
`qa.mentions`. A question that none of them fits stands alone, and is not touched.
"""

import re
from collections.abc import Iterator, Sequence

from qa import english
from qa.asked import TIME, Asked, ask_again
from qa.leaning import PRONOUN, leaning, resolved
from qa.mentions import Mention
from qa.talk import Past, Talk

__all__ = ["MAX_READINGS", "added", "asks_for_more", "readings"]

MAX_READINGS = 3  # that are worth trying: each is searched and read


def readings(question: str, past: Sequence[Past], *, topic: str = "", text: str = "") -> list[str]:
    """How the question may be meant, as queries that stand alone, the likeliest first; itself where it stands alone.

    `past` has the earlier turns, oldest first; `topic` is what everything is about, where it can be named (an
    encyclopedia's title); `text` the article, for evidence of who is who. Without a text, nothing says that "the band" is
    known by that, and a question that names nothing is about the topic.
    """
    question = question.strip()
    if not past and not topic:
        return [question]
    talk = Talk(past, topic, text)
    bare = _LEAD.sub("", question)
    for rule in (_correction, _interrogative, _fragment, leaning, _unnamed):
        found = [_tidy(query, question) for query in rule(bare, talk)]
        if found:
            return list(dict.fromkeys(found))[:MAX_READINGS]
    return [question]


def asks_for_more(question: str) -> bool:
    """Whether the question asks for something other than what was just answered: "who else?", "any others?" """
    return _MORE.search(question) is not None


def added(question: str, query: str) -> list[str]:
    """The words that a query says more than the question that it was made of."""
    return [word for word in _words(query) if word not in _words(question) and word not in english.SMALL]


def _words(text: str) -> list[str]:
    return re.findall(r"\w{2,}", re.sub(r"[’']s\b", "", text.lower()))


# -- the rules' tables

_LEAD = re.compile(r"^(?:(?:and|but|so|ok|okay|well|also|then|oh)\b[,\s]+)+", re.IGNORECASE)
_WH = r"who|whom|whose|what|which|when|where|why|how"

# "when?", "how long?", "by whom?", "who else?": a question that is only its question word.
_BARE = re.compile(
    r"(?P<wh>(?:(?:since|until|till|from|by|with|to|for|in|at|about|of|on|under|near|through|against)\s+)?"
    r"(?:when|where|why not|why|who|whom|what (?:year|month|day|time|for|else)|what|which ones?|which (?:year|month|day)"
    r"|which|how (?:long|often|many|much|far|fast|old|big|tall|large|deep|high|wide|heavy|thick|come|so)|how"
    r"|who else|where else|when else|how else))"
    r"(?:\s+(?:exactly|then|precisely|specifically|again|though))?"
    r"(?:\s+(?:is|was|are|were|did|does|do)\s+(?:that|this|it|they|he|she)"
    r"(?:\s+(?:happen|happened|be|so|do|do it|do that))?)?"
    r"(?:\s+(?:exactly|then|precisely))?\s*[?.!]*",
    re.IGNORECASE,
)
# Of those, the ones that ask for a quality of what was just named, and not for the whole event again.
_QUALITIES = re.compile(r"how (?:old|big|tall|large|deep|high|wide|heavy|thick)$", re.IGNORECASE)
_SAME_AS = {
    "how come": "why",
    "how so": "why",
    "what for": "why",
    "whom": "who",
    "which one": "which",
    "which ones": "which",
}

# "and in 2019?", "what about Kim?"
_ABOUT = re.compile(r"(?:(?:what|how)\s+about|same for|and)\s+(?P<x>.+?)\s*[?.!]*", re.IGNORECASE)
_PHRASE = re.compile(rf"(?P<x>(?:{'|'.join(sorted(english.PREPOSITIONS))})\s+.+?|\d{{4}}s?)\s*[?.!]*", re.IGNORECASE)
# "no, the first one", "I meant Xi"
_NO = (
    r"no|nope|not (?:that|this|him|her|them|it)(?: one)?|sorry|wrong(?: one)?|i (?:meant?|was asking about)|rather|actually"
)
_CORRECTION = re.compile(rf"(?:(?:{_NO})[,;.:\s–—-]+)+(?P<x>.+?)\s*[?.!]*", re.IGNORECASE)
_ONE = re.compile(
    r"(?:the\s+)?(?P<which>first|second|third|last|other|former|latter|previous|next)"
    r"(?:\s+(?:one|man|woman|person|guy|name|country|place|team|side))?",
    re.IGNORECASE,
)
_ONE_OF = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2, "last": -1}

_MORE = re.compile(r"\b(?:else|(?:any|what|which|who) others?|another|anything more|besides)\b", re.IGNORECASE)
_DEFINING = re.compile(r"(?:what|who) (?:is|are|was|were) (?!the\b|one\b|some\b|his\b)|what does .* mean", re.IGNORECASE)


# -- the rules, in the order in which they are tried


def _interrogative(question: str, talk: Talk) -> Iterator[str]:
    """ "when?", "why?", "who else?", "when was that?" """
    found = _BARE.fullmatch(question)
    last = talk.last
    if not found or last is None:
        return
    wh = found["wh"].lower()
    wh = _SAME_AS.get(wh, wh)
    pronoun = re.search(r"\b(he|she|it|they|that|this)\b", question, re.IGNORECASE)
    of_something = pronoun is not None and pronoun[1].lower() not in ("that", "this")
    if of_something and not wh.startswith(("when", "why")):
        return  # a full question with a pronoun: "how long is it?"
    if _QUALITIES.search(wh):
        for focus in talk.fitting("thing", ""):
            yield f"{wh} is {focus}"
        return
    asked = Asked.of(last.question)
    if asked is None:
        yield f"{wh}: {last.question.rstrip('?!. ')}"
        return
    if wh.endswith(" else") or wh == "which":
        kept = asked.noun.removeprefix("the ") if asked.noun and wh == "which" else ""
        new = f"which {kept}" if kept else wh if wh != "which" else "which of them"
        yield f"{new} {asked.aux} {asked.rest}" if asked.aux else f"{new} {asked.rest}"
        return
    if wh == "why not":
        yield f"why {asked.aux or 'did'}n't {asked.rest}"
        return
    if wh in ("who", "what") and not asked.wh:
        yield re.sub(r"\b(?:anyone|anybody|someone|somebody|anything|something)\b", wh, asked.rest, flags=re.IGNORECASE)
        return
    if again := ask_again(wh, last, talk):
        yield _counting(again, talk) if wh == "how many" else again
    else:
        yield (
            f"{wh} {asked.aux} {asked.rest}" if asked.aux and not asked.subject else f"{wh}: {last.question.rstrip('?!. ')}"
        )


def _counting(query: str, talk: Talk) -> str:
    """ "how many did Crooa pick up the rowers" as "how many rowers did Crooa pick up"."""
    counted = [one for one in talk.cast.things(query) if one.plural]
    if not counted:
        return query
    noun = [word for word in counted[-1].words.split()[1:] if word not in english.NUMBERS and not word[0].isdigit()]
    rest = query[len("how many") : counted[-1].start] + query[counted[-1].end_in(query) :].lstrip()
    return f"how many {' '.join(noun)}{rest}"


def _fragment(question: str, talk: Talk) -> Iterator[str]:
    """ "what about Kim?", "in 2019?": the last question again, with something of it replaced or added."""
    last = talk.last
    found = _ABOUT.fullmatch(question) or _PHRASE.fullmatch(question)
    if found is None or last is None:
        return
    x = found["x"]
    words = x.lower().split()
    if re.match(rf"(?:{_WH})\b", x, re.IGNORECASE) or words[0] in english.AUXILIARIES:
        return
    if any(word in english.AUXILIARIES for word in words) and not _ABOUT.fullmatch(question):
        return
    x = next(leaning(x, talk), x)
    yield from _substituted(x, last, talk)


def _substituted(x: str, last: Past, talk: Talk) -> Iterator[str]:
    query = last.question.rstrip("?!. ")
    preposition, _, _ = x.partition(" ")
    times = list(TIME.finditer(query))
    if TIME.match(x) and times:
        time = times[-1]
        yield f"{query[: time.start()]}{_as_phrase(x, time[0])}{query[time.end() :]}"
        return
    if preposition.lower() in english.PREPOSITIONS:
        phrase = re.search(rf"\b{re.escape(preposition)}\s+((?:the |a )?\w+(?:\s[A-Z]\w+)*)", query, re.IGNORECASE)
        yield f"{query[: phrase.start()]}{x}{query[phrase.end() :]}" if phrase else f"{query} {x}"
        return
    if re.fullmatch(r"\d{4}s?", x):
        yield f"{query} in {x}"
        return
    part = re.search(rf"(?:the |an? )?\w+ of {re.escape(x.partition(' of ')[2] or '-')}", query)
    if part:  # "a third of the dust" for "half of the dust"
        yield f"{query[: part.start()]}{x}{query[part.end() :]}"
        return
    new = (talk.cast.mentions(x) or [Mention(x, "", english.is_plural(x.split()[-1]))])[0]
    olds = [one for one in talk.cast.mentions(query) if not one.same(new)]
    alike = [one for one in olds if _alike(one, new)] or olds[:1]
    for old in alike:
        before, after = query[: old.start], query[old.end_in(query) :]
        owner = re.match(r"[’']s?\b", after)
        yield f"{before}{english.possessive(x)}{after[owner.end() :]}" if owner else f"{before}{x}{after}"
    if not alike and (pronoun := re.search(r"\b(?:he|she|it|they)\b", query)):  # who it was is not known
        yield f"{query[: pronoun.start()]}{x}{query[pronoun.end() :]}"
    elif not alike:
        yield f"{query} {x}"


def _as_phrase(x: str, old: str) -> str:
    """A time in the form of the one that it replaces: "2019" for "in 2020" is "in 2019"."""
    preposition = old.split()[0]
    has = x.split()[0].lower() in english.PREPOSITIONS
    return f"{preposition} {x}" if preposition.lower() in english.PREPOSITIONS and not has else x


def _alike(one: Mention, other: Mention) -> bool:
    named = one.words[:1].isupper(), other.words[:1].isupper()
    return named[0] == named[1] and (one.kind == other.kind or "" in (one.kind, other.kind))


def _correction(question: str, talk: Talk) -> Iterator[str]:
    """ "no, the first one", "I meant Xi": the last question again, meant of somebody or something else."""
    found = _CORRECTION.fullmatch(question)
    last = talk.last
    if last is None or (not found and not _ONE.fullmatch(question.rstrip("?!. "))):
        return
    x = found["x"] if found else question.rstrip("?!. ")
    if Asked.of(x) and not _ONE.fullmatch(x):
        return  # "no, who led it?" is a question of its own
    x = re.sub(r"^(?:i meant?|not [\w\s]+?(?:,| but)|about|of)\s+", "", x, flags=re.IGNORECASE)
    typed = last.typed or last.question
    leaned = typed.rstrip("?!. ").lower() != last.question.rstrip("?!. ").lower()
    if not (one := _ONE.fullmatch(x)):
        pronoun = PRONOUN.search(typed)
        if leaned and pronoun:
            yield from resolved(typed, pronoun, [x])
        else:
            yield from _substituted(x, last, talk)
        return
    used = talk.cast.mentions(last.question)
    options: list[Mention] = []
    for turn in reversed(talk.past):
        for passage in (*turn.quotes[:1], *turn.context, turn.question):
            for mention in talk.cast.names(passage):
                if any(_alike(mention, other) for other in used) and not any(mention.same(other) for other in options):
                    options.append(mention)
    which = one["which"].lower()
    if which in _ONE_OF:
        chosen = options[_ONE_OF[which] :][:1]
    else:
        chosen = [option for option in options if not any(option.same(other) for other in used)]
    for option in chosen:
        pronoun = PRONOUN.search(typed)
        yield from (
            resolved(typed, pronoun, [option.words]) if leaned and pronoun else _substituted(option.words, last, talk)
        )


def _unnamed(question: str, talk: Talk) -> Iterator[str]:
    """A question that names nothing, where there is a topic and no article to say what "the band" is."""
    named = re.sub(r"\s*\([^)]*\)$", "", talk.topic)
    known = set(re.findall(r"\w+", named.lower())) - english.SMALL
    if not named or talk.text or _DEFINING.match(question) or known & set(re.findall(r"\w+", question.lower())):
        return
    if not talk.cast.names(question):
        yield f"{named}: {question}"


# -- words put right


def _tidy(query: str, typed: str) -> str:
    """One question mark, single spaces, and a small first letter, as the question was typed."""
    query = " ".join(query.split()).rstrip("?!. ,")
    return f"{query}?" if typed.rstrip().endswith("?") or not typed.rstrip().endswith((".", "!")) else query
