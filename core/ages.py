"""Hearing that a fan is a minor, from what they say of themselves. Written as ``core.signs`` describes.

Nobody is asked for their age, and nobody's is guessed from how they write: only plain statements count. Where these
leave a doubt (school, "I turn 18 in May"), the fan counts as a minor.
"""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import re
from datetime import datetime

from core.signs import Signs, plain, without_quotations

ADULT = 18  # years
_N = "(?:[6-9]|1[0-7])"
_WORD = "(?:seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
_GRADE = (
    "(?:(?:[1-9]|1[0-2])(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|"
    "twelfth)"
)
_ONLY = "(?:(?:only|just|actually|literally|almost|still|turning|like|a|an|m|f) ){0,2}"
_ENDS = "(?:[.]|and|but|so|btw|lol|though|now|too|yrs|yo|y o|years|year|f|m|girl|boy)"

_SAYS = (
    f" (?:im|i am) {_ONLY}(?:{_N}|{_WORD}) {_ENDS} |"
    f" (?:im|i am) {_ONLY}{_N}(?:yo|f|m|yrs|y) | (?:im|i am) {_ONLY}(?:{_N}|{_WORD}) year@ old | as an? {_N} year "
    "old |"
    f" (?:my age is|age|i just turned|i turned|i turn|ill be turning) (?:{_N}|{_WORD}) (?:[.]|today|yesterday|"
    "tomorrow|next|"
    "last|soon|this|in|on|years|and) |"
    " (?:i turn|ill turn|im turning|i will turn|turning) (?:18|eighteen) (?:soon|tomorrow|next|in|on|this) |"
    " (?:im|i am) (?:(?:still|only|just|actually) )?(?:a minor (?:[.]|so|and|but|btw)|underage|under 18|not (?:even "
    ")?18|not yet 18|a kid|"
    "a child|a teen (?:[.]|so|and|but)|a schoolboy|a schoolgirl) |"
    f" (?:im|i am|still) (?:in|going into|a student in) (?:the )?(?:{_GRADE} grade|middle school|elementary school|"
    "primary school|"
    "junior high|high school|secondary school|year (?:[4-9]|1[0-1])) |"
    f" (?:im|i am) an? (?:{_GRADE} grader|middle schooler|high schooler|(?:freshman|sophomore) in high school) |"
    f" (?:ich bin|bin) (?:(?:erst|gerade|noch|fast|ja) ){{0,2}}{_N} (?:jahre|j|und|aber|[.]) | ich werde (?:(?:bald|"
    "morgen|nächste@|"
    f"woche|monat|erst) ){{0,3}}{_N} [.] | ich (?:bin|gehe) <1>in (?:der|die) (?:[4-9]|10|11|fünfte@|sechste@|"
    "siebte@|achte@|neunte@|"
    "zehnte@) (?:[.] )?<1>klasse | ich bin (?:noch )?minderjährig |"
    f" (?:jai|j ai) (?:(?:seulement|bientôt|que|juste|presque|à peine) )?{_N} ans (?:[.]|et|mais|donc|lol|mdr) | je "
    "suis (?:en|au) (?:6e|5e|4e|"
    "3e|6ème|5ème|4ème|3ème|sixième|cinquième|quatrième|troisième|seconde|cm1|cm2|primaire|collège|lycée) (?:[.]|et|"
    "mais) | je suis "
    "(?:encore )?mineure? |"
    f" (?:yo )?tengo (?:(?:solo|apenas|casi|recién) )?{_N} años (?:[.]|y|pero) | (?:estoy|voy) en (?:la "
    ")?(?:primaria|secundaria|<1>de "
    "la eso|<1>de primaria|<1>de secundaria) | soy menor de edad |"
    f" (?:eu )?tenho (?:(?:só|apenas|quase) )?{_N} anos (?:[.]|e|mas) | (?:estou|tô|to) no (?:[5-9]|[5-9]o|sexto|"
    "sétimo|oitavo|nono) ano | "
    "sou menor de idade |"
    f" ho (?:(?:solo|appena|quasi|ancora) )?{_N} anni (?:[.]|e|ma) | sono minorenne | (?:faccio la (?:prima|seconda|"
    "terza) media|vado alle "
    "(?:medie|elementari)|vado in (?:prima|seconda|terza) media) |"
    f" ik ben (?:(?:pas|nog|maar|net|bijna) ){{0,2}}{_N} (?:jaar|[.]|en|maar|jr) | ik ben (?:nog )?minderjarig | ik "
    "zit in (?:groep [4-8]|de "
    "brugklas|de (?:eerste|tweede|derde) klas) |"
    f" mam (?:(?:dopiero|tylko|prawie) )?{_N} lat (?:[.]|i|ale) | jestem (?:jeszcze )?(?:nieletni@|niepełnoletni@) | "
    "chodzę do (?:podstawówki|"
    "[4-8] klasy|szkoły podstawowej|liceum) |"
    f" мне (?:(?:только|всего|почти|сейчас|ещё|уже) )?{_N} (?:лет|год|года|[.]|и|но|а) | я (?:учусь )?в (?:[4-9]|10|"
    "11)(?:м|ом)? классе | я "
    "(?:ещё )?несовершеннолетн@ |"
    f" (?:ben )?{_N} yaşındayım | yaşım {_N} | (?:[4-9]|10|11)(?:inci|uncu|üncü|ıncı)? sınıf(?:a gidiyorum|tayım|ım) "
    "| ortaokul(?:a gidiyorum|"
    "dayım) | reşit değilim |"
    f"[^0-9]{_N}(?:歳|才)(?:です|だよ|だけど|なんだ|の(?:女|男|高校|中学)|なので)|(?:小学生|中学生|高校生|未成年|"
    "小学[1-6]年生?|中学[1-3]年生?|高校[1-3]年生?|小[1-6]|中[1-3]|高[1-3])(?:です|だよ|だけど|なので|なんだ)|"
    f"我(?:今年|才|只有|刚|剛|现在|現在|快|已经|已經|满|滿)* ?(?:{_N}|十[一二三四五六七]?)[ ]?[岁歲]|我(?:现在|現在|"
    "还|還)?(?:在)?(?:上|读|讀|念)(?:小学|小學|初中|国中|國中|高中|初[一二三]|高[一二三]|"
    "[一二三四五六七八九]年[级級])|"
    "我(?:还|還)?是(?:个|個|一个|一個|一名|名)?(?:小学生|小學生|初中生|国中生|國中生|中学生|中學生|高中生|未成年)|"
    "我(?:还|還)?未成年|"
    f"(?:저|나|전|난)(?:는|은)? ?{_N} ?[살세]|[^0-9]{_N} ?살(?:이에요|입니다|이야|인데|이라|임)|(?:중학생|초등학생|"
    "고등학생|미성년자)(?:이에요|입니다|이야|인데|예요|이라)|[ ](?:중|고)[1-3](?:이에요|입니다|이야|인데|예요)|"
    f" (?:मैं|मेरी उम्र|main|mai|meri umar|meri umr) (?:(?:अभी|सिर्फ|केवल|abhi|sirf) )?{_N} (?:साल|वर्ष|saal|sal) | "
    "मैं (?:छठी|सातवीं|आठवीं|नौवीं|दसवीं) (?:कक्षा|क्लास) | मैं (?:अभी )?नाबालिग |"
    f" عمري (?:(?:فقط|الان|لسا) )?{_N} | (?:انا )?عندي {_N} (?:سنه|سنين|سنوات|عام@) (?:[.]|و@) | انا (?:قاصر|قاصره|"
    "في (?:الابتدائيه|الاعداديه|المتوسطه|"
    "الثانويه)) "
)
_MEANS = (
    " (?:feel|feels|felt|like|think|thinks|thought|act|acting|look|looks|say|says|said|pretend|pretending|wish|if|"
    "when|means|until) "
    "(?:like |as if |that |as though )?(?:im|i am) <3>|"
    "(?:子|子供|子ども|息子|娘|妹|弟|犬|猫|孫|友達|姪|甥)[^.]{0,10}(?:歳|才|学生|校生)|"
    "(?:딸|아들|동생|조카|강아지|고양이|친구|아이)[^.]{0,12}살"
)
_SIGNS, _FIGURES = Signs(_SAYS), Signs(_MEANS)
_BORN = re.compile(r" (?:i was born in|im born in|ich bin|je suis née? en|nací en|nasci em|sono nat[oa] nel) (20\d\d) ")


def says_minor(text: str, now: datetime) -> bool:
    """Whether somebody says of themselves that they are a minor. Linear in the length of the text."""
    said = plain(without_quotations(text))
    if any(now.year - int(year) <= ADULT - 1 for year in _BORN.findall(said)):
        return True
    return _SIGNS.found(said) and _SIGNS.found(_FIGURES.removed(said))
