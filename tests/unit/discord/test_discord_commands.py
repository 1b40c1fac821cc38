"""The slash command: made known once in its languages, and completed while somebody types into it."""

import asyncio

from channels.completing import Completion
from channels.messages import Account
from tests.platforms.discord.town import ALICE, APP, GROUP, PRIVATE
from tests.unit.discord.bench import Bench


async def typed(bench: Bench, words: str, channel: str = GROUP):
    """The choices that Discord gets for an unfinished line; None when it got none in time."""
    interaction = await bench.fake.typing(channel, ALICE, words)
    await bench.until(lambda: interaction.taken)
    return interaction.choices


async def registered(bench: Bench) -> None:
    channel = bench.build(command="nexora")
    async with bench.listening(channel):
        await bench.until(lambda: bench.called("GET", "/commands"))
        await bench.until(lambda: any(each["name"] == "nexora" for each in bench.fake.commands))
        await bench.settled(channel)


async def test_the_command_is_made_known_in_its_languages(bench: Bench):
    await registered(bench)
    [command] = bench.fake.commands
    [option] = command["options"]

    assert command["description_localizations"] == {"zh-CN": "对智能体说话"}
    assert (option["name"], option["name_localizations"]) == ("words", {"zh-CN": "内容"})
    assert (option["autocomplete"], option["required"]) == (True, False)


async def test_a_command_that_is_known_so_is_left_alone_and_one_that_differs_is_made_known_anew(bench: Bench):
    await registered(bench)
    await registered(bench)
    assert len(bench.called("POST", f"/applications/{APP}/commands")) == 1

    del bench.fake.commands[0]["options"][0]["name_localizations"]
    await registered(bench)
    await bench.until(lambda: "name_localizations" in bench.fake.commands[0]["options"][0])

    assert len(bench.called("POST", f"/applications/{APP}/commands")) == 2


async def test_what_is_typed_is_completed_for_whoever_types_and_starts_nothing(bench: Bench):
    asked: list[tuple[Account, str]] = []

    async def complete(account: Account, line: str):
        asked.append((account, line))
        return [Completion(line="/deny 7QX4", label="/deny 7QX4 · ops · shell")]

    bench.complete = complete
    async with bench.listening(bench.build()):
        offered = await typed(bench, "/de")
        await typed(bench, "", PRIVATE[ALICE])
        await bench.say("meanwhile")

        assert await bench.hears() == ["meanwhile"]
    assert offered == [{"name": "/deny 7QX4 · ops · shell", "value": "/deny 7QX4"}]
    assert asked == [(Account(channel="discord", id=ALICE, name="Alice"), line) for line in ("/de", "")]


async def test_no_more_is_offered_than_discord_takes(bench: Bench):
    async def complete(account: Account, line: str):
        return [Completion(line="x" * 101, label=""), *(Completion(line=f"/{n}", label="y" * 200) for n in range(40))]

    bench.complete = complete
    async with bench.listening(bench.build()):
        offered = await typed(bench, "/")

    assert [choice["value"] for choice in offered] == [f"/{n}" for n in range(25)]


async def test_who_cannot_be_told_in_time_is_offered_nothing(bench: Bench, monkeypatch):
    monkeypatch.setattr("channels.discord.adapter.COMPLETING_SECONDS", 0.05)

    async def complete(account: Account, line: str):
        await asyncio.Event().wait()

    bench.complete = complete
    async with bench.listening(bench.build()):
        assert await typed(bench, "/") == []
