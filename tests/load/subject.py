"""The two programs that are measured: Nexora on a home of its own, and the floor."""

import asyncio
import json
import signal
import socket
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import asyncpg

from gateway.database.embedded.server import running_dsn
from tests.load.platform import Platform
from tests.load.processes import DidNotStart, Program
from tests.platforms.telegram.chats import TOKEN

AGENT = "assistant"


class Subject(Protocol):
    """A bot on the fake platform, one process tree at a time."""

    name: str
    program: Program

    async def start(self) -> None:
        """Begin, and return as soon as the process runs."""

    async def serving(self) -> float:
        """Wait until it serves; seconds since its start."""


class Floor:
    """The floor. It serves as soon as it runs."""

    name = "floor"
    program: Program

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform = platform
        self._log = folder / "floor.log"

    async def start(self) -> None:
        words = ["tests.load.floor", self._platform.telegram, self._platform.model, self._platform.key]
        self.program = await Program.start(words, self._log)

    async def serving(self) -> float:
        return time.time() - self.program.started_at


class Nexora:
    """The gateway with its embedded PostgreSQL, as `nexora up` starts it, in an empty folder."""

    name = "nexora"
    program: Program

    postgres = ""

    def __init__(self, platform: Platform, home: Path, *, dsn: str = "", lease_seconds: float = 0) -> None:
        """With `dsn` it has no server of its own; `lease_seconds` is the default where it is 0."""
        home.mkdir(mode=0o711, exist_ok=True)
        self._dsn = dsn
        self._bus = {"lease_seconds": lease_seconds} if lease_seconds else {}
        self.home = home / "data"
        self._platform = platform
        self._log = home / "nexora.log"
        self._file = home / "nexora.yaml"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._file.write_text(self._settings(), encoding="utf-8")

    def _settings(self) -> str:
        """YAML, in the form that is also JSON."""
        provider = {"wire": "openai", "base_url": self._platform.model, "api_key": self._platform.key}
        telegram = {
            "kind": "telegram",
            "token": TOKEN,
            "api_url": self._platform.telegram,
            "keeps_rates": False,
        }
        return json.dumps(
            {
                "channels": {"telegram": telegram},
                "models": {"use": ["bench/fake-1"], "find_local": False, "providers": {"bench": provider}},
                "agents": {"default": AGENT},
                "bus": self._bus,
                "log": {"level": "info", "format": "json"},
            }
        )

    async def start(self) -> None:
        extra = {"NEXORA_CONFIG": str(self._file), "NEXORA_HOME": str(self.home), "NEXORA_PORT": str(self._port)}
        if self._dsn:
            extra["NEXORA_DB_URL"] = self._dsn
        self.program = await Program.start(["gateway", "up"], self._log, extra)

    async def serving(self) -> float:
        address = f"http://127.0.0.1:{self._port}/"
        while not await self._platform.answers(address):
            if self.program.has_ended:
                raise DidNotStart(f"nexora ended with {self.program.process.returncode}\n{self.program.last_words()}")
            if time.time() - self.program.started_at > 60:
                raise DidNotStart(f"nexora did not serve within 60 s\n{self.program.last_words()}")
            await asyncio.sleep(0.005)
        return time.time() - self.program.started_at

    async def admit(self, chats: Iterable[int]) -> None:
        """Make a person of each chat, with the account linked and the agent granted."""
        dsn = self._dsn or running_dsn(self.home)
        if dsn is None:
            raise DidNotStart("nothing runs on the data folder")
        people = [(uuid.uuid4(), f"person-{chat}", str(chat)) for chat in chats]
        connection = await asyncpg.connect(dsn)
        try:
            self.postgres = await connection.fetchval("show server_version")
            async with connection.transaction():
                await connection.executemany(
                    "insert into nexora_users (id, name, role) values ($1, $2, 'operator')",
                    [(person, name) for person, name, _ in people],
                )
                await connection.executemany(
                    "insert into nexora_accounts (channel, account_id, user_id, state, room)"
                    " values ('telegram', $2, $1, 'linked', $2)",
                    [(person, chat) for person, _, chat in people],
                )
                await connection.executemany(
                    "insert into nexora_agent_grants (id, user_id, agent, granted_at) values ($1, $2, $3, now())",
                    [(uuid.uuid4(), person, AGENT) for person, _, _ in people],
                )
        finally:
            await connection.close()


async def crash(subject: Subject) -> None:
    """Kill it as the kernel would when memory is short: no warning, no goodbye."""
    await subject.program.end(signal.SIGKILL)
