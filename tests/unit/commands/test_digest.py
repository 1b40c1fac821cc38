"""/digest: asked for, shown, sent now, ended, and never set where others read along."""

from dataclasses import replace

import pytest

from governance.people.people import Role
from tests.unit.commands.room import Room


async def test_a_digest_is_set_shown_and_ended(room: Room) -> None:
    alice = await room.person("alice")
    answers = [
        await room.type(alice, text)
        for text in (
            "/digest",
            "/digest daily 8:30 Europe/Berlin",
            "/digest",
            "/digest weekly MON 18",
            "/digest off",
            "/digest",
        )
    ]

    assert answers[0] == answers[5]
    assert answers[0].startswith("You get no digest.")
    assert "every day 08:30 (Europe/Berlin), to chat" in answers[1]
    assert "every day 08:30 (Europe/Berlin), to chat" in answers[2]
    assert "Mon 18:00 (Europe/Berlin)" in answers[3], "the zone that was named last is kept"
    assert answers[4] == "You get no digest any more."


async def test_it_can_go_to_another_channel_where_the_person_is(room: Room) -> None:
    alice = await room.person("alice")
    there = await room.type(alice, "/digest daily 7 to console")
    nowhere = await room.type(alice, "/digest daily 7 to email")

    assert "every day 07:00 (UTC), to console" in there
    assert nowhere == "You have no account on `email`. Yours: chat, console. /link adds one."


@pytest.mark.parametrize(
    "text", ["/digest daily", "/digest daily 25", "/digest weekly 8:30", "/digest monthly 1", "/digest daily 8 to"]
)
async def test_what_makes_no_sense_is_answered_with_how_to_type_it(room: Room, text: str) -> None:
    assert "/digest daily 8:30" in await room.type(await room.person("alice"), text)


async def test_an_unknown_zone_is_named(room: Room) -> None:
    assert "no time zone `Mars/Olympus`" in await room.type(
        await room.person("alice"), "/digest daily 8:30 Mars/Olympus"
    )


async def test_it_is_shown_at_once(room: Room) -> None:
    assert await room.type(await room.person("root", Role.ADMIN), "/digest now") == "Nothing happened."


@pytest.mark.parametrize("text", ["/digest now", "/digest daily 8:30"])
async def test_in_a_group_nothing_private_is_told(room: Room, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    alice, heard = await room.person("alice"), room.inbound
    monkeypatch.setattr(room, "inbound", lambda *given, **how: replace(heard(*given, **how), is_direct=False))

    assert "for you alone" in await room.type(alice, text)
