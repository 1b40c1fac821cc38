"""Signed requests: only the platform comes in, once, and in time."""

import asyncio
import io
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.base import ChannelState, HasRoutes
from channels.feishu.webhook import MOST_BYTES, decrypted
from tests.contract.stage import Stage
from tests.contract.test_channels_saying import CARD
from tests.platforms.feishu.driver import Driver
from tests.platforms.feishu.server import FakeFeishu
from tests.platforms.feishu.town import ALICE, VERIFICATION


def fake(stage: Stage) -> FakeFeishu:
    assert isinstance(stage.driver, Driver)
    return stage.driver.fake


def message(stage: Stage, text: str = "hello") -> dict[str, Any]:
    town = fake(stage).town
    return town.heard(town.say(ALICE, town.direct(ALICE), "text", {"text": text}), [])


async def test_an_event_that_the_platforms_manual_locked_is_opened():
    """The example of "Encrypt Key 加密策略"."""
    assert decrypted(b"test key", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=") == b"hello world"


@pytest.mark.parametrize("locked", ["", "?", "AAAA", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghkA", "A" * 64])
async def test_what_was_not_locked_with_our_key_is_not_opened(locked: str):
    with pytest.raises(ValueError, match=r"."):
        decrypted(b"test key", locked)


async def test_a_signed_message_is_heard_and_answered_with_nothing(webhook: Stage):
    body = fake(webhook).requests.lock(message(webhook))
    status, answer = await fake(webhook).requests.post(body, fake(webhook).requests.signed(body))

    assert (status, answer) == (200, {})
    assert [event.text for event in webhook.heard] == ["hello"]


async def test_nobody_comes_in_without_the_right_signature_time_key_and_token(webhook: Stage):
    requests, town = fake(webhook).requests, fake(webhook).town
    body = requests.lock(message(webhook))
    signed, now = requests.signed(body), time.time()
    another = type(requests)("another key", requests.url)
    foreign = another.lock(message(webhook))
    tokenless = town.event("im.message.receive_v1", {})
    tokenless["header"]["token"] = "vtok-another"
    wrong = requests.lock(tokenless)
    tries: list[tuple[bytes, dict[str, str]]] = [
        (body, {}),
        (body, {**signed, "X-Lark-Signature": "0" * 64}),
        (body, {**signed, "X-Lark-Signature": "é"}),
        (body, {**signed, "X-Lark-Signature": ""}),
        (body, {**signed, "X-Lark-Request-Nonce": "other"}),
        (body, requests.signed(body, at=now - 302)),
        (body, requests.signed(body, at=now + 302)),
        (body, {**signed, "X-Lark-Request-Timestamp": "soon"}),
        (body + b" ", signed),
        (body, another.signed(body)),
        (foreign, requests.signed(foreign)),
        (foreign, another.signed(foreign)),
        (wrong, requests.signed(wrong)),
        (b"{broken", requests.signed(b"{broken")),
        (b"[1]", requests.signed(b"[1]")),
        (json.dumps(message(webhook)).encode(), requests.signed(json.dumps(message(webhook)).encode())),
    ]
    statuses = [(await requests.post(*each))[0] for each in tries]

    assert statuses == [401] * len(tries)
    assert webhook.heard == []


async def test_a_request_that_was_answered_is_refused_when_it_comes_again(webhook: Stage):
    requests = fake(webhook).requests
    body = requests.lock(message(webhook))
    signed = requests.signed(body)
    statuses = [(await requests.post(body, signed))[0] for _ in range(3)]

    assert statuses == [200, 401, 401]
    assert len(webhook.heard) == 1


async def test_a_request_that_could_not_be_stored_may_come_again_as_it_was(webhook: Stage):
    requests = fake(webhook).requests
    body = requests.lock(message(webhook))
    signed = requests.signed(body)
    webhook.refuse(1)
    statuses = [(await requests.post(body, signed))[0] for _ in range(2)]

    assert statuses == [503, 200]
    assert [event.text for event in webhook.heard] == ["hello"]


async def test_a_challenge_is_answered_unsigned_but_only_with_the_token(webhook: Stage):
    requests = fake(webhook).requests

    async def ask(challenge: str, token: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        body = requests.lock({"type": "url_verification", "challenge": challenge, "token": token})
        return await requests.post(body, headers or {})

    assert await ask("ajls384kdj-x", VERIFICATION) == (200, {"challenge": "ajls384kdj-x"})
    assert (await ask("ajls384kdj", "another"))[0] == 401
    assert (await ask("<script>", VERIFICATION))[0] == 400
    assert (await ask("ajls384kdj", VERIFICATION, requests.signed(b"another body")))[0] == 401


async def test_a_body_too_large_is_not_read(webhook: Stage):
    async with webhook.http.post(fake(webhook).requests.url, data=io.BytesIO(b"x" * (MOST_BYTES + 1))) as answer:
        assert answer.status == 413


async def test_what_makes_no_sense_is_taken_and_forgotten(webhook: Stage):
    await fake(webhook).tell(fake(webhook).town.event("im.message.receive_v1", {"sender": 7, "message": "x"}))
    await webhook.driver.say("and now")

    assert [event.text for event in await webhook.hears()] == ["and now"]


async def test_signatures_are_remembered_no_longer_than_their_time(webhook: Stage):
    requests, kept = fake(webhook).requests, webhook.channel._webhook  # type: ignore[attr-defined]
    for _ in range(2):
        body = requests.lock(message(webhook))
        await requests.post(body, requests.signed(body))
    remembered = len(kept._answered)
    kept._now = lambda: datetime.now(UTC) + timedelta(seconds=700)
    kept._remember("x")

    assert remembered == 2
    assert list(kept._answered) == ["x"]


async def test_only_webhooks_have_a_route_and_both_modes_are_up(webhook: Stage):
    socket = webhook.build(webhook.driver.options("socket"))

    assert isinstance(webhook.channel, HasRoutes)
    assert not isinstance(socket, HasRoutes)
    assert (await webhook.channel.probe()).state is ChannelState.UP
    assert (await socket.probe()).state is ChannelState.STARTING


async def test_a_press_is_answered_by_its_request_after_it_was_stored(webhook: Stage):

    home = await webhook.home()
    [ref] = await webhook.send(home, card=CARD)
    webhook.stored.clear()
    await webhook.driver.press(ref.id, "Approve")
    await asyncio.sleep(0)
    early = list(fake(webhook).answers)
    webhook.stored.set()
    await fake(webhook).until(lambda: fake(webhook).answers)

    assert early == []
    assert fake(webhook).answers[0]["toast"]["i18n"]["zh_cn"] == "已收到"
    assert [event.press.choice for event in webhook.heard if event.press] == ["a"]
