"""Every setting, read from the environment (and ``.env``) and from nowhere else in the program."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, PrivateAttr, SecretStr, ValidationError
from pydantic.functional_validators import AfterValidator, BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from core import toml
from core.errors import ConfigError

PREFIX = "STAGEDOOR_"
ENV_FILE = ".env"

Seconds = Annotated[float, Field(gt=0, le=3600)]


def _listed(value: object) -> object:
    """``a,b`` is how people write a list in the environment."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _numbers(ids: tuple[str, ...]) -> tuple[str, ...]:
    if not all(one.isascii() and one.isdecimal() for one in ids):
        raise ValueError("ids are numbers, not names")
    return ids


UserIds = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_numbers)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointSettings(_Group):
    """One OpenAI-compatible endpoint."""

    base_url: HttpUrl = Field(description="Address of the endpoint, up to and including /v1.")
    api_key: SecretStr = Field(SecretStr(""), description="Its key, if it wants one.")
    name: str = Field("", description="Model to ask for; empty: the first that the endpoint lists.")


class ModelSettings(_Group):
    """The language model that writes for the avatar."""

    base_url: HttpUrl | None = Field(
        None, description="Address of an OpenAI-compatible endpoint, up to and including /v1; empty: look on localhost."
    )
    api_key: SecretStr = Field(SecretStr(""), description="The endpoint's key, if it wants one.")
    name: str = Field("", description="Model to ask for; empty: the first that the endpoint lists.")
    cheaper_name: str = Field("", description="Model to ask there when 90 % of a budget is spent; empty: the same.")
    price_prompt: float = Field(0.0, ge=0, description="Price of a million tokens read; 0: unknown.")
    price_cached: float | None = Field(
        None, ge=0, description="Price of a million tokens that it had read before; empty: as any other."
    )
    price_completion: float = Field(0.0, ge=0, description="Price of a million tokens written; 0: unknown.")
    fallbacks: tuple[EndpointSettings, ...] = Field(
        (), description='More endpoints for when the first fails, as JSON: [{"base_url": "...", "name": "..."}].'
    )
    context: int = Field(8192, ge=1024, description="Tokens that the model can read and write together.")
    max_tokens: int = Field(400, ge=16, description="Tokens that one reply may take.")
    temperature: float = Field(0.7, ge=0, le=2, description="How freely the model chooses its words.")
    connect_timeout: Seconds = Field(5.0, description="Seconds until a connection must stand.")
    first_token_timeout: Seconds = Field(60.0, description="Seconds until the reply must begin.")
    silence_timeout: Seconds = Field(30.0, description="Seconds of silence after which a reply counts as broken off.")
    in_flight: int = Field(64, ge=1, description="Requests under way at an endpoint at once.")
    retries: int = Field(2, ge=0, le=10, description="Tries after the first at one endpoint.")


class EmbeddingSettings(_Group):
    """What tells how alike two texts are in meaning; it makes answers from the creator's content better."""

    base_url: HttpUrl | None = Field(
        None, description="Address of an endpoint with /embeddings, up to and including /v1; empty: the built-in one."
    )
    api_key: SecretStr = Field(SecretStr(""), description="Its key, if it wants one.")
    name: str = Field("", description="Embedding model to ask for.")
    built_in: bool = Field(True, description="Use the built-in one where the extra embed is installed.")
    before_query: str = Field("", description='What the model wants before a question, such as "query: ".')
    before_passage: str = Field("", description='What the model wants before a passage, such as "passage: ".')


class TelegramSettings(_Group):
    """The avatar's Telegram account."""

    token: SecretStr | None = Field(None, description="Bot token from @BotFather.")
    base_url: HttpUrl | None = Field(None, description="Address of a self-hosted Bot API server.")
    webhook_url: HttpUrl | None = Field(None, description="Public address for a webhook; empty: polling.")
    webhook_secret: SecretStr | None = Field(None, description="Secret that Telegram must send with each webhook call.")
    webhook_listen: str = Field("127.0.0.1", description="Address on which to listen for the webhook.")
    webhook_port: int = Field(8443, ge=1, le=65535, description="Port on which to listen for the webhook.")
    creators: UserIds = Field((), description="User ids of the creator there, separated by commas.")


class DiscordSettings(_Group):
    """The avatar's Discord account."""

    token: SecretStr | None = Field(None, description="Bot token from the Discord developer portal.")
    api_url: HttpUrl | None = Field(None, description="Address of a REST proxy, up to and including /v10.")
    channels: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (), description="Ids of channels where it answers everything, separated by commas."
    )
    creators: UserIds = Field((), description="User ids of the creator there, separated by commas.")


class HostedTelegram(TelegramSettings):
    """One Telegram account of several, in the accounts' file."""

    avatar: str = Field(description="Which avatar speaks there.")
    token_from: str = Field("", description="Instead of token: the name of the environment variable that holds it.")


class HostedDiscord(DiscordSettings):
    """One Discord account of several, in the accounts' file."""

    avatar: str = Field(description="Which avatar speaks there.")
    token_from: str = Field("", description="Instead of token: the name of the environment variable that holds it.")


class Hosted(_Group):
    """The accounts' file: whose accounts this process runs besides those of the environment."""

    telegram: tuple[HostedTelegram, ...] = ()
    discord: tuple[HostedDiscord, ...] = ()


A = TypeVar("A", HostedTelegram, HostedDiscord)  # one of the two


class LimitSettings(_Group):
    """How much may be written, where the creator has set nothing else."""

    per_minute: int = Field(10, ge=0, description="Messages of one fan in a minute; 0: no limit.")
    per_day: int = Field(200, ge=0, description="Messages of one fan in a day; 0: no limit.")
    system_per_minute: int = Field(0, ge=0, description="Messages of everybody, to all avatars; 0: no limit.")
    system_tokens_per_day: int = Field(0, ge=0, description="Tokens of all avatars' replies; 0: no limit.")
    system_money_per_day: float = Field(0.0, ge=0, description="Price of all avatars' replies; 0: no limit.")


class MemorySettings(_Group):
    """What is remembered of fans."""

    keep_days: int = Field(0, ge=0, le=36500, description="Days after which what fans said is forgotten; 0: never.")


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class GuardSettings(_Group):
    """A classifier of content."""

    base_url: HttpUrl | None = Field(
        None, description="Address of its endpoint, up to and including /v1; empty: there is none."
    )
    api_key: SecretStr = Field(SecretStr(""), description="Its key, if it wants one.")
    name: str = Field("", description="Model to ask for; empty: the endpoint's own choice.")
    categories: Names = Field((), description="Categories that count, separated by commas; empty: all.")
    fail_closed: Names = Field(
        (), description="Categories that count as found while it gives no verdict; empty: then nothing is blocked."
    )
    timeout: Seconds = Field(10.0, description="Seconds until it must have answered: a fan waits for it.")


class SafetySettings(_Group):
    """Classifiers beside the rules that are always on."""

    guard: GuardSettings = Field(GuardSettings(), description="Llama Guard 3 or 4 behind /v1/chat/completions.")
    moderations: GuardSettings = Field(GuardSettings(), description="An endpoint in the form of /v1/moderations.")


class TurnSettings(_Group):
    """When a turn begins."""

    quiet: float = Field(0.0, ge=0, le=60, description="Seconds to wait for more before answering.")
    quiet_cap: float = Field(10.0, ge=0, le=600, description="Longest wait in all, however much the fan writes.")


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        env_file=ENV_FILE,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(Path(".stagedoor"), description="Folder for the database and everything else that is kept.")
    database_url: SecretStr | None = Field(None, description="postgresql://...; empty: SQLite in the data folder.")
    avatars_dir: Path = Field(Path("avatars"), description="Folder with one folder for each of your avatars.")
    avatar: str = Field("maya", description="Which avatar the accounts speak as.")
    accounts: Path = Field(
        Path("stagedoor.toml"), description="File that names more accounts, each with its avatar; it may be missing."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="How much is logged.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.")
    model: ModelSettings = ModelSettings()
    embeddings: EmbeddingSettings = EmbeddingSettings()
    telegram: TelegramSettings = TelegramSettings()
    discord: DiscordSettings = DiscordSettings()
    limits: LimitSettings = LimitSettings()
    turn: TurnSettings = TurnSettings()
    memory: MemorySettings = MemorySettings()
    safety: SafetySettings = SafetySettings()
    _hosted: Hosted = PrivateAttr(default_factory=Hosted)  # what stands in the accounts' file

    @property
    def telegrams(self) -> tuple[HostedTelegram, ...]:
        """Every Telegram account that has a token."""
        own = HostedTelegram(**dict(self.telegram), avatar=self.avatar)
        return tuple(one for one in (own, *self._hosted.telegram) if one.token is not None)

    @property
    def discords(self) -> tuple[HostedDiscord, ...]:
        """Every Discord account that has a token."""
        own = HostedDiscord(**dict(self.discord), avatar=self.avatar)
        return tuple(one for one in (own, *self._hosted.discord) if one.token is not None)

    @property
    def avatars(self) -> tuple[str, ...]:
        """Every avatar that an account speaks as, the one of the environment first."""
        hosted = (*(one.avatar for one in self.telegrams), *(one.avatar for one in self.discords))
        return tuple(dict.fromkeys((self.avatar, *hosted)))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every configured secret, for what must keep them out of sight."""
        fallbacks = (endpoint.api_key for endpoint in self.model.fallbacks)
        held = (
            *(secret for one in self.telegrams for secret in (one.token, one.webhook_secret)),
            *(one.token for one in self.discords),
            self.model.api_key,
            self.embeddings.api_key,
            self.safety.guard.api_key,
            self.safety.moderations.api_key,
            *fallbacks,
        )
        return tuple(text for secret in held if secret is not None and (text := secret.get_secret_value()))


def load() -> Settings:
    """Read the settings.

    Raises:
        ConfigError: Naming each wrong setting, where it was read and how to mend it; never its value.
    """
    given = {name for name in (*os.environ, *dotenv_values(ENV_FILE)) if name.upper().startswith(PREFIX)}
    known = {name for name, _, _ in reference()}
    problems = [_unknown(name, known) for name in sorted(given) if not _matches(name.upper(), known)]
    if problems:
        raise ConfigError("\n".join(problems))
    try:
        settings = Settings()
        settings._hosted = _hosted(settings.accounts)  # noqa: SLF001 - its own module
    except SettingsError as exc:  # a list or group that is not the JSON it has to be
        found = re.search(r'field "(\w+)"', str(exc))
        group = f"{PREFIX}{found[1].upper()}" if found else PREFIX
        raise ConfigError(
            f"A setting that begins with {group} is not valid JSON. "
            'Lists of endpoints look like [{"base_url": "http://host/v1"}], groups like {...}.'
        ) from exc
    except ValidationError as exc:
        raise ConfigError("\n".join(_mend(error) for error in exc.errors(include_url=False))) from None
    return settings


def _hosted(path: Path) -> Hosted:
    """The accounts' file, with every token in its place.

    Raises:
        ConfigError: Naming the file and what is wrong in it; never a token.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Hosted()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}. Set STAGEDOOR_ACCOUNTS to another file.") from exc
    found = toml.read(text, str(path), Hosted)
    variables = {**dotenv_values(ENV_FILE), **os.environ}
    return Hosted(
        telegram=tuple(_with_token(one, path, variables) for one in found.telegram),
        discord=tuple(_with_token(one, path, variables) for one in found.discord),
    )


def _with_token(one: A, path: Path, variables: Mapping[str, str | None]) -> A:
    if one.token is None and not one.token_from:
        raise ConfigError(f'{path}: the account of {one.avatar} has no token. Add a line: token_from = "THE_VARIABLE"')
    if one.token is not None:
        return one
    token = variables.get(one.token_from)
    if not token:
        raise ConfigError(
            f"{path}: {one.token_from}, which is to hold the token of an account of {one.avatar}, is not set. "
            f"Set it in the environment or in {ENV_FILE}."
        )
    return one.model_copy(update={"token": SecretStr(token)})


def reference() -> Iterator[tuple[str, str, str]]:
    """Every setting: its name, its default and what it is, for documentation and for messages."""
    return _described(PREFIX, Settings)


def _described(before: str, group: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    for name, field in group.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Group):
            yield from _described(f"{before}{name}__", field.annotation)
        else:
            yield f"{before}{name}".upper(), _shown(field.default), field.description or ""


def _shown(default: object) -> str:
    if isinstance(default, SecretStr) or default in (None, ()):
        return ""
    return str(default)


def _matches(name: str, known: set[str]) -> bool:
    """A setting's own name, or a whole group or a part of a list given as JSON."""
    return name in known or any(one.startswith(f"{name}__") for one in known)


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name.upper(), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "Remove it, or see the table of settings in the README."
    return f"{name} ({_read_in(name)}) is not a setting of Stagedoor. {hint}"


def _read_in(name: str) -> str:
    return "set in the environment" if name in os.environ else f"set in {Path(ENV_FILE).resolve()}"


def _mend(error: Mapping[str, Any]) -> str:
    """One line for one wrong setting, without its value: that may be a secret."""
    name = PREFIX + "__".join(str(step) for step in error["loc"]).upper()
    where = _read_in(name)
    described = {key: text for key, _, text in reference()}
    meaning = f" It is: {described[name]}" if name in described else ""
    hint = " Write it in full: https://host/v1." if error["type"].startswith("url_") else ""
    return f"{name} ({where}): {error['msg']}.{hint}{meaning}"
