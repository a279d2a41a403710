"""The commands about limits, budgets and circles of fans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core import commands
from core.budgets import BUDGETS, CENT, Budget, Entry, Spent, begins, ends, share
from core.control import Asked, Rank, Value
from core.controls import Directory, Switchboard
from core.limits import LIMITS, Left, Limit, Rate, Scope, put
from core.meters import Allowances, Ledger, Memberships
from core.model import Answer, Change
from core.tiers import GRANT, ROLES

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=366)
MOST_SHOWN = 20  # models, and circles' limits
_NONE = ("none", "off")  # no circle
_DEFAULT = ("", "default")  # every fan's

_WHOSE: Mapping[Scope, str] = {
    "fan": "one fan",
    "conversation": "one conversation",
    "place": "one server, group or private chat",
    "account": "all who write to one account",
    "avatar": "all who write to this avatar",
    "system": "all avatars of this machine",
}
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))  # with their seconds

_OPERATORS = """That is for whoever runs this machine: it is set by STAGEDOOR_LIMITS__SYSTEM_PER_MINUTE, \
__SYSTEM_TOKENS_PER_DAY and __SYSTEM_MONEY_PER_DAY."""
_ONLY_A_FAN = "A circle of fans has limits of its own for one fan only: `/limits set fan …`."
_NO_CIRCLE = (
    "There is no circle of that name. Those of this avatar: {names}. They are made in avatar.toml, `[[tiers]]`."
)
_WRONG_SPAN = "Please give a time between one second and a year: 1m, 1h, 1d."
_SET = "From the next message on, {limit}."
_LIFTED = "From the next message on, {whose} may use as many {meter} as they like in {period}."
_NOTHING = "Nothing is limited."
_UNPRICED = """
Money is not counted yet: the model's prices are not known. Whoever runs the avatar sets them with \
STAGEDOOR_MODEL__PRICE_PROMPT and STAGEDOOR_MODEL__PRICE_COMPLETION."""

_BUDGET_SET = """From now on this avatar may spend {most} a {per}. At 80 % I tell you, at 90 % replies get shorter, \
and at 100 % I pause until the next {per} begins."""
_BUDGET_GONE = "There is no budget for {meter} a {per} any more."
_UNKNOWN_FAN = "I don't know that fan. Answer one of their messages, or use #12, a mention or an id."
_JOINED = "Done: fan #{fan} is in the circle {tier}{until}."
_LEFT = "Done: fan #{fan} is in no circle by your hand any more. What they have paid for or have by a role stays."
_ROLE_SET = "Done: whoever writes with that role is in the circle {tier}."
_ROLE_GONE = "Done: that role gives no circle any more."


@dataclass(frozen=True, slots=True)
class Quotas:
    """What these commands work with."""

    switchboard: Switchboard
    directory: Directory
    allowances: Allowances
    memberships: Memberships
    ledger: Ledger


async def answer(quotas: Quotas, asked: Asked) -> Answer:
    """Carry one of ``commands.QUOTAS`` out.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    return await _DOES[asked.command.name](quotas, asked)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


async def _show(quotas: Quotas, asked: Asked) -> Answer:
    found = await quotas.allowances.left(asked.avatar, asked.incoming.place, None, now=asked.now)
    lines = [_line(one, asked.now) for one in found]
    controls = await quotas.switchboard.controls(asked.avatar)
    circles = [one for one in LIMITS.of(controls) if one.tier]
    lines += [f"- the circle {one.tier}: {_worded(one)}" for one in circles[:MOST_SHOWN]]
    return Answer("\n".join(lines) or _NOTHING)


def _line(one: Left, now: datetime) -> str:
    if one.limit.scope == "fan":
        return f"- {_worded(one.limit)}"
    if one.lifts_at is not None:
        return f"- {_worded(one.limit)}: used up, again in {_span(one.lifts_at - now)}"
    return f"- {_worded(one.limit)}: {_amount(one.limit.meter, one.units)} left"


async def _set(quotas: Quotas, asked: Asked) -> Answer:
    limit = _asked_for(asked.values)
    if limit.scope == "system":
        return Answer(_OPERATORS, refused=asked.actor.rank < Rank.OPERATOR)
    if not SHORTEST <= limit.rate.period <= LONGEST:
        return Answer(_WRONG_SPAN)
    if limit.tier and limit.scope != "fan":
        return Answer(_ONLY_A_FAN)
    if limit.tier and limit.tier not in asked.persona.circles:
        return Answer(_no_circle(asked))
    before = LIMITS.of(await quotas.switchboard.controls(asked.avatar))
    await quotas.switchboard.set(asked.avatar, LIMITS.name, LIMITS.kept(put(before, limit)))
    change = Change(
        f"limit of {_WHOSE[limit.scope]}", ", ".join(_worded(one) for one in _same(before, limit)), _worded(limit)
    )
    return Answer(_told(limit) + _unpriced(quotas, limit.meter), change=change)


def _asked_for(values: Mapping[str, Value]) -> Limit:
    """The limit that was asked for; money is asked for in cents."""
    meter, count, period = values["what"], values["count"], values["per"]
    assert isinstance(count, int)
    assert isinstance(period, timedelta)
    tier = str(values.get("tier", "")).strip().lower()
    rate = Rate(count * CENT if meter == "money" else count, period)
    return Limit(values["of"], meter, rate, "" if tier in _DEFAULT else tier)  # type: ignore[arg-type] # choices


def _same(limits: Iterable[Limit], new: Limit) -> Sequence[Limit]:
    """Those that a new one takes the place of."""
    return [one for one in limits if replace(one, rate=new.rate) == new and one.rate.period == new.rate.period]


def _told(limit: Limit) -> str:
    circle = f" of the circle {limit.tier}" if limit.tier else ""
    if limit.rate.count:
        return _SET.format(limit=_worded(limit).replace(_WHOSE[limit.scope], _WHOSE[limit.scope] + circle, 1))
    whose = _WHOSE[limit.scope] + circle
    return _LIFTED.format(whose=whose, meter=limit.meter, period=_span(limit.rate.period))


def _worded(limit: Limit) -> str:
    whose = _WHOSE[limit.scope]
    if not limit.rate.count:
        return f"{whose}: as many {limit.meter} as they like in {_span(limit.rate.period)}"
    return f"{whose}: {_amount(limit.meter, limit.rate.count)} in {_span(limit.rate.period)}"


def _amount(meter: str, units: int) -> str:
    if meter == "money":
        return f"{units / 100 / CENT:,.2f} of money"
    return f"{units:,} {meter if units != 1 else meter.removesuffix('s')}"


def _span(length: timedelta) -> str:
    """A length of time in its largest unit, rounded up."""
    seconds = max(-(-length // timedelta(seconds=1)), 1)
    name, size = next(
        unit for unit in _UNITS if seconds >= unit[1] and (seconds % unit[1] == 0 or seconds >= 2 * unit[1])
    )
    count = -(-seconds // size)
    return f"{count} {name}{'s' if count > 1 else ''}"


def _unpriced(quotas: Quotas, meter: str) -> str:
    return _UNPRICED if meter == "money" and not quotas.ledger.priced else ""


# ── budgets and what was spent ───────────────────────────────────────────────────────────────────


async def _usage(quotas: Quotas, asked: Asked) -> Answer:
    month = await quotas.ledger.entries(asked.avatar, since=begins("month", asked.now))
    today = [one for one in month if one.day == asked.now.date()]
    budgets = BUDGETS.of(await quotas.switchboard.controls(asked.avatar))
    lines = [f"**Today**: {_summed(quotas, today)}", f"**This month**: {_summed(quotas, month)}"]
    lines += [f"- {name}: {_summed(quotas, of)}" for name, of in _by_model(month)]
    spent = {"day": _spent(today), "month": _spent(month)}
    lines += [_budget_line(one, spent["day"], spent["month"], asked.now) for one in budgets if one.most]
    return Answer("\n".join(lines))


def _summed(quotas: Quotas, entries: Sequence[Entry]) -> str:
    calls, estimated = sum(one.calls for one in entries), sum(one.estimated for one in entries)
    spent, cached = _spent(entries), sum(one.cached for one in entries)
    parts = [f"{calls:,} call{'' if calls == 1 else 's'}", f"{spent.tokens:,} tokens"]
    if cached:
        parts.append(f"{cached:,} of them from the cache")
    if quotas.ledger.priced:
        parts.append(f"{_amount('money', spent.money)}")
    if estimated:
        parts.append(f"{100 * estimated / calls:.0f} % of the calls estimated")
    return ", ".join(parts)


def _by_model(entries: Sequence[Entry]) -> Sequence[tuple[str, Sequence[Entry]]]:
    names = sorted({(one.purpose, one.model) for one in entries})[:MOST_SHOWN]
    return [
        (
            f"{purpose}, {model or 'unknown model'}",
            [one for one in entries if (one.purpose, one.model) == (purpose, model)],
        )
        for purpose, model in names
    ]


def _spent(entries: Iterable[Entry]) -> Spent:
    listed = list(entries)
    return Spent(sum(one.tokens for one in listed), sum(one.money for one in listed))


def _budget_line(budget: Budget, day: Spent, month: Spent, now: datetime) -> str:
    used = share(budget, day, month)
    left = max(budget.most - round(used * budget.most), 0)
    again = f", again in {_span(ends(budget.per, now) - now)}" if used >= 1 else ""
    most = _amount(budget.meter, budget.most)
    return (
        f"**Budget of the {budget.per}**: {most}, {100 * used:.0f} % spent, {_amount(budget.meter, left)} left{again}"
    )


async def _budget(quotas: Quotas, asked: Asked) -> Answer:
    per, meter, most = asked.values["per"], asked.values["what"], asked.values["most"]
    assert isinstance(most, int)
    new = Budget(per, meter, most * CENT if meter == "money" else most)  # type: ignore[arg-type] # choices
    before = BUDGETS.of(await quotas.switchboard.controls(asked.avatar))
    old = next((one for one in before if one.name == new.name), None)
    kept = (*(one for one in before if one.name != new.name), *([new] if new.most else []))
    await quotas.switchboard.set(asked.avatar, BUDGETS.name, BUDGETS.kept(kept) or None)
    shown = _amount(new.meter, new.most)
    change = Change(f"budget of the {new.per}", _amount(old.meter, old.most) if old else "", shown)
    text = (
        _BUDGET_SET.format(most=shown, per=new.per) if new.most else _BUDGET_GONE.format(meter=new.meter, per=new.per)
    )
    return Answer(text + _unpriced(quotas, new.meter), change=change)


# ── circles of fans ──────────────────────────────────────────────────────────────────────────────


async def _tier(quotas: Quotas, asked: Asked) -> Answer:
    incoming, tier = asked.incoming, str(asked.values["tier"]).strip().lower()
    fan = await quotas.directory.locate(
        asked.avatar,
        incoming.place.account,
        str(asked.values.get("fan", "")),
        place=incoming.place,
        about=incoming.about,
    )
    if fan is None:
        return Answer(_UNKNOWN_FAN)
    before = await quotas.memberships.of(asked.avatar, fan, now=asked.now)
    had = ", ".join(one.tier for one in before if one.source == GRANT)
    if tier in _NONE:
        await quotas.memberships.revoke(asked.avatar, fan, GRANT)
        return Answer(_LEFT.format(fan=fan), change=Change(f"fan #{fan}", had))
    if tier not in asked.persona.circles:
        return Answer(_no_circle(asked))
    span = asked.values.get("for")
    until = asked.now + span if isinstance(span, timedelta) else None
    await quotas.memberships.grant(asked.avatar, fan, tier, GRANT, until)
    told = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    return Answer(_JOINED.format(fan=fan, tier=tier, until=told), change=Change(f"fan #{fan}", had, tier + told))


async def _role(quotas: Quotas, asked: Asked) -> Answer:
    role, tier = str(asked.values["role"]), str(asked.values["tier"]).strip().lower()
    if tier not in (*_NONE, *asked.persona.circles):
        return Answer(_no_circle(asked))
    before = dict(ROLES.of(await quotas.switchboard.controls(asked.avatar)))
    after = {key: name for key, name in before.items() if key != role} | ({} if tier in _NONE else {role: tier})
    await quotas.switchboard.set(asked.avatar, ROLES.name, after or None)
    text = _ROLE_GONE if tier in _NONE else _ROLE_SET.format(tier=tier)
    return Answer(text, change=Change(f"role {role}", before.get(role, ""), after.get(role, "")))


def _no_circle(asked: Asked) -> str:
    return _NO_CIRCLE.format(names=", ".join(asked.persona.circles) or "none yet")


_DOES: Mapping[str, Callable[[Quotas, Asked], Awaitable[Answer]]] = {
    commands.LIMITS.name: _show,
    commands.LIMIT.name: _set,
    commands.USAGE.name: _usage,
    commands.BUDGET.name: _budget,
    commands.TIER.name: _tier,
    commands.TIER_ROLE.name: _role,
}
