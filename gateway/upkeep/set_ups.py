"""Channels that admins add in the console: by a code that is waited for here, or by a form that they filled in.

What is begun is known to this gateway alone and ends with it. A secret is never held longer than it takes to keep it.
"""

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import structlog
from aiohttp import ClientSession

from channels.base import NexoraError
from channels.onboarding import Offer, SetUp, obtain
from channels.running import catalogue
from gateway.settings.adding import ChannelNotAdded
from gateway.settings.forms import Filled, filled
from gateway.settings.model import Configuration
from gateway.upkeep import channel_adding
from gateway.upkeep.channel_adding import NewChannel
from governance.people.people import Origin, Person
from governance.record.transaction import Store

_log = structlog.get_logger(__name__)

MOST = 8
"""So many are remembered at a time; the oldest goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedChannel:
    """What was written, and where. `against` is what the platform still has against it; empty when it takes it."""

    name: str
    kind: str
    against: str
    file: Path
    copy: Path | None
    secrets: tuple[Path, ...]


@dataclass(slots=True, kw_only=True)
class BegunSetUp:
    """A code that is shown: it waits as long as neither `added` nor `error` is set."""

    code: str
    kind: str
    name: str
    person_id: UUID
    offer: Offer
    added: AddedChannel | None = None
    error: NexoraError | None = None
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided yet."""
        return self.added is None and self.error is None


class SetUps:
    """All that were begun in the console of this gateway."""

    def __init__(self, store: Store, http: ClientSession, environ: Mapping[str, str] = os.environ) -> None:
        self._store = store
        self._http = http
        self._environ = environ
        self._begun: dict[str, BegunSetUp] = {}

    def refuse(self, kind: str, name: str) -> Configuration:
        """The settings as they stand; raises SettingsWrong, UnknownChannelKind or ChannelNotAdded."""
        configuration = channel_adding.configuration_of(self._environ)
        channel_adding.refuse(configuration, kind, name)
        return configuration

    async def begin(self, person: Person, origin: Origin, kind: str, name: str) -> BegunSetUp | None:
        """Ask the platform for a code; None where it gives none. Raises as `refuse`, SetUpEnded or ChannelDown."""
        configuration = self.refuse(kind, name)
        if catalogue.set_up_of(kind) is None:
            return None
        set_up = channel_adding.set_up_for(configuration, self._http, kind, {})
        begun = BegunSetUp(
            code=secrets.token_urlsafe(12), kind=kind, name=name, person_id=person.id, offer=await set_up.begin()
        )
        begun.task = asyncio.create_task(self._wait(begun, set_up, person, origin), name=f"set up {name}")
        while len(self._begun) >= MOST:
            await _stop(self._begun.pop(next(iter(self._begun))))
        self._begun[begun.code] = begun
        return begun

    def of(self, person: Person, code: str) -> BegunSetUp | None:
        """What that person has begun under that code."""
        begun = self._begun.get(code)
        return begun if begun is not None and begun.person_id == person.id else None

    async def add(self, person: Person, origin: Origin, kind: str, name: str, form: Filled) -> AddedChannel:
        """Add what somebody filled in; a platform that does not take it yet is told. Raises as `refuse`."""
        self.refuse(kind, name)
        return await self._added(kind, name, form, person, origin)

    async def against(self, kind: str, name: str, form: Filled) -> str:
        """What the platform has against those values; empty when it takes them."""
        if form.checked is None:
            return ""
        return await channel_adding.tried(self.refuse(kind, name), self._http, name, kind, form.checked)

    async def close(self) -> None:
        """Wait for none of them any more."""
        while self._begun:
            await _stop(self._begun.popitem()[1])

    async def _wait(self, begun: BegunSetUp, set_up: SetUp, person: Person, origin: Origin) -> None:
        try:
            got = await obtain(set_up, begun.offer)
            form = filled(begun.kind, {**got.options, **got.secrets})
            begun.added = await self._added(begun.kind, begun.name, form, person, origin)
        except NexoraError as error:
            begun.error = error
        except Exception:  # noqa: BLE001  # the task ends here; its page tells whoever waits
            _log.exception("set_up_failed", channel=begun.name)
            begun.error = ChannelNotAdded("Nexora failed at it; its log says why.")

    async def _added(self, kind: str, name: str, form: Filled, person: Person, origin: Origin) -> AddedChannel:
        """Keep, then try, then write: what a platform has made is not lost for what comes after."""
        configuration = channel_adding.configuration_of(self._environ)
        channel = NewChannel(name=name, kind=kind, options=form.options, secrets=form.secrets)
        prepared = await asyncio.to_thread(channel_adding.prepare, configuration, channel)
        against = "; ".join(form.wrong.values())
        if form.checked is not None:
            against = await channel_adding.tried(configuration, self._http, name, kind, form.checked)
        try:
            copy = await channel_adding.commit(self._store, prepared, person, origin)
        except ChannelNotAdded as error:
            raise ChannelNotAdded(f"{error} Put this below channels: yourself:\n{prepared.edit.block}") from error
        return AddedChannel(
            name=name,
            kind=kind,
            against=against,
            file=prepared.edit.file,
            copy=copy,
            secrets=tuple(prepared.secrets.values()),
        )


async def _stop(begun: BegunSetUp) -> None:
    if begun.task is not None:
        begun.task.cancel()
        await asyncio.gather(begun.task, return_exceptions=True)
