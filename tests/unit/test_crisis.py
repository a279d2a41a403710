"""Signs of a crisis: found where somebody speaks of themselves, and nowhere else."""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crisis import Kind, lately, look, notice
from core.helplines import BY_COUNTRY, DIRECTORY, HOMES, SPOKEN, near
from core.model import MessageId, Said
from tests.fakes import NOON

SUICIDE = """
I want to die
i just wanna die
I'm going to kill myself tonight
I can't do this anymore. I want to end it all.
i dont want to be alive anymore
I wish I was dead
I wish I had never been born
everyone would be better off without me
there's no reason to live
I'm suicidal
I've been having suicidal thoughts again
i'm thinking about suicide
I am going to jump off a bridge
I took all my pills
k1ll myself
im gonna kms fr
I'm so tired of living.
tried to kill myself last year and it's back
this makes me want to die
why don't I just kill myself
I don't want to live anymore
ich will nicht mehr leben
Ich will sterben.
ich möchte einfach nur sterben
ich bringe mich um
Ich werde mich umbringen
ich habe Suizidgedanken
wäre ich doch tot
je veux mourir
j'ai envie d'en finir
je vais me suicider
je ne veux plus vivre
j'ai des idées suicidaires
quiero morir
me quiero morir
ya no quiero vivir
voy a suicidarme
me voy a matar
quero morrer
não quero mais viver
vou me matar
tenho pensamentos suicidas
voglio morire
non voglio più vivere
voglio farla finita
ho pensieri suicidi
ik wil dood
ik wil niet meer leven
ik ga zelfmoord plegen
ik heb zelfmoordgedachten
chcę umrzeć
nie chcę już żyć
chcę się zabić
mam myśli samobójcze
я хочу умереть
хочу сдохнуть
не хочу больше жить
я не хочу жить
думаю о суициде
я покончу с собой
ölmek istiyorum
intihar etmek istiyorum
artık yaşamak istemiyorum
kendimi öldüreceğim
死にたい
もう死にたいです
自殺したい
消えてしまいたい
生きる意味がない
我想死
我不想活了
我想自杀
活着没意思
想自殺
죽고 싶어
자살하고 싶어
살기 싫어
더 이상 살고 싶지 않아
मैं मरना चाहता हूँ
मुझे आत्महत्या करनी है मैं आत्महत्या करना चाहती हूँ
main marna chahta hoon
जीना नहीं चाहता
أريد أن أموت
بدي موت
أفكر في الانتحار
لا أريد أن أعيش
سأنتحر
生きる意味がない
""".strip().splitlines()

SELF_HARM = """
I've been cutting myself again
i want to hurt myself
I self-harm when I'm sad
ich ritze mich
ich will mich selbst verletzen
je me scarifie
j'ai envie de me faire du mal
quiero cortarme
me autolesiono
quero me cortar
eu me corto
voglio farmi del male
mi taglio i polsi
ik snijd mezelf
ik wil mezelf pijn doen
tnę się
хочу порезать себя
я режу себя
kendime zarar veriyorum
kendimi kesiyorum
リスカした
自分を傷つけたい
我又割腕了
我想伤害自己
자해했어
मैं खुद को चोट पहुंचाता हूं
أجرح نفسي
""".strip().splitlines()

OTHERS = """
my best friend says she wants to die
my brother is suicidal, what can I do?
I'm worried that my sister will kill herself
my friend told me "I want to die"
meine Freundin will sterben
mein Bruder hat Suizidgedanken
mon ami veut mourir
ma soeur se scarifie
mi amiga quiere morir
minha irmã quer se matar
mia sorella vuole morire
mijn vriendin wil dood
moja siostra chce się zabić
моя подруга хочет умереть
arkadaşım intihar etmek istiyor
友達が死にたいと言っています
我朋友想自杀
친구가 죽고 싶대
मेरी दोस्त आत्महत्या करना चाहती है
صديقتي تريد أن تموت
""".strip().splitlines()

NOTHING = """
this cake is to die for
you're killing it!
I'm dying of laughter
I nearly died laughing
I want to die of embarrassment
my phone died
I don't want to die
I'm not suicidal
The Suicide Squad was a great movie
"I want to die" is my favourite track on that album
That song called Suicidal Thoughts slaps
killing two birds with one stone
I cut myself some slack
I cut myself while cooking
I accidentally burned myself on the oven
this workout is killing me
I could kill for a croissant
how do I kill yeast
what kills the starter
die Würfel sind gefallen
he died in the last episode
Kurt Cobain killed himself in 1994
The news said a man tried to kill his wife
I'm dead 💀
I shot myself in the foot with that recipe
I ran 10 kms today
I want to take my life back
I'd die for you
I want to live in Berlin
I don't want to live in Berlin
I wish I was born in Italy
ich lach mich tot
ich sterbe vor Hunger
ich will nicht sterben
Das Brot ist zum Sterben gut
ich habe mich beim Kochen geschnitten
je suis mort de rire
je meurs de faim
je veux pas mourir
c'est à mourir de rire
me muero de risa
me muero de hambre
no quiero morir
me corté el pelo
estou morrendo de rir
morri de saudade
sto morendo dal ridere
non voglio morire
ik ga dood van het lachen
ik wil niet dood
umieram ze śmiechu
nie chcę umierać
умираю со смеху
умереть можно от смеха
я не хочу умирать
gülmekten öldüm
ölmek istemiyorum
açlıktan ölüyorum
死ぬほど美味しい
笑い死にした
死にたくない
笑死我了
饿死了
想死你了
累死我了
不想死
배고파 죽겠어
웃겨서 죽는 줄
귀여워 죽겠다
죽고 싶지만 떡볶이는 먹고 싶어 라는 책 읽었어?
हंसते हंसते मर गया
मैं मरना नहीं चाहता
أموت من الضحك
أموت فيك
لا أريد أن أموت
Wie lange muss der Teig gehen?
suicide prevention month starts today
What's the best way to slaughter a pumpkin?
it's the end of my life as a student lol
I could murder a sandwich
we killed it on stage last night
dying to see your new recipe
she's drop dead gorgeous
Dead tired after baking all night
The end of my starter's life
my starter committed bread suicide lol
he killed it
Romeo and Juliet both die at the end
In the film the hero wants to die at sea
I'm reading a book about suicide prevention
cut yourself a slice
I cut my hair myself
my dog died yesterday
my grandfather died last year and I miss him
I hurt myself at the gym
don't kill the mood
Todmüde nach der Schicht
Der Teig ist gestorben
je suis crevé
on va mourir de chaud
estoy muerta de cansancio
me corté con el cuchillo
que calor, vou morrer de calor
sono stanco morto
ik ben doodmoe
padam ze zmęczenia
я устал до смерти
yorgunluktan ölüyorum
疲れて死にそう
困死了
졸려 죽겠어
भूख से मर रहा हूँ
أموت من الجوع
""".strip().splitlines()

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "tr", "ja", "zh", "ko", "hi", "ar")


@pytest.mark.parametrize("text", SUICIDE)
def test_who_says_that_they_want_to_die_is_heard(text: str) -> None:
    assert look(text) == "suicide"


@pytest.mark.parametrize("text", SELF_HARM)
def test_who_says_that_they_hurt_themselves_is_heard(text: str) -> None:
    assert look(text) == "self_harm"


@pytest.mark.parametrize("text", OTHERS)
def test_who_worries_about_somebody_else_is_heard_as_that(text: str) -> None:
    assert look(text) == "other"


@pytest.mark.parametrize("text", NOTHING)
def test_figures_of_speech_titles_denials_and_news_are_no_crisis(text: str) -> None:
    assert look(text) is None


@pytest.mark.parametrize("text", SUICIDE)
def test_it_is_heard_in_the_middle_of_other_talk_and_however_it_is_dressed(text: str) -> None:
    assert look(f"Hi! How are you? {text.rstrip('.')}. Anyway, how long do I bake it?") == "suicide"
    assert look(text.upper().replace(" ", "  ")) == "suicide"


def test_a_quotation_alone_is_meant_and_one_that_is_talked_about_is_not() -> None:
    assert look('"I want to die"') == "suicide"
    assert look('I love the line "I want to die" in that poem') is None


def test_own_words_outweigh_those_about_somebody_else() -> None:
    assert look("My brother is suicidal. And I want to die, too.") == "suicide"


@given(text=st.text())
def test_anything_can_be_looked_at(text: str) -> None:
    assert look(text) in {None, "suicide", "self_harm", "other"}


@pytest.mark.parametrize(
    "unit", ["i want to ", "not ", "“", '"', "my friend ", "死", "a", "\u0301", "k1", "مع ", "मैं ", "kill ", ". "]
)
def test_the_work_grows_in_line_with_hostile_input(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        begun = time.perf_counter()
        look(text)
        return time.perf_counter() - begun

    short, long = min(seconds(12_500) for _ in range(2)), seconds(100_000)
    assert long < 8 * 4 * short + 0.2


# ── the fixed text ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["suicide", "self_harm", "other"])
def test_every_language_has_its_own_text_that_is_plainly_not_the_persona(language: str, kind: Kind) -> None:
    told = notice("Maya", kind, language=language)
    assert told.startswith("**")
    assert "Maya" in told.partition("\n")[0]
    assert DIRECTORY in told
    english = notice("Maya", kind).partition("\n")[0]
    assert (told.partition("\n")[0] == english) is (language == "en")


def test_a_helper_gets_another_text_than_who_is_in_danger() -> None:
    assert notice("Maya", "other") != notice("Maya", "suicide")
    assert "988" in notice("Maya", "other", language="en-US")


@pytest.mark.parametrize(
    ("language", "region", "countries"),
    [
        ("en-US", "", ["US"]),
        ("en_GB", "SE", ["GB"]),
        ("de", "", ["DE", "AT", "CH"]),
        ("de", "AT", ["AT"]),
        ("de-CH", "DE", ["CH"]),
        ("ja", "SE", ["JP"]),
        ("zh-Hant", "", ["TW"]),
        ("zh-Hant-HK", "", ["TW"]),
        ("", "SE", ["SE"]),
        ("", "", []),
        ("xx", "", []),
        ("ar", "", []),
        ("en-XX", "IE", ["IE"]),
    ],
)
def test_the_fans_own_region_comes_first_then_the_creators(language: str, region: str, countries: list[str]) -> None:
    assert [one.country for one in near(language, region)] == countries


def test_who_cannot_be_placed_gets_the_directory_and_both_emergency_numbers() -> None:
    told = notice("Maya", "suicide")
    assert DIRECTORY in told
    assert "112 / 911" in told


def test_whatever_is_named_somewhere_is_in_the_table() -> None:
    named = {*HOMES.values(), *(country for countries in SPOKEN.values() for country in countries)}
    assert named <= BY_COUNTRY.keys()
    assert all(help_.emergency for help_ in BY_COUNTRY.values())


def said(text: str, *, by_fan: bool = False, hours_ago: float = 1) -> Said:
    return Said(MessageId(1), by_fan, "", text, NOON - timedelta(hours=hours_ago), 10)


def test_the_avatar_is_gentle_for_a_day_after_it_and_not_for_longer() -> None:
    told = notice("Maya", "suicide", language="de")
    assert lately([said(told)], NOON)
    assert not lately([said(told, hours_ago=25)], NOON)
    assert not lately([said(told, by_fan=True)], NOON)
    assert not lately([said("How lovely!")], NOON)
    assert not lately([said(notice("Maya", "other"))], NOON)
