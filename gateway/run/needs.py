"""Gives each command, each page and each part of the API the small record of what it uses, and nothing else."""

from collections.abc import Mapping

from channels.running.supervisor import Supervisor
from gateway.commands import accounts as account_commands
from gateway.commands import agents as agent_commands
from gateway.commands import audit as record_commands
from gateway.commands import capabilities as capability_commands
from gateway.commands import channels as channel_commands
from gateway.commands import context as context_commands
from gateway.commands import conversations as conversation_commands
from gateway.commands import dead_letters as dead_letter_commands
from gateway.commands import diff as diff_commands
from gateway.commands import digest as digest_commands
from gateway.commands import hosts as host_commands
from gateway.commands import memory as memory_commands
from gateway.commands import people as people_commands
from gateway.commands import permissions as permission_commands
from gateway.commands import registry as all_commands
from gateway.commands import requests as request_commands
from gateway.commands import rules as rule_commands
from gateway.commands import schedules as schedule_commands
from gateway.commands import secrets as secret_commands
from gateway.commands.server_sign_ins import ServerSignIns
from gateway.messages.digest import Digester
from gateway.messages.stop import Cancellation
from gateway.run.deciding import Deciding
from gateway.run.foundation import Foundation
from gateway.run.granting import Granting
from gateway.run.thinking import Thinking
from gateway.settings.model import ChannelSettings, Configuration, Settings
from gateway.web.api import accounts as accounts_api
from gateway.web.api import approvals as approvals_api
from gateway.web.api import audit as audit_api
from gateway.web.api import capabilities as capabilities_api
from gateway.web.api import grants as grants_api
from gateway.web.api import memory as memory_api
from gateway.web.api import openapi
from gateway.web.api import people as people_api
from gateway.web.api import secrets as secrets_api
from gateway.web.console import account as account_page
from gateway.web.console import add_channel as add_channel_page
from gateway.web.console import agents as agents_page
from gateway.web.console import approvals as approvals_page
from gateway.web.console import audit as audit_page
from gateway.web.console import capabilities as capabilities_page
from gateway.web.console import changes as changes_page
from gateway.web.console import channels as channels_page
from gateway.web.console import chat, chat_page, files, pages
from gateway.web.console import hosts as hosts_page
from gateway.web.console import memory as memory_page
from gateway.web.console import people as people_page
from gateway.web.console import secret_link as secret_link_page
from gateway.web.console import secrets as secrets_page
from gateway.web.console import server_sign_in as server_sign_in_page
from gateway.web.console.board import ConsoleBoard
from gateway.web.http import auth, health, sse
from gateway.web.http.denials import Denials
from gateway.web.mcp import endpoint as mcp
from gateway.web.mcp.tools import AskedOfUs
from governance.audit.log import AuditLog
from governance.record.transaction import Store
from governance.secrets.links import SecretLinks
from governance.sign_in.tokens import AccessTokens


def needs_of_commands(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    granting: Granting,
    *,
    channels: Mapping[str, Supervisor],
    digester: Digester,
    cancel: Cancellation,
) -> tuple[object, ...]:
    """A record for each module of chat commands."""
    settings, store, people, approvals = configuration.settings, base.store, deciding.people, deciding.approvals
    public_url = settings.public_url if settings.server.public_url else ""
    return (
        all_commands.Needs(store=store),
        account_commands.Needs(accounts=deciding.accounts, public_url=public_url),
        _needs_of_agents(settings, base, deciding, thinking),
        _needs_of_capability_commands(granting),
        channel_commands.Needs(
            store=store, channels=channels, unstarted=_unstarted(configuration), troubles=base.troubles
        ),
        _needs_of_context(settings, base, deciding, thinking, granting),
        conversation_commands.Needs(store=store, stop=cancel.stop),
        dead_letter_commands.Needs(store=store),
        digest_commands.Needs(
            store=store, accounts=deciding.accounts, digests=digester.digests, compose=digester.compose
        ),
        host_commands.Needs(host_rules=deciding.host_rules),
        _needs_of_memory(base, thinking),
        people_commands.Needs(store=store, people=people, schedules=deciding.schedules),
        permission_commands.Needs(tool_grants=deciding.tool_grants),
        _record_commands(base, deciding, thinking),
        request_commands.Needs(store=store, people=people, approvals=approvals),
        rule_commands.Needs(
            store=store,
            people=people,
            approvals=approvals,
            policies=deciding.capability_policies,
            rule_changes=deciding.rule_changes,
        ),
        _schedule_commands(settings, deciding, store),
        secret_commands.Needs(
            secrets=base.secrets,
            secret_links=SecretLinks(store, people, base.secrets),
            public_url=settings.public_url,
        ),
        diff_commands.Needs(store=store, layers=thinking.layers, outgoing=base.outgoing),
    )


def _record_commands(base: Foundation, deciding: Deciding, thinking: Thinking) -> record_commands.Needs:
    store, people = base.store, deciding.people
    return record_commands.Needs(
        store=store,
        people=people,
        audit_log=AuditLog(store),
        usage=thinking.usage,
        verifier=base.verifier,
        outgoing=base.outgoing,
    )


def _schedule_commands(settings: Settings, deciding: Deciding, store: Store) -> schedule_commands.Needs:
    return schedule_commands.Needs(
        store=store,
        accounts=deciding.accounts,
        bindings=deciding.bindings,
        schedules=deciding.schedules,
        fire_now=deciding.firing.fire_now,
        default_agent=settings.agents.default,
    )


def _needs_of_context(
    settings: Settings, base: Foundation, deciding: Deciding, thinking: Thinking, granting: Granting
) -> context_commands.Needs:
    return context_commands.Needs(
        store=base.store,
        bindings=deciding.bindings,
        default_agent=settings.agents.default,
        pool=thinking.pool,
        conversations=thinking.conversations,
        folding=thinking.folding,
        usage=thinking.usage,
        may_think_with=granting.in_force.may_think_with,
        default_models=lambda: thinking.choice.labels,
    )


def _needs_of_capability_commands(granting: Granting) -> capability_commands.Needs:
    return capability_commands.Needs(
        desk=granting.desk,
        attached=granting.attachments.of,
        sign_ins=ServerSignIns(granting.sign_ins, granting.servers),
    )


def _needs_of_account(settings: Settings, deciding: Deciding, tokens: AccessTokens) -> account_page.Needs:
    return account_page.Needs(
        accounts=deciding.accounts,
        people=deciding.people,
        sessions=deciding.sessions,
        sign_in=deciding.sign_in,
        tokens=tokens,
        public_url=settings.public_url,
    )


def _needs_of_agents(
    settings: Settings, base: Foundation, deciding: Deciding, thinking: Thinking
) -> agent_commands.Needs:
    return agent_commands.Needs(
        store=base.store,
        people=deciding.people,
        agent_grants=deciding.agent_grants,
        bindings=deciding.bindings,
        specs=thinking.specs,
        default_agent=settings.agents.default,
    )


def _needs_of_memory(base: Foundation, thinking: Thinking) -> memory_commands.Needs:
    memory = thinking.memory
    return memory_commands.Needs(
        store=base.store, memories=memory.memories, choices=memory.choices, outgoing=base.outgoing
    )


def needs_of_web(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    granting: Granting,
    *,
    channels: Mapping[str, Supervisor],
    board: ConsoleBoard,
) -> tuple[object, ...]:
    """A record for each module that answers requests."""
    settings, store, sessions, sign_in = configuration.settings, base.store, deciding.sessions, deciding.sign_in
    return (
        auth.Needs(store=store, sign_in=sign_in, sessions=sessions, specs=thinking.specs, settings=settings),
        health.Needs(store=store),
        sse.Needs(sessions=sessions),
        *_needs_of_api(configuration, base, deciding, thinking, channels=channels),
        *_needs_of_capabilities(base, deciding, granting),
        _needs_of_account(settings, deciding, AccessTokens(store)),
        add_channel_page.Needs(set_ups=base.set_ups),
        agents_page.Needs(
            store=store, people=deciding.people, agent_grants=deciding.agent_grants, specs=thinking.specs
        ),
        approvals_page.Needs(store=store, approvals=deciding.approvals, tool_grants=deciding.tool_grants),
        changes_page.Needs(store=store, people=deciding.people, layers=thinking.layers),
        channels_page.Needs(
            store=store,
            channels=channels,
            unstarted=_unstarted(configuration),
            troubles=base.troubles,
            settings=settings,
        ),
        chat.Needs(store=store, bus=base.bus, board=board),
        chat_page.Needs(
            store=store,
            board=board,
            default_agent=settings.agents.default,
            is_rehearsal=thinking.choice.is_rehearsal,
        ),
        files.Needs(board=board),
        hosts_page.Needs(host_rules=deciding.host_rules),
        memory_api.Needs(store=store, memories=thinking.memory.memories),
        memory_page.Needs(store=store, memories=thinking.memory.memories, choices=thinking.memory.choices),
        _needs_of_mcp(settings, base, deciding, thinking, board),
        pages.Needs(people=deciding.people),
        people_page.Needs(
            store=store,
            people=deciding.people,
            accounts=deciding.accounts,
            approvals=deciding.approvals,
            public_url=settings.public_url,
        ),
        secrets_page.Needs(secrets=base.secrets),
        secret_link_page.Needs(secret_links=SecretLinks(store, deciding.people, base.secrets), settings=settings),
        server_sign_in_page.Needs(desk=granting.sign_ins, settings=settings),
        audit_page.Needs(store=store, audit_log=AuditLog(store), usage=thinking.usage, verifier=base.verifier),
    )


def _needs_of_mcp(
    settings: Settings, base: Foundation, deciding: Deciding, thinking: Thinking, board: ConsoleBoard
) -> mcp.Needs:
    parts = AskedOfUs(store=base.store, bus=base.bus, board=board, specs=thinking.specs, approvals=deciding.approvals)
    return mcp.Needs(
        settings=settings,
        sign_in=deciding.sign_in,
        tokens=AccessTokens(base.store),
        denials=Denials(base.store),
        parts=parts,
    )


def _needs_of_api(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    *,
    channels: Mapping[str, Supervisor],
) -> tuple[object, ...]:
    return (
        accounts_api.Needs(accounts=deciding.accounts),
        approvals_api.Needs(
            store=base.store,
            approvals=deciding.approvals,
            sign_in=deciding.sign_in,
            channels=channels,
            unstarted=_unstarted(configuration),
        ),
        grants_api.Needs(specs=thinking.specs, agent_grants=deciding.agent_grants, tool_grants=deciding.tool_grants),
        openapi.Needs(settings=configuration.settings),
        people_api.Needs(
            people=deciding.people,
            sessions=deciding.sessions,
            sign_in=deciding.sign_in,
            public_url=configuration.settings.public_url,
        ),
        secrets_api.Needs(secrets=base.secrets),
        audit_api.Needs(store=base.store, audit_log=AuditLog(base.store), usage=thinking.usage),
    )


def _needs_of_capabilities(base: Foundation, deciding: Deciding, granting: Granting) -> tuple[object, ...]:
    """The page and the API about capabilities use the same."""
    api = capabilities_api.Needs(
        store=base.store,
        people=deciding.people,
        approvals=deciding.approvals,
        desk=granting.desk,
        policies=deciding.capability_policies,
        rule_changes=deciding.rule_changes,
    )
    page = capabilities_page.Needs(
        store=api.store,
        people=api.people,
        approvals=api.approvals,
        desk=api.desk,
        policies=api.policies,
        rule_changes=api.rule_changes,
    )
    return api, page


def _unstarted(configuration: Configuration) -> Mapping[str, ChannelSettings]:
    """The channels whose settings keep them from starting, with what is wrong."""
    return {name: given for name, given in configuration.channels.items() if not given.may_connect}
