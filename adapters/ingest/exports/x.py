"""The archive that X (Twitter) makes of an account: ``data/tweets.js`` and its parts, ``data/note-tweet.js``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from adapters.ingest.archive import Archive, glimpse, open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.gathering import PRIVATE, WORDLESS, Gathering
from adapters.ingest.exports.posts import folded, list_at, moment, names_of, post, text_at
from adapters.ingest.exports.records import records
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Skipped
from core.errors import InvalidInput

TWEETS = re.compile(r"(?:data/)?tweets?(?:-part\d+)?\.js")
NOTES = re.compile(r"(?:data/)?note-tweets?(?:-part\d+)?\.js")
ACCOUNT = re.compile(r"(?:data/)?account\.js")
MESSAGES = re.compile(r"(?:data/)?direct-message[\w-]*\.js")
UNPUBLIC = re.compile(r"(?:data/)?(?:deleted-(?:tweet|note)[\w-]*|twitter-circle[\w-]*)\.js")
WRITTEN = "%a %b %d %H:%M:%S %z %Y"
LEADING_NAMES = re.compile(r"(?:@\w+\s+)+")
SHORT_LINK = re.compile(r"https?://t\.co/\w+")
FIRST_ID_WITH_TIME, EPOCH = 30_000_000_000, 1_288_834_974_657  # ids count milliseconds since then, times 2**22
MOST_LINKED = 100_000  # answers to oneself that are joined; further ones stand alone
MOST_NOTES = 20_000  # long posts
COMPARED = 40  # first characters in which a long post and its short form agree
APART = 60  # seconds that they may be apart


@dataclass(frozen=True, slots=True)
class _Tweet:
    id: int
    text: str
    published: datetime | None
    language: str
    answered: str  # whom it answers, empty for nobody


@dataclass(slots=True)
class _Account:
    """What must be known of the whole archive before the first post can be told."""

    id: str = ""
    name: str = ""
    names: frozenset[str] = frozenset()
    roots: dict[int, int] = field(default_factory=dict)  # answers to oneself: the thread's first post
    notes: dict[str, list[tuple[datetime | None, str]]] = field(default_factory=dict)

    def wrote(self, tweet: Any) -> bool:
        """Whether the creator wrote what this post answers."""
        answered = text_at(tweet, "in_reply_to_user_id_str")
        return bool(answered and answered == self.id) or folded(text_at(tweet, "in_reply_to_screen_name")) in self.names


class XArchive:
    """Own posts with long posts in full, threads as one document; no reposts, no messages."""

    name = "X archive"

    def recognises(self, item: Item) -> bool:
        """By ``tweets.js`` or one of its parts."""
        names = glimpse(item.path)
        if item.path.is_file() and len(names) == 1 and names[0] == item.path.name:
            return bool(TWEETS.fullmatch(names[0])) and beginning(item.path).startswith((b"window.YTD.", b"["))
        return any(TWEETS.fullmatch(name) for name in names)

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield the posts; see ``Reader``."""
        with open_archive(item.path, beside=("account.js", "note-tweet.js")) as archive:
            tweets = [name for name in archive.names if TWEETS.fullmatch(name)]
            if not tweets:
                raise InvalidInput("holds no posts (data/tweets.js); give the whole zip that X sent you")
            gathering = Gathering()
            gathering.leave_files(archive.names, MESSAGES, PRIVATE)
            gathering.leave_files(archive.names, UNPUBLIC, "deleted, or never shown to everybody")
            account = _account(archive, wishes)
            threads = _Threads(account, gathering)
            yield from gathering.files(archive, tweets, threads.documents)
            yield from gathering.taken(threads.unfinished())
            yield from gathering.rest()


def _account(archive: Archive, wishes: Wishes) -> _Account:
    account = _Account(names=names_of(wishes))
    for found in _records(archive, ACCOUNT):
        account.id = text_at(found, "account", "accountId") or account.id
        account.name = text_at(found, "account", "username") or account.name
        account.names |= {folded(account.name)} - {""}
    for found in _records(archive, NOTES):
        _note(account, found)
    parents: dict[int, int] = {}
    for tweet in map(_inner, _records(archive, TWEETS)):
        child, parent = _number(tweet, "id_str"), _number(tweet, "in_reply_to_status_id_str")
        if 0 < parent < child and account.wrote(tweet) and len(parents) < MOST_LINKED:
            parents[child] = parent
    for child in sorted(parents):  # a parent comes before its child, as ids rise with time
        account.roots[child] = account.roots.get(parents[child], parents[child])
    return account


def _records(archive: Archive, names: re.Pattern[str]) -> Iterator[Any]:
    """Records of files up to where they are damaged: the damage is reported when the posts are read."""
    for name in filter(names.fullmatch, archive.names):
        with suppress(InvalidInput), archive.open(name) as source:
            for _, found in records(source, {"item"}):
                yield found


def _note(account: _Account, found: Any) -> None:
    text = html.unescape(text_at(found, "noteTweet", "core", "text"))
    if text and len(account.notes) < MOST_NOTES:
        links = {
            text_at(link, "shortUrl"): text_at(link, "expandedUrl")
            for link in list_at(found, "noteTweet", "core", "urls")
        }
        long = moment(text_at(found, "noteTweet", "createdAt")), _expanded(text, links)
        account.notes.setdefault(_start(text), []).append(long)


class _Threads:
    """Turns posts into documents, holding the parts of a thread until it is complete."""

    def __init__(self, account: _Account, gathering: Gathering) -> None:
        self._account, self._gathering = account, gathering
        self._held: dict[int, list[_Tweet]] = {}
        self._missing: dict[int, int] = {}
        for root in account.roots.values():
            self._missing[root] = self._missing.get(root, 1) + 1

    def documents(self, source: IO[bytes]) -> Iterator[Document]:
        for _, found in records(source, {"item"}):
            tweet = self._tweet(_inner(found))
            if tweet is None:
                continue
            root = self._account.roots.get(tweet.id, tweet.id)
            if root not in self._missing:
                yield from self._document([tweet])
                continue
            self._held.setdefault(root, []).append(tweet)
            self._missing[root] -= 1
            if self._missing[root] == 0:
                yield from self._document(self._held.pop(root))

    def unfinished(self) -> Iterator[Document]:
        """Threads of which a part is gone."""
        for tweets in self._held.values():
            yield from self._document(tweets)

    def _tweet(self, found: Any) -> _Tweet | None:
        number, text = _number(found, "id_str"), text_at(found, "full_text") or text_at(found, "text")
        if not number or not text:
            self._gathering.leave(str(number), "no readable post", failed=True)
            return None
        if text.startswith("RT @") or (isinstance(found, dict) and "retweeted_status" in found):
            self._gathering.leave(str(number), "reposts, not your own words")
            return None
        if (latest := _latest(found)) and latest != number:
            self._gathering.leave(str(number), "earlier versions of posts that you edited")
            return None
        answered = "" if self._account.wrote(found) else text_at(found, "in_reply_to_screen_name")
        published = _written(text_at(found, "created_at"), number)
        text = self._long(html.unescape(text), published) or _expanded(html.unescape(text), _links(found))
        if answered:
            text = LEADING_NAMES.sub("", text, count=1) if text.startswith("@") else text
        return _Tweet(number, text.strip(), published, text_at(found, "lang"), answered)

    def _long(self, text: str, published: datetime | None) -> str:
        for written, long in self._account.notes.get(_start(text), ()):
            if written and published and abs((written - published).total_seconds()) <= APART:
                return long
        return ""

    def _document(self, tweets: list[_Tweet]) -> Iterator[Document]:
        tweets = sorted(tweets, key=lambda tweet: tweet.id)
        first = tweets[0]
        document = post(
            f"x/{first.id}",
            "\n\n".join(tweet.text for tweet in tweets if tweet.text),
            heading=f"Reply to @{first.answered}" if first.answered else "",
            url=f"https://x.com/{self._account.name or 'i/web'}/status/{first.id}",
            published=first.published,
            language=first.language,
        )
        if document:
            yield document
        else:
            self._gathering.leave(str(first.id), WORDLESS, count=len(tweets))


def _inner(found: Any) -> Any:
    """Older archives have the posts themselves in the list, newer ones wrap each."""
    return found["tweet"] if isinstance(found, dict) and isinstance(found.get("tweet"), dict) else found


def _number(found: Any, key: str) -> int:
    text = text_at(found, key)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0  # noqa: PLR2004  64 bits


def _latest(found: Any) -> int:
    info = found.get("edit_info") if isinstance(found, dict) else None
    versions = list_at(info, "initial", "editTweetIds") or list_at(info, "edit", "editControlInitial", "editTweetIds")
    return max((_number({"id": version}, "id") for version in versions), default=0)


def _links(found: Any) -> Mapping[str, str]:
    links = {text_at(link, "url"): text_at(link, "expanded_url") for link in list_at(found, "entities", "urls")}
    media = list_at(found, "entities", "media") + list_at(found, "extended_entities", "media")
    return links | {text_at(picture, "url"): "" for picture in media}


def _expanded(text: str, links: Mapping[str, str]) -> str:
    return SHORT_LINK.sub(lambda link: links.get(link[0], link[0]), text)


def _start(text: str) -> str:
    return " ".join(SHORT_LINK.sub("", text).split())[:COMPARED]


def _written(text: str, number: int) -> datetime | None:
    try:
        return datetime.strptime(text, WRITTEN).astimezone(UTC)
    except ValueError:
        return moment(((number >> 22) + EPOCH) / 1000) if number > FIRST_ID_WITH_TIME else None
