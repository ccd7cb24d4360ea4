"""What the reading of follow-up questions must know of English: its small words, its pronouns, and its verbs' forms.

Tables and word forms; knows nothing of conversations or articles. English comes in one room, so that another language
would be another room.
"""

import re

__all__ = [
    "AUXILIARIES",
    "DETERMINERS",
    "FEMALE",
    "GROUPS",
    "MALE",
    "NUMBERS",
    "PEOPLE",
    "PREPOSITIONS",
    "SMALL",
    "SPEAKING",
    "TIMES",
    "base_form",
    "is_plural",
    "is_verb_form",
    "possessive",
    "third_person",
]

AUXILIARIES = frozenset(
    "do does did is are was were am be been has have had can could will would shall should may might must".split()
)
PREPOSITIONS = frozenset(
    """
    about above across after against along among around as at before behind below beneath beside between beyond by despite
    down during for from in inside into near of off on onto out outside over past since than through throughout till to
    toward towards under until up upon via with within without
    """.split()
)
DETERMINERS = frozenset(
    "a an the this that these those my our your his her its their some any each every no both all".split()
)
NUMBERS = frozenset("one two three four five six seven eight nine ten eleven twelve dozen hundred thousand million".split())
# Words that are never the name or the head of anything.
SMALL = (
    AUXILIARIES
    | PREPOSITIONS
    | DETERMINERS
    | frozenset(
        """
        and or but so if then else because while when where who whom whose which what why how not there here he she it they
        him them hers theirs himself herself itself themselves i we you me us also only just still yet ever never already
        again later earlier today yesterday tomorrow now very too more most many much few several other another such same
        own first second third last next yes instead however although though once twice
        """.split()
    )
)
TIMES = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december jan feb mar apr jun jul aug sept sep oct nov dec christmas easter michaelmas spring summer
    autumn winter day morning afternoon evening night noon midnight today yesterday tomorrow
    """.split()
)
# Who somebody is or was. Before a name or beside it, it says that the name is a person's.
MALE = frozenset(
    """
    mr sir lord king prince duke father dad son brother husband uncle nephew grandfather grandson man men boy boys
    gentleman chairman businessman fisherman widower monk monks priest baron count emperor
    """.split()
)
FEMALE = frozenset(
    """
    mrs ms miss dame lady queen princess duchess mother mum mom daughter sister wife aunt niece grandmother granddaughter
    woman women girl girls chairwoman businesswoman widow nun nuns baroness countess empress actress
    """.split()
)
PEOPLE = (
    MALE
    | FEMALE
    | frozenset(
        """
        dr prof professor president premier minister chancellor senator governor mayor councillor ambassador official
        officer leader head chief chairperson director manager boss executive founder owner partner secretary spokesman
        spokeswoman spokesperson captain coach trainer player striker goalkeeper keeper defender midfielder substitute
        referee umpire scorer teenager veteran general colonel major lieutenant sergeant commander admiral soldier scientist
        researcher geologist biologist geneticist chemist physicist astronomer oceanographer engineer mechanic doctor
        surgeon nurse teacher schoolteacher headteacher pupil student lecturer historian archaeologist curator librarian
        author writer poet novelist journalist reporter editor critic painter sculptor artist architect musician singer
        composer conductor actor dancer producer photographer lawyer judge magistrate witness suspect victim merchant
        miller farmer baker mason builder carpenter labourer apprentice worker postman sailor fisher harbourmaster pilot
        driver passenger visitor resident neighbour colleague counterpart friend rival opponent successor predecessor
        child baby parent cousin twin person somebody refugee pensioner volunteer organiser member candidate swimmer runner
        rower climber champion winner bishop abbot
        """.split()
    )
)
# What many people, or a firm of them, are called: "it" and "they" alike.
GROUPS = frozenset(
    """
    party congress parliament senate council committee commission government ministry agency department office court army
    navy police university college school institute academy museum library abbey church society association foundation
    fund trust bank company group corporation firm club team town united city rovers athletic band orchestra league union
    federation organisation organization bureau board crew staff family
    """.split()
)
SPEAKING = frozenset(
    """
    said says told tells added admitted argues argued believes believed explained claimed claims complained wrote recalled
    replied insisted warned thinks thought called asked announced
    """.split()
)
_PLURALS = frozenset("people men women children police mice geese feet teeth media data bacteria larvae".split())
_NO_PLURALS = re.compile(r"(?:ss|us|is|ics|news|series|species|gas|lens|[^aeiou]as)$")

_IRREGULAR = dict(
    pair.split(":")
    for pair in """
    was:be were:be began:begin became:become bent:bend bet:bet bit:bite blew:blow bought:buy broke:break brought:bring
    built:build burst:burst came:come caught:catch chose:choose cost:cost crept:creep cut:cut dealt:deal did:do drank:drink
    drew:draw drove:drive dug:dig ate:eat fed:feed fell:fall felt:feel fought:fight found:find flew:fly forbade:forbid
    forgot:forget froze:freeze gave:give got:get grew:grow ground:grind had:have heard:hear held:hold hid:hide hit:hit
    hung:hang hurt:hurt kept:keep knew:know laid:lay lay:lie led:lead left:leave lent:lend let:let lit:light lost:lose
    made:make meant:mean met:meet paid:pay put:put ran:run rang:ring read:read rode:ride rose:rise said:say sang:sing
    sank:sink sat:sit saw:see sent:send set:set shook:shake shone:shine shot:shoot showed:show shut:shut slept:sleep
    slid:slide sold:sell sought:seek spent:spend split:split spoke:speak spread:spread sprang:spring stole:steal
    stood:stand struck:strike stuck:stick swam:swim swept:sweep swore:swear swung:swing taught:teach thought:think
    threw:throw told:tell took:take tore:tear understood:understand upheld:uphold withdrew:withdraw woke:wake won:win
    wore:wear went:go wrote:write used:use added:add died:die lied:lie tied:tie agreed:agree freed:free guaranteed:guarantee
    travelled:travel controlled:control labelled:label cancelled:cancel modelled:model invited:invite united:unite
    scheduled:schedule ruled:rule wasted:waste tasted:taste rescued:rescue
    """.split()
)
_PARTICIPLES = frozenset(
    """
    been begun bitten blown broken born chosen done drawn driven drunk eaten fallen flown forgotten forbidden frozen given
    gone grown hidden known lain ridden risen seen shaken shown spoken stolen sung sunk sworn swum taken thrown torn woken
    worn written
    """.split()
) | frozenset(_IRREGULAR)
# The ending that is left after "ed", and what makes it the verb; the first that fits. Without one, what is left is the verb.
_REGULAR = tuple(
    (re.compile(f"{ending}$"), verb)
    for ending, verb in (
        (r"([^aeiou])i", r"\1y"),  # carried
        (r"([bdgmnprt])\1", r"\1"),  # stopped, planned
        (r"([cuvz]|[^n]g|[aeu]ng)", r"\g<1>e"),  # forced, argued, saved; and changed, but not belonged
        (r"([^aeiou][bdfgkptzcs]l)", r"\1e"),  # settled
        (r"([^s]s)", r"\1e"),  # closed, caused
        (r"((?:^|[^aeiou])(?:[aio]k|[aio]p|[aiou]m|[aiou]n|ir|ar|or|ur|ib|id|ut|ot|at))", r"\1e"),  # liked, named, created
        (r"(iat|reat|uat|quir|quot|uid)", r"\1e"),
    )
)
_KEEP = frozenset(  # where the table above would add an e too many
    """
    visit exhibit limit edit credit profit open happen listen threaten strengthen develop gallop answer offer enter focus
    heat treat defeat repeat seat beat cheat boat float pilot pivot ballot abandon reason season mention question position
    condition function report support transport sport export import honor favor labor mirror monitor author color orbit
    inhabit prohibit benefit deposit audit sign design assign join contain remain train gain explain rain turn learn return
    burn earn warn spin begin inform perform reform transform form warm alarm harm farm storm claim aim roam seem
    start part depart chart alert convert insert assert desert hurt park mark work ask walk talk look book cook
    attack back track pick kick lock knock stock check rank thank link drink bank spark bark remark perform confirm affirm
    sort escort effort comfort court assist harbour
    """.split()
)


def base_form(verb: str) -> str:
    """The verb of a past form, as it follows "did": "led" gives "lead", "carried" gives "carry"."""
    word = verb.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not word.endswith("ed") or len(word) < 5:
        return word
    left = word[:-2]
    if left in _KEEP:
        return left
    for ending, form in _REGULAR:
        if ending.search(left):
            return ending.sub(form, left)
    return left


def third_person(verb: str) -> str:
    """The verb of a form in -s, as it follows "does": "leads" gives "lead"."""
    word = verb.lower()
    if word == "has":
        return "have"
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if re.search(r"(?:ss|sh|ch|x|zz|o)es$", word) else word[:-1]


def is_verb_form(word: str) -> bool:
    """Whether the word can be a past form or a participle."""
    word = word.lower()
    return word in _PARTICIPLES or (word.endswith("ed") and len(word) > 4)


def is_plural(noun: str) -> bool:
    """Whether the noun reads as a plural."""
    word = noun.lower()
    return word in _PLURALS or (word.endswith("s") and len(word) > 3 and not _NO_PLURALS.search(word))


def possessive(words: str) -> str:
    """ "Zhao" gives "Zhao's", "the clams" gives "the clams'"."""
    return words + ("'" if words.endswith("s") and is_plural(words.split()[-1]) and words[:1].islower() else "'s")
