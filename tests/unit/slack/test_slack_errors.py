"""Slack's refusals and failures, in the channel's words."""

import pytest

from channels.base import (
    ChannelDown,
    ChannelRefused,
    MessageRefused,
    RateLimited,
)
from channels.messages import (
    Address,
    Ref,
)
from tests.platforms.slack.workspace import CLOSED
from tests.unit.slack.bench import DIRECT, Bench, say


async def test_slacks_refusals_become_the_channels_errors(bench: Bench) -> None:
    bench.slack.limit("chat.postMessage", 7)
    with pytest.raises(RateLimited) as limited:
        await bench.channel.send(say("x"))
    for word, kind in {
        "account_inactive": ChannelRefused,
        "token_revoked": ChannelRefused,
        "msg_too_long": MessageRefused,
        "internal_error": ChannelDown,
    }.items():
        bench.slack.refuse("chat.postMessage", word)
        with pytest.raises(kind, match=word):
            await bench.channel.send(say("x"))
    bench.slack.refuse("chat.postMessage", "missing_scope", needed="chat:write", provided="users:read")
    with pytest.raises(MessageRefused, match=r"missing_scope.*chat:write is needed.*users:read") as lacking:
        await bench.channel.send(say("x"))
    with pytest.raises(MessageRefused, match="not_in_channel"):
        await bench.channel.send(say("x", Address(channel="slack", room=CLOSED)))
    with pytest.raises(MessageRefused, match="message_not_found"):
        await bench.channel.send(say("x", replaces=Ref(address=DIRECT, id="1.1")))

    assert lacking.value.lack is not None
    assert lacking.value.lack.word == "missing_scope chat:write"
    assert "chat:write" in lacking.value.lack.repair["zh"]
    assert limited.value.retry_after_seconds == 7
    assert bench.slack.seen("D0ALICE") == []


async def test_a_server_error_a_drop_and_a_stranger_at_the_address_are_passing(bench: Bench) -> None:
    bench.slack.faults.extend(["500", "drop", "portal"])
    for _ in range(3):
        with pytest.raises(ChannelDown):
            await bench.channel.send(say("x"))
    with pytest.raises(ChannelDown):
        await bench.build(api_url=f"{bench.slack.base}/login/").send(say("x"))
    with pytest.raises(ChannelDown, match="cannot be reached"):
        await bench.build(api_url="http://127.0.0.1:9/").send(say("x"))


async def test_the_environments_proxy_is_ignored(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await bench.build().send(say("direct"))

    assert bench.slack.seen("D0ALICE")[0][1].text == "direct"
