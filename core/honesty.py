"""Saying that this is an AI: at first contact, once a day, during long talks, and whenever somebody asks."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import re
from datetime import datetime, timedelta

from core import phrases

DAY = timedelta(hours=24)
LONG_TALK = timedelta(hours=3)  # the laws' floor: nothing in a persona or a setting can raise it
LONG_TALK_OF_MINORS = timedelta(hours=1)
PAUSE = timedelta(minutes=30)  # whoever writes nothing for longer begins a new talk
FLOOR = "I'm an AI stand-in for {creator}, not {creator} in person."
TRUTH = {  # by ISO 639-1
    "en": "I'm an AI, not a human: a stand-in for {creator}, not {creator} in person.",
    "de": "Ich bin eine KI und kein Mensch: eine Vertretung für {creator}, nicht {creator} in Person.",
    "fr": "Je suis une IA, pas un être humain : je remplace {creator}, mais {creator} n'est pas là en personne.",
    "es": "Soy una IA, no un ser humano: respondo en lugar de {creator}, pero no es {creator} en persona.",
    "pt": "Sou uma IA, não um ser humano: respondo no lugar de {creator}, mas não é {creator} em pessoa.",
    "it": "Sono un'IA, non un essere umano: rispondo al posto di {creator}, ma non è {creator} in persona.",
    "nl": "Ik ben een AI, geen mens: een vervanger van {creator}, niet {creator} in eigen persoon.",
    "pl": "Jestem AI, nie człowiekiem: odpowiadam w zastępstwie. {creator} nie pisze tu osobiście.",
    "ru": "Я ИИ, а не человек: отвечаю вместо {creator}, но это не {creator} лично.",
    "tr": "Ben bir yapay zekayım, insan değilim: {creator} yerine yanıt veriyorum; {creator} burada değil.",
    "ja": "私はAIで、人間ではありません。{creator}の代わりに答えていますが、本人ではありません。",
    "zh": "我是AI，不是真人。我代替{creator}回答，但不是{creator}本人。",
    "ko": "저는 AI이고 사람이 아니에요. {creator}을(를) 대신해 답하지만 본인은 아니에요.",
    "hi": "मैं एक AI हूँ, इंसान नहीं। मैं {creator} की जगह जवाब देता हूँ, पर यहाँ {creator} ख़ुद नहीं हैं।",
    "ar": "أنا ذكاء اصطناعي ولست إنسانًا: أجيب بدلًا من {creator}، لكن {creator} ليس هنا بنفسه.",
}

REST = {  # by ISO 639-1
    "en": "We've been talking for a long while. This might be a good moment for a break.",
    "de": "Wir reden schon eine ganze Weile. Vielleicht ist jetzt ein guter Moment für eine Pause.",
    "fr": "On parle depuis un bon moment. C'est peut-être l'occasion de faire une pause.",
    "es": "Llevamos un buen rato hablando. Puede ser un buen momento para descansar.",
    "pt": "Já conversamos há bastante tempo. Talvez seja um bom momento para uma pausa.",
    "it": "Parliamo già da un bel po'. Forse è il momento giusto per una pausa.",
    "nl": "We praten al een hele tijd. Misschien is dit een goed moment voor een pauze.",
    "pl": "Rozmawiamy już dłuższą chwilę. Może to dobry moment na przerwę.",
    "ru": "Мы разговариваем уже довольно долго. Может быть, сейчас самое время сделать перерыв.",
    "tr": "Epeydir konuşuyoruz. Belki şimdi bir mola vermek iyi olur.",
    "ja": "ずいぶん長くお話ししていますね。このあたりで一度休憩してみませんか。",
    "zh": "我们已经聊了很久了。也许现在适合休息一下。",
    "ko": "꽤 오래 이야기했네요. 지금 잠깐 쉬어 가면 좋겠어요.",
    "hi": "हम काफ़ी देर से बात कर रहे हैं। शायद अब थोड़ा आराम करना अच्छा रहेगा।",
    "ar": "نتحدث منذ وقت طويل. ربما حان وقت استراحة قصيرة.",
}

IN_PERSON = r"(?:(?:really|actually|truly|the real|the actual) )"
ADDRESS = r"(?:is this|is it|are you|am i (?:\w+ )?(?:talking|chatting|speaking|writing) (?:to|with))"
NAMED = re.compile(  # needs the capital of a name, so it looks at the text as it is written
    rf"(?i:{ADDRESS} {IN_PERSON}+)[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?\W*(?:$|\n|(?i:or)\b)"
)
WORDS_BESIDE = 4  # that may stand beside the question in its own sentence: "be honest", "or a human being"
SENTENCE = re.compile(r"[^.!?。！？؟\n]*[.!?。！？؟\n]*")


def asks_if_human(text: str, *, name: str = "") -> bool:
    """Whether a fan asks if this is a human, a machine, or the creator in person (``name``, where known)."""
    return _question(text, name) is not None


def only_asks_if_human(text: str, *, name: str = "") -> bool:
    """Whether a message is nothing but that question, so that ``truth`` is the whole answer."""
    found = _question(text, name)
    if found is None:
        return False
    _, (start, end) = found
    own = next(match for match in SENTENCE.finditer(text) if match.start() <= max(end - 1, start) < match.end())
    before, after = text[: min(start, own.start())], text[max(end, own.end()) :]
    aside, rest = text[own.start() : start], text[end : own.end()]
    return (
        _words(before) <= 1
        and _words(after) == 0
        and _words(aside) + _words(rest) <= WORDS_BESIDE
        and not ("," in rest.strip(" ,") or "，" in rest)
    )


def disclosure(creator: str, avatar_text: str) -> str:
    """What a fan is told at first contact: the persona's own text, after the floor unless it plainly says AI itself.

    A text that claims a human speaks is replaced by the floor.
    """
    folded = phrases.folded(avatar_text)
    floor = FLOOR.format(creator=creator)
    if any(phrases.claims(folded)):
        return floor
    return avatar_text if phrases.discloses(folded) else f"{floor} {avatar_text}".strip()


def truth(creator: str, question: str = "") -> str:
    """The answer to "are you human?", in the language of the question."""
    found = phrases.asked(phrases.folded(question))
    return TRUTH[found[0] if found else "en"].format(creator=creator)


def due(
    disclosed_at: datetime | None, now: datetime, *, talking_since: datetime | None = None, minor: bool = False
) -> bool:
    """Whether a fan is to be told again: at first contact, then once in 24 hours, however the clock jumps.

    In a long talk they are told sooner; see ``long_talk``.
    """
    if disclosed_at is None or abs(now - disclosed_at) >= DAY:
        return True
    return long_talk(disclosed_at, now, talking_since=talking_since, minor=minor)


def long_talk(
    disclosed_at: datetime | None, now: datetime, *, talking_since: datetime | None, minor: bool = False
) -> bool:
    """Whether a fan has talked for three hours, a minor for one, without having been told, and might take a break.

    Args:
        disclosed_at: When they were last told.
        now: The present.
        talking_since: Since when they have written without a pause.
        minor: They have said to be one.
    """
    if talking_since is None:
        return False
    return now - max(talking_since, disclosed_at or talking_since) >= (LONG_TALK_OF_MINORS if minor else LONG_TALK)


def rest(language: str = "") -> str:
    """The suggestion to take a break, in the fan's language (an IETF tag) where it is known."""
    return REST.get(language.replace("_", "-").partition("-")[0].lower(), REST["en"])


def _question(text: str, name: str) -> tuple[str, tuple[int, int]] | None:
    """The language of the question, and where it stands."""
    folded = phrases.folded(text)
    if found := phrases.asked(folded):
        return found[0], found[1].span()
    wanted = re.escape(phrases.folded(name))
    named = name and re.search(rf"(?<!\w){ADDRESS} {IN_PERSON}*{wanted}(?!\w)", folded)
    match = named or NAMED.search(text)
    return ("en", match.span()) if match else None


def _words(text: str) -> int:
    """Words, two characters of a script without spaces being one."""
    return len(re.findall(r"[\u2e80-\u9fff]{1,2}|[^\W\u2e80-\u9fff]+", text))
