"""What commands, pages and the API use, filled from the parts of a stage by the names of the fields."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from agents.layers import Layers
from agents.memory.choices import MemoryChoices
from agents.memory.memories import Memories
from agents.specs import SpecFolder
from channels.running.supervisor import Supervisor
from gateway.capabilities.desk import Desk
from gateway.commands import COMMANDS, Commands
from gateway.commands import accounts as account_commands
from gateway.commands.registry import Needs as AllNeed
from gateway.queue.inbox import Bus
from gateway.schedules.firing import Firing
from gateway.settings.model import ChannelSettings, Settings
from gateway.upkeep.set_ups import SetUps
from gateway.upkeep.verifying import Verifier
from gateway.web.api import accounts, approvals, audit, capabilities, grants, openapi, people
from gateway.web.api import memory as memory_api
from gateway.web.api import secrets as secrets_api
from gateway.web.console import account, add_channel, agents, changes, channels, chat, chat_page, files, hosts, pages
from gateway.web.console import approvals as approvals_page
from gateway.web.console import audit as audit_page
from gateway.web.console import capabilities as capabilities_page
from gateway.web.console import memory as memory_page
from gateway.web.console import people as people_page
from gateway.web.console import secret_link as secret_link_page
from gateway.web.console import secrets as secrets_page
from gateway.web.console.board import ConsoleBoard
from gateway.web.http import auth, health, sse
from governance.accounts.accounts import Accounts
from governance.approvals.bindings import Bindings
from governance.approvals.decide import Approvals
from governance.approvals.hosts.host_rules import HostRules
from governance.approvals.tool_grants import ToolGrants
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.rule_requests import RuleChanges
from governance.digests.digests import Compose, Digests
from governance.people.agent_grants import AgentGrants
from governance.people.people import People, Person
from governance.record.transaction import Store
from governance.schedules.schedule import Schedule
from governance.schedules.schedules import ScheduleLimits, Schedules
from governance.secrets.links import SecretLinks
from governance.secrets.store import Secrets
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn
from governance.sign_in.tokens import AccessTokens

API = (accounts, approvals, capabilities, grants, memory_api, openapi, people, audit, secrets_api)
PAGES = (
    account,
    add_channel,
    agents,
    approvals_page,
    capabilities_page,
    changes,
    channels,
    chat,
    chat_page,
    files,
    hosts,
    memory_page,
    pages,
    people_page,
    secret_link_page,
    secrets_page,
)
EVERY = (*API, *PAGES, audit_page, auth, health, sse)


async def nothing_attached(_: Any) -> dict[str, bytes]:
    """The files of a message without any."""
    return {}


@dataclass(kw_only=True)
class Parts:
    """Everything of which some command, page or part of the API uses something, as a stage has built it."""

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
    secrets: Secrets
    digests: Digests
    usage: Any
    audit_log: Any
    verifier: Verifier
    bus: Bus
    board: ConsoleBoard
    specs: SpecFolder
    layers: Layers
    channels: Mapping[str, Supervisor]
    compose: Compose
    desk: Desk
    policies: CapabilityPolicies
    rule_changes: RuleChanges
    set_ups: SetUps | None = None
    unstarted: dict[str, ChannelSettings] = field(default_factory=dict)
    is_rehearsal: bool = False
    stop: Callable[[str], Awaitable[bool]] | None = None
    troubles: Callable[[], Mapping[str, str]] = dict
    attached: Callable[[Any], Awaitable[dict[str, bytes]]] = nothing_attached
    pool: Any = None
    conversations: Any = None
    folding: Any = None
    may_think_with: Any = None
    default_models: Any = None
    """Models are asked in a whole gateway alone (`tests/journeys/test_full_context.py`)."""
    sign_ins: Any = None
    """People sign in to servers in a whole gateway alone (`tests/journeys/test_server_sign_in.py`)."""

    @cached_property
    def memories(self) -> Memories:
        return Memories(self.store)

    @cached_property
    def choices(self) -> MemoryChoices:
        return MemoryChoices(self.store)

    @property
    def secret_links(self) -> SecretLinks:
        return SecretLinks(self.store, self.people, self.secrets)

    @property
    def tokens(self) -> AccessTokens:
        return AccessTokens(self.store)

    @property
    def schedules(self) -> Schedules:
        return Schedules(self.store, ScheduleLimits())

    @property
    def fire_now(self) -> Callable[[Schedule, Person], Awaitable[None]]:
        return Firing(self.store, self.people, self.schedules).fire_now

    @property
    def public_url(self) -> str:
        return self.settings.public_url

    @property
    def default_agent(self) -> str:
        return self.settings.agents.default

    @property
    def outgoing(self) -> Path:
        return self.settings.home / "outgoing"


async def nothing_happened(*_: Any) -> str:
    """A digest, where nobody reads it."""
    return "Nothing happened."


def filled(kind: type, parts: Any) -> Any:
    """That record, each field from the part of its name."""
    return kind(**{each.name: getattr(parts, each.name) for each in fields(kind)})


def for_web(parts: Any) -> list[Any]:
    """What every module that answers requests uses."""
    return [filled(module.Needs, parts) for module in EVERY]


def for_commands(parts: Any) -> Commands:
    """Every command with what it uses."""
    kinds = {command.needs for command in COMMANDS.values()} | {account_commands.Needs, AllNeed}
    return Commands(filled(kind, parts) for kind in kinds)
