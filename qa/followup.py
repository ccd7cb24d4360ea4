"""A question and the turns before it become queries that stand alone.

A pure function over words: knows nothing of models, libraries, or which reading the evidence will prefer. The rules are the
tables below; what they know of English is in `qa.english`, and who is who in `qa.mentions`. A question that none of them
fits stands alone, and is not touched.
"""

import re
from collections.abc import Iterator, Sequence

from qa import english
from qa.asked import TIME, Asked, ask_again, told
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
    for rule in (_correction, _interrogative, _fragment, _leaning, _unnamed):
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
_AUX = r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|must|may|might)"

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

# Pronouns: what they can stand for. An object's or owner's form is chosen by what stands around it.
_PRONOUNS = {
    "he": ("m", "subject"), "him": ("m", "object"), "his": ("m", "owner"), "himself": ("m", "object"),
    "she": ("f", "subject"), "her": ("f", "owner"), "hers": ("f", "owner"), "herself": ("f", "object"),
    "it": ("thing", "subject"), "its": ("thing", "owner"), "itself": ("thing", "object"),
    "they": ("many", "subject"), "them": ("many", "object"), "their": ("many", "owner"), "theirs": ("many", "owner"),
    "there": ("place", "place"),
}  # fmt: skip
_PRONOUN = re.compile(rf"\b({'|'.join(_PRONOUNS)})\b", re.IGNORECASE)
_HER_OBJECT = re.compile(rf"\s*(?:$|[?.,!;]|(?:{'|'.join(sorted(english.SMALL))})\b)", re.IGNORECASE)
# An "it" and a "there" that stand for nothing.
_EMPTY = re.compile(
    r"\b(?:is|was|does|did|would|will)\s+it\s+(?:true|possible|likely|clear|known|said|rain|snow|matter|seem|important|"
    r"necessary|raining|snowing|take\b.*\bto|cost\s+to)|\bwhat time (?:is|was) it|\bit\s+(?:is|was)\s+(?:true|said|known|"
    r"believed|possible|clear)|\b(?:is|are|was|were|be|been|has|have|will|does|did)\s+there\b|"
    r"\bthere(?:\s+(?:is|are|was|were|has|have|will|be)|[’']s)\b",
    re.IGNORECASE,
)
_MORE = re.compile(r"\b(?:else|(?:any|what|which|who) others?|another|anything more|besides)\b", re.IGNORECASE)
_DEFINING = re.compile(r"(?:what|who) (?:is|are|was|were) (?!the\b|one\b|some\b|his\b)|what does .* mean", re.IGNORECASE)
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
    x = next(_leaning(x, talk), x)
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
        pronoun = _PRONOUN.search(typed)
        if leaned and pronoun:
            yield from _resolved(typed, pronoun, [x])
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
        pronoun = _PRONOUN.search(typed)
        yield from (
            _resolved(typed, pronoun, [option.words]) if leaned and pronoun else _substituted(option.words, last, talk)
        )


def _leaning(question: str, talk: Talk) -> Iterator[str]:
    """A full question in which a pronoun or a description stands for something that was spoken of."""
    lean = question
    changed = False
    for resolve in (_events, _pairs, _demonstratives, _descriptions):
        new = resolve(lean, talk)
        changed, lean = changed or new != lean, new
    pronouns = [found for found in _PRONOUN.finditer(lean) if not _inner(lean, found, talk)]
    if not pronouns:
        if changed:
            yield lean
        return
    first = pronouns[0]
    for option in talk.fitting(_PRONOUNS[first[1].lower()][0], lean)[:MAX_READINGS] or [""]:
        query = next(_resolved(lean, first, [option])) if option else lean
        for _ in range(3):  # what else is in it, of another kind than the first
            others = [
                found
                for found in _PRONOUN.finditer(query)
                if not _inner(lean, found, talk) and _PRONOUNS[found[1].lower()][0] != _PRONOUNS[first[1].lower()][0]
            ]
            fit = talk.fitting(_PRONOUNS[others[0][1].lower()][0], query) if others else []
            if not fit:
                break
            query = next(_resolved(query, others[0], fit))
        if query != question:
            yield query


def _unnamed(question: str, talk: Talk) -> Iterator[str]:
    """A question that names nothing, where there is a topic and no article to say what "the band" is."""
    named = re.sub(r"\s*\([^)]*\)$", "", talk.topic)
    known = set(re.findall(r"\w+", named.lower())) - english.SMALL
    if not named or talk.text or _DEFINING.match(question) or known & set(re.findall(r"\w+", question.lower())):
        return
    if not talk.cast.names(question):
        yield f"{named}: {question}"


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


def _resolved(question: str, pronoun: re.Match[str], options: Sequence[str]) -> Iterator[str]:
    """The question with each option in the pronoun's place, and in the places of the same pronoun's other forms."""
    wanted, form = _PRONOUNS[pronoun[1].lower()]
    for option in options:
        parts, end = [], 0
        for found in _PRONOUN.finditer(question, pronoun.start()):
            kind, form = _PRONOUNS[found[1].lower()]
            if kind != wanted:
                continue
            if found[1].lower() == "her" and _HER_OBJECT.match(question, found.end()):
                form = "object"
            parts += [question[end : found.start()], english.possessive(option) if form == "owner" else option]
            end = found.end()
            break  # the others stand for what now stands before them
        yield "".join(parts) + question[end:]


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


# -- words put right


def _tidy(query: str, typed: str) -> str:
    """One question mark, single spaces, and a small first letter, as the question was typed."""
    query = " ".join(query.split()).rstrip("?!. ,")
    return f"{query}?" if typed.rstrip().endswith("?") or not typed.rstrip().endswith((".", "!")) else query
