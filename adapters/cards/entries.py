"""One lorebook entry of a card: as Stagedoor has it, and what was changed back in the card.

Much of what an entry can say has no field in the specifications and stands in its ``extensions``, as SillyTavern
writes them and others read them. Decorators outrank extensions, and these the fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.cards import decorators
from adapters.cards.decorators import Chain
from core.keys import FORM
from core.lore import Entry

LOGIC = ("any", "not all", "not any", "all")  # as the extension counts them
AT_DEPTH, USUAL_DEPTH = 4, 4  # the extension's position that means a depth, and the depth if none is given
MOST_DEPTH, MOST_WEIGHT = 1000, 10**9

# What says a field besides the field itself: when it changes, these go.
DECORATED: Mapping[str, frozenset[str]] = {
    "constant": frozenset({"activate", "constant"}),
    "enabled": frozenset({"dont_activate", "activate"}),
    "priority": frozenset({"ignore_on_max_context"}),
    "probability": frozenset({"activate"}),
    "position": frozenset({"position", "depth"}),
    "depth": frozenset({"position", "depth"}),
    "scan_depth": frozenset({"scan_depth"}),
    "secondary_keys": frozenset({"additional_keys"}),
    "logic": frozenset({"additional_keys"}),
    "exclude_keys": frozenset({"exclude_keys"}),
    "after_replies": frozenset({"activate_only_after", "activate"}),
    "every_replies": frozenset({"activate_only_every", "activate"}),
    "after_match": frozenset({"keep_activate_after_match", "dont_activate_after_match"}),
}
PAIRS = ({"position", "depth"}, {"secondary_keys", "logic"})  # one place says both
AFTER_MATCH = {"again": "", "stay": "@@keep_activate_after_match", "never": "@@dont_activate_after_match"}
READ = {  # fields and extensions that are used, or that are for people
    *(
        "keys",
        "secondary_keys",
        "content",
        "constant",
        "enabled",
        "selective",
        "insertion_order",
        "priority",
        "position",
    ),
    *("case_sensitive", "use_regex", "name", "comment", "id", "extensions", "depth", "probability", "useProbability"),
    *("match_whole_words", "selectiveLogic", "exclude_recursion", "prevent_recursion", "delay_until_recursion"),
    *("scan_depth", "display_index"),
}
BLANK: Mapping[str, Any] = {
    "keys": [],
    "content": "",
    "extensions": {},
    "enabled": True,
    "insertion_order": 100,
    "use_regex": False,
    "case_sensitive": False,
    "constant": False,
}


def fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says besides its name, keys, content and decorators, as fields of a core.lore.Entry."""
    own = entry.get("extensions")
    extensions = own if isinstance(own, dict) else {}
    at_depth = extensions.get("position") == AT_DEPTH
    logic = extensions.get("selectiveLogic")
    return {
        "constant": entry.get("constant") is True,
        "enabled": entry.get("enabled") is not False,
        "order": _whole(entry.get("insertion_order"), -MOST_WEIGHT, MOST_WEIGHT, default=100),
        "priority": _whole(entry.get("priority"), -MOST_WEIGHT, MOST_WEIGHT),
        "position": "before" if entry.get("position") == "before_char" or _is(extensions, "position", 0) else "after",
        "depth": _whole(extensions.get("depth"), 0, MOST_DEPTH, default=USUAL_DEPTH) if at_depth else None,
        "scan_depth": _whole(extensions.get("scan_depth"), 0, MOST_DEPTH),
        "probability": 100
        if extensions.get("useProbability") is False
        else _whole(extensions.get("probability"), 0, 100, default=100),
        "logic": LOGIC[logic] if isinstance(logic, int) and 0 <= logic < len(LOGIC) else "any",
        "case_sensitive": entry.get("case_sensitive") is True or extensions.get("case_sensitive") is True,
        "whole_words": extensions.get("match_whole_words") is not False,
        "triggered_by": "entries"
        if extensions.get("delay_until_recursion")
        else "messages"
        if extensions.get("exclude_recursion")
        else "anything",
        "triggers_others": not extensions.get("prevent_recursion"),
    }


def unused(entry: Mapping[str, Any]) -> set[str]:
    """Names of fields and extensions that say something and are not used."""
    extensions = entry.get("extensions")
    both = {**entry, **(extensions if isinstance(extensions, dict) else {})}
    return {name for name, value in both.items() if value and name not in READ}


def rewritten(original: Mapping[str, Any] | None, before: Entry | None, now: Entry) -> Mapping[str, Any]:
    """An entry of a card with what its creator has changed since.

    Args:
        original: The entry as the card has it; None: it is new.
        before: What the import made of it; None: it is new.
        now: What the ``lorebook.toml`` says today.
    """
    if original is None or before is None:
        entry, changed = {**BLANK}, set(now.model_dump(exclude={"card"}, exclude_defaults=True))
    else:
        old = before.model_dump()
        changed = {name for name, value in now.model_dump(exclude={"card"}).items() if value != old[name]}
        entry = {**original}
    if not changed:
        return entry
    chains, content = decorators.parted(str(entry.get("content") or ""))
    kept, changed = _kept(chains, changed)
    own = entry.get("extensions")
    entry |= _plain(entry, changed, now)
    entry["extensions"] = {**(own if isinstance(own, dict) else {}), **_extended(changed, now)}
    if changed & {"content", *DECORATED}:
        said = now.content if "content" in changed else content
        entry["content"] = decorators.joined([*kept, *_decorators(changed, now)], said)
    return {name: value for name, value in entry.items() if name != "priority" or value is not None}


def _kept(chains: Sequence[Chain], changed: set[str]) -> tuple[Sequence[Chain], set[str]]:
    """The decorators that still hold, and the fields to be written: also those that a dropped decorator spoke of."""
    while True:
        names = frozenset().union(*(DECORATED.get(name, ()) for name in changed))
        kept = decorators.without(chains, names)
        dropped = [chain for chain in chains if chain not in kept]
        more = {*changed, *decorators.read(dropped).fields}
        more |= {name for pair in PAIRS if more & pair for name in pair}
        if more == changed:
            return kept, changed
        changed = more


def _plain(entry: Mapping[str, Any], changed: set[str], now: Entry) -> dict[str, Any]:
    """The entry's own fields."""
    fields: dict[str, Any] = {}
    if "keys" in changed:
        fields |= {"keys": [*now.keys], "use_regex": all(FORM.fullmatch(key) for key in now.keys) and bool(now.keys)}
    if changed & {"name", "comment"}:
        fields["name"] = now.name
        fields |= {"comment": now.comment} if now.comment or entry.get("comment") else {}
    if changed & {"secondary_keys", "logic"}:
        fields |= {"secondary_keys": [*now.secondary_keys], "selective": bool(now.secondary_keys)}
    if "position" in changed:
        fields["position"] = f"{now.position}_char"
    named = {"constant": "constant", "enabled": "enabled", "order": "insertion_order", "priority": "priority"}
    named["case_sensitive"] = "case_sensitive"
    return fields | {named[name]: getattr(now, name) for name in named if name in changed}


def _extended(changed: set[str], now: Entry) -> dict[str, Any]:
    """What stands in extensions."""
    said: Mapping[str, dict[str, Any]] = {
        "position": {"position": 0 if now.position == "before" else 1},  # a depth is a decorator
        "scan_depth": {"scan_depth": now.scan_depth},
        "probability": {"probability": now.probability, "useProbability": True},
        "logic": {"selectiveLogic": LOGIC.index(now.logic)},
        "case_sensitive": {"case_sensitive": now.case_sensitive},
        "whole_words": {"match_whole_words": now.whole_words},
        "triggered_by": {
            "exclude_recursion": now.triggered_by == "messages",
            "delay_until_recursion": now.triggered_by == "entries",
        },
        "triggers_others": {"prevent_recursion": not now.triggers_others},
    }
    return {key: value for name in said if name in changed for key, value in said[name].items()}


def _decorators(changed: set[str], now: Entry) -> Sequence[Chain]:
    """What has a place in decorators only."""
    said = {
        "depth": "" if now.depth is None else f"@@depth {now.depth}",
        "scan_depth": "" if now.scan_depth is None else f"@@scan_depth {now.scan_depth}",
        "exclude_keys": f"@@exclude_keys {decorators.listed(now.exclude_keys)}" if now.exclude_keys else "",
        "after_replies": f"@@activate_only_after {now.after_replies}" if now.after_replies else "",
        "every_replies": f"@@activate_only_every {now.every_replies}" if now.every_replies > 1 else "",
        "after_match": AFTER_MATCH[now.after_match],
    }
    return [(line,) for name, line in said.items() if name in changed and line]


def _is(extensions: Mapping[str, Any], name: str, value: int) -> bool:
    found = extensions.get(name)
    return isinstance(found, int) and not isinstance(found, bool) and found == value


def _whole(value: Any, least: int, most: int, *, default: int | None = None) -> int | None:
    """A number of the card as a whole one within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(min(max(value, least), most))
