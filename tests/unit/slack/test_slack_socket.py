"""Socket Mode: connections come and go, nothing is lost."""

import asyncio

import pytest

from channels.base import (
    ChannelDown,
    ChannelRefused,
    ChannelState,
)
from tests.platforms.slack.server import BOT_TOKEN
from tests.unit.slack.bench import Bench


async def test_wrong_tokens_are_told_in_slacks_words(bench: Bench) -> None:
    for wrong, word in ({"bot_token": "xoxb-no"}, "invalid_auth"), ({"app_token": "xapp-no"}, "invalid_auth"):
        with pytest.raises(ChannelRefused, match=word):
            await bench.build(**wrong).listen(bench.inbox.receive)
    with pytest.raises(ChannelRefused, match="not_allowed_token_type"):
        await bench.build(bot_token="xoxb-1-right", app_token="xapp-x")._api.ask(  # what a swapped token earns
            bench.channel._api.sdk.apps_connections_open, app_token=BOT_TOKEN
        )


async def test_a_slack_that_asks_to_wait_at_the_start_is_tried_again_later(bench: Bench) -> None:
    bench.slack.limit("auth.test", 3)
    with pytest.raises(ChannelDown, match="wait"):
        await bench.channel.listen(bench.inbox.receive)
    bench.slack.limit("apps.connections.open", 3)
    with pytest.raises(ChannelDown, match="wait"):
        await bench.channel.listen(bench.inbox.receive)


async def test_each_attempt_takes_a_new_ticket(bench: Bench) -> None:
    bench.slack.sockets.refuse_handshakes = 2
    for _ in range(2):
        with pytest.raises(ChannelDown, match="403"):
            await bench.channel.listen(bench.inbox.receive)
    await bench.connected()

    assert len(bench.slack.sockets.tickets) == 3


async def test_slacks_goodbye_is_followed_by_a_new_connection_without_loss(bench: Bench) -> None:
    await bench.connected()
    bench.slack.say("before")
    await bench.inbox.first()
    await bench.slack.sockets.say_goodbye()
    await bench.until_called("apps.connections.open", 2)
    await bench.slack.sockets.wait_connected()
    bench.slack.say("after")

    assert [inbound.text for inbound in await bench.inbox.first(2)] == ["before", "after"]


async def test_an_abrupt_end_is_raised_for_the_supervisor(bench: Bench) -> None:
    await bench.connected()
    bench.slack.sockets.hang_up()
    assert bench.task
    with pytest.raises(ChannelDown, match="closed the socket"):
        await asyncio.wait_for(bench.task, 5)


async def test_socket_mode_switched_off_is_for_a_person_to_mend(bench: Bench) -> None:
    await bench.connected()
    await bench.slack.sockets.say_goodbye("link_disabled")
    assert bench.task
    with pytest.raises(ChannelRefused, match="link_disabled"):
        await asyncio.wait_for(bench.task, 5)


async def test_a_deaf_socket_is_found_by_the_probe_and_then_given_up(bench: Bench) -> None:
    await bench.connected()
    bench.slack.say("greeted")
    await bench.inbox.first()
    well = await bench.channel.probe()
    bench.slack.sockets.deafen()
    ill = await bench.channel.probe()
    assert bench.task
    with pytest.raises(ChannelDown):
        await asyncio.wait_for(bench.task, 5)

    assert well.state is ChannelState.UP
    assert ill.state is ChannelState.DOWN
    assert "does not answer pings" in ill.reason


async def test_a_socket_that_never_greets_is_given_up(bench: Bench) -> None:
    bench.slack.sockets.greets = False
    with pytest.raises(ChannelDown, match="greet"):
        await asyncio.wait_for(bench.channel.listen(bench.inbox.receive), 5)


async def test_listening_ends_on_cancel_and_leaves_no_task(bench: Bench) -> None:
    others = asyncio.all_tasks()
    await bench.connected()
    bench.inbox.open.clear()
    bench.slack.say("held")
    await bench.inbox.first()
    await bench.close()
    left = [task.get_name() for task in asyncio.all_tasks() - others if "/channels/slack/" in repr(task)]

    assert left == []
    assert not bench.http.closed


async def test_what_is_not_understood_is_not_acknowledged_and_hurts_nobody(bench: Bench) -> None:
    await bench.connected()
    bench.slack.tell(
        "events_api", bench.slack.callback({"type": "message", "channel": "D0ALICE", "text": "x", "user": "U1"})
    )
    await bench.slack.sockets.live[-1].send_str("not json")
    await bench.slack.sockets.live[-1].send_str("[1]")
    bench.slack.say("fine")

    assert [inbound.text for inbound in await bench.inbox.first()] == ["fine"]


async def test_a_slack_that_ends_every_connection_at_once_is_given_up(bench: Bench) -> None:
    task = bench.listen()
    for attempt in range(1, 4):
        await bench.until_called("apps.connections.open", attempt)
        await bench.slack.sockets.wait_connected()
        await bench.slack.sockets.say_goodbye("warning")
        await bench.slack.sockets.wait_gone()
    with pytest.raises(ChannelDown, match="at once"):
        await asyncio.wait_for(task, 5)


async def test_what_the_environment_says_for_other_apps_changes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"SLACK_{name}", "of-another-app")
    bench.channel = bench.build()
    await bench.connected()
    bench.slack.say("still ours")

    assert [inbound.text for inbound in await bench.inbox.first()] == ["still ours"]


async def test_a_kind_of_event_that_nobody_waits_for_is_acknowledged(bench: Bench) -> None:
    await bench.connected()
    event = bench.slack.callback({"type": "reaction_added", "user": "U0ALICE", "event_ts": "1.5"})

    assert await bench.slack.tell("events_api", event) == 1
    assert bench.inbox.heard == 0
