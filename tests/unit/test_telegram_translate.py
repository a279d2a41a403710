"""Telegram updates as the core sees them, from payloads in the form of the Bot API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from adapters.telegram.arrivals import Noun, Paid, Refunded, Spoken, arrivals
from adapters.telegram.translate import Identity, Retraction, Revision, to_incoming
from core.model import AccountId, Incoming, Place
from tests.worlds.telegram_state import detected, units

ME = Identity(AccountId("telegram:7000000001"), 7000000001, "maya_bot", ("Maya", "Maya Example"))
BOT = {"id": 7000000001, "is_bot": True, "first_name": "Maya", "username": "maya_bot"}
ANN = {"id": 1001, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "pt-br"}
DM = {"id": 1001, "type": "private", "first_name": "Ann"}
GROUP = {"id": -1001234, "type": "supergroup", "title": "Bakers", "is_forum": True}

Payload = dict[str, Any]


def message(text: str = "", chat: Payload = DM, **extra: Any) -> Payload:
    payload: Payload = {"message_id": 42, "date": 1_790_000_000, "chat": chat, "from": ANN}
    if text:
        payload |= {"text": text, "entities": detected(text)}
    return payload | extra


def update(payload: Payload, kind: str = "message") -> Update:
    return Update.de_json({"update_id": 1, kind: payload}, None)


def incoming(text: str = "", chat: Payload = DM, **extra: Any) -> Incoming | None:
    return to_incoming(update(message(text, chat, **extra)), ME)


def reply_from(sender: Payload, **extra: Any) -> Payload:
    return {"message_id": 41, "date": 1_790_000_000, "chat": GROUP, "from": sender, "text": "earlier", **extra}


# ── private chats ────────────────────────────────────────────────────────────────────────────────


def test_a_private_message_is_taken_as_it_is() -> None:
    one = incoming("Hello 🍞\nthere")
    assert one is not None
    assert one.place == Place(ME.account, "1001", shared=False)
    assert (one.message, one.text) == ("42", "Hello 🍞\nthere")
    assert (one.sender.id, one.sender.name, one.sender.language) == ("1001", "Ann Lee", "pt-br")
    assert one.sent_at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert (one.command, one.argument, one.attachment) == ("", "", "")


def test_a_message_that_is_years_old_is_still_taken() -> None:
    one = incoming("hi", date=1_000_000_000)
    assert one is not None
    assert one.sent_at.year == 2001


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/start", "start", ""),
        ("/start abc_DEF-123", "start", "abc_DEF-123"),
        ("/start " + "x" * 64, "start", "x" * 64),
        ("/start " + "x" * 65, "start", ""),
        ("/start two words", "start", ""),
        ("/start ../../etc", "start", ""),
        ("/start ٣", "start", ""),
        ("/HELP", "help", ""),
        ("/help me please", "help", "me please"),
        ("/help@maya_bot me", "help", "me"),
        ("/help@MAYA_BOT", "help", ""),
        ("/unknown thing", "", ""),
        ("see /help", "", ""),
        ("/", "", ""),
    ],
)
def test_commands_are_told_from_talk(text: str, command: str, argument: str) -> None:
    one = incoming(text)
    assert one is not None
    assert (one.command, one.argument) == (command, argument)


def test_an_unknown_command_is_plain_talk() -> None:
    one = incoming("/bake a cake")
    assert one is not None
    assert one.text == "/bake a cake"


def test_a_command_for_another_bot_is_none() -> None:
    assert incoming("/help@other_bot") is None
    assert incoming("/help@other_bot", GROUP) is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (
            "sticker",
            {"file_id": "a", "file_unique_id": "b", "type": "regular", "width": 1, "height": 1}
            | {"is_animated": False, "is_video": False},
        ),
        ("photo", [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]),
        ("voice", {"file_id": "a", "file_unique_id": "b", "duration": 1}),
        ("video", {"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1, "duration": 1}),
        ("document", {"file_id": "a", "file_unique_id": "b"}),
        ("audio", {"file_id": "a", "file_unique_id": "b", "duration": 1}),
        ("location", {"longitude": 1.0, "latitude": 2.0}),
        ("contact", {"phone_number": "1", "first_name": "A"}),
        ("dice", {"value": 3, "emoji": "🎲"}),
        (
            "poll",
            {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False}
            | {"is_anonymous": True, "type": "regular", "allows_multiple_answers": False}
            | {"allows_revoting": True, "members_only": False},
        ),
    ],
)
def test_what_is_no_text_is_named(kind: str, content: object) -> None:
    one = to_incoming(update(message() | {kind: content}), ME)
    assert one is not None
    assert (one.attachment, one.text) == (kind, "")


def test_a_gif_is_an_animation_and_a_venue_no_mere_location() -> None:
    file = {"file_id": "a", "file_unique_id": "b"}
    gif = incoming(animation=file | {"width": 1, "height": 1, "duration": 1}, document=file)
    spot = {"longitude": 1.0, "latitude": 2.0}
    venue = incoming(venue={"location": spot, "title": "T", "address": "A"}, location=spot)
    assert gif is not None
    assert venue is not None
    assert (gif.attachment, venue.attachment) == ("animation", "venue")


def test_a_caption_is_the_text_of_a_photo() -> None:
    photo = [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]
    caption = "@maya_bot my first loaf"
    one = incoming(chat=GROUP, photo=photo, caption=caption, caption_entities=detected(caption))
    assert one is not None
    assert (one.text, one.attachment) == ("my first loaf", "photo")


@pytest.mark.parametrize(
    "service",
    [
        {"new_chat_members": [ANN]},
        {"left_chat_member": ANN},
        {"new_chat_title": "x"},
        {"group_chat_created": True},
        {"migrate_to_chat_id": -100999},
        {"forum_topic_created": {"name": "x", "icon_color": 1}},
        {"write_access_allowed": {}},
        {},
    ],
)
@pytest.mark.parametrize("chat", [DM, GROUP])
def test_service_messages_are_none(service: Payload, chat: Payload) -> None:
    assert incoming(chat=chat, **service) is None


# ── who wrote ────────────────────────────────────────────────────────────────────────────────────


def test_bots_are_not_answered() -> None:
    assert incoming("@maya_bot hi", GROUP, **{"from": {"id": 5, "is_bot": True, "first_name": "Spam"}}) is None
    assert incoming("hi", **{"from": BOT}) is None


def test_a_channel_post_forwarded_into_its_group_is_none() -> None:
    channel = {"id": -100777, "type": "channel", "title": "Maya's channel"}
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    extra = {"from": telegram, "sender_chat": channel, "is_automatic_forward": True}
    assert incoming("@maya_bot hi", GROUP, **extra) is None
    assert to_incoming(update(message("hi", channel), "channel_post"), ME) is None


def test_an_anonymous_admin_and_somebody_writing_as_a_channel_are_people() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    one = incoming("@maya_bot hi", GROUP, **{"from": anonymous, "sender_chat": GROUP})
    assert one is not None
    assert (one.sender.id, one.sender.name) == ("-1001234", "Bakers")


def test_a_business_chat_is_a_place_of_its_own_and_its_owner_is_not_answered() -> None:
    owner = {"id": 900_001, "is_bot": False, "first_name": "Owner"}
    mine = message("hi", business_connection_id="bc1")
    one = to_incoming(update(mine, "business_message"), ME)
    assert one is not None
    assert one.place == Place(ME.account, "1001", business="bc1")
    assert to_incoming(update(mine | {"from": owner}, "business_message"), ME) is None
    assert to_incoming(update(mine | {"sender_business_bot": BOT}, "business_message"), ME) is None


# ── groups ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("@maya_bot what about rye?", "what about rye?"),
        ("@Maya_Bot, what about rye?", "what about rye?"),
        ("🍞🍞 what about rye, @maya_bot?", "🍞🍞 what about rye, ?"),
        ("hey @maya_bot how are you", "hey how are you"),
        ("@maya_bot", "@maya_bot"),
        ("Maya, what about rye?", "Maya, what about rye?"),
        ("what do you think, maya?", "what do you think, maya?"),
        ("  MAYA!!", "MAYA!!"),
        ("maya example: hi", "maya example: hi"),
        ("/help@maya_bot rye", "/help rye"),
    ],
)
def test_in_a_group_the_avatar_hears_what_is_addressed_to_it(text: str, heard: str) -> None:
    one = incoming(text, GROUP)
    assert one is not None
    assert one.text == heard
    assert one.place.shared


@pytest.mark.parametrize(
    "text",
    [
        "what about rye?",
        "I told maya about it yesterday",
        "Maya's cake was great",
        "mayan calendars",
        "the word is ramaya",
        "@maya look at this",
        "@maya_bot2 hi",
        "mail me@maya_bot.example",
        "/help",
        "thanks @maya",
    ],
)
def test_in_a_group_the_rest_is_not_for_the_avatar(text: str) -> None:
    assert incoming(text, GROUP) is None


def test_a_reply_to_the_avatar_is_for_it() -> None:
    one = incoming("why?", GROUP, reply_to_message=reply_from(BOT))
    assert one is not None
    assert one.text == "why?"
    assert incoming("why?", GROUP, reply_to_message=reply_from(ANN)) is None
    command = incoming("/help", GROUP, reply_to_message=reply_from(BOT))
    assert command is not None
    assert command.command == "help"


def test_writing_in_a_topic_that_the_avatar_opened_is_no_reply_to_it() -> None:
    opened = reply_from(BOT, forum_topic_created={"name": "Bread", "icon_color": 1})
    assert incoming("why?", GROUP, reply_to_message=opened) is None


def test_a_mention_by_id_is_for_the_avatar() -> None:
    entities = [{"type": "text_mention", "offset": 3, "length": 4, "user": BOT}]
    one = incoming("🍞 Maya rise!", GROUP, entities=entities)
    assert one is not None
    assert one.text == "🍞 rise!"
    other = [{"type": "text_mention", "offset": 3, "length": 4, "user": ANN}]
    assert incoming("🍞 Anna rise!", GROUP, entities=other) is None


def test_a_topic_is_a_place_of_its_own_and_a_thread_of_replies_is_not() -> None:
    topic = incoming("@maya_bot hi", GROUP, message_thread_id=9, is_topic_message=True)
    thread = incoming("@maya_bot hi", GROUP, message_thread_id=9)
    assert topic is not None
    assert thread is not None
    assert (topic.place.thread, thread.place.thread) == ("9", "")


# ── edits and deletions ──────────────────────────────────────────────────────────────────────────


def test_an_edit_is_a_revision() -> None:
    found = arrivals(update(message("@maya_bot fixed", GROUP), "edited_message"), ME)
    assert found == [Revision(Place(ME.account, "-1001234", shared=True, community="-1001234"), "42", "fixed")]


def test_an_edit_by_a_bot_or_of_nothing_is_none() -> None:
    assert arrivals(update(message("x", **{"from": BOT}), "edited_message"), ME) == []
    assert arrivals(update(message(location={"longitude": 1.0, "latitude": 2.0}), "edited_message"), ME) == []


def test_deleted_business_messages_are_retractions() -> None:
    deleted = {"business_connection_id": "bc1", "chat": DM, "message_ids": [4, 5]}
    place = Place(ME.account, "1001", business="bc1")
    found = arrivals(update(deleted, "deleted_business_messages"), ME)
    assert found == [Retraction(place, "4"), Retraction(place, "5")]


# ── whatever comes ───────────────────────────────────────────────────────────────────────────────

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(before=WORDS, after=WORDS)
def test_a_mention_is_cut_at_utf16_offsets_and_nothing_else_is_lost(before: str, after: str) -> None:
    text = f"{before}@maya_bot{after}"
    entities = [{"type": "mention", "offset": units(before), "length": 9}]
    one = incoming(text, GROUP, entities=entities)
    assert one is not None
    kept = "".join((before + after).split())
    heard = "".join(one.text.split())
    assert heard == kept or kept.endswith(heard) or heard == "".join(text.split())


@given(text=WORDS, offset=st.integers(0, 80), length=st.integers(1, 80))
def test_no_entity_makes_the_translation_fail(text: str, offset: int, length: int) -> None:
    entities = [
        {"type": kind, "offset": offset, "length": length, "user": BOT}
        for kind in ("mention", "text_mention", "bot_command", "unheard_of")
    ]
    one = incoming("x" + text, GROUP, entities=entities)
    assert one is None or one.text


# ── what is no message of a fan ──────────────────────────────────────────────────────────────────


def press(**extra: Any) -> Payload:
    return {"id": "q1", "from": ANN, "chat_instance": "1", "data": "/why 12"} | extra


def only(payload: Payload, kind: str = "message") -> Any:
    (one,) = arrivals(update(payload, kind), ME)
    return one


def test_a_press_says_who_where_and_what() -> None:
    under = message("Shall I?", GROUP, **{"from": BOT}, message_thread_id=5, is_topic_message=True)
    one = only(press(message=under), "callback_query")
    assert (one.query, one.data, one.message) == ("q1", "/why 12", 42)
    assert (one.sender.id, one.sender.name, one.sender.moderator) == ("1001", "Ann Lee", False)
    assert one.place == Place(ME.account, "-1001234", thread="5", shared=True, community="-1001234")


@pytest.mark.parametrize("under", [{}, {"message": {"chat": DM, "message_id": 42, "date": 0}}])
def test_a_press_under_a_message_that_is_not_shown_has_no_place(under: Payload) -> None:
    assert only(press(**under), "callback_query").place is None


@pytest.mark.parametrize(("text", "noun"), [("/fan", "fan"), ("/fan fly away", "fan"), ("/FAN", "fan")])
def test_a_noun_without_a_verb_of_ours_asks_for_its_usage(text: str, noun: str) -> None:
    one = only(message(text))
    assert isinstance(one, Noun)
    assert one.noun == noun


def test_a_noun_with_a_verb_is_a_command() -> None:
    one = only(message("/fan ban 12"))
    assert isinstance(one, Incoming)
    assert (one.command, one.argument) == ("fan ban", "12")


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        ({"from": {"id": 900, "is_bot": False, "first_name": "Maya"}}, Spoken),
        ({"from": BOT, "sender_business_bot": BOT}, None),
        ({"from": {"id": 900, "is_bot": False, "first_name": "Maya"}, "is_from_offline": True}, None),
        ({}, Incoming),
    ],
)
def test_in_a_business_chat_owner_bot_and_fan_are_told_apart(extra: Payload, kind: type | None) -> None:
    payload = message("hello", business_connection_id="bc1", **extra)
    found = arrivals(update(payload, "business_message"), ME)
    assert [type(one) for one in found] == [kind] * (kind is not None)


def test_what_was_paid_is_no_talk() -> None:
    money = {"currency": "XTR", "total_amount": 250, "invoice_payload": "p", "telegram_payment_charge_id": "c"}
    paid = only(
        message(
            successful_payment={**money, "provider_payment_charge_id": ""}
            | {"is_recurring": True}
            | {"subscription_expiration_date": 1_792_592_000}
        )
    )
    assert isinstance(paid, Paid)
    assert (paid.payment.charge, paid.payment.person, paid.payment.order.amount) == ("c", "1001", 250)
    assert paid.payment.until == datetime.fromtimestamp(1_792_592_000, UTC)
    back = only(message(refunded_payment=money))
    assert isinstance(back, Refunded)
    assert back.charge == "c"


@pytest.mark.parametrize(("rights", "can_reply"), [({"can_reply": True}, True), ({}, False), (None, False)])
def test_a_business_connection_says_what_is_allowed(rights: Payload | None, can_reply: bool) -> None:
    payload: Payload = {"id": "bc1", "user": ANN, "user_chat_id": 1001, "date": 1, "is_enabled": True}
    one = only(payload | ({} if rights is None else {"rights": rights}), "business_connection")
    assert (one.id, one.owner, one.chat, one.enabled, one.can_reply) == ("bc1", "1001", 1001, True, can_reply)


def test_where_everything_is_heard_nothing_has_to_be_addressed() -> None:
    said = update(message("to the fan, please", GROUP))
    assert arrivals(said, ME) == []
    (one,) = arrivals(said, ME, lambda place: place.chat == "-1001234")
    assert isinstance(one, Incoming)
    assert one.text == "to the fan, please"
