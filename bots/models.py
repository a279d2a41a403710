"""Which language model writes: the configured one, else one that already runs here, else the small built-in one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from adapters.llm import discovery
from adapters.llm.embedded import CONTEXT, EmbeddedModel
from adapters.llm.embeddings import OpenAIEmbedder
from adapters.llm.failover import Failover
from adapters.llm.minilm import LANGUAGES, MiniLM, installed
from adapters.llm.openai import Endpoint, OpenAIModel, client
from bots.settings import EmbeddingSettings, ModelSettings, Settings
from core.avatar import MOST_NOTES
from core.ports import ChatModel, Embedder

DEMO = (
    "Using the built-in demo model (SmolLM2, 135 million parameters): good for trying things out, weak at talking. "
    "For real conversations set STAGEDOOR_MODEL__BASE_URL (and __API_KEY, __NAME) to a Llama endpoint; see the README."
)
DEMO_TOKENS, DEMO_TEMPERATURE = 120, 0.3  # so small a model rambles when it is given room
DEMO_NOTES = 260  # tokens; on a processor each hundred that were not read before take about a second


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model in use."""

    model: ChatModel
    context: int  # tokens
    max_tokens: int  # of one reply
    temperature: float
    notes: int = MOST_NOTES  # tokens for passages of the creator's content
    demo: bool = False  # too weak for anything but trying things out
    notice: str = ""  # one line for whoever started the program, where it was not they who chose
    cheaper: ChatModel | None = None  # what writes when a budget comes to an end; None: the same


def endpoints(settings: ModelSettings) -> list[Endpoint]:
    """The configured endpoints, the first choice first."""
    if settings.base_url is None:
        return []
    first = (settings.base_url, settings.api_key, settings.name)
    rest = [(one.base_url, one.api_key, one.name) for one in settings.fallbacks]
    return [
        Endpoint(
            base_url=str(url).rstrip("/"),
            api_key=key.get_secret_value(),
            name=name,
            connect_timeout=settings.connect_timeout,
            first_token_timeout=settings.first_token_timeout,
            silence_timeout=settings.silence_timeout,
            max_in_flight=settings.in_flight,
            retries=settings.retries,
        )
        for url, key, name in [first, *rest]
    ]


@asynccontextmanager
async def choose(settings: Settings) -> AsyncIterator[Chosen]:
    """Open the model to use and close it afterwards.

    Raises:
        ConfigError: No endpoint is configured or running, and the built-in model is not installed.
    """
    async with client() as http:
        configured = endpoints(settings.model)
        if configured:
            models = [OpenAIModel(endpoint, http) for endpoint in configured]
            chosen = _chosen(settings.model, Failover(models))
            if cheaper := settings.model.cheaper_name:
                first = OpenAIModel(replace(configured[0], name=cheaper), http)
                chosen = replace(chosen, cheaper=Failover([first, *models]))
            yield chosen
            return
        running = await discovery.find(http)
        if running:
            notice = f"Using {running[0].name} at {running[0].base_url}, which is already running here."
            yield _chosen(settings.model, OpenAIModel(running[0], http), notice)
            return
        async with EmbeddedModel(http, logfile=settings.data_dir / "model.log") as model:
            yield Chosen(model, CONTEXT, DEMO_TOKENS, DEMO_TEMPERATURE, DEMO_NOTES, demo=True, notice=DEMO)


@asynccontextmanager
async def meaning(settings: EmbeddingSettings) -> AsyncIterator[tuple[Embedder | None, Collection[str]]]:
    """What embeds, and for which languages (none named: for all): the configured endpoint, else the built-in one.

    Raises:
        ConfigError: An endpoint is set without a model's name.
    """
    if settings.base_url is None:
        yield (MiniLM(), LANGUAGES) if settings.built_in and installed() else (None, ())
        return
    endpoint = Endpoint(str(settings.base_url).rstrip("/"), settings.api_key.get_secret_value(), settings.name)
    async with client() as http:
        before_query, before_passage = settings.before_query, settings.before_passage
        yield OpenAIEmbedder(endpoint, http, before_query=before_query, before_passage=before_passage), ()


def _chosen(settings: ModelSettings, model: ChatModel, notice: str = "") -> Chosen:
    return Chosen(model, settings.context, settings.max_tokens, settings.temperature, notice=notice)
