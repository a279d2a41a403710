"""How much may be said unseen: which setting holds, and what a deferred reply is made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core import autonomy
from core.autonomy import AUTONOMY, Dial
from core.model import AccountId, Controls, Outcome, Place, Reply
from tests.fakes import DM, NOON, claim, pending

DESK = Place(AccountId("fake:1"), "desk", shared=True)
START = Reply("I am an AI.", Outcome.IGNORED)
REPLY = replace(START, text="I am an AI.\n\nUse rye.", outcome=Outcome.ANSWERED, remembered="Use rye.")


def controls(*dials: Dial, where: str = "") -> Controls:
    return Controls(1, {(where, AUTONOMY.name): AUTONOMY.kept(dials)})


def test_without_a_setting_everything_is_sent_at_once():
    assert autonomy.dial(Controls(), DM, [pending("hi")]).mode == "auto"


def test_a_topic_or_a_circle_comes_before_what_holds_for_all():
    dials = controls(Dial("draft"), Dial("auto", tier="supporters"), Dial("delay", 300, topic="tattoo"))
    assert autonomy.dial(dials, DM, [pending("hi")]).mode == "draft"
    assert autonomy.dial(dials, DM, [pending("hi", tiers=frozenset({"supporters"}))]).mode == "auto"
    assert autonomy.dial(dials, DM, [pending("My TATTOO")]).mode == "delay"


def test_of_several_that_fit_the_most_careful_one_holds():
    dials = controls(Dial("auto", tier="supporters"), Dial("draft", topic="tattoo"))
    assert autonomy.dial(dials, DM, [pending("a tattoo", tiers=frozenset({"supporters"}))]).mode == "draft"


def test_the_nearest_place_decides():
    dials = controls(Dial("draft"), where=DM.key)
    assert autonomy.dial(dials, DM, [pending("hi")]).mode == "draft"
    assert autonomy.dial(dials, DESK, [pending("hi")]).mode == "auto"


def test_a_new_setting_replaces_the_one_for_the_same_circle_and_topic():
    dials = autonomy.set_to([Dial("draft"), Dial("auto", tier="t")], Dial("delay", 60))
    assert dials == (Dial("auto", tier="t"), Dial("delay", 60))


def test_the_disclosure_is_said_at_once_and_the_rest_waits_with_buttons():
    reply = autonomy.deferred(
        claim(pending("which flour?")), START, REPLY, Dial("draft"), desk=DESK, now=NOON, told=False
    )
    assert reply.text == "I am an AI.\n\nLet me get back to you on that."
    assert reply.outcome is Outcome.DEFERRED
    assert reply.remembered == ""
    assert reply.deferred is not None
    assert (reply.deferred.text, reply.deferred.remembered, reply.deferred.send_at) == ("Use rye.", "Use rye.", None)
    (post,) = reply.posts
    assert post.place == DESK
    assert "which flour?" in post.text
    assert [action.command for action in post.actions] == ["draft send", "draft edit", "draft discard"]
    assert all(len(f"{action.command} {action.argument}".encode()) <= 60 for action in post.actions)


def test_a_delay_says_nothing_and_ends_by_itself():
    reply = autonomy.deferred(
        claim(pending("which flour?")), START, REPLY, Dial("delay", 300), desk=None, now=NOON, told=False
    )
    assert reply.text == "I am an AI."
    assert reply.posts == ()
    assert reply.deferred is not None
    assert reply.deferred.send_at == NOON + timedelta(minutes=5)
    assert reply.deferred.dial == "delay 5 minutes"
