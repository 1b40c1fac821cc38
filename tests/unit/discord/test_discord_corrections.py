"""What a person writes anew is a correction; what Discord does to a message by itself is none."""

import pytest

from channels.discord.normalise import Me, RoomPlace, normalise_edit
from channels.messages import Address
from tests.platforms.discord.town import ALICE, BOT, GROUP, PRIVATE
from tests.unit.discord.bench import Bench

ME, HERE = Me(channel="discord", id=BOT), RoomPlace(address=Address(channel="discord", room="5"), is_direct=True)
WHEN = "2026-11-02T10:00:00.123000+00:00"


def edited(**given):
    author = {"id": ALICE, "username": "alice"}
    message = {"id": "1300000000000000000", "channel_id": "5", "author": author, "content": "meet at six", "type": 0}
    return message | {"edited_timestamp": WHEN} | given


def test_an_edit_names_the_message_and_the_moment_of_the_edit():
    event = normalise_edit(edited(), ME, HERE)

    assert event.corrects.event_id == "message:1300000000000000000"
    assert event.event_id == "message:1300000000000000000:edit:20261102T100000123000"
    assert (event.at.isoformat(), event.text) == (WHEN, "meet at six")


@pytest.mark.parametrize(
    "given",
    [
        {"edited_timestamp": None},
        {"author": {"id": "7", "username": "robot", "bot": True}},
        {"webhook_id": "8"},
        {"type": 6},
    ],
)
def test_what_no_person_wrote_anew_is_none(given):
    assert normalise_edit(edited(**given), ME, HERE) is None


def test_an_update_that_tells_only_a_part_is_none():
    assert normalise_edit({"id": "1", "channel_id": "5", "edited_timestamp": WHEN}, ME, HERE) is None


async def test_a_preview_starts_nothing_and_an_edit_is_heard_once(bench: Bench):
    async with bench.listening():
        said = await bench.say("look at https://example.org")
        said.extra["embeds"] = [{"type": "link", "url": "https://example.org"}]
        await bench.fake.tell_update(said)
        await bench.fake.edit(said, "look at https://example.net")
        await bench.fake.tell_update(said)
        await bench.say("the end")
        heard = await bench.hears(3)

    assert heard == ["look at https://example.org", "look at https://example.net", "the end"]
    assert [event.corrects is not None for event in bench.heard] == [False, True, False]


async def test_a_mention_that_is_written_in_later_calls_the_bot(bench: Bench):
    async with bench.listening():
        said = await bench.say("what is up", GROUP)
        await bench.fake.edit(said, f"<@{BOT}> what is up")
        await bench.hears(2)

    assert [event.to_me for event in bench.heard] == [False, True]


async def test_what_the_bot_writes_anew_itself_is_not_heard(bench: Bench):
    async with bench.listening():
        ref = await bench.send(text="one")
        await bench.send(text="two", replaces=ref)
        await bench.fake.tell_update(bench.fake.town.find(PRIVATE[ALICE], ref.id))
        await bench.say("the end")

        assert await bench.hears() == ["the end"]
