"""Every payment is kept once, with what it gives, on every database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.model import AvatarId
from core.payments import Order, Payment
from tests.contract.conftest import ACCOUNT, NOON, Talk

MAYA, ZOE = AvatarId("maya"), AvatarId("zoe")
MONTH = timedelta(days=30)
PAID = Payment("charge1", "ann", "Ann", Order("tier/supporters/250/30", "XTR", 250), NOON)


async def test_a_payment_makes_a_fan_of_who_never_wrote(talk: Talk) -> None:
    bought, new = await talk.storage.payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert new
    assert bought is not None
    assert bought.fan == await talk.storage.fans.find(MAYA, ACCOUNT, "ann")
    assert (bought.charge, bought.amount, bought.currency, bought.person) == ("charge1", 250, "XTR", "ann")
    assert (bought.until, bought.renews, bought.refunded_at) == (NOON + MONTH, False, None)
    assert await talk.storage.payments.find(MAYA, bought.number) == bought


async def test_who_has_written_stays_the_same_fan(talk: Talk) -> None:
    await talk.says("hi")
    fan = await talk.storage.fans.find(MAYA, ACCOUNT, "ann")
    bought, _ = await talk.storage.payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert bought is not None
    assert bought.fan == fan


async def test_a_charge_is_kept_once_however_often_and_at_once_it_is_told(talk: Talk) -> None:
    add = talk.storage.payments.add
    told = await asyncio.gather(*(add(MAYA, ACCOUNT, PAID, tier="supporters", days=30) for _ in range(8)))
    assert sorted(new for _, new in told) == [False] * 7 + [True]
    assert len({bought.number for bought, _ in told if bought}) == 1
    assert len(await talk.storage.payments.of(MAYA, ACCOUNT, "ann")) == 1


async def test_the_same_again_follows_what_was_paid_before(talk: Talk) -> None:
    payments = talk.storage.payments
    first, _ = await payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert first is not None
    again = replace(PAID, charge="charge2", paid_at=NOON + timedelta(days=10))
    second, _ = await payments.add(MAYA, ACCOUNT, again, tier="supporters", days=30)
    assert second is not None
    late = replace(PAID, charge="charge3", paid_at=NOON + timedelta(days=100))
    third, _ = await payments.add(MAYA, ACCOUNT, late, tier="supporters", days=30)
    assert third is not None
    assert second.until == first.until + MONTH
    assert third.until == late.paid_at + MONTH
    assert await payments.paid_until(first) == third.until
    assert await payments.paid_until(replace(first, tier="others")) is None
    assert [one.number for one in await payments.of(MAYA, ACCOUNT, "ann")] == [
        third.number,
        second.number,
        first.number,
    ]


async def test_a_subscription_ends_when_the_platform_says(talk: Talk) -> None:
    until = NOON + timedelta(days=31)
    bought, _ = await talk.storage.payments.add(MAYA, ACCOUNT, replace(PAID, until=until), tier="supporters", days=30)
    assert bought is not None
    assert (bought.until, bought.renews) == (until, True)


async def test_what_was_paid_back_gives_nothing_any_more_and_stays_in_the_books(talk: Talk) -> None:
    payments = talk.storage.payments
    bought, _ = await payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert bought is not None
    back = await payments.refund(MAYA, ACCOUNT, "charge1", now=NOON)
    again = await payments.refund(MAYA, ACCOUNT, "charge1", now=NOON + MONTH)
    assert back == again == replace(bought, refunded_at=NOON)
    assert await payments.paid_until(bought) is None
    known, new = await payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert (known, new) == (back, False)


async def test_payments_outlive_what_a_fan_has_forgotten_and_who_comes_back_has_them(talk: Talk) -> None:
    payments = talk.storage.payments
    bought, _ = await payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert bought is not None
    assert bought.fan is not None
    await talk.storage.forgetting.forget_everything(MAYA, bought.fan, now=NOON)
    assert await talk.storage.fans.find(MAYA, ACCOUNT, "ann") is None
    assert await payments.find(MAYA, bought.number) == replace(bought, fan=None)
    assert await payments.of(MAYA, ACCOUNT, "bob") == []
    (again,) = await payments.of(MAYA, ACCOUNT, "ann")
    assert again.fan == await talk.storage.fans.find(MAYA, ACCOUNT, "ann")
    assert replace(again, fan=None) == replace(bought, fan=None)


async def test_nobody_else_s_payment_is_found(talk: Talk) -> None:
    payments = talk.storage.payments
    bought, _ = await payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert bought is not None
    assert await payments.find(ZOE, bought.number) is None
    assert await payments.refund(ZOE, ACCOUNT, "charge1", now=NOON) is None
    assert await payments.of(ZOE, ACCOUNT, "ann") == []
    assert await payments.paid_until(replace(bought, avatar=ZOE)) is None
    assert await payments.find(MAYA, bought.number) == bought


@pytest.mark.parametrize("name", ["", "🍞 Ann"])
async def test_whatever_who_pays_is_called(talk: Talk, name: str) -> None:
    bought, _ = await talk.storage.payments.add(MAYA, ACCOUNT, replace(PAID, name=name), tier="", days=0)
    assert bought is not None
    assert bought.until == NOON


async def test_what_was_paid_to_an_account_s_former_avatar_is_not_the_new_one_s(talk: Talk) -> None:
    payments = talk.storage.payments
    await payments.add(MAYA, ACCOUNT, PAID, tier="supporters", days=30)
    assert await payments.add(ZOE, ACCOUNT, PAID, tier="supporters", days=30) == (None, False)
    assert await payments.of(ZOE, ACCOUNT, "ann") == []


async def test_an_export_holds_the_fan_s_own_payments_only(talk: Talk) -> None:
    bob = replace(PAID, charge="charge2", person="bob")
    for payment in (PAID, bob):
        await talk.storage.payments.add(MAYA, ACCOUNT, payment, tier="supporters", days=30)
    fan = await talk.storage.fans.find(MAYA, ACCOUNT, "ann")
    assert fan is not None
    (exported,) = (await talk.storage.fans.export(MAYA, fan))["payments"]
    assert (exported["charge"], exported["amount"], exported["tier"]) == ("charge1", 250, "supporters")
    assert exported["paid_at"] == NOON.isoformat()
