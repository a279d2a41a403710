"""The house: database, model, library and engine of avatars, put together; no account is connected yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from adapters import storage
from adapters.bus.local import LocalBus
from adapters.library import Library
from adapters.library.recall import Recall
from bots import avatars, guards, lorebooks, models, reload, voice
from bots.clock import SystemClock
from bots.duties import dispatch, reception, selling
from bots.settings import ModelSettings, Settings
from bots.versions import BY_HAND
from core.avatar import Avatar, message_tokens
from core.briefing import Mind
from core.budgets import Prices
from core.engine import Engine
from core.errors import ConfigError
from core.learner import Learner
from core.limits import Limit, Limits, Rate
from core.metered import Metered
from core.model import AccountId, AvatarId
from core.persona import Persona
from core.shop import Shop
from core.voice import describe

GRACE = 20.0  # seconds that turns under way get when the program is asked to stop


@dataclass(frozen=True, slots=True)
class Making:
    """How an avatar is made of its files, at the start and again whenever they change."""

    settings: Settings
    name: str
    path: Path  # of its avatar.toml, or its draft
    chosen: models.Chosen

    def avatar(self, persona: Persona, version: int) -> Avatar:
        """The avatar as its files are now.

        Raises:
            ConfigError: A file beside the persona has errors.
        """
        heard = voice.load(self.path.parent)
        return Avatar.prepare(
            AvatarId(self.name),
            persona,
            self.chosen.model,
            context=self.chosen.context,
            max_tokens=self.chosen.max_tokens,
            temperature=self.chosen.temperature,
            secrets=self.settings.secrets,
            notes=self.chosen.notes,
            book=lorebooks.load(self.path.parent),
            voice=describe(heard) if heard else "",
            weak=self.chosen.demo,
            version=version,
            cheaper=self.chosen.cheaper,
        )


@dataclass(slots=True)
class House:
    """Everything that one avatar needs to speak."""

    engine: Engine
    learner: Learner
    avatar: Avatar
    store: storage.Storage
    library: Library
    making: Making
    live: reload.Look  # the files that ``avatar`` was made of
    circles: dict[AvatarId, Sequence[str]]  # of all avatars' fans, lowest first
    sells: Shop  # for all avatars

    async def switch(self, persona: Persona, text: str) -> str:
        """Be what a changed file says, from the next turn on; what to tell of it."""
        made = self.making.avatar(persona, 0)
        version = await self._recorded(text)
        self.avatar = replace(made, version=version)
        self.circles[self.avatar.id] = self.avatar.persona.circles
        self.engine.switch(self.avatar)
        return f"version {version} is live" if version else "the draft has changed"

    async def begin(self, text: str) -> None:
        """Keep the version that is about to speak."""
        self.avatar = replace(self.avatar, version=await self._recorded(text))

    async def _recorded(self, text: str) -> int:
        if self.making.path.name == avatars.DRAFT:
            return 0
        return await self.store.personas.record(self.avatar.id, text, BY_HAND, now=SystemClock().now())

    def watch(self, tell: Callable[[str], None]) -> reload.Watch:
        """What notices a saved change."""
        return reload.Watch(self.making.path, self.live, self.switch, tell)


@asynccontextmanager
async def house(settings: Settings, name: str, *, draft: bool = False) -> AsyncIterator[House]:
    """Open database and model, and an engine over them that does not work yet, for one avatar.

    Raises:
        ConfigError: A setting or a file is wrong; nothing was started.
    """
    async with houses(settings, {name: read(settings, name, draft=draft)}) as (built,):
        yield built


@dataclass(frozen=True, slots=True)
class Written:
    """An avatar as its files were when they were read."""

    path: Path
    live: reload.Look
    text: str
    persona: Persona


def read(settings: Settings, name: str, *, draft: bool = False) -> Written:
    """Read the files of an avatar.

    Raises:
        ConfigError: There is no such avatar, or its files have errors.
    """
    path = avatars.file_of(name, settings.avatars_dir, draft=draft)
    live = reload.look(path)
    text = avatars.read(path)
    return Written(path, live, text, avatars.checked(text, path))


@asynccontextmanager
async def houses(
    settings: Settings, written: Mapping[str, Written], speaks: Mapping[AccountId, AvatarId] = MappingProxyType({})
) -> AsyncIterator[tuple[House, ...]]:
    """The same for several avatars, which share database, model and engine; and nothing else.

    Args:
        settings: Of the process.
        written: The avatars by their names, the first being the one for accounts that nobody else speaks as.
        speaks: Who speaks as which account.

    Raises:
        ConfigError: A setting or a file is wrong; nothing was started.
    """
    data_folder(settings)
    async with models.choose(settings) as chosen:
        makings = {name: Making(settings, name, one.path, chosen) for name, one in written.items()}
        ready = [makings[name].avatar(one.persona, 0) for name, one in written.items()]
        names = {avatar.id: avatar.persona.name for avatar in ready}
        circles: dict[AvatarId, Sequence[str]] = {avatar.id: avatar.persona.circles for avatar in ready}
        async with (
            storage.open_storage(
                database_url(settings), rules(settings, *ready, speaks=speaks, circles=circles)
            ) as store,
            remembering(settings, store, names) as (found, recaller),
            guards.screening(settings.safety) as screening,
        ):
            sells = selling(store)
            engine = Engine(
                inbox=store.inbox,
                turns=store.turns,
                leases=store.leases,
                mind=Mind(found, store.receipts, recaller),
                dispatch=dispatch(store, sells=sells),
                doors=store.doors,
                reception=reception(store),
                screening=screening,
                bus=LocalBus(),
                clock=SystemClock(),
            )
            learner = Learner(lessons=store.lessons, clock=SystemClock(), busy=lambda: engine.busy)
            built = tuple(
                House(
                    engine, learner, avatar, store, found, makings[avatar.id], written[avatar.id].live, circles, sells
                )
                for avatar in ready
            )
            for one in built:
                noted = Metered(chosen.model, store.ledger, one.avatar.id, "learning", SystemClock())
                learner.teach(one.avatar.id, None if chosen.demo else noted, room=chosen.context)
                await one.begin(written[one.avatar.id].text)
            yield built


@asynccontextmanager
async def remembering(
    settings: Settings, store: storage.Storage, names: Mapping[AvatarId, str] = MappingProxyType({})
) -> AsyncIterator[tuple[Library, Recall]]:
    """What finds again what creators have published, and what fans have said to avatars of these names.

    Raises:
        ConfigError: The endpoint for embeddings is not set up.
    """
    async with models.meaning(settings.embeddings) as (embedder, languages):
        found = Library(store.content, store.vectors, embedder, languages=languages)
        recaller = Recall(
            store.memory,
            store.message_vectors,
            embedder,
            languages=languages,
            names=lambda avatar: names.get(avatar, ""),
        )
        try:
            yield found, recaller
        finally:
            await recaller.close()
            await found.close()


@asynccontextmanager
async def library(settings: Settings, store: storage.Storage) -> AsyncIterator[Library]:
    """What finds again what creators have published.

    Raises:
        ConfigError: The endpoint for embeddings is not set up.
    """
    async with remembering(settings, store) as (found, _):
        yield found


@asynccontextmanager
async def visiting(settings: Settings) -> AsyncIterator[storage.Storage]:
    """The database, for a command that leaves conversations alone and so may run beside whoever works on them.

    Raises:
        ConfigError: The data folder or the database is of no use.
    """
    data_folder(settings)
    unlimited = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
    nothing = storage.Rules(
        avatar=lambda _account: AvatarId(settings.avatar), limits=unlimited, window=0, estimate=message_tokens
    )
    async with storage.open_storage(database_url(settings), nothing, visiting=True) as store:
        yield store


@asynccontextmanager
async def working(engine: Engine, learner: Learner | None = None) -> AsyncIterator[None]:
    """Have the engine work, and the learner beside it; at the end, let the engine finish what it can."""
    tasks = [asyncio.create_task(engine.run(), name="engine")]
    if learner is not None:
        tasks.append(asyncio.create_task(learner.run(), name="learner"))
    try:
        yield
    finally:
        await engine.stop(GRACE)
        await cancel(tasks)


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """End tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def prices(model: ModelSettings) -> Prices:
    """What the model costs."""
    cached = model.price_prompt if model.price_cached is None else model.price_cached
    return Prices(model.price_prompt, cached, model.price_completion)


def data_folder(settings: Settings) -> Path:
    """The folder for everything that is kept, readable for nobody else; made if it is missing."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise ConfigError(
            f"The data folder {settings.data_dir} cannot be made: {exc.strerror}. Set STAGEDOOR_DATA_DIR to another."
        ) from exc
    return settings.data_dir.resolve()


def database_url(settings: Settings) -> str:
    """Where the database is."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{data_folder(settings) / 'stagedoor.db'}"


def rules(
    settings: Settings,
    first: Avatar,
    *others: Avatar,
    speaks: Mapping[AccountId, AvatarId] = MappingProxyType({}),
    circles: Mapping[AvatarId, Sequence[str]] = MappingProxyType({}),
) -> storage.Rules:
    """What the store has to keep to.

    Args:
        settings: Of the process.
        first: Who speaks as every account but those of others.
        others: Who speaks besides.
        speaks: As which accounts.
        circles: Of each avatar's fans, lowest first; it may change.
    """
    return storage.Rules(
        avatar=lambda account: speaks.get(account, first.id),
        limits=Limits(
            minute=Rate(settings.limits.per_minute, timedelta(minutes=1)),
            day=Rate(settings.limits.per_day, timedelta(days=1)),
            system=(
                Limit("system", "messages", Rate(settings.limits.system_per_minute, timedelta(minutes=1))),
                Limit("system", "tokens", Rate(settings.limits.system_tokens_per_day, timedelta(days=1))),
                Limit("system", "money", Rate(round(settings.limits.system_money_per_day * 1e6), timedelta(days=1))),
            ),
        ),
        prices=prices(settings.model),
        tiers=lambda avatar: circles.get(avatar, ()),
        window=min(one.room for one in (first, *others)) // 2,  # the rest is for notes and for what has just arrived
        quiet=timedelta(seconds=settings.turn.quiet),
        quiet_cap=timedelta(seconds=settings.turn.quiet_cap),
        estimate=message_tokens,
    )
