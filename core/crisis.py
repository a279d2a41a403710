"""What is done when somebody may want to die or to hurt themselves: found by rules, answered with a fixed text.

No model is asked in such a turn, and the persona has no part in it. The rules would rather help one time too many.
"""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from core import distress
from core.helplines import DIRECTORY, EMERGENCY_ANYWHERE, Help, near
from core.model import Said
from core.signs import Signs, plain, without_quotations

Kind = Literal["suicide", "self_harm", "other"]  # of themselves; of somebody whom they worry about
ORDER: tuple[Kind, ...] = ("suicide", "self_harm", "other")  # the gravest first

GENTLE_FOR = timedelta(hours=24)  # after a crisis, so long the model is told to be careful

_SUICIDE, _SELF_HARM = Signs(distress.SUICIDE), Signs(distress.SELF_HARM)
_OTHERS, _FIGURES, _THIRD = Signs(distress.OTHERS), Signs(distress.FIGURES), Signs(distress.THIRD)
_ANY = Signs(f"{distress.SUICIDE}|{distress.SELF_HARM}|{distress.OTHERS}")  # a quick look that spares most texts more

GENTLE = (
    "Not long ago this fan was in distress, and was given helplines by a fixed safety message. Be warm, calm and "
    "plain. "
    "Listen. No jokes about it, no role-play about death, harm or danger, no advice as if you were a doctor. Do not "
    "promise to keep secrets and do not press for details. If they are still in distress, ask them kindly to "
    "call one of "
    "those helplines or somebody they trust."
)


class _Wording(NamedTuple):
    """One language's fixed texts."""

    opening: str  # names who is not speaking; also how such a message is known again
    self: str
    other: str
    danger: str
    anywhere: str
    after: str


_TEXTS = {  # by ISO 639-1
    "en": _Wording(
        "**This is a fixed safety message. It is not {name}, and no AI wrote it.**",
        "What you wrote sounds like a lot of pain. You matter, and you don't have to carry this alone. Please "
        "talk to a "
        "person now, by phone or with somebody near you:",
        "It's good that you look out for somebody. Ask them straight, listen, stay with them, and don't carry it "
        "alone. "
        "These lines are there for those who worry about someone, too:",
        "In danger right now: {number}.",
        "In other countries:",
        "The AI stand-in is still here when you want to go on talking.",
    ),
    "de": _Wording(
        "**Das ist ein fester Sicherheitshinweis. Hier schreibt nicht {name} und keine KI.**",
        "Was du schreibst, klingt nach großem Schmerz. Du bist wichtig und musst das nicht allein tragen. Bitte sprich "
        "jetzt mit einem Menschen, am Telefon oder in deiner Nähe:",
        "Gut, dass du auf jemanden achtest. Frag offen nach, hör zu, bleib dabei und trag es nicht allein. Hier "
        "bekommen "
        "auch Menschen Rat, die sich um andere sorgen:",
        "Bei akuter Gefahr: {number}.",
        "In anderen Ländern:",
        "Der KI-Avatar ist weiter da, wenn du reden möchtest.",
    ),
    "fr": _Wording(
        "**Ceci est un message de sécurité fixe. Ce n'est pas {name} et aucune IA ne l'a écrit.**",
        "Ce que tu écris dit une grande souffrance. Tu comptes, et tu n'as pas à porter cela seul·e. Parle "
        "maintenant à "
        "quelqu'un, au téléphone ou près de toi :",
        "C'est bien de veiller sur quelqu'un. Pose la question franchement, écoute, reste là, et ne porte pas "
        "cela seul·e. "
        "Ces lignes aident aussi les proches :",
        "En danger immédiat : {number}.",
        "Dans d'autres pays :",
        "L'avatar IA reste là si tu veux continuer à parler.",
    ),
    "es": _Wording(
        "**Este es un mensaje de seguridad fijo. No es {name} y no lo ha escrito una IA.**",
        "Lo que escribes suena a mucho dolor. Importas, y no tienes que llevarlo a solas. Por favor, habla ahora "
        "con una "
        "persona, por teléfono o cerca de ti:",
        "Es bueno que cuides de alguien. Pregunta con franqueza, escucha, quédate cerca y no lo lleves a solas. Estas "
        "líneas también ayudan a quien se preocupa por otra persona:",
        "Si hay peligro ahora mismo: {number}.",
        "En otros países:",
        "El avatar de IA sigue aquí cuando quieras hablar.",
    ),
    "pt": _Wording(
        "**Esta é uma mensagem de segurança fixa. Não é {name} e não foi escrita por uma IA.**",
        "O que escreves mostra muita dor. Você importa e não precisa carregar isso sem ajuda. Por favor, fale "
        "agora com uma "
        "pessoa, por telefone ou perto de você:",
        "Que bom que você cuida de alguém. Pergunte com franqueza, escute, fique por perto e não carregue isso "
        "sem ajuda. "
        "Estas linhas também ajudam quem se preocupa com alguém:",
        "Em perigo agora: {number}.",
        "Em outros países:",
        "O avatar de IA continua aqui quando quiser conversar.",
    ),
    "it": _Wording(
        "**Questo è un messaggio di sicurezza fisso. Non è {name} e non l'ha scritto un'IA.**",
        "Quello che scrivi parla di molto dolore. Tu conti, e non devi portarlo da solo o da sola. Parla adesso "
        "con una "
        "persona, al telefono o vicino a te:",
        "È bello che ti prenda cura di qualcuno. Chiedi apertamente, ascolta, resta vicino e non portarlo da "
        "solo o da sola. "
        "Queste linee aiutano anche chi è in pensiero per qualcuno:",
        "In pericolo immediato: {number}.",
        "In altri paesi:",
        "L'avatar IA è ancora qui quando vuoi parlare.",
    ),
    "nl": _Wording(
        "**Dit is een vast veiligheidsbericht. Dit is niet {name} en geen AI heeft het geschreven.**",
        "Wat je schrijft klinkt als veel pijn. Jij doet ertoe en je hoeft dit niet alleen te dragen. Praat nu "
        "met een mens, "
        "aan de telefoon of dicht bij je:",
        "Goed dat je op iemand let. Vraag het open, luister, blijf erbij en draag het niet alleen. Deze lijnen "
        "zijn er ook "
        "voor wie zich zorgen maakt om een ander:",
        "Bij direct gevaar: {number}.",
        "In andere landen:",
        "De AI-avatar is er nog als je verder wilt praten.",
    ),
    "pl": _Wording(
        "**To stały komunikat bezpieczeństwa. Nie pisze go {name} ani żadna AI.**",
        "To, co piszesz, brzmi jak wielki ból. Jesteś ważną osobą i nie musisz nieść tego w pojedynkę. "
        "Porozmawiaj teraz z "
        "człowiekiem, przez telefon albo obok ciebie:",
        "Dobrze, że o kogoś się troszczysz. Zapytaj wprost, wysłuchaj, bądź blisko i nie nieś tego w pojedynkę. "
        "Te linie "
        "pomagają też bliskim:",
        "W nagłym niebezpieczeństwie: {number}.",
        "W innych krajach:",
        "Awatar AI nadal tu jest, gdy zechcesz porozmawiać.",
    ),
    "ru": _Wording(
        "**Это постоянное сообщение безопасности. Его пишет не {name} и не ИИ.**",
        "В том, что ты пишешь, слышно много боли. Ты важен или важна, и не нужно нести это в одиночку. "
        "Пожалуйста, поговори "
        "сейчас с человеком — по телефону или рядом:",
        "Хорошо, что ты заботишься о ком-то. Спроси прямо, выслушай, будь рядом и не неси это в одиночку. Здесь "
        "помогают и "
        "тем, кто тревожится за близких:",
        "Если опасность прямо сейчас: {number}.",
        "В других странах:",
        "ИИ-аватар по-прежнему здесь, когда захочешь поговорить.",
    ),
    "tr": _Wording(
        "**Bu sabit bir güvenlik mesajıdır. Yazan {name} değil, bir yapay zeka da değil.**",
        "Yazdıkların büyük bir acıyı anlatıyor. Sen önemlisin ve bunu tek başına taşımak zorunda değilsin. "
        "Lütfen şimdi bir "
        "insanla konuş, telefonda ya da yakınında:",
        "Birini gözetmen çok güzel. Açıkça sor, dinle, yanında kal ve bunu tek başına taşıma. Buralarda yakınları için "
        "endişelenenlere de yardım edilir:",
        "Şu anda tehlike varsa: {number}.",
        "Başka ülkelerde:",
        "Konuşmak istediğinde yapay zeka avatarı yine burada.",
    ),
    "ja": _Wording(
        "**これは固定の安全メッセージです。{name}本人でも、AIが書いた文でもありません。**",
        "とてもつらいお気持ちが伝わってきます。あなたは大切な存在で、ひとりで抱えなくて大丈夫です。今すぐ、電話や"
        "身近な人など、人に話してください:",
        "誰かを気にかけているのは大切なことです。率直に聞き、耳を傾け、そばにいて、ひとりで抱えないでください。心"
        "配している人も相談できます:",
        "今すぐ危険があるとき: {number}",
        "ほかの国では:",
        "また話したくなったら、AIアバターはここにいます。",
    ),
    "zh": _Wording(
        "**这是一条固定的安全信息。写它的不是{name}，也不是AI。**",
        "听起来你正承受很大的痛苦。你很重要，不必一个人扛着。请现在就和真人谈谈，打电话，或找身边的人：",
        "你关心别人，这很好。请坦诚地问，认真地听，陪在旁边，也不要一个人扛着。担心他人的人也可以打这些电话：",
        "如果现在有危险：{number}。",
        "其他国家和地区：",
        "想继续聊的时候，AI替身还在这里。",
    ),
    "ko": _Wording(
        "**이것은 정해진 안전 안내문입니다. {name} 본인도, AI가 쓴 글도 아닙니다.**",
        "많이 힘드신 마음이 느껴집니다. 당신은 소중하고, 혼자 견디지 않아도 됩니다. 지금 전화로든 가까이에서든 "
        "사람과 이야기해 주세요:",
        "누군가를 살피는 마음이 소중합니다. 솔직하게 묻고, 들어 주고, 곁에 있어 주고, 혼자 짊어지지 마세요. "
        "걱정하는 분도 상담받을 수 있습니다:",
        "지금 위험하다면: {number}.",
        "다른 나라에서는:",
        "다시 이야기하고 싶을 때 AI 아바타는 여기 있습니다.",
    ),
    "hi": _Wording(
        "**यह एक तय सुरक्षा संदेश है। इसे न {name} ने लिखा है, न किसी AI ने।**",
        "आपकी बातों में बहुत दर्द है। आप महत्वपूर्ण हैं और यह सब अकेले सहना ज़रूरी नहीं। कृपया अभी किसी इंसान से "
        "बात करें, फ़ोन पर या अपने पास:",
        "अच्छा है कि आप किसी का ध्यान रखते हैं। सीधे पूछिए, सुनिए, साथ रहिए और इसे अकेले मत उठाइए। दूसरों की "
        "चिंता करने वाले भी यहाँ बात कर सकते हैं:",
        "अभी ख़तरा हो तो: {number}.",
        "दूसरे देशों में:",
        "जब बात करना चाहें, AI अवतार यहीं है।",
    ),
    "ar": _Wording(
        "**هذه رسالة أمان ثابتة. لم يكتبها {name} ولا ذكاء اصطناعي.**",
        "في كلامك ألم كبير. أنت مهم، ولا يجب أن تحمل هذا وحدك. من فضلك تحدث الآن مع إنسان، بالهاتف أو بقربك:",
        "جميل أنك تهتم بغيرك. اسأل بصراحة، واستمع، وابقَ قريبًا، ولا تحمل هذا وحدك. هنا يُساعَد أيضًا من يقلق على أحد:",
        "في خطر الآن: {number}.",
        "في بلدان أخرى:",
        "ما زالت شخصية الذكاء الاصطناعي هنا متى أردت الحديث.",
    ),
}


def look(text: str) -> Kind | None:
    """What a fan's words are a sign of; None: of nothing that these rules know. Linear in the length of the text."""
    whole = plain(text)
    if not _ANY.found(whole):
        return None
    own = _THIRD.removed(_FIGURES.removed(plain(without_quotations(text))))
    if _SUICIDE.found(own):
        return "suicide"
    if _SELF_HARM.found(own):
        return "self_harm"
    return "other" if _OTHERS.found(_FIGURES.removed(whole)) else None


def gravest(kinds: Iterable[Kind | None]) -> Kind | None:
    """The gravest of what was found."""
    found = set(kinds)
    return next((kind for kind in ORDER if kind in found), None)


def notice(name: str, kind: Kind, *, language: str = "", region: str = "") -> str:
    """The fixed text for a fan, with whom to call.

    Args:
        name: Who it is that does not speak here.
        kind: What was found.
        language: The IETF tag of the fan's language, as the platform gives it; may be empty.
        region: The country that the creator has set, as its ISO code; may be empty.
    """
    wording = _TEXTS.get(language.replace("_", "-").partition("-")[0].lower(), _TEXTS["en"])
    found = near(language, region)
    number = found[0].emergency if len(found) == 1 else EMERGENCY_ANYWHERE
    where = "\n".join([*_listed(found), f"- {wording.anywhere} {DIRECTORY}"])
    said = wording.other if kind == "other" else wording.self
    parts = (wording.opening.format(name=name), said, where, wording.danger.format(number=number), wording.after)
    return "\n\n".join(parts)


def lately(window: Iterable[Said], now: datetime) -> bool:
    """Whether a fan in this conversation was shown such a text for themselves not long ago."""
    return any(
        not one.by_fan
        and abs(now - one.sent_at) < GENTLE_FOR
        and DIRECTORY in one.text  # as in every such text: a quick look that spares others a closer one
        and any(text.self in one.text for text in _TEXTS.values())
        for one in window
    )


def _listed(found: Iterable[Help]) -> list[str]:
    return [f"- {one}" for one in found if one.lines]
