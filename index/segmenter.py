"""Divides a text into paragraphs and sentences: spans over the text, which itself is never changed.

Knows nothing of files, models or storage. The sentence ends come from sentencex; the tables below say where it is
overruled. Where a rule is in doubt it joins: a sentence of two is still a true quotation, half of one may not be.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from sentencex import get_sentence_boundaries

from index.article import Sentence

__all__ = ["segment"]

Span = tuple[int, int]

# Lines. A line is its span without the white space around it, so its length is end - start.
_END = ".!?:;…。！？؟।\"”’')]"
_HEADING = re.compile(r"#{1,6}\s+\S")
_UNDERLINE = re.compile(r"={3,}|-{3,}")
_ITEM = re.compile(r"(?:[-*+•‣▪◦–—]|\(?\d{1,3}[.)]+|\(?[a-z]\))\s+\S")
_NARROWEST, _WIDEST = 40, 100  # columns: mail wraps at 72-78, Gutenberg at 60-75, code at up to 100
_UNWRAPPED = 120  # nobody breaks lines by hand at this width, so each such line is a paragraph

# What follows U.S. in a name: a capital letter after it ends the sentence otherwise.
_OFFICE = (
    r"(?:Government|Army|Navy|Air Force|Marines?|Senate|House|Congress|President|Supreme|District|Department|Secretary|"
    r"State|Treasury|Attorney|Embassy|Open|Customs|Federal|Security|General|Ambassador|Capitol|Constitution|Census|Coast|"
    r"Forest|Geological|Representative|Sen\.|Rep\.)"
)
# Joins: where what is left of a proposed end matches the first and what is right of it the second, the end is dropped.
_JOINS = tuple(
    (re.compile(rf"(?:{left})$"), re.compile(right))
    for left, right in (
        # A title wants its name, an abbreviated noun its number, a Latin one its example.
        (r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Messrs|Mme|Mlle|Rev|Hon|Fr|Msgr)\.", r"[^\W\d_]"),
        (r"\b(?:Gen|Maj|Col|Lt|Capt|Cmdr|Cpl|Sgt|Pvt|Adm|Supt|Insp|Gov|Sen|Rep|Pres|Amb|St|Ste|Mt|Ft)\.", r"[^\W\d_]"),
        (
            r"\b(?:[Nn]os?|[Vv]ols?|[Aa]rts?|[Ss]ecs?|[Cc]h|[Cc]haps?|[Ff]igs?|[Ee]qs?|pp?|[Aa]pprox|ca?|ed|para)\.",
            r"\d|[IVXLC]+\b",
        ),
        (r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.", r"\d"),
        (r"\b(?:e\.\s?g|i\.\s?e|cf|viz|vs|v|approx|a\.k\.a|et seq)\.", r""),
        (r"\b(?:Assoc|Asst)\.", r"[A-Z]"),
        (r"\bet al\.", r"[(\[\d]|[a-z]"),
        # An abbreviation that can end a sentence does not when a small letter follows.
        (r"(?:\b(?:\w\.\s?)+\w|\b(?:etc|voc|ed|Inc|Ltd|Co|Corp|Jr|Sr|dept|est|misc|min|max|Ave|Blvd|Rd))\.", r"[a-z]"),
        (
            r"(?i:\b[ap]\.\s?m)\.",
            r"(?:[A-Z]{2,4}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b|(?:Eastern|Pacific|Central|local)",
        ),
        (r"\b(?:U\.\s?S|U\.\s?K|E\.\s?U|U\.\s?N)\.", _OFFICE),
        (r"\b[Ww]ashington, D\.\s?C\.", r"[-–—(]"),
        # Initials: J. R. R. Tolkien. A lone I ends a sentence as often as not, and is left to sentencex.
        (r"\b(?:[A-Z]\.\s?)*[A-HJ-Z]\.", r"[A-Z]\.\s"),
        (r"(?:\.\s?\.|…)", r"[^\W\d_A-Z]"),  # an ellipsis before a small letter is a pause
    )
)
# The end of an address or a file name, where it follows a full stop without white space.
_SUFFIX = re.compile(r"(?i:com|org|net|edu|gov|html?|pdf|txt|docx?|jpe?g|png|py|md|js|exe)\b")
# "What?" she asked. / "Go!" Anna Lee said. The words before the verb may be a name or a pronoun.
_SAID = (
    r"(?:said|says|asked|asks|added|replied|answered|wrote|writes|cried|shouted|whispered|explained|continued|"
    r"recalled|insisted|noted|warned|declared|exclaimed|muttered|murmured|repeated|laughed|remarked|thought)\b"
)
_SPEAKER = re.compile(rf"(?:[^\W\d_][\w.’'-]*\s+){{1,3}}{_SAID}|{_SAID}")
# [3], [3][4]:12, [a], [note 1], [citation needed]
_FOOTNOTES = re.compile(
    r"\s?(?:\[(?:\d{1,3}|[a-z]|(?:note|nb|n)\s\d{1,3}|[a-z][a-z\s]{2,25}(?:needed|\?))\](?::\d{1,4})?\s?)+(?=\s|$|\w)"
)
_MARKER = re.compile(r"\W*(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]+\W*")
# A whole sentence in parentheses, which sentencex would not end.
_ASIDE = re.compile(r"(?<!\S)((?<=[.!?…\"”’)] )|^)\(([^\W\d_a-z][^()]{0,400}[.!?…][\"”’]?)\)(?!\S)")
_DATELINE = re.compile(
    r"[A-Z][A-Z.’' -]{2,40}(?:,\s[\w.’' -]{2,30})?(?:,\s[\w. ]{3,12})?(?:\s\([\w. /]{2,24}\))?\s?(?:—|–|--?)\s"
)
_CLOSERS = "”’»)]"
_QUOTES = '"“”„‟«»‹›‘‚‛`´'

# Words that sentencex takes for abbreviations, where a capital letter follows: measured by asking it.
_WORDS = re.compile(r"\b(?:me|[Mm]ay|art|ill|fed|miss|no|[Oo]k|OK|I[Dd]|id|arc|Ken|Bart|LA|DC|[Yy]um)(?=\.\s+[^\W\d_a-z])")
# It takes quadratic time where ends have no white space after them, so a long text is handed over in such pieces.
_PIECES = re.compile(r".{2000,}?[。！？｡।؟]+(?![」』）”])|.+", re.DOTALL)

# Furniture: what a site prints around an article. Each pattern is a whole sentence, so that prose about it stays.
_SITE = (
    r"(?:facebook|twitter|x|instagram|youtube|linkedin|tiktok|telegram|whatsapp|pinterest|threads|bluesky|reddit|"
    r"google news|e-?mail|social media)"
)
_SITES = rf"{_SITE}(?:(?:, and | and | or | & |, ){_SITE})*"
_FURNITURE = re.compile(
    "|".join(
        (
            r"(?:please )?(?:read|see|review) our (?:comment(?:s|ing)?|community|privacy|cookie) (?:policy|guidelines|rules)"
            r"(?: before (?:commenting|posting))?",
            r"advertisement|sponsored(?: content)?|paid content|skip ad|scroll to continue",
            r"(?:article|story) continues (?:below|after)(?: (?:this |the )?(?:advertisement|ad))?",
            rf"(?:share|print|save|email|tweet) (?:this|the)(?: (?:article|story|page|post))?(?: (?:on|via|with) {_SITES})?",
            rf"share (?:on|via) {_SITES}",
            r"(?:read (?:more|next|also)|see also|related|more on this(?: story)?)\s?:.{0,120}",
            r"read (?:more|next|the full (?:story|article))|more on this (?:story|topic)|recommended for you",
            r"you (?:may|might) also like|most (?:read|viewed)|top stories|load more|show more|view all",
            r"related (?:stor(?:y|ies)|articles?|posts?|topics|content|coverage|links)",
            r"(?:sign up|subscribe|register)(?: now| today| here)? (?:for|to) (?:our|the|my|this) [\w’' -]{0,40}"
            r"(?:newsletters?|mailing list|channel|podcast|alerts|feed|updates|briefing)(?: [\w ]{0,40})?",
            r"subscribe(?: (?:now|today|here)| to (?:our|the) [\w’' -]{2,40})?|already a subscriber",
            r"(?:sign|log) (?:up|in|out)(?: (?:now|here|to (?:comment|continue|read more)))?",
            r"(?:click|tap) (?:here|below|the link(?: below)?) (?:to|for) .{2,100}|click here",
            rf"(?:follow|like|find|join) (?:us|me|@\w{{2,20}}) on {_SITES}(?: (?:at )?@\w+)?",
            r"(?:copyright ?(?:©|\(c\))?|© ?(?:copyright)?|\(c\)) ?\d{4}.{0,100}|(?:copyright )?all rights reserved",
            r"this material may not be published, broadcast, rewritten,? or redistributed.{0,60}",
            r"(?:skip|jump|go) to (?:main )?(?:content|navigation|search|footer)|(?:back|return) to top",
            r"(?:accept|reject|manage|allow)(?: all)? cookies|cookie (?:policy|settings|preferences)|privacy policy",
            r"terms (?:of (?:use|service)|and conditions)(?: apply)?|(?:this|our) (?:web)?site uses cookies.{0,120}",
            r"(?:\d+ |view |show |leave a |post a |add a |no |load more )?comments?(?: \(\d+\))?|leave a reply",
            r"comments (?:are )?(?:closed|disabled)|join the (?:conversation|discussion)",
            r"(?:next|previous) (?:article|story|post)",
            r"(?:image|photo) (?:source|credit)s?(?: ?[:,] ?.{0,60})?",
        )
    ),
    re.IGNORECASE,
)
_LONGEST_FURNITURE = 200


def segment(text: str) -> tuple[Sentence, ...]:
    """The sentences of `text`, in order: trimmed and disjoint, with nothing but white space between them."""
    sentences: list[Sentence] = []
    for paragraph, (start, end) in enumerate(_paragraphs(text), 1):
        spans = list(_sentences(text[start:end]))
        furniture = end - start <= _LONGEST_FURNITURE and all(
            _FURNITURE.fullmatch(" ".join(text[start + a : start + b].split()).rstrip(" .!?:»>→…")) for a, b in spans
        )
        sentences.extend(Sentence(start + a, start + b, paragraph, n, furniture) for n, (a, b) in enumerate(spans, 1))
    if all(sentence.furniture for sentence in sentences):  # then it is the article
        return tuple(Sentence(s.start, s.end, s.paragraph, s.number) for s in sentences)
    return tuple(sentences)


def _trim(text: str, start: int, end: int) -> Span:
    """The span without the white space at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _paragraphs(text: str) -> Iterator[Span]:
    """Blank lines separate them; without any, each line is one; wrapped lines are one; headings and items are their own."""
    blocks = _blocks(text)
    width = _wrap_width(text, blocks)
    for block in blocks:
        first = block[0]
        previous = first
        is_heading = bool(_HEADING.match(text, *first))
        for line in block[1:]:
            if previous == first and _UNDERLINE.fullmatch(text, *line) and not _ITEM.match(text, *first):
                is_heading = True  # the underline belongs to its heading
            elif is_heading or _breaks(text, (first, previous, line), width, len(blocks) > 1, previous == block[0]):
                yield first[0], previous[1]
                first = line
                is_heading = bool(_HEADING.match(text, *first))
            previous = line
        yield first[0], previous[1]


def _blocks(text: str) -> list[list[Span]]:
    """The lines, by the blank lines between them."""
    blocks: list[list[Span]] = []
    after_blank = True
    position = 0
    for raw in text.splitlines(keepends=True):
        line = _trim(text, position, position + len(raw))
        position += len(raw)
        if line[0] >= line[1]:
            after_blank = True
            continue
        if after_blank:
            blocks.append([])
        blocks[-1].append(line)
        after_blank = False
    return blocks


def _is_full(text: str, line: Span, following: Span, width: int) -> bool:
    """Whether the following line's first word would not have fitted on this line."""
    word = text[following[0] : min(following[1], following[0] + _WIDEST)].split(None, 1)[0]
    return line[1] - line[0] + 1 + len(word) > width


def _wrap_width(text: str, blocks: list[list[Span]]) -> int:
    """The column at which the text's lines were broken by a machine, or 0 where they were not."""
    breaks = [
        (line, following)
        for block in blocks
        for line, following in pairwise(block)
        if not (_ITEM.match(text, *following) or _HEADING.match(text, *following))
    ]
    if not breaks:
        return 0
    lengths = sorted(line[1] - line[0] for line, _ in breaks)
    width = lengths[len(lengths) * 19 // 20]  # not the longest: an address may stick out
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    full = [(line, following) for line, following in breaks if _is_full(text, line, following, width)]
    # Lines that merely happen to be of one length end their sentences; wrapped ones go on in small letters.
    running = [1 for line, following in full if text[line[1] - 1] not in _END and text[following[0]].islower()]
    return width if len(full) >= 0.5 * len(breaks) and len(running) >= 0.4 * len(full) else 0


def _breaks(text: str, lines: tuple[Span, Span, Span], width: int, has_blank_lines: bool, at_top: bool) -> bool:
    """Whether a paragraph ends between two lines of one block, given the paragraph's first line as well."""
    first, line, following = lines
    goes_on = bool(width) and _is_full(text, line, following, width) and text[line[1] - 1] not in _END
    if _HEADING.match(text, *following):
        return True
    if _ITEM.match(text, *following) and (not goes_on or _ITEM.match(text, *first)):
        return True  # but a full line can run on into one that opens with a dash or a number
    length = line[1] - line[0]
    if has_blank_lines and length <= _UNWRAPPED and following[1] - following[0] <= _UNWRAPPED:
        opens_upper = text[line[0]].isupper() and text[following[0]].isupper()
        return at_top and opens_upper and text[line[1] - 1] not in _END + "," and length * 2 <= following[1] - following[0]
    if not width:
        return True
    return not _is_full(text, line, following, width - 4) and (text[line[1] - 1] in _END or not text[following[0]].islower())


def _sentences(paragraph: str) -> Iterator[Span]:
    start = 0
    for cut in (*_cuts(paragraph), len(paragraph)):
        a, b = _trim(paragraph, start, cut)
        if a < b:
            yield a, b
        start = cut


def _mask(paragraph: str) -> str:
    """The paragraph as sentencex sees it: of the same length, without what makes it lose its place.

    It does not look inside quotations, which costs the rest of the paragraph after a quotation mark that is never
    closed, and quadratic time after many; it refuses surrogates; and it takes some white space for letters.
    """
    masked = re.sub("[\ud800-\udfff\0]", "\ufffd", paragraph)
    masked = _ASIDE.sub(lambda aside: f"{aside[1]} {aside[2]} ", masked)
    masked = re.sub(r"(?<=\S)['’‘](?=\w)", "’", masked)  # an apostrophe, which is no quotation mark
    masked = _WORDS.sub(lambda word: "x" * len(word[0]), masked)
    masked = re.sub(rf"(?<!\w)['’]|['’](?!\w)|[{_QUOTES}]", " ", masked)
    return re.sub(r"\s", " ", masked)


def _cuts(paragraph: str) -> list[int]:
    masked = _mask(paragraph)
    dateline = _DATELINE.match(paragraph)
    earliest = dateline.end() if dateline else 0
    cuts: list[int] = []
    start = 0
    for end in _ends(masked):
        cut = _place(paragraph, masked, end)
        if cut <= earliest or cut >= len(paragraph) or _is_joined(paragraph, start, cut):
            continue
        cuts.append(cut)
        start = cut
    return cuts


def _ends(masked: str) -> Iterator[int]:
    """The sentence ends that sentencex proposes."""
    for piece in _PIECES.finditer(masked):
        for boundary in get_sentence_boundaries("en", piece[0]):
            yield piece.start() + int(boundary["end_index"])


def _place(paragraph: str, masked: str, cut: int) -> int:
    """The place of an end among the quotation marks around it: closing ones stay, opening ones go with what follows."""
    while cut and masked[cut - 1] == " ":
        cut -= 1
    while cut < len(paragraph):
        footnotes = _FOOTNOTES.match(paragraph, cut)
        if footnotes and cut:
            cut = footnotes.end()
        elif paragraph[cut] in _CLOSERS or (masked[cut] == " " and paragraph[cut] in "\"'"):
            cut += 1
        else:
            break
    return cut


def _is_joined(paragraph: str, start: int, cut: int) -> bool:
    """Whether the end proposed at `cut` is none; `start` is where the sentence began."""
    left = paragraph[max(start, cut - 40) : cut].rstrip()
    right = paragraph[cut : cut + 80].lstrip()
    if not any(map(str.isalnum, left)) or not any(map(str.isalnum, right)):
        return True  # dots, stars and smileys are nobody's sentence
    if cut - start <= 8 and _MARKER.fullmatch(left):
        return True
    if left[-1] == "." and _SUFFIX.match(paragraph, cut):
        return True
    bare = left.rstrip(_CLOSERS + "\"'")
    if left != bare and (right[:1].islower() or (bare[-1:] in "?!" and _SPEAKER.match(right))):
        return True
    return any(before.search(bare) and after.match(right) for before, after in _JOINS)
