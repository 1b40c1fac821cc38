"""Who is told that nothing can be stored: once a conversation, few at a time, and nobody who needs no answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from channels.base import ChannelDown, ChannelError, MessageRefused, NotStored, Traits
from channels.messages import Address, Inbound, Outbound, Press, Ref
from gateway.messages.not_yet import MOST_A_MINUTE, NotYet
from tests.unit.supervisor_stand import EVENT, HOME, NOON, Line, Stand, running

AGAIN, KEPT = "send it again", "not lost"
PRESS = Press(id="abcdefgh23456789", choice="a", receipt="r")


class Chat(Line):
    """A platform that remembers what it was told to say, and says nothing twice by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Outbound] = []

    async def send(self, message: Outbound) -> Ref:
        ref = await super().send(message)
        self.said.append(message)
        return ref


class Faithful(Chat):
    """A platform that tells again what was not stored."""

    traits = Traits(max_text=100, repeats=True, tells_presses=True)


class Hall:
    """A channel, a database that may be away, and a clock; no pause lasts."""

    def __init__(self, kind: type[Chat]) -> None:
        self.stand = Stand(kind)
        self.now = NOON
        self.is_away = True
        self.hangs: asyncio.Event | None = None
        self.not_yet = NotYet(self._store, {"chat": self.stand.supervisor}, lambda: self.now, sleep=self._sleep)

    async def _store(self, inbound: Inbound) -> None:
        if self.hangs:
            await self.hangs.wait()
        if self.is_away:
            raise NotStored

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    async def hear(self, **changes: object) -> None:
        """An event comes in, and whatever is said because of it is said."""
        await self.begin_to_hear(**changes)
        for _ in range(20):
            await asyncio.sleep(0)

    async def begin_to_hear(self, **changes: object) -> None:
        try:
            await self.not_yet.receive(replace(EVENT, **changes))  # type: ignore[arg-type]
        except NotStored:
            assert self.is_away

    @property
    def chat(self) -> Chat:
        line = self.stand.lines[-1]
        assert isinstance(line, Chat)
        return line

    @property
    def said(self) -> list[Outbound]:
        return self.chat.said


@pytest_asyncio.fixture(loop_scope="session")
async def hall(request: pytest.FixtureRequest) -> AsyncIterator[Hall]:
    hall = Hall(getattr(request, "param", Chat))
    async with running(hall.stand) as stand:
        await stand.up()
        yield hall
        await hall.not_yet.close()


faithful = pytest.mark.parametrize("hall", [Faithful], indirect=True)


async def test_it_says_in_both_languages_what_is_to_be_done(hall: Hall) -> None:
    await hall.hear()

    [told] = hall.said
    assert AGAIN in told.text
    assert "请重新发送" in told.text
    assert (told.address, told.answers, told.only_for) == (HOME, EVENT.message, None)


@faithful
async def test_nobody_is_asked_to_repeat_what_the_platform_repeats(hall: Hall) -> None:
    await hall.hear()

    assert KEPT in hall.said[0].text
    assert "不会丢失" in hall.said[0].text
    assert AGAIN not in hall.said[0].text


async def test_a_conversation_is_told_once_in_an_outage_however_long(hall: Hall) -> None:
    for number in range(5):
        hall.now += timedelta(hours=1)
        await hall.hear(event_id=f"e{number}")

    assert len(hall.said) == 1


async def test_each_conversation_is_told(hall: Hall) -> None:
    for room in ("1", "2", "2"):
        await hall.hear(event_id=f"in {room}", address=Address(channel="chat", room=room))

    assert [told.address.room for told in hall.said] == ["1", "2"]


@pytest.mark.parametrize(("later", "times"), [(timedelta(minutes=9), 1), (timedelta(minutes=11), 2)])
async def test_the_next_outage_is_news_unless_it_comes_at_once(hall: Hall, later: timedelta, times: int) -> None:
    await hall.hear()
    hall.is_away = False
    await hall.hear(event_id="2")
    hall.is_away, hall.now = True, hall.now + later
    await hall.hear(event_id="3")

    assert len(hall.said) == times


async def test_a_crowd_is_told_in_part_a_minute(hall: Hall) -> None:
    async def crowd(name: str) -> None:
        for number in range(MOST_A_MINUTE + 10):
            await hall.hear(event_id=f"{name} {number}", address=Address(channel="chat", room=f"{name} {number}"))

    await crowd("first")
    assert len(hall.said) == MOST_A_MINUTE
    hall.now += timedelta(minutes=1)
    await crowd("second")

    assert len(hall.said) == 2 * MOST_A_MINUTE


async def test_what_was_not_said_to_the_bot_needs_no_answer(hall: Hall) -> None:
    await hall.hear(is_direct=False, to_me=False)

    assert hall.said == []


async def test_what_takes_long_to_be_stored_is_told_unless_it_is_a_press(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.messages.not_yet.PATIENCE_SECONDS", 0.01)
    hall.hangs = asyncio.Event()
    tasks = [asyncio.create_task(hall.hear(event_id=name, press=press)) for name, press in (("a", PRESS), ("b", None))]
    await asyncio.sleep(0.05)
    told = list(hall.said)
    hall.is_away = False
    hall.hangs.set()
    await asyncio.gather(*tasks)

    assert [AGAIN in each.text for each in told] == [True]
    assert hall.said == told


@faithful
async def test_an_outage_that_was_over_at_once_is_not_worth_a_word(hall: Hall) -> None:
    await hall.begin_to_hear()
    hall.is_away = False
    await hall.hear(event_id="2")

    assert hall.said == []


async def test_what_may_be_lost_is_told_even_after_the_outage(hall: Hall) -> None:
    await hall.begin_to_hear()
    hall.is_away = False
    await hall.hear(event_id="2")

    assert AGAIN in hall.said[0].text


async def test_what_was_stored_after_all_is_not_told(hall: Hall) -> None:
    await hall.begin_to_hear()
    hall.is_away = False
    await hall.hear()

    assert hall.said == []


async def test_who_presses_is_told_alone(hall: Hall) -> None:
    await hall.hear(press=PRESS)

    [told] = hall.said
    assert told.text.startswith("Not yet")
    assert (told.only_for, told.receipt) == (EVENT.sender, "r")


@faithful
async def test_a_press_is_not_told_twice_where_the_platform_has_a_place_for_it(hall: Hall) -> None:
    await hall.hear(press=PRESS)

    assert hall.said == []


@pytest.mark.parametrize(("error", "times"), [(ChannelDown("renewing"), 1), (MessageRefused("blocked"), 0)])
async def test_a_channel_that_connects_anew_is_given_a_moment(hall: Hall, error: ChannelError, times: int) -> None:
    hall.chat.refusals.append(error)
    await hall.hear()

    assert len(hall.said) == times
