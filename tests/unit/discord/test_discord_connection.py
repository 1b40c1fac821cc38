"""Connections that fail, and what a person reads of it."""

import asyncio
import logging

import pytest

from channels.base import ChannelDown, ChannelRefused, ChannelState, RateLimited
from tests.platforms.discord.server import TOKEN
from tests.platforms.discord.town import BOT, GROUP
from tests.unit.discord.bench import Bench


async def ends(bench: Bench, kind, match, **options):
    channel = bench.build(**options)
    with pytest.raises(kind, match=match) as caught:
        async with asyncio.timeout(5):
            await channel.listen(bench.receive)
    assert TOKEN not in str(caught.value)
    return caught.value


async def test_being_asked_to_come_back_resumes_the_session(bench: Bench):
    async with bench.listening():
        await bench.fake.gateway.connection.send({"op": 7, "d": None})
        await bench.until(lambda: bench.fake.gateway.resumed == 1)
        await bench.say("still here")

        assert await bench.hears() == ["still here"]
    assert bench.fake.gateway.identified == 1


async def test_a_session_that_is_gone_ends_the_channel_so_that_it_is_built_anew(bench: Bench):
    async with bench.listening() as task:
        bench.fake.gateway.session = None
        await bench.fake.gateway.connection.send({"op": 9, "d": False})
        with pytest.raises(ChannelDown, match="does not know this session"):
            await task


async def test_a_session_that_may_be_resumed_is(bench: Bench):
    async with bench.listening():
        await bench.fake.gateway.connection.send({"op": 9, "d": True})
        await bench.until(lambda: bench.fake.gateway.resumed == 1)


async def test_a_stream_that_cannot_be_read_is_begun_again_without_a_loss(bench: Bench):
    async with bench.listening():
        await bench.fake.gateway.connection.socket.send_bytes(b"no zlib\x00\x00\xff\xff")
        await bench.say("after the noise")

        assert await bench.hears() == ["after the noise"]
    assert bench.fake.gateway.resumed == 1


async def test_a_message_that_comes_in_two_frames_is_read_as_one(bench: Bench):
    async with bench.listening():
        bench.fake.gateway.connection.is_split = True
        await bench.say("first")
        await bench.say("second")

        assert await bench.hears(2) == ["first", "second"]
    assert bench.fake.gateway.resumed == 0


async def test_an_unanswered_heartbeat_ends_the_connection(bench: Bench):
    bench.fake.gateway.interval_ms = 50
    async with bench.listening():
        bench.fake.gateway.connection.is_deaf = True
        await bench.until(lambda: bench.fake.gateway.resumed == 1)
        await bench.say("heard again")

        assert await bench.hears() == ["heard again"]


async def test_discord_asking_for_a_heartbeat_gets_one(bench: Bench):
    bench.fake.gateway.interval_ms = 60_000
    async with bench.listening():
        await bench.say("hello")
        await bench.hears()
        numbers = len(bench.fake.gateway.session.events)
        await bench.fake.gateway.connection.send({"op": 1, "d": None})
        await bench.until(lambda: bench.fake.gateway.confirmed == numbers)


@pytest.mark.parametrize(("code", "says"), [(4013, "intents are wrong"), (4011, "2,500"), (4010, "shard")])
async def test_what_only_a_person_can_mend_is_refused(bench: Bench, code, says):
    async with bench.listening() as task:
        await bench.fake.gateway.connection.hang_up(code)
        with pytest.raises(ChannelRefused, match=says):
            await task


async def test_a_first_connection_that_is_refused_is_a_channel_that_is_down(bench: Bench, unused_tcp_port: int):
    await ends(bench, ChannelDown, "cannot be reached", gateway_url=f"ws://127.0.0.1:{unused_tcp_port}/")
    bench.fake.gateway.handshakes_refused = 1
    await ends(bench, ChannelDown, "cannot be reached")
    await ends(bench, ChannelDown, "cannot be reached", api_url=f"http://127.0.0.1:{unused_tcp_port}")


async def test_a_gateway_that_does_not_greet_or_welcome_is_down(bench: Bench, monkeypatch):
    monkeypatch.setattr("channels.discord.connection.PONG_SECONDS", 0.05)
    monkeypatch.setattr("channels.discord.session.READY_SECONDS", 0.1)
    bench.fake.gateway.greets = False
    await ends(bench, ChannelDown, "does not greet")
    bench.fake.gateway.greets, bench.fake.gateway.welcomes = True, False
    await ends(bench, ChannelDown, "does not let us in")


async def test_something_else_at_the_address_is_named(bench: Bench):
    await ends(bench, ChannelDown, "404", api_url=bench.fake.base)


async def test_the_last_sessions_of_a_day_are_left_alone(bench: Bench):
    bench.fake.sessions_left = 4
    error = await ends(bench, RateLimited, "too many sessions")

    assert error.retry_after_seconds == 3600
    assert bench.fake.gateway.identified == 0


async def test_only_what_is_needed_is_asked_for(bench: Bench):
    async with bench.listening():
        pass

    assert bench.fake.gateway.intents == [1 << 0 | 1 << 9 | 1 << 12 | 1 << 15]


async def test_without_the_message_content_intent_mentions_still_work_and_the_health_says_so(bench: Bench):
    bench.fake.gateway.allows_content = False
    async with bench.listening():
        health = await bench.settled()
        await bench.say("not for the bot", GROUP)
        await bench.say(f"<@{BOT}> for the bot", GROUP)

        assert await bench.hears() == ["for the bot"]
    assert bench.fake.gateway.intents == [1 << 0 | 1 << 9 | 1 << 12]
    assert health.state is ChannelState.UP
    assert "Message Content Intent is off" in health.reason


async def test_an_intent_that_is_denied_only_by_the_gateway_is_given_up(bench: Bench):
    bench.fake.portal_says, bench.fake.gateway.allows_content = True, False
    async with bench.listening():
        health = await bench.settled()

    assert bench.fake.gateway.intents == [1 << 0 | 1 << 9 | 1 << 12 | 1 << 15, 1 << 0 | 1 << 9 | 1 << 12]
    assert health.state is ChannelState.UP
    assert "Message Content Intent is off" in health.reason


async def test_an_admin_who_wants_no_message_content_reads_no_complaint(bench: Bench):
    channel = bench.build(message_content=False)
    async with bench.listening(channel):
        health = await bench.settled(channel)

    assert (health.state, health.reason) == (ChannelState.UP, "")


async def test_presses_that_go_to_an_address_make_cards_words(bench: Bench):
    bench.fake.presses_go_to = "https://example.org/interactions"
    async with bench.listening():
        health = await bench.settled()

    assert not bench.channel.traits.has_buttons
    assert "Interactions Endpoint URL" in health.reason


async def test_no_secret_is_logged(bench: Bench, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    async with bench.listening():
        await bench.say("hello")
        await bench.hears()
        await bench.fake.gateway.connection.hang_up(4000)
        await bench.until(lambda: bench.fake.gateway.resumed == 1)
    logged = caplog.text + "".join(capsys.readouterr())

    assert "line_renewed" in logged
    assert TOKEN not in logged
    assert "session-1" not in logged
