"""What is done to gateways while people talk to them: killed again and again, frozen and woken, taken over.

People write, wait for the answer, and write again; some make the model call a tool, some ask for answers that take
their time. Whatever happens, each message is answered by its own answer, and nothing happens twice unsaid. The floor
keeps nothing and has nobody who could take over, so nothing of this is done to it.
"""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from gateway.database.embedded.server import EmbeddedPostgres
from tests.load.platform import Platform, after_last
from tests.load.scenarios import DidNotAnswer, Stage, Taken
from tests.load.subject import Nexora, crash
from tests.load.traffic import Asked, Tally, settle

KINDS = ("talk", "tool", "slow")
"""The first word of what people say, which the model knows (tests/load/model)."""
FOLLOWING = 2
"""Messages of each person after the last outage."""
FREEZE_LEASE_SECONDS = 2.0
"""Shorter than the default of 10 s, so that thirty rounds take minutes."""
AWAKE_SECONDS = 1.0
"""How long who wakes up has for what it was about to do."""
LONGEST_WAIT_SECONDS = 90.0


@dataclass(slots=True, kw_only=True)
class Town:
    """People who talk until `end`, each kind in chats of its own."""

    platform: Platform
    asked: tuple[Asked, ...]
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self) -> None:
        async with asyncio.TaskGroup() as group:
            for asked in self.asked:
                for chat in list(asked.at):
                    group.create_task(self._one(asked, chat), name=f"{asked.tag} {chat}")

    async def _one(self, asked: Asked, chat: int) -> None:
        number, after, left = 0, 0, FOLLOWING
        while left:
            left -= self.ending.is_set()
            asked.at[chat][number] = await self.platform.push(chat, f"{asked.tag} {number}")
            after = await self._answered(asked.tag, chat, number, after)
            number += 1

    async def _answered(self, tag: str, chat: int, number: int, after: int) -> int:
        """Wait for the answer, or for anything else that is no answer to an earlier message."""
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            heard = await self.platform.sent(chat=chat, after=after, wait=1, seconds=left)
            after = max(after, after_last(heard))
            numbers = [re.search(rf"\b{tag} (\d+)\b", each.text) for each in heard]
            if any(found is None or int(found[1]) == number for found in numbers):
                return after
        raise DidNotAnswer(f"{tag} {number} of {chat} was not answered within {LONGEST_WAIT_SECONDS:g} s")

    async def results(self) -> list[Tally]:
        return [await settle(self.platform, asked, seconds=30) for asked in self.asked]


def _town(stage: Stage, tag: str, chats: Sequence[int]) -> Town:
    asked = tuple(Asked(tag=f"{kind} {tag}") for kind in KINDS)
    for place, chat in enumerate(chats):
        asked[place % len(asked)].at[chat] = {}
    return Town(platform=stage.platform, asked=asked)


async def _while_they_talk(town: Town, do: Callable[[], Awaitable[None]]) -> list[Tally]:
    async with asyncio.TaskGroup() as group:
        group.create_task(town.talk(), name="people talk")
        await do()
        town.ending.set()
    return await town.results()


def _sums(stage: Stage, name: str, results: Iterable[Tally]) -> dict[str, float]:
    """Wrong is what was lost, came out of order, or answers nothing that was asked."""
    tallies = list(results)
    for tally in tallies:
        stage.note(name, tally)
    return {
        f"{name}_messages": sum(tally.asked for tally in tallies),
        f"{name}_wrong": sum(tally.lost + tally.disordered + len(tally.strange) for tally in tallies),
        f"{name}_unmarked": sum(tally.unmarked for tally in tallies),
        f"{name}_repeated": sum(tally.repeated for tally in tallies),
    }


async def killing(stage: Stage) -> Taken:
    """`kill -9` again and again, at ever other moments, while people talk."""
    if stage.is_floor:
        return {}
    await stage.platform.reset()
    town = _town(stage, "kill", stage.chats(6))

    async def kill() -> None:
        for turn in range(stage.many(100, 5)):
            await asyncio.sleep(0.2 + turn * 7 % 11 * 0.37)  # short and long in turn: a slow answer takes 2.3 s
            await crash(stage.subject)
            await stage.restart()

    return _sums(stage, "kills", await _while_they_talk(town, kill))


@dataclass(slots=True, kw_only=True)
class House:
    """Gateways on one database, which outlives each of them."""

    stage: Stage
    dsn: str
    lease_seconds: float
    opened: list[Nexora] = field(default_factory=list)

    async def open(self) -> Nexora:
        """One more gateway, once it serves."""
        home = self.stage.folder / "house"
        gateway = Nexora(self.stage.platform, home, dsn=self.dsn, lease_seconds=self.lease_seconds)
        await gateway.start()
        self.opened.append(gateway)
        await gateway.serving()
        return gateway

    async def count(self, query: str) -> int:
        connection = await asyncpg.connect(self.dsn)
        try:
            number: int = await connection.fetchval(query)
            return number
        finally:
            await connection.close()


@asynccontextmanager
async def _house(stage: Stage, chats: Sequence[int], lease_seconds: float = 0) -> AsyncIterator[House]:
    """The program itself stays down meanwhile, for it would hear the same platform."""
    await stage.subject.program.end()
    await stage.platform.reset()
    folder = stage.folder / f"database-{chats[0]}"
    folder.mkdir(mode=0o711)
    async with EmbeddedPostgres(folder / "data") as server:
        house = House(stage=stage, dsn=server.dsn, lease_seconds=lease_seconds)
        try:
            first = await house.open()
            await first.admit(chats)
            yield house
        finally:
            for gateway in house.opened:
                await crash(gateway)
    await stage.restart()


async def freezing(stage: Stage) -> Taken:
    """A gateway is frozen while people talk, another takes its work over, and the first one wakes."""
    if stage.is_floor:
        return {}
    chats = stage.chats(6)
    town = _town(stage, "freeze", chats)
    async with _house(stage, chats, FREEZE_LEASE_SECONDS) as house:

        async def freeze() -> None:
            for turn in range(stage.many(30, 2)):
                current = house.opened[-1]
                await asyncio.sleep(0.2 + turn % 7 * 0.23)
                current.program.process.send_signal(signal.SIGSTOP)
                await house.open()
                await asyncio.sleep(FREEZE_LEASE_SECONDS * 1.5)
                current.program.process.send_signal(signal.SIGCONT)
                await asyncio.sleep(AWAKE_SECONDS)
                await crash(current)

        taken = _sums(stage, "freezes", await _while_they_talk(town, freeze))
        twice = "select count(*) from (select 1 from nexora_calls group by turn_id having count(*) > 1) as twice"
        taken["freezes_doubled"] = taken.pop("freezes_unmarked") + await house.count(twice)
    return taken


async def taking_over(stage: Stage) -> Taken:
    """A gateway is frozen in the middle of an answer; another one begins at that moment, with the default lease."""
    if stage.is_floor:
        return {}
    (room,) = chats = stage.chats(1)
    async with _house(stage, chats) as house:
        await stage.platform.push(room, "slow takeover 0")
        await asyncio.sleep(1)
        frozen_at = time.time()
        house.opened[0].program.process.send_signal(signal.SIGSTOP)
        await house.open()
        while not await house.count("select count(*) from nexora_inbox where lease > 1"):  # noqa: ASYNC110  # rows have no event
            await asyncio.sleep(0.05)
        taken_at = time.time()
        answer = await stage.platform.sent(chat=room, wait=1, seconds=60)
        if not answer or "takeover 0" not in answer[0].text:
            raise DidNotAnswer(f"asked takeover 0, heard {[each.text[:300] for each in answer]}")
    return {"takeover_seconds": taken_at - frozen_at, "takeover_answer": answer[0].at - frozen_at}


SCENARIOS: Mapping[str, Callable[[Stage], Awaitable[Taken]]] = {
    "takeover": taking_over,
    "freezes": freezing,
    "kills": killing,
}
"""In the order in which they run."""
