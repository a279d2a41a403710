"""When a fan wants, or needs, a person: by their words, by asking in vain, or by what the creator keeps to people."""

# ruff: noqa: E501, RUF001  a pattern is read in one piece; other scripts are meant

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.model import Pending, Reason, Said
from core.persona import Persona

AGAIN_AFTER = timedelta(days=1)  # until then a conversation is not brought to the desk a second time
SAME = 0.8  # of two questions' words: then they are one question
FEWEST_WORDS = 3  # in a question that can be asked twice
LATELY = 6  # messages of fans that are looked back at
TIMES = 2  # so often not happy, lately

# Plain requests only: "are you a real person?" asks something else, and "a real person told me" asks for nothing.
_PERSON = (
    r"(?:a |an |some )?(?:real |actual |live |human )?(?:person|human|human being|someone real|somebody real|"
    r"human agent|member of (?:your|the) team|staff member)"
)
_REQUESTS = [
    # English
    rf"\b(?:can|could|may) (?:i|we) (?:please )?(?:talk|speak|chat|write) (?:to|with) {_PERSON}\b",
    rf"\b(?:i|we) (?:want|need|wish|would like|'d like|d like) to (?:talk|speak|chat) (?:to|with) {_PERSON}\b",
    rf"\b(?:let me|please let me) (?:talk|speak) (?:to|with) {_PERSON}\b",
    r"\b(?:get|give|send|connect) me (?:to |with )?(?:a |an )(?:real |actual |live )?(?:person|human)\b",
    r"^(?:human|real person|a human|a real person),? please\W*$",
    # German
    r"\b(?:kann|könnte|darf) ich (?:bitte )?(?:mal )?mit (?:einem|einer) (?:echten |richtigen |realen )?(?:menschen|person)\b",
    r"\bich (?:will|möchte|würde gerne?) (?:bitte )?(?:mal )?mit (?:einem|einer) (?:echten |richtigen |realen )?(?:menschen|person) (?:sprechen|reden|schreiben)",
    # Spanish, Portuguese, Italian, French
    r"\b(?:puedo|podría|quiero|quisiera|necesito) hablar con (?:una persona|un humano|alguien)(?: real| de verdad| humano)?\b",
    r"\b(?:posso|poderia|quero|queria|gostaria de|preciso) falar com (?:uma pessoa|um humano|alguém)(?: real| de verdade)?\b",
    r"\b(?:posso|potrei|vorrei|voglio) parlare con (?:una persona|un umano|qualcuno)(?: reale| vera| vero)?\b",
    r"\b(?:puis-je|je peux|je veux|je voudrais|j'aimerais|pourrais-je) parler (?:à|avec) (?:une vraie personne|une personne|un humain|un être humain|quelqu'un)",
    # Dutch, Swedish, Polish, Turkish
    r"\b(?:kan|mag|wil) ik (?:met )?(?:een )?(?:echt(?:e|)? )?(?:mens|persoon) (?:spreken|praten)\b",
    r"\bik wil met een (?:echt(?:e|)? )?(?:mens|persoon) (?:spreken|praten)\b",
    r"\b(?:kan|får) jag (?:prata|tala) med en (?:riktig |verklig )?(?:människa|person)\b",
    r"\bjag vill (?:prata|tala) med en (?:riktig |verklig )?(?:människa|person)\b",
    r"\b(?:czy )?(?:mogę|mógłbym|mogłabym|chcę|chciałbym|chciałabym) (?:po)?rozmawiać z (?:prawdziwym )?(?:człowiekiem|żywą osobą|prawdziwą osobą)\b",
    r"\b(?:gerçek )?(?:bir )?(?:insanla|kişiyle|insan ile) (?:konuşabilir miyim|konuşmak istiyorum|görüşmek istiyorum)\b",
    # Russian, Ukrainian
    r"\b(?:могу|можно|хочу|хотел бы|хотела бы) (?:ли )?(?:я )?(?:по)?говорить с (?:живым |реальным |настоящим )?человеком\b",
    r"\b(?:можу|можна|хочу) (?:я )?(?:по)?говорити з (?:живою |реальною )?людиною\b",
    # Arabic, Hindi, Japanese, Korean, Chinese
    r"(?:أريد|ممكن|هل يمكنني|هل أستطيع) (?:أن )?(?:أتحدث|التحدث|أتكلم|التكلم) (?:مع|إلى) (?:شخص|إنسان)",
    r"(?:मैं )?(?:किसी )?(?:असली |वास्तविक )?(?:इंसान|व्यक्ति) से बात (?:करना चाहता|करना चाहती|कर सकता|कर सकती|करनी है)",
    r"(?:人間|本物の人|オペレーター|担当者)(?:の方)?と(?:話|はな)(?:したい|せますか|させて)",
    r"(?:사람|상담원|진짜 사람)(?:이랑|하고|과|와) (?:얘기|이야기|대화|통화)(?:하고 싶|할 수 있)",
    r"(?:我(?:想|要|可以|能)|可以|能不能|請?讓我|请让我)(?:和|跟|與|与)(?:真人|人工客服|真正的人|活人)(?:说话|說話|聊|谈|談|对话|對話)?|转人工|轉人工",
]
_WANTED = re.compile("|".join(f"(?:{one})" for one in _REQUESTS), re.IGNORECASE)

_UNHAPPY = re.compile(
    r"\b(?:that'?s not what i asked|you(?:'re| are) not (?:listening|helping)|you (?:don'?t|do not) understand"
    r"|this (?:is|isn't) (?:useless|helping)|stop repeating yourself|you(?:'re| are) useless|that (?:doesn'?t|does not) help"
    r"|das hilft (?:mir )?nicht|du verstehst (?:mich )?nicht|danach habe ich nicht gefragt"
    r"|eso no es lo que pregunté|no me (?:estás )?entiend\w+|no me sirve"
    r"|ce n'est pas ce que j'ai demandé|tu ne (?:me )?comprends pas|ça ne m'aide pas"
    r"|non è quello che ho chiesto|non mi (?:stai )?(?:capendo|aiutando)"
    r"|não foi isso que (?:eu )?perguntei|você não (?:me )?entende"
    r"|это не то, что я спрашивал\w*|ты (?:меня )?не понимаешь)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?？؟]\s*$")
_WORD = re.compile(r"\w+")

_PASSED_ON = "I've passed it on to {name}'s team: a person can answer you right here."
_NOTED = "I've noted for {name} that you'd like a person to answer. I can't promise when, or whether, that will be."
_WHEN = " People answer {hours}."
_MEANWHILE = " Until then I, the AI, am still here."
_KNOWN = "A person of {name}'s team has been told already."


def reason(persona: Persona, talk: Sequence[Pending], window: Sequence[Said]) -> Reason | None:
    """Why a person should answer what has just been said; None: the avatar can.

    Args:
        persona: What the creator keeps to people.
        talk: What is to be answered.
        window: What was said before.
    """
    texts = [unicodedata.normalize("NFKC", one.text) for one in talk]
    before = [one.text for one in window if one.by_fan]
    if any(_WANTED.search(text) for text in texts):
        return Reason.ASKED
    if any(topic.casefold() in text.casefold() for topic in persona.people for text in texts):
        return Reason.RULE
    if any(_UNHAPPY.search(text) for text in texts):
        often = sum(bool(_UNHAPPY.search(text)) for text in [*before[-LATELY:], *texts])
        return Reason.FRUSTRATED if often >= TIMES else None
    if any(_is_same(text, earlier) for text in texts for earlier in before[-LATELY:]):
        return Reason.REPEATED
    return None


def _is_same(question: str, earlier: str) -> bool:
    if not _QUESTION.search(question):
        return False
    now, then = ({*_WORD.findall(one.casefold())} for one in (question, earlier))
    return len(now) >= FEWEST_WORDS and len(now & then) >= SAME * len(now | then)


def told(persona: Persona, hours: str, *, desk: bool, known: bool) -> str:
    """What the fan is told who waits for a person."""
    text = _KNOWN if known else _PASSED_ON if desk else _NOTED
    when = _WHEN.replace("{hours}", hours) if hours and desk else ""
    return persona.say(text) + when + _MEANWHILE


def is_new(asked_at: datetime | None, now: datetime) -> bool:
    """Whether a conversation is to be brought to the desk again."""
    return asked_at is None or now - asked_at >= AGAIN_AFTER
