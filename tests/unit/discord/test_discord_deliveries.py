"""The number that stands for an acknowledgement: never beyond what is stored, whatever order it is stored in."""

import asyncio

from channels.base import NotStored
from channels.discord import deliveries
from channels.discord.deliveries import Deliveries


class Desk:
    """Work that is done when a test says so."""

    def __init__(self, stored=None):
        self.told = []
        self.deliveries = Deliveries(stored, self.told.append)
        self.gates = {}
        self.done = []

    def begin(self, room, number):
        gate = self.gates[number] = asyncio.get_running_loop().create_future()

        async def work():
            await gate
            self.done.append(number)

        self.deliveries.begin(room, number, work)

    async def finish(self, number, error=None):
        self.gates[number].set_exception(error) if error else self.gates[number].set_result(None)
        for _ in range(5):
            await asyncio.sleep(0)


async def test_rooms_finish_in_any_order_and_the_number_waits_for_the_first():
    desk = Desk()
    for number, room in enumerate(["a", "b", "c"], start=1):
        desk.begin(room, number)
    await desk.finish(3)
    await desk.finish(1)
    assert desk.deliveries.stored == 1
    await desk.finish(2)

    assert desk.deliveries.stored == 3
    assert desk.told == sorted(desk.told)


async def test_a_failure_holds_the_number_and_its_room():
    desk = Desk(stored=10)
    desk.begin("a", 11)
    desk.begin("a", 12)
    desk.begin("b", 13)
    desk.gates[12].set_result(None)
    await desk.finish(13)
    await desk.finish(11, NotStored())

    assert desk.done == [13]
    assert desk.deliveries.stored == 10
    assert desk.deliveries.broken.done()
    await desk.deliveries.cancel()
    assert desk.deliveries.stored == 10


async def test_what_makes_no_sense_counts_as_done():
    desk = Desk()
    desk.begin("a", 1)
    desk.begin("a", 2)
    await desk.finish(1, KeyError("x"))
    await desk.finish(2)

    assert desk.deliveries.stored == 2


async def test_what_cannot_be_had_again_is_known_to_be_lost():
    desk = Desk()
    desk.begin("a", None)
    desk.begin("b", 1)
    await desk.finish(1)
    assert not desk.deliveries.has_lost
    await desk.deliveries.cancel()

    assert desk.deliveries.has_lost


async def test_events_that_come_faster_than_they_are_stored_end_the_connection(monkeypatch):
    monkeypatch.setattr(deliveries, "MOST_IN_FLIGHT", 3)
    monkeypatch.setattr(deliveries, "PATIENCE_SECONDS", 0.02)
    desk = Desk()
    for number in range(1, 4):
        desk.begin("a", number)
    desk.gates[1].set_result(None)
    await desk.deliveries.have_room()
    assert not desk.deliveries.broken.done()
    desk.begin("a", 4)
    await desk.deliveries.have_room()

    assert "faster than they can be stored" in desk.deliveries.broken.result()
    await desk.deliveries.end()
    assert desk.deliveries.stored == 1
