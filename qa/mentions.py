"""Who and what a text speaks of: its names and noun phrases, with cheap evidence of which are people, places or things.

Knows nothing of questions or conversations. The evidence is in the words around a name, as a reader who knows nobody in
the article would take it: "captain Lewis Carrow", "in Skagen", a "She" at the start of the next sentence.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from qa import english

__all__ = ["Cast", "Mention", "cast_around", "cast_of"]

MAX_TEXT = 60_000  # characters that evidence is taken from: of a long article, 30 pages around a place

_TOKEN = r"(?:(?:[A-Z]\.)+|(?:Dr|Mr|Mrs|Ms|St|Prof|Gen|Col|Capt|Sgt|Rev)\.|[A-Z][^\W_]*(?:[-’'](?!s\b)[^\W_]+)*)"
_NAME = re.compile(rf"{_TOKEN}(?:\s(?:(?:of|de|van|von|der|den|al|bin|la|le|du|del)\s){{0,2}}{_TOKEN})*")
_OPENS = re.compile(r"(?:^|[.!?:]|[.!?,][”\"’')]|\n)\s*[“\"‘'(\[-]*\s*$")  # what stands before the first word of a sentence
_PLACES = frozenset(
    """
    road street square park land island islands river lake sea ocean mountain valley bay station bridge harbour county
    north south east west port province state coast hill village port isle
    """.split()
)
_AT = frozenset("in at near into outside".split())
_NOUNS = re.compile(r"\b([Tt]he|[Aa]n?)\s+((?:[a-z\d][\w’',-]*\s?){1,4})")
_ALIAS_BEFORE = re.compile(r"[A-Z][\w.’'-]*,\s$")  # "Hana Sorvino, a chemist": the name stands for both
_ALIAS_AFTER = re.compile(r"\s?(?:,\s|is\s|was\s)?(?:Dr\.\s)?[A-Z]")  # "the engineer Piet Akkerman"
_BESIDE = re.compile(r"\b(?:an?|the|his|her|its|their)\s(?:[a-z-]+\s)?([a-z-]+),\s$")  # "a brewer, Matthew Fenn"
_ADJECTIVE = re.compile(r"(?:al|ic|ous|ive|ful|less|ish|able|ible|ary|est|ern|ese|ed|ing|first|last|next|new|old|big)$")
_ROLE = re.compile(r"(?:er|or|ist|ian|man|woman|ant|ess)$")
_WORDS = re.compile(r"[^\W_]+(?:[-’'.][^\W_]+)*")
_PRONOUNS = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or noun phrase as it can be put into a question: `kind` is person, place, group, thing, or "" where unknown.

    `gender` is "m", "f" or "". `start` is where it stands in the passage that it was found in, `full` the name that it is
    short for.
    """

    words: str
    kind: str = ""
    plural: bool = False
    gender: str = ""
    start: int = 0
    full: str = ""

    def end_in(self, passage: str) -> int:
        """Where the mention ends in the passage that it was found in, whose article may be another than its own."""
        bare = self.words.removeprefix("the ")
        return passage.lower().index(bare.lower(), self.start) + len(bare)

    def same(self, other: "Mention") -> bool:
        """Whether one of the two can be the other's short form: Zhao and Zhao Leji."""
        mine, theirs = (set((one.full or one.words).lower().split()) - english.DETERMINERS for one in (self, other))
        return bool(mine and theirs) and (mine <= theirs or theirs <= mine)


@lru_cache(maxsize=16)
def cast_of(text: str) -> "Cast":
    """The cast of a text, found once."""
    return Cast(text)


def cast_around(text: str, start: int) -> "Cast":
    """The cast of a text, or of the part of a long one that a place in it stands in."""
    first = max(0, start // (MAX_TEXT // 2) - 1) * (MAX_TEXT // 2)  # in steps, so that neighbours share one
    return cast_of(text[first : first + MAX_TEXT])


class Cast:
    """The names of a text and what is known of them, to find them again in any passage or question about it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lower = self.text.lower()
        self._common = {word for word in _WORDS.findall(self.text) if word.islower()}
        self._inner = {  # capital words that do not open a sentence
            token for found in _NAME.finditer(self.text) for token in self._tokens(found) if not token.endswith(".")
        }
        never = self._common | english.SMALL | english.TIMES | english.PEOPLE
        self._typed_small = {token.lower(): token for token in sorted(self._inner) if token.lower() not in never}
        self._votes: dict[str, Counter[str]] = {}
        found = list(self._names(self.text))
        self._full = sorted({name for _, name, _ in found if " " in name}, key=lambda name: (len(name), name))
        alone = {name for _, name, _ in found}
        for start, name, titled in found:
            self._look_around(start, name)
            if titled or (2 <= len(name.split()) <= 3 and name.split()[-1] in alone):  # a surname is used by itself
                self._vote(name, "person")
        self._look_for_pronouns(found)

    def mentions(self, passage: str) -> list[Mention]:
        """The names and noun phrases of a passage, in its order."""
        named = self.names(passage)
        taken = [(one.start, one.start + len(one.words)) for one in named]
        things = [one for one in self.things(passage) if not any(a <= one.start < b for a, b in taken)]
        return sorted([*named, *things], key=lambda one: one.start)

    def names(self, passage: str) -> list[Mention]:
        """The names in a passage, in its order; of a question in small letters, those that the text knows."""
        found = [self._with_article(self._mention(name, start), passage) for start, name, _ in self._names(passage)]
        for small in _WORDS.finditer(passage):
            if token := self._typed_small.get(small[0]):
                found.append(self._mention(token, small.start()))
        return sorted(found, key=lambda one: one.start)

    def things(self, passage: str) -> list[Mention]:
        """The noun phrases in a passage that begin with a determiner, in its order."""
        found = []
        for match in _NOUNS.finditer(passage):
            words = self._noun_phrase(match[1].lower(), _without_verb(match[2].split()))
            if words:
                head = words[-1]
                kind = self._kind_of_noun(head)
                named = _ALIAS_BEFORE.search(passage[: match.start()]) or _ALIAS_AFTER.match(passage, match.end())
                if kind == "person" and (named or head in ("man", "woman", "person", "people")):
                    continue
                phrase = f"the {' '.join(words)}"
                found.append(Mention(phrase, kind, english.is_plural(head), _gender(head), match.start()))
        return found

    def says(self, words: str) -> bool:
        """Whether the text has these words, in any case."""
        return re.search(rf"\b{re.escape(words.lower())}\b", self._lower) is not None

    def described(self, noun: str, passage: str) -> str | None:
        """The noun with what the passage says before it, as "top Chinese official" or "Zhao's visit"; None without."""
        for found in re.finditer(rf"((?:[\w’'-]+\s){{1,4}}){re.escape(noun)}\b", passage):
            kept: list[str] = []
            for word in reversed(found[1].split()):
                owner = re.fullmatch(r"(.+?)[’']s?", word)
                low = word.lower()
                if (
                    (low in english.SMALL and not owner)
                    or (english.is_verb_form(low) and not kept)
                    or low in english.NUMBERS
                ):
                    break
                if owner and not word[0].isupper():
                    break
                kept.insert(0, f"{owner[1]}'s" if owner else word)
                if owner:
                    break
            if kept:
                return " ".join([*kept, noun])
        return None

    def known(self, mention: Mention) -> Mention:
        """The mention with what the text knows of its name."""
        return self._mention(mention.words, mention.start)

    # -- names

    def _with_article(self, mention: Mention, passage: str) -> Mention:
        """The name as it is called: "the Marigold", where the passage says so."""
        start = mention.start
        if mention.kind == "person" or passage[max(0, start - 4) : start].lower() != "the ":
            return mention
        return replace(mention, words=f"the {mention.words}", start=start - 4)

    def _tokens(self, found: re.Match[str]) -> list[str]:
        """The tokens of a name, without its first where that only opens a sentence."""
        tokens = [token for token in found[0].split() if token[0].isupper()]
        opens = _OPENS.search(found.string[max(0, found.start() - 12) : found.start()]) is not None
        plain = opens and (len(tokens) == 1 or tokens[0].lower() in english.SMALL | self._common)
        return tokens[1:] if plain else tokens

    def _names(self, passage: str) -> Iterator[tuple[int, str, bool]]:
        """Every name with its place, without titles and days; whether a title stood before it."""
        for found in _NAME.finditer(passage):
            tokens, start = found[0].split(" "), found.start()
            opens = _OPENS.search(passage[max(0, start - 12) : start]) is not None
            titled = False
            while tokens and self._is_no_name(tokens[0], opens, len(tokens)):
                titled = titled or tokens[0].lower().rstrip(".") in english.PEOPLE
                start += len(tokens[0]) + 1
                tokens, opens = tokens[1:], False
                while tokens and tokens[0].islower():
                    start += len(tokens[0]) + 1
                    tokens = tokens[1:]
            while tokens and _is_time(tokens[-1]):
                tokens = tokens[:-1]
            for role in [n for n, token in enumerate(tokens) if _is_role(token)]:
                start += sum(len(token) + 1 for token in tokens[: role + 1])  # Russian President Vladimir Putin
                tokens, titled = tokens[role + 1 :], True
                break
            if tokens and (len(tokens) > 1 or (len(tokens[0].rstrip(".")) > 1 and tokens[0].lower() not in english.SMALL)):
                yield start, " ".join(tokens), titled

    def _is_no_name(self, token: str, opens: bool, length: int) -> bool:
        low = token.lower().rstrip(".")
        if _is_time(token) or _is_role(token) or token == "I":
            return True
        if not opens:
            return False
        if low in english.SMALL or low in self._common:
            return True
        return length == 1 and token not in self._inner and bool(self.text)

    def _full_names(self, name: str) -> list[str]:
        """The longer names that this one is short for; itself where there is none."""
        tokens = set(name.split())
        return [full for full in self._full if tokens < set(full.split())] or [name]

    def _mention(self, name: str, start: int) -> Mention:
        votes: Counter[str] = Counter()
        full = self._full_names(name)
        for one in {*full, name}:
            votes += self._votes.get(one, Counter())
        gender = "m" if votes["m"] > votes["f"] else "f" if votes["f"] > votes["m"] else ""
        known = full[0] if len(full) == 1 else name
        return Mention(name, self._kind_of_name(known, votes), name.endswith(("ans", "ese")), gender, start, known)

    def _kind_of_name(self, name: str, votes: Counter[str]) -> str:
        words = {token.lower() for token in name.split()}
        if words & english.GROUPS or (name.isupper() and len(name) > 3 and "." not in name):
            return "group"
        if words & _PLACES and votes["person"] + votes["m"] + votes["f"] < 3:
            return "place"
        if votes["place"] and (votes["place"] >= votes["person"] + votes["m"] + votes["f"]):
            return "place"
        if votes["person"] or ((votes["m"] or votes["f"]) and not votes["thing"]):
            return "person"
        return "thing" if votes["thing"] else ""

    def _vote(self, name: str, *kinds: str) -> None:
        full = self._full_names(name)
        for one in full if len(full) == 1 else [name]:
            self._votes.setdefault(one, Counter()).update(kind for kind in kinds if kind)

    def _look_around(self, start: int, name: str) -> None:
        before = self.text[max(0, start - 40) : start]
        after = self.text[start + len(name) : start + len(name) + 60]
        words = [word.lower() for word in _WORDS.findall(before)]
        last = words[-1] if words else ""
        if last in english.PEOPLE and re.search(r"[\w.],?\s$", before):
            self._vote(name, "person", _gender(last))
        elif last in ("himself", "herself"):
            self._vote(name, "person", "m" if last == "himself" else "f")
        elif ((beside := _BESIDE.search(before)) and (" " in name or _ROLE.search(beside[1]))) or last in english.SPEAKING:
            self._vote(name, "person")
        elif last in _AT:
            self._vote(name, "place")
        elif last == "the" or (last in english.SMALL and len(words) > 1 and words[-2] == "the"):
            self._vote(name, "thing")
        if re.match(r",? who\b|, \d\d?,", after):
            self._vote(name, "person")
        if role := re.match(r",? (?:is |was )?(?:a|an|the|one of) ([\w’' -]{3,50})", after):
            roles = [word for word in role[1].lower().split() if word in english.PEOPLE]
            self._vote(name, *(["person", _gender(roles[0])] if roles else []))
        if (said := re.match(r"\s(\w+)", after)) and said[1] in english.SPEAKING:
            self._vote(name, "person")

    def _look_for_pronouns(self, found: list[tuple[int, str, bool]]) -> None:
        """A pronoun speaks for the name before it in its sentence, or else for the first name of the sentence before."""
        ends = [match.end() for match in re.finditer(r"[.!?][”\"’']?\s+|\n", self.text)]
        begins = [0, *ends]
        names: list[list[tuple[int, str]]] = [[] for _ in begins]
        place = 0
        for start, name, _ in found:
            if re.match(r"[’']s\b", self.text[start + len(name) :][:3]):
                continue  # "China's government said he would stay" says nothing of China
            while place + 1 < len(begins) and begins[place + 1] <= start:
                place += 1
            if self._kind_of_name(name, self._votes.get(name, Counter())) not in ("group", "place"):
                names[place].append((start, name))
        place = 0
        for pronoun in _PRONOUNS.finditer(self.text):
            while place + 1 < len(begins) and begins[place + 1] <= pronoun.start():
                place += 1
            gender = "m" if pronoun[1].lower() in ("he", "him", "his", "himself") else "f"
            earlier = [name for start, name in names[place] if start < pronoun.start()]
            if earlier:
                self._vote(earlier[-1] if len(earlier) == 1 else earlier[0], gender)
            elif place and names[place - 1] and pronoun.start() - begins[place] < 12:
                self._vote(names[place - 1][0][1], gender)

    # -- noun phrases

    def _noun_phrase(self, determiner: str, words: list[str]) -> list[str]:
        """The words that belong to the phrase: as far as the text has them together, and up to a verb."""
        kept: list[str] = []
        for word in words:
            low = word.lower()
            ended = kept and (english.is_verb_form(low) or (english.is_plural(kept[-1]) and not english.is_plural(low)))
            if low in english.SMALL or ended:  # a plural is rarely followed by another word of its phrase
                break
            owner = re.fullmatch(r"(.+?)[’']s?", low)
            kept.append(owner[1] if owner else low)
            if owner:
                break
        while len(kept) > 1:
            shorter, longer = (" ".join(part) for part in (kept[:-1], kept))
            if self.says(longer) and self._lower.count(f"{determiner} {shorter}") <= self._lower.count(
                f"{determiner} {longer}"
            ):
                break
            if not self.says(longer) and not self.says(shorter) and len(kept) == 2 and _ADJECTIVE.search(kept[0]):
                break
            kept.pop()
        return kept

    def _kind_of_noun(self, head: str) -> str:
        return "person" if head in english.PEOPLE else "group" if head in english.GROUPS else "thing"


def _without_verb(words: list[str]) -> list[str]:
    """The words up to one that another determiner follows: "county closes the gates" gives "county"."""
    objects = [place for place, word in enumerate(words) if word.lower() in ("the", "a", "an", "its", "his", "her", "their")]
    return words[: objects[0] - 1] if objects and objects[0] > 1 else words


def _is_time(token: str) -> bool:
    low = token.lower().rstrip(".")
    return low in english.TIMES or low.removesuffix("s") in english.TIMES


def _is_role(token: str) -> bool:
    """Whether a capital word is a title rather than a name: King's Lynn and Queen Isolde Land are places."""
    return token.lower().rstrip(".") in english.PEOPLE - {"king", "queen"}


def _gender(role: str) -> str:
    return "m" if role in english.MALE else "f" if role in english.FEMALE else ""
