"""Classifiers beside the rules: asked about what fans say and about what the avatar is about to say.

They are optional, and never the only guard: crises, ages, honesty and conduct are found by rules, whatever a classifier
says or whether there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from core.errors import ModelRejected, ModelUnavailable
from core.model import ChatMessage, Pending, Said

log = structlog.get_logger()

LONGEST_TALK = 6  # messages that a classifier is shown, the one judged included
LONGEST_TEXT = 6000  # characters of each
CRISIS = frozenset({"S11", "self-harm", "self-harm/intent"})  # a fan's, by the names of the classifiers' own lists


class Moderator(Protocol):
    """Judges the last message of a conversation."""

    name: str  # for logs

    async def judge(self, conversation: Sequence[ChatMessage]) -> Collection[str]:
        """The categories, by the classifier's own names, that the last message falls into; empty: it is fine.

        Messages are a user's and the assistant's in turn, a user's first. An answer that makes no sense is no verdict.

        Raises:
            ModelUnavailable: There is no verdict.
            ModelRejected: The endpoint refused.
        """


@dataclass(frozen=True, slots=True)
class Guard:
    """A classifier, and what its verdicts count for."""

    moderator: Moderator
    categories: frozenset[str] = frozenset()  # those that count; empty: all
    fail_closed: frozenset[str] = frozenset()  # what counts as found while there is no verdict

    async def verdict(self, conversation: Sequence[ChatMessage]) -> tuple[frozenset[str], bool]:
        """What was found of what counts, and whether the classifier said so itself."""
        try:
            found = frozenset(await self.moderator.judge(conversation))
        except (ModelUnavailable, ModelRejected) as exc:
            log.warning("screening.unavailable", by=self.moderator.name, reason=str(exc), closed=bool(self.fail_closed))
            return self.fail_closed, False
        return (found & self.categories if self.categories else found), True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all classifiers found together."""

    flagged: frozenset[str] = frozenset()
    crisis: bool = False  # one of them has itself found that a fan may want to hurt themselves


@dataclass(frozen=True, slots=True)
class Screening:
    """All classifiers of a house; without any, everything is fine."""

    guards: tuple[Guard, ...] = ()

    async def of_fans(self, window: Sequence[Said], talk: Sequence[Pending]) -> Judgement:
        """Judge what fans have just said."""
        if not self.guards or not talk:
            return Judgement()
        return await self._judged(_talk(window, talk))

    async def of_reply(self, window: Sequence[Said], talk: Sequence[Pending], reply: str) -> Judgement:
        """Judge what the avatar is about to say."""
        if not self.guards or not reply:
            return Judgement()
        return await self._judged([*_talk(window, talk), ChatMessage("assistant", reply[:LONGEST_TEXT])])

    async def _judged(self, conversation: Sequence[ChatMessage]) -> Judgement:
        verdicts = await asyncio.gather(*(guard.verdict(conversation) for guard in self.guards))
        flagged = frozenset[str]().union(*(found for found, _ in verdicts))
        crisis = any(said and found & CRISIS for found, said in verdicts)
        if flagged:
            log.warning("screening.flagged", role=conversation[-1].role, categories=",".join(sorted(flagged)))
        return Judgement(flagged, crisis)


def _talk(window: Sequence[Said], talk: Sequence[Pending]) -> list[ChatMessage]:
    """What was said last, a user's first, in turn; a user's last."""
    lines = [("user" if one.by_fan else "assistant", one.text) for one in window[-LONGEST_TALK:]]
    lines += [("user", one.text) for one in talk]
    messages: list[ChatMessage] = []
    for role, text in lines:
        if messages and messages[-1].role == role:
            text = f"{messages.pop().content}\n{text}"  # noqa: PLW2901 - what one side said in a row is one message
        messages.append(ChatMessage("user" if role == "user" else "assistant", text))
    messages = messages[-LONGEST_TALK + 1 :]
    start = 0 if messages[0].role == "user" else 1
    return [ChatMessage(one.role, one.content[-LONGEST_TEXT:]) for one in messages[start:]]
