"""The creator's avatar.toml: what is read from it, and what is said when it is wrong."""

from __future__ import annotations

import pytest

from bots.avatars import SAMPLES
from core.errors import ConfigError
from core.persona import parse

LEAST = 'name = "Ann Lee"\npersonality = "Kind."\ngreeting = "Hi."\n'


def test_three_fields_make_a_persona_and_the_rest_has_sensible_values():
    persona = parse(LEAST, "avatar.toml")
    assert persona.names == ("Ann Lee", "Ann")
    assert "{name}" in persona.texts.disclosure
    assert persona.say(persona.texts.disclosure).startswith("I'm an AI stand-in for Ann Lee")


def test_the_sample_avatar_is_valid():
    assert parse((SAMPLES / "maya" / "avatar.toml").read_text(), "maya").names == ("Maya Lindqvist", "Maya", "Maja")


FULL = (
    LEAST
    + """
picture = "portrait.png"
greetings = ["Hello from {name}.", "Hey."]
crisis_region = "SE"
instructions = "Be a lighthouse. {{original}}"
closing = "Think of the sea."

[[avoid]]
topic = "politics"
say = "I bake."

[[tiers]]
name = "supporters"
comes_from = "Patreon, from 5 euros"
"""
)


def test_every_field_of_the_persona_is_read():
    persona = parse(FULL, "avatar.toml")
    assert persona.picture == "portrait.png"
    assert (persona.avoid[0].topic, persona.avoid[0].say) == ("politics", "I bake.")
    assert (persona.tiers[0].name, persona.tiers[0].comes_from) == ("supporters", "Patreon, from 5 euros")
    assert (persona.crisis_region, persona.closing) == ("SE", "Think of the sea.")


def test_each_fan_gets_one_of_the_greetings_and_always_the_same():
    persona = parse(FULL, "avatar.toml")
    assert {persona.greeted(fan) for fan in range(30)} == {"Hi.", "Hello from Ann Lee.", "Hey."}
    assert all(persona.greeted(fan) == persona.greeted(fan) for fan in range(30))
    assert parse(LEAST, "avatar.toml").greeted(7) == "Hi."


def test_what_the_avatar_is_told_to_say_may_be_said_word_for_word():
    persona = parse(FULL, "avatar.toml")
    assert "I bake." in persona.sayable
    assert persona.say(persona.texts.no_answer) in persona.sayable


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('name = "A"\npersonality = "B"\n', "line 1, greeting: is missing. Add a line like: greeting ="),
        (LEAST + 'greting = "x"\n', "line 4, greting: no such field. Did you mean 'greeting'?"),
        (LEAST + '[style]\nemojis = "x"\n', "line 5, style.emojis: no such field. Did you mean 'emoji'?"),
        (LEAST + 'traits = "warm"\n', 'traits: must be a list. Write it as ["...", "..."].'),
        (LEAST.replace('"Kind."', "3"), "personality: must be text. Put it in quotes."),
        (LEAST.replace('"Hi."', '""'), "greeting: is empty."),
        (LEAST + 'rules = ["' + "x" * 301 + '"]', "rules[1]: is too long. Shorten it to 300 characters."),
        (LEAST + '[[links]]\ntitle="a"\nurl="javascript:x"\nwhen="b"\n', "links[1].url: URL scheme should be"),
        ("name = \n", "line 1: is not valid TOML"),
        (LEAST + '[[links]]\ntitle="a"\nurl="https://a.example"\n', "line 4, links[1].when: is missing."),
        (LEAST + '\ngreetings = [\n  "a",\n  3,\n]\n', "line 7, greetings[2]: must be text."),
        (LEAST + 'strictness = "loose"', "strictness: must be one of 'strict', 'balanced' or 'free'."),
        (LEAST + "languages = []", "languages: is empty. Write at least 1, or remove the line."),
        (LEAST + f"rules = {['r'] * 13}", "rules: has 13 entries. Keep at most 12."),
        (LEAST + 'style = "curt"', "style: must be a table. Give it a heading of its own: [style]"),
        (LEAST + 'crisis_region = "UK"', "crisis_region: must be a country's ISO code of two capitals, such as SE"),
        (LEAST + 'tagline = "a\\u0000b"', "line 4, tagline: has control characters in it."),
        (LEAST + 'picture = "../a.png"', "picture: must stay beside this file."),
        (LEAST + 'picture = "/etc/a.png"', "picture: must stay beside this file."),
        (LEAST + 'picture = "..\\\\a.png"', "picture: must stay beside this file."),
        (LEAST + 'picture = "http://a.example/a.png"', "picture: must be the name of a picture beside this file"),
        (LEAST + 'picture = "C:a.png"', "picture: must be the name of a picture beside this file"),
        (LEAST + 'picture = "avatar.toml"', "picture: must be a picture: .png, "),
        (LEAST + '[[tiers]]\nname = "Inner Circle"', "tiers[1].name: must be a short word"),
        (LEAST + '[[tiers]]\nname = "a"\n[[tiers]]\nname = "a"', "tiers: has more than one tier named 'a'."),
        (LEAST + '[[avoid]]\ntopic = "war"', "line 4, avoid[1].say: is missing."),
        (LEAST + '[[avoid]]\ntopc = "war"\nsay = "b"', "line 5, avoid[1].topc: no such field. Did you mean 'topic'?"),
    ],
)
def test_an_error_names_file_field_and_mend(toml: str, said: str):
    with pytest.raises(ConfigError) as caught:
        parse(toml, "bots/ann/avatar.toml")
    assert str(caught.value).startswith("bots/ann/avatar.toml")
    assert said in str(caught.value)


def test_many_errors_are_cut_to_a_readable_number():
    with pytest.raises(ConfigError) as caught:
        parse("".join(f"wrong{i} = 1\n" for i in range(20)), "avatar.toml")
    assert "... and 15 more" in str(caught.value)  # three fields are missing besides


def test_braces_that_are_no_placeholder_stay():
    persona = parse(LEAST, "avatar.toml")
    assert persona.say("{name} likes {curly} {wait}", wait="soon") == "Ann Lee likes {curly} soon"
