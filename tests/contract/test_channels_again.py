"""What every adapter owes when something is said once more: after a limit, after a lost answer, or by a person."""

from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import RateLimited
from channels.messages import Button, Card, File, plain
from tests.contract.asked import needs
from tests.contract.drivers import Fault, Power, Room
from tests.contract.stage import Stage


@needs(Power.FAULTS, Power.REWRITES)
async def test_an_edit_that_has_to_wait_says_how_long_and_is_made_afterwards(stage: Stage) -> None:
    home = await stage.home()
    buttons = (Button(choice="a", label="Approve"), Button(choice="d", label="Deny"))
    [ref] = await stage.send(home, card=Card(id="abcdefgh23456789", title="Run?", buttons=buttons))
    stage.driver.misbehave(Fault.RATE_LIMITED)
    outcome = Card(id="abcdefgh23456789", title="Denied by Bob")
    with pytest.raises(RateLimited) as caught:
        await stage.send(home, card=outcome, replaces=ref)
    await stage.send(home, card=outcome, replaces=ref)
    [seen] = await stage.driver.hear()

    assert 0 < caught.value.retry_after_seconds <= stage.driver.rate_limit_seconds
    assert "Denied by Bob" in seen.text


@needs(Power.FAULTS, Power.UPLOADS)
async def test_a_file_that_has_to_wait_arrives_once_and_whole(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    report = tmp_path / "report.txt"
    report.write_bytes(b"all is well")
    file = File(name="report.txt", media_type="text/plain", size=11, locator=str(report))
    stage.driver.misbehave(Fault.RATE_LIMITED)
    with pytest.raises(RateLimited) as caught:
        await stage.send(home, parts=(file,))
    await stage.send(home, parts=(file,))
    seen = await stage.driver.hear()

    assert 0 < caught.value.retry_after_seconds <= stage.driver.rate_limit_seconds
    assert [file.content for each in seen for file in each.files] == [b"all is well"]


@needs(Power.NONCES)
async def test_a_message_sent_twice_is_seen_once_where_the_platform_can_tell_a_repeat(stage: Stage) -> None:
    home = await stage.home()
    message = stage.message(home, parts=plain("only once"))
    first = await stage.channel.send(message)
    second = await stage.channel.send(replace(message, may_repeat=True))
    await stage.send(home, parts=plain("and another"))
    seen = await stage.driver.hear(2)

    assert second == first or not stage.channel.traits.sends_idempotently
    assert [each.text for each in seen] == ["only once", "and another"]


@needs(Power.REPLIES, Power.GROUPS)
async def test_in_a_group_a_reply_to_the_bot_is_for_the_bot(stage: Stage) -> None:
    home = await stage.home(Room.GROUP)
    [ref] = await stage.send(home, parts=plain("I think so"))
    await stage.driver.say("are you sure?", room=Room.GROUP, answers=ref.id, by=stage.driver.bob)
    event = (await stage.hears(2))[-1]

    assert event.text == "are you sure?"
    assert event.to_me


async def test_a_person_is_called_what_the_platform_calls_them_or_nothing(stage: Stage) -> None:
    await stage.home()
    await stage.home()

    assert {event.sender.name for event in stage.heard} <= {"", stage.driver.alice.name}
