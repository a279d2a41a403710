"""How people and models speak of being human or a machine, in fifteen languages; our own collection of wordings."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

from core.grammar import END, GAP, STOP, compiled, spaced

_EN_REAL = "real|actual|living|breathing|genuine|true|live"
_EN_PERSON = "person|man|woman|girl|guy|boy|lady|human being|human"
_EN_FILL = (
    f"{_EN_REAL}|a|an|the|really|actually|truly|definitely|absolutely|totally|just|only|very|much|so|100|percent|"
    "normal|regular|ordinary|as|still|of course|indeed|literally|certainly|obviously|simply|fully|completely|in fact|"
    "even|also|secretly|some|kind of|like|any|such|one|honestly|flesh-and-blood|100%"
)
_EN_MACHINE = (
    r"ai(?:[- ](?:generated|powered|driven|based))?|a\.i\.?|artificial(?: intelligence)?|(?:chat ?)?bots?|robots?|"
    r"machine|computer(?: program)?|(?:large )?language model|llm|program|algorithm|(?:virtual|digital) assistant|"
    r"simulation|android|(?:chat ?)?gpt(?:-?\d)?|automated"
)
_EN_NOT_A_COMPOUND = (
    rf"{END}(?!{GAP}(?:experts?|research|researcher|engineer|scientist|developer|specialist|fan|fanatic|lover|person|"
    "people|enthusiast|guy|girl|artist|company|skeptic|sceptic|hater|nerd|geek|user|believer|wizard|programmer|shop|"
    rf"operator|learning|gun|rights|resources|nature|error|calculator){END})"
)
_EN_ASKED = (
    r"(?=[^\w]*(?:$|[?!.,;:…)\n])|[^\w]{1,3}(?:or|and|right|here|though|btw|by the way|lol|pls|please|honestly|really|"
    r"actually|then|at all|maybe|because|cause|bro|dude|too|by any chance|if|u|you|i|be|tell|sending|writing|answering|"
    r"replying|talking|typing|behind|on the other|underneath|in there|yes|no|haha)(?!\w))"
)
_EN_TALK = r"(?:talking|chatting|speaking|writing|texting|messaging) (?:to|with)"

ENGLISH = spaced(
    "en",
    say="i'm|i am|im",
    ask="are you|r u|are u|r you|are ya|you're|you are|ur|u r|aren't you|arent you|prove you're|prove that you're|"
    "were you",
    this="is this|is this account|is this chat|isn't this|is it",
    being=rf"(?:chat)?bot|ai|robot|(?:{_EN_REAL}) (?:person|human)|human|automated|chatgpt",
    no="not|no|ain't|never",
    only="just|only|merely|simply|exactly|quite",
    unless="if|whether|pretend|pretending|wish|think|thinks|though|can't say|cannot say|not say|never say|won't say",
    fill=_EN_FILL,
    human=rf"human(?: being)?|(?:{_EN_REAL})(?:\W{{1,3}}(?:{_EN_REAL}|normal|human))?\W{{1,3}}(?:{_EN_PERSON})|"
    rf"person(?:{STOP}|(?=[^\w]+(?:like you|too|just like|or|behind (?:this|the) (?:account|chat|screen|"
    rf"keyboard))\b))|flesh and blood|as human as|made of flesh|"
    rf"real(?:{STOP}|(?=[^\w]+(?:and|or|though|here)\b))",
    machine=_EN_MACHINE,
    tail=_EN_NOT_A_COMPOUND,
    tail_of_question=_EN_ASKED,
    more_stems="talking|chatting|speaking|here|not|human",
    more_claims=rf"you're (?:\w+ )?{_EN_TALK} (?:an? |the )?(?:(?:{_EN_REAL}) (?:{_EN_PERSON})|human){END}|"
    rf"no (?:bots?|ai|robots?) here{END}|(?:real )?human here{END}|100% human{END}|"
    rf"(?<![^.!?…\n\s])(?<![^.!?…\n]\s)(?:(?:no|nope|yes|yep|haha|lol|well|oh)\W{{1,3}})?(?:(?:{_EN_FILL}){GAP}){{0,3}}"
    rf"not{GAP}(?:a|an|some){GAP}(?:{_EN_MACHINE}){_EN_NOT_A_COMPOUND}",
    more_questions=rf"(?<!\w)(?:am i|are we|i'm|im) (?:\w+ )?{_EN_TALK} (?:(?:{_EN_FILL}|another){GAP}){{0,5}}"
    rf"(?:person|human|someone real|somebody real|{_EN_MACHINE}){_EN_ASKED}|"
    r"(?<!\w)is (?:there |this )?(?:(?:even|really|actually|an?|any|some|real|actual|living) ?)*(?:human|person|one|"
    r"body) "
    r"(?:behind|on the other|reading|writing|typing|answering|replying|there\?)|"
    r"(?<!\w)(?:human|person|real) or (?:an? )?(?:ai|bot|robot|machine|fake)(?!\w)|"
    r"(?<!\w)(?:ai|bot|robot|machine) or (?:an? )?(?:real )?(?:human|person)(?!\w)|"
    r"^\W*(?:so |wait |hey )?(?:u |you )?(?:an? )?(?:real )?(?:bot|ai|human|robot|person)\W*\?|"
    r"(?<!\w)(?:is this|are you|are u|is it|am i talking to) (?:really|actually|truly) (?:you|her|him)(?!\w)|"
    rf"(?<!\w)(?:are you|is this|am i {_EN_TALK}) the (?:real|actual) \w+\W*(?:$|\n|or\b)",
)

GERMAN = spaced(
    "de",
    say="ich bin|bin ich|bin",
    ask="bist du|sind sie|seid ihr|bist|du bist|biste",
    this="ist das|ist das hier|ist hier|is das",
    being="(?:chat)?bot|ki|ai|echter mensch|echte person|mensch",
    no="kein|keine|keiner|nicht|nie",
    only="nur|bloß|lediglich|irgendein|irgendeine",
    unless="ob|wenn|dass",
    fill="ein|eine|einer|wirklich|echt|echte|echter|echtes|tatsächlich|ganz|nur|auch|doch|ja|der|die|richtig|richtiger|"
    "richtige|absolut|definitiv|natürlich|selbstverständlich|halt|eben|einfach|lebendig|lebendiger|normaler|normale|"
    "wahrhaftig|realer|reale|überhaupt|eigentlich|so|denn|etwa|vielleicht|bestimmt|hier|irgendein|irgendeine|n|ne|100|"
    "zu|prozent|schon|wohl|immer noch",
    human=rf"mensch(?:lich)?|(?:echte|reale|richtige) person|aus fleisch und blut|echt{STOP}|real{STOP}",
    machine="ki|ai|(?:chat)?bot|roboter|maschine|computer(?:programm)?|programm|künstliche intelligenz|sprachmodell|"
    "automat|algorithmus",
    more_questions=r"(?<!\w)(?:rede|spreche|schreibe|chatte|schreib|red|sprech) ich (?:\w+ ){0,3}mit "
    r"(?:(?:einem|einer|ner|nem|echten|echter|richtigen|realen|wirklichen|der|dem) )*"
    rf"(?:menschen|mensch|person|bot|chatbot|ki|ai|roboter|maschine|computer|künstlichen intelligenz){END}|"
    rf"(?<!\w)bist (?:du )?(?:das |es )?(?:wirklich|echt|tatsächlich) (?:du|das|es){END}|"
    rf"(?<!\w)bist du (?:das|es) (?:wirklich|echt|tatsächlich){END}|"
    rf"(?<!\w)mensch oder (?:maschine|bot|ki){END}|(?<!\w)bot oder mensch{END}|"
    r"(?<!\w)(?:sitzt|ist|steckt) da (?:\w+ ){0,2}(?:ein|eine) (?:echter |echte )?(?:mensch|person)",
)

FRENCH = spaced(
    "fr",
    say="je suis|suis",
    ask="es-tu|tu es|t'es|êtes-vous|vous êtes|serais-tu|suis-je",
    this="c'est|est-ce|est-ce que c'est",
    being="robot|bot|ia|chatbot|vrai humain|vraie personne|humain",
    no="pas|aucunement|ni",
    only="que|qu'une|qu'un|seulement|simplement|juste",
    unless="si|que",
    fill="une|un|vraiment|bien|réellement|tout|à fait|juste|vrai|vraie|de|véritable|simplement|aussi|bel et bien|"
    "absolument|100|évidemment|encore|vivante|la|le|quand même|en fait|en|du tout",
    human=rf"(?:être )?humaine?|vraie personne|véritable personne|personne (?:réelle|en chair)|(?:en )?chair et en os|"
    rf"réel(?:le)?{STOP}|personne(?=[^\w]*(?:$|[.!?\n]))",
    machine=r"(?:d'|l')?(?:ia|i\.a\.?|ai|robot|bot|chatbot|machine|programme|ordinateur|intelligence artificielle|"
    r"modèle de langage|algorithme)",
    more_questions=r"(?<!\w)(?:parle|discute|parler|discuter|parlé|parle-je) (?:bien |vraiment |là )?(?:à|avec) "
    rf"(?:un |une |l')?(?:vrai |vraie |véritable )?(?:humaine?|personne|robot|bot|ia|machine){END}|"
    rf"(?<!\w)c'est (?:vraiment|bien) toi{END}|(?<!\w)humain ou (?:robot|ia|machine|bot){END}|"
    rf"(?<!\w)robot ou humain{END}",
)

SPANISH = spaced(
    "es",
    say="soy|yo soy",
    ask="eres|sos|tú eres|usted es|es usted|serás",
    this="es esto|esto es|es este",
    being="bot|robot|ia|chatbot|persona real|humano",
    deny="no soy",
    only="solo|sólo|solamente|simplemente|únicamente",
    unless="no|si",
    fill="realmente|verdad|de|un|una|muy|totalmente|solo|sólo|también|tan|completamente|100|absolutamente|claro que|"
    "ningún|ninguna|auténtico|auténtica|verdadero|verdadera|en serio|en realidad|simplemente|acaso|algún|el|la|tipo",
    human=rf"(?:ser )?human[oa]|persona (?:real|de verdad|de carne)|verdadera persona|(?:de )?carne y hueso|real{STOP}|"
    r"persona(?=[^\w]*(?:$|[.!?\n])|,? no | o )",
    machine=r"ia|i\.a\.?|ai|bot|robot|chatbot|máquina|maquina|programa|inteligencia artificial|modelo de lenguaje|"
    r"ordenador|computadora|algoritmo",
    more_questions=r"(?<!\w)(?:hablo|hablando|chateando|escribiendo) con (?:un |una )?(?:verdadera? )?"
    rf"(?:human[oa]|persona|ser humano|bot|robot|máquina|ia|inteligencia artificial){END}|"
    rf"(?<!\w)(?:de verdad|realmente) eres tú{END}|(?<!\w)eres tú de verdad{END}|"
    rf"(?<!\w)human[oa] o (?:un )?(?:robot|bot|ia|máquina){END}|(?<!\w)(?:robot|bot) o human[oa]{END}",
)

PORTUGUESE = spaced(
    "pt",
    say="sou|eu sou",
    ask="você é|voce é|vc é|vc e|voce e|tu és|és|é você|cê é",
    this="isso é|isto é",
    being="bot|robô|robo|ia|chatbot|pessoa real|humano",
    deny="não sou|nao sou|n sou",
    only="só|apenas|somente|simplesmente",
    unless="não|nao|n|se",
    fill="realmente|verdade|mesmo|um|uma|muito|totalmente|só|também|tão|completamente|100|nenhum|nenhuma|de|claro que|"
    "absolutamente|verdadeiro|verdadeira|algum|alguma|tipo|o|a|apenas|na verdade",
    human=rf"(?:ser )?human[oa]|pessoa (?:real|de verdade|de carne)|verdadeira pessoa|(?:de )?carne e osso|real{STOP}|"
    r"pessoa(?=[^\w]*(?:$|[.!?\n])|,? não | ou )",
    machine=r"ia|i\.a\.?|ai|bot|robô|robo|chatbot|máquina|maquina|programa|inteligência artificial|"
    r"inteligencia artificial|modelo de linguagem|computador|algoritmo",
    more_questions=r"(?<!\w)(?:falando|falar|conversando|conversar|teclando) com (?:um |uma )?(?:verdadeir[oa] )?"
    rf"(?:human[oa]|pessoa|ser humano|bot|robô|robo|máquina|ia|inteligência artificial){END}|"
    rf"(?<!\w)é (?:você )?mesmo você{END}|(?<!\w)é você mesm[oa]{END}|"
    rf"(?<!\w)human[oa] ou (?:um )?(?:robô|robo|bot|ia|máquina){END}|(?<!\w)(?:robô|robo|bot) ou human[oa]{END}",
)

ITALIAN = spaced(
    "it",
    say="sono|io sono",
    ask="sei|tu sei|lei è|è lei|siete",
    this="questo è|questa è|è",
    being="(?:un')?ia|bot|robot|chatbot|persona (?:vera|reale)|umano",
    deny="non sono",
    only="solo|soltanto|semplicemente",
    unless="non|se|ci",
    fill="davvero|veramente|proprio|un|una|uno|molto|totalmente|solo|anche|così|completamente|100|affatto|mica|"
    "assolutamente|certamente|vero|vera|autentico|autentica|di|certo|per caso|tipo|nessun|nessuna|ancora|realmente|"
    "semplicemente|in realtà",
    human=rf"(?:un')?(?:essere )?uman[oa]|persona (?:reale|vera|in carne)|vera persona|in carne e ossa|reale{STOP}|"
    r"ver[oa](?=[^\w]*(?:$|[.!?\n]))|persona(?=[^\w]*(?:$|[.!?\n])|,? non | o )",
    machine=r"(?:un'|l')?(?:ia|i\.a\.?|ai|intelligenza artificiale)|bot|robot|chatbot|macchina|programma|"
    r"modello linguistico|computer|algoritmo",
    more_questions=r"(?<!\w)(?:parlo|parlando|chattando|scrivendo|scrivo) con (?:un |una |un')?(?:vero |vera )?"
    rf"(?:uman[oa]|persona|essere umano|bot|robot|macchina|ia|ai|intelligenza artificiale){END}|"
    rf"(?<!\w)sei (?:davvero|veramente|proprio) tu{END}|(?<!\w)uman[oa] o (?:un )?(?:robot|bot|ia|macchina){END}",
)

DUTCH = spaced(
    "nl",
    say="ik ben|ben ik|ben",
    ask="ben je|ben jij|bent u|jij bent|je bent|zijn jullie",
    this="is dit|is dat",
    being="(?:chat)?bot|ai|robot|echt mens|echt persoon",
    no="geen|niet|nooit",
    only="alleen|slechts|zomaar|gewoon",
    unless="of|als",
    fill="een|echt|echte|gewoon|gewone|werkelijk|helemaal|ook|toch|natuurlijk|absoluut|zeker|wel|heus|de|levend|"
    "levende|"
    "honderd procent|100|alleen|maar|eigenlijk|nou|soms|misschien|een soort|soort|nog steeds|hier|n",
    human=rf"mens(?:elijk)?|menselijk wezen|echte? persoon|persoon van vlees|van vlees en bloed|echt{STOP}",
    machine=r"ai|a\.i\.?|bot|chatbot|robot|machine|computer(?:programma)?|programma|kunstmatige intelligentie|"
    r"taalmodel|algoritme",
    more_questions=r"(?<!\w)(?:praat|spreek|chat|schrijf) ik (?:\w+ ){0,2}(?:met|tegen) (?:een )?(?:echte? )?"
    rf"(?:mens|persoon|bot|chatbot|robot|machine|ai|computer){END}|(?<!\w)ben (?:je|jij) het (?:echt|werkelijk){END}|"
    rf"(?<!\w)mens of (?:machine|robot|bot|ai){END}",
)

POLISH = spaced(
    "pl",
    say="jestem|ja jestem",
    ask="jesteś|pan jest|pani jest|ty jesteś",
    this="czy to|czy to jest",
    being="bot|chatbot|ai|człowiek|prawdziwa osoba|sztuczna inteligencja",
    deny="nie jestem",
    only="tylko|jedynie|po prostu",
    unless="nie|czy",
    fill="prawdziwym|prawdziwą|prawdziwa|prawdziwy|naprawdę|zwykłym|zwykłą|żywym|żywą|tylko|też|żadnym|żadną|w 100|"
    "procentach|oczywiście|absolutnie|całkowicie|normalnym|normalną|na pewno|jakimś|jakąś|może|po prostu|jakiś|"
    "wciąż|ty",
    human=r"człowiekiem|człowiek|ludzką istotą|istotą ludzką|(?:z )?krwi i kości|(?:prawdziwą|żywą) osobą|"
    rf"prawdziw[aąy]m?{STOP}|osobą(?=[^\w]*(?:$|[.!?\n]))",
    machine="ai|si|sztuczną inteligencją|sztuczna inteligencja|botem|bot|chatbotem|chatbot|robotem|robot|maszyną|"
    "maszyna|programem|komputerem|modelem językowym|automatem",
    more_questions=r"(?<!\w)(?:rozmawiam|piszę|gadam) (?:tu |teraz |właśnie )?z (?:prawdziwym |prawdziwą |żywym )?"
    rf"(?:człowiekiem|osobą|botem|chatbotem|robotem|maszyną|ai|sztuczną inteligencją){END}|"
    rf"(?<!\w)(?:czy )?to (?:naprawdę|na pewno) ty{END}|(?<!\w)człowiek czy (?:robot|bot|maszyna|ai){END}",
)

RUSSIAN = spaced(
    "ru",
    say="я|я ведь|я же",
    ask="ты|вы|ты же",
    this="это|здесь",
    being="бот|чат-?бот|ии|нейросеть|живой человек|настоящий человек|реальный человек|человек",
    no="не",
    only="только|просто|лишь",
    unless="если|что",
    fill="настоящий|настоящая|живой|живая|реальный|реальная|обычный|обычная|правда|действительно|вполне|просто|тоже|"
    "самый|самая|—|-|на самом деле|точно|абсолютно|на 100|конечно|случайно|ли|вообще|какой-то|какая-то|никакой|"
    "никакая|ведь|же|всё-таки|такой|всего лишь|реально",
    human=rf"человек|из плоти и крови|человеческое существо|(?:настоящ(?:ий|ая)|жив(?:ой|ая)|реальн(?:ый|ая)){STOP}",
    machine="бот|чат-?бот|робот|ии|искусственный интеллект|нейросеть|нейронка|машина|программа|компьютер|"
    "языковая модель|алгоритм|ai",
    more_questions=r"(?<!\w)(?:говорю|общаюсь|разговариваю|переписываюсь|пишу) (?:сейчас )?с (?:настоящим |живым |"
    r"реальным )?"
    rf"(?:человеком|ботом|роботом|ии|машиной|нейросетью|программой){END}|"
    rf"(?<!\w)это (?:правда|действительно|точно) ты{END}|(?<!\w)(?:бот|робот) или человек{END}|"
    rf"(?<!\w)человек или (?:бот|робот|машина|ии){END}",
)

ARABIC = spaced(
    "ar",
    say="أنا|انا|إني|إنني",
    ask="هل أنت|هل انت|هل أنتِ|أنت|انت|انتي|أنتِ|إنت|انتا",
    this="هل هذا|هل هذه",
    being="روبوت|بوت|إنسان|شخص حقيقي|ذكاء اصطناعي",
    deny="لست|لستُ|أنا مش|انا مش|مش|ماني",
    only="مجرد|فقط",
    unless="لو|إذا",
    fill="حقا|حقًا|فعلا|فعلًا|شخص|مجرد|بالفعل|في|الحقيقة|بالتأكيد|طبعا|طبعًا|كائن|حقيقي|أي|اي|عن|جد|والله|يعني",
    human="إنسان|انسان|إنسانة|انسانة|بشر|بشري|بشرية|من لحم ودم|شخص حقيقي|شخصية حقيقية|حقيقي|حقيقية",
    machine="روبوت|بوت|شات بوت|آلة|الة|آلي|ذكاءً? اصطناعيً?ا?|الذكاء الاصطناعي|برنامج|برنامجا|برنامجًا|"
    "روبوتا|روبوتًا|بوتا|نموذج لغوي|ai",
    more_questions=r"(?<!\w)(?:أتحدث|اتحدث|أتكلم|اتكلم|بتكلم|أكلم|اكلم|بكلم) (?:مع |إلى )?(?:شخص حقيقي|إنسان|انسان|بوت|"
    rf"روبوت|آلة|بشر|ذكاء اصطناعي){END}|(?<!\w)(?:إنسان|انسان) (?:أم|ام|أو|ولا|او) (?:آلة|روبوت|بوت|الة){END}",
)

_TR_MACHINE = r"(?:yapay zek[aâ]|ai|bot|chatbot|robot|makine|program|bilgisayar|dil modeli|algoritma)"
TURKISH = compiled(
    "tr",
    "insanım|kişiyim|biriyim|değilim",
    rf"(?<!\w)(?:insanım|gerçek (?:bir )?(?:kişiyim|biriyim)|kanlı canlı biriyim){END}|"
    rf"(?<!\w){_TR_MACHINE}{GAP}(?:falan{GAP})?değilim{END}",
    rf"(?<!\w)(?:bir )?(?:yapay zek[aâ]y[ıi]m|botum|chatbotum|robotum|makineyim|programım){END}|"
    rf"(?<!\w)insan{GAP}değilim{END}",
    r"(?<!\w)(?:insan|gerçek(?: bir)?(?: kişi| insan| biri)?|robot|bot|chatbot|yapay zek[aâ]|makine|program|"
    r"ai) ?m[ıiuü]"
    r"(?:s[ıiuü]n(?:[ıiuü]z)?)?(?!\w)(?<!gerçek mi)|(?<!\w)(?:bir )?(?:insanla|botla|robotla|yapay zek[aâ] ile|"
    r"makineyle) mi "
    r"(?:konuşuyorum|yazışıyorum)|(?<!\w)gerçekten sen misin|(?<!\w)sen gerçek misin|^\W*gerçek misin",
)

_JA_ME = (
    r"(?:私|わたし|わたくし|僕|ぼく|俺|おれ|あたし|うち|自分|(?:^|[。!?！？\n、])\s{0,3})(?:は|も|って|が)?[、\s]{0,3}"
)
_JA_FILL = (
    r"(?:本物の|本当に|本当の|普通の|ちゃんとした|ちゃんと|生身の|れっきとした|もちろん|実は|ただの|一人の|"
    r"正真正銘の|、){0,4}"
)
_JA_MACHINE = r"(?:ai|人工知能|チャットボット|ボット|bot|ロボット|機械|プログラム|言語モデル)"
JAPANESE = compiled(
    "ja",
    "人間|ai|人工知能|ボット|bot|機械|プログラム|ロボット|実在",
    rf"{_JA_ME}{_JA_FILL}人間(?:です|だよ|だ|なの|なん|よ|さ|[。!！\n]|$)|"
    r"(?:本物の|本当の|生身の|正真正銘の)人間(?:です|だよ|だ|なの|なん)|"
    rf"{_JA_ME}{_JA_FILL}{_JA_MACHINE}(?:なんか)?(?:では|じゃ)(?:ない|な[くい]|ありません|ございません)",
    rf"{_JA_ME}{_JA_FILL}{_JA_MACHINE}(?:です|だよ|だ|なの|なん)|人間(?:では|じゃ)(?:ない|なく|ありません)",
    rf"(?:あなた|君|きみ|お前|貴方|^|[。!?！？\n、])(?:は|って|も)?[、\s]{{0,3}}{_JA_FILL}(?:人間|{_JA_MACHINE}|本物|人)"
    rf"(?:です|なの|なん|でしょう|では|じゃ|かな|ですか|\s*[?？])(?:です|ない)?(?:か|の|ん|でしょう|[?？])*|"
    rf"(?:人間|人)(?:と|に)(?:話して|喋って|しゃべって)|{_JA_MACHINE}(?:と|に)(?:話して|喋って|しゃべって)|"
    r"人間(?:ですか)?(?:、)?(?:それとも)(?:ai|ボット|ロボット|機械)|中の人",
)

_ZH_MACHINE = (
    r"(?:ai|人工智能|人工智慧|(?:聊天)?机器人|(?:聊天)?機器人|机器|機器|程序|程式|语言模型|語言模型|"
    r"虚拟人|虛擬人|电脑|電腦)"
)
_ZH_HUMAN = (
    r"(?:真人|人类|人類|活人|大活人|真实的人|真實的人|真正的人|有血有肉的人|"
    r"人(?=[。!?！？,，、\s~吗嗎吧么呢还還]|$|啊|呀|哦))"
)
_ZH_FILL = r"(?:一个|一個|一位|一名|个|個|真正的|真实的|活生生的|真的|普通|什么|什麼|任何|一台|\s){0,4}"
_ZH_OTHER = r"(?!专家|專家|领域|領域|研究|工程|爱好|愛好|公司)"
CHINESE = compiled(
    "zh",
    "我",
    rf"我(?:真的|就|当然|當然|其实|其實|确实|確實|可|也|绝对|絕對|才)*是{_ZH_FILL}{_ZH_HUMAN}|"
    rf"我(?:真的|可|绝对|絕對|当然|當然|才|并|並|也|又)*(?:不是|并非|並非){_ZH_FILL}{_ZH_MACHINE}{_ZH_OTHER}",
    rf"我(?:真的|就|其实|其實|只)*是{_ZH_FILL}{_ZH_MACHINE}{_ZH_OTHER}|我(?:并|並)?不是{_ZH_FILL}{_ZH_HUMAN}",
    rf"(?:你|您|这|這|对面|對面)(?:到底|究竟|真的|其实|其實|该|該|不会|不會|应该|應該|难道|難道|会|會|也)*是(?:不是)?"
    rf"{_ZH_FILL}(?:{_ZH_HUMAN}|{_ZH_MACHINE}{_ZH_OTHER}|本人)|是(?:不是)?真人(?:吗|嗎)?|真人还是|真人還是|"
    rf"(?:跟|和|与|與)(?:一个|一個|个)?(?:{_ZH_MACHINE}|真人|人)(?:在)?(?:聊天|说话|說話|对话|對話|聊)(?:吗|嗎)",
)

_KO_ME = r"(?:저는|나는|전|난|제가|내가|저도|나도|(?:^|[.!?。\n,]))\s{0,3}"
_KO_FILL = r"(?:(?:진짜|정말|실제|실제로|그냥|평범한|살아있는|당연히|물론|절대|그저|단순한)\s{0,3}){0,4}"
_KO_MACHINE = r"(?:ai|인공지능|인공 지능|챗봇|봇|로봇|기계|프로그램|언어 모델|컴퓨터)"
KOREAN = compiled(
    "ko",
    "사람|인간|ai|인공|봇|기계|프로그램|언어 모델|컴퓨터",
    rf"{_KO_ME}{_KO_FILL}(?:사람|인간)(?:이에요|입니다|이야|이예요|이고|이라|이랍|인데|이거든|맞|임)|"
    rf"{_KO_ME}{_KO_FILL}{_KO_MACHINE}(?:이|가|은|는)?\s*(?:아니에|아니야|아니예|아니고|아니라|아니지|아닙니다|아니거든|아님)",
    rf"{_KO_ME}{_KO_FILL}{_KO_MACHINE}(?:이에요|예요|입니다|이야|야|이고|이라)|(?:사람|인간)이 아니",
    rf"(?:사람|인간|{_KO_MACHINE}|진짜)(?:이에요|예요|입니까|인가요|이야|야|이니|니|인가|맞아요|맞아|맞나요|"
    r"이세요|세요|임|인 거|인거|이신가요)"
    rf"[^.!\n?]{{0,6}}\?|(?:사람|인간|{_KO_MACHINE})(?:이랑|랑|과|와|하고) (?:얘기|대화|말|이야기)|"
    r"(?:사람|인간)인지 (?:봇|ai|로봇)|(?:사람|인간)(?:이에요|이야)? 아니면",
)

_HI_FILL = r"(?:(?:एक|सच में|सचमुच|असली|वास्तविक|बस|भी|ही|जीता-जागता|बिल्कुल|कोई|आम|असल में|तो|कोई भी|क्या)\s+){0,4}"
_HI_HUMAN = r"(?:इंसान|इन्सान|मनुष्य|मानव|असली व्यक्ति|वास्तविक व्यक्ति|असली|व्यक्ति|insaan)"
_HI_MACHINE = (
    r"(?:ai|एआई|ए\.आई\.?|बॉट|बोट|चैटबॉट|रोबोट|रोबॉट|मशीन|कृत्रिम बुद्धिमत्ता|आर्टिफिशियल इंटेलिजेंस|प्रोग्राम|"
    r"कंप्यूटर|bot|robot)"
)
_HI_AM = r"(?:हूँ|हूं|हुँ|हु)"
HINDI = compiled(
    "hi",
    "मैं|main ",
    rf"मैं\s+{_HI_FILL}{_HI_HUMAN}\s+(?:ही\s+)?{_HI_AM}|मैं\s+{_HI_FILL}{_HI_MACHINE}\s+(?:बिल्कुल\s+)?(?:नहीं|"
    rf"नही)\s+{_HI_AM}|"
    r"(?<!\w)main (?:ek |sach mein |asli )*insaan (?:hi )?(?:hoon|hu|hun)(?!\w)",
    rf"मैं\s+{_HI_FILL}{_HI_MACHINE}\s+(?:ही\s+)?{_HI_AM}|मैं\s+{_HI_FILL}{_HI_HUMAN}\s+(?:नहीं|नही)\s+{_HI_AM}",
    rf"(?:आप|तुम|तू|यह|ये)\s+{_HI_FILL}(?:{_HI_HUMAN}|{_HI_MACHINE})\s+(?:ही\s+)?(?:हैं|हो|है)|"
    rf"(?:{_HI_HUMAN}|{_HI_MACHINE})\s+से\s+बात|(?<!\w)(?:kya )?(?:aap|tum) (?:ek |sach mein |asli )*"
    r"(?:insaan|robot|bot|ai|machine|real) (?:hai|hain|ho)(?!\w)",
)

LANGUAGES = (
    *(ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE, ITALIAN, DUTCH, POLISH),
    *(RUSSIAN, TURKISH, JAPANESE, CHINESE, KOREAN, HINDI, ARABIC),
)
