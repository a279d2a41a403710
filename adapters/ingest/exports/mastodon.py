"""The archive of a Mastodon account (and of its like): ``outbox.json`` in ActivityPub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from adapters.ingest.archive import glimpse, open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.gathering import PRIVATE, WORDLESS, Gathering
from adapters.ingest.exports.posts import list_at, moment, post, text_at
from adapters.ingest.exports.records import records
from adapters.ingest.markup import text_of
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Skipped
from core.errors import InvalidInput

FILE = "outbox.json"
OTHERS = {"actor.json", "likes.json", "bookmarks.json"}  # what a tar may begin with instead
ITEMS = "orderedItems.item"
EVERYBODY = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
WRITTEN = {"Note", "Question", "Article", "Page"}
LEADING_NAMES = re.compile(r"(?:@[\w.@-]+\s+)+")


class MastodonArchive:
    """Public and unlisted posts; no boosts, nothing for followers only, no direct messages."""

    name = "Mastodon archive"

    def recognises(self, item: Item) -> bool:
        """By ``outbox.json``."""
        names = glimpse(item.path)
        if item.path.is_file() and names == (item.path.name,):
            return item.path.suffix == ".json" and b'"OrderedCollection"' in beginning(item.path)
        whole = item.path.is_dir() or item.path.suffix == ".zip"
        return FILE in names or (not whole and bool(OTHERS & set(names) or "media_attachments" in str(names[:1])))

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  needs no wishes
        """Yield the posts; see ``Reader``."""
        with open_archive(item.path) as archive:
            names = [FILE] if FILE in archive.names else [name for name in archive.names if name == item.path.name]
            if not names:
                raise InvalidInput("holds no outbox.json; ask your server for the archive again")
            gathering = Gathering()
            yield from gathering.files(archive, names, lambda source: _documents(source, gathering))
            yield from gathering.rest()


def _documents(source: IO[bytes], gathering: Gathering) -> Iterator[Document]:
    for _, activity in records(source, {ITEMS}):
        key, written = text_at(activity, "id"), activity.get("object") if isinstance(activity, dict) else None
        why = _against(activity, written)
        if why:
            gathering.leave(key, why)
            continue
        document = _document(written)
        if document:
            yield document
        else:
            gathering.leave(key, WORDLESS)


def _against(activity: Any, written: Any) -> str:
    """Why this is not taken."""
    if text_at(activity, "type") == "Announce":
        return "boosts, not your own words"
    if text_at(activity, "type") != "Create" or text_at(written, "type") not in WRITTEN:
        return "no posts"
    if text_at(written, "attributedTo") not in {"", text_at(activity, "actor")}:
        return "not your own words"
    to = {*_named(activity, "to"), *_named(activity, "cc")} & {*_named(written, "to"), *_named(written, "cc")}
    if to & EVERYBODY:
        return ""
    followers = any(name.endswith("/followers") for name in to)
    return "for your followers only" if followers else PRIVATE


def _named(record: Any, key: str) -> list[str]:
    """Whom a post is for: a list, or one by itself."""
    alone = text_at(record, key)
    return [alone] if alone else [name for name in list_at(record, key) if isinstance(name, str)]


def _document(written: Any) -> Document | None:
    choices = [text_at(choice, "name") for name in ("oneOf", "anyOf") for choice in list_at(written, name)]
    warning = text_at(written, "summary")
    answered = _answered(written)
    text = text_of(text_at(written, "content"))
    if answered:
        text = LEADING_NAMES.sub("", text, count=1) if text.startswith("@") else text
    return post(
        f"mastodon/{text_at(written, 'id')}",
        "\n".join([text, *(f"- {choice}" for choice in choices if choice)]),
        title=text_at(written, "name") or warning,
        heading=f"Reply to {answered}" if answered else warning,
        url=text_at(written, "url") or text_at(written, "id"),
        published=moment(text_at(written, "published")),
        language=_language(written),
    )


def _answered(written: Any) -> str:
    """Whom a post answers, if it is somebody else."""
    to, author = text_at(written, "inReplyTo"), text_at(written, "attributedTo")
    if not to or (author and to.startswith(f"{author}/")):
        return ""
    mentions = [text_at(tag, "name") for tag in list_at(written, "tag") if text_at(tag, "type") == "Mention"]
    return mentions[0] if mentions else "a post"


def _language(written: Any) -> str:
    texts = written.get("contentMap")
    return str(next(iter(texts), "")) if isinstance(texts, dict) and len(texts) == 1 else ""
