"""Offsets, webhooks, probes and secrets of the Telegram adapter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from aiohttp import web
from pydantic import ValidationError

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    Surroundings,
)
from channels.messages import Account, Address, Button, Card, File, Outbound, plain
from channels.telegram import Options
from channels.telegram.adapter import Telegram
from tests.platforms.telegram import ALICE, BOB, GROUP, TOKEN
from tests.unit.telegram.conftest import Bench

DIRECT = Address(channel="tg", room="777")
ROOM = Address(channel="tg", room=str(GROUP))
BOB_ACCOUNT = Account(channel="tg", id="888", name="Bob")
CARD = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))


def out(address: Address = DIRECT, **content: Any) -> Outbound:
    return Outbound(key="k", address=address, **content)


async def test_an_update_is_confirmed_only_after_it_was_stored_and_no_later_one_before_it(bench: Bench) -> None:
    bench.unstorable = {"second"}
    for text in ("first", "second", "third"):
        bench.fake.chats.say(ALICE["id"], ALICE, text=text)
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 3)

    assert bench.texts() == ["first", "second", "third"]


async def test_one_chat_that_cannot_be_stored_does_not_reorder_another(bench: Bench) -> None:
    bench.unstorable = {"a1"}
    for user, text in ((ALICE, "a1"), (BOB, "b1"), (ALICE, "a2"), (BOB, "b2")):
        bench.fake.chats.say(user["id"], user, text=text)
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 4)
    first_seen = list(dict.fromkeys(bench.texts()))

    assert [text for text in first_seen if text.startswith("a")] == ["a1", "a2"]
    assert [text for text in first_seen if text.startswith("b")] == ["b1", "b2"]


async def test_an_album_is_for_us_where_its_first_piece_calls_us(bench: Bench) -> None:
    photo = [{"file_id": "F", "file_unique_id": "F", "file_size": 9, "width": 1, "height": 1}]
    calls = {"caption": "@ops_bot look", "caption_entities": [{"type": "mention", "offset": 0, "length": 8}]}
    for album, more in (("G1", {}), ("G2", calls), ("G2", {}), ("G1", {})):
        bench.fake.chats.say(GROUP, ALICE, photo=photo, media_group_id=album, **more)
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 4)

    assert [(event.album, event.to_me) for event in bench.heard] == [
        ("G1", False),
        ("G2", True),
        ("G2", True),
        ("G1", False),
    ]


def becomes_supergroup(bench: Bench, old: int, new: int) -> None:
    chats = bench.fake.chats
    chats.chats |= {old: {"id": old, "type": "group"}, new: {"id": new, "type": "supergroup"}}
    told = {"from": ALICE, "date": 1_800_000_000}
    chats.push(message={**told, "message_id": 900, "chat": chats.chats[old], "migrate_to_chat_id": new})
    chats.push(message={**told, "message_id": 1, "chat": chats.chats[new], "migrate_from_chat_id": old})


async def test_a_group_that_became_a_supergroup_goes_on_under_its_first_id(bench: Bench) -> None:
    bench.unstorable = {"-55"}
    bench.fake.chats.chats[-55] = {"id": -55, "type": "group"}
    bench.fake.chats.say(-55, ALICE, text="before", message_id=7)
    becomes_supergroup(bench, -55, -10055)
    bench.fake.chats.say(-10055, ALICE, text="after", message_id=7)
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 4)
    ids = {event.event_id for event in bench.heard}

    assert {event.address.room for event in bench.heard} == {"-55"}
    assert len(ids) == 2
    assert set(bench.moved) == {("-55", "-10055")}


async def test_the_next_connection_knows_which_groups_moved(bench: Bench) -> None:
    bench.moved = [("-55", "-10055")]
    bench.fake.chats.chats[-10055] = {"id": -10055, "type": "supergroup"}
    bench.fake.chats.say(-10055, ALICE, text="still here")
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 1)
        await bench.channel.send(out(bench.heard[0].address, parts=plain("yes")))

    assert bench.heard[0].address.room == "-55"
    assert [message.text for message in bench.fake.chats.sent[-10055]] == ["yes"]
    assert bench.fake.calls["sendMessage"] == 1


async def test_an_update_that_makes_no_sense_is_skipped_and_does_not_come_back(bench: Bench) -> None:
    bench.fake.chats.push(message={"message_id": "what", "chat": None})
    bench.fake.chats.push(
        message={"message_id": 1, "from": ALICE, "chat": {"id": 777, "type": "private"}, "date": 1e30}
    )
    bench.fake.chats.say(ALICE["id"], ALICE, text="sensible")
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 3)

    assert bench.texts() == ["sensible"]


async def test_a_webhook_left_behind_is_removed_when_polling_begins(bench: Bench) -> None:
    bench.fake.webhook["url"] = "https://elsewhere.example/hook"
    bench.fake.chats.say(ALICE["id"], ALICE, text="hello")
    async with bench.listening():
        await bench.until(lambda: bench.fake.chats.acknowledged == 1)

    assert bench.texts() == ["hello"]
    assert bench.fake.webhook["url"] == ""


async def test_a_second_program_with_the_same_token_is_named_while_it_lasts_and_sending_goes_on(bench: Bench) -> None:
    async with bench.listening():
        await bench.until(lambda: bench.fake.calls["getUpdates"] == 2)
        async with bench.listening(bench.build()):
            await bench.until(lambda: bench.fake.calls["getUpdates"] > 12)
            during = await bench.channel.probe()
            await bench.channel.send(out(parts=plain("still here")))
        for number in range(3):
            bench.fake.chats.say(ALICE["id"], ALICE, text=f"{number}")
            await bench.until(lambda number=number: f"{number}" in bench.texts())
        await bench.until(lambda: not bench.channel._conflicts.trouble)
        after = await bench.channel.probe()

    assert during.state is ChannelState.UP
    assert "another program listens with this bot's token" in during.reason
    assert (after.state, after.reason) == (ChannelState.UP, "")


async def test_a_webhook_that_is_set_again_and_again_is_named_with_its_host(bench: Bench) -> None:
    async with bench.listening():
        await bench.until(lambda: bench.fake.calls["getUpdates"] == 2)
        while not bench.channel._conflicts.trouble:
            bench.fake.webhook["url"] = "https://elsewhere.example/hook"
            bench.fake.chats.say(ALICE["id"], ALICE, text="hello")
            await asyncio.sleep(0.01)
        health = await bench.channel.probe()

    assert health.state is ChannelState.UP
    assert "another program sets a webhook for this bot (elsewhere.example)" in health.reason


async def test_one_poll_of_a_replica_that_is_just_stopping_does_no_harm(bench: Bench) -> None:
    async with bench.listening():
        await bench.until(lambda: bench.fake.calls["getUpdates"] == 2)
        async with bench.http.get(f"{bench.fake.base}/bot{TOKEN}/getUpdates?timeout=0") as answer:
            assert answer.ok
        bench.fake.chats.say(ALICE["id"], ALICE, text="still here")
        await bench.until(lambda: bench.fake.chats.acknowledged == 1)

    assert bench.texts() == ["still here"]


@pytest.mark.parametrize(("token", "words"), [("123456789:" + "Z" * 35, "Unauthorized"), ("1:nonsense", "Not Found")])
async def test_a_wrong_token_is_refused_and_never_repeated_to_anybody(bench: Bench, token: str, words: str) -> None:
    wrong = bench.build(token=token)
    with structlog.testing.capture_logs() as logs, pytest.raises(ChannelRefused) as caught:
        await wrong.listen(bench.receive)
    health = await wrong.probe()

    assert (str(caught.value), health.reason, health.state) == (words, words, ChannelState.DOWN)
    assert token not in repr(logs) + _chain(caught.value)


def _chain(error: BaseException | None) -> str:
    """Everything that a traceback would print of an error and its causes."""
    said = ""
    while error is not None:
        said += repr(error) + str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


async def test_no_error_carries_the_token_when_the_platform_cannot_be_reached(bench: Bench) -> None:
    file = File(name="a", media_type="x/y", size=0, locator="F")
    bench.fake.chats.files["F"] = ("a", b"content")
    bench.fake.fail(0, methods=frozenset({"getMe", "sendMessage", "getFile"}))
    errors: list[ChannelError] = []
    for call in (
        lambda: bench.channel.listen(bench.receive),
        lambda: bench.channel.send(out(parts=plain("x"))),
        lambda: bench.channel.fetch(file, 10),
    ):
        bench.fake.fail(0, methods=frozenset({"getMe", "sendMessage", "getFile"}))
        with pytest.raises(ChannelDown) as caught:
            await call()
        errors.append(caught.value)

    assert TOKEN not in "".join(_chain(error) for error in errors)
    assert "Telegram cannot be reached: ServerDisconnectedError" in str(errors[0])


async def test_polling_that_no_longer_answers_is_found_by_the_probe(bench: Bench) -> None:
    async with bench.listening():
        await bench.until(lambda: bench.fake.calls["getUpdates"] == 2)
        before = await bench.channel.probe()
        assert bench.channel._heard_at is not None
        bench.channel._heard_at -= 100
        after = await bench.channel.probe()

    assert (before.state, after.state) == (ChannelState.UP, ChannelState.DOWN)
    assert "has not answered getUpdates for 2 min" in after.reason


@asynccontextmanager
async def webhook(bench: Bench, **options: Any) -> AsyncIterator[tuple[Telegram, str]]:
    """The adapter in webhook mode with its route on a server, and the server's address."""
    runner = web.AppRunner(app := web.Application(), access_log=None, shutdown_timeout=0.1)
    channel = bench.build(mode="webhook", **options)
    app.router.add_routes(channel.routes(bench.receive))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    channel._surroundings = Surroundings(http=bench.http, now=lambda: datetime.now(UTC), public_url=url)
    try:
        yield channel, f"{url}/channels/tg/webhook"
    finally:
        await runner.cleanup()


async def test_a_webhook_takes_only_calls_that_show_the_secret_and_hold_an_update(bench: Bench) -> None:
    secret = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
    statuses = []
    async with webhook(bench, webhook_secret="s3cret") as (channel, url):
        async with bench.http.post(url, json={}, headers=secret) as early:
            statuses.append(early.status)
        async with bench.listening(channel):
            await bench.until(lambda: bench.fake.calls["setWebhook"] == 1)
            for headers, body in (
                ({}, b"{}"),
                ({"X-Telegram-Bot-Api-Secret-Token": "s3cre\u00e9"}, b"{}"),
                (secret, b"not json"),
                (secret, b"\xff\xfe"),
                (secret, b"[]"),
                (secret, b'{"update_id": 1}'),
            ):
                async with bench.http.post(url, data=body, headers=headers) as answer:
                    statuses.append(answer.status)

    assert statuses == [503, 403, 403, 400, 400, 400, 200]
    assert bench.heard == []


async def test_a_webhook_without_a_public_address_says_what_is_missing(bench: Bench) -> None:
    with pytest.raises(ChannelRefused, match="public address"):
        await bench.build(mode="webhook").listen(bench.receive)


async def test_a_webhook_address_that_the_platform_does_not_take_is_for_a_person_to_mend(bench: Bench) -> None:
    with pytest.raises(ChannelRefused, match=r"(?i)an https url must be provided for webhook"):
        await bench.build(mode="webhook", public_url="http://intranet.example").listen(bench.receive)


async def test_the_probe_tells_what_the_platform_could_not_deliver(bench: Bench) -> None:
    async with webhook(bench) as (channel, _), bench.listening(channel):
        await bench.until(lambda: bench.fake.calls["setWebhook"] == 1)
        up = await channel.probe()
        channel._me = None
        bench.fake.chats.say(ALICE["id"], ALICE, text="lost")
        await bench.until(lambda: "last_error_message" in bench.fake.webhook)
        down = await channel.probe()
        bench.fake.webhook["url"] = "https://elsewhere.example/"
        elsewhere = await channel.probe()

    assert up.state is ChannelState.UP
    assert (down.state, down.reason) == (ChannelState.DOWN, "Wrong response from the webhook: 503 Service Unavailable")
    assert elsewhere.reason == "Telegram sends this bot's updates elsewhere"


def test_settings_say_what_is_wrong_and_never_print_the_token() -> None:
    options = Options.model_validate({"token": TOKEN, "api_url": "https://bots.example/"})
    for wrong in ({}, {"token": ""}, {"token": TOKEN, "mode": "push"}, {"token": TOKEN, "api_url": "ftp://x"},
                  {"token": TOKEN, "poll_timeout_seconds": 0}, {"token": TOKEN, "tokn": "x"}):  # fmt: skip
        with pytest.raises(ValidationError):
            Options.model_validate(wrong)

    assert options.api_url == "https://bots.example"
    assert TOKEN not in repr(options)
