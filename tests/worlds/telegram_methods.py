"""The Bot API's methods, with the refusals of the real ones."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp.web import FileField

from tests.worlds.telegram_keyboards import checked_keyboard
from tests.worlds.telegram_money import Money
from tests.worlds.telegram_state import ApiError, Chat, Draft, Message, Payload, now, units

if TYPE_CHECKING:
    from tests.worlds.telegram import FakeTelegram

TEXT_LIMIT = 4096
ADMINISTRATORS_RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    "can_delete_stories",
)
PRESS_LASTS = 15.0  # seconds in which a press may be answered
MAX_TOAST = 200
DOCUMENT_LIMIT = 50_000_000  # bytes
MAX_ENTITIES = 100
MAX_COMMANDS, MAX_DESCRIPTION = 100, 256
_SPANS = frozenset(
    (
        *("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "text_mention"),
        *("blockquote", "expandable_blockquote", "custom_emoji", "mention", "url", "hashtag", "bot_command", "email"),
    )
)
_NESTED = frozenset(
    (
        *("entities", "reply_parameters", "allowed_updates", "commands", "link_preview_options"),
        *("reply_markup", "prices", "show_alert", "ok", "subscription_period"),
        *("chat_id", "draft_id", "limit", "message_id", "message_thread_id", "offset", "scope", "timeout", "user_id"),
    )
)


def nested(params: Payload) -> Payload:
    """Parameters as JSON has them: forms and query strings carry numbers, lists and objects as text."""
    return {
        name: json.loads(value) if name in _NESTED and isinstance(value, str) else value
        for name, value in params.items()
    }


class Methods:
    """One method of the Bot API per method; each takes the parameters and returns the result."""

    def __init__(self, world: FakeTelegram) -> None:
        self._world = world
        self._table: dict[str, Callable[[Payload], Awaitable[Any]]] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "setmycommands": self._set_my_commands,
            "getmycommands": self._get_my_commands,
            "getchatmember": self._get_chat_member,
            "sendmessage": self._send_message,
            "senddocument": self._send_document,
            "sendmessagedraft": self._send_message_draft,
            "editmessagetext": self._edit_message_text,
            "deletemessage": self._delete_message,
            "sendchataction": self._send_chat_action,
            "editmessagereplymarkup": self._edit_message_reply_markup,
            "answercallbackquery": self._answer_callback_query,
            "createforumtopic": self._create_forum_topic,
            "getbusinessconnection": self._get_business_connection,
            **Money(world).table,
        }

    async def call(self, method: str, params: Payload) -> Any:
        """Carry out one call.

        Raises:
            ApiError: As Telegram would refuse it.
        """
        action = self._table.get(method.lower())
        if action is None:
            raise ApiError(404, "Not Found: method not found")
        return await action(params)

    # ── the bot itself ───────────────────────────────────────────────────────────────────────────

    async def _get_me(self, _: Payload) -> Payload:
        return {
            **self._world.me,
            "can_join_groups": True,
            "can_read_all_group_messages": not self._world.privacy,
            "supports_inline_queries": False,
            "can_connect_to_business": True,
            "has_main_web_app": False,
        }

    async def _get_updates(self, params: Payload) -> list[Payload]:
        if self._world.webhook.url:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._world.updates.allow(params.get("allowed_updates"))
        return await self._world.updates.poll(
            offset=int(params.get("offset", 0)),
            limit=min(100, max(1, int(params.get("limit", 100)))),
            timeout=float(params.get("timeout", 0)),
        )

    async def _set_webhook(self, params: Payload) -> bool:
        self._world.updates.allow(params.get("allowed_updates"))
        if _true(params.get("drop_pending_updates")):
            self._world.updates.confirm(2**62)
        self._world.deliver_to(str(params.get("url", "")), str(params.get("secret_token", "")))
        return True

    async def _delete_webhook(self, params: Payload) -> bool:
        return await self._set_webhook({"drop_pending_updates": params.get("drop_pending_updates")})

    async def _get_webhook_info(self, _: Payload) -> Payload:
        state = self._world.webhook
        answer: Payload = {
            "url": state.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._world.updates.pending),
        }
        if state.last_error:
            answer |= {"last_error_date": state.last_error_at, "last_error_message": state.last_error}
        return answer

    async def _set_my_commands(self, params: Payload) -> bool:
        scope = params.get("scope") or {}
        if "chat_id" in scope:
            self._chat(scope)
        _check_menu(params["commands"])
        self._world.menus[_scope(params)] = params["commands"]
        self._world.changed()
        return True

    async def _get_my_commands(self, params: Payload) -> list[Payload]:
        return self._world.menus.get(_scope(params), [])

    async def _get_chat_member(self, params: Payload) -> Payload:
        chat = self._chat(params)
        person = next((one for one in self._world.people if one["id"] == int(params["user_id"])), None)
        if person is None:
            raise ApiError(400, "Bad Request: invalid user_id specified")
        if chat.owner == person["id"]:
            return {"status": "creator", "user": person, "is_anonymous": False}
        if person["id"] not in chat.administrators:
            return {"status": "member", "user": person}
        rights = dict.fromkeys(ADMINISTRATORS_RIGHTS, False)
        return {"status": "administrator", "user": person, "can_be_edited": False, "is_anonymous": False, **rights}

    # ── messages ─────────────────────────────────────────────────────────────────────────────────

    async def _send_message(self, params: Payload) -> Payload:
        chat = self._chat(params)
        text, entities = _text(params, too_long="message is too long")
        extra: Payload = {"text": text}
        if entities:
            extra["entities"] = entities
        if thread := self._thread(chat, params):
            extra |= {"message_thread_id": thread, "is_topic_message": True}
        if origin := _origin(chat, params):
            extra["reply_to_message"] = {k: v for k, v in origin.payload.items() if k != "reply_to_message"}
        if keyboard := checked_keyboard(params):
            extra["reply_markup"] = keyboard
        return self._world.post(chat, self._world.me, extra, by_bot=True).payload

    async def _send_document(self, params: Payload) -> Payload:
        chat, upload = self._chat(params), params.get("document")
        if not isinstance(upload, FileField):
            raise ApiError(400, "Bad Request: there is no document in the request")
        content = upload.file.read()
        if len(content) > DOCUMENT_LIMIT:
            raise ApiError(413, "Request Entity Too Large")
        described = {
            "file_id": f"file-{upload.filename}",
            "file_unique_id": upload.filename,
            "file_name": upload.filename,
            "mime_type": upload.content_type,
            "file_size": len(content),
        }
        self._world.documents[upload.filename] = content
        return self._world.post(chat, self._world.me, {"document": described}, by_bot=True).payload

    async def _send_message_draft(self, params: Payload) -> bool:
        chat = self._chat(params)
        if chat.id < 0 or params.get("business_connection_id"):
            raise ApiError(400, "Bad Request: message drafts can be sent only to private chats")
        if not int(params.get("draft_id", 0)):
            raise ApiError(400, "Bad Request: draft_id must be non-zero")
        text, entities = "", list[Payload]()
        if str(params.get("text") or "").strip():
            text, entities = _text(params, too_long="message is too long")
        chat.drafts.append(Draft(int(params["draft_id"]), text, time.monotonic(), entities, self._thread(chat, params)))
        self._world.changed()
        return True

    async def _edit_message_text(self, params: Payload) -> Payload:
        chat = self._chat(params)
        message = chat.messages.get(int(params["message_id"]))
        if message is None or message.deleted:
            raise ApiError(400, "Bad Request: message to edit not found")
        if not message.by_bot:
            raise ApiError(400, "Bad Request: message can't be edited")
        text, entities = _text(params, too_long="MESSAGE_TOO_LONG")
        keyboard = checked_keyboard(params)
        if (text, entities, keyboard) == (message.text, message.entities, message.payload.get("reply_markup")):
            raise ApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        message.payload |= {"text": text, "entities": entities, "edit_date": now()}
        message.markup(keyboard)
        self._world.show(message)
        return message.payload

    async def _edit_message_reply_markup(self, params: Payload) -> Payload:
        message = self._chat(params).messages.get(int(params["message_id"]))
        if message is None or message.deleted:
            raise ApiError(400, "Bad Request: message to edit not found")
        keyboard = checked_keyboard(params)
        if keyboard == message.payload.get("reply_markup"):
            raise ApiError(400, "Bad Request: message is not modified: specified new message content and reply markup")
        message.markup(keyboard)
        self._world.changed()
        return message.payload

    async def _delete_message(self, params: Payload) -> bool:
        message = self._chat(params).messages.get(int(params["message_id"]))
        if message is None or message.deleted:
            raise ApiError(400, "Bad Request: message to delete not found")
        message.deleted = True
        self._world.changed()
        return True

    async def _send_chat_action(self, params: Payload) -> bool:
        chat = self._chat(params)
        self._thread(chat, params)
        return True

    async def _answer_callback_query(self, params: Payload) -> bool:
        press = self._world.presses.get(str(params.get("callback_query_id")))
        if press is None or press.answered or time.monotonic() - press.at > PRESS_LASTS:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        text, url = str(params.get("text") or ""), str(params.get("url") or "")
        if len(text) > MAX_TOAST:
            raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        if url and not url.startswith(f"https://t.me/{self._world.me['username']}?start="):
            raise ApiError(400, "Bad Request: URL_INVALID")
        press.answered, press.text, press.alert, press.url = True, text, _true(params.get("show_alert")), url
        press.took = time.monotonic() - press.at
        self._world.changed()
        return True

    async def _create_forum_topic(self, params: Payload) -> Payload:
        chat = self._chat(params)
        if not chat.payload.get("is_forum"):
            raise ApiError(400, "Bad Request: the chat is not a forum")
        thread = next(chat.ids)
        chat.topics[thread] = str(params["name"])
        return {"message_thread_id": thread, "name": params["name"], "icon_color": 7322096}

    async def _get_business_connection(self, params: Payload) -> Payload:
        connection = self._world.connections.get(str(params["business_connection_id"]))
        if connection is None:
            raise ApiError(400, "Bad Request: business connection not found")
        return connection

    def _chat(self, params: Payload) -> Chat:
        business = str(params.get("business_connection_id") or "")
        if business and business not in self._world.connections:
            raise ApiError(400, "Bad Request: business connection not found")
        if business and not self._world.connections[business]["is_enabled"]:
            raise ApiError(400, "Bad Request: BUSINESS_CONNECTION_INVALID")
        if business and not self._world.connections[business]["rights"].get("can_reply"):
            raise ApiError(400, "Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED")
        chat = self._world.chats.get((int(params["chat_id"]), business))
        if chat is None:
            raise ApiError(400, "Bad Request: chat not found")
        if chat.migrated_to:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        if business and chat.quiet_for_a_day:
            raise ApiError(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING")
        if not chat.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        if chat.refusal:
            raise ApiError(*chat.refusal)
        return chat

    def _thread(self, chat: Chat, params: Payload) -> int | None:
        thread = int(params.get("message_thread_id") or 0)
        if thread and thread not in chat.topics:
            raise ApiError(400, "Bad Request: message thread not found")
        return thread or None


def _scope(params: Payload) -> str:
    scope = params.get("scope") or {"type": "default"}
    return f"{scope['type']} {scope['chat_id']}" if "chat_id" in scope else str(scope["type"])


def _check_menu(commands: list[Payload]) -> None:
    if len(commands) > MAX_COMMANDS:
        raise ApiError(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not re.fullmatch("[a-z0-9_]{1,32}", one["command"]):
            raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(one["description"]) <= MAX_DESCRIPTION:
            raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")


def _origin(chat: Chat, params: Payload) -> Message | None:
    reply = params.get("reply_parameters")
    if not reply:
        return None
    message = chat.messages.get(int(reply["message_id"]))
    if message is not None and not message.deleted:
        return message
    if not _true(reply.get("allow_sending_without_reply")):
        raise ApiError(400, "Bad Request: message to be replied not found")
    return None


def _text(params: Payload, *, too_long: str) -> tuple[str, list[Payload]]:
    """Text and entities as they will be shown: checked, then trimmed as Telegram trims."""
    text = str(params.get("text") or "")
    entities = list(params.get("entities") or [])
    if params.get("parse_mode"):
        _check_markup(text, str(params["parse_mode"]))
    for entity in entities:
        _check(entity, text)
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    if not text:
        raise ApiError(400, "Bad Request: message text is empty")
    if units(text) > TEXT_LIMIT:
        raise ApiError(400, f"Bad Request: {too_long}")
    return text, [{**entity, "offset": max(0, entity["offset"] - lead)} for entity in entities[:MAX_ENTITIES]]


def _check(entity: Payload, text: str) -> None:
    encoded = text.encode("utf-16-le", "surrogatepass")
    start, end = int(entity["offset"]), int(entity["offset"]) + int(entity["length"])
    at = len(encoded[: 2 * max(start, 0)].decode("utf-16-le", "replace").encode())
    if entity["type"] not in _SPANS or (entity["type"] == "text_link" and not entity.get("url")):
        raise ApiError(400, f"Bad Request: can't parse entities: unsupported entity at byte offset {at}")
    if start < 0 or end <= start or 2 * end > len(encoded):
        raise ApiError(400, f"Bad Request: can't parse entities: entity out of the text at byte offset {at}")
    for edge in (start, end):
        if encoded[2 * edge + 1 : 2 * edge + 2] and 0xDC <= encoded[2 * edge + 1] <= 0xDF:
            raise ApiError(400, f"Bad Request: can't parse entities: entity splits a character at byte offset {at}")


def _check_markup(text: str, mode: str) -> None:
    """Enough of a parser to refuse what the real one refuses most often."""
    marks = ("<b>", "</b>") if mode.upper() == "HTML" else ("*", "*")
    if mode == "MarkdownV2":
        for offset, char in enumerate(text):
            if char in ".!-=+#{}()>|" and text[max(0, offset - 1)] != "\\":
                raise ApiError(
                    400,
                    f"Bad Request: can't parse entities: Character '{char}' is reserved and must be escaped with the "
                    "preceding '\\'",
                )
    if (text.count(marks[0]) % 2) if marks[0] == marks[1] else text.count(marks[0]) != text.count(marks[1]):
        at = len(text[: text.rfind(marks[0])].encode())
        raise ApiError(
            400, f"Bad Request: can't parse entities: Can't find end of the entity starting at byte offset {at}"
        )


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
