"""Builds the floor that decides: people, sessions, grants and approvals. It starts nothing and opens nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from agents.specs import SpecFolder
from channels.base import ChannelDown
from channels.messages import Card
from channels.running.card_fit import shows_whole
from channels.running.supervisor import Supervisor
from gateway.schedules.firing import Firing
from gateway.settings.home import AGENTS, CAPABILITIES
from gateway.settings.model import Settings
from governance.accounts.accounts import Accounts
from governance.accounts.admissions import Admissions
from governance.accounts.links import LINK
from governance.accounts.strangers import ADMISSION
from governance.approvals.bindings import BINDING, Bindings
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.hosts.host_questions import HostQuestions
from governance.approvals.hosts.host_requests import HOST
from governance.approvals.hosts.host_rules import HostRules
from governance.approvals.questions import Asked
from governance.approvals.shown.disclosure import Disclosures, Shows, surely_shown
from governance.approvals.tool_grants import ToolGrants
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.capability_requests import CAPABILITY
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.rule_requests import RULE, RuleChanges
from governance.forms.questions import ServerQuestions
from governance.guard.policy import Policy
from governance.keys.keys import Keyring
from governance.people.agent_grants import AgentGrants
from governance.people.people import People
from governance.people.shut_out import ShutOut
from governance.record.transaction import Store, Transaction
from governance.schedules.schedules import ScheduleLimits, Schedules
from governance.secrets.store import Secrets
from governance.sign_in.passwords import Passwords
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn

KINDS = (TOOL_CALL, ADMISSION, BINDING, CAPABILITY, HOST, LINK, RULE)
"""The kinds of requests that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The floor that decides, built."""

    people: People
    accounts: Accounts
    agent_grants: AgentGrants
    sessions: Sessions
    sign_in: SignIn
    approvals: Approvals
    admissions: Admissions
    bindings: Bindings
    tool_grants: ToolGrants
    host_rules: HostRules
    host_questions: HostQuestions
    capabilities: Capabilities
    capability_policies: CapabilityPolicies
    rule_changes: RuleChanges
    policy: Policy
    asked: Asked
    questions: ServerQuestions
    schedules: Schedules
    firing: Firing


def decide_with(
    settings: Settings, store: Store, keys: Keyring, channels: Mapping[str, Supervisor] = MappingProxyType({})
) -> Deciding:
    """People, approvals and what stands between, on that database and these channels. Raises PolicyRefused."""
    policy = Policy.load(settings.approvals.policy)
    agent_grants, shut_out = AgentGrants(store, agents_of(settings)), ShutOut()
    schedules = Schedules(store, _limits_of(settings))
    people = People(store, on_disable=shut_out, on_admin=agent_grants.give_admin, on_move=schedules.follow)
    accounts = Accounts(store, people)
    admissions = Admissions(store, accounts, people, agents_of(settings))
    bindings = Bindings(store)
    tool_grants = ToolGrants(store)
    asked = Asked(store, policy.questions, KINDS)
    host_questions = HostQuestions(store, asked)
    capability_policies = CapabilityPolicies(store, policy, settings.environment)
    secrets = Secrets(store, keys.master)
    capabilities = Capabilities(store, capability_policies, secrets)
    rule_changes = RuleChanges(store)
    effects = {
        ADMISSION: admissions.decided,
        BINDING: bindings.decided,
        CAPABILITY: capabilities.decided,
        HOST: host_questions.decided,
        LINK: accounts.answered,
        RULE: rule_changes.decided,
    }
    approvals = Approvals(
        store,
        tool_grants,
        (kind.with_effect(effects[kind]) if kind in effects else kind for kind in KINDS),
        sole_admin=policy.sole_admin,
        grant_seconds=settings.approvals.grant_seconds,
        run_within_seconds=settings.approvals.run_within_seconds,
        disclosures=Disclosures(shows=_shows_on(channels), public_url=settings.server.public_url),
    )
    shut_out.also(approvals.cancel_all_of)
    shut_out.also(lambda work, person_id, _by: _signed_out(secrets, work, person_id))
    shut_out.also(schedules.end_all_of)
    sessions = Sessions(store, keys.session)
    return Deciding(
        people=people,
        accounts=accounts,
        agent_grants=agent_grants,
        sessions=sessions,
        sign_in=SignIn(store, people, sessions, agent_grants, Passwords()),
        approvals=approvals,
        admissions=admissions,
        bindings=bindings,
        tool_grants=tool_grants,
        host_rules=HostRules(store),
        host_questions=host_questions,
        capabilities=capabilities,
        capability_policies=capability_policies,
        rule_changes=rule_changes,
        policy=policy,
        asked=asked,
        questions=ServerQuestions(store),
        schedules=schedules,
        firing=Firing(store, people, schedules),
    )


async def _signed_out(secrets: Secrets, work: Transaction, person_id: UUID) -> int:
    """End what servers of others have given to a person; no request ends with it."""
    await secrets.end_sign_ins_of(work, owner=person_id)
    return 0


def _limits_of(settings: Settings) -> ScheduleLimits:
    given = settings.schedules
    return ScheduleLimits(least_minutes=given.least_minutes, most_per_person=given.most_per_person)


def specs_of(settings: Settings) -> SpecFolder:
    """The agents of the settings, and those that were installed."""
    return SpecFolder(settings.agents.folder, settings.home / CAPABILITIES / AGENTS)


def agents_of(settings: Settings) -> Callable[[], Sequence[str]]:
    """The names of the agents there are at any moment, that of the settings first."""
    specs, default = specs_of(settings), settings.agents.default
    return lambda: sorted(specs.names(), key=lambda name: (name != default, name))


def _shows_on(channels: Mapping[str, Supervisor]) -> Shows:
    """Whether a channel shows all of a card; of one that does not live here only what every platform shows is sure."""

    def shows(name: str, card: Card) -> bool:
        try:
            traits = channels[name].channel.traits
        except (ChannelDown, KeyError):
            return surely_shown(name, card)
        return shows_whole(card, traits)

    return shows
