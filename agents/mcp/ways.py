"""The ways to servers: a confined program with a folder of its own, or an address behind the guard of all egress.

What a program reaches, it reaches through a proxy like a command's; what passed is handed on when it ends.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp.abc import AbstractResolver

from agents.mcp.definition import HttpTransport, ServerDefinition, StdioTransport, filled_in
from agents.mcp.ending import ServerEnding, ServerFailed
from agents.mcp.names import server_label
from agents.proxy.ledger import TrafficBounds, Use
from agents.proxy.proxy import Proxy
from agents.sandbox import Sandbox
from governance.egress.egress import Egress
from governance.egress.hosts import NetworkReach, rules_of
from governance.people.people import Person

OnReached = Callable[[str, Sequence[Use]], Awaitable[None]]
"""Writes into the record what a server's program reached, and what was blocked."""


class SecretValues(Protocol):
    """Where the values of secrets come from."""

    async def values(self, server: str, names: Sequence[str], person: Person | None) -> Mapping[str, str]:
        """Those of these names that this server may be given, for a person where it acts as one."""


class NoSecrets:
    """Nothing is stored."""

    async def values(self, server: str, names: Sequence[str], person: Person | None) -> Mapping[str, str]:
        """None of them."""
        del server, names, person
        return {}


async def unrecorded(server: str, uses: Sequence[Use]) -> None:
    """Write nothing."""
    del server, uses


SignIn = Callable[[ServerDefinition, Person | None, ServerEnding], Any]
"""How requests to a server at an address are signed in beside its headers (httpx2.Auth), or None.

What the server wants of whoever is not signed in, the ending hears.
"""


def not_signed_in(server: ServerDefinition, person: Person | None, ending: ServerEnding) -> None:
    """By its headers alone."""
    del server, person, ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How servers are reached. `folder` holds the homes of programs, `protected` are the gateway's own folders.

    `egress` must judge addresses, and `resolver` names for proxies. Programs run in `sandbox`.
    """

    sandbox: Sandbox
    egress: Egress
    resolver: AbstractResolver
    folder: Path
    protected: Sequence[Path] = ()
    secrets: SecretValues = field(default_factory=NoSecrets)
    bounds: TrafficBounds = field(default_factory=TrafficBounds)
    on_reached: OnReached = unrecorded
    sign_in: SignIn = not_signed_in

    def to(
        self, server: ServerDefinition, person: Person | None, *, tries: bool = False
    ) -> Callable[[ServerEnding], AbstractAsyncContextManager[Any]]:
        """What opens the streams to a server; whatever is wrong raises ServerFailed or DefinitionInvalid.

        A person's program has a home of their own. With `tries` it has one that is removed when it ends, so that what
        nobody has approved leaves nothing behind for what was approved under its name.
        """
        home = f"home-{person.id.hex}" if person else "home"
        return lambda ending: self._opened(server, person, ending, home_name="" if tries else home)

    @asynccontextmanager
    async def _opened(
        self, server: ServerDefinition, person: Person | None, ending: ServerEnding, *, home_name: str
    ) -> AsyncIterator[Any]:
        given = await self._given(server, person)
        if isinstance(server.transport, HttpTransport):
            from agents.mcp.http import reached  # noqa: PLC0415  # the SDK loads with the first server

            auth = self.sign_in(server, person, ending)
            async with reached(server.transport, given, self.egress, ending, auth) as streams:
                yield streams
            return
        async with self._program(server, given, ending, home_name=home_name) as streams:
            yield streams

    async def _given(self, server: ServerDefinition, person: Person | None) -> dict[str, str]:
        """Its variables or headers with the values of their secrets."""
        values = await self.secrets.values(server.name, server.references, person) if server.references else {}
        try:
            return {name: filled_in(text, values) for name, text in server.given.items()}
        except KeyError as missing:
            raise ServerFailed(
                f"{server.name} needs the secret {missing.args[0]}, which nobody has stored"
            ) from missing

    @asynccontextmanager
    async def _program(
        self, server: ServerDefinition, given: Mapping[str, str], ending: ServerEnding, *, home_name: str
    ) -> AsyncIterator[Any]:
        from agents.mcp.stdio import command_line, spoken  # noqa: PLC0415  # as above

        transport = server.transport
        if not isinstance(transport, StdioTransport):
            raise ServerFailed(f"{server.name} is no program")
        self._require_possible(server, transport)
        command, carried = command_line(transport, given)
        async with AsyncExitStack() as stack:
            home, scratch, *throwaway = await asyncio.to_thread(self._folders, server.name, home_name)
            for folder in throwaway:
                stack.push_async_callback(asyncio.to_thread, shutil.rmtree, folder, ignore_errors=True)
            proxy = await stack.enter_async_context(self._proxied(server.name, transport)) if transport.hosts else None
            program = await stack.enter_async_context(
                self.sandbox.lasting(
                    command,
                    home=home,
                    scratch=scratch,
                    listener=proxy.listener if proxy else None,
                    reads=[Path(folder) for folder in transport.folders],
                    carried=carried,
                    approved=server.approved is not None,
                )
            )
            yield await stack.enter_async_context(spoken(program, ending))

    def _require_possible(self, server: ServerDefinition, transport: StdioTransport) -> None:
        if not self.sandbox.contained and server.approved is None:
            raise ServerFailed(f"{server.name} cannot be tried: there is no sandbox on this machine")
        if transport.hosts and self.sandbox.contained and not self.sandbox.opens_proxies:
            raise ServerFailed(f"{server.name} needs a network, which programs have under bubblewrap alone")
        for folder in map(Path, transport.folders):
            own = next(
                (one for one in self.protected if folder.is_relative_to(one) or one.is_relative_to(folder)), None
            )
            if own is not None:
                raise ServerFailed(f"{server.name} may not read {folder}: the gateway keeps its own data there")

    @asynccontextmanager
    async def _proxied(self, server: str, transport: StdioTransport) -> AsyncIterator[Proxy]:
        proxy = Proxy(NetworkReach(rules=rules_of(transport.hosts, {})), self.resolver, self.bounds)
        try:
            async with proxy:
                yield proxy
        finally:
            if proxy.ledger.uses:
                await self.on_reached(server, proxy.ledger.uses)

    def _folders(self, server: str, home_name: str) -> tuple[Path, ...]:
        """Its home, its /tmp, and what goes with it: the /tmp, and a home without a name."""
        own = self.folder / server_label(server)
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="tmp-", dir=own))
        if not home_name:
            home = Path(tempfile.mkdtemp(prefix="tried-", dir=own))
            return home, scratch, scratch, home
        home = own / home_name
        home.mkdir(mode=0o700, exist_ok=True)
        return home, scratch, scratch

    def forget(self, server: str) -> None:
        """Remove what the program of a server has kept. Blocks."""
        shutil.rmtree(self.folder / server_label(server), ignore_errors=True)
