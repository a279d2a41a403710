"""Discord, through discord.py: one account listens, speaks and answers slash commands."""

from adapters.discord.account import DiscordAccount

__all__ = ["DiscordAccount"]
