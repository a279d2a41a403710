"""The classifiers that are configured, and what their verdicts count for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bots.settings import GuardSettings, SafetySettings
from core.screening import Guard, Moderator, Screening


@asynccontextmanager
async def screening(settings: SafetySettings) -> AsyncIterator[Screening]:
    """The classifiers, for as long as this is open. What they need is only loaded where one is configured."""
    async with AsyncExitStack() as stack:
        found: list[Guard] = []
        if settings.guard.base_url or settings.moderations.base_url:
            from adapters.llm.openai import client  # noqa: PLC0415 - see above
            from adapters.moderation import Address, LlamaGuard, ModerationEndpoint  # noqa: PLC0415 - see above

            http = await stack.enter_async_context(client())
            for one, kind in ((settings.guard, LlamaGuard), (settings.moderations, ModerationEndpoint)):
                if one.base_url:
                    base_url = str(one.base_url).rstrip("/")
                    address = Address(base_url, one.api_key.get_secret_value(), one.name, one.timeout)
                    found.append(_guard(kind(address, http), one))
        yield Screening(tuple(found))


def _guard(moderator: Moderator, settings: GuardSettings) -> Guard:
    return Guard(moderator, frozenset(settings.categories), frozenset(settings.fail_closed))
