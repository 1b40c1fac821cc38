"""`/mcp sign-in NAME` and `/mcp sign-out NAME`, and who is signed in. It shows nobody's name to anybody."""

from typing import Protocol
from uuid import UUID

from agents.mcp.definition import ActsAs, ServerDefinition
from agents.mcp.ending import SignInNeeded
from agents.mcp.servers import Servers
from channels.base import NexoraError
from channels.locales import listed, say
from channels.messages import Inbound
from channels.text.visible import visible
from gateway.commands.command import Unfit
from gateway.commands.marks import verbatim
from gateway.signing_in.desk import SignInDesk, ToldAt
from governance.people.people import Person, Role


class SignInCall(Protocol):
    """What these need of a call of `/mcp`."""

    @property
    def person(self) -> Person:
        """Who called."""

    @property
    def inbound(self) -> Inbound:
        """What they typed, and where."""

    def say(self, key: str, **fields: object) -> str:
        """A sentence of the commands."""


class ServerSignIns:
    """Signs people in and out where they ask for it, rather than at their first call."""

    def __init__(self, desk: SignInDesk, servers: Servers) -> None:
        self._desk = desk
        self._servers = servers

    async def sign_in(self, call: SignInCall, name: str) -> str:
        """Give the person a link, alone."""
        server, person = self._named(call, name), call.person
        shown = verbatim(visible(server.name))
        try:
            await self._servers.look(server, person if server.acts_as is ActsAs.PERSON else None)
        except SignInNeeded as needed:
            return await self._begun(call, server, needed)
        except NexoraError as problem:
            return call.say("mcp.sign_in_failed", name=shown, why=verbatim(str(problem)))
        is_in = self._owner(server, person) in await self._desk.tokens.owners(server.name)
        if is_in:
            await self._servers.compare(server.name, person)
        return call.say("mcp.sign_in_there" if is_in else "mcp.sign_in_none", name=shown)

    async def _begun(self, call: SignInCall, server: ServerDefinition, needed: SignInNeeded) -> str:
        shown, inbound = verbatim(visible(server.name)), call.inbound
        only_for = None if inbound.is_direct else inbound.sender
        try:
            to = ToldAt(address=inbound.address, only_for=only_for)
            asked = await self._desk.begin(server, needed.challenge, call.person, to=None if only_for is None else to)
        except NexoraError as problem:
            return call.say("mcp.sign_in_failed", name=shown, why=verbatim(str(problem)))
        if asked is None:
            return call.say("mcp.sign_in_admin", name=shown)
        if only_for is not None:
            return call.say("mcp.sign_in_alone")
        return asked.said(call.person.language, for_all=server.acts_as is ActsAs.INSTALLATION)

    async def sign_out(self, call: SignInCall, name: str) -> str:
        """Forget the tokens of the person, or those of everybody where an admin says so."""
        server, person = self._named(call, name), call.person
        shown, for_all = verbatim(visible(server.name)), server.acts_as is ActsAs.INSTALLATION
        if for_all and person.role is not Role.ADMIN:
            return call.say("mcp.sign_in_admin", name=shown)
        if not await self._desk.sign_out(server.name, person, for_all=for_all):
            return call.say("mcp.not_signed_in", name=shown)
        await self._servers.part(server.name, self._owner(server, person))
        return call.say("mcp.signed_out_all" if for_all else "mcp.signed_out", name=shown)

    async def state(self, call: SignInCall, name: str) -> str:
        """Who is signed in, without a name: whoever asks, everybody, and how many others for admins."""
        server = self._servers.definition(name)
        owners = await self._desk.tokens.owners(name) if server else frozenset()
        if server is None or not owners:
            return ""
        if server.acts_as is ActsAs.INSTALLATION:
            return call.say("mcp.state_all") if None in owners else ""
        told = [call.say("mcp.state_you" if call.person.id in owners else "mcp.state_not_you")]
        others = len(owners - {call.person.id, None})
        if others and call.person.role is Role.ADMIN:
            told.append(call.say("mcp.state_others", number=others))
        return listed(told, call.person.language)

    def _named(self, call: SignInCall, name: str) -> ServerDefinition:
        server = self._servers.definition(name)
        if server is None:
            raise Unfit(say("capability.missing", call.person.language, name=verbatim(name)))
        return server

    @staticmethod
    def _owner(server: ServerDefinition, person: Person) -> UUID | None:
        return person.id if server.acts_as is ActsAs.PERSON else None
