"""The stream: acknowledged after the commit, in order within a room, renewed, probed, and silent about secrets."""

import asyncio
import contextlib
import itertools
import logging
from datetime import timedelta

import pytest

from channels.base import ChannelDown, ChannelRefused, ChannelState
from channels.dingtalk.connection import Connection
from channels.dingtalk.strangers import SENTENCE
from channels.sayings import saying
from channels.shared.socket import AT_ONCE
from channels.times import moment
from tests.platforms.dingtalk.office import ALICE, BOB, GROUP, SECRET
from tests.platforms.dingtalk.server import Refusal
from tests.unit.dingtalk.bench import DIRECT, Bench, say, words

OPEN = "/v1.0/gateway/connections/open"


async def test_a_message_is_acknowledged_once_it_is_stored(bench: Bench) -> None:
    await bench.connected()
    bench.inbox.held_room = "all"
    name = bench.fake.say(words("slowly"), staff=ALICE)
    await bench.inbox.first()
    early = dict(bench.fake.stream.answers)
    bench.inbox.release.set()
    await bench.acknowledged()

    assert early == {}
    assert bench.fake.stream.answers[f"frame-{name}"]["code"] == 200


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(bench: Bench) -> None:
    bench.fake.stream.retry_seconds = 0.1
    await bench.connected()
    bench.inbox.failures = 2
    event = await bench.heard("keep me")

    assert event.text == "keep me"
    assert bench.inbox.heard == 3


async def test_a_slow_room_holds_up_itself_and_no_other(bench: Bench) -> None:
    bench.fake.stream.retry_seconds = 5.0
    await bench.connected()
    bench.inbox.held_room = DIRECT.room
    for number in range(3):
        bench.fake.say(words(f"{number}"), staff=ALICE)
    bench.fake.say(words("meanwhile"), staff=BOB)
    bench.fake.say(words("in the group"), staff=ALICE, group=True)
    before = [event.text for event in await bench.inbox.first(3)]
    bench.inbox.release.set()
    after = [event.text for event in await bench.inbox.first(5)]

    assert before == ["0", "meanwhile", "in the group"]
    assert after[3:] == ["1", "2"]


async def test_a_connection_that_dingtalk_wants_renewed_is_renewed_at_once_and_nothing_is_lost(bench: Bench) -> None:
    task = bench.listen()
    await bench.fake.stream.connected()
    await bench.heard("before")
    assert await bench.fake.stream.deliver("SYSTEM", "disconnect", {"reason": "expired"}, "bye", tries=1)
    await bench.heard("after")

    assert bench.fake.stream.opens == 2
    assert not task.done()
    assert bench.fake.stream.answers["bye"]["data"] == '{"reason": "expired"}'


async def test_a_server_that_ends_every_connection_at_once_is_down(bench: Bench) -> None:
    task = bench.listen()
    for number in range(len(AT_ONCE) + 1):
        await bench.fake.stream.connected()
        await bench.fake.stream.deliver("SYSTEM", "disconnect", {}, f"bye-{number}", tries=1)
        await bench.fake.stream.gone()
    with pytest.raises(ChannelDown, match="at once"):
        await task


async def test_a_ping_of_dingtalks_own_is_answered_with_what_it_carried(bench: Bench) -> None:
    await bench.connected()

    assert await bench.fake.stream.deliver("SYSTEM", "ping", {"opaque": "o1"}, "ping-1", tries=1)
    assert bench.fake.stream.answers["ping-1"]["data"] == '{"opaque": "o1"}'


async def test_frames_that_make_no_sense_are_not_acknowledged_and_harm_nothing(bench: Bench) -> None:
    await bench.connected()
    for frame in ("{", "[1]", '{"type":"SYSTEM","headers":5}', '{"type":"CALLBACK","headers":{"topic":"/other"}}'):
        await bench.fake.stream.send_raw(frame)
    broken = bench.fake.spawn(
        bench.fake.stream.deliver("CALLBACK", "/v1.0/im/bot/messages/get", {"senderStaffId": ALICE}, "b", tries=1)
    )
    event = await bench.heard("afterwards")
    broken.cancel()

    assert event.text == "afterwards"
    assert "b" not in bench.fake.stream.answers


async def test_a_clean_an_abrupt_and_a_silent_end_are_told_apart(bench: Bench) -> None:
    task = bench.listen()
    await bench.fake.stream.connected()
    await bench.fake.stream.close()
    with pytest.raises(ChannelDown, match=r"closed the stream \(1000\)"):
        await task
    task = bench.listen()
    await bench.fake.stream.connected()
    bench.fake.stream.abort()
    with pytest.raises(ChannelDown, match="closed the stream"):
        await task
    task = bench.listen()
    await bench.fake.stream.connected()
    bench.fake.stream.deaf.add(bench.fake.stream.live[-1])
    with pytest.raises(ChannelDown, match="fell silent"):
        await asyncio.wait_for(task, 3)


async def test_a_probe_goes_through_the_stream(bench: Bench) -> None:
    before = await bench.channel.probe()
    await bench.connected()
    await bench.heard()
    up = await bench.channel.probe()
    bench.fake.stream.deaf.add(bench.fake.stream.live[-1])
    deaf = await bench.channel.probe()

    assert before.state is ChannelState.STARTING
    assert (up.state, up.reason) == (ChannelState.UP, "")
    assert (deaf.state, deaf.reason) == (ChannelState.DOWN, "DingTalk's stream is open but does not answer pings")


@pytest.mark.parametrize(
    ("refusal", "error", "words"),
    [
        (Refusal(401, "authFailed", "鉴权失败"), ChannelRefused, "authFailed 鉴权失败"),
        (Refusal(400, "invalidSubscriptions"), ChannelRefused, "invalidSubscriptions"),
        (Refusal(503, "ServiceUnavailable"), ChannelDown, "503"),
        (Refusal(403, "Forbidden.AccessDenied.QpsLimitForApi"), ChannelDown, "wait"),
    ],
)
async def test_a_ticket_that_is_refused_says_why(
    bench: Bench, refusal: Refusal, error: type[Exception], words: str
) -> None:
    bench.fake.refusals[OPEN].append(refusal)
    with pytest.raises(error, match=words):
        await bench.listen()


async def test_a_ticket_is_good_for_one_connection(bench: Bench) -> None:
    await bench.connected()
    ticket = {"ticket": f"tick+{bench.fake.stream.opens}/="}
    async with bench.http.get(f"{bench.fake.base}/connect", params=ticket) as answer:
        assert answer.status == 401


async def test_a_ticket_goes_over_no_open_line_when_the_api_is_safe(bench: Bench) -> None:
    async def nobody(_: str, data: dict[str, object]) -> None:
        raise AssertionError(data)

    channel = bench.build(api_url="https://127.0.0.1:9")
    stream = Connection(channel._options, bench.http, bench.channel._api, message=nobody, press=nobody)
    with pytest.raises(ChannelDown, match="no address for the stream"):
        await stream._ticket()


async def test_no_log_holds_a_secret_and_the_sdk_prints_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await bench.connected()
        await bench.heard("a private word")
        await bench.fake.stream.send_raw(
            '{"type":"CALLBACK","headers":{"topic":"/x"},"data":"{\\"w\\":\\"private\\"}"}'
        )
        await bench.fake.stream.deliver("SYSTEM", "disconnect", {"reason": "expired"}, "bye", tries=1)
        await bench.heard("another private word")
        await bench.close()
    printed = capsys.readouterr()
    told = f"{caplog.text}\n{printed.out}\n{printed.err}"

    for secret in (SECRET, "tick+", "private", *bench.fake.tokens):
        assert secret not in told


async def test_robots_stand_side_by_side_each_with_its_own_address(bench: Bench) -> None:
    other = type(bench.fake)()
    other.office.numbers = itertools.count(1000)
    await other.start()
    try:
        channel = bench.build(api_url=other.base)
        task = asyncio.create_task(channel.listen(bench.inbox.receive))
        await bench.connected()
        await other.stream.connected()
        other.say(words("to the other"), staff=BOB)
        await bench.heard("to this one")
        await bench.inbox.first(2)
        await channel.send(say("from the other"))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        await other.stop()

    assert [sight.text for _, sight in other.seen(ALICE)] == ["from the other"]
    assert bench.texts() == []


async def test_a_gap_is_said_for_an_hour_where_something_was_heard_before(bench: Bench) -> None:
    await bench.connected()
    event = await bench.heard()
    await bench.close()
    bench.newest, bench.ahead = [event], timedelta(minutes=3)
    bench.channel = bench.build()
    await bench.connected()
    await bench.heard("after the gap")
    said = (await bench.channel.probe()).reason
    bench.ahead += timedelta(hours=1)
    later = (await bench.channel.probe()).reason

    assert said.startswith(f"After the message of {moment(event.at, 'en')} there was no connection")
    assert "may be missing" in said
    assert later == ""


async def test_a_short_break_is_no_gap(bench: Bench) -> None:
    await bench.connected()
    bench.newest = [await bench.heard()]
    await bench.close()
    bench.channel = bench.build()
    await bench.connected()
    await bench.heard("again")

    assert (await bench.channel.probe()).reason == ""


async def test_a_stranger_is_not_heard_and_told_so_once_an_hour(bench: Bench) -> None:
    await bench.connected()
    for number in range(3):
        bench.fake.say(words(f"let me in {number}"), staff="", group=True)
    await bench.fake.until(lambda: len(bench.texts(GROUP)) == 1)
    await bench.acknowledged()
    unnamed = (await bench.channel.probe()).reason
    bench.ahead = timedelta(hours=1, seconds=1)
    bench.fake.say(words("again"), staff="", group=True)
    await bench.fake.until(lambda: len(bench.texts(GROUP)) == 2)
    known = await bench.heard("I am a member")

    assert bench.texts(GROUP) == [SENTENCE, SENTENCE]
    assert list(bench.inbox.kept) == [known.event_id]
    assert unnamed == saying("lack.names")
    assert unnamed not in (await bench.channel.probe()).reason


async def test_a_stranger_with_a_foreign_reply_address_is_told_nothing(bench: Bench) -> None:
    await bench.connected()
    bench.fake.say(words("x"), staff="", sessionWebhook="https://evil.example/x")
    await bench.acknowledged()

    assert bench.fake.called("/webhook") == []
    assert bench.inbox.heard == 0


async def test_a_group_has_a_limit_and_a_private_conversation_has_none(bench: Bench) -> None:
    assert bench.channel.room_rate(DIRECT.room) is None
    assert bench.channel.room_rate(GROUP).count == 20
