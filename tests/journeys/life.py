"""The whole product, built as `nexora up` builds it, between platforms and a model on loopback, on a real database."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from yarl import URL

from channels.base import ChannelState
from channels.messages import Account
from channels.running import catalogue
from gateway.run.assembly import Gateway, assemble_gateway
from gateway.run.serve import _run
from gateway.settings.model import ChannelSettings, Configuration, Settings
from governance.keys.master_key import place_of
from governance.people.people import Origin, Person, Role
from tests.platforms.model import FakeModel
from tests.unit.web.stage import Visitor

TITLE = "A title for this"
CLI = Origin(source="cli")
CONSOLE = Origin(source="console", address="127.0.0.1")


@dataclass(kw_only=True)
class Life:
    """One life of a gateway and the model that it asks, whatever the platform."""

    gateway: Gateway
    model: FakeModel
    home: Path

    @property
    def store(self) -> Any:
        return self.gateway.store

    async def admit(self, name: str, role: Role, account: Account, agents: tuple[str, ...]) -> Person:
        """Somebody new whose account in chat is linked and who may use these agents."""
        deciding = self.gateway.deciding
        person, _ = await deciding.people.create(name, role, by=None, origin=CLI)
        code = await deciding.accounts.code_for_person(person)
        await deciding.accounts.link_from_chat(account, code)
        for agent in agents:
            await deciding.agent_grants.grant(person.id, agent, by=None, origin=CLI)
        found = await deciding.people.get(person.id)
        assert found is not None
        return found

    async def until_stored(self, query: str, seconds: float = 10) -> None:
        """Wait until a query answers something true."""
        async with asyncio.timeout(seconds):
            while not await self.store.fetchval(query):  # noqa: ASYNC110  # rows have no event
                await asyncio.sleep(0.02)

    async def tags(self) -> list[str]:
        return [row["tag"] for row in await self.store.fetch("select tag from nexora_audit_events order by at, seq")]

    async def results(self) -> list[str]:
        """What the model was told in its last request that the tools answered."""
        return [each["content"] for each in self.model.requests[-1]["messages"] if each["role"] == "tool"]

    @asynccontextmanager
    async def browser(self, person: Person) -> AsyncIterator[Visitor]:
        """Somebody who is signed in to the console of this gateway, over HTTP."""
        async with AsyncExitStack() as stack:
            base = await stack.enter_async_context(served(self.gateway))
            client = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
            async with self.store.transaction() as work:
                token = await self.gateway.deciding.sessions.open(work, person.id, origin=CONSOLE)
            yield Visitor(client, URL(base), token=token, person=person)


@asynccontextmanager
async def living(
    dsn: str,
    home: Path,
    model: FakeModel,
    channels: Mapping[str, Mapping[str, Any]],
    *,
    settled: ChannelState = ChannelState.UP,
    **changes: Any,
) -> AsyncIterator[Gateway]:
    """One life of the gateway, its channels settled. `channels`: options by name, with a kind where that differs."""
    configured = configuration(dsn, home, model, channels, **changes)
    async with AsyncExitStack() as stack:
        gateway = await assemble_gateway(configured, stack)
        task = asyncio.create_task(_run(gateway), name="gateway")
        try:
            known = [name for name, given in configured.channels.items() if given.options is not None]
            await until(lambda: all(gateway.channels[name].health.state is settled for name in known))
            yield gateway
        finally:
            task.cancel()
            await asyncio.wait((task,))


def configuration(
    dsn: str,
    home: Path,
    model: FakeModel,
    channels: Mapping[str, Mapping[str, Any]],
    *,
    wire: str = "openai",
    **changes: Any,
) -> Configuration:
    """What a file of settings would say. `wire`: the protocol in which the model is asked."""
    settings = Settings.model_validate(
        {
            "home": home,
            "database": {"url": dsn},
            "server": {"port": 0},
            "models": {
                "use": ["fake/fake-1"],
                "attempts": 2,
                "providers": {"fake": {"wire": wire, "base_url": model.url, "api_key": model.key}},
                **changes.pop("models", {}),
            },
            **changes,
        }
    )
    wanted = {name: _channel(name, **given) for name, given in channels.items()}
    return Configuration(settings=settings, channels=wanted)


def _channel(name: str, kind: str = "", groups: Iterable[str] | None = None, **options: Any) -> ChannelSettings:
    kind = kind or name
    only = None if groups is None else frozenset(groups)
    if kind not in catalogue.kinds():
        return ChannelSettings(kind=kind, options=None, unjudged=options, groups=only)
    return ChannelSettings(kind=kind, options=catalogue.load(kind).Options.model_validate(options), groups=only)


def neighbour_of(home: Path) -> Path:
    """A data folder for another gateway on the same database, to which an admin has brought the master key."""
    other = home.with_name("other")
    (other / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(place_of(home), place_of(other))
    return other


@asynccontextmanager
async def served(gateway: Gateway) -> AsyncIterator[str]:
    """The address at which a gateway answers HTTP until the block ends."""
    runner = web.AppRunner(gateway.app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def ended_life() -> None:
    """The gateway's life ends as a crash would end it: its tasks are gone, its rows are as they were."""
    for task in asyncio.all_tasks():
        if task.get_name() == "gateway":
            task.cancel()
            await asyncio.wait((task,))


async def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)
