"""What no adapter may do: tell a secret, follow a redirect, fetch too much, lose words, show all what is for one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.base import Channel, ChannelError, ChannelState, FetchesFiles, FileTooLarge, FindsRoom
from channels.messages import Account, Button, Card, File, FileKind, plain
from channels.running import catalogue
from tests.contract.asked import needs
from tests.contract.detour import Detour, authorities, moved
from tests.contract.drivers import Fault, Power, Room
from tests.contract.stage import Stage

CARD = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))
NOWHERE = "127.0.0.1:9"
"""Nobody listens there."""


async def a_file(stage: Stage) -> File:
    """A picture, or where nobody sends any a file, of 13 bytes."""
    if Power.VOICE in stage.driver.lacks:
        await stage.driver.send_file("notes.txt", b"what was said", "text/plain", "read this")
    else:
        await stage.driver.send_media(FileKind.IMAGE, b"what was said")
    [file] = (await stage.hears())[-1].files
    return file


def secrets(stage: Stage, options: Mapping[str, Any]) -> list[str]:
    """What of these settings nobody may read."""
    given = catalogue.load(stage.kind).Options.model_validate(options)
    values = [getattr(given, name) for name in type(given).model_fields]
    return [value.get_secret_value() for value in values if hasattr(value, "get_secret_value")]


@needs(Power.FILES)
async def test_a_file_that_is_longer_than_it_was_said_to_be_is_not_fetched(stage: Stage) -> None:
    file = await a_file(stage)
    assert isinstance(stage.channel, FetchesFiles)

    assert await stage.channel.fetch(replace(file, size=0), 13) == b"what was said"
    with pytest.raises(FileTooLarge):
        await stage.channel.fetch(replace(file, size=0), 12)


async def said_in(stage: Stage, channel: Channel, calls: list[Callable[[Channel], Awaitable[object]]]) -> str:
    """All that errors and probes tell of these calls."""
    told = []
    for call in calls:
        try:
            async with asyncio.timeout(1):
                told.append(str(await call(channel)))
        except (ChannelError, TimeoutError) as error:
            told.append(f"{error!r} {error}")
    return "\n".join(told)


@needs(Power.CREDENTIALS, Power.FILES)
async def test_nothing_tells_a_secret_when_the_platform_is_gone_or_refuses(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    home, file = await stage.home(), await a_file_after_home(stage)
    right, wrong = stage.driver.options(stage.mode), stage.driver.wrong_options(stage.mode)

    def calls(channel: Channel) -> list[Callable[[Channel], Awaitable[object]]]:
        assert isinstance(channel, FetchesFiles)
        lost = replace(file, locator=moved({"at": file.locator}, NOWHERE)["at"])
        return [
            lambda one: one.listen(stage.receive),
            lambda one: one.probe(),
            lambda one: one.send(stage.message(home, parts=plain("is anybody there?"))),
            lambda _: channel.fetch(lost, 100),
        ]

    settings = [wrong, *([moved(right, NOWHERE)] if authorities(right) else [])]
    told = ""
    for channel in map(stage.build, settings):
        told += await said_in(stage, channel, calls(channel))
    for fault in (Fault.SERVER_ERROR, Fault.DROPPED):
        stage.driver.misbehave(fault)
        told += await said_in(stage, stage.channel, calls(stage.channel)[2:3])
    told += capsys.readouterr().out

    assert [secret for secret in (*secrets(stage, right), *secrets(stage, wrong)) if secret in told] == []


async def a_file_after_home(stage: Stage) -> File:
    count = len(stage.heard)
    await stage.driver.send_media(FileKind.IMAGE, b"what was said")
    [file] = (await stage.hears(count + 1))[-1].files
    return file


@needs(Power.CALLS)
async def test_no_redirect_is_followed_with_what_is_said_to_the_platform(stage: Stage, tmp_path: Path) -> None:
    home, file = await stage.home(), await a_file_after_home(stage)
    report = tmp_path / "report.txt"
    report.write_bytes(b"all is well")
    options = stage.driver.options(stage.mode)
    [authority] = authorities(options)
    await stage.hang_up()
    async with Detour(authority) as detour:
        there = moved(options, detour.authority)
        locator = moved({"at": file.locator}, detour.authority)["at"]

        async def called(act: Callable[[Channel], Awaitable[object]], redirected: int = -1) -> int:
            detour.calls, detour.redirects = 0, redirected
            with contextlib.suppress(ChannelError, TimeoutError):
                async with asyncio.timeout(1):
                    await act(stage.build(there))
            return detour.calls

        async def fetched(channel: Channel) -> bytes:
            assert isinstance(channel, FetchesFiles)
            return await channel.fetch(replace(file, locator=locator), 100)

        async def sent(channel: Channel) -> object:
            return await channel.send(stage.message(home, parts=plain("hello")))

        async def uploaded(channel: Channel) -> object:
            parts = (File(name="report.txt", media_type="text/plain", size=11, locator=str(report)),)
            return await channel.send(stage.message(home, parts=parts))

        async def listened(channel: Channel) -> None:
            async with asyncio.timeout(0.2):
                await channel.listen(stage.receive)

        for act in (fetched, sent, uploaded, listened, lambda channel: channel.probe()):
            for number in range(await called(act)):
                await called(act, number)

    assert detour.followed == []


@needs(Power.BEGINS)
async def test_the_private_room_of_an_account_is_where_that_person_speaks_and_reads(stage: Stage) -> None:
    home = await stage.home()
    assert isinstance(stage.channel, FindsRoom)
    found = await stage.channel.direct_room(stage.heard[0].sender)
    await stage.send(found, parts=plain("for Alice"))

    assert (found.channel, found.room) == (home.channel, home.room)
    assert any("for Alice" in told for told in await stage.driver.told(stage.driver.alice))


@needs(Power.GROUPS)
async def test_words_for_one_alone_are_not_read_by_the_group(stage: Stage) -> None:
    group = await stage.home(Room.GROUP)
    alice = Account(channel=stage.kind, id=stage.heard[0].sender.id)
    await stage.send(group, parts=plain("a secret word"), only_for=alice, answers=stage.heard[0].message)
    await stage.send(group, parts=plain("for everybody"), answers=stage.heard[0].message)
    read = "\n".join(each.text for each in await stage.driver.hear(room=Room.GROUP))

    assert "for everybody" in read
    assert "a secret word" not in read


async def test_what_could_not_be_stored_is_heard_once_it_can_be(stage: Stage) -> None:
    stage.refuse(1)
    await stage.driver.say("keep me")
    await stage.until(lambda: any(event.text == "keep me" for event in stage.heard))

    assert {event.event_id for event in stage.refused} == {stage.heard[0].event_id}


@needs(Power.CREDENTIALS, Power.REVOKING)
async def test_a_probe_finds_that_credentials_were_taken_back(stage: Stage) -> None:
    home = await stage.home()
    await stage.driver.revoke()
    with contextlib.suppress(ChannelError):  # a token may be good until it is shown
        await stage.channel.send(stage.message(home, card=CARD))
    async with asyncio.timeout(5):
        while (health := await stage.channel.probe()).state is not ChannelState.DOWN:  # noqa: ASYNC110 -- asked, not told
            await asyncio.sleep(0.05)

    assert stage.driver.refusal.lower() in health.reason.lower()
