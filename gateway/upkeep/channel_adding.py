"""What adding a channel takes, at a terminal and in the console alike: a code, a try at the platform, and the settings.

It keeps secrets before anything else, so that an app that a platform has made is never lost for what comes after.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from channels.base import ChannelDown, ChannelError, ChannelState, Surroundings, TriesCredentials
from channels.locales import say
from channels.onboarding import Offer, SetUp, SetUpEnded
from channels.options import ChannelOptions
from channels.running import catalogue
from channels.times import lasting
from gateway.settings import adding, sources
from gateway.settings.adding import OWN_NAME, ChannelNotAdded, SettingsEdit
from gateway.settings.model import Configuration
from governance.people.people import Origin, Person
from governance.record.transaction import Store

TRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """A channel that is to be added: its options as somebody gave them, its secrets apart."""

    name: str
    kind: str
    options: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedChannel:
    """Its secrets are kept; its block waits to be written."""

    channel: NewChannel
    edit: SettingsEdit
    secrets: Mapping[str, Path]


def kinds() -> tuple[str, ...]:
    """The kinds of which a channel can be added."""
    return tuple(kind for kind in catalogue.kinds() if kind != OWN_NAME)


def configuration_of(environ: Mapping[str, str]) -> Configuration:
    """The settings as they stand in the file just now. Raises SettingsWrong, but not for a channel."""
    return sources.load(environ)


def refuse(configuration: Configuration, kind: str, name: str) -> None:
    """Raise UnknownChannelKind or ChannelNotAdded for what cannot be added."""
    if kind not in kinds():
        catalogue.load(kind if kind != OWN_NAME else "")
    adding.refuse_name(name, configuration.channels)


def set_up_for(configuration: Configuration, http: ClientSession, kind: str, chosen: Mapping[str, object]) -> SetUp:
    """A set-up by a code. Raises ChannelNotAdded where the platform of that kind has none."""
    module = catalogue.set_up_of(kind)
    if module is None:
        raise ChannelNotAdded(f"{kind} makes no apps by a code: fill in the form.")
    hosts = {**module.HOSTS, **configuration.settings.onboarding.hosts}
    return module.set_up(http, {name: hosts[name].rstrip("/") for name in module.HOSTS}, chosen)


def prepare(configuration: Configuration, channel: NewChannel) -> PreparedChannel:
    """Keep its secrets, and see where its block goes. Raises ChannelNotAdded."""
    home = configuration.settings.home
    kept = adding.keep_secrets(home, channel.name, channel.secrets)
    file = configuration.file or home / "nexora.yaml"
    return PreparedChannel(
        channel=channel, edit=adding.added(file, channel.name, channel.kind, channel.options, kept), secrets=kept
    )


async def commit(store: Store, prepared: PreparedChannel, by: Person | None, origin: Origin) -> Path | None:
    """Write the block, and the line of the record with it; the copy of the file before. Raises ChannelNotAdded."""
    channel = prepared.channel
    async with store.transaction() as work:
        detail = {"kind": channel.kind, "file": str(prepared.edit.file)}
        work.record(origin.event("channel:added", by, resource=channel.name, detail=detail))
        return await asyncio.to_thread(adding.write, prepared.edit, stamp(store.now()))


async def take_out(
    store: Store, file: Path, name: str, by: Person | None, origin: Origin
) -> tuple[SettingsEdit, Path | None]:
    """Take a channel out of the file, and write the line of the record with it. Raises ChannelNotAdded."""
    edit = adding.removed(file, name)
    async with store.transaction() as work:
        work.record(origin.event("channel:removed", by, resource=name, detail={"file": str(file)}))
        return edit, await asyncio.to_thread(adding.write, edit, stamp(store.now()))


def stamp(now: datetime) -> str:
    """A time as it stands in the name of a copy."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}"


async def tried(
    configuration: Configuration, http: ClientSession, name: str, kind: str, options: ChannelOptions
) -> str:
    """What the platform has against these options; empty when it takes them."""
    network, public_url = configuration.settings.network, configuration.settings.server.public_url
    trusted = str(network.ca_file) if network.ca_file else None
    around = Surroundings(http=http, now=lambda: datetime.now(UTC), public_url=public_url, ca_file=trusted)
    try:
        async with asyncio.timeout(TRY_SECONDS):
            await try_channel(name, kind, options, around)
    except TimeoutError:
        return f"no answer within {TRY_SECONDS:g} s"
    except ChannelError as error:
        return str(error) or type(error).__name__
    return ""


async def try_channel(name: str, kind: str, options: ChannelOptions, surroundings: Surroundings) -> None:
    """Raises ChannelError when the platform does not take the settings. Nobody is sent anything."""
    channel = catalogue.load(kind).build(name, options, surroundings)
    if isinstance(channel, TriesCredentials):
        await channel.try_credentials()
        return
    health = await channel.probe()
    if health.state is ChannelState.DOWN:
        raise ChannelError(health.reason)


def words_of(kind: str, language: str) -> tuple[str, str]:
    """What to do with the code of that platform, and what remains to be done once there is an app."""
    module = catalogue.set_up_of(kind)
    return (say(module.SCAN, language), say(module.NEXT, language)) if module else ("", "")


def why_ended(error: SetUpEnded | ChannelDown, language: str) -> str:
    """How a set-up came to nothing, in a sentence."""
    if isinstance(error, ChannelDown):
        return str(error)
    sentence = say(f"adding.{error.ending}", language)
    return f"{sentence} {error.detail}" if error.detail else sentence


def counts_for(offer: Offer, language: str) -> str:
    """How long a code counts, as people are told."""
    return lasting(timedelta(seconds=offer.expires_seconds), language)
