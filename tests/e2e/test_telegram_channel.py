"""The real python-telegram-bot against the fake Telegram: how the avatar speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from adapters.telegram import TelegramAccount
from adapters.telegram.business import Connections
from adapters.telegram.channel import TelegramChannel
from adapters.telegram.wire import AiohttpRequest
from core.errors import ChannelRejected, ChannelUnavailable, DeliveryAmbiguous, FanUnreachable, NotFound
from core.model import AccountId, Action, Outgoing, Place
from core.ports import Channel
from tests.worlds.telegram import FakeTelegram, Fault, bad_gateway, cut, flood, hang, refusal
from tests.worlds.telegram_people import Group, Person


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def world() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as world:
        yield world


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def channel(world: FakeTelegram, watch: Watch) -> AsyncIterator[Channel]:
    account = TelegramAccount(world.token, base_url=world.base_url, monotonic=watch)
    yield account.channel
    await account.aclose()


def place(where: Person | Group, *, thread: int | None = None, business: str = "") -> Place:
    return Place(
        AccountId("telegram:7000000001"),
        str(where.id),
        thread=str(thread or ""),
        business=business,
        shared=isinstance(where, Group),
    )


def text(words: str, reply_to: str | None = None) -> Outgoing:
    return Outgoing(words, key="sd1", reply_to=reply_to)


# ── sending ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_text_is_sent_and_its_id_is_the_receipt(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    receipt = await channel.send(place(ann), text("Hello **you**"))
    [message] = ann.chat.said
    assert (receipt, message.text) == (str(message.id), "Hello you")
    assert message.entities == [{"type": "bold", "offset": 6, "length": 3}]


async def test_link_previews_are_off_so_that_no_address_is_fetched(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    receipt = await channel.send(place(ann), text("https://example.com/?said=secret"))
    await channel.edit(place(ann), receipt, "https://example.com/?said=more")
    for method in ("sendMessage", "editMessageText"):
        assert world.calls_of(method)[0].params["link_preview_options"] == {"is_disabled": True}


async def test_a_reply_refers_to_its_message(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    question = ann.says("what?")
    await channel.send(place(ann), text("this", reply_to=str(question.id)))
    assert ann.chat.said[0].reply_to == question.id


async def test_a_reply_to_a_deleted_message_is_sent_without_the_reference(
    world: FakeTelegram, channel: Channel
) -> None:
    ann = world.user("Ann")
    question = ann.says("what?")
    ann.deletes(question)
    await channel.send(place(ann), text("this", reply_to=str(question.id)))
    assert ann.chat.texts == ["this"]
    assert ann.chat.said[0].reply_to is None


async def test_a_topic_is_answered_in_the_topic(world: FakeTelegram, channel: Channel) -> None:
    group = world.group("Bakers", forum=True)
    thread = group.topic("Bread")
    await channel.send(place(group, thread=thread), text("rye"))
    await channel.typing(place(group, thread=thread))
    assert group.chat.said[0].thread == thread


async def test_a_deleted_topic_does_not_cost_the_answer(world: FakeTelegram, channel: Channel) -> None:
    group = world.group("Bakers", forum=True)
    thread = group.topic("Bread")
    group.closes_topic(thread)
    await channel.send(place(group, thread=thread), text("rye"))
    assert group.chat.texts == ["rye"]
    assert group.chat.said[0].thread is None


async def test_a_group_that_moved_is_followed_and_remembered(world: FakeTelegram, channel: Channel) -> None:
    old = world.group("Bakers", supergroup=False)
    new = old.becomes_supergroup()
    await channel.send(place(old), text("one"))
    await channel.send(place(old), text("two"))
    assert new.chat.texts == ["one", "two"]
    assert [call.status for call in world.calls_of("sendMessage")] == [400, 200, 200]


async def test_a_business_chat_is_answered_over_its_connection(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    business = ann.writes_to_business("bc7")
    receipt = await channel.send(place(ann, business="bc7"), text("hello"))
    await channel.edit(place(ann, business="bc7"), receipt, "hello again")
    await channel.typing(place(ann, business="bc7"))
    assert business.texts == ["hello again"]
    assert ann.chat.texts == []


async def test_a_revoked_business_connection_is_a_refusal(world: FakeTelegram, channel: Channel) -> None:
    with pytest.raises(FanUnreachable, match="owner"):
        await channel.send(place(world.user("Ann"), business="revoked"), text("hello"))


async def test_the_limit_counts_utf16_units_after_rendering(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    measure, limit = channel.abilities(place(ann)).measure, channel.abilities(place(ann)).text_limit
    fits, too_long = "**" + "🍞" * 2048 + "**", "🍞" * 2048 + "!"
    assert (measure(fits), measure(too_long)) == (limit, limit + 1)
    await channel.send(place(ann), text(fits))
    assert ann.chat.texts == ["🍞" * 2048]
    with pytest.raises(ChannelRejected, match="too long"):
        await channel.send(place(ann), text(too_long))


@pytest.mark.parametrize("blank", ["", "  \n"])
async def test_nothing_is_never_sent(world: FakeTelegram, channel: Channel, blank: str) -> None:
    with pytest.raises(ChannelRejected):
        await channel.send(place(world.user("Ann")), text(blank))
    with pytest.raises(ChannelRejected):
        await channel.edit(place(world.user("Ann")), "1", blank)
    assert world.calls == []


@pytest.mark.parametrize("source", ["**broken [link](", "<!-- only a comment -->", "[a]: http://x", "\ud800 lone"])
async def test_broken_markdown_is_shown_as_text(world: FakeTelegram, channel: Channel, source: str) -> None:
    ann = world.user("Ann")
    await channel.send(place(ann), text(source))
    assert ann.chat.said[0].text.strip()


async def test_refused_entities_are_left_out(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    world.fail("sendMessage", refusal(400, "Bad Request: can't parse entities: nonsense at byte offset 3"))
    await channel.send(place(ann), text("very **bold**"))
    assert (ann.chat.texts, ann.chat.said[0].entities) == (["very bold"], [])
    world.fail("editMessageText", refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID"))
    await channel.edit(place(ann), str(ann.chat.said[0].id), "less *bold*")
    assert (ann.chat.texts, ann.chat.said[0].entities) == (["less bold"], [])


async def test_hostile_links_lose_their_target_and_keep_their_text(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    source = (
        "[a](javascript:alert(1)) [b](tg://user?id=1) ![c](https://evil.example/?d=secret) "
        "![d](tg://emoji?id=5368324170671202286) [e](https://good.example) [f](mailto:a@b.example) "
        "[g](data:text/html,x)"
    )
    await channel.send(place(ann), text(source))
    [message] = ann.chat.said
    assert [entity["url"] for entity in message.entities] == ["https://good.example", "mailto:a@b.example"]
    assert all(letter in message.text for letter in "abcdefg")
    assert "evil" not in message.text


async def test_a_mention_in_a_group_notifies_nobody(world: FakeTelegram, channel: Channel) -> None:
    group = world.group("Bakers")
    receipt = await channel.send(place(group), text("ask @everyone or **@durov**, code `@keep`"))
    assert "@durov" not in group.chat.texts[0]
    assert "@keep" in group.chat.texts[0]
    await channel.edit(place(group), receipt, "ask @somebody_else")
    assert "@somebody_else" not in group.chat.texts[0]


# ── editing, drafts, typing ──────────────────────────────────────────────────────────────────────


async def test_an_edit_replaces_the_text_and_the_same_text_again_is_success(
    world: FakeTelegram, channel: Channel
) -> None:
    ann = world.user("Ann")
    receipt = await channel.send(place(ann), text("one"))
    await channel.edit(place(ann), receipt, "two")
    await channel.edit(place(ann), receipt, "two")
    assert [words for _, words in ann.chat.said[0].shown] == ["one", "two"]
    assert [call.status for call in world.calls_of("editMessageText")] == [200, 400]


async def test_editing_what_is_gone_says_so(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    theirs = ann.says("mine")
    for receipt in ("424242", str(theirs.id)):
        with pytest.raises(NotFound):
            await channel.edit(place(ann), receipt, "x")


async def test_drafts_are_seen_one_after_the_other(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    for words in ("", "Once", "Once **upon**"):
        await channel.draft(place(ann), 7, words)
    assert [(draft.id, draft.text) for draft in ann.chat.drafts] == [(7, ""), (7, "Once"), (7, "Once upon")]
    assert ann.chat.said == []


async def test_drafts_are_for_private_chats_only(world: FakeTelegram, channel: Channel) -> None:
    ann, group = world.user("Ann"), world.group("Bakers")
    ann.writes_to_business("bc1")
    assert channel.abilities(place(ann)).drafts
    for where in (place(group), place(ann, business="bc1")):
        assert not channel.abilities(where).drafts
        assert channel.abilities(where).edits
        with pytest.raises(ChannelRejected):
            await channel.draft(where, 1, "x")


async def test_previews_in_groups_keep_to_twenty_a_minute(world: FakeTelegram, channel: Channel) -> None:
    assert 60 / channel.abilities(place(world.group("Bakers"))).preview_interval <= 20
    assert channel.abilities(place(world.user("Ann"))).preview_interval == 1.0


async def test_typing_is_shown(world: FakeTelegram, channel: Channel) -> None:
    await channel.typing(place(world.user("Ann")))
    assert world.calls_of("sendChatAction")[0].params["action"] == "typing"


# ── refusals and faults ──────────────────────────────────────────────────────────────────────────


async def test_a_429_leaves_that_chat_alone_and_the_others_go_on(
    world: FakeTelegram, channel: Channel, watch: Watch
) -> None:
    ann, bo = world.user("Ann"), world.user("Bo")
    world.fail("sendMessage", flood(7), chat=ann)
    with pytest.raises(ChannelUnavailable) as first:
        await channel.send(place(ann), text("hi"))
    assert first.value.retry_after == 7
    calls = len(world.calls)
    watch.seconds += 5
    with pytest.raises(ChannelUnavailable) as second:
        await channel.send(place(ann), text("hi"))
    with pytest.raises(ChannelUnavailable):
        await channel.edit(place(ann), "1", "hi")
    await channel.typing(place(ann))
    await channel.draft(place(ann), 1, "h")
    assert second.value.retry_after == pytest.approx(2)
    assert len(world.calls) == calls
    await channel.send(place(bo), text("hello Bo"))
    assert bo.chat.texts == ["hello Bo"]
    watch.seconds += 2
    await channel.send(place(ann), text("hi"))
    assert ann.chat.texts == ["hi"]


async def test_a_429_on_a_preview_counts_too(world: FakeTelegram, channel: Channel) -> None:
    ann = world.user("Ann")
    world.fail("sendMessageDraft", flood(3), chat=ann)
    with pytest.raises(ChannelUnavailable):
        await channel.draft(place(ann), 1, "h")
    with pytest.raises(ChannelUnavailable) as caught:
        await channel.send(place(ann), text("hi"))
    assert caught.value.retry_after == 3


async def test_a_fan_who_blocked_the_bot_is_unreachable(world: FakeTelegram, channel: Channel) -> None:
    ann, group, stranger = world.user("Ann"), world.group("Bakers"), world.user("Cy", started=False)
    ann.blocks()
    group.kicks()
    for where in (ann, group, stranger):
        with pytest.raises(FanUnreachable):
            await channel.send(place(where), text("hi"))


async def test_an_unknown_chat_is_a_refusal(channel: Channel) -> None:
    with pytest.raises(ChannelRejected, match=r"(?i)chat not found") as caught:
        await channel.send(Place(AccountId("telegram:1"), "987654"), text("hi"))
    assert not isinstance(caught.value, FanUnreachable)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_may_be_tried_again(world: FakeTelegram, channel: Channel, status: int) -> None:
    world.fail("sendMessage", bad_gateway(status))
    ann = world.user("Ann")
    with pytest.raises(ChannelUnavailable):
        await channel.send(place(ann), text("hi"))
    await channel.send(place(ann), text("hi"))
    assert ann.chat.texts == ["hi"]


@pytest.mark.parametrize(
    "fault",
    [cut(applied=True), cut(applied=False), bad_gateway(504), bad_gateway(200)],
    ids=["cut after", "cut before", "504", "no JSON"],
)
async def test_a_send_without_an_answer_is_ambiguous(world: FakeTelegram, channel: Channel, fault: Fault) -> None:
    ann = world.user("Ann")
    world.fail("sendMessage", fault)
    with pytest.raises(DeliveryAmbiguous):
        await channel.send(place(ann), text("hi"))
    assert len(world.calls_of("sendMessage")) == 1


async def test_a_read_timeout_on_a_send_is_ambiguous(world: FakeTelegram) -> None:
    ann = world.user("Ann")
    world.fail("sendMessage", hang(applied=True))
    async with Bot(world.token, base_url=f"{world.base_url}/bot", request=AiohttpRequest(silence=0.05)) as bot:
        with pytest.raises(DeliveryAmbiguous):
            await TelegramChannel(bot, Connections(bot)).send(place(ann), text("hi"))
    assert ann.chat.texts == ["hi"]


@pytest.mark.parametrize("fault", [cut(applied=True), bad_gateway(504)], ids=["cut", "504"])
async def test_an_edit_or_a_draft_without_an_answer_may_be_tried_again(
    world: FakeTelegram, channel: Channel, fault: Fault
) -> None:
    ann = world.user("Ann")
    receipt = await channel.send(place(ann), text("one"))
    world.fail("editMessageText", fault)
    world.fail("sendMessageDraft", fault)
    with pytest.raises(ChannelUnavailable):
        await channel.draft(place(ann), 1, "t")
    with pytest.raises(ChannelUnavailable):
        await channel.edit(place(ann), receipt, "two")
    await channel.edit(place(ann), receipt, "two")
    assert ann.chat.texts == ["two"]


async def test_where_nothing_left_the_machine_the_send_may_be_tried_again(channel: Channel) -> None:
    async with FakeTelegram() as gone:
        address = gone.base_url
    account = TelegramAccount(gone.token, base_url=address)
    with pytest.raises(ChannelUnavailable):
        await account.channel.send(Place(account.id, "1"), text("hi"))
    await account.aclose()


async def test_two_hundred_sends_at_once_all_arrive(world: FakeTelegram, channel: Channel) -> None:
    fans = [world.user(f"Fan {number}") for number in range(200)]
    await asyncio.gather(*(channel.send(place(fan), text(f"for {fan.id}")) for fan in fans))
    assert [fan.chat.texts for fan in fans] == [[f"for {fan.id}"] for fan in fans]


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("business", ["", "bc1"])
async def test_buttons_stand_under_a_message(world: FakeTelegram, channel: Channel, business: str) -> None:
    ann = world.user("Ann")
    chat = ann.writes_to_business(business) if business else ann.chat
    assert channel.abilities(place(ann, business=business)).actions
    actions = (Action("Send", "draft send", "12", "good"), Action("Discard", "draft discard", "12", "danger"))
    await channel.send(place(ann, business=business), Outgoing("Shall I?", key="", actions=actions))
    assert [(one["text"], one["callback_data"], one["style"]) for one in chat.said[0].buttons] == [
        ("Send", "/draft send 12", "success"),
        ("Discard", "/draft discard 12", "danger"),
    ]
