"""What the channel suite cannot ask of QQ: windows of answers, grants found out by trying, signatures and forgeries."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.base import ChannelState, MessageRefused, RateLimited
from channels.locales import say
from channels.messages import Account, Address, BodyKind, Button, Card, File, Inbound, Outbound, plain
from channels.qq import Options, build, render
from channels.qq.normalise import normalise
from channels.qq.passive import PRIVATE_ANSWERS, Openings, sequence
from channels.qq.webhook import Webhook
from tests.contract.drivers import Room
from tests.contract.stage import Stage
from tests.platforms.qq import driver
from tests.platforms.qq.server import SECRET, key_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CARD = Card(
    id="abcdefgh23456789",
    title="Run?",
    buttons=(Button(choice="a", label="Approve"), Button(choice="d", label="Deny")),
    fallback="/approve 7QX4 or /deny 7QX4 reason",
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("qq", "socket", driver()) as made:
        yield made


@pytest.fixture
async def webhook() -> AsyncIterator[Stage]:
    async with Stage("qq", "webhook", driver()) as made:
        yield made


def fake(stage: Stage) -> Any:
    return stage.driver.fake  # type: ignore[attr-defined]


# Answers


async def test_each_private_message_is_answered_at_most_four_times_and_the_rest_waits_for_the_next(
    stage: Stage,
) -> None:
    home = await stage.home()
    for number in range(PRIVATE_ANSWERS):
        await stage.send(home, parts=plain(f"answer {number}"))
    with pytest.raises(RateLimited, match="within 60 minutes"):
        await stage.send(home, parts=plain("one more"))
    await stage.driver.say("go on")
    await stage.hears(2)
    await stage.send(home, parts=plain("one more"))

    assert [seen.text for seen in await stage.driver.hear()][-1] == "one more"
    assert fake(stage).calls["messages"] == PRIVATE_ANSWERS + 1, "nothing is asked that the platform would refuse"


async def test_the_last_answer_says_that_more_comes_once_somebody_writes(stage: Stage) -> None:
    home = await stage.home()
    for number in range(PRIVATE_ANSWERS):
        await stage.send(home, parts=plain(f"answer {number}"), in_language="zh")
    said = [seen.text for seen in await stage.driver.hear(PRIVATE_ANSWERS)]

    assert said[-1] == f"answer 3\n\n❖ {say('qq.last_answer', 'zh')}"
    assert not any("❖" in text for text in said[:-1])


async def test_news_of_a_card_that_has_ended_leaves_the_last_answer_to_what_is_waited_for(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, card=CARD)
    for title in ("Approved", "Approved and run", "Once more"):
        await stage.send(home, card=Card(id=CARD.id, title=title), rewrites="a card")
    await stage.send(home, parts=plain("It printed 42."))
    said = [seen.text.split("\n")[0].removeprefix("❖ ") for seen in await stage.driver.hear(PRIVATE_ANSWERS)]

    assert said == ["Run?", "Approved", "Approved and run", "It printed 42."]


async def test_a_card_in_a_group_says_that_what_comes_late_waits_for_a_mention(stage: Stage) -> None:
    await stage.driver.say("hello", room=Room.GROUP, mention=True)
    await stage.hears(1)
    await stage.send(stage.heard[-1].address, card=CARD)
    [seen] = await stage.driver.hear(room=Room.GROUP)

    assert say("qq.five_minutes", "en") in seen.text


async def test_a_window_that_the_platform_closed_early_is_not_tried_again(stage: Stage) -> None:
    home = await stage.home()
    fake(stage).window_seconds["users"] = -1.0
    with pytest.raises(RateLimited):
        await stage.send(home, parts=plain("too late"))
    with pytest.raises(RateLimited):
        await stage.send(home, parts=plain("too late"))

    assert fake(stage).calls["messages"] == 1


async def test_the_same_message_is_taken_once_however_often_it_is_sent(stage: Stage) -> None:
    home = await stage.home()
    message = Outbound(key="one", address=home, parts=plain("once"))
    first, second = await stage.channel.send(message), await stage.channel.send(message)

    assert (first.id != "", second.id) == (True, "")
    assert [seen.text for seen in await stage.driver.hear()] == ["once"]


async def test_a_press_may_be_answered_too(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    await stage.driver.press(ref.id, "Approve")
    await stage.until(lambda: any(event.press for event in stage.heard))
    event = stage.heard[-1]
    assert event.press is not None
    for number in range(PRIVATE_ANSWERS + 2):
        await stage.send(home, parts=plain(f"answer {number}"), receipt=event.press.receipt)
    openings = [said.body.get("event_id") for said in fake(stage).said]

    assert [opening for opening in openings if opening] == [
        f"INTERACTION_CREATE:{event.press.receipt.split()[0]}"
    ] * PRIVATE_ANSWERS


async def test_what_may_be_answered_is_known_again_after_a_restart(stage: Stage) -> None:
    home = await stage.home()
    await stage.hang_up()
    stage.channel = stage.build(stage.driver.options("socket"))
    stage.listening = asyncio.create_task(stage.channel.listen(stage.receive))
    await stage.settled()
    await stage.send(home, parts=plain("here I am again"))

    assert [seen.text for seen in await stage.driver.hear()] == ["here I am again"]


def test_windows_differ_and_forgotten_rooms_are_closed() -> None:
    clock = [NOW]
    openings = Openings(lambda: clock[0])
    openings.note("user", "msg_id", "1", NOW)
    openings.note("group:g", "msg_id", "2", NOW)
    clock[0] = NOW + timedelta(minutes=6)
    private, group = openings.find("user"), openings.find("group:g")
    clock[0] = NOW + timedelta(minutes=61)

    assert private is not None
    assert group is None
    assert openings.find("user") is None
    assert openings.find("nobody") is None


def test_the_sequence_of_a_message_is_its_own_and_always_the_same() -> None:
    assert sequence("a") == sequence("a") != sequence("b")
    assert all(0 < sequence(str(number)) < 2**31 for number in range(1000))


# Grants, privacy


async def test_without_the_platforms_leave_cards_become_words_and_the_health_says_so(stage: Stage) -> None:
    fake(stage).granted = False
    home = await stage.home()
    await stage.send(home, card=CARD)
    [seen] = await stage.driver.hear()
    health = await stage.settled()

    assert CARD.fallback in seen.text
    assert seen.buttons == ()
    assert not stage.channel.traits.has_buttons
    assert health.state is ChannelState.UP
    assert "/approve CODE" in health.reason


async def test_what_is_for_one_member_is_never_said_in_a_group(stage: Stage) -> None:
    home = await stage.home(Room.GROUP)
    sender = stage.heard[-1].sender
    await stage.send(home, parts=plain("your secret link code is 123456"), only_for=sender)
    [ref] = await stage.send(home, card=CARD)
    await stage.driver.press(ref.id, "Deny", room=Room.GROUP)
    await stage.until(lambda: any(event.press for event in stage.heard))
    press = stage.heard[-1].press
    assert press is not None
    await stage.send(home, parts=plain("You may not decide this."), only_for=sender, receipt=press.receipt)
    texts = [seen.text for seen in await stage.driver.hear(room=Room.GROUP)]

    assert not any("123456" in text or "may not decide" in text for text in texts)
    assert "private chat" in texts[0]
    assert fake(stage).settled == {press.receipt.split()[0]: 4}
    with pytest.raises(MessageRefused):
        await stage.channel.direct_room(sender)  # type: ignore[attr-defined]


async def test_a_press_is_answered_after_it_was_stored(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    stage.stored.clear()
    await stage.driver.press(ref.id, "Approve")
    await asyncio.sleep(0.1)
    early = dict(fake(stage).settled)
    stage.stored.set()
    await fake(stage).until(lambda: fake(stage).settled)

    assert early == {}
    assert list(fake(stage).settled.values()) == [0]


# What we hear


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"op": 0, "s": 1, "t": kind, "id": "E1", "d": {"id": "M1", "timestamp": "2026-11-06T13:37:18+08:00", **data}}


def test_a_press_that_is_none_of_ours_is_ignored() -> None:
    for given in ("", "ap|short|a", "ap|abcdefgh23456789|approve", "x|abcdefgh23456789|a"):
        data = {"data": {"resolved": {"button_data": given}}, "user_openid": "U"}
        assert normalise("qq", event("INTERACTION_CREATE", **data), NOW) is None


def test_people_of_groups_and_of_private_chats_are_never_the_same_account() -> None:
    private = normalise("qq", event("C2C_MESSAGE_CREATE", author={"user_openid": "A"}, content="hi"), NOW)
    group = normalise(
        "qq", event("GROUP_AT_MESSAGE_CREATE", author={"member_openid": "A"}, group_openid="G", content=" hi"), NOW
    )

    assert private is not None
    assert group is not None
    assert (private.sender.id, group.sender.id) == ("A", "member:A")
    assert (private.address.room, group.address.room) == ("A", "group:G")
    assert (group.text, group.to_me, group.is_direct) == ("hi", True, False)
    assert private.at == datetime(2026, 11, 6, 5, 37, 18, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["GUILD_CREATE", "FRIEND_ADD", "C2C_MSG_REJECT", ""])
def test_other_events_are_not_heard(kind: str) -> None:
    assert normalise("qq", event(kind), NOW) is None


@pytest.mark.parametrize("author", [{}, {"member_openid": "M"}])
def test_a_message_of_nobody_is_an_error_and_not_a_person(author: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="names no user"):
        normalise("qq", event("C2C_MESSAGE_CREATE", author=author, content="hi"), NOW)


async def test_files_are_fetched_from_the_platform_alone(stage: Stage) -> None:
    async def fetch(url: str, limit: int = 100) -> bytes:
        file = File(name="a", media_type="image/png", size=0, locator=url)
        return await stage.channel.fetch(file, limit)  # type: ignore[attr-defined, no-any-return]

    fake(stage).files["a"] = b"bytes"

    assert await fetch(f"{fake(stage).base}/files/a") == b"bytes"
    for url in (
        "http://127.0.0.1:1/a",
        "https://evil.example/a",
        "https://qq.com.evil.example/a",
        "file:///etc/passwd",
    ):
        with pytest.raises(MessageRefused, match="does not lie with QQ"):
            await fetch(url)


# What we say


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@OPENID> hi", "<\u2060@OPENID> hi"),
        ("<qqbot-at-everyone />", "<\u2060qqbot-at-everyone />"),
        ("@everyone and @全体成员", "@\u2060everyone and @\u2060全体成员"),
        ("[x](javascript:alert(1))", "[x]\u2060(javascript:alert(1))"),
        ("[x](data:a)", "[x]\u2060(data:a)"),
        ("[x](https://x.org)", "[x](https://x.org)"),
    ],
)
def test_nothing_that_was_written_calls_anybody_or_hides_a_link(text: str, shown: str) -> None:
    assert render.markdown(text) == shown


def test_plain_words_carry_no_marks() -> None:
    assert render.plain("# Head\n\n- **bold** `code` [a](https://x.org)\n```py\nx = 1\n```") == (
        "Head\n\n• bold code a (https://x.org)\nx = 1"
    )


def test_a_fence_inside_a_body_does_not_end_it() -> None:
    card = Card(id=CARD.id, title="t", body="```\nrm\n```", body_kind=BodyKind.CODE)

    assert "````\n```\nrm\n```\n````" in render.card_markdown(card)


# The webhook


async def test_a_challenge_is_answered_as_in_the_platforms_own_example(webhook: Stage) -> None:
    at = datetime.fromtimestamp(1725442341, UTC)
    webhook = Webhook(SECRET, lambda: at)
    answer = webhook._challenged({"plain_token": "Arq0D5A61EgUu4OxUvOp", "event_ts": "1725442341"})

    assert json.loads(answer.body)["signature"] == (  # type: ignore[arg-type]
        "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
        "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
    )


async def test_a_challenge_cannot_be_made_to_sign_an_event(webhook: Stage) -> None:
    now = str(int(time.time()))
    body = json.dumps(event("C2C_MESSAGE_CREATE", author={"user_openid": "A"}, content="forged"))
    for token, at in ((body, now), ("a b", now), ("", now), ("a" * 65, now), ("abc", "1725442341"), ("abc", "x" + now)):
        challenge = {"op": 13, "d": {"plain_token": token, "event_ts": at}}
        async with webhook.http.post(fake(webhook).webhook, json=challenge) as answer:
            assert answer.status == 400


@pytest.mark.parametrize("age", [301, -330])
async def test_a_signature_of_another_time_is_refused(webhook: Stage, age: int) -> None:
    body = json.dumps(event("C2C_MESSAGE_CREATE", author={"user_openid": "A"}, content="replayed")).encode()
    stamp = str(int(time.time()) - age)
    signed = {
        "X-Signature-Ed25519": key_of(SECRET).sign(stamp.encode() + body).hex(),
        "X-Signature-Timestamp": stamp,
    }
    async with webhook.http.post(fake(webhook).webhook, data=body, headers=signed) as answer:
        assert answer.status == 401
    assert webhook.heard == []


async def test_what_could_not_be_stored_is_not_acknowledged_by_the_door() -> None:
    async with Stage("qq", "webhook", driver()) as stage:
        stage.refuse(1)
        await stage.driver.say("keep me")
        await stage.hears()

    assert [event.text for event in stage.heard] == ["keep me"]


async def test_a_press_that_cannot_be_stored_is_answered_by_the_sign_of_a_failure_once(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    stage.refuse(3)
    await stage.driver.press(ref.id, "Approve")
    await stage.until(lambda: any(event.press for event in stage.heard))
    await fake(stage).until(lambda: fake(stage).settled)

    assert list(fake(stage).settled.values()) == [1]


async def test_two_bots_stand_side_by_side(stage: Stage) -> None:
    other = build("second", Options.model_validate(stage.driver.options("socket")), stage.channel._surroundings)  # type: ignore[attr-defined]
    heard: list[Inbound] = []

    async def receive(inbound: Inbound) -> None:
        heard.append(inbound)

    listening = asyncio.create_task(other.listen(receive))
    async with asyncio.timeout(5):
        while (await other.probe()).state is not ChannelState.UP:  # noqa: ASYNC110 -- asked, not told
            await asyncio.sleep(0.01)
    await stage.driver.say("to whoever came last")
    async with asyncio.timeout(5):
        while not heard:  # noqa: ASYNC110 -- filled by the adapter's task
            await asyncio.sleep(0.01)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)

    assert heard[0].address.channel == "second"
    assert heard[0].sender == Account(channel="second", id=stage.driver.alice.id)
    assert heard[0].address == Address(channel="second", room=stage.driver.alice.id)


def test_a_table_becomes_a_line_for_each_row_and_code_is_left_alone() -> None:
    table = "| host | **used** |\n|:--|--:|\n| db-1 | 91% |\n| a\\|b | 7% |"
    fenced = f"```\n{table}\n```"

    assert render.markdown(f"{table}\nafter") == "**host · used**\n- db-1 · 91%\n- a|b · 7%\nafter"
    assert render.plain(table) == "host · used\n• db-1 · 91%\n• a|b · 7%"
    assert render.markdown(fenced) == fenced
