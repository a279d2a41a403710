"""Exports of platforms: what a creator gets when they ask a platform for their own posts."""

from __future__ import annotations

from adapters.ingest.exports.discord import DiscordExport
from adapters.ingest.exports.instagram import InstagramExport
from adapters.ingest.exports.mastodon import MastodonArchive
from adapters.ingest.exports.substack import SubstackExport
from adapters.ingest.exports.takeout import YouTubeTakeout
from adapters.ingest.exports.telegram import TelegramExport
from adapters.ingest.exports.tiktok import TikTokExport
from adapters.ingest.exports.transcripts import Downloads, Transcript
from adapters.ingest.exports.wordpress import WordPressExport
from adapters.ingest.exports.x import XArchive
from adapters.ingest.reading import Reader

READERS: tuple[Reader, ...] = (
    XArchive(),
    InstagramExport(),
    TikTokExport(),
    MastodonArchive(),
    SubstackExport(),
    YouTubeTakeout(),
    Downloads(),
    DiscordExport(),
    WordPressExport(),
    TelegramExport(),
    Transcript(),
)
