"""What handlers of pages, of the API and of chat commands may use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from agents.layers import Layers
from agents.models.prices import Prices
from agents.pool import Pool
from agents.specs import SpecFolder
from channels.base import Receive
from channels.running.supervisor import Supervisor
from gateway.queue.inbox import Bus
from gateway.settings.model import ChannelSettings, Settings
from governance.accounts.accounts import Accounts
from governance.approvals.bindings import Bindings
from governance.approvals.decide import Approvals
from governance.approvals.hosts.host_rules import HostRules
from governance.approvals.tool_grants import ToolGrants
from governance.audit.summary import Examined
from governance.digests.digests import Compose, Digests
from governance.people.agent_grants import AgentGrants
from governance.people.people import People, Person
from governance.record.transaction import Store
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn

UsageBy = Literal["agent", "channel", "conversation", "day", "model", "person"]


class Trail(Protocol):
    """What the web needs of the record."""

    async def read(
        self, viewer: Person, *, tag: str, actor: str, since: datetime | None, before: Any, limit: int
    ) -> Sequence[Any]:
        """The latest lines that this person may see, newest first; each has the fields of `audit.Line`."""

    async def known(self, lines: Sequence[Any]) -> Mapping[str, str]:
        """What the persons who are actors of these lines are called, by their ids."""


class Verifies(Protocol):
    """What verifies the record."""

    async def examine(self) -> Examined:
        """How much there is of the record, and whether it is whole. Raises a NexoraError when it cannot be read."""


class UsageTables(Protocol):
    """What the web needs of token usage."""

    async def table(self, viewer: Person, *, by: UsageBy, since: datetime, until: datetime) -> Sequence[Any]:
        """Sums that this person may see: key, label, input_, output_ and cached_tokens, calls, cost_usd."""


class StopOutcome(StrEnum):
    """What became of the wish to end an answer. Alphabetical.

    NOTHING: none was being made, or it had ended. NOT_THEIRS: it is not for this person to end.
    """

    DONE = "done"
    NOTHING = "none"
    NOT_THEIRS = "not_theirs"


async def nothing_to_stop(*_: object) -> StopOutcome:
    """What `Services.stop` and `stop_pressed` say where no answers are made."""
    return StopOutcome.NOTHING


def no_troubles() -> Mapping[str, str]:
    """What `Services.troubles` says where nothing runs that could fail."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a handler may use, built in `gateway.run.serve`."""

    settings: Settings
    store: Store
    people: People
    accounts: Accounts
    agent_grants: AgentGrants
    sessions: Sessions
    sign_in: SignIn
    approvals: Approvals
    bindings: Bindings
    tool_grants: ToolGrants
    host_rules: HostRules
    digests: Digests
    usage: UsageTables
    trail: Trail
    bus: Bus
    pool: Pool
    specs: SpecFolder
    layers: Layers
    channels: Mapping[str, Supervisor]
    receive: Receive
    prices: Prices
    explain_model: Callable[[str], str]
    compose_digest: Compose
    verifier: Verifies
    unstarted: Mapping[str, ChannelSettings] = field(default_factory=dict)
    """The channels whose settings keep them from starting, with what is wrong."""
    is_rehearsal: bool = False
    """Whether no model is connected, so that the rehearsal answers where an agent names no model of its own."""
    stop: Callable[[str, Person], Awaitable[StopOutcome]] = nothing_to_stop
    """Ends the answer that is being made in the conversation of that key, if this person may."""
    stop_pressed: Callable[[str, str, Person], Awaitable[StopOutcome]] = nothing_to_stop
    """The same for a button: the conversation where it was pressed, and how the id of the turn begins."""
    troubles: Callable[[], Mapping[str, str]] = no_troubles
    """What is wrong inside this gateway just now: the database or a part, by name, in the words of what failed."""
