"""What every test may ask for: one PostgreSQL for the whole suite, a fresh database for each test, and a closed door.

Tests marked `server` run twice: on the embedded server and on one of another major version that the system has.
With NEXORA_TEST_REQUIRE_ALL set, what would be skipped for want of a program fails instead.
"""

import gc
import ipaddress
import itertools
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import asyncpg
import pytest
import pytest_asyncio

from gateway.database.embedded.binaries import Binaries, find_binaries, system_servers
from gateway.database.embedded.server import EmbeddedPostgres
from gateway.database.pool import OLDEST_MAJOR, connect, migrate
from governance.record.transaction import Store

os.environ |= {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}  # what is told follows the machine where nobody says
REQUIRE_ALL = bool(os.environ.get("NEXORA_TEST_REQUIRE_ALL"))
EMBEDDED, OTHER_MAJOR = "embedded", "other_major"
UNIT_TESTS = Path(__file__).parent / "unit"
MEMORY = Path("/dev/shm")  # the folder in it is made for us alone
MEMORY_BYTES = 4 << 30


def unavailable(reason: str) -> NoReturn:
    """Skip this test, or fail it where everything must run."""
    if REQUIRE_ALL:
        pytest.fail(f"{reason}, and NEXORA_TEST_REQUIRE_ALL is set")
    pytest.skip(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running PostgreSQL with a migrated database named `template`, which no test connects to."""

    admin: asyncpg.Connection
    dsn: str

    def address_of(self, database: str) -> str:
        return self.dsn.replace("/postgres?", f"/{database}?")


class Servers:
    """The servers of this run, each started when a test first needs it."""

    def __init__(self, home: Path, stack: AsyncExitStack) -> None:
        self._home = home
        self._stack = stack
        self._running: dict[str, Server] = {}
        self._numbers = itertools.count()

    async def get(self, kind: str) -> Server:
        if kind not in self._running:
            self._running[kind] = await self._start(kind, find_binaries() if kind == EMBEDDED else other_major())
        return self._running[kind]

    async def _start(self, kind: str, binaries: Binaries) -> Server:
        embedded = EmbeddedPostgres(self._home / kind, binaries=binaries, durable=False)
        await self._stack.enter_async_context(embedded)
        admin = await asyncpg.connect(embedded.dsn)
        self._stack.push_async_callback(admin.close)
        server = Server(admin=admin, dsn=embedded.dsn)
        await admin.execute("create database template")
        await migrate(server.address_of("template"))
        return server

    @asynccontextmanager
    async def database(self, kind: str, *, template: str) -> AsyncIterator[str]:
        """The address of a new database that is dropped at the end, whoever is still connected."""
        server = await self.get(kind)
        name = f"test_{next(self._numbers)}"
        await server.admin.execute(f"create database {name} template {template} strategy file_copy")
        try:
            yield server.address_of(name)
        finally:
            await server.admin.execute(f"drop database {name} with (force)")


def other_major() -> Binaries:
    """A server of the system whose major version is not the embedded one's; skips or fails when there is none."""
    embedded = find_binaries().major
    for major, folder in system_servers().items():
        if major != embedded and major >= OLDEST_MAJOR:
            return Binaries(folder=folder, major=major)
    unavailable(f"no PostgreSQL of another major version than {embedded} under /usr/lib/postgresql")


def pytest_configure() -> None:
    """Keep compiled modules, whatever a machine image says: without them each process of a test costs seconds more."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "postgres_kind" in metafunc.fixturenames:
        twice = metafunc.definition.get_closest_marker("server") is not None
        metafunc.parametrize("postgres_kind", [EMBEDDED, OTHER_MAJOR] if twice else [EMBEDDED])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Leave the names of what failed in the file that `./nexora test` asks for, to run them again."""
    if path := os.environ.get("NEXORA_TEST_FAILURES"):
        reports = [each for outcome in ("failed", "error") for each in terminalreporter.stats.get(outcome, ())]
        Path(path).write_text("".join(f"{name}\n" for name in dict.fromkeys(each.nodeid for each in reports)))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_servers() -> AsyncIterator[Servers]:
    with open_folder() as folder:
        async with AsyncExitStack() as stack:
            yield Servers(folder, stack)


def has_room(folder: Path) -> bool:
    """Whether the servers of several processes fit in; a container has 64 MB there unless it is told otherwise."""
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > MEMORY_BYTES


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that the user who runs PostgreSQL for root may enter, unlike pytest's own.

    In memory where there is room: a new database is a thousand files, which a disk makes at twice the cost and more.
    """
    folder = Path(tempfile.mkdtemp(prefix="nexora-test-", dir=MEMORY if has_room(MEMORY) else None))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def dsn(postgres_servers: Servers, postgres_kind: str) -> AsyncIterator[str]:
    """The address of a fresh, migrated database."""
    async with postgres_servers.database(postgres_kind, template="template") as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def empty_dsn(postgres_servers: Servers, postgres_kind: str) -> AsyncIterator[str]:
    """The address of a fresh database without any table."""
    async with postgres_servers.database(postgres_kind, template="template0") as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a fresh, migrated database."""
    pool = await connect(dsn)
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> Store:
    """Governance's door to a fresh, migrated database."""
    return Store(pool)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without one, browser tests are skipped or fail."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        unavailable("no Chromium on this machine")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked `browser` needs Chromium whether it asks for it or not; whole stories begin before short tests.

    A file goes to one process as a whole, in this order, so that what is left for the end is short.
    """
    items.sort(key=lambda item: item.path.is_relative_to(UNIT_TESTS))
    for item in items:
        if item.get_closest_marker("browser") and "chromium" not in item.fixturenames:  # type: ignore[attr-defined]
            item.fixturenames.insert(0, "chromium")  # type: ignore[attr-defined]


def pytest_collection_finish() -> None:
    """What thousands of tests consist of stays to the end: no collection of garbage need look at it again."""
    gc.collect()
    gc.freeze()


class OutsideSocket(RuntimeError):
    """A test tried to reach a machine other than this one. `tried` are all names and addresses that were refused so."""

    tried: ClassVar[list[str]] = []


@pytest.fixture(scope="session", autouse=True)
def closed_door() -> Iterator[None]:
    """Refuse every connection and every name that leads away from this machine, below every library."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not shut:
            return
        if event in {"socket.connect", "socket.sendto"}:
            _require_here(arguments[0].family, arguments[1])
        elif event == "socket.getaddrinfo":
            _require_local_name(arguments[0])

    shut = [True]
    sys.addaudithook(watch)
    yield
    shut.clear()


def _require_here(family: int, address: Any) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return
    _require_local_name(address[0])


def _require_local_name(name: Any) -> None:
    text = name.decode() if isinstance(name, bytes) else str(name or "localhost")
    if text in {"localhost", "0.0.0.0", "::"} or text.endswith(".localhost"):
        return
    try:
        if ipaddress.ip_address(text.partition("%")[0]).is_loopback:
            return
    except ValueError:
        pass
    OutsideSocket.tried.append(text)
    raise OutsideSocket(f"tests may not reach {text}")
