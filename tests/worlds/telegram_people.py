"""The people and groups of the fake Telegram, and what they do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.worlds.telegram_state import Chat, Message, Payload, Press, detected, now

if TYPE_CHECKING:
    from tests.worlds.telegram import FakeTelegram

OWNER_ID = 900_001  # of every business account here


class Person:
    """Somebody with a private chat with the bot."""

    def __init__(self, world: FakeTelegram, user_id: int, name: str, language: str, *, started: bool) -> None:
        first, _, last = name.partition(" ")
        self.id = user_id
        self.payload: Payload = {"id": user_id, "is_bot": False, "first_name": first, "language_code": language}
        if last:
            self.payload["last_name"] = last
        self._world = world
        self._private: Payload = {"id": user_id, "type": "private", "first_name": first}
        world.people.append(self.payload)
        self.chat = Chat(user_id, self._private, world.message_ids, started=started)
        world.chats[user_id, ""] = self.chat

    def says(
        self,
        text: str,
        *,
        at: Group | None = None,
        thread: int | None = None,
        reply_to: Message | None = None,
        business: str = "",
        **extra: object,
    ) -> Message:
        """Write a message, in private unless told where; ``extra`` are fields of the payload as it is delivered."""
        content: Payload = {"text": text, "entities": detected(text)} if text else {}
        return self._post(content | extra, at=at, thread=thread, reply_to=reply_to, business=business)

    def sends(self, kind: str, content: object, *, caption: str = "", at: Group | None = None) -> Message:
        """Send something that is no text: ``sends("sticker", {…})``."""
        payload: Payload = {kind: content}
        if caption:
            payload |= {"caption": caption, "caption_entities": detected(caption)}
        return self._post(payload, at=at)

    def edits(self, message: Message, text: str) -> None:
        """Change a message sent before."""
        message.payload = {**message.payload, "text": text, "entities": detected(text), "edit_date": now()}
        self._world.show(message)
        kind = "edited_business_message" if message.chat.business else "edited_message"
        self._world.updates.add(kind, message.payload)

    def deletes(self, message: Message) -> None:
        """Delete a message; bots hear of it in business chats only."""
        message.deleted = True
        if message.chat.business:
            self._world.updates.add(
                "deleted_business_messages",
                {
                    "business_connection_id": message.chat.business,
                    "chat": message.chat.payload,
                    "message_ids": [message.id],
                },
            )

    def presses(self, message: Message, label: str) -> Press:
        """Press the button of this label."""
        found = [button for button in message.buttons if button["text"] == label]
        assert found, f"no button {label!r} among {[button['text'] for button in message.buttons]}"
        return self.forges(message, found[0]["callback_data"])

    def forges(self, message: Message | None, data: str, *, inaccessible: bool = False) -> Press:
        """Send a press with any data, as a changed program can."""
        press = self._world.press()
        query: Payload = {"id": press.id, "from": self.payload, "chat_instance": "1", "data": data}
        if message is not None:
            hidden = {"chat": message.chat.payload, "message_id": message.id, "date": 0}
            query["message"] = hidden if inaccessible else message.payload
        self._world.updates.add("callback_query", query)
        return press

    def blocks(self) -> None:
        """Block the bot."""
        self.chat.refusal = (403, "Forbidden: bot was blocked by the user")

    def unblocks(self) -> None:
        """Let the bot write again."""
        self.chat.refusal = None

    def writes_to_business(self, connection: str = "bc1") -> Chat:
        """Open the chat with a business account that the bot answers for."""
        self._world.connect(connection)
        chat = Chat(self.id, self._private, self._world.message_ids, business=connection)
        return self._world.chats.setdefault((self.id, connection), chat)

    def _post(
        self,
        content: Payload,
        *,
        at: Group | None = None,
        thread: int | None = None,
        reply_to: Message | None = None,
        business: str = "",
    ) -> Message:
        chat = self.writes_to_business(business) if business else at.chat if at else self.chat
        chat.started = True
        if thread:
            content |= {"message_thread_id": thread, "is_topic_message": True}
        if reply_to:
            content["reply_to_message"] = {k: v for k, v in reply_to.payload.items() if k != "reply_to_message"}
        message = self._world.post(chat, self.payload, content)
        if not at or not self._world.privacy or self._is_for_bot(message):
            self._world.updates.add("business_message" if business else "message", message.payload)
        return message

    def _is_for_bot(self, message: Message) -> bool:
        """What a bot in privacy mode gets to see of a group."""
        if (message.payload.get("reply_to_message") or {}).get("from", {}).get("id") == self._world.me["id"]:
            return True
        return message.text.startswith("/") or f"@{self._world.me['username']}" in message.text


class Group:
    """A group or supergroup with the bot in it."""

    def __init__(self, world: FakeTelegram, chat_id: int, title: str, *, forum: bool) -> None:
        kind = "supergroup" if chat_id < -1_000_000_000_000 else "group"
        payload: Payload = {"id": chat_id, "type": kind, "title": title}
        if forum:
            payload["is_forum"] = True
        self.id = chat_id
        self._world = world
        self.chat = Chat(chat_id, payload, itertools.count(1) if kind == "supergroup" else world.message_ids)
        world.chats[chat_id, ""] = self.chat

    def topic(self, name: str) -> int:
        """Open a topic; its id."""
        thread = next(self.chat.ids)
        self.chat.topics[thread] = name
        return thread

    def closes_topic(self, thread: int) -> None:
        """Delete a topic."""
        del self.chat.topics[thread]

    def promotes(self, person: Person) -> None:
        """Make somebody an administrator."""
        self.chat.administrators.add(person.id)

    def demotes(self, person: Person) -> None:
        """Let somebody be an administrator no longer."""
        self.chat.administrators.discard(person.id)

    def kicks(self) -> None:
        """Remove the bot."""
        self.chat.refusal = (403, "Forbidden: bot was kicked from the supergroup chat")

    def becomes_supergroup(self) -> Group:
        """Upgrade: the old id forwards to the new one in refusals only."""
        new = Group(self._world, self.id - 1_000_000_000_000, self.chat.payload["title"], forum=False)
        self.chat.migrated_to = new.id
        return new
