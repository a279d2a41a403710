"""Telegram Stars, the whole way: the real python-telegram-bot, the fake Telegram, the engine and SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.storage import Rules, open_storage
from adapters.telegram import TelegramAccount
from core.errors import StorageUnavailable
from core.limits import Limits, Rate
from core.model import AccountId
from core.payments import Order, Payment
from core.persona import Tier
from core.shop import Shop
from tests.e2e.test_engine import MAYA, World, world
from tests.e2e.test_killed import PATIENCE, killed, product, stopped
from tests.fakes import ACCOUNT
from tests.worlds.doomed import Plan
from tests.worlds.model import FakeModel
from tests.worlds.telegram import TOKEN, FakeTelegram, bad_gateway, hang, refusal
from tests.worlds.telegram_money import MONTH, Bill
from tests.worlds.telegram_people import Person
from tests.worlds.telegram_state import Message, now

FREE = Rate(0, timedelta(days=1))
TIERS = (Tier(name="supporters", description="Recipes first.", stars=250), Tier(name="season", stars=900, days=90))
RULES = Rules(avatar=lambda _: MAYA, limits=Limits(FREE, FREE), window=400, estimate=len)
LATE = 20.0  # seconds that something may take on a busy machine


@dataclass
class Counter:
    """A till that can fail before it reaches the real one."""

    shop: Shop
    faults: list[Exception]
    paid_calls: int = 0
    told_back: asyncio.Event = field(default_factory=asyncio.Event)

    async def approve(self, account: AccountId, person: str, order: Order) -> str:
        if self.faults:
            raise self.faults.pop(0)
        return await self.shop.approve(account, person, order)

    async def paid(self, account: AccountId, payment: Payment) -> str:
        self.paid_calls += 1
        if self.faults:
            raise self.faults.pop(0)
        return await self.shop.paid(account, payment)

    async def refunded(self, account: AccountId, charge: str, **kwargs: object) -> None:
        await self.shop.refunded(account, charge, **kwargs)  # type: ignore[arg-type] # as it came
        self.told_back.set()


@dataclass
class Scene:
    """A bot that sells, its creator and a fan."""

    telegram: FakeTelegram
    house: World
    till: Counter
    maya: Person
    ann: Person

    async def says(self, person: Person, text: str) -> Message:
        return await self.telegram.reply_to(person.says(text), deadline=LATE)

    async def bill(self, label: str) -> Bill:
        """What the fan is asked to pay who presses a button of /upgrade."""
        menu = await self.says(self.ann, "/upgrade")
        before = len(self.ann.chat.said)
        self.ann.presses(menu, label)
        await self.telegram.until(lambda: len(self.ann.chat.said) > before, deadline=LATE)
        return self.telegram.purse.bill_of(self.ann.chat.said[-1])

    async def pays(self, bill: Bill) -> str:
        """The charge, once the bot has thanked for it."""
        before = len(self.ann.chat.said)
        charge = await self.telegram.purse.pays(self.ann, bill, deadline=LATE)
        await self.telegram.until(lambda: len(self.ann.chat.said) > before, deadline=LATE)
        return charge

    async def tiers(self) -> dict[str, int]:
        """The fan's circles, and until when as Unix time."""
        fan = await self.house.store.fans.find(MAYA, self.account, str(self.ann.id))
        assert fan is not None
        held = await self.house.store.memberships.of(MAYA, fan, now=self.house.clock.now())
        return {one.tier: int(one.until.timestamp()) for one in held if one.until is not None}

    @property
    def account(self) -> AccountId:
        return AccountId(f"telegram:{self.telegram.me['id']}")


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[None]:
    telegram, engine = scene.telegram, scene.house.engine
    creators = (str(scene.maya.id),)
    account = TelegramAccount(telegram.token, base_url=telegram.base_url, creators=creators)
    account.till = scene.till
    avatar = engine.speaker(ACCOUNT)
    avatar = replace(avatar, persona=avatar.persona.model_copy(update={"tiers": TIERS}))
    engine.connect(account.id, avatar, account.channel, creators=creators)
    scene.till.shop.open(account.id, partial(engine.speaker, account.id), account.register)
    task = asyncio.create_task(account.run(engine))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with FakeTelegram() as telegram, world(tmp_path) as house:
        till = Counter(house.shop, [])
        yield Scene(telegram, house, till, telegram.user("Maya"), telegram.user("Ann"))


async def test_a_subscription_is_bought_and_carried_on_each_month(scene: Scene) -> None:
    async with running(scene):
        bill = await scene.bill("supporters · 250 ⭐")
        assert (bill.amount, bill.monthly) == (250, True)
        await scene.pays(bill)
        first = await scene.tiers()
        assert abs(first["supporters"] - now() - MONTH) < 60
        assert "supporters" in scene.ann.chat.texts[-1]
        thanked = len(scene.ann.chat.said)
        scene.telegram.purse.renews(scene.ann, bill, until=first["supporters"] + MONTH)
        await scene.telegram.until(lambda: len(scene.ann.chat.said) > thanked, deadline=LATE)
        assert (await scene.tiers())["supporters"] == first["supporters"] + MONTH


async def test_what_is_paid_once_is_an_invoice_of_its_own(scene: Scene) -> None:
    async with running(scene):
        bill = await scene.bill("season · 900 ⭐")
        assert (bill.amount, bill.monthly) == (900, False)
        assert scene.ann.chat.said[-1].payload["invoice"]["total_amount"] == 900
        await scene.pays(bill)
        assert abs((await scene.tiers())["season"] - now() - 90 * 86400) < 60


async def test_an_old_price_is_not_taken(scene: Scene) -> None:
    async with running(scene):
        scene.ann.says("/upgrade")
        problem = await scene.telegram.purse.pays(scene.ann, Bill("supporters", "tier/supporters/1/30", 1))
        assert "price has changed" in problem
        assert scene.telegram.purse.charges == {}


async def test_who_is_banned_cannot_pay(scene: Scene) -> None:
    async with running(scene):
        bill = await scene.bill("supporters · 250 ⭐")
        banned = await scene.says(scene.maya, f"/fan ban {scene.ann.id}")
        problem = await scene.telegram.purse.pays(scene.ann, bill, deadline=LATE)
        assert "doesn't take payments" in problem, banned.text


@pytest.mark.parametrize("fault", [StorageUnavailable("locked"), RuntimeError("a bug")])
async def test_where_it_cannot_be_checked_no_money_is_taken(scene: Scene, fault: Exception) -> None:
    async with running(scene):
        bill = await scene.bill("supporters · 250 ⭐")
        scene.till.faults.append(fault)
        assert "Nothing was paid" in await scene.telegram.purse.pays(scene.ann, bill, deadline=LATE)


async def test_a_payment_is_confirmed_to_telegram_only_when_it_is_in_the_books(scene: Scene) -> None:
    async with running(scene):
        bill = await scene.bill("supporters · 250 ⭐")
        telegram = scene.telegram
        await telegram.until(lambda: any(call.status for call in telegram.calls_of("getStarTransactions")))
        charge = await scene.pays(bill)
        assert len(await scene.house.store.payments.of(MAYA, scene.account, str(scene.ann.id))) == 1
        told = {"successful_payment": {k: v for k, v in scene.telegram.purse.charges[charge].items() if k != "person"}}
        scene.till.faults.append(StorageUnavailable("locked"))
        before, thanked = scene.till.paid_calls, len(scene.ann.chat.said)
        message = scene.telegram.post(scene.ann.chat, scene.ann.payload, told)
        scene.telegram.updates.add("message", message.payload)
        await scene.telegram.until(lambda: not scene.telegram.updates.pending, deadline=LATE)
        assert scene.till.paid_calls == before + 2
        assert len(await scene.house.store.payments.of(MAYA, scene.account, str(scene.ann.id))) == 1
        assert len(scene.ann.chat.said) == thanked


async def test_what_was_paid_while_nobody_listened_and_telegram_forgot_is_booked_at_the_start(scene: Scene) -> None:
    purse, bill = scene.telegram.purse, Bill("season", "tier/season/900/90", 900)
    kept = purse.take(scene.ann, bill)
    back = purse.take(scene.ann, bill)
    purse.pay_back(scene.ann.id, back)
    scene.telegram.updates.confirm(2**62)  # a day has passed
    async with running(scene):
        await asyncio.wait_for(scene.till.told_back.wait(), LATE)
        booked = await scene.house.store.payments.of(MAYA, scene.account, str(scene.ann.id))
        assert {one.charge: one.refunded_at is None for one in booked} == {kept: True, back: False}
        assert "season" in await scene.tiers()


async def test_the_creator_pays_back_after_confirming_and_the_membership_ends(scene: Scene) -> None:
    async with running(scene):
        charge = await scene.pays(await scene.bill("supporters · 250 ⭐"))
        (bought,) = await scene.house.store.payments.of(MAYA, scene.account, str(scene.ann.id))
        refused = await scene.says(scene.ann, f"/refund {bought.number}")
        assert "for Maya alone" in refused.text
        question = await scene.says(scene.maya, f"/refund {bought.number}")
        assert scene.telegram.purse.refunded == set()
        press = scene.maya.presses(question, question.buttons[0]["text"])
        await scene.telegram.until(lambda: press.answered, deadline=LATE)
        assert scene.telegram.purse.refunded == {charge}
        assert question.buttons == []
        await scene.telegram.until(lambda: not scene.telegram.updates.pending, deadline=LATE)
        assert await scene.tiers() == {}
        acts = await scene.house.store.audit.acts(MAYA, limit=20)
        assert next((one.command, one.outcome) for one in acts if one.command == "refund") == ("refund", "done")


async def test_a_forged_confirmation_pays_nothing_back(scene: Scene) -> None:
    async with running(scene):
        await scene.pays(await scene.bill("supporters · 250 ⭐"))
        (bought,) = await scene.house.store.payments.of(MAYA, scene.account, str(scene.ann.id))
        question = await scene.says(scene.maya, f"/refund {bought.number}")
        for person in (scene.ann, scene.maya):
            press = person.forges(question, f"/refund yes-AAAAAAAA {bought.number}")
            await scene.telegram.until(lambda: press.answered, deadline=LATE)  # noqa: B023 - waited for at once
        stolen = scene.ann.forges(question, question.buttons[0]["callback_data"])
        await scene.telegram.until(lambda: stolen.answered, deadline=LATE)
        assert scene.telegram.purse.refunded == set()


async def test_a_refund_that_telegram_has_done_before_counts_as_done(scene: Scene) -> None:
    async with running(scene):
        charge = await scene.pays(await scene.bill("supporters · 250 ⭐"))
        register = scene.till.shop.register(scene.account)
        assert register is not None
        await register.pay_back(str(scene.ann.id), charge)
        await register.pay_back(str(scene.ann.id), charge)
        assert scene.telegram.purse.refunded == {charge}


@pytest.mark.parametrize("fault", [bad_gateway(), refusal(400, "Bad Request: CHARGE_NOT_FOUND")])
async def test_a_refund_that_telegram_refuses_changes_nothing(scene: Scene, fault: object) -> None:
    async with running(scene):
        await scene.pays(await scene.bill("supporters · 250 ⭐"))
        (bought,) = await scene.house.store.payments.of(MAYA, scene.account, str(scene.ann.id))
        scene.telegram.fail("refundStarPayment", fault)  # type: ignore[arg-type] # parametrize loses the type
        question = await scene.says(scene.maya, f"/refund {bought.number}")
        press = scene.maya.presses(question, question.buttons[0]["text"])
        await scene.telegram.until(lambda: press.answered, deadline=LATE)
        assert "supporters" in await scene.tiers()


async def test_paysupport_opens_a_report_for_the_creator(scene: Scene) -> None:
    async with running(scene):
        answer = await scene.says(scene.ann, "/paysupport I paid and got nothing")
        assert "A person will look at it" in answer.text
        cases = await scene.says(scene.maya, "/case list")
        assert "paysupport" in cases.text or "report" in cases.text
        (case,) = await scene.house.store.cases.page(MAYA, below=0, limit=9)
        assert case.reason.endswith("I paid and got nothing")


async def test_in_a_group_the_invoice_goes_to_who_asked(scene: Scene) -> None:
    group = scene.telegram.group("Bakers")
    async with running(scene):
        hint = await scene.telegram.reply_to(scene.ann.says("/upgrade@maya_bot season", at=group), deadline=LATE)
        assert "privately" in hint.text
        assert "invoice" in scene.ann.chat.said[-1].payload


@pytest.mark.parametrize("tier", ["supporters", "season"])
async def test_who_has_no_private_chat_yet_is_shown_the_way_to_the_invoice(scene: Scene, tier: str) -> None:
    group, stranger = scene.telegram.group("Bakers"), scene.telegram.user("Stranger", started=False)
    async with running(scene):
        hint = await scene.telegram.reply_to(stranger.says(f"/upgrade@maya_bot {tier}", at=group), deadline=LATE)
        menu = await scene.telegram.reply_to(scene.ann.says("/upgrade@maya_bot", at=group), deadline=LATE)
        press = stranger.presses(menu, next(one["text"] for one in menu.buttons if tier in one["text"]))
        await scene.telegram.until(lambda: press.answered, deadline=LATE)
    assert [one["url"] for one in hint.entities if one["type"] == "text_link"] == ["https://t.me/maya_bot?start=hello"]
    assert press.url == "https://t.me/maya_bot?start=hello"
    assert stranger.chat.said == []


async def test_an_answer_to_the_question_before_a_payment_comes_in_time_while_a_command_hangs(scene: Scene) -> None:
    group = scene.telegram.group("Bakers")
    async with running(scene):
        bill = await scene.bill("supporters · 250 ⭐")
        scene.telegram.fail("getChatMember", hang())
        scene.ann.says("/why@maya_bot", at=group)
        await scene.telegram.until(lambda: bool(scene.telegram.calls_of("getChatMember")), deadline=LATE)
        assert (await scene.telegram.purse.pays(scene.ann, bill)).startswith("stx")


@pytest.mark.parametrize(
    ("step", "before"), [("payments.add", True), ("payments.add", False), ("memberships.grant", False)]
)
async def test_a_payment_survives_a_kill_at_every_step_and_is_in_the_books_once(
    tmp_path: Path, step: str, before: bool
) -> None:
    async with FakeTelegram(TOKEN) as telegram, FakeModel() as model:
        plan = Plan(str(tmp_path), "telegram", TOKEN, telegram.base_url, model.base_url, step, before)
        ann = telegram.user("Ann")
        telegram.purse.take(ann, Bill("season", "tier/season/900/90", 900))
        async with product(plan) as child:
            await killed(child)
        assert telegram.updates.pending
        async with product(replace(plan, step="")) as child:
            await telegram.until(lambda: not telegram.updates.pending, deadline=PATIENCE)
            await stopped(child)
    account = AccountId(f"telegram:{TOKEN.partition(':')[0]}")
    async with open_storage(f"sqlite:///{tmp_path}/stagedoor.db", RULES) as store:
        (bought,) = await store.payments.of(MAYA, account, str(ann.id))
        assert bought.fan is not None
        (held,) = await store.memberships.of(MAYA, bought.fan, now=bought.paid_at)
    assert (held.tier, held.until) == ("season", bought.until)
