"""Inline keyboards as the Bot API takes them."""

from __future__ import annotations

from tests.worlds.telegram_state import ApiError, Payload

MAX_CARRIED = 64  # bytes
_STYLES = frozenset(("danger", "success", "primary"))
_DOES = frozenset(("callback_data", "url", "pay"))  # of what a button may do, as much as is used


def checked_keyboard(params: Payload) -> Payload | None:
    """The keyboard of a call, or None.

    Raises:
        ApiError: As Telegram refuses it.
    """
    markup = params.get("reply_markup")
    if not markup or not markup.get("inline_keyboard"):
        return None
    for button in (button for row in markup["inline_keyboard"] for button in row):
        if not button.get("text"):
            raise ApiError(400, 'Bad Request: can\'t parse inline keyboard button: field "text" must be non-empty')
        if len(_DOES & button.keys()) != 1:
            raise ApiError(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if not 1 <= len(button.get("callback_data", "x").encode()) <= MAX_CARRIED:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if button.get("style", "primary") not in _STYLES:
            raise ApiError(400, "Bad Request: invalid button style specified")
    return dict(markup)
