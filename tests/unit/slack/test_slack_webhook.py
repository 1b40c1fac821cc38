"""Signed requests: only Slack comes in."""

import json
import time

from channels.base import (
    ChannelState,
    HasRoutes,
)
from channels.messages import (
    Outbound,
)
from tests.unit.slack.bench import CARD, DIRECT, Bench


async def test_signed_events_presses_and_commands_come_in_by_one_route(webhook: Bench) -> None:
    ref = await webhook.channel.send(Outbound(key="k", address=DIRECT, card=CARD))
    webhook.slack.say("over http")
    webhook.slack.press(ref.id, "Deny")
    webhook.slack.slash("hi")
    heard = await webhook.inbox.first(3)

    assert {inbound.text for inbound in heard} == {"over http", "", "hi"}
    assert [inbound.press.choice for inbound in heard if inbound.press] == ["d"]


async def test_a_command_that_says_payload_is_heard_too(webhook: Bench) -> None:
    webhook.slack.slash("show the payload=1 & its copy")

    assert [inbound.text for inbound in await webhook.inbox.first()] == ["show the payload=1 & its copy"]


async def test_a_kind_of_event_that_nobody_waits_for_is_not_sent_again(webhook: Bench) -> None:
    event = webhook.slack.callback({"type": "reaction_added", "user": "U0ALICE", "event_ts": "1.5"})

    assert await webhook.slack.tell("events_api", event) == 200
    assert await webhook.slack.tell("interactive", {"type": "shortcut", "user": {"id": "U0ALICE"}}) == 200
    assert webhook.inbox.heard == 0


async def test_what_could_not_be_stored_is_answered_503_and_sent_again(webhook: Bench) -> None:
    webhook.inbox.failures = 1
    webhook.slack.say("keep me")

    assert [inbound.text for inbound in await webhook.inbox.first()] == ["keep me"]
    assert webhook.inbox.heard == 2


async def test_an_event_during_a_failing_auth_test_is_not_lost(webhook: Bench) -> None:
    webhook.slack.refuse("auth.test", "internal_error")
    webhook.slack.say("still here")

    assert [inbound.text for inbound in await webhook.inbox.first()] == ["still here"]


async def test_only_slacks_signature_passes(webhook: Bench) -> None:
    body, now = json.dumps({"type": "url_verification", "challenge": "c0ffee"}), int(time.time())
    requests, json_type = webhook.slack.requests, "application/json"
    good = requests.sign(body, str(now))
    statuses = [
        await requests.post(body, json_type, signature="v0=0"),
        await requests.post(body, json_type, signature="v0=é"),
        await requests.post(body, json_type, at=str(now - 301)),
        await requests.post(body, json_type, at=str(now + 302)),
        await requests.post(body, json_type, at="soon", signature=good),
        await requests.post(f"{body} ", json_type, at=str(now), signature=good),
        await requests.post("{broken", json_type),
        await requests.post("[1]", json_type),
        await requests.post(body, json_type, at=str(now), signature=good),
    ]

    assert statuses == [401, 401, 401, 401, 401, 401, 400, 400, 200]
    assert webhook.inbox.heard == 0


async def test_a_clock_that_shuts_slack_out_is_told_until_it_is_right_again(webhook: Bench) -> None:
    body, now = json.dumps({"type": "url_verification", "challenge": "c0ffee"}), int(time.time())
    requests = webhook.slack.requests
    forged = await requests.post(body, "application/json", at=str(now - 7200), signature="v0=0")
    before = await webhook.channel.probe()
    late = await requests.post(body, "application/json", at=str(now - 7200))
    told = await webhook.channel.probe()
    timely = await requests.post(body, "application/json")
    after = await webhook.channel.probe()

    assert (forged, late, timely) == (401, 401, 200)
    assert told.state is ChannelState.UP
    assert told.reason == "what Slack signs is 2 h behind this machine's clock and is refused: set the clock"
    assert (before.reason, after.reason) == ("", "")


async def test_a_copied_request_tells_the_same_event(webhook: Bench) -> None:
    payload = webhook.slack.callback(
        {"type": "message", "channel": "D0ALICE", "user": "U0ALICE", "text": "x", "ts": "1.5"}
    )
    body, at = json.dumps(payload), str(int(time.time()))
    first = await webhook.slack.requests.post(body, "application/json", at=at)
    again = await webhook.slack.requests.post(body, "application/json", at=at)

    assert (first, again) == (200, 200)
    assert (webhook.inbox.heard, len(webhook.inbox.kept)) == (2, 1)


async def test_only_http_mode_has_a_route(webhook: Bench) -> None:
    assert isinstance(webhook.channel, HasRoutes)
    assert not isinstance(webhook.build(), HasRoutes)
    assert (await webhook.channel.probe()).state is ChannelState.UP
