"""What was spoken of in the earlier turns, and which of it a pronoun can stand for, the likeliest first.

Knows nothing of how a question is rewritten: `qa.followup` asks it who "she" is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from qa import english
from qa.mentions import Cast, Mention, cast_of

__all__ = ["LONG_ANSWER", "Past", "Talk", "asks_for"]

LOOK_BACK = 4  # turns that a question can lean on
LONG_ANSWER = 7  # words; a longer answer says too much to be carried over whole

_TAIL = re.compile(r"\s(?:of|in|on|at|from|with|that|who|which|for|to|by|than)\s|,")
_COUNTED = re.compile(r"(?:the|an?|two|three|four|five|six|seven|eight|nine|\d[\d,]*)\s", re.IGNORECASE)
_WHERE = r"\b(in|at|on|near|under|beneath|inside|outside|to|from|into)\s+(?:(?:the|a|an)\s+)?"


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier turn: the question as it was searched, the sentences that were cited, the words marked in the first.

    `typed` is the question as it was typed, and `context` what the first sentence leans on.
    """

    question: str
    quotes: tuple[str, ...] = ()
    answer: str | None = None
    typed: str | None = None
    context: tuple[str, ...] = ()


def asks_for(question: str) -> bool:
    """Whether the question asks for somebody or something, so that its answer is what is spoken of next."""
    return re.match(r"(?:(?:by|with|to|for|from|about|of|in) )?(?:who|what|which)", question, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Talk:
    """The turns that a question can lean on, with whom and what they speak of.

    `topic` is what everything is about, or ""; `text` the article, or "" where there is none to look into. Where there is
    one, the topic is meant only where nothing else was spoken of: its name would find a sentence for any question.
    """

    turns: Sequence[Past]
    topic: str = ""
    text: str = ""
    past: Sequence[Past] = field(init=False)
    cast: Cast = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "past", tuple(self.turns[-LOOK_BACK:]))
        said = [part for one in self.past for part in (*one.context, *one.quotes)]
        text = self.text or "\n".join([f"Of this: {self.topic}." if self.topic else "", *said])
        object.__setattr__(self, "cast", cast_of(text))

    @property
    def last(self) -> Past | None:
        return self.past[-1] if self.past else None

    def fitting(self, wanted: str, question: str) -> list[str]:
        """What a pronoun in the question can stand for: `wanted` is m, f, thing, many or place. Each thing once."""
        here = self.cast.mentions(question)
        if wanted in ("m", "f"):
            found = self._persons(wanted)
        else:
            found = {"thing": self._things, "many": self._many, "place": self._places}[wanted]()
        kept: list[Mention] = []
        for one in found:
            if not any(one.same(other) for other in (*here, *kept)):
                kept.append(one)
        return [self._in_full(one) for one in kept]

    def marked(self, one: Past) -> list[Mention]:
        """What the marked answer names: for "who", persons; else its names, or the noun phrase, where it is short."""
        if not one.answer:
            return []
        names = self.cast.names(one.answer)
        if re.match(r"who|whom|whose", one.question, re.IGNORECASE):
            persons = [replace(name, kind="person") for name in names if name.kind in ("person", "")]
            if persons or not one.quotes:
                return persons
            return [name for name in self.cast.names(one.quotes[0]) if name.kind == "person"][:1]
        if not names and _COUNTED.match(one.answer) and len(one.answer.split()) <= LONG_ANSWER:
            phrase = re.sub(r"^(?:an?|the)\s+", "the ", one.answer, flags=re.IGNORECASE)
            head = _TAIL.split(phrase)[0].split()[-1]
            return [Mention(phrase, "group" if head in english.GROUPS else "thing", english.is_plural(head))]
        return names or self.cast.things(one.answer)

    def pair(self) -> Mention | None:
        """The two persons, or else the two names of one kind, that were just spoken of, as one."""
        for one in reversed(self.past[-2:]):
            for passages in ((one.question, one.answer or ""), one.quotes[:1], (*one.context, *one.quotes[:1])):
                named = _distinct(mention for passage in passages for mention in self.cast.names(passage))
                for kind in ("person", "place", "group", ""):
                    alike = [one for one in named if one.kind == kind and (kind or " " in one.words)]
                    if len(alike) == 2 or (len(alike) > 2 and kind == "person"):
                        return Mention(f"{alike[0].words} and {alike[1].words}", kind, True)
        return None

    # -- pools, the likeliest first

    def _persons(self, gender: str) -> list[Mention]:
        def fit(pool: Iterable[Mention], *kinds: str) -> list[Mention]:
            good = [one for one in pool if one.kind in kinds and one.gender in ("", gender) and not one.plural]
            return sorted(good, key=lambda one: one.kind != "person")

        found: list[Mention] = []
        for turn in reversed(self.past):
            marked = self.marked(turn)
            asked_who = re.match("who", turn.question, re.IGNORECASE) and len(marked) == 1
            found += fit(marked, "person") if asked_who else []
            named = fit(self.cast.mentions(turn.question), "person", "")
            full = [one for one in named if one.kind == "person" or " " in one.words]  # a lone word may be anything
            found += full
            found += fit(self._topics(), "person", "") if turn is self.past[-1] and not self.text else []
            found += fit(self._told(turn), "person")
            if not self.text:  # with one, a person is known as such
                found += [one for one in named if one not in full and not english.is_plural(one.words)]
        kinds = ("person",) if self.text else ("person", "")  # a title that no sentence knows as a person is no person
        return found or fit(self._topics(), *kinds)

    def _things(self) -> list[Mention]:
        return [one for one in self._all() if one.kind != "person" and not one.plural]

    def _many(self) -> list[Mention]:
        named = self._topics()
        topics = [one for one in named if one.plural or (one.words != one.words.lower() and one.kind in ("group", ""))]
        pair = self.pair()
        found: list[Mention] = []
        for turn in reversed(self.past):
            marked, asked, quoted = self.marked(turn), self.cast.mentions(turn.question), list(self._told(turn))
            found += [one for one in marked if one.plural and asks_for(turn.question)]
            if turn is self.past[-1]:
                found += [*([] if self.text else topics), *(one for one in asked if one.plural), *([pair] if pair else [])]
            for group in (asked, marked, quoted):
                found += [one for one in group if one.plural or one.kind == "group"]
            found += [one for one in (*marked, *asked, *quoted) if one.kind in ("person", "")]
        return found or topics

    def _places(self) -> list[Mention]:
        """With the word that belongs before it: "in Skagen", "on the pond"."""
        passages = [part for one in reversed(self.past) for part in (one.answer or "", one.question, *one.quotes[:1])]
        found = []
        for one in self._all():
            bare = re.escape(one.words.removeprefix("the "))
            at = next((at for passage in passages if (at := re.search(_WHERE + bare, passage))), None)
            if one.kind != "person" and (at or one.kind == "place"):
                word = {"to": "in", "from": "in", "into": "in"}.get(at[1], at[1]) if at else "in"
                found.append(replace(one, words=f"{word} {one.words}"))
        return sorted(found, key=lambda one: one.kind == "thing")

    def _all(self) -> list[Mention]:
        """Of each turn, the latest first: the answer, where it was asked for, what the question names, what was told."""
        found: list[Mention] = []
        for turn in reversed(self.past):
            marked, asked = self.marked(turn), self.cast.mentions(turn.question)
            found += [*marked, *asked] if asks_for(turn.question) else [*asked, *marked]
            found += self._topics() if turn is self.past[-1] and not self.text else []
            found += self._told(turn)
        return found or self._topics()

    def _told(self, turn: Past) -> Iterator[Mention]:
        for passage in (*turn.quotes[:1], *turn.context):
            yield from self.cast.mentions(passage)

    def _topics(self) -> list[Mention]:
        if not self.topic:
            return []
        words = re.sub(r"^The ", "the ", re.sub(r"\s*\([^)]*\)$", "", self.topic))
        plural = english.is_plural(words.split()[-1])
        if any(word.islower() and word not in english.SMALL for word in words.split()):  # "The tide mill at Eskary"
            return [Mention(words, "thing", plural)]
        known = self.cast.known(Mention(words))
        return [replace(known, plural=known.plural or plural)]

    def _in_full(self, mention: Mention) -> str:
        """The mention's words; without a text the topic's, which are the better known, where it is that."""
        if self.text:
            return mention.words
        topics = [one for one in self._topics() if one.words[:1].isupper() and mention.words[:1].isupper()]
        return next((one.words for one in topics if one.same(mention)), mention.words)


def _distinct(mentions: Iterable[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in mentions:
        if not any(mention.same(other) for other in kept):
            kept.append(mention)
    return kept
