"""Telegram, by python-telegram-bot: updates become ``Incoming``, a ``Channel`` speaks."""

from adapters.telegram.account import TelegramAccount, Webhook

__all__ = ["TelegramAccount", "Webhook"]
