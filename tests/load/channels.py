"""`./nexora bench --channels`: each channel against its fake platform, and all of them in one gateway.

The fakes and the people they play run in this process, the gateway in its own, with a PostgreSQL that both take from
one embedded server; only the gateway's own CPU time and memory count here.
"""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from channels.running import catalogue
from gateway.database.embedded.server import running_dsn
from tests.contract.drivers import Cut, PlatformDriver, Power, Room, driver_of
from tests.load.processes import DidNotStart, Program, cpu_seconds, resident_megabytes
from tests.load.subject import AGENT
from tests.platforms.model import FakeModel, Reply, calling

MESSAGES, QUICK_MESSAGES = 100, 20
REST, LONGEST = 4.0, 60.0
"""Seconds: how long rest is watched, and how long one channel's messages may take."""
ASKING = "please restart the service"
COMMAND = "python3 -c 'print(6*7)' /etc/passwd"
BEGIN = "<!-- channels: ./nexora bench --channels --record writes this table -->"
END = "<!-- end of channels -->"
WITHOUT = ("console",)
"""Kinds that have no platform of their own and are always there."""
WITHOUT_RATES = {"telegram": {"keeps_rates": False}, "email": {"mails_per_sender_hour": 10_000}}
"""What lets one person say all of it at once, by kind."""


@dataclass(slots=True)
class Taken:
    """What one channel took; None where its platform has no such thing.

    cpu_ms: CPU time of the gateway for one message and its answer. megabytes: resident memory at rest. press_ms: from
    a press to the card rewritten, or followed by the outcome. cut_ms: from a broken connection to the next answer.
    """

    kind: str
    cpu_ms: float | None = None
    megabytes: float | None = None
    press_ms: float | None = None
    cut_ms: float | None = None
    trouble: str = ""


class House:
    """One gateway with some channels, each on its own fake platform."""

    def __init__(self, kinds: Sequence[str], folder: Path, model: FakeModel) -> None:
        self.drivers: dict[str, PlatformDriver] = {}
        self._kinds = kinds
        self._model = model
        self._folder = folder
        self.home = folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"

    async def open(self, stack: AsyncExitStack) -> None:
        """Everything up, with Alice and Bob known on every channel; Bob may decide."""
        self._folder.mkdir(mode=0o711)
        for kind in self._kinds:
            driver = driver_of(kind)
            assert driver is not None
            await driver.start()
            stack.push_async_callback(driver.stop)
            driver.reached_at(self.url)
            self.drivers[kind] = driver
        settings = self._folder / "nexora.yaml"
        settings.write_text(json.dumps(self._settings()), encoding="utf-8")
        self.program = await self._start(settings)
        try:
            await self._admit()
        finally:
            await self.program.end()
        self.program = await self._start(settings)  # as on every day but the first, without migrations
        stack.push_async_callback(self.program.end)

    async def _start(self, settings: Path) -> Program:
        extra = {
            "NEXORA_CONFIG": str(settings),
            "NEXORA_HOME": str(self.home),
            "NEXORA_PORT": self.url.rpartition(":")[2],
            "NEXORA_PUBLIC_URL": self.url,
        }
        return await Program.start(["gateway", "up"], self._folder / "nexora.log", extra)

    def _settings(self) -> dict[str, Any]:
        channels: dict[str, Mapping[str, Any]] = {}
        for kind, driver in self.drivers.items():
            channels[kind] = {"kind": kind, **driver.options(driver.modes[0]), **WITHOUT_RATES.get(kind, {})}
        provider = {"wire": "openai", "base_url": self._model.url, "api_key": self._model.key}
        return {
            "channels": channels,
            "models": {"use": ["bench/fake-1"], "find_local": False, "providers": {"bench": provider}},
            "agents": {"default": AGENT},
        }

    async def _admit(self) -> None:
        alice, bob = uuid4(), uuid4()
        rows = []
        for kind, driver in self.drivers.items():
            in_group = getattr(driver, "alice_in_group", driver.alice)
            rows += [(kind, each, alice) for each in {driver.alice.id, in_group.id}]
            rows.append((kind, driver.bob.id, bob))
        connection = await asyncpg.connect(await self._dsn())
        try:
            await connection.executemany(
                "insert into nexora_users (id, name, role) values ($1, $2, $3)",
                [(alice, "alice", "operator"), (bob, "bob", "admin")],
            )
            await connection.executemany(
                "insert into nexora_accounts (channel, account_id, user_id, state, room)"
                " values ($1, $2, $3, 'linked', $2)",
                rows,
            )
            await connection.execute(
                "insert into nexora_agent_grants (id, user_id, agent, granted_at) values ($1, $2, $3, now())",
                uuid4(),
                alice,
                AGENT,
            )
        finally:
            await connection.close()

    async def _dsn(self) -> str:
        """The embedded server's address, once the tables are there."""
        async with asyncio.timeout(60):
            while not (dsn := await self._ready()):
                if self.program.has_ended:
                    raise DidNotStart(self.program.last_words())
                await asyncio.sleep(0.05)
        return dsn

    async def _ready(self) -> str:
        try:
            dsn = running_dsn(self.home)
            connection = await asyncpg.connect(dsn) if dsn else None
        except (OSError, asyncpg.PostgresError):
            return ""
        if connection is None or dsn is None:
            return ""
        try:
            is_ready = await connection.fetchval("select to_regclass('nexora_token_usage') is not null")
        finally:
            await connection.close()
        return dsn if is_ready else ""

    async def answered(self, kind: str, text: str, *, room: Room = Room.DIRECT, patience: float = 4.0) -> None:
        """Somebody says it until one of these is answered: a channel that is not up yet may not keep it for us."""
        driver = self.drivers[kind]
        said: list[str] = []
        async with asyncio.timeout(60):
            while True:
                said.append(f"{text} {secrets.token_hex(3)}")
                await driver.say(said[-1], room=room, mention=room is Room.GROUP)
                try:
                    await _until(patience, partial(_reads, driver, room, said))
                except TimeoutError:
                    continue
                return


async def measure(kind: str, folder: Path, *, is_quick: bool) -> Taken:
    """One channel alone in a gateway."""
    taken = Taken(kind)
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(FakeModel())
        model.when("Give a title", Reply(text="A title"))
        house = House([kind], folder, model)
        try:
            await house.open(stack)
            await house.answered(kind, "hello")
            await asyncio.sleep(1.0)
            taken.megabytes = resident_megabytes(house.program.pid)
            taken.cpu_ms = await _cpu(house, kind, QUICK_MESSAGES if is_quick else MESSAGES)
            taken.press_ms = await _press(house, kind, model)
            taken.cut_ms = await _cut(house, kind)
        except (DidNotStart, TimeoutError, AssertionError) as error:
            taken.trouble = f"{type(error).__name__} {error}"[:200]
    return taken


async def together(folder: Path, kinds: Sequence[str]) -> Taken:
    """All of them connected in one gateway, at rest."""
    taken = Taken("all together")
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(FakeModel())
        model.when("Give a title", Reply(text="A title"))
        house = House(kinds, folder, model)
        try:
            await house.open(stack)
            for kind in kinds:
                await house.answered(kind, "hello")
            await asyncio.sleep(2.0)
            taken.megabytes = resident_megabytes(house.program.pid)
        except (DidNotStart, TimeoutError, AssertionError) as error:
            taken.trouble = f"{type(error).__name__} {error}"[:200]
    return taken


async def _cpu(house: House, kind: str, count: int) -> float:
    """CPU milliseconds for one message after another, above those of rest: some platforms allow one in two seconds."""
    pid, began, before = house.program.pid, time.monotonic(), cpu_seconds(house.program.pid)
    await asyncio.sleep(REST)
    at_rest = (cpu_seconds(pid) - before) / (time.monotonic() - began)
    began, before, done = time.monotonic(), cpu_seconds(pid), 0
    while done < count and time.monotonic() - began < LONGEST:
        await house.answered(kind, f"message {done}")
        done += 1
    return (cpu_seconds(pid) - before - at_rest * (time.monotonic() - began)) / done * 1000


async def _press(house: House, kind: str, model: FakeModel) -> float | None:
    """From Bob's press on the card in the group to what shows the outcome."""
    driver = house.drivers[kind]
    if {Power.GROUPS, Power.BUTTONS} & driver.lacks:
        return None
    model.when(ASKING, calling("shell", command=COMMAND))
    known = {seen.id for seen in await driver.hear(0, room=Room.GROUP)}
    await driver.say(ASKING, room=Room.GROUP, mention=True)
    await _until(15, lambda: _new_card(driver, known))
    card = next(each for each in await driver.hear(0, room=Room.GROUP) if each.buttons and each.id not in known)
    count = len(await driver.hear(0, room=Room.GROUP))
    began = time.monotonic()
    await driver.press(card.id, "Deny", room=Room.GROUP, by=driver.bob)
    await _until(15, lambda: _decided(driver, card.id, count))
    return (time.monotonic() - began) * 1000


async def _until(seconds: float, is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110 -- what people see is looked at
            await asyncio.sleep(0.003)


async def _reads(driver: PlatformDriver, room: Room, said: Sequence[str]) -> bool:
    return any(words in seen.text for seen in await driver.hear(0, room=room) for words in said)


async def _new_card(driver: PlatformDriver, known: set[str]) -> bool:
    return any(seen.buttons and seen.id not in known for seen in await driver.hear(0, room=Room.GROUP))


async def _decided(driver: PlatformDriver, card: str, count: int) -> bool:
    """The card has lost its buttons, or was followed by the outcome."""
    there = await driver.hear(0, room=Room.GROUP)
    return len(there) > count or not next(seen for seen in there if seen.id == card).buttons


async def _cut(house: House, kind: str) -> float | None:
    """From an abrupt end of the connection to the next answer."""
    driver = house.drivers[kind]
    if Power.LINE in driver.lacks or Cut.ABRUPT not in driver.cuts:
        return None
    began = time.monotonic()
    await driver.cut(Cut.ABRUPT)
    await house.answered(kind, "are you there", patience=0.5)
    return (time.monotonic() - began) * 1000


@dataclass(slots=True)
class Run:
    """Every channel there is."""

    is_quick: bool
    only: Sequence[str] = ()
    taken: list[Taken] = field(default_factory=list)

    async def measure(self, folder: Path, say: Any) -> None:
        kinds = [kind for kind in catalogue.kinds() if kind not in WITHOUT and (not self.only or kind in self.only)]
        for kind in kinds:
            self.taken.append(await measure(kind, folder / kind, is_quick=self.is_quick))
            say(_line(self.taken[-1]))
        if not self.only:
            self.taken.append(await together(folder / "together", kinds))
            say(_line(self.taken[-1]))

    def record(self, document: Path, remark: str) -> None:
        """Write the table into the document, between its marks."""
        text = document.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        document.write_text(f"{before}{BEGIN}\n\n{remark}\n\n{self.table()}\n\n{END}{after}", encoding="utf-8")

    def table(self) -> str:
        """Markdown for docs/performance.md."""
        head = (
            "| channel | CPU per message, ms | memory at rest, MB | press to outcome, ms | broken line to answer, ms |"
        )
        rows = [
            f"| {each.kind} | {_shown(each.cpu_ms)} | {_shown(each.megabytes)} | {_shown(each.press_ms, 0)} "
            f"| {_shown(each.cut_ms, 0)} |"
            for each in self.taken
        ]
        return "\n".join([head, "|---|---|---|---|---|", *rows])


def _line(taken: Taken) -> str:
    told = (
        f"{taken.kind:13} CPU {_shown(taken.cpu_ms)} ms, {_shown(taken.megabytes)} MB, "
        f"press {_shown(taken.press_ms, 0)} ms, cut {_shown(taken.cut_ms, 0)} ms"
    )
    return f"{told}   {taken.trouble}".rstrip()


def _shown(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
