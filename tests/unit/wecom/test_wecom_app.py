"""What the channel suite cannot ask of a self-built app: sealed calls, a token that dies, codes that are used up."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from channels.base import ChannelDown, ChannelRefused, ChannelState
from channels.messages import Account, Address, Button, Card, Fact, Part, Quote, Text, plain
from channels.wecom.app.envelope import Envelope, NotOurs, flat
from channels.wecom.app.events import normalise
from tests.contract.stage import Stage
from tests.platforms.wecom.app import AGENT_ID, FakeApp, seal, signed, xml
from tests.platforms.wecom.app_driver import AppDriver

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CARD = Card(
    id="abcdefgh23456789",
    title="Run a command?",
    facts=(Fact(label="Agent", value="dba"),),
    body="rm -r /tmp/build",
    buttons=(Button(choice="a", label="Approve"), Button(choice="d", label="Deny")),
)
OUTCOME = replace(CARD, title="Denied by Bob", buttons=())
# The worked examples of developer.work.weixin.qq.com/document/path/90968 and of the code that is offered there.
VECTOR = Envelope("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
MESSAGE = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3"
    "TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gs"
    "ijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUa"
    "x5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIG"
    "HBZZIs2pDBS8R07+qN+E7Q=="
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("wecom", "app", AppDriver()) as made:
        yield made


def fake(stage: Stage) -> FakeApp:
    assert isinstance(stage.driver, AppDriver)
    return stage.driver.fake


def text(**changed: object) -> bytes:
    told = {"FromUserName": "alice", "CreateTime": 1700000000, "MsgType": "text", "Content": "hi", "MsgId": "m1"}
    return xml({**told, "AgentID": AGENT_ID, **changed})


# The envelope


def test_the_worked_examples_of_the_platform_are_opened() -> None:
    echo = VECTOR.opened(
        ECHO, signature="5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", timestamp="1409659589", nonce="263014780"
    )
    message = VECTOR.opened(
        MESSAGE, signature="477715d11cdb4164915debcba66cb864d751f3e6", timestamp="1409659813", nonce="1372623149"
    )

    assert echo == b"1616140317555161061"
    assert flat(message)["FromUserName"]
    assert flat(message)["MsgType"] == "text"


def test_the_worked_example_is_refused_with_one_sign_changed() -> None:
    told = {"signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "timestamp": "1409659589", "nonce": "263014780"}
    for changed in (
        {"signature": "5" * 40},
        {"timestamp": "1409659580"},
        {"nonce": "263014781"},
        {"signature": "\u5b57"},
    ):
        with pytest.raises(NotOurs, match="signature"):
            VECTOR.opened(ECHO, **(told | changed))


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>',
        b"<xml><Encrypt>&undeclared;</Encrypt></xml>",
        b"<xml><Encrypt>",
        b"",
        b'<?xml version="1.0" encoding="no-such"?><xml/>',
        b"<a>" * 20 + b"</a>" * 20,
        b"<xml>" + b" " * 2**18 + b"</xml>",
    ],
)
def test_xml_with_a_dtd_or_no_xml_is_refused(document: bytes) -> None:
    with pytest.raises(NotOurs):
        flat(document)


# The webhook


async def test_the_trial_of_the_address_is_answered_in_plain_text(stage: Stage) -> None:
    locked = seal(b"1616140317555161061")
    answer = await fake(stage).get({**signed(locked), "echostr": locked})

    assert answer == (200, "text/plain", "1616140317555161061")


async def test_whatever_is_wrong_with_a_call_it_is_refused_alike_and_not_heard(stage: Stage) -> None:
    good, app = seal(text()), fake(stage)
    old, early = (str(int(time.time()) + shift) for shift in (-301, 302))
    calls = [
        await app.post(good, signed(good, token="guessed")),
        await app.post(good, signed(good, stamp=old)),
        await app.post(good, signed(good, stamp=early)),
        await app.post(good, {}),
        await app.post(good, signed(good) | {"timestamp": "now"}),
        await app.post("QUJD", signed("QUJD")),
        await app.post("A" * 64, signed("A" * 64)),
        await app.post(foreign := seal(text(), receiver="ww-another"), signed(foreign)),
        await app.post(other := seal(text(), key="A" * 43), signed(other)),
        await app.post(inner := seal(b"<!DOCTYPE x []><xml/>"), signed(inner)),
        await app.post(good, signed(good), body=b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + xml({"Encrypt": good})),
        await app.post(good, signed(good), body=xml({"Encrypt": good}) + b" " * 2**18),
        await app.post(good, signed(good), body=b"no xml"),
    ]
    trial = await app.get({**signed(foreign), "echostr": foreign})

    assert set(calls) == {(403, "")}
    assert (trial[0], trial[2]) == (403, "")
    assert stage.heard == []


async def test_a_call_that_comes_again_is_the_same_event(stage: Stage) -> None:
    locked = seal(text())
    query = signed(locked)
    answers = [await fake(stage).post(locked, query) for _ in range(2)]

    assert answers == [(200, "")] * 2
    assert [event.event_id for event in stage.heard] == ["m1", "m1"]


async def test_a_press_that_is_told_again_is_the_same_event(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    await stage.driver.press(ref.id, "Deny")
    await stage.driver.say_again()
    events = [event for event in await stage.hears(3) if event.press is not None]

    assert len(events) == 2
    assert events[0].event_id == events[1].event_id
    assert events[0].press is not None
    assert events[0].press.receipt.startswith("code-")


async def test_a_call_is_answered_only_once_it_is_stored(stage: Stage) -> None:
    stage.stored.clear()
    locked = seal(text())
    calling = asyncio.create_task(fake(stage).post(locked))
    done, _ = await asyncio.wait({calling}, timeout=0.1)
    stage.stored.set()

    assert not done
    assert await calling == (200, "")


async def test_what_cannot_be_stored_is_answered_so_that_it_comes_again(stage: Stage) -> None:
    stage.refuse(1)
    locked = seal(text())

    assert (await fake(stage).post(locked))[0] == 503
    assert (await fake(stage).post(locked))[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "event", "Event": "subscribe"},
        {"MsgType": "event", "Event": "enter_agent", "EventKey": ""},
        {"MsgType": "event", "Event": "template_card_event", "EventKey": "foreign", "TaskId": "t"},
        {"MsgId": ""},
        {"FromUserName": ""},
        {"AgentID": 7},
    ],
)
async def test_what_is_not_for_us_is_acknowledged_and_not_heard(stage: Stage, fields: dict[str, object]) -> None:
    assert (await fake(stage).post(seal(text(**fields))))[0] == 200
    assert stage.heard == []


def test_a_message_tells_who_said_it_when_and_in_which_conversation() -> None:
    heard = normalise("wecom", flat(text()), NOW)

    assert heard is not None
    assert heard.address == Address(channel="wecom", room="alice")
    assert heard.sender == Account(channel="wecom", id="alice")
    assert (heard.text, heard.is_direct, heard.at) == ("hi", True, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))


# The token


async def test_a_token_that_died_is_renewed_once(stage: Stage) -> None:
    home = await stage.home()
    await stage.settled()
    given = fake(stage).tokens_given
    fake(stage).expire()
    await asyncio.gather(*(stage.send(home, parts=plain(f"number {number}")) for number in range(5)))
    seen = await stage.driver.hear(5)

    assert sorted(each.text for each in seen) == [f"number {number}" for number in range(5)]
    assert fake(stage).tokens_given == given + 1


async def test_a_secret_that_was_changed_is_told_in_the_platforms_words(stage: Stage) -> None:
    home = await stage.home()
    await stage.settled()
    fake(stage).secret = "another"
    fake(stage).expire()
    with pytest.raises(ChannelRefused, match="invalid credential"):
        await stage.send(home, parts=plain("hello"))

    health = await stage.channel.probe()
    assert (health.state, "40001" in health.reason) == (ChannelState.DOWN, True)
    assert "secret" not in health.reason


async def test_an_app_that_is_not_there_is_refused(stage: Stage) -> None:
    wrong = stage.build({**stage.driver.options("app"), "agent_id": 7})
    with pytest.raises(ChannelRefused, match="invalid agentid"):
        async with asyncio.timeout(5):
            await wrong.listen(stage.receive)


# Cards


async def test_a_card_is_rewritten_once_and_then_followed_by_a_message(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    first = await stage.send(home, card=OUTCOME, replaces=ref)
    second = await stage.send(home, card=replace(OUTCOME, title="Undone by Alice"), replaces=ref)
    card, message = await stage.driver.hear(2)

    assert first == [ref] != second
    assert (card.buttons, "Denied by Bob" in card.text) == ((), True)
    assert "Undone by Alice" in message.text
    assert fake(stage).refused == []


async def test_a_press_lets_a_card_be_rewritten_once_more(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    await stage.driver.press(ref.id, "Approve")
    await stage.hears(2)
    progress = replace(CARD, facts=(*CARD.facts, Fact(label="Decided", value="1 of 2")))
    assert await stage.send(home, card=progress, replaces=ref) == [ref]
    assert await stage.send(home, card=OUTCOME, replaces=ref) == [ref]
    [seen] = await stage.driver.hear()

    assert (seen.buttons, "Denied by Bob" in seen.text) == ((), True)


async def test_a_code_that_the_platform_has_forgotten_ends_in_a_message(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    fake(stage).codes.clear()
    await stage.send(home, card=OUTCOME, replaces=ref)
    card, message = await stage.driver.hear(2)

    assert card.buttons == ("Approve", "Deny")
    assert "Denied by Bob" in message.text


async def test_a_card_that_broke_off_goes_on_where_it_was(stage: Stage) -> None:
    home = await stage.home()
    message = stage.message(home, card=CARD)
    app = fake(stage)
    sent = app.until(lambda: app.shown)
    sending = asyncio.create_task(stage.channel.send(message))
    await sent
    app.faults.append("busy")
    outcome = (await asyncio.gather(sending, return_exceptions=True))[0]
    ref = await stage.channel.send(message)
    [seen] = await stage.driver.hear()

    assert isinstance(outcome, ChannelDown)
    assert seen.id == ref.id
    assert [shown.kind for shown in app.shown] == ["text", "template_card"]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        (
            {"MsgType": "location", "Label": "Office", "Location_X": "23.1", "Location_Y": "113.3"},
            Text(text="📍 Office 23.1, 113.3"),
        ),
        (
            {"MsgType": "link", "Title": "News", "Description": "/stop", "Url": "https://x.example"},
            Quote(text="News\n/stop\nhttps://x.example"),
        ),
        (
            {"MsgType": "a_kind_of_next_year"},
            Text(text="[A message of the kind 'a_kind_of_next_year', which is not read here.]"),
        ),
    ],
)
async def test_whatever_kind_a_person_sends_it_is_heard(stage: Stage, fields: dict[str, object], part: Part) -> None:
    assert (await fake(stage).post(seal(text(**fields))))[0] == 200
    [event] = await stage.hears()

    assert event.parts[0] == part
    assert event.text
