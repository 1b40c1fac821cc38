"""The whole text of a request as a file: on the disk while it is sent, and never left out before its buttons."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import ChannelDown, MessageRefused, Traits
from channels.messages import Button, Card, File, Outbound
from tests.unit.test_outbox import ROOM, Platform, queue, sending, settled

TEXT = "".join(f"echo {number}\n" for number in range(1_000))
BUTTONS = (Button(choice="a", label="Approve"), Button(choice="d", label="Deny"))
WHOLE = Outbound(
    key="whole",
    address=ROOM,
    card=Card(id="abcdefgh23456789", title="Run it", body=TEXT, buttons=BUTTONS, is_whole=True),
)


class Reading(Platform):
    """A platform that reads the files that it is sent, as an adapter does."""

    def __init__(self) -> None:
        super().__init__(
            Traits(max_text=2_000, max_card_body=1_500, has_buttons=True, can_edit=True, max_file_bytes=100_000)
        )
        self.read: list[tuple[Path, str]] = []

    async def send(self, message, *, urgent=False):
        ref = await super().send(message, urgent=urgent)
        for part in message.parts:
            if isinstance(part, File):
                place = Path(part.locator)
                self.read.append((place, await asyncio.to_thread(place.read_text, encoding="utf-8")))
        return ref

    @property
    def cards(self) -> list[Card]:
        return [sent.card for sent in self.sent if sent.card]


async def test_the_file_is_there_while_it_is_sent_and_gone_afterwards(store) -> None:
    platform = Reading()
    async with sending(store, platform):
        await queue(store, WHOLE)
        await platform.until(2)
        await settled(store)

    [(place, text)] = platform.read
    assert TEXT.rstrip() in text
    assert not place.parent.exists()
    [card] = platform.cards
    assert "The whole text is in the file request-" in card.note
    assert card.buttons == BUTTONS


async def test_a_text_whose_file_is_refused_comes_in_words_before_its_buttons(store) -> None:
    platform = Reading()
    platform.takes_no_files = MessageRefused("no files here")
    async with sending(store, platform):
        await queue(store, WHOLE)
        await settled(store)

    *pieces, last = platform.cards
    assert "".join(card.body for card in platform.cards) == TEXT
    assert len(pieces) > 3
    assert not any(card.buttons for card in pieces)
    assert last.buttons == BUTTONS


async def test_words_in_place_of_a_refused_file_go_on_where_they_were_broken_off(store) -> None:
    platform = Reading()
    platform.takes_no_files = MessageRefused("no files here")
    send, calls = platform.send, 0

    async def break_off_once(message, *, urgent=False):
        nonlocal calls
        calls += 1
        if calls == 4:
            raise ChannelDown("gone for a moment")
        return await send(message, urgent=urgent)

    platform.send = break_off_once  # type: ignore[method-assign]
    async with sending(store, platform):
        await queue(store, WHOLE)
        await settled(store)

    assert "".join(card.body for card in platform.cards) == TEXT
    assert platform.cards[-1].buttons == BUTTONS


async def test_where_neither_a_file_nor_so_many_messages_are_taken_nobody_can_approve_unseen(store) -> None:
    platform = Reading()
    platform.traits = replace(platform.traits, most_pieces=3)
    platform.takes_no_files = MessageRefused("no files here")
    async with sending(store, platform):
        await queue(store, replace(WHOLE, card=replace(WHOLE.card, buttons_when_cut=(BUTTONS[0], BUTTONS[1]))))
        await settled(store)

    [card] = platform.cards
    assert card.buttons == (BUTTONS[1],)
    assert "The console shows it" in card.note


@pytest.mark.parametrize("fault", ["file", "card"])
async def test_the_end_of_a_request_is_shown_on_the_card_behind_the_file(store, fault) -> None:
    platform = Reading()
    if fault == "file":
        platform.takes_no_files = MessageRefused("no files here")
    outcome = Outbound(key="end", address=ROOM, card=Card(id="abcdefgh23456789", title="Approved"), rewrites="whole")
    async with sending(store, platform):
        await queue(store, WHOLE, outcome)
        await settled(store)

    assert platform.sent[-1].replaces is not None
    assert platform.sent[-1].replaces.id == f"m{len(platform.sent) - 1}"
