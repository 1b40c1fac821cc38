"""While an answer is prepared the bot is seen typing, but not where Discord shows that it is thinking."""

import pytest

from channels.base import MessageRefused
from channels.messages import Address
from channels.running.typing_sign import ShowsTyping
from tests.platforms.discord.town import CLOSED, GROUP
from tests.unit.discord.bench import ALICE_HERE, ROOM, Bench
from tests.unit.discord.test_discord_saying import commanded


async def test_the_bot_is_seen_typing_in_a_room_and_in_a_thread(bench: Bench):
    thread = bench.fake.town.thread()
    assert isinstance(bench.channel, ShowsTyping)
    await bench.channel.show_typing(ROOM, ALICE_HERE, None)
    await bench.channel.show_typing(Address(channel="discord", room=GROUP, thread=thread.id), ALICE_HERE, None)

    assert bench.fake.typed == [GROUP, thread.id]
    assert bench.channel.typing_seconds == 10


async def test_a_slash_command_shows_itself_that_it_is_worked_on(bench: Bench):
    async with bench.listening():
        interaction, event = await commanded(bench)
        await bench.channel.show_typing(ROOM, ALICE_HERE, event.message)

    assert (interaction.taken, bench.fake.typed) == (5, [])


async def test_where_the_bot_may_not_write_it_is_told_so(bench: Bench):
    with pytest.raises(MessageRefused, match="Missing Access"):
        await bench.channel.show_typing(Address(channel="discord", room=CLOSED), ALICE_HERE, None)
