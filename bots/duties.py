"""Who carries out each command: the handlers of the table, bound to what they work with."""

from __future__ import annotations

from functools import partial

from adapters import storage
from bots.clock import SystemClock
from core import (
    commands,
    desk,
    drafting,
    moderating,
    quotas,
    reporting,
    review,
    rights,
    sanctioning,
    shop,
    staffing,
    wary,
)
from core.control import Handler
from core.dispatch import Dispatch
from core.handovers import Counter
from core.ports import Clock
from core.quotas import Quotas
from core.reception import Reception
from core.shop import Shop
from core.wish import Rights


def reception(store: storage.Storage) -> Reception:
    """What keeps the desk."""
    return Reception(counter(store))


def counter(store: storage.Storage) -> Counter:
    """What the desk works with."""
    return Counter(store.holds, store.talks, store.drafts, store.outbox, store.switchboard)


def selling(store: storage.Storage) -> Shop:
    """What sells circles of fans."""
    return Shop(store.payments, store.memberships, store.sanctions, SystemClock())


def dispatch(store: storage.Storage, clock: Clock | None = None, *, sells: Shop | None = None) -> Dispatch:
    """What has commands carried out that are not part of a conversation."""
    return Dispatch(
        handlers(store, sells or selling(store)), staff=store.staff, audit=store.audit, clock=clock or SystemClock()
    )


def handlers(store: storage.Storage, sells: Shop) -> dict[str, Handler]:
    """What carries each command out that is not part of a conversation."""
    own = Rights(store.notes, store.forgetting, store.privacy, store.fans, store.links)
    found: dict[str, Handler] = {command.name: partial(rights.answer, own) for command in commands.OWN}
    found[commands.WHY.name] = partial(review.why, store.receipts)
    found[commands.REVISE.name] = partial(review.revise, store.receipts, store.corrections, store.content)
    found[commands.GRANT.name] = partial(staffing.add, store.staff, store.fans)
    found[commands.REVOKE.name] = partial(staffing.remove, store.staff, store.fans)
    found[commands.STAFF.name] = partial(staffing.listed, store.staff)
    found[commands.AUDIT.name] = partial(staffing.acts, store.audit)
    measured = Quotas(store.switchboard, store.fans, store.allowances, store.memberships, store.ledger)
    found |= {command.name: partial(quotas.answer, measured) for command in commands.QUOTAS}
    found |= at_desk(store)
    found[commands.UPGRADE.name] = partial(shop.upgrade, sells)
    found[commands.SUPPORT.name] = partial(
        shop.support, sells, shop.Help(store.cases, store.fans, store.switchboard, store.outbox)
    )
    found[commands.REFUND.name] = partial(shop.refund, sells)
    found[commands.CRISIS.name] = partial(wary.crisis, store.switchboard)
    found |= moderation(store)
    return found


def at_desk(store: storage.Storage) -> dict[str, Handler]:
    """What carries out the commands of those at the desk."""
    at = counter(store)
    return {
        commands.TAKE.name: partial(desk.take, at, store.fans),
        commands.RELEASE.name: partial(desk.release, at, store.fans),
        commands.DISMISS.name: partial(desk.dismiss, at, store.fans),
        commands.TALKS.name: partial(desk.talks, at),
        commands.DESK.name: partial(desk.desk, at),
        commands.HOURS.name: partial(desk.hours, at),
        commands.AUTONOMY.name: partial(drafting.dial, at),
        commands.DRAFTS.name: partial(drafting.drafts, at),
        commands.SEND.name: partial(drafting.send, at),
        commands.EDIT.name: partial(drafting.edit, at),
        commands.DISCARD.name: partial(drafting.discard, at),
    }


def moderation(store: storage.Storage) -> dict[str, Handler]:
    """What keeps order."""
    desk = moderating.Desk(store.switchboard, store.sanctions, store.doors)
    bench = sanctioning.Bench(store.fans, store.sanctions, store.cases, store.outbox)
    office = reporting.Office(store.cases, store.fans, store.switchboard, store.outbox)
    return {
        commands.PAUSE.name: partial(moderating.pause, desk),
        commands.RESUME.name: partial(moderating.resume, desk),
        commands.STATUS.name: partial(moderating.status, desk),
        commands.ANSWERS.name: partial(moderating.answers, desk),
        commands.DMS.name: partial(moderating.dms, desk),
        commands.SLOW.name: partial(moderating.slow, desk),
        commands.QUIET.name: partial(moderating.quiet, desk),
        commands.WORDS.name: partial(moderating.words, desk),
        commands.BLOCK.name: partial(moderating.block, desk),
        commands.UNBLOCK.name: partial(moderating.allow, desk),
        commands.WARN.name: partial(sanctioning.warn, bench),
        commands.MUTE.name: partial(sanctioning.mute, bench),
        commands.UNMUTE.name: partial(sanctioning.unmute, bench),
        commands.BAN.name: partial(sanctioning.ban, bench),
        commands.UNBAN.name: partial(sanctioning.unban, bench),
        commands.NOTE.name: partial(sanctioning.note, bench),
        commands.HISTORY.name: partial(sanctioning.history, bench),
        commands.REPORT.name: partial(reporting.report, office),
        commands.CASES.name: partial(reporting.cases, office),
        commands.CASE.name: partial(reporting.show, office),
        commands.CLOSE.name: partial(reporting.close, office),
    }
