"""Servers of others in this gateway: their way out, their secrets, and what the record says of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from agents.mcp.asking import CanAnswer, PersonAsker
from agents.mcp.listing import Difference, ToolListing
from agents.mcp.sampling import Sampler
from agents.mcp.servers import OnChange, Servers
from agents.mcp.sign_in.asking import signs_nobody_in
from agents.mcp.ways import Ways, not_signed_in
from agents.models.choice import ModelChoice
from agents.models.protocol import Model
from agents.proxy import TrafficBounds
from agents.proxy.ledger import Use
from agents.sandbox import Sandbox
from agents.specs import SpecFolder
from agents.tools.tool import ToolContext
from channels.base import ChannelDown
from channels.running.supervisor import Supervisor
from gateway.capabilities.in_force import InForce
from gateway.queue.inbox import Bus
from gateway.settings.model import Settings
from gateway.signing_in.begun import BegunSignIns
from gateway.signing_in.desk import SignInDesk
from gateway.signing_in.tokens import ServerTokens
from governance.egress.egress import Egress, GuardedResolver
from governance.keys.keys import Keyring
from governance.people.people import Person
from governance.record.audit import Event, Status
from governance.record.transaction import Store
from governance.secrets.names import Holder, HolderKind
from governance.secrets.store import Secrets
from governance.usage.usage import Usage
from governance.values.reasons import Why

FOLDER = "servers"
MORE_THAN_A_CALL = 8
"""A program of a server goes on for many calls, so it may send and get so many times as much as one command."""


class StandsOn(Protocol):
    """What servers, and the desk where they are asked for, stand on: that of a gateway, or of one command."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def egress(self) -> Egress:
        """The way out of this process."""

    @property
    def secrets(self) -> Secrets:
        """What is handed to whom by name."""

    @property
    def shared(self) -> Path:
        """The folder that gateways share."""


class SignsPeopleIn(StandsOn, Protocol):
    """What the desk of sign-ins stands on beside that, in a gateway."""

    @property
    def bus(self) -> Bus:
        """By which a call hears that its person has come back."""

    @property
    def keys(self) -> Keyring:
        """By which what waits is sealed."""


def egress_for_servers(base: StandsOn) -> Egress:
    """The way of servers to addresses, which has to be closed."""
    return Egress(base.egress.allow, per_host=0)


def servers_for(
    settings: Settings,
    base: StandsOn,
    sandbox: Sandbox,
    home: Path,
    on_change: OnChange,
    *,
    egress: Egress,
    asks: PersonAsker | None = None,
    desk: SignInDesk | None = None,
) -> Servers:
    """The servers, none of which is defined yet; they have to be closed.

    `on_change` hears of a server that offers something else than was approved, once that stands in the record. `asks`
    puts their questions before people; without it they are declined. At `desk` people sign in to them.
    """
    mebibytes = MORE_THAN_A_CALL << 20
    bounds = TrafficBounds(
        up_bytes=settings.egress.up_megabytes * mebibytes, down_bytes=settings.egress.down_megabytes * mebibytes
    )
    record = ServerRecord(base.store, on_change)
    ways = Ways(
        sandbox=sandbox,
        egress=egress,
        resolver=GuardedResolver(),
        folder=base.shared / FOLDER,
        protected=(home, base.shared),
        secrets=ServerSecrets(base.secrets),
        bounds=bounds,
        on_reached=record.reached,
        sign_in=desk.bearer if desk else not_signed_in,
    )
    return Servers(ways, on_change=record.held, asks=asks, signs_in=desk.asked_by_call if desk else signs_nobody_in)


def somebody_answers(channels: Mapping[str, Supervisor]) -> CanAnswer:
    """Whether a question that waits within a call finds whom it is for: not in a schedule, nor by mail to several."""

    def can_answer(context: ToolContext) -> bool:
        if not context.is_followed or context.address is None:
            return False
        try:
            traits = channels[context.address.channel].channel.traits
        except (ChannelDown, KeyError):
            return context.is_direct
        return context.is_direct or (traits.has_buttons and traits.patience_seconds > 0)

    return can_answer


def sign_ins_for(settings: Settings, base: SignsPeopleIn, egress: Egress) -> SignInDesk:
    """The desk at which people sign in to servers."""
    begun = BegunSignIns(base.store, base.keys.master)
    tokens = ServerTokens(base.store, base.secrets, egress)
    return SignInDesk(base.store, base.bus, begun, tokens, public_url=settings.public_url)


def sampler_for(store: Store, usage: Usage, choice: ModelChoice, specs: SpecFolder, in_force: InForce) -> Sampler:
    """What lets the models of agents answer servers, where the rules about servers and about models allow it."""

    async def may_sample(server: str, context: ToolContext) -> Why | None:
        about = (context.person, context.agent, context.conversation)
        labels = specs.load(context.agent).model or choice.labels
        return await in_force.may_sample(server, *about) or await in_force.may_think_with(labels, *about)

    async def model_for(agent: str, most_tokens: int) -> Model:
        spec = specs.load(agent)
        await choice.settle(spec.model)
        return choice.model(spec.model, extra={"max_completion_tokens": most_tokens})

    return Sampler(store, usage, may_sample, model_for)


class ServerSecrets:
    """The secrets that a server may have (`nexora secret set NAME --for mcp SERVER`)."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def values(self, server: str, names: Sequence[str], person: Person | None) -> Mapping[str, str]:
        """Their values. Raises SecretRefused where one is missing or not for it."""
        holder = Holder(HolderKind.MCP.value, server)
        return await self._secrets.reveal(holder, person.id if person else None, names)


class ServerRecord:
    """What the record says of servers."""

    def __init__(self, store: Store, on_change: OnChange) -> None:
        self._store = store
        self._on_change = on_change

    async def held(self, server: str, changed: Difference, now: ToolListing) -> None:
        """A server offers something else than was approved."""
        detail = {"difference": changed.said("en")[:2_000], "held": sorted(changed.held), "listing": now.digest}
        async with self._store.transaction() as work:
            work.record(Event(tag="agents:server:held", resource=server, status=Status.DENIED, detail=detail))
        await self._on_change(server, changed, now)

    async def reached(self, server: str, uses: Sequence[Use]) -> None:
        """What the program of a server reached while it ran, and what was blocked."""
        async with self._store.transaction() as work:
            for use in uses:
                detail = {
                    "because": use.because,
                    "connections": use.connections,
                    "down": use.down,
                    "methods": ",".join(sorted(use.methods)),
                    "server": server,
                    "up": use.up,
                }
                work.record(
                    Event(
                        tag="door:server:blocked" if use.because else "door:server:reached",
                        actor_name=server,
                        resource=use.place,
                        status=Status.DENIED if use.because else Status.OK,
                        detail=detail,
                    )
                )
