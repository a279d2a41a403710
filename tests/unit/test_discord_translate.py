"""Discord's payloads in the core's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.client import intents
from adapters.discord.translate import Listener, readable, to_incoming
from core.model import AccountId, Incoming, Place
from tests.worlds.discord_things import DM, REPLY, THREAD, Channel, Guild, Message, Payload, Role, User, snowflake

MAYA, ANN = User("Maya", bot=True), User("Ann")
BAKERY = Guild("Bakery", MAYA)
GENERAL = Channel("general", guild=BAKERY)
CAKES = Channel("cakes", THREAD, BAKERY, parent=GENERAL)
BAKERS, KEEPERS = Role("bakers"), Role("keepers", permissions=1 << 13 | 1 << 10)
BAKERY.channels += [GENERAL, CAKES]
BAKERY.roles += [BAKERS, KEEPERS]
DMS = Channel(type=DM, fan=ANN)

CLIENT = discord.Client(intents=intents(content=True))
STATE = CLIENT._connection
SERVER = discord.Guild(data=cast("Any", BAKERY.payload()), state=STATE)
LISTENER = Listener(AccountId(f"discord:{MAYA.id}"), MAYA.id)


def received(message: Message, **changes: object) -> discord.Message:
    """The message as discord.py hands it out."""
    where: Any = discord.PartialMessageable(STATE, DMS.id)
    if message.channel.guild is not None:
        where = SERVER.get_channel_or_thread(message.channel.id)
    payload: Payload = message.payload() | changes
    return discord.Message(state=STATE, channel=where, data=cast("Any", payload))


def heard(message: Message, listener: Listener = LISTENER, **changes: object) -> Incoming | None:
    return to_incoming(received(message, **changes), listener)


def test_a_dm_becomes_an_incoming_with_everything_it_says() -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    message = Message(DMS, ANN, "hello", id=snowflake(at))

    incoming = heard(message)

    assert incoming is not None
    assert (incoming.place.chat, incoming.place.thread, incoming.place.shared) == (str(DMS.id), "", False)
    assert incoming.place.account == LISTENER.account
    assert (incoming.message, incoming.text, incoming.sent_at) == (str(message.id), "hello", at)
    assert (incoming.sender.id, incoming.sender.name) == (str(ANN.id), "Ann")


def test_in_a_server_an_unaddressed_message_is_nothing() -> None:
    assert heard(Message(GENERAL, ANN, "hello all")) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("{me} hello", "hello"),
        ("{me}, hello", "hello"),
        ("  {me}: hello", "hello"),
        ("hey {me} how are you", "hey how are you"),
        ("thanks {me}, you rock", "thanks, you rock"),
        ("{me}", ""),
        ("line one\n{me} line two", "line one\n line two"),
    ],
)
def test_its_own_mention_is_cut_out(text: str, left: str) -> None:
    incoming = heard(Message(GENERAL, ANN, text.format(me=MAYA.mention), mentions=[MAYA]))

    assert incoming is not None
    assert incoming.text == left
    assert incoming.place.shared is True


def test_a_mention_of_the_role_that_discord_made_for_it_counts_like_its_own() -> None:
    role = BAKERY.bot_role

    incoming = heard(Message(GENERAL, ANN, f"<@&{role.id}> hello", mention_roles=[role]))

    assert incoming is not None
    assert incoming.text == "hello"
    assert heard(Message(GENERAL, ANN, f"<@&{BAKERS.id}> hello", mention_roles=[BAKERS])) is None


def test_all_other_markup_becomes_names() -> None:
    text = f"{ANN.mention} <@&{BAKERS.id}> <#{GENERAL.id}> <a:bread:123> </recipe today:456> <@789> <#1> <t:1700000000>"
    message = Message(DMS, ANN, text, mentions=[ANN])
    in_server = Message(GENERAL, ANN, text + MAYA.mention, mentions=[ANN, MAYA], mention_roles=[BAKERS])

    incoming = heard(in_server)

    assert incoming is not None
    assert incoming.text == "@Ann @bakers #general :bread: /recipe today @unknown #unknown <t:1700000000>"
    assert readable(received(message), MAYA.id).startswith("@Ann @unknown #unknown :bread:")


def test_a_reply_to_the_bot_is_meant_for_it_and_a_reply_to_others_is_not() -> None:
    answer, other = Message(GENERAL, MAYA, "yes?"), Message(GENERAL, ANN, "anyone?")

    assert heard(Message(GENERAL, ANN, "go on", reply_to=answer, type=REPLY)) is not None
    assert heard(Message(GENERAL, ANN, "me!", reply_to=other, type=REPLY)) is None


def test_in_its_channels_and_their_threads_everything_is_meant_for_it() -> None:
    listener = Listener(LISTENER.account, MAYA.id, frozenset({GENERAL.id}))

    in_channel = heard(Message(GENERAL, ANN, "hello"), listener)
    in_thread = heard(Message(CAKES, ANN, "hello"), listener)

    assert in_channel is not None
    assert in_thread is not None
    assert in_thread.place.chat == str(CAKES.id) != in_channel.place.chat
    assert (in_thread.place.parent, in_channel.place.parent) == (str(GENERAL.id), "")


def test_where_the_core_hears_everything_all_is_meant_for_it_in_threads_too() -> None:
    def hears(place: Place) -> bool:
        return str(GENERAL.id) in {place.chat, place.parent}

    assert to_incoming(received(Message(GENERAL, ANN, "hello")), LISTENER, hears) is not None
    assert to_incoming(received(Message(CAKES, ANN, "hello")), LISTENER, hears) is not None
    assert to_incoming(received(Message(CAKES, ANN, "")), LISTENER, hears) is None
    assert to_incoming(received(Message(GENERAL, MAYA, "hello")), LISTENER, lambda _: True) is None
    assert to_incoming(received(Message(GENERAL, ANN, "hello", webhook=True)), LISTENER, lambda _: True) is None


def test_a_members_roles_are_told_and_whether_they_keep_order() -> None:
    message = Message(GENERAL, ANN, MAYA.mention, mentions=[MAYA])
    BAKERY.held[ANN.id] = [BAKERS, KEEPERS]
    in_thread = Message(CAKES, ANN, MAYA.mention, mentions=[MAYA])
    keeper = [heard(one) for one in (message, in_thread)]
    BAKERY.held[ANN.id] = [BAKERS]
    baker = heard(message)
    del BAKERY.held[ANN.id]
    in_dm = heard(Message(DMS, ANN, "hello"))

    assert [one and (one.sender.moderator, set(one.sender.roles)) for one in keeper] == [
        (True, {str(BAKERS.id), str(KEEPERS.id)})
    ] * 2
    assert baker is not None
    assert (baker.sender.moderator, baker.sender.roles) == (False, (str(BAKERS.id),))
    assert in_dm is not None
    assert (in_dm.sender.moderator, in_dm.sender.roles) == (False, ())


def test_what_a_message_replies_to_is_told() -> None:
    answer = Message(GENERAL, MAYA, "yes?")
    reply, plain = heard(Message(GENERAL, ANN, "go on", reply_to=answer, type=REPLY)), heard(Message(DMS, ANN, "hello"))

    assert reply is not None
    assert plain is not None
    assert (reply.about, plain.about) == (str(answer.id), "")


def test_what_discord_blanked_for_want_of_the_content_intent_is_nothing_in_its_channels_either() -> None:
    listener = Listener(LISTENER.account, MAYA.id, frozenset({GENERAL.id}))

    assert heard(Message(GENERAL, ANN, ""), listener) is None


def test_bots_webhooks_and_discords_own_announcements_are_nothing() -> None:
    assert heard(Message(DMS, MAYA, "hello")) is None
    assert heard(Message(DMS, ANN, "hello", webhook=True)) is None
    for announcement in (1, 6, 7, 18, 21):  # recipient added, pin, join, thread created, thread starter
        assert heard(Message(DMS, ANN, "hello", type=announcement)) is None


def file(content_type: str | None, **more: object) -> Payload:
    return {
        "id": "1",
        "filename": "file",
        "size": 1,
        "url": "https://cdn.invalid/file",
        "proxy_url": "https://cdn.invalid/file",
        "content_type": content_type,
        **more,
    }


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, ""),
        ({"attachments": [file("image/png")]}, "photo"),
        ({"attachments": [file("video/mp4")]}, "video"),
        ({"attachments": [file("audio/mpeg")]}, "audio"),
        ({"attachments": [file("audio/ogg", duration_secs=2.0, waveform="AA==")]}, "voice"),
        ({"attachments": [file("application/pdf")]}, "file"),
        ({"attachments": [file(None)]}, "file"),
        ({"sticker_items": [{"id": "1", "name": "wave", "format_type": 1}]}, "sticker"),
    ],
)
def test_what_there_is_besides_text_is_named(changes: dict[str, object], kind: str) -> None:
    incoming = heard(Message(DMS, ANN, ""), LISTENER, **changes)

    assert incoming is not None
    assert incoming.attachment == kind


@given(st.text(st.sampled_from("<@!&#>:/a1 \n") | st.characters(), max_size=200))
def test_any_text_is_readable_and_holds_no_mention_of_the_bot(text: str) -> None:
    message = received(Message(DMS, ANN, text + MAYA.mention, mentions=[MAYA]))

    plain = readable(message, MAYA.id)

    assert MAYA.mention not in plain
    assert plain == plain.strip()
