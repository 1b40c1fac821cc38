"""The commands that an administrator types beside a running gateway or without one. Each does one thing and ends.

They work on the same database as the gateway: the server of the settings, the embedded one that runs, or the embedded
one started for the length of the command. A link printed here is shown once; the database keeps its digest only.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from channels.base import NexoraError
from channels.home import home_language, settle
from channels.locales import DEFAULT, language_called, languages, listed, say
from channels.times import zone_called
from gateway.database.embedded.server import EmbeddedPostgres, running_dsn
from gateway.database.pool import connect, explained, new_revision
from gateway.database.pool import migrate as migrate_database
from gateway.database.pooler import require_sessions
from gateway.run import log
from gateway.settings import sources as settings_sources
from gateway.settings.model import Settings
from governance.audit.summary import Examined
from governance.digests.times import ZoneUnknown
from governance.people import invitations
from governance.people.agent_grants import AgentGrants
from governance.people.people import Origin, People, Person, Role
from governance.people.wrong import PersonMissing
from governance.record.transaction import Store

if TYPE_CHECKING:
    from governance.audit.export import Exported


class NotConfirmed(NexoraError):
    """Nothing was changed: taking the role of an admin has to be confirmed; --yes says so beforehand."""


class LanguageUnknown(NexoraError):
    """There is no such language."""


T = TypeVar("T")
CLI = Origin(source="cli")
_PAGE = 500


def migrate(chosen: argparse.Namespace) -> int:
    """Bring the database up to date, or make an empty migration."""
    if chosen.new:
        sys.stdout.write(f"{new_revision(chosen.new)}\n")
        return 0
    settings = read_settings()

    async def run() -> list[str]:
        async with address_of(settings) as dsn:
            return await migrate_database(dsn)

    applied = asyncio.run(run())
    sys.stdout.write(_said("migrated" if applied else "not_migrated", names=listed(applied, home_language())) + "\n")
    return 0


def verify(_: argparse.Namespace) -> int:
    """Read the whole record and say how much there is; 1 when it is not whole or empty, a line for each finding."""
    checker = importlib.import_module("governance.audit.verify")

    async def run(store: Store, settings: Settings) -> Examined:
        examined: Examined = await checker.examine(store, settings.home, settings.keys.given)
        return examined

    examined = with_store(run)
    lines = [examined.summary(home_language()), *map(str, examined.findings)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if examined.is_whole else 1


def export(chosen: argparse.Namespace) -> int:
    """Write lines of the record into a file; say where it is, how many there are, and the digest."""
    exports = importlib.import_module("governance.audit.export")
    exporting = importlib.import_module("gateway.upkeep.exporting")
    given = Path(chosen.to).absolute() if chosen.to else None

    async def run(store: Store, settings: Settings) -> "Exported":
        until = chosen.until or store.now()
        wanted = exports.WantedExport(form=chosen.format, tag=chosen.tag, since=chosen.since, until=until)
        file = given or settings.home.absolute() / "exports" / exporting.file_name(wanted, store.now())
        exported: Exported = await exports.export(store, wanted, file, by=None, origin=CLI)
        return exported

    exported = with_store(run)
    sys.stdout.write(f"{exported.file}\nLines: {exported.lines}\nSHA-256: {exported.sha256}\n")
    return 0


def create(chosen: argparse.Namespace) -> int:
    """Add a person who sets the password through a link."""

    async def run(store: Store, settings: Settings) -> str:
        language = _of_settings() if chosen.language is None else _spoken(chosen.language)
        people = _people(store, settings)
        _, code = await people.create(chosen.name, Role(chosen.role), by=None, language=language, origin=CLI)
        return welcome_address(settings, code)

    return _print_link(with_store(run))


def reset(chosen: argparse.Namespace) -> int:
    """Let a person set the password anew; the old one holds until then."""

    async def run(store: Store, settings: Settings) -> str:
        person = await _named(store, chosen.name)
        return welcome_address(settings, await People(store).reset(person.id, by=None, origin=CLI))

    return _print_link(with_store(run))


def people(_: argparse.Namespace) -> int:
    """Print everybody: name, role, whether they may come in, and the name that others are shown."""

    async def run(store: Store, _: Settings) -> list[Person]:
        found: list[Person] = []
        while page := await People(store).page(after=found[-1].name if found else "", limit=_PAGE):
            found += page
        return found

    for person in with_store(run):
        state = "active" if person.active else "disabled"
        sys.stdout.write(f"{person.name}\t{person.role}\t{state}\t{person.display_name}".rstrip() + "\n")
    return 0


def disable(chosen: argparse.Namespace) -> int:
    """Shut a person out."""
    return _changed(chosen.name, lambda people, person: people.disable(person.id, by=None, origin=CLI))


def enable(chosen: argparse.Namespace) -> int:
    """Let a person in again."""
    return _changed(chosen.name, lambda people, person: people.enable(person.id, by=None, origin=CLI))


def role(chosen: argparse.Namespace) -> int:
    """Give a person a role; of an admin it is taken once that was confirmed."""
    wanted = Role(chosen.role)

    async def change(people: People, person: Person) -> Person:
        if person.role is Role.ADMIN and wanted is not Role.ADMIN and not chosen.yes and not _is_sure(person.name):
            raise NotConfirmed
        return await people.set_role(person.id, wanted, by=None, origin=CLI)

    return _changed(chosen.name, change)


def language(chosen: argparse.Namespace) -> int:
    """Speak another language with a person from now on."""
    spoken = _spoken(chosen.language)
    return _changed(chosen.name, lambda every, one: every.describe(one.id, by=None, language=spoken, origin=CLI))


def time_zone(chosen: argparse.Namespace) -> int:
    """Tell a person times in another zone from now on."""
    zone = zone_called(chosen.zone)
    if zone is None:
        raise ZoneUnknown
    return _changed(chosen.name, lambda every, one: every.describe(one.id, by=None, time_zone=zone, origin=CLI))


def _spoken(words: str) -> str:
    """The language that somebody names. Raises LanguageUnknown."""
    code = language_called(words)
    if code is None:
        raise LanguageUnknown(_said("no_language", name=words, known=listed(languages(), home_language())))
    return code


def _of_settings() -> str:
    """The language of the settings or the machine; English leaves it to the browser in which the link is opened."""
    spoken = home_language()
    return "" if spoken == DEFAULT else spoken


def _said(key: str, **about: object) -> str:
    return say(f"terminal.{key}", home_language(), **about)


def _is_sure(name: str) -> bool:
    """Whether whoever sits there says yes; without a terminal nobody does."""
    sys.stderr.write(f"{say('terminal.sure', home_language(), name=name)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.isatty() and sys.stdin.readline().strip().casefold() in {"y", "yes", "是"}


def _people(store: Store, settings: Settings) -> People:
    """People as the gateway has them: who becomes an admin gets every agent that admins have."""
    agents_of = importlib.import_module("gateway.run.deciding").agents_of
    return People(store, on_admin=AgentGrants(store, agents_of(settings)).give_admin)


def _changed(name: str, change: Callable[[People, Person], Awaitable[Person]]) -> int:
    async def run(store: Store, settings: Settings) -> Person:
        return await change(_people(store, settings), await _named(store, name))

    person = with_store(run)
    language = home_language()
    now = say(f"role.{person.role.value}", language) if person.active else say("terminal.disabled", language)
    sys.stdout.write(f"{say('terminal.changed', language, name=person.name, now=now)}\n")
    return 0


async def _named(store: Store, name: str) -> Person:
    person = await People(store).by_name(name, even_disabled=True)
    if person is None:
        raise PersonMissing(_said("no_person", name=name))
    return person


def link(chosen: argparse.Namespace) -> int:
    """Print a link that makes its opener an admin: for the first start, and for when every admin is locked out."""
    language = "" if chosen.language is None else _spoken(chosen.language)

    async def run(store: Store, settings: Settings) -> str:
        async with store.transaction() as work:
            work.record(CLI.event("link:created", None))
            address = welcome_address(settings, await invitations.create(work, "first_admin", None, now=store.now()))
            return f"{address}?language={language}" if language else address

    return _print_link(with_store(run), language)


def welcome_address(settings: Settings, code: str) -> str:
    """The address that a one-time link opens."""
    return f"{settings.public_url}/welcome/{code}"


def _print_link(address: str, language: str = "") -> int:
    hours = int(invitations.TTL.total_seconds() / 3600)
    sys.stdout.write(f"{say('terminal.link', language or home_language(), hours=hours)}\n{address}\n")
    return 0


def read_settings() -> Settings:
    """The settings in force, for a command that logs no more than what is wrong. Raises SettingsWrong."""
    settings = settings_sources.load(os.environ).settings
    settle(settings.place)
    log.configure("warning", settings.log.format)
    return settings


def with_store(run: Callable[[Store, Settings], Awaitable[T]]) -> T:
    """What that answers on the database of the gateway, brought up to date first."""
    settings = read_settings()

    async def work() -> T:
        async with address_of(settings) as dsn:
            await migrate_database(dsn)
            pool = await connect(dsn, most=2)
            try:
                return await run(Store(pool), settings)
            finally:
                await pool.close()

    return asyncio.run(work())


@asynccontextmanager
async def address_of(settings: Settings) -> AsyncIterator[str]:
    """The database that the gateway uses, started if nobody has."""
    if settings.dsn:
        with explained(settings.dsn):
            await require_sessions(settings.dsn)
    running = settings.dsn or running_dsn(settings.home)
    if running:
        yield running
        return
    async with EmbeddedPostgres(settings.home) as server:
        yield server.dsn
