"""A person answers instead of the avatar: through the engine, on a real SQLite file."""

from __future__ import annotations

from pathlib import Path

from core.errors import FanUnreachable
from core.model import Answer, Incoming, Place, Post, Sender
from tests.e2e.test_engine import MAYA, World, world
from tests.fakes import ACCOUNT, NOON, incoming

TEAM = Place(ACCOUNT, "team", shared=True, community="server")
CREATOR = ("owner",)


async def gives(w: World, command: str, argument: str = "", *, place: Place = TEAM, by: str = "owner") -> Answer:
    """A command of those who look after the avatar."""
    number = len(w.channel.calls)
    sender = Sender(by, by.title())
    return await w.engine.command(
        Incoming(place, f"x{number}{command}", sender, f"/{command}", NOON, command=command, argument=argument)
    )


async def writes(w: World, text: str, *, place: Place, message: str, by: str = "owner") -> None:
    await w.engine.accept(Incoming(place, message, Sender(by, by.title()), text, NOON))


def at_desk(w: World) -> list[str]:
    return w.channel.said("team")


async def taken(w: World) -> None:
    """Ann has written, the desk is there, and her conversation is the creator's."""
    await w.engine.answer(incoming("hello"))
    await gives(w, "avatar desk", "here")
    answer = await gives(w, "talk take", "#1")
    assert "is yours" in answer.text
    await w.channel.until(lambda: len(at_desk(w)) == 1 and len(w.channel.said()) == 2)


async def test_a_post_is_said_by_itself_and_once_for_each_key(tmp_path: Path):
    async with world(tmp_path) as w:
        assert await w.store.outbox.post(MAYA, Post(TEAM, "Look here.", key="k"), now=NOON)
        assert not await w.store.outbox.post(MAYA, Post(TEAM, "Look here.", key="k"), now=NOON)
        w.engine._look.set()
        await w.channel.until(lambda: at_desk(w) == ["Look here."])
        assert w.model.prompts == []


async def test_a_person_and_a_fan_talk_through_the_desk_and_the_avatar_knows_it_afterwards(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await taken(w)
        assert "Maya" in w.channel.said()[1]
        assert "in person" in w.channel.said()[1]
        assert "hello" in at_desk(w)[0]
        await w.engine.answer(incoming("are you there?", message="m2"))
        await w.channel.until(lambda: len(at_desk(w)) == 2)
        assert at_desk(w)[1] == "**Ann:** are you there?"
        await writes(w, "Yes, it's me.", place=TEAM, message="t1")
        await w.channel.until(lambda: len(w.channel.said()) == 3)
        assert w.channel.said()[2] == "**Maya:** Yes, it's me."
        assert len(w.model.prompts) == 1
        answer = await gives(w, "talk release")
        assert answer.text.startswith("Released")
        await w.channel.until(lambda: len(w.channel.said()) == 4)
        assert "the AI" in w.channel.said()[3]
        await w.engine.answer(incoming("and now?", message="m3"))
        assert w.channel.said()[4] == "I am an AI.\n\nre: and now?"
        assert "Yes, it's me." in str(w.model.prompts[-1].messages)


async def test_a_reply_that_is_being_written_when_a_person_takes_over_is_not_sent(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await w.engine.answer(incoming("hello"))
        await gives(w, "avatar desk", "here")
        w.model.gate.clear()
        await w.engine.accept(incoming("a hard question", message="m2"))
        await w.model.until_asked(2)
        await gives(w, "talk take", "#1")
        await w.channel.until(lambda: len(at_desk(w)) == 2)
        w.model.gate.set()
        assert at_desk(w)[1] == "**Ann:** a hard question"
        assert not any("hard" in text for text in w.channel.said())


async def test_what_was_not_answered_when_a_person_leaves_is_answered_by_the_avatar(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await taken(w)
        await w.engine.answer(incoming("first", message="m2"))
        await w.channel.until(lambda: len(at_desk(w)) == 2)
        w.clock.advance(seconds=1)
        await writes(w, "Answered.", place=TEAM, message="t1")
        await w.channel.until(lambda: len(w.channel.said()) == 3)
        w.clock.advance(seconds=1)
        await w.engine.answer(incoming("second", message="m3"))
        await w.channel.until(lambda: len(at_desk(w)) == 3)
        w.clock.advance(minutes=31)  # nobody writes
        w.engine._look.set()
        await w.channel.until(lambda: len(w.channel.said()) == 5)
        assert w.channel.said()[4] == "I am an AI.\n\nre: second"
        answered = "[Maya, in person, answered what stands above: Answered.]"
        assert w.model.said()[-1].splitlines() == ["first", answered, "second"]


async def test_who_asks_for_a_person_is_told_the_truth_and_brought_to_the_desk_once(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await w.engine.answer(incoming("can I talk to a real person?"))
        assert "noted" in w.channel.said()[0]
        await gives(w, "avatar desk", "here")
        await gives(w, "avatar hours", "Mo-Fr 9-17")
        w.clock.advance(days=2)
        await w.engine.answer(incoming("/human", message="m2", command="human"))
        await w.channel.until(lambda: len(at_desk(w)) == 1)
        assert "asks for a person" in at_desk(w)[0]
        assert "Mo-Fr 9-17" in w.channel.said()[1]
        await w.engine.answer(incoming("let me talk to a human", message="m3"))
        assert "told already" in w.channel.said()[2]
        assert len(at_desk(w)) == 1
        assert w.model.prompts == []
        assert "asks for a person" in (await gives(w, "talk list")).text
        assert "is yours" in (await gives(w, "talk take", "talk:1")).text
        assert "asks for a person" not in (await gives(w, "talk list")).text


async def test_a_draft_is_sent_when_the_creator_says_so_and_is_then_remembered(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await gives(w, "avatar desk", "here")
        await gives(w, "avatar autonomy", "draft")
        await w.engine.answer(incoming("which flour?"))
        assert w.channel.said() == ["I am an AI.\n\nLet me get back to you on that."]
        await w.channel.until(lambda: len(at_desk(w)) == 1)
        assert "which flour?" in at_desk(w)[0]
        assert "re: which flour?" in at_desk(w)[0]
        assert (await gives(w, "draft send", "1")).text == "Sent."
        await w.channel.until(lambda: len(w.channel.said()) == 2)
        assert w.channel.said()[1] == "re: which flour?"
        assert "decided already" in (await gives(w, "draft discard", "1")).text
        await w.engine.answer(incoming("and water?", message="m2"))
        assert w.model.said() == ["which flour?", "re: which flour?", "and water?"]
        assert len(w.channel.said()) == 2
        waiting = await w.store.drafts.waiting(MAYA)
        assert (await gives(w, "draft edit", f"{waiting[0].turn} Just a splash.")).text == "Sent in your words."
        await w.channel.until(lambda: len(w.channel.said()) == 3)
        assert w.channel.said()[2] == "Just a splash."
        assert "50 % of 2 sent unchanged, 1 edited" in (await gives(w, "draft list")).text


async def test_a_delayed_reply_is_sent_by_itself_unless_it_is_discarded(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await gives(w, "avatar autonomy", "delay 5m")
        await w.engine.answer(incoming("one"))
        await w.engine.answer(incoming("two", message="m2"))
        assert w.channel.said() == ["I am an AI."]
        first, second = await w.store.drafts.waiting(MAYA)
        await gives(w, "draft discard", str(second.turn))
        w.clock.advance(minutes=6)
        w.engine._look.set()
        await w.channel.until(lambda: len(w.channel.said()) == 2)
        assert w.channel.said()[1] == "re: one"
        assert first.dial == "delay 5 minutes"


async def test_a_conversation_with_a_waiting_draft_that_is_taken_over_is_the_persons(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await gives(w, "avatar desk", "here")
        await gives(w, "avatar autonomy", "draft")
        await w.engine.answer(incoming("which flour?"))
        await w.channel.until(lambda: len(at_desk(w)) == 1)
        await gives(w, "talk take", "#1")
        await w.channel.until(lambda: len(at_desk(w)) == 3)
        assert at_desk(w)[2] == "**Ann:** which flour?"
        assert "decided already" in (await gives(w, "draft send", "1")).text


async def test_strangers_at_the_desk_are_not_heard_and_no_fan_may_take(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await taken(w)
        assert (await gives(w, "talk release", by="ann")).refused
        await writes(w, "Ha!", place=TEAM, message="t1", by="mallory")
        await writes(w, "Hello.", place=TEAM, message="t2")
        await writes(w, "Hello.", place=TEAM, message="t2")  # however often it arrives
        await w.channel.until(lambda: len(w.channel.said()) == 3)
        await w.engine.answer(incoming("m", message="m2"))
        assert w.channel.said()[2:] == ["**Maya:** Hello."]


async def test_the_creator_who_writes_in_a_chat_of_their_own_is_not_interrupted(tmp_path: Path):
    chat = Place(ACCOUNT, "ann", business="b1")
    async with world(tmp_path, creators=CREATOR) as w:
        await w.engine.answer(incoming("hello", place=chat))
        w.clock.advance(seconds=1)
        await w.engine.spoke(chat, "own1", "Hi Ann, it's really me.", w.clock.now())
        await w.engine.spoke(chat, "own1", "Hi Ann, it's really me.", w.clock.now())
        w.clock.advance(seconds=1)
        await w.engine.answer(incoming("wow", message="m2", place=chat))
        assert len(w.channel.said()) == 1
        w.clock.advance(minutes=31)
        w.engine._look.set()
        await w.channel.until(lambda: len(w.channel.said()) == 2)
        assert w.channel.said()[1] == "I am an AI.\n\nre: wow"
        assert str(w.model.prompts[-1].messages).count("it's really me") == 1


async def test_a_person_hears_when_their_words_cannot_reach_the_fan(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        await taken(w)
        w.channel.faults["send"].append(FanUnreachable("blocked"))
        await writes(w, "Hello?", place=TEAM, message="t1")
        await w.channel.until(lambda: "could not be delivered" in at_desk(w)[-1])
        assert not any("Hello?" in text for text in w.channel.said())


async def test_autonomy_is_set_for_a_topic_in_words_and_for_a_place(tmp_path: Path):
    async with world(tmp_path, creators=CREATOR) as w:
        assert (await gives(w, "avatar autonomy", "draft tattoos")).text.startswith("Set: draft, tattoos.")
        assert "in this place" in (await gives(w, "avatar autonomy", "delay 5m here")).text
        assert "needs a length of time" in (await gives(w, "avatar autonomy", "delay")).text
        await w.engine.answer(incoming("bread?"))
        await w.engine.answer(incoming("tattoos?", message="m2"))
        assert w.channel.said() == ["I am an AI.\n\nre: bread?", "Let me get back to you on that."]
