"""What is done to a program, and the figures that it yields. Each scenario leaves the program running.

Names of figures are those of `tests.load.aims`. A scenario writes in chats of its own, so what an earlier one left
behind cannot be taken for its answers.
"""

import asyncio
import itertools
import json
import shutil
import signal
import statistics
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tests.load import urgent
from tests.load.platform import Platform, after_last
from tests.load.processes import cpu_seconds, resident_megabytes
from tests.load.subject import Nexora, Subject, crash
from tests.load.traffic import Asked, Tally, burst, settle, steadily

Taken: TypeAlias = Mapping[str, float]
PEOPLE = range(10_001, 10_501)
"""Who is admitted before anything is measured; a person's id is also that of their chat."""
_PLACE_BEGINS = "Your tools share"
"""What the place begins with, in the text for the system."""


class DidNotAnswer(Exception):
    """The program said nothing, or something else than the model did."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """One program on the platform. `is_quick` asks for fewer messages."""

    platform: Platform
    subject: Subject
    folder: Path
    is_quick: bool = False
    notes: list[str] = field(default_factory=list)
    _free: "itertools.count[int]" = field(default_factory=lambda: itertools.count(PEOPLE.start))

    def chats(self, count: int) -> list[int]:
        """Chats in which nobody has written yet."""
        return list(itertools.islice(self._free, count))

    def many(self, full: int, quick: int) -> int:
        return quick if self.is_quick else full

    @property
    def cpu(self) -> float:
        """Milliseconds of the whole tree so far."""
        return cpu_seconds(self.subject.program.pid) * 1000

    @property
    def is_floor(self) -> bool:
        return not isinstance(self.subject, Nexora)

    async def restart(self) -> None:
        await self.subject.start()
        await self.subject.serving()

    async def converse(self, chat: int, tag: str, numbers: range, after: int = 0) -> tuple[int, list[float]]:
        """One message after another, each when the last is answered. Returns the last id and the seconds of each."""
        seconds = []
        for number in numbers:
            pushed = await self.platform.push(chat, f"{tag} {number}")
            answer = await self.platform.sent(chat=chat, after=after, wait=1, seconds=30)
            if not answer or f"{tag} {number}" not in answer[-1].text:
                raise DidNotAnswer(f"asked {tag} {number}, heard {[each.text[:300] for each in answer]}")
            after = after_last(answer)
            seconds.append(answer[-1].at - pushed)
        return after, seconds

    def note(self, name: str, result: Tally) -> None:
        """Keep what a person should read beside the figures."""
        if result.strange:
            self.notes.append(f"{name}: {len(result.strange)} messages that answer nothing, as {result.strange[0]!r}")


async def chat(stage: Stage) -> Taken:
    """One person writes, waits for the answer, and writes again."""
    (room,) = stage.chats(1)
    count = stage.many(300, 100)
    after, _ = await stage.converse(room, "warm", range(5))
    before = stage.cpu
    _, seconds = await stage.converse(room, "chat", range(count), after)
    return {"chat_cpu": (stage.cpu - before) / count, "chat_p50": statistics.median(seconds) * 1000}


async def in_a_burst(stage: Stage) -> Taken:
    """Fifty people write ten messages each, all at once."""
    await stage.platform.reset()
    asked = Asked(tag="burst")
    before = stage.cpu
    await burst(stage.platform, asked, stage.chats(50), 10)
    began = min(at for numbers in asked.at.values() for at in numbers.values())
    await stage.platform.sent(wait=asked.count, seconds=60)
    spent = stage.cpu - before
    result = await settle(stage.platform, asked, seconds=10)
    stage.note("burst", result)
    return {
        "burst_cpu": spent / asked.count,
        "burst_rate": (asked.count - result.lost) / max(result.last_at - began, 1e-9),
        "burst_p50": result.latency(50) * 1000,
        "burst_p99": result.latency(99) * 1000,
        "burst_lost": result.lost,
        "burst_repeated": result.repeated,
        "burst_disordered": result.disordered,
    }


async def growing(stage: Stage) -> Taken:
    """Two hundred messages of one chat: the last must cost what the first did. Several chats, against the ticks."""
    rooms = stage.chats(stage.many(4, 1))
    after, spent = dict.fromkeys(rooms, 0), []
    for begin in range(0, 200, 50):
        before = stage.cpu
        for room in rooms:
            after[room], _ = await stage.converse(room, "grow", range(begin, begin + 50), after[room])
        spent.append((stage.cpu - before) / 50 / len(rooms))
    return {"growing_first": spent[0], "growing_last": spent[3], "growing_ratio": spent[3] / max(spent[0], 1e-9)}


async def slow(stage: Stage) -> Taken:
    """A reply that takes its time: 100 chunks over 2.3 s."""
    (room,) = stage.chats(1)
    count = stage.many(8, 2)
    after, _ = await stage.converse(room, "slow", range(1))
    await asyncio.sleep(0.3)  # the last calls about the reply before
    calls, before = await stage.platform.calls(), stage.cpu
    await stage.converse(room, "slow", range(1, count + 1), after)
    spent = stage.cpu - before
    await asyncio.sleep(0.3)
    return {"slow_cpu": spent / count, "slow_calls": (await stage.platform.calls() - calls) / count}


async def tool(stage: Stage) -> Taken:
    """Each message makes the model call one tool, which the guard allows."""
    (room,) = stage.chats(1)
    count = stage.many(100, 30)
    after, _ = await stage.converse(room, "tool", range(2))
    before = stage.cpu
    await stage.converse(room, "tool", range(2, count + 2), after)
    return {"tool_cpu": (stage.cpu - before) / count}


async def side_by_side(stage: Stage) -> Taken:
    """An answer that reads four files beside one that reads one, in turn, so that both meet the same machine."""
    if stage.is_floor:
        return {}
    (room,) = stage.chats(1)
    count = stage.many(40, 10)
    after, _ = await stage.converse(room, "files", range(1))
    took: dict[str, list[float]] = {"read": [], "reads": []}
    for number in range(count + 1):
        for kind, seconds in took.items():
            after, (each,) = await stage.converse(room, kind, range(number, number + 1), after)
            seconds.append(each)
    one, four = (statistics.median(seconds[1:]) for seconds in took.values())  # the first counts the lines
    return {"side_one": one * 1000, "side_four": four * 1000, "side_ratio": four / one}


async def crashing(stage: Stage) -> Taken:
    """`kill -9` in the middle of a burst, and again while it recovers."""
    platform, people, each = stage.platform, stage.many(50, 30), 10
    await platform.reset()
    asked = Asked(tag="crash")
    await burst(platform, asked, stage.chats(people), each)
    seen = len(await platform.sent(wait=asked.count // 5))
    await crash(stage.subject)
    await stage.subject.start()
    again = len(await platform.sent(wait=seen + max(1, asked.count // 10), seconds=3 if stage.is_floor else 60))
    await crash(stage.subject)
    await stage.restart()
    began = stage.subject.program.started_at
    result = await settle(platform, asked, seconds=2 if stage.is_floor else 120)
    stage.note("crash", result)
    return {
        "crash_unanswered": asked.count - seen,
        "crash_again_unanswered": asked.count - again,
        "crash_lost": result.lost,
        "crash_disordered": result.disordered,
        "crash_repeated": result.repeated,
        "crash_unmarked": result.unmarked,
        "crash_seconds": max(0.0, result.last_at - began),
    }


async def crashing_steadily(stage: Stage) -> Taken:
    """`kill -9` while twenty people write twenty messages a second, and go on writing."""
    await stage.platform.reset()
    asked = Asked(tag="steady")
    people, seconds = stage.chats(20), stage.many(8, 4)
    async with asyncio.TaskGroup() as group:
        group.create_task(steadily(stage.platform, asked, people, 20, seconds), name="people write")
        await asyncio.sleep(seconds / 3)
        await crash(stage.subject)
        await stage.restart()
    result = await settle(stage.platform, asked, seconds=2 if stage.is_floor else 120)
    stage.note("steady", result)
    return {
        "steady_lost": result.lost,
        "steady_disordered": result.disordered,
        "steady_repeated": result.repeated,
        "steady_unmarked": result.unmarked,
        "steady_worst": max(result.seconds, default=0.0),
    }


async def stopping(stage: Stage) -> Taken:
    """SIGTERM in the middle of a burst, then the next start."""
    platform = stage.platform
    await platform.reset()
    asked = Asked(tag="stop")
    await burst(platform, asked, stage.chats(stage.many(50, 30)), 10)
    seen = len(await platform.sent(wait=asked.count // 10))
    taken = await stage.subject.program.end(signal.SIGTERM)
    left = asked.count - len(await platform.sent())
    await stage.restart()
    result = await settle(platform, asked, seconds=2 if stage.is_floor else 120)
    stage.note("stop", result)
    return {
        "stop_unanswered": asked.count - seen,
        "stop_left": left,
        "stop_seconds": taken,
        "stop_lost": result.lost,
        "stop_disordered": result.disordered,
        "stop_unmarked": result.unmarked,
        "stop_repeated": result.repeated,
    }


async def starting(stage: Stage) -> Taken:
    """From nothing, from its own data, and until somebody who waits is answered."""
    times = stage.many(3, 1)
    (room,) = stage.chats(1)
    await stage.converse(room, "before", range(1))
    warm, reply = [], []
    for number in range(times):
        await stage.subject.program.end()
        await stage.subject.start()
        warm.append(await stage.subject.serving())
        await stage.subject.program.end()
        after = after_last(await stage.platform.sent(chat=room))
        await stage.platform.push(room, f"start {number}")
        await stage.subject.start()
        answer = await stage.platform.sent(chat=room, after=after, wait=1, seconds=60)
        if not answer:
            raise DidNotAnswer("a message that waited for the start was not answered within 60 s")
        reply.append(answer[0].at - stage.subject.program.started_at)
        await stage.subject.serving()
    taken = {"start_reply": statistics.median(reply)}
    if isinstance(stage.subject, Nexora):
        cold = [await _cold(stage, number) for number in range(times)]
        taken |= {"start_warm": statistics.median(warm), "start_cold": statistics.median(cold)}
    return taken


async def _cold(stage: Stage, number: int) -> float:
    """The program stays down while another one begins in an empty folder."""
    await stage.subject.program.end()
    folder = stage.folder / f"cold-{number}"
    new = Nexora(stage.platform, folder)
    await new.start()
    try:
        seconds = await new.serving()
    finally:
        await new.program.end()
    shutil.rmtree(folder)
    await stage.restart()
    return seconds


async def memory(stage: Stage) -> Taken:
    """A fresh process at rest, and again after a thousand turns."""
    await stage.subject.program.end()
    await stage.restart()
    await asyncio.sleep(3)
    idle = resident_megabytes(stage.subject.program.pid)
    seconds, before = stage.many(10, 5), stage.cpu
    await asyncio.sleep(seconds)
    at_rest = (stage.cpu - before) / seconds
    await stage.platform.reset()
    asked = Asked(tag="memory")
    await burst(stage.platform, asked, stage.chats(50), 20)
    result = await settle(stage.platform, asked, seconds=120)
    if result.lost:
        raise DidNotAnswer(f"{result.lost} of {asked.count} turns were not answered: {result.strange[:1]}")
    return {
        "rest_cpu": at_rest,
        "memory_idle": idle,
        "memory_used": resident_megabytes(stage.subject.program.pid),
    }


async def pressing(stage: Stage) -> Taken:
    """An admin presses while 200 turns hang, and again while 200,000 messages wait besides."""
    nexora = stage.subject
    if not isinstance(nexora, Nexora):
        return {}
    (admin, asking), each = stage.chats(2), stage.many(20, 5)
    people = stage.chats(200)
    await urgent.make_admin(nexora, admin)
    after, _ = await stage.converse(admin, "hello", range(1))
    await stage.platform.push(asking, "ask", count=2 * each)
    sent = await stage.platform.sent(chat=admin, after=after, wait=2 * each, seconds=60)
    cards = [card for card in sent if card.buttons]
    if len(cards) < 2 * each:
        raise DidNotAnswer(f"{len(cards)} cards came for {2 * each} requests")
    for person in people:
        await stage.platform.push(person, "hang on")
    await asyncio.sleep(stage.many(5, 2))
    try:
        if await urgent.turns(nexora) < urgent.PLACES:
            raise DidNotAnswer("the turns that should hang do not")
        hanging = await urgent.measured(nexora, admin, cards[:each], stage.platform.press)
        await urgent.fill(nexora, people, stage.many(200_000, 20_000))
        waiting = await urgent.measured(nexora, admin, cards[each:], stage.platform.press)
    except urgent.NotDecided as error:
        raise DidNotAnswer(str(error)) from error
    finally:
        await urgent.clear(nexora)
    return {**urgent.figures("press_hanging", hanging), **urgent.figures("press_waiting", waiting)}


async def said_hi(stage: Stage) -> Taken:
    """What the model gets to read when somebody says hi."""
    (room,) = stage.chats(1)
    await stage.platform.push(room, "hi")
    answer = await stage.platform.sent(chat=room, wait=1, seconds=30)
    if [each.text for each in answer] != ["echo: hi"]:
        raise DidNotAnswer(f"asked hi, heard {[each.text[:300] for each in answer]}")
    asked = await stage.platform.last_request()
    schemas = asked.get("tools", [])
    taken = {"prompt": _tokens([asked["messages"], schemas])}
    place = str(asked["messages"][0]["content"]).partition(_PLACE_BEGINS)[2].partition("\n")[0]
    offered = [each for each in schemas if each["function"]["name"] == "use_skill"]
    own = [each for each in schemas if each not in offered]
    parts = {"prompt_tools": _tokens([place, own]), "prompt_skills": _tokens(offered)}
    return {**taken, **parts} if place else taken


def _tokens(read: Any) -> float:
    return len(json.dumps(read, ensure_ascii=False, separators=(",", ":")).encode()) / 4


SCENARIOS: Mapping[str, Callable[[Stage], Awaitable[Taken]]] = {
    "prompt": said_hi,
    "chat": chat,
    "burst": in_a_burst,
    "growing": growing,
    "slow": slow,
    "tool": tool,
    "side": side_by_side,
    "memory": memory,
    "start": starting,
    "stop": stopping,
    "crash": crashing,
    "steady": crashing_steadily,
    "press": pressing,
}
"""In the order in which they run."""
