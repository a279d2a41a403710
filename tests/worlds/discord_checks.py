"""What a small Discord takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence

from tests.worlds.discord_things import Interaction, Payload

PREMIUM = 6  # style of a button


class Refusal(Exception):
    """Discord's answer when it does not do what was asked."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def check_text(content: str | None) -> None:
    """A message's text."""
    if not content or not content.strip():
        raise Refusal(400, 50006, "Cannot send an empty message")
    if len(content) > 2000:
        raise Refusal(400, 50035, "Invalid Form Body: Must be 2000 or fewer in length.")


def checked_components(body: Payload, standing: Sequence[Payload] = ()) -> list[Payload]:
    """The components of a message, as Discord takes them; those that stand, where none are told."""
    rows: list[Payload] = list(standing) if "components" not in body else body["components"] or []
    buttons = [button for row in rows for button in row["components"]]
    ids = [button["custom_id"] for button in buttons if button["style"] != PREMIUM]
    wrong = (
        len(rows) > 5
        or any(not 1 <= len(row["components"]) <= 5 for row in rows)
        or len(set(ids)) < len(ids)
        or any(not 1 <= len(one) <= 100 for one in ids)
        or any(len(button.get("label") or "") > 80 for button in buttons)
        or any("sku_id" not in button for button in buttons if button["style"] == PREMIUM)
    )
    if wrong:
        raise Refusal(400, 50035, "Invalid Form Body: components")
    return rows


def check_pressed(interaction: Interaction) -> None:
    """Only the message of a press can be changed by an answer."""
    if interaction.pressed is None:
        raise Refusal(400, 50035, "Invalid Form Body: type")


def check_form(form: Payload) -> None:
    """A modal."""
    if not 1 <= len(form["title"]) <= 45 or not 1 <= len(form["custom_id"]) <= 100:
        raise Refusal(400, 50035, "Invalid Form Body: title or custom_id")
    for row in form["components"]:
        field = row["component"]
        if len(row["label"]) > 45 or len(field.get("value") or "") > (field.get("max_length") or 4000) > 4000:
            raise Refusal(400, 50035, "Invalid Form Body: components")
