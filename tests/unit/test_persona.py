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


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('name = "A"\npersonality = "B"\n', "greeting: is missing. Add a line like: greeting ="),
        (LEAST + 'greting = "x"\n', "greting: no such field. Did you mean 'greeting'?"),
        (LEAST + '[style]\nemojis = "x"\n', "style.emojis: no such field. Did you mean 'emoji'?"),
        (LEAST + 'traits = "warm"\n', 'traits: must be a list. Write it as ["...", "..."].'),
        (LEAST.replace('"Kind."', "3"), "personality: must be text. Put it in quotes."),
        (LEAST.replace('"Hi."', '""'), "greeting: is empty."),
        (LEAST + 'rules = ["' + "x" * 301 + '"]', "rules[1]: is too long. Shorten it to 300 characters."),
        (LEAST + '[[links]]\ntitle="a"\nurl="javascript:x"\nwhen="b"\n', "links[1].url: URL scheme should be"),
        ("name = \n", "is not valid TOML"),
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
