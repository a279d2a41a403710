"""One small, sound export of every kind, with something private in each. The word SECRET must never come out."""

from __future__ import annotations

from typing import Any

from tests.unit.exports.build import Files, dumped

SECRET = "SECRET-4711"


def assigned(name: str, value: Any) -> bytes:
    return f"window.YTD.{name}.part0 = ".encode() + dumped(value)


# ── X ────────────────────────────────────────────────────────────────────────────────────────────


def tweet(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "tweet": {
            "id_str": str(number),
            "id": str(number),
            "full_text": text,
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "lang": "en",
            "favorited": False,
            "retweeted": False,
            "entities": {"hashtags": [], "urls": [], "user_mentions": [], "symbols": []},
            **more,
        }
    }


def x(*tweets: dict[str, Any]) -> dict[str, bytes]:
    return {
        "Your archive.html": b"<html></html>",
        "data/account.js": assigned("account", [{"account": {"username": "maya", "accountId": "7", "email": SECRET}}]),
        "data/tweets.js": assigned("tweets", list(tweets) or [tweet(100, "Bake at 230 degrees, lid on.")]),
        "data/direct-messages.js": assigned("direct_messages", [{"dmConversation": {"messages": [SECRET]}}]),
        "data/direct-messages-group.js": assigned(
            "direct_messages_group", [{"dmConversation": {"messages": [SECRET]}}]
        ),
        "data/deleted-tweets.js": assigned("deleted_tweets", [tweet(101, SECRET)]),
        "data/like.js": assigned("like", [{"like": {"fullText": SECRET}}]),
    }


# ── Instagram ────────────────────────────────────────────────────────────────────────────────────


def broken(text: str) -> str:
    """As Instagram writes it: each byte of UTF-8 a character."""
    return text.encode().decode("latin-1")


def picture(uri: str, caption: str = "", at: int = 1_670_000_000) -> dict[str, Any]:
    return {"uri": uri, "creation_timestamp": at, "title": caption, "cross_post_source": {"source_app": "FB"}}


def instagram(root: str = "your_instagram_activity/media/") -> dict[str, bytes]:
    return {
        f"{root}posts_1.json": dumped(
            [
                {"media": [picture("media/posts/202212/1_n.jpg", broken("Crème brûlée 🍮 … à la maison"))]},
                {
                    "media": [picture("media/posts/202301/2_n.jpg"), picture("media/posts/202301/3_n.jpg")],
                    "title": broken("Trois étapes"),
                    "creation_timestamp": 1_672_531_200,
                },
                {"media": [picture("media/posts/202301/4_n.jpg")]},
            ]
        ),
        f"{root}reels.json": dumped({"ig_reels_media": [{"media": [picture("media/reels/5.mp4", "Folding, slowly")]}]}),
        f"{root}stories.json": dumped({"ig_stories": [picture("media/stories/6.jpg", "Back in the kitchen")]}),
        f"{root}archived_posts.json": dumped({"ig_archived_post_media": [{"media": [picture("a.jpg", SECRET)]}]}),
        "your_instagram_activity/messages/inbox/ann_1/message_1.json": dumped(
            {"messages": [{"sender_name": "Ann", "content": SECRET}]}
        ),
        "your_instagram_activity/comments/post_comments_1.json": dumped([{"string_map_data": {"value": SECRET}}]),
    }


# ── TikTok ───────────────────────────────────────────────────────────────────────────────────────


def clip(number: int, title: str, who: str = "Public") -> dict[str, Any]:
    return {
        "Date": "2024-03-05 18:00:11",
        "Link": f"https://www.tiktokv.com/share/video/{number}/",
        "Likes": "12",
        "WhoCanView": who,
        "Title": title,
        "Sound": "original sound",
    }


def tiktok(*clips: dict[str, Any]) -> dict[str, bytes]:
    videos = list(clips) or [clip(71, "How a dough should feel"), clip(72, SECRET, "Friends"), clip(73, "")]
    return {
        "user_data_tiktok.json": dumped(
            {
                "Comment": {"Comments": {"CommentsList": [{"date": "2024-01-01 00:00:00", "comment": SECRET}]}},
                "Direct Message": {
                    "Direct Messages": {
                        "ChatHistory": {"Chat History with ann:": [{"Date": "", "From": "ann", "Content": SECRET}]}
                    }
                },
                "Post": {"Posts": {"VideoList": videos}, "Recently Deleted Posts": {"PostList": [clip(9, SECRET)]}},
                "Profile": {"Profile Info": {"ProfileMap": {"userName": "maya", "emailAddress": SECRET}}},
                "Your Activity": {"Searches": {"SearchList": [{"Date": "", "SearchTerm": SECRET}]}},
            }
        )
    }


# ── Telegram ─────────────────────────────────────────────────────────────────────────────────────


def message(number: int, text: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date": "2023-05-01T12:00:00",
        "date_unixtime": "1682935200",
        "from": "Maya bakes",
        "from_id": "channel55",
        "text": text,
        "text_entities": [],
        **more,
    }


def channel(*messages: dict[str, Any], kind: str = "public_channel", name: str = "Maya bakes") -> dict[str, Any]:
    return {"name": name, "type": kind, "id": 55, "messages": list(messages) or [message(1, "The oven is on.")]}


def telegram_account() -> dict[str, Any]:
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 5, "phone_number": SECRET},
        "contacts": {"list": [{"first_name": SECRET}]},
        "chats": {
            "about": "",
            "list": [
                {"name": "Ann", "type": "personal_chat", "id": 9, "messages": [message(1, SECRET)]},
                channel(message(1, "The oven is on.")),
                {"name": "Saved", "type": "saved_messages", "id": 5, "messages": [message(1, SECRET)]},
                channel(message(1, SECRET), name="Somebody else's channel") | {"id": 77},
                {"type": "private_group", "id": 10, "messages": [message(1, SECRET)]},
            ],
        },
        "left_chats": {
            "list": [{"name": "G", "type": "public_supergroup", "id": 11, "messages": [message(1, SECRET)]}]
        },
    }


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────


def said(number: int, text: str, *, by: str = "500", name: str = "maya.bakes", nick: str = "Maya", minute: int = 0,
         **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "id": str(number),
        "type": "Default",
        "timestamp": f"2024-02-01T{10 + minute // 60:02}:{minute % 60:02}:00+00:00",
        "timestampEdited": None,
        "isPinned": False,
        "content": text,
        "author": {"id": by, "name": name, "discriminator": "0000", "nickname": nick, "isBot": False, "roles": []},
        "attachments": [],
        **more,
    }


def discord(*messages: dict[str, Any], kind: str = "GuildTextChat", guild: str = "1") -> dict[str, Any]:
    return {
        "guild": {"id": guild, "name": "Bakery", "iconUrl": ""},
        "channel": {"id": "2", "type": kind, "categoryId": "3", "category": "Talk", "name": "bread", "topic": None},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-03-01T00:00:00+00:00",
        "messages": list(messages)
        or [
            said(1, SECRET, by="600", name="fan", nick="A fan"),
            said(2, "Fold it four times.", minute=1),
            said(3, SECRET, by="700", name="bot", nick="Bot") | {"author": {"id": "700", "name": "b", "isBot": True}},
            said(4, "Every half an hour.", minute=3),
        ],
        "messageCount": 4,
    }


# ── Mastodon ─────────────────────────────────────────────────────────────────────────────────────

ACTOR = "https://example.social/users/maya"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def toot(number: int, content: str, to: list[str], cc: list[str], **more: Any) -> dict[str, Any]:
    address = f"{ACTOR}/statuses/{number}"
    return {
        "id": f"{address}/activity",
        "type": "Create",
        "actor": ACTOR,
        "published": "2022-11-20T09:30:00Z",
        "to": to,
        "cc": cc,
        "object": {
            "id": address,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": "2022-11-20T09:30:00Z",
            "url": f"https://example.social/@maya/{number}",
            "attributedTo": ACTOR,
            "to": to,
            "cc": cc,
            "sensitive": False,
            "content": content,
            "contentMap": {"en": content},
            "attachment": [],
            "tag": [],
            **more,
        },
    }


FOLLOWERS = f"{ACTOR}/followers"


def mastodon(*activities: dict[str, Any]) -> dict[str, bytes]:
    items = list(activities) or [
        toot(1, "<p>Rye needs <b>time</b>.</p><p>And salt.</p>", [PUBLIC], [FOLLOWERS]),
        toot(2, "<p>Unlisted crumbs</p>", [FOLLOWERS], [PUBLIC]),
        toot(3, f"<p>{SECRET}</p>", [FOLLOWERS], []),
        toot(4, f"<p>{SECRET}</p>", ["https://example.social/users/ann"], []),
        {"id": f"{ACTOR}/5", "type": "Announce", "actor": ACTOR, "object": "https://other.social/1", "to": [PUBLIC]},
    ]
    return {
        "outbox.json": dumped(
            {"@context": PUBLIC, "id": "outbox.json", "type": "OrderedCollection", "orderedItems": items}
        ),
        "actor.json": dumped({"id": ACTOR, "preferredUsername": "maya"}),
        "likes.json": dumped({"type": "OrderedCollection", "orderedItems": [SECRET]}),
        "bookmarks.json": dumped({"type": "OrderedCollection", "orderedItems": [SECRET]}),
    }


# ── Substack ─────────────────────────────────────────────────────────────────────────────────────


def substack() -> dict[str, bytes]:
    return {
        "posts.csv": (
            "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url\n"
            "101.first-loaf,2023-01-02T08:00:00.000Z,true,2023-01-02T08:00:01.000Z,,newsletter,everyone,"
            '"The first, best loaf",Start here,\n'
            "102.levain,2023-02-02T08:00:00.000Z,true,,,newsletter,only_paid,Levain in depth,,\n"
            f"103.{SECRET},,false,,,newsletter,everyone,{SECRET},,\n"
            "104.talk,2023-03-02T08:00:00.000Z,true,,,thread,everyone,What do you bake?,,\n"
        ).encode(),
        "posts/101.first-loaf.html": b"<p>Flour, water.</p><h2>Method</h2><p>Mix &amp; wait.</p><script>x()</script>",
        "posts/102.levain.html": b"<p>Feed it twice.</p>",
        f"posts/103.{SECRET}.html": f"<p>{SECRET}</p>".encode(),
        "posts/101.opens.csv": f"post_id,email\n101,{SECRET}\n".encode(),
        "email_list.maya.csv": f"email\n{SECRET}\n".encode(),
    }


# ── WordPress ────────────────────────────────────────────────────────────────────────────────────

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file generated by WordPress as an export of your site. -->
<!-- generator="WordPress/6.4" created="2024-01-01 00:00" -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Maya bakes</title><link>https://maya.example</link><language>en-US</language>
<wp:wxr_version>1.2</wp:wxr_version>
"""
TAIL = "</channel></rss>\n"


def author(login: str, name: str) -> str:
    return (
        f"<wp:author><wp:author_id>1</wp:author_id><wp:author_login><![CDATA[{login}]]></wp:author_login>"
        f"<wp:author_display_name><![CDATA[{name}]]></wp:author_display_name></wp:author>\n"
    )


def entry(number: int, content: str, *, title: str = "Rye", kind: str = "post", status: str = "publish",
          password: str = "", by: str = "maya", more: str = "") -> str:  # fmt: skip
    return f"""<item><title><![CDATA[{title}]]></title><link>https://maya.example/{number}/</link>
<pubDate>Mon, 02 Jan 2023 08:00:00 +0000</pubDate><dc:creator><![CDATA[{by}]]></dc:creator>
<guid isPermaLink="false">https://maya.example/?p={number}</guid>
<content:encoded><![CDATA[{content}]]></content:encoded><excerpt:encoded><![CDATA[]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date_gmt><![CDATA[2023-01-02 08:00:00]]></wp:post_date_gmt>
<wp:post_name><![CDATA[rye]]></wp:post_name><wp:status><![CDATA[{status}]]></wp:status>
<wp:post_type><![CDATA[{kind}]]></wp:post_type><wp:post_password><![CDATA[{password}]]></wp:post_password>
<category domain="category" nicename="bread"><![CDATA[Bread]]></category>{more}
<wp:comment><wp:comment_content><![CDATA[{SECRET}]]></wp:comment_content></wp:comment></item>
"""


def wordpress(*entries: str, authors: str = "") -> bytes:
    found = "".join(entries) or "".join(
        [
            entry(1, "<!-- wp:paragraph --><p>Scald the rye.</p><!-- /wp:paragraph --><h2>Why</h2><p>Starch.</p>"),
            entry(2, SECRET, status="draft"),
            entry(3, SECRET, status="private"),
            entry(4, SECRET, password="x"),
            entry(5, SECRET, kind="attachment", status="inherit"),
            entry(6, SECRET, kind="nav_menu_item"),
            entry(7, "About me.", title="About", kind="page"),
        ]
    )
    return (HEAD + (authors or author("maya", "Maya Lin")) + found + TAIL).encode()


# ── YouTube ──────────────────────────────────────────────────────────────────────────────────────

TAKEOUT = "Takeout/YouTube and YouTube Music/"


def takeout() -> dict[str, bytes]:
    return {
        f"{TAKEOUT}video metadata/videos.csv": (
            "Video ID,Approx Duration (ms),Video Audio Language,Video Category,Video Description (Original),Channel ID,"
            "Video Title (Original),Privacy,Video State,Video Create Timestamp,Video Publish Timestamp\n"
            'abcdefghij1,90000,en,Howto,"Full recipe below.\n\nFlour: 500 g",UC1,Demo: part 1,Public,Processed,'
            "2021-01-30T05:26:03+00:00,2021-02-01T10:00:00+00:00\n"
            f"abcdefghij2,90000,,Howto,{SECRET},UC1,{SECRET},Private,Processed,2021-01-30T05:26:03+00:00,\n"
            f"abcdefghij3,90000,,Howto,{SECRET},UC1,{SECRET},Unlisted,Processed,2021-01-30T05:26:03+00:00,\n"
        ).encode(),
        f"{TAKEOUT}subtitles/Demo_ part 1.srt": (
            b"1\n00:00:01,000 --> 00:00:03,000\nHello there,\n\n2\n00:00:03,000 --> 00:00:05,000\nbakers.\n"
        ),
        f"{TAKEOUT}comments/comments.csv": f"Comment ID,Comment Text\n1,{SECRET}\n".encode(),
        f"{TAKEOUT}history/watch-history.html": SECRET.encode(),
        f"{TAKEOUT}playlists/Watch later-videos.csv": f"Video ID\n{SECRET}\n".encode(),
    }


TRANSCRIPT = [
    {"text": "welcome back", "start": 0.5, "duration": 2.0},
    {"text": "today we bake rye.", "start": 2.5, "duration": 2.0},
    {"text": "It&#39;s easy.", "start": 6.0, "duration": 1.5},
]
JSON3 = {
    "wireMagic": "pb3",
    "events": [
        {"tStartMs": 0, "dDurationMs": 5000, "id": 1, "wpWinPosId": 1},
        {"tStartMs": 160, "dDurationMs": 4000, "segs": [{"utf8": "welcome"}, {"utf8": " back.", "tOffsetMs": 300}]},
        {"tStartMs": 2100, "dDurationMs": 2000, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 9000, "dDurationMs": 2000, "segs": [{"utf8": "rye it is."}]},
    ],
}
ABOUT = {
    "id": "abcdefghij1",
    "title": "Rye, the long way",
    "description": "All about rye.\nhttps://maya.example",
    "upload_date": "20230102",
    "webpage_url": "https://www.youtube.com/watch?v=abcdefghij1",
    "formats": [{"url": SECRET}],
    "language": "en",
}
VTT = b"""WEBVTT
Kind: captions
Language: en

00:00:00.000 --> 00:00:02.000 align:start position:0%
welcome<00:00:00.500><c> back.</c>

00:00:04.000 --> 00:00:06.000
Rye it is.
"""


def everything() -> dict[str, Files | bytes]:
    """All samples by the name that the folder, zip or file would have."""
    return {
        "twitter.zip": x(),
        "instagram.zip": instagram(),
        "tiktok.zip": tiktok(),
        "result.json": dumped(
            channel(message(1, "The oven is on."), message(2, ["Read ", {"type": "bold", "text": "this"}]))
        ),
        "account/result.json": dumped(telegram_account()),
        "bread.json": dumped(discord()),
        "mastodon.zip": mastodon(),
        "substack.zip": substack(),
        "site.xml": wordpress(),
        "takeout.zip": takeout(),
        "rye [abcdefghij1].json": dumped(TRANSCRIPT),
        "rye [abcdefghij1].json3": dumped(JSON3),
        "rye.info.json": dumped(ABOUT),
    }
