"""Classifiers of content behind ``core.screening.Moderator``."""

from adapters.moderation.endpoint import ModerationEndpoint
from adapters.moderation.llama_guard import LlamaGuard
from adapters.moderation.wire import Address

__all__ = ["Address", "LlamaGuard", "ModerationEndpoint"]
