"""The commands `nexora skill`, `mcp`, `plugin` and `agent`: what is installed, and each wish about one.

They change nothing by themselves: a wish passes the gate of all, in the name of the person that `--as` gives. A source
may be a folder or an archive of this machine, since whoever types here can read it anyway.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.mcp.servers import nobody_told
from channels.base import NexoraError
from channels.home import home_language
from channels.locales import say
from channels.messages import Account
from channels.text.visible import visible
from gateway.capabilities.catalogue import Found
from gateway.capabilities.desk import CapabilityOrder, Desk
from gateway.capabilities.sources import Where
from gateway.run.admin import CLI, read_settings, with_store
from gateway.run.deciding import Deciding, decide_with
from gateway.run.granting import catalogues_of, desk_with, readers_with
from gateway.run.servers import egress_for_servers, servers_for
from gateway.run.thinking import sandbox_of
from gateway.settings.model import Settings
from gateway.settings.network import publish
from governance.approvals.shown.card_text import masked_text
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.capability_requests import notes, permissions
from governance.capabilities.changes import Wisher, WishOutcome
from governance.capabilities.installed import Capability
from governance.capabilities.policies import CapabilityPolicies
from governance.egress.egress import AllowList, Egress
from governance.guard.policy import Policy
from governance.keys.keys import open_keys
from governance.people.people import Person
from governance.people.wrong import PersonMissing
from governance.record.transaction import Store
from governance.secrets.store import Secrets
from governance.values.capability_kinds import CapabilityAction, CapabilityKind

TERMINAL = "cli"
"""Where the record says that somebody was who asked here."""
ACTIONS: Mapping[str, CapabilityAction] = {
    "add": CapabilityAction.INSTALL,
    "disable": CapabilityAction.DISABLE,
    "enable": CapabilityAction.ENABLE,
    "remove": CapabilityAction.REMOVE,
    "restore": CapabilityAction.RESTORE,
    "update": CapabilityAction.UPDATE,
}
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalBase:
    """What a command has of what a gateway stands on."""

    store: Store
    egress: Egress
    secrets: Secrets
    shared: Path


def listed(chosen: argparse.Namespace) -> int:
    """Print each of a kind: name, state, version or digest, risk."""
    for one in with_store(lambda store, settings: _all(store, settings, chosen.kind)):
        state = say(f"capability.state.{one.state.value}", home_language())
        risk = say(f"risk.{one.risk.value}", home_language())
        _print("\t".join((one.name, state, visible(one.manifest.version or one.digest[:_DIGITS]), risk)))
    return 0


def shown(chosen: argparse.Namespace) -> int:
    """Print what is known of one. Raises NexoraError where there is none of that name."""
    found = with_store(lambda store, settings: _all(store, settings, chosen.kind))
    one = next((each for each in found if each.name == chosen.name), None)
    language = home_language()
    if one is None:
        raise NexoraError(say("capability.missing", language, name=visible(chosen.name)))
    for label, value in _facts(one, language):
        told = visible(value).replace("\n", "\n  ")
        _print(f"{say(label, language)}: {told}")
    return 0


def search(chosen: argparse.Namespace) -> int:
    """Print what the catalogues have: name, version, catalogue, description; 1 where one could not be read."""
    settings, language = read_settings(), home_language()

    async def run() -> Found:
        publish(settings.network)
        async with Egress(AllowList.of(settings.egress.allow)) as egress:
            catalogues = catalogues_of(settings, egress, settings.home.absolute())
            return await catalogues.search(" ".join(chosen.search), CapabilityKind(chosen.kind))

    found = asyncio.run(run())
    for name, each in found.entries:
        _print("\t".join(map(visible, (each.name, each.version, name, each.described(language)))))
    for problem in found.problems:
        sys.stderr.write(f"{visible(problem.said(language))}\n")
    if not found.entries and not found.problems:
        _print(say("command.capability.found_none", language, kind=chosen.kind))
    return int(bool(found.problems))


def order(chosen: argparse.Namespace) -> int:
    """Ask for a change and print what became of it; 1 where it was refused."""
    outcome = with_store(lambda store, settings: _order(store, settings, chosen))
    said = visible(outcome.says.said(home_language()))
    if outcome.is_asked_or_done:
        _print(said)
        return 0
    sys.stderr.write(f"{say('command.capability.refused', home_language(), why=said.rstrip('.。'))}\n")
    return 1


async def _all(store: Store, settings: Settings, kind: str) -> list[Capability]:
    keys = await open_keys(store, settings.home, settings.keys.given)
    policies = CapabilityPolicies(store, Policy(), settings.environment)
    found = await Capabilities(store, policies, Secrets(store, keys.master)).all()
    return [one for one in found if one.kind == kind]


async def _order(store: Store, settings: Settings, chosen: argparse.Namespace) -> WishOutcome:
    publish(settings.network)
    keys = await open_keys(store, settings.home, settings.keys.given)
    deciding = decide_with(settings, store, keys)
    person = await deciding.people.by_name(chosen.as_person)
    if person is None:
        raise PersonMissing(say("terminal.no_person", home_language(), name=visible(chosen.as_person)))
    async with Egress(AllowList.of(settings.egress.allow)) as egress:
        base = TerminalBase(
            store=store,
            egress=egress,
            secrets=Secrets(store, keys.master),
            shared=settings.shared_folder or settings.home,
        )
        kind = CapabilityKind(chosen.kind)
        async with _desk(settings, base, deciding, kind) as desk:
            return await desk.order(_wish(chosen, kind, person))


def _wish(chosen: argparse.Namespace, kind: CapabilityKind, person: Person) -> CapabilityOrder:
    return CapabilityOrder(
        kind=kind,
        action=ACTIONS[chosen.action],
        named=chosen.named,
        source=getattr(chosen, "source", ""),
        words=getattr(chosen, "words", ""),
        where=Where(is_terminal=True, folder=Path.cwd()),
        wisher=Wisher(person=person, account=Account(channel=TERMINAL, id=person.name), origin=CLI),
    )


@asynccontextmanager
async def _desk(
    settings: Settings, base: TerminalBase, deciding: Deciding, kind: CapabilityKind
) -> AsyncIterator[Desk]:
    """The desk of all. Only for a server something is built that can look at what it offers."""
    home = settings.home.absolute()
    if kind is not CapabilityKind.MCP:
        yield desk_with(settings, base, deciding, readers_with(), home=home)
        return
    way = egress_for_servers(base)
    servers = servers_for(settings, base, await sandbox_of(settings, base.shared), home, nobody_told, egress=way)
    try:
        yield desk_with(settings, base, deciding, readers_with(servers), home=home)
    finally:
        await servers.close()
        await way.close()


def _facts(one: Capability, language: str) -> list[tuple[str, str]]:
    manifest = one.manifest
    facts = [
        ("fact.state", say(f"capability.state.{one.state.value}", language)),
        ("fact.why", one.held.said(language) if one.held else ""),
        ("fact.source", masked_text(manifest.source)),
        ("fact.version", f"{manifest.version} {one.digest[:_DIGITS]}".strip()),
        ("fact.before", one.before[:_DIGITS]),
        ("fact.publisher", manifest.publisher),
        ("fact.risk", say(f"risk.{one.risk.value}", language)),
        ("fact.may", permissions(manifest, language)),
        ("fact.notes", notes(manifest, language)),
        ("fact.by", one.by),
        ("fact.at", f"{one.at:%Y-%m-%d %H:%M}"),
    ]
    return [(label, value) for label, value in facts if value]


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
