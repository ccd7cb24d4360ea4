"""Questions that an article answers, made of its own sentences: "Kim traveled to Russia in September" asks "When did Kim
travel to Russia?".

A question is kept where asking it finds the very sentence that it was made of, and confidently. Where a sentence fits no
pattern nothing is made of it: none is better than a clumsy one. Knows nothing of pages. English alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from index import Article, Sentence
from qa.article_qa import ArticleQA

__all__ = ["Suggestion", "questions_of", "suggest"]

SURE = 0.5  # confidence from which on a question is worth suggesting
MOST = 9  # questions for one article: three at a time, for a few turns
TRIES = 30  # questions asked for them, so that a long article does not keep the machine busy


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and how confidently the article answers it."""

    question: str
    confidence: float


def suggest(article: Article, qa: ArticleQA) -> list[Suggestion]:
    """Questions that `qa`, which holds the article, answers with the sentence that they are made of; the best to ask first.

    None where the models in use have no calibration: nobody could tell which ones are answered.
    """
    if not qa.calibrated:
        return []
    made = [(sentence, question) for sentence in article.sentences for question in questions_of(article, sentence)]
    kept: dict[int, list[Suggestion]] = {}
    for sentence, question in made[:: max(1, len(made) // TRIES)][:TRIES]:  # from all over the article
        answer = qa.ask(question, k=1, within=[article.id])
        best = answer.evidence[0] if answer.evidence else None
        if best and best.citation.start == sentence.start and (best.confidence or 0) >= SURE:
            kept.setdefault(sentence.start, []).append(Suggestion(question, best.confidence or 0))
    ranked = [sorted(of_one, key=lambda one: -one.confidence) for of_one in kept.values()]
    # The surest of each sentence, then the second of each, so that three questions have three answers.
    rounds = [sorted(filter(None, each), key=lambda one: -one.confidence) for each in zip_longest(*ranked)]
    return [one for each in rounds for one in each][:MOST]


def questions_of(article: Article, sentence: Sentence) -> list[str]:
    """The questions that a sentence plainly answers by its form, at most one of each kind."""
    text = " ".join(article.quote(sentence).split())
    if sentence.furniture or not text.endswith(".") or not 5 <= len(text.split()) <= 45 or _QUOTED.search(text):
        return []
    return list(dict.fromkeys(_made(article, text)))


def _made(article: Article, text: str) -> Iterator[str]:
    if found := re.match(r"In (\d{4}), ", text):
        if article.text.count(found[1]) == 1:
            yield f"What happened in {found[1]}?"
        return
    found = _OPENING.match(text)
    if found is None or (subject := _subject(article, found["subject"])) is None:
        return
    plural = found["subject"].startswith("The ") and subject.split(" of ")[0].endswith("s")
    rest = text[found.end() :].removesuffix(".")
    for pattern, question in _PATTERNS:
        if made := pattern.match(rest):
            yield " ".join(question.format(S=subject, do="do" if plural else "does", **_said(made)).split()) + "?"
    if found["aside"] and (role := re.match(r"who (is|was) ", found["aside"])):
        yield f"Who {role[1]} {subject}?"


def _subject(article: Article, words: str) -> str | None:
    """The subject as it reads inside a question, or None where it would say nothing, or is perhaps no subject at all."""
    first, *others = words.split()
    if _EMPTY & {word.casefold() for word in (first, *others)}:
        return None
    if first == "The":
        return "the " + " ".join(others) if others else None
    # A capital at the head of a sentence says nothing; the same word with a capital elsewhere says that it is a name.
    name = re.escape(first)
    named = re.search(rf"[\w,] {name}\b|\b{name} [A-Z]", article.text)
    return words if named and all(word[0].isupper() or word in _SMALL for word in others) else None


def _said(made: "re.Match[str]") -> dict[str, str]:
    """What a pattern has found, its verb in the form that follows "did" or "does"."""
    said = {name: words or "" for name, words in made.groupdict().items()}
    if "past" in said:
        said["base"] = _PAST[said["past"]]
    if "now" in said:
        said["base"] = {"has": "have"}.get(said["now"], said["now"].removesuffix("s"))
    return said


# -- the patterns, as data

_QUOTED = re.compile('[“”"«»]')  # what somebody says has subjects of its own
_SMALL = {"of", "the", "and", "de", "van", "von", "al", "bin", "da", "del", "la"}
_EMPTY = set("he she it they we i you this that these those there his her its their our who which what and but or".split())

_PAST = dict(
    pair.split(":")
    for pair in (
        "arrived:arrive traveled:travel travelled:travel went:go moved:move flew:fly fled:flee returned:return sailed:sail "
        "walked:walk came:come left:leave visited:visit entered:enter reached:reach crossed:cross landed:land "
        "met:meet married:marry succeeded:succeed defeated:defeat interviewed:interview joined:join "
        "began:begin started:start ended:end finished:finish opened:open closed:close launched:launch "
        "founded:found built:build rebuilt:rebuild designed:design invented:invent discovered:discover found:find "
        "wrote:write published:publish painted:paint recorded:record released:release signed:sign announced:announce "
        "won:win lost:lose scored:score played:play bought:buy sold:sell became:become died:die fell:fall rose:rise "
        "collapsed:collapse burned:burn struck:strike destroyed:destroy killed:kill appointed:appoint elected:elect "
        "resigned:resign retired:retire approved:approve rejected:reject adopted:adopt introduced:introduce "
        "held:hold hosted:host received:receive changed:change grew:grow"
    ).split()
)
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_TIME = (
    rf"(?:in (?:early |late |mid-)?(?:{_MONTH}(?: \d{{4}})?|\d{{4}})|on {_DAY}"
    rf"|on (?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}))\b"
)
_NAME = rf"(?!{_MONTH}\b)[A-Z][\w’-]+"
_OPENING = re.compile(
    r"(?P<subject>[A-Z][\w’-]+(?: [\w’-]+){0,5}?)(?:, (?P<aside>[^,]{3,160}),)? "
    rf"(?=(?:{'|'.join(_PAST)}|was|were|is|are|has|have|had|said|plans?|wants?|hopes?|intends?|aims?|holds?|contains?|employs?)\b)"
)
_FEW = r"(?:[\w’-]+ ){0,7}?"  # a few words and no comma: what stands between a verb and the time
_PERSON = (
    "chairman|chairwoman|president|minister|director|king|queen|author|writer|poet|painter|artist|scientist|"
    "engineer|architect|captain|mayor|governor|actor|actress|singer|composer|player|coach|professor|founder|officer"
)
_NUMBER = r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)"
_DONE = r"\w+ed|built|rebuilt|born|held|found|made|sold|shot|won"
_VERB = rf"(?P<past>{'|'.join(_PAST)})"
# "The election held in 1988 saw ..." is no sentence with "held" as its verb: only some verbs can stand without an object.
_ALONE = (
    "arrived|traveled|travelled|went|moved|flew|fled|returned|sailed|walked|came|landed|began|started|ended|opened|closed|"
    "died|fell|rose|collapsed|resigned|retired"
)
_BESIDE = "|".join(verb for verb in _PAST if verb not in _ALONE.split("|"))

_PATTERNS = [
    (re.compile(pattern), question)
    for pattern, question in (
        (rf"(?P<past>met|married|succeeded|interviewed) (?:his |her |the |\w+ )*{_NAME}", "Who did {S} {base}"),
        (rf"(?P<past>traveled|travelled|went|moved|flew|fled|returned|sailed) to (?:the )?{_NAME}", "Where did {S} {base}"),
        (rf"(?P<past>{_ALONE}) (?P<what>{_FEW}){_TIME}", "When did {S} {base} {what}"),
        (rf"(?P<past>{_BESIDE}) (?!(?:by|in|at|on|for|with|during) )(?P<what>[\w’-]+ {_FEW}){_TIME}",
         "When did {S} {base} {what}"),
        (rf"(?P<was>was|were) (?P<done>{_DONE}) (?:(?:in|at|near) {_FEW})?{_TIME}",
         "When {was} {S} {done}"),
        (rf"(?P<was>was|were) (?P<done>born|held|built|buried|found|discovered) (?:in|at|near) (?:the )?{_NAME}",
         "Where {was} {S} {done}"),
        (rf"(?P<was>is|was) (?:one of |the |a |an )(?:[\w’-]+ ){{0,5}}?(?:{_PERSON})s?\b", "Who {was} {S}"),
        (r"said (?:that )?\w", "What did {S} say"),
        (rf"{_VERB} (?P<what>{_FEW})because ", "Why did {S} {base} {what}"),
        (r"(?P<was>is|are|was|were) expected to \w", "What {was} {S} expected to do"),
        (r"(?P<has>has|have) been (?P<doing>seeking|trying|planning|preparing) to \w", "What {has} {S} been {doing} to do"),
        (r"(?P<now>plans?|wants?|hopes?|intends?|aims?) to \w", "What {do} {S} {base} to do"),
        (rf"(?P<now>has|have|holds?|contains?|employs?) (?:about |nearly |more than )?{_NUMBER} (?P<what>[a-z]+s)(?= |$)",
         "How many {what} {do} {S} {base}"),
    )
]  # fmt: skip
