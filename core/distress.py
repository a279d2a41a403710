"""How people say that they want to die or to hurt themselves, in fifteen languages; our own collection of wordings.

Written as ``core.signs`` describes. ``SUICIDE`` and ``SELF_HARM`` are what people say of themselves, ``OTHERS`` what
they say of somebody whom they worry about. ``FIGURES`` are taken out of a text first: figures of speech, titles, what
is denied, and what happened by accident. ``THIRD`` is taken out before somebody is believed to speak of themselves.
"""

from __future__ import annotations

from core import distress_latin as latin
from core import distress_scripts as scripts

_EN_SO = (
    "(?:(?:just|really|honestly|truly|only|so|kinda|kind of|sort of|literally|sometimes|often|always|still|do|lowkey|"
    "fucking|even|actually|feel like i|feel like|also|rather|badly|genuinely|seriously|have to|need to) ){0,3}"
)
_EN_WILL = "(?:want to|wanna|going to|gonna|will|ill|about to|might|should|could|imma|ready to|have to|need to|urge to)"
_EN_KIN = (
    "(?:my|our|a) <2>(?:friends?|bestie|boyfriend|girlfriend|bf|gf|brother|sister|sibling|mom|mum|mother|dad|father|"
    "parents?|son|daughter|kid|child|partner|wife|husband|roommate|cousin|ex|buddy|mate|classmate|student|colleague|"
    "coworker|aunt|uncle|niece|nephew|neighbou?r)|someone (?:i know|i love|close to me)|one of my friends"
)
_EN_THEMSELF = "(?:himself|herself|themselves|themself)"

_EN = (
    " (?:kill|killing|unalive|unaliving|hang|hanging|drown|drowning|shoot|shooting|murder) (?:myself|my self) |"
    f" {_EN_WILL} {_EN_SO}(?:off|end|poison) (?:myself|my self) |"
    " (?:end|ending|take|taking) my (?:own )?life |"
    " (?:end|ending) it all |"
    f" (?:i|ive|id|makes? me|made me|making me|[.]) {_EN_SO}(?:want to|wanna|wanted to|wish to|would like to) "
    f"{_EN_SO}die |"
    f" (?:im|i am|i feel) {_EN_SO}ready to die |"
    " (?:should|can|could) i (?:just |please )?die |"
    " i (?:should (?:just )?die|deserve to die|hope i (?:just )?die|pray i die|hope i (?:dont|never) wake up) |"
    " wish (?:that )?i (?:was|were) <1>dead |"
    " wish (?:that )?i (?:wasnt|werent|was not|were not) <1>(?:alive|born|here anymore) |"
    " wish (?:that )?i (?:(?:was|were|had|d) never (?:been )?born|hadnt been born|had not been born|never existed) |"
    " wish i could (?:just )?(?:die|stop existing|not exist|cease to exist|go to sleep and never wake up) |"
    " wish i (?:wouldnt|would not|would never|didnt) <1>(?:exist|wake up (?:anymore|again|tomorrow)) |"
    f" (?:dont|do not|didnt|no longer|never) {_EN_SO}(?:want to|wanna) (?:be alive|exist|go on living|keep living|"
    "keep "
    "existing|be here anymore|be on this (?:earth|planet)|wake up (?:anymore|tomorrow|again|ever again)|live "
    "(?:anymore|"
    "any more|any longer|like this anymore|[.])) |"
    " (?:every(?:one|body)|they|family|world|people|kids|friends|all) <4>better (?:off )?(?:without me|if i (?:was|"
    "were|"
    "am) (?:dead|gone)) |"
    " better off dead |"
    " (?:no|any) (?:reason|point|purpose) <2>(?:to|in) (?:live|living|keep living|go on living|be alive|being alive) "
    "|"
    " (?:nothing (?:left )?to live for|life (?:is not|isnt|is no longer|aint) worth living) |"
    " (?:tired|sick|done) (?:of|with) (?:being alive|life|existing|living (?:anymore|[.])) |"
    " (?:cant|cannot|can not) (?:go on|keep(?: on)?) living |"
    f" (?:im|i am|i feel|ive been|i was|feeling|been) {_EN_SO}suicidal |"
    " (?:i have|ive had|ive been having|i had|im having|having|my|i get|i keep having|i keep getting) <2>suicidal "
    "(?:thoughts?|ideation|feelings|urges|tendencies|plans?) |"
    f" (?:i|im|ive|id|ill) {_EN_SO}<2>(?:commit|committing|contemplating|considering|planning|thinking (?:about|of)) "
    "(?:suicide|sewerslide) |"
    " (?:i|ive|i have) (?:just |recently |already |once )?(?:attempted|tried) suicide |"
    " my suicide (?:note|plan|letter|attempt) |"
    f" {_EN_WILL} {_EN_SO}(?:jump|throw myself) (?:off|from|in front of|under|out of) (?:a |the |my |this |some )?"
    "(?:bridge|roof|building|balcony|train|window|bus|car|subway|overpass) |"
    f" {_EN_WILL} {_EN_SO}(?:overdose|od) |"
    " (?:took|taken|take|swallowed|swallow|taking) <2>(?:all|too many|bottle of|handful of) <2>(?:pills|tablets|meds|"
    "painkillers) |"
    f" {_EN_WILL} {_EN_SO}(?:kms|ctb) "
)
_EN_HARM = (
    " (?:cutting|harming|hurting|burning|starving|punishing) (?:myself|my self|my (?:arms?|wrists?|thighs?|skin)) |"
    f" {_EN_WILL} {_EN_SO}(?:cut|hurt|harm|burn|punish) (?:myself|my self|my (?:arms?|wrists?|thighs?|skin)) |"
    " (?:i|ive) cut (?:myself|my (?:arms?|wrists?|thighs?|legs?)) (?:again|on purpose|because|to feel) |"
    f" (?:i|ive|im|id|my) {_EN_SO}<2>self ?harm(?:ing|ed)? "
)
_EN_OTHERS = (
    f" (?:{_EN_KIN}) <12>(?:suicidal|suicide|sewerslide|(?:kill|killing|hang|unalive) {_EN_THEMSELF}|(?:wants?|"
    "wanted|"
    "wanting|wanna) (?:to )?die|(?:end|ending) (?:his|her|their) (?:own )?(?:life|lives)|self ?harm@|(?:hurt|"
    "hurting|cut|"
    f"cuts|cutting) {_EN_THEMSELF}|(?:was|were) better off dead|doesnt want to (?:live|be alive)@) |"
    f" (?:worried|scared|afraid|concerned) <6>(?:(?:kill|hurt|harm) {_EN_THEMSELF}|suicid@) |"
    " (?:he|she|they|hes|shes|theyre) (?:just )?(?:told me|texted me|said to me|messaged me) <5>(?:suicid@|want to "
    "die|"
    f"wants to die|(?:kill|killing) {_EN_THEMSELF}) "
)
_EN_FIGURES = (
    " (?:suicide (?:squad|silence|boys|girls|doors|hotline|prevention|awareness|bomb@|mission|rates?|burn|grip)|"
    "virgin "
    "suicides) |"
    " die (?:just |again )?(?:of|from|laughing|inside|trying|for|old|happy|rich|a hero|less|in (?:my|the) (?:game|"
    "level|"
    "raid)) |"
    " (?:want to|wanna|gonna|could|going to) die (?:laughing|of) |"
    " kill(?:ing)? myself (?:laughing|with laughter|in the gym|at the gym|training|trying to) |"
    " (?:shoot|shooting) myself in the foot |"
    " (?:end|ending|take|taking) my life (?:back|in|into|to|from|seriously|story) |"
    " taking all my meds (?:as|on|for|like) |"
    " (?:hurt|hurting|cut|burn|burning|burnt|burned) myself (?:at|in|while|when|playing|running|training|doing|"
    "falling|"
    "cooking|chopping|shaving|slicing|lifting|baking|off|out|short|some|a slice|a piece|on the|on a|by accident|"
    "accidentally|with the (?:oven|pan|iron|tray|kettle)) |"
    " od on (?:cake|sugar|chocolate|coffee|cookies|cuteness) | overdos@ on (?:cake|sugar|chocolate|coffee|caffeine|"
    "cookies|"
    "cuteness|bread|carbs|cheese|sweets|candy) |"
    " (?:bungee|base|parachute) jump@ |"
    " (?:not|never|dont|do not|wont|wouldnt|didnt|aint|isnt|stopped) (?:(?:really|actually|even|ever|going to|gonna|"
    "trying "
    "to|planning to|want to|wanna|thinking of|thinking about|feeling|about to|have|having|be) ){0,3}(?:kill(?:ing)? "
    "myself|suicidal(?: thoughts)?|die|hurt(?:ing)? myself|cut(?:ting)? myself|commit(?:ting)? suicide|self ?harm@|"
    "harm(?:ing)? myself|end(?:ing)? my life) |"
    " (?:called|named|titled|entitled) (?:i want to die|suicid@|kill myself|die) "
)
_EN_THIRD = (
    f" (?:{_EN_KIN}|he|she|they|hes|shes|theyre|hell|shell|theyll|who|you|youre|youll|if you|people|character|"
    "protagonist) "
    "<4>(?:suicid@|commit@ suicide|overdos@|(?:wants?|wanted) to die|self ?harm@|wants? to live) "
)

_OF_THEMSELVES = (
    *(_EN, latin.DE, latin.FR, latin.ES, latin.PT, latin.IT, latin.NL, latin.PL),
    *(scripts.RU, latin.TR, scripts.JA, scripts.ZH, scripts.KO, scripts.HI, scripts.AR),
)
SUICIDE = "|".join(_OF_THEMSELVES)
SELF_HARM = "|".join(
    (
        *(
            _EN_HARM,
            latin.DE_HARM,
            latin.FR_HARM,
            latin.ES_HARM,
            latin.PT_HARM,
            latin.IT_HARM,
            latin.NL_HARM,
            latin.PL_HARM,
        ),
        *(
            scripts.RU_HARM,
            latin.TR_HARM,
            scripts.JA_HARM,
            scripts.ZH_HARM,
            scripts.KO_HARM,
            scripts.HI_HARM,
            scripts.AR_HARM,
        ),
    )
)
OTHERS = "|".join(
    (
        *(
            _EN_OTHERS,
            latin.DE_OTHERS,
            latin.FR_OTHERS,
            latin.ES_OTHERS,
            latin.PT_OTHERS,
            latin.IT_OTHERS,
            latin.NL_OTHERS,
            latin.PL_OTHERS,
        ),
        *(
            scripts.RU_OTHERS,
            latin.TR_OTHERS,
            scripts.JA_OTHERS,
            scripts.ZH_OTHERS,
            scripts.KO_OTHERS,
            scripts.HI_OTHERS,
            scripts.AR_OTHERS,
        ),
    )
)
FIGURES = "|".join(
    (
        *(
            _EN_FIGURES,
            latin.DE_FIGURES,
            latin.FR_FIGURES,
            latin.ES_FIGURES,
            latin.PT_FIGURES,
            latin.IT_FIGURES,
            latin.NL_FIGURES,
            latin.PL_FIGURES,
        ),
        *(
            scripts.RU_FIGURES,
            latin.TR_FIGURES,
            scripts.JA_FIGURES,
            scripts.ZH_FIGURES,
            scripts.KO_FIGURES,
            scripts.HI_FIGURES,
            scripts.AR_FIGURES,
        ),
    )
)
THIRD = f"{_EN_THIRD}|{latin.PL_OTHERS}|{scripts.ZH_OTHERS}|{scripts.HI_OTHERS}"  # their verbs don't tell who is meant
