"""Webhooks, the health check and the logs, with the real python-telegram-bot."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import aiohttp
import pytest
import structlog

from adapters.telegram import TelegramAccount, Webhook
from core.errors import ConfigError, StorageUnavailable
from core.model import AccountId, Finding, Outgoing, Place
from core.payments import Order, Payment
from core.ports import Intake
from tests.worlds.telegram import TOKEN, FakeTelegram, bad_gateway, cut, flood, refusal
from tests.worlds.telegram_intake import RecordingIntake
from tests.worlds.telegram_money import Bill

SECRET = "a-secret-only-Telegram-knows"


@pytest.fixture
async def world() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as world:
        yield world


@pytest.fixture
def intake() -> RecordingIntake:
    return RecordingIntake()


@pytest.fixture
def webhook() -> Webhook:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Webhook(f"http://127.0.0.1:{port}/telegram/hook", SECRET, "127.0.0.1", port)


def account(world: FakeTelegram, webhook: Webhook | None = None) -> TelegramAccount:
    return TelegramAccount(world.token, names=("Maya",), base_url=world.base_url, webhook=webhook)


@asynccontextmanager
async def running(subject: TelegramAccount, intake: Intake) -> AsyncIterator[None]:
    task = asyncio.create_task(subject.run(intake))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_webhook_delivers_and_the_account_does_not_poll(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook
) -> None:
    async with running(account(world, webhook), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
        await world.until(lambda: not world.updates.pending)
    assert world.webhook.secret == SECRET
    assert world.calls_of("getUpdates") == []


async def test_a_webhook_is_answered_only_after_the_message_is_stored(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook
) -> None:
    intake.hold()
    async with running(account(world, webhook), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.offered) == 1)
        assert len(world.updates.pending) == 1
        intake.let_go()
        await world.until(lambda: not world.updates.pending)
    assert len(intake.accepted) == 1


async def test_a_webhook_whose_message_could_not_be_stored_is_tried_again(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook
) -> None:
    intake.faults.append(RuntimeError("broken promise"))
    async with running(account(world, webhook), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
    assert len(intake.offered) == 2


class FailingTill:
    """Keeps nothing the first time."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def approve(self, account: AccountId, person: str, order: Order) -> str:
        return ""

    async def paid(self, account: AccountId, payment: Payment) -> str:
        self.told.append(payment.charge)
        if len(self.told) == 1:
            raise StorageUnavailable("locked")
        return "Thank you!"

    async def refunded(self, account: AccountId, charge: str, *, at: datetime) -> None:
        raise AssertionError(charge)


async def test_a_webhook_whose_payment_could_not_be_stored_is_tried_again(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook
) -> None:
    ann, subject = world.user("Ann"), account(world, webhook)
    subject.till = till = FailingTill()
    async with running(subject, intake):
        await world.until(lambda: bool(world.webhook.url))
        await world.until(lambda: any(call.status for call in world.calls_of("getStarTransactions")))
        charge = await world.purse.pays(ann, Bill("season", "tier/season/900/90", 900))
        await world.until(lambda: bool(ann.chat.said), deadline=20)
        await world.until(lambda: not world.updates.pending)
    assert till.told == [charge, charge]
    assert ann.chat.texts == ["Thank you!"]


async def test_a_press_comes_by_a_webhook_too(world: FakeTelegram, intake: RecordingIntake, webhook: Webhook) -> None:
    ann = world.user("Ann")
    async with running(account(world, webhook), intake):
        await world.until(lambda: bool(world.webhook.url))
        press = ann.forges(world.post(ann.chat, world.me, {"text": "?"}, by_bot=True), "/why 12")
        await world.until(lambda: press.answered)
    assert press.text == "Here you are."


@pytest.mark.parametrize("secret", ["", "wrong"])
async def test_a_webhook_without_the_secret_is_refused(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook, secret: str
) -> None:
    async with running(account(world, webhook), intake), aiohttp.ClientSession() as session:
        await world.until(lambda: bool(world.webhook.url))
        world.user("Ann").says("genuine")
        await intake.until(lambda: len(intake.accepted) == 1)
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        async with session.post(webhook.url, json={"update_id": 1}, headers=headers) as response:
            assert response.status == 403
    assert [incoming.text for incoming in intake.accepted] == ["genuine"]


@pytest.mark.parametrize("method", ["getMe", "setWebhook"])
async def test_trouble_at_the_start_of_a_webhook_is_waited_out(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook, method: str
) -> None:
    world.fail(method, bad_gateway(), times=2)
    async with running(account(world, webhook), intake):
        world.user("Ann").says("hi")
        await intake.until(lambda: len(intake.accepted) == 1)
    assert [call.status for call in world.calls_of(method)][:3] == [502, 502, 200]


async def test_a_webhook_that_telegram_refuses_ends_the_run(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook
) -> None:
    world.fail("setWebhook", refusal(400, "Bad Request: bad webhook: HTTPS url must be provided for webhook"))
    with pytest.raises(ConfigError, match=r"(?i)https url must be provided"):
        await account(world, webhook).run(intake)


async def test_a_port_that_is_taken_ends_the_run(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook
) -> None:
    with socket.create_server((webhook.host, webhook.port)), pytest.raises(ConfigError, match="cannot listen"):
        await account(world, webhook).run(intake)


# ── the health check ─────────────────────────────────────────────────────────────────────────────


def levels(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.level for finding in findings}


async def test_a_healthy_account_passes_without_running(world: FakeTelegram) -> None:
    findings = await account(world).check()
    assert set(levels(findings).values()) == {"pass"}
    assert findings[0].detail == "@maya_bot"


async def test_the_check_confirms_no_update(world: FakeTelegram) -> None:
    world.user("Ann").says("hi")
    await account(world).check()
    assert len(world.updates.pending) == 1


async def test_the_check_says_what_privacy_mode_hides() -> None:
    async with FakeTelegram(privacy=True) as world:
        findings = await account(world).check()
    assert levels(findings)["telegram groups"] == "warn"


async def test_the_check_finds_a_webhook_where_the_account_polls(world: FakeTelegram, webhook: Webhook) -> None:
    world.deliver_to(webhook.url, "")
    world.user("Ann").says("into the void")
    await world.until(lambda: bool(world.webhook.last_error))
    found = levels(await account(world).check())
    assert (found["telegram webhook"], found["telegram webhook errors"]) == ("warn", "warn")
    found = levels(await account(world, webhook).check())
    assert found["telegram webhook"] == "pass"


async def test_the_check_finds_another_poller(world: FakeTelegram) -> None:
    world.fail("getUpdates", refusal(409, "Conflict: terminated by other getUpdates request"))
    assert levels(await account(world).check())["telegram polling"] == "warn"


async def test_the_check_tells_a_refused_token_from_a_server_that_is_down(world: FakeTelegram) -> None:
    revoked = TelegramAccount("7000000001:revoked-revoked-revoked", base_url=world.base_url)
    [finding] = await revoked.check()
    assert (finding.check, finding.level) == ("telegram token", "fail")
    assert "BotFather" in finding.mend
    world.fail("getMe", bad_gateway())
    [finding] = await account(world).check()
    assert (finding.check, finding.level) == ("telegram connection", "fail")


# ── the logs ─────────────────────────────────────────────────────────────────────────────────────


class Everything(logging.Handler):
    """Keeps every record, formatted, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    root, everything = logging.getLogger(), Everything()
    before, config = root.level, structlog.get_config()
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    yield everything.lines
    structlog.configure(**config)
    logging.getLogger("telegram").setLevel(logging.WARNING)
    root.setLevel(before)
    root.removeHandler(everything)


async def test_neither_token_nor_message_is_in_any_log_line(
    world: FakeTelegram, intake: RecordingIntake, webhook: Webhook, lines: list[str]
) -> None:
    asyncio.get_running_loop().set_debug(True)
    for method in ("getMe", "getUpdates", "setMyCommands", "sendMessage"):
        world.fail(method, bad_gateway())
        world.fail(method, cut(applied=False))
    world.fail("sendMessage", flood(1))
    world.fail("sendMessage", bad_gateway(200))
    subject, ann = account(world), world.user("Ann")
    logging.getLogger("telegram").setLevel(logging.DEBUG)  # as an operator may, to see more
    answer = Outgoing("a private answer", "k")
    async with running(subject, intake):
        ann.says("a private matter")
        await intake.until(lambda: len(intake.accepted) == 1)
        for _ in range(4):
            try:
                await subject.channel.send(Place(subject.id, str(ann.id)), answer)
            except Exception:  # whatever it is, its traceback is part of the test
                logging.getLogger("test").exception("send failed")
    async with running(account(world, webhook), intake):
        ann.says("another private matter")
        await intake.until(lambda: len(intake.accepted) == 2)
    revoked = "7000000001:revoked-revoked-revoked"
    with pytest.raises(Exception, match="BotFather") as caught:
        await TelegramAccount(revoked, base_url=world.base_url).run(intake)
    logging.getLogger("test").error("run ended", exc_info=caught.value)
    everything = "\n".join(lines)
    assert "telegram.poll.retry" in everything
    assert "send failed" in everything
    for secret in (TOKEN, TOKEN.partition(":")[2], revoked, SECRET, "private matter", "private answer"):
        assert secret not in everything


def test_the_bot_does_not_show_its_token() -> None:
    subject = TelegramAccount(TOKEN)
    assert TOKEN not in repr(subject) + repr(subject.channel) + repr(vars(subject)) + repr(vars(subject.channel))
