"""Two gateways on one database, with other channels or with the same bot: nothing is buried, one listens, both send."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from channels.base import ChannelState
from channels.messages import Address, Outbound, plain
from gateway.run.assembly import Gateway
from governance.record.transaction import Store
from tests.journeys.life import living, neighbour_of, until
from tests.journeys.test_killed import Street, street
from tests.journeys.town import TOKEN, Town, running, town
from tests.platforms.telegram import ALICE, FakeTelegram

__all__ = ["street"]

ANSWERS = 60
ALL_SENT = "select count(*) = 0 from nexora_outbox where state <> 'done'"


@asynccontextmanager
async def second(here: Town, dsn: str) -> AsyncIterator[Gateway]:
    """Another gateway with the same bot and a data folder of its own."""
    settled = ChannelState.ELSEWHERE
    async with running(
        dsn, neighbour_of(here.home), here.telegram, here.model, settled=settled, shared_folder=here.home
    ) as other:
        yield other


async def answers(store: Store, channels: tuple[str, ...], rooms: list[int]) -> None:
    """So many messages, put into the outbox by turns of one gateway."""
    for number in range(ANSWERS):
        address = Address(channel=channels[number % len(channels)], room=str(rooms[number % len(rooms)]))
        async with store.transaction() as work:
            work.send(Outbound(key=f"{address.channel} {number}", address=address, parts=plain(f"answer {number}")))


async def test_gateways_with_other_channels_leave_each_others_answers_alone(dsn: str, tmp_path: Path) -> None:
    beside = FakeTelegram(TOKEN)
    await beside.start()
    options = {"token": TOKEN, "api_url": beside.base, "kind": "telegram"}
    async with (
        town(dsn, tmp_path / "home") as here,
        living(dsn, neighbour_of(here.home), here.model, {"beside": options}, shared_folder=here.home) as other,
    ):
        rooms = [here.open_chat(name) for name in ("ann", "bob", "eve")]
        for room in rooms:
            beside.chats.chats[room] = here.telegram.chats.chats[room]
        await asyncio.gather(
            answers(here.store, ("telegram", "beside"), rooms), answers(other.store, ("beside", "telegram"), rooms)
        )
        await here.until_stored(ALL_SENT, 20)
        sent = [sum(len(telegram.chats.sent[room]) for room in rooms) for telegram in (here.telegram, beside)]
        tries = await here.store.fetchval("select max(tries) from nexora_outbox")

    await beside.stop()
    assert sent == [ANSWERS, ANSWERS]
    assert tries == 1


async def test_what_one_gateway_writes_for_a_channel_of_the_other_is_sent_at_once(dsn: str, tmp_path: Path) -> None:
    async with (
        town(dsn, tmp_path / "home") as here,
        living(dsn, neighbour_of(here.home), here.model, {}, shared_folder=here.home) as other,
    ):
        room = here.open_chat("ann")
        await until(lambda: "telegram" in other.neighbours.within_reach().never)
        await asyncio.sleep(2)  # what was told at the start is over
        begun = asyncio.get_running_loop().time()
        for number in range(5):
            async with other.store.transaction() as work:
                address = Address(channel="telegram", room=str(room))
                work.send(Outbound(key=f"k{number}", address=address, parts=plain(f"word {number}")))
            await here.hears("ann", f"word {number}")
        taken = asyncio.get_running_loop().time() - begun

    assert taken < 5, "and not once in two seconds, as rows are found of which nobody tells"


async def test_with_one_bot_one_gateway_listens_and_both_send(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here, second(here, dsn) as other:
        rooms = [here.open_chat(name) for name in ("ann", "bob", "eve")]
        await asyncio.gather(answers(here.store, ("telegram",), rooms))
        async with other.store.transaction() as work:
            address = Address(channel="telegram", room=str(here.open_chat("zoe")))
            work.send(Outbound(key="from the other", address=address, parts=plain("hello")))
        await here.until_stored(ALL_SENT, 20)
        await here.person("pat")
        here.model.say("Hello Pat.")
        here.say("pat", "hello")
        await here.hears("pat", "Hello Pat.")

        assert await here.store.fetchval("select max(tries) from nexora_outbox") == 1
        assert other.channels["telegram"].health.state is ChannelState.ELSEWHERE
        assert here.gateway.channels["telegram"].record.reconnects == 0
        assert [each.channels["telegram"].record.last_in is not None for each in (here.gateway, other)] == [True, False]
        assert all(each.channels["telegram"].record.last_out for each in (here.gateway, other))


async def test_a_gateway_that_stops_hands_its_seat_on_and_the_next_two_messages_are_answered(street: Street) -> None:
    await street.admit(ALICE)
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(running(street.dsn, street.home, street.telegram, street.model))
        other = await second.enter_async_context(standing_by(street))
        await first.aclose()
        await until(lambda: other.channels["telegram"].health.state is ChannelState.UP, 4)
        await both_answered(street)


async def test_when_the_listener_is_killed_another_takes_over_and_answers_the_next_two_messages(street: Street) -> None:
    await street.admit(ALICE)
    async with street.doomed() as program:
        await street.until_stored("select true from nexora_listeners where lease_until > now()")
        async with standing_by(street) as other:
            await program.end(signal.SIGKILL)
            await until(lambda: other.channels["telegram"].health.state is ChannelState.UP, 15)
            await both_answered(street)


async def test_a_gateway_that_was_killed_listens_again_at_once_when_it_is_started_again(street: Street) -> None:
    async with street.doomed():
        await street.until_stored("select true from nexora_listeners where lease_until > now()")
    async with asyncio.timeout(6), running(street.dsn, street.home, street.telegram, street.model) as again:
        assert again.channels["telegram"].health.state is ChannelState.UP


@asynccontextmanager
async def standing_by(street: Street) -> AsyncIterator[Gateway]:
    settled = ChannelState.ELSEWHERE
    async with running(
        street.dsn, neighbour_of(street.home), street.telegram, street.model, settled=settled, shared_folder=street.home
    ) as other:
        yield other


async def both_answered(street: Street) -> None:
    chat = int(ALICE["id"])
    for word in ("one", "two"):
        street.model.say(f"Answer {word}.")
        street.telegram.chats.say(chat, ALICE, text=word)
        await street.telegram.until(partial(has_read, street, chat, f"Answer {word}."))


def has_read(street: Street, chat: int, text: str) -> bool:
    return text in [each.text for each in street.telegram.chats.sent[chat]]
