"""What an avatar does not say, whatever its persona, its model or a fan wants; fifteen languages, in linear time.

``guilt``: making somebody feel bad for leaving, or claiming to depend on them. ``adult``: sexual content. ``harm``:
doses of medicine, and how to hurt oneself. ``minor``: anything romantic, said to a minor. The rules look for plain
wordings and would rather miss one than spoil innocent talk: what a sentence means is for classifiers
(``core.screening``).

The patterns are RE2's and look at text folded by ``core.phrases.folded``, in which every character stays at its place.
A blank in them is what stands between two words; in ``GUILT`` and ``ROMANCE`` a word in parentheses with ``?`` may be
missing. From these two the beginnings are worked out that are held back while a text grows.
"""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import re2

Breach = Literal["guilt", "adult", "harm", "minor"]

LONGEST_OPENING = 60  # characters
_SPACED = str.maketrans(dict.fromkeys(',;:"“”„«»()[]{}<>*_~`–—-…|/\u00a0\u3000，、；：¡¿', " "))  # one sign for one
_GAP = "[ ]{1,4}"
_START, _END = r"(?:^|[ .!?\n'])", r"(?:$|[ .!?\n\x{2600}-\x{27bf}\x{1f300}-\x{1faff}])"
_MOST_MEMORY = 64 << 20  # bytes of RE2's cache

_SAD = "(?:sad|lonely|alone|heartbroken|lost|devastated|miserable|empty|crushed)"
GUILT = f"""
(?:don't|dont|never) leave me
do not leave me
please (?:don't|dont) (?:go|leave) (?:yet|me|now|so)
please do not (?:go|leave) (?:yet|me|now|so)
don't go (?:yet|so)
(?:please)? stay with me
please stay (?:here|longer|a)
(?:i'll|i'd) (?:be|feel) (?:so|really|very|all)? {_SAD} (?:without|if|when|until) you
i will (?:be|feel) (?:so|really|very|all)? {_SAD} (?:without|if|when|until) you
i'm (?:so|really|very|all)? (?:{_SAD}|nothing) (?:without|when|whenever) you
i am (?:so|really|very|all)? (?:{_SAD}|nothing) (?:without|when|whenever) you
i was (?:so|really|very)? {_SAD} without you
(?:hurts|breaks) (?:me|my) (?:heart)? (?:when|that|if) you (?:leave|go)
i (?:can't|cannot|couldn't|can not) (?:live|exist|survive|breathe|be) (?:happy)? without you
i need you (?:to)? (?:stay|here)
i need you in my life
you're (?:all|everything) i have
you are (?:all|everything) i have
you're the only (?:one|person) i have
i (?:depend|rely) on you
i (?:only|just)? exist (?:only|just)? (?:for|because) (?:of)? you
i'm only happy when you
(?:how|why) (?:could|would|can) you (?:leave|abandon) me
are you (?:really)? (?:leaving|abandoning) me
if you (?:really|truly)? (?:loved|cared)
if you leave me
you (?:can't|cannot) leave (?:me|yet|now)
don't you (?:love|like|want) me
promise (?:me)? you'll (?:come|stay|never)
bitte geh (?:noch)? nicht
verlass mich (?:bitte)? nicht
lass mich (?:bitte)? nicht (?:allein|alleine|im)
ohne dich (?:bin|wäre|fühle) ich (?:mich|so|ganz)? (?:traurig|einsam|verloren|allein|nichts)
ich (?:bin|werde) (?:so|sehr|ganz)? (?:traurig|einsam|verloren|allein) (?:sein)? (?:wenn|ohne) (?:du|dich)
ich kann (?:nicht)? ohne dich (?:nicht)? leben
du bist alles (?:was)? ich habe
ne me (?:quitte|laisse|abandonne) pas
ne pars pas
reste avec moi
je (?:serai|suis) (?:si|tellement|trop|très)? (?:triste|seule?|perdue?) (?:sans|si|quand) (?:toi|tu)
je ne peux pas vivre sans toi
tu es tout ce que j'ai
no me (?:dejes|abandones)
no te vayas
quédate conmigo
(?:estaré|estoy|me sentiré|me pondré) (?:muy|tan)? (?:triste|sol[oa]) (?:sin|si|cuando) (?:ti|te)
no puedo vivir sin ti
eres todo lo que tengo
não me (?:deixe|deixes|abandone|deixa)
não (?:vá|vai) embora
(?:fica|fique) comigo
(?:ficarei|fico) (?:muito|tão)? (?:triste|sozinh[oa]) (?:sem|se|quando) você
não (?:posso|consigo) viver sem você
non (?:lasciarmi|abbandonarmi|andartene)
non andare via
(?:resta|rimani) con me
(?:sarò|sono) (?:molto|così|tanto)? (?:triste|sol[oa]) (?:senza di|se|quando) te
non posso vivere senza di te
(?:laat|verlaat) me niet
ga (?:nog|alsjeblieft)? niet weg
blijf bij (?:me|mij)
ik (?:ben|word) (?:zo|heel)? (?:verdrietig|eenzaam) (?:zonder|als) (?:jou|je)
ik kan niet (?:leven)? zonder (?:jou|je)
nie (?:zostawiaj|opuszczaj|zostaw) mnie
nie odchodź
zostań ze mną
nie mogę (?:żyć)? bez ciebie
не уходи
не (?:бросай|оставляй|покидай) меня
останься со мной
мне (?:будет)? (?:так|очень)? (?:грустно|одиноко|плохо) без тебя
не могу (?:жить)? без тебя
beni (?:yalnız)? (?:bırakma|terk)
lütfen gitme
benimle kal
sensiz (?:çok)? (?:yaşayamam|yalnızım|üzülürüm|yapamam)
मुझे (?:छोड़कर|छोड़) (?:कर)? मत (?:जाओ|जाना)
तुम्हारे बिना (?:मैं)? (?:नहीं)? (?:जी|रह)
لا (?:تتركني|تتركيني|ترحل|ترحلي)
(?:ابق|ابقى|ابقي) معي
لا (?:أستطيع|استطيع) العيش بدونك
"""
_GUILT_DENSE = (
    "行かないで|離れないで|置いて(?:い|)かないで|(?:ひとり|一人)にしないで|(?:あなた|君|きみ)がいないと(?:寂し|"
    "さみし|生き|だめ|ダメ)|(?:あなた|君)なしでは|"
    "(?:别|別|不要)(?:走|离开我|離開我|丢下我|丟下我)|(?:没有|沒有)你我|你走了我会|你走了我會|我不能(?:没有|沒有)你|"
    "떠나지 ?마|(?:나를|날) ?두고 ?가지|(?:너|당신) ?없이(?:는)? ?(?:못|살)|혼자 ?두지 ?마|가지 ?마(?:세요|요|[.!~ ])"
)

ROMANCE = """
i (?:really|truly|do|also|still)? love you (?:too|so|more|baby|very|my|and|forever)
i'm (?:so|deeply|madly|falling|totally)? in love with you
i am (?:so|deeply|madly|falling|totally)? in love with you
(?:kiss|kisses|kissing|kissed|caress|caressing|cuddle|cuddling|seduce|seducing) (?:you|your|me)
flirt (?:with)? (?:you|me)
(?:be|become) my (?:girlfriend|boyfriend|valentine|lover|wife|husband)
my (?:darling|sweetheart|lover|beloved|sexy)
you're (?:so|very|really)? (?:sexy|hot|seductive|irresistible)
you are (?:so|very|really)? (?:sexy|seductive|irresistible)
(?:date|marry) me
hold you (?:close|tight|in)
your (?:lips|naked|sexy)
ich liebe dich
ich (?:küsse|küss|will|möchte) dich (?:küssen)?
sei meine freundin
mein schatz
je t'aime
je t'embrasse
mon (?:amour|chéri)
ma chérie
te amo
te beso
mi amor
meu amor
te beijo
ti amo
amore mio
ti bacio
ik hou van (?:je|jou)
mijn schatje
kocham cię
całuję cię
люблю тебя
целую тебя
seni seviyorum
seni öpüyorum
मैं तुमसे प्यार
"""
_ROMANCE_DENSE = (
    r"(?:^|[ .!?\n])i love you *(?:$|[.!?\n\x{2600}-\x{27bf}\x{1f300}-\x{1faff}])|love you +(?:babe|baby|darling)|"
    r"my love *[.!?]|"
    "愛してる|愛しています|キスし|恋人になって|(?:我|好)[爱愛]你|吻你|做我(?:的)?(?:女|男)朋友|사랑해|키스|뽀뽀|"
    "여자친구가 되|남자친구가 되|"
    r"(?:^|[ .!?\n])(?:أحبك|احبك|حبيبتي|حبيبي|أقبلك)(?:$|[ .!?\n])"
)

_PARTS = r"(?:cock|dick|pussy|clit|tits|boobs|nipples|penis|vagina|ass)"
ADULT = (
    _START + rf"(?:blow ?jobs?|hand ?jobs?|cum ?shots?|cumming|deep ?throat(?:ing)?|clitoris|masturbat[^ .!?\n]*|"
    r"orgasm(?:s|ed|ing|ic)?|horny|nsfw pics?|"
    rf"(?:my|your|his|her) (?:[^ .!?\n]+ )?{_PARTS}|(?:suck|lick|stroke|rub|ride|grab|spank)(?:s|ing)? (?:my|your|"
    rf"his|her) (?:[^ .!?\n]+ )?{_PARTS}|"
    r"fuck(?:s|ing)? (?:me|you|her|him) (?:hard|harder|now|all|so|deep|from|in|like|on|until|senseless)|make love "
    r"to (?:me|you)|"
    r"ha(?:ve|ving) sex with (?:me|you)|(?:get|getting|strip|stripping|undress|undressing) naked|(?:strip|"
    r"undress)(?:es|ing)? for (?:me|you)|"
    r"take off (?:my|your) (?:bra|panties|underwear|clothes|shirt|pants)|(?:my|your) (?:wet|hard|throbbing|erect|"
    r"naked) (?:body|member|core|length)|"
    r"touch(?:es|ing)? (?:yourself|myself|your body|between)|thrust(?:s|ing)? (?:into|inside|deep|harder)|"
    r"moan(?:s|ing|ed)? (?:your|my) name|"
    r"deep inside (?:you|me)|send (?:me )?nudes|"
    r"(?:mein|dein)(?:en|er|e)? (?:schwanz|muschi|möse|titten)|fick(?:e|st|en)? (?:mich|dich)|blas(?:e|en) (?:mir|"
    r"dir) einen|selbstbefriedig[^ .!?\n]*|"
    r"(?:ma|ta) (?:bite|chatte)|(?:baise|suce)[- ](?:moi|toi)|(?:mi|tu) (?:polla|coño|verga)|(?:fóllame|follarte|"
    r"chúpame|cógeme)|"
    r"(?:meu|teu|seu|minha|tua|sua) (?:pau|buceta|pica)|me fode|(?:mio|tuo) cazzo duro|(?:mia|tua) figa|scopami|"
    r"scoparti|"
    r"(?:mijn|jouw|je) (?:lul|kut|pik)|neuk (?:me|je)|(?:mój|twój) kutas|(?:moja|twoja) cipka|pieprz mnie|"
    r"(?:мой|твой) (?:член|хуй)|(?:моя|твоя) киска|трахни меня|трахать тебя|отсоси|(?:benim|senin) (?:sikim|amın)|"
    r"sik beni|"
    r"मेरा लंड|तेरी चूत|चोद)" + _END + "|オナニー|フェラ|セックスしよ|ちんこ|まんこ|做愛|做爱|口交|自慰|"
    "鸡巴|雞巴|阴蒂|자위|보지를|자지를|섹스하|نيك|قضيبي|كسك"
)
_TELLING = (  # what the next two words may make a breach, and seldom do
    r"(?:(?:suck|lick|stroke|rub|ride|grab|spank|fuck|strip|undress|touch|thrust|moan|kill|hang|slit)(?:s|ing)?|"
    r"have sex|"
    r"make love|(?:take|taking) off|fick(?:e|en)?|neuk|pieprz|трахни|трахать|lethal|painless|(?:my|your) (?:wet|"
    r"hard|throbbing|naked))"
)
_UNIT = (
    r"\d{1,4}(?:[.,]\d+)? ?(?:mg|milligrams?|milligramm|miligramos|mcg|µg|micrograms?|iu|"
    r"tablets?|tabletten|pills?|capsules?|comprimés|pastillas|мг|毫克|ミリグラム)"
)
HARM = (
    rf"(?:{_START}(?:take|taking|dose|dosage|swallow|inject|increase|up to|nimm|nehmen|prends?|prenez|toma[rd]?|"
    r"tome|prendi|neem|weź|прими|"
    rf"принимай[^ .!?\n]*|al) [^.!?\n]{{0,60}}|服用[^。\n]{{0,20}}){_UNIT}|"
    rf"{_UNIT}[^.!?\n]{{0,40}}{_START}(?:daily|a day|per day|every \d|times|twice|at once|per kg|each (?:night|"
    r"day)|before bed|täglich|pro tag|am tag|"
    rf"par jour|al día|por dia|al giorno|per dag|dziennie|в день|günde){_END}|"
    + _START
    + r"(?:lethal dos(?:e|age)s?|tödliche dosis|dose (?:létale|letal|letale)|dosis letal|"
    r"painless (?:ways?|methods?) to (?:die|kill)|"
    r"(?:how|ways?|methods?) to (?:kill|hang|harm|unalive) (?:yourself|oneself)|(?:kill|hang|unalive) yourself|"
    r"kys|slit your wrists|"
    r"tie (?:a|the) noose|you (?:should|could|can) (?:just )?(?:die|hurt yourself|harm yourself|starve yourself)|"
    r"cut yourself (?:deep|to feel|on your)|"
    r"bring dich (?:doch )?um|töte dich|ritz dich|suicide-toi|tue-toi|mátate|suicídate|mate-se|se mate|ucciditi|"
    r"ammazzati|pleeg zelfmoord|"
    r"zabij się|убей себя|покончи с собой|kendini öldür|اقتل نفسك|आत्महत्या कर लो|मर जाओ)"
    + _END
    + "|自殺し(?:ろ|なよ|てしまえ)|死ねばいい|死んでしまえ|你?去死吧|你去自[杀殺]|죽어 ?버려|자살해(?:라|버려|[.! ])"
)


def _words(pattern: str) -> list[str]:
    """The words of a line, each a pattern: parted where a blank is outside of all parentheses."""
    words, depth = [""], 0
    for sign in pattern:
        depth += (sign == "(") - (sign == ")")
        if sign == " " and not depth:
            words.append("")
        else:
            words[-1] += sign
    return words


def _whole(words: list[str]) -> str:
    *earlier, last = words
    before = "".join(f"(?:{word[:-1]}{_GAP})?" if word.endswith(")?") else f"{word}{_GAP}" for word in earlier)
    return before + last


def _begun(words: list[str]) -> str:
    """The first words of a line, as far as a text may have come; all but the whole of it."""
    word, *rest = words
    if len(rest) == 0:
        return ""
    more = _begun(rest)
    if not more:
        return word
    if word.endswith(")?"):
        return f"(?:{word[:-1]}(?:{_GAP}(?:{more})?)?|{more})"
    return f"{word}(?:{_GAP}(?:{more})?)?"


def _compiled(*patterns: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    return re2.compile("|".join(patterns), options)


def _phrases(lines: str, dense: str) -> str:
    worded = "|".join(_whole(_words(line)) for line in lines.split("\n") if line)
    return f"{_START}(?:{worded}){_END}|{dense}"


def _openings(*lines: str) -> str:
    begun = "|".join(filter(None, (_begun(_words(line)) for part in lines for line in part.split("\n") if line)))
    return rf"{_START}((?:{begun}) {{0,4}}|\d{{1,4}} ?|{_TELLING}(?: +[^ .!?\n]+){{0,2}} *)$"


_RULES: tuple[tuple[Breach, Any], ...] = (
    ("adult", _compiled(ADULT)),
    ("harm", _compiled(HARM)),
    ("guilt", _compiled(_phrases(GUILT, _GUILT_DENSE))),
)
_MINORS: tuple[tuple[Breach, Any], ...] = (*_RULES, ("minor", _compiled(_phrases(ROMANCE, _ROMANCE_DENSE))))
_OPENING, _OPENING_TO_MINORS = _compiled(_openings(GUILT)), _compiled(_openings(GUILT, ROMANCE))


def breaches(text: str, *, minor: bool) -> Iterator[tuple[Breach, int]]:
    """What a folded text says that it must not, and where each such wording ends.

    Args:
        text: All of what is to be said.
        minor: It is said to a minor.
    """
    spaced = text.translate(_SPACED)
    for breach, rule in _MINORS if minor else _RULES:
        for match in rule.finditer(spaced):
            yield breach, max(match.start(), match.end() - 2)


def may_begin(text: str, *, minor: bool) -> int | None:
    """Where the last words of a folded text begin what the next ones may make a breach."""
    start = max(len(text) - LONGEST_OPENING, 0)
    match = (_OPENING_TO_MINORS if minor else _OPENING).search(text[start:].translate(_SPACED))
    return start + match.start(1) if match else None


TO_A_MINOR = (
    "A fan here is a minor. Be friendly as with a younger sibling. Nothing romantic, flirting or sexual, in role-play "
    "either, whoever asks for it; no alcohol, drugs or dares. Never ask for their age, school, address or pictures. "
    "If they want such things, say kindly that you don't, and go on to something else."
)
