"""The commands `nexora channel`: a channel is added by a code or a form, listed, and taken out again, at a terminal.

What is typed as a secret is not shown, stands in no argument, and goes into a file of its own.
"""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from channels.base import ChannelDown, NexoraError
from channels.locales import closest, say
from channels.onboarding import Obtained, SetUpEnded, obtain
from channels.running import catalogue
from gateway.run import log
from gateway.run.admin import CLI, with_store
from gateway.settings import sources
from gateway.settings.adding import ChannelNotAdded
from gateway.settings.forms import Filled, FormField, fields_of, filled
from gateway.settings.model import Configuration
from gateway.settings.network import publish, session_for
from gateway.upkeep import channel_adding
from gateway.upkeep.channel_adding import NewChannel, PreparedChannel
from gateway.upkeep.qr_codes import in_blocks

_YES, _NO = frozenset({"y", "yes", "ja", "j", "是", "好"}), frozenset({"n", "no", "nein", "否", "不"})
ENDED = "Nothing was added: the input ended."
ROUNDS = 5
"""So often a form is asked again for what was wrong in it."""


def add(chosen: argparse.Namespace) -> int:
    """Add a channel: by a code where the platform makes apps so, else by asking for each value."""
    configuration = channel_adding.configuration_of(os.environ)
    log.configure("warning", configuration.settings.log.format)
    name = chosen.name or chosen.kind
    channel_adding.refuse(configuration, chosen.kind, name)
    given = _given(chosen.kind, chosen.set or ())
    publish(configuration.settings.network)
    made = None if chosen.form else _by_code(configuration, chosen.kind, given)
    form = made or _by_form(chosen.kind, given)
    channel = NewChannel(name=name, kind=chosen.kind, options=form.options, secrets=form.secrets)
    kept = channel_adding.prepare(configuration, channel) if made else None  # before anything else can go wrong
    against = asyncio.run(_against(configuration, channel, form))
    _tell("tried_ill" if against else "tried_well", reason=against)
    if against and not made and not chosen.yes and not _is_yes("all_the_same", default=False):
        raise ChannelNotAdded("Nothing was added.")
    prepared = kept or channel_adding.prepare(configuration, channel)
    for path in prepared.secrets.values():
        _tell("secret", path=path)
    _tell("block", file=prepared.edit.file)
    _say(f"\n{prepared.edit.block}")
    if not chosen.yes and not _is_yes("write", default=True):
        raise ChannelNotAdded("Nothing was written into the settings; the block above can be put there by hand.")
    copy = _committed(prepared)
    _tell("written_over" if copy else "written", copy=copy)
    _tell("restart", kind=channel.kind)
    return 0


def listed(_: argparse.Namespace) -> int:
    """Print each channel of the settings: name, kind, and whether it could start."""
    configuration, problems = sources.examine(os.environ)
    if configuration is None:
        raise sources.SettingsWrong(problems)
    for name, each in configuration.channels.items():
        state = "; ".join(each.problems) if each.options is None else "can start"
        _say(f"{name}\t{each.kind}\t{state}")
    return 0


def remove(chosen: argparse.Namespace) -> int:
    """Take a channel out of the settings file; its secrets stay where they are."""
    configuration = channel_adding.configuration_of(os.environ)
    if configuration.file is None:
        raise ChannelNotAdded("There is no settings file, so there is no channel to take out.")
    file = configuration.file
    edit, copy = with_store(lambda store, _: channel_adding.take_out(store, file, chosen.name, None, CLI))
    _say(edit.block)
    _tell("removed", name=chosen.name, copy=copy)
    return 0


def _by_code(configuration: Configuration, kind: str, given: Mapping[str, str]) -> Filled | None:
    """What the platform made of a code; None where it has none. Raises ChannelNotAdded once nobody wants another."""
    if catalogue.set_up_of(kind) is None:
        return None
    scan, then = channel_adding.words_of(kind, _language())
    while True:
        try:
            obtained = asyncio.run(_scanned(configuration, kind, given, scan))
        except (SetUpEnded, ChannelDown) as error:
            _say(channel_adding.why_ended(error, _language()))
            if _is_yes("again", default=True):
                continue
            raise ChannelNotAdded("Nothing was added; --form asks for the values of an app that you make.") from None
        _tell("confirmed")
        _say(then)
        return filled(kind, {**given, **obtained.options, **obtained.secrets})


async def _scanned(configuration: Configuration, kind: str, given: Mapping[str, str], scan: str) -> Obtained:
    """Show a code and wait for it. Raises SetUpEnded or ChannelDown."""
    async with session_for(configuration.settings.network, os.environ) as http:
        set_up = channel_adding.set_up_for(configuration, http, kind, given)
        offer = await set_up.begin()
        _say(scan)
        _say(f"\n{in_blocks(offer.link, coloured=sys.stdout.isatty() and not os.environ.get('NO_COLOR'))}\n")
        _tell("link", link=offer.link)
        _tell("wait", span=channel_adding.counts_for(offer, _language()))
        return await obtain(set_up, offer)


async def _against(configuration: Configuration, channel: NewChannel, form: Filled) -> str:
    """What the platform has against it; empty when it takes it."""
    if form.checked is None:
        return "; ".join(form.wrong.values())
    async with session_for(configuration.settings.network, os.environ) as http:
        return await channel_adding.tried(configuration, http, channel.name, channel.kind, form.checked)


def _by_form(kind: str, given: Mapping[str, str]) -> Filled:
    """The values that somebody types, asked again where they are wrong. Raises ChannelNotAdded."""
    fields = {each.name: each for each in fields_of(kind)}
    _tell("form", kind=kind)
    texts = dict(given)
    asked = [each for each in fields.values() if each.is_needed or each.choices or each.is_secret]
    for _ in range(ROUNDS):
        for each in asked:
            if each.name not in given:
                texts[each.name] = _answer(each)
        form = filled(kind, texts)
        if form.checked is not None:
            return form
        for name, why in form.wrong.items():
            _say(f"{name + ': ' if name else ''}{why}")
        named = [fields[name] for name in form.wrong if name in fields]
        asked = named or list(fields.values())
    raise ChannelNotAdded("Nothing was added: the values are still not right.")


def _answer(each: FormField) -> str:
    """One value; nothing that is secret is shown."""
    choices = f" ({' | '.join(each.choices)})" if each.choices else ""
    default = f" [{each.default}]" if each.default else "" if each.is_needed else " []"
    if each.help:
        _say(f"\n{each.help}")
    prompt = f"{each.name}{choices}{default}: "
    if each.is_secret and sys.stdin.isatty():
        try:
            return getpass.getpass(prompt)
        except EOFError:
            raise ChannelNotAdded(ENDED) from None
    return _line(prompt)


def _given(kind: str, settings: list[str] | tuple[()]) -> dict[str, str]:
    """What stands behind --set, by the option's name. Raises ChannelNotAdded."""
    fields, found = {each.name: each for each in fields_of(kind)}, {}
    for each in settings:
        name, _, value = each.partition("=")
        if name not in fields or not value:
            raise ChannelNotAdded(f"--set takes NAME=VALUE with one of: {', '.join(sorted(fields))}.")
        if fields[name].is_secret:
            raise ChannelNotAdded(f"{name} is a secret, and an argument can be seen by others: it is asked for.")
        found[name] = value
    return found


def _committed(prepared: PreparedChannel) -> Path | None:
    try:
        return with_store(lambda store, _: channel_adding.commit(store, prepared, None, CLI))
    except NexoraError as error:
        raise ChannelNotAdded(f"{error} It is not in the settings yet; the lines above belong there.") from error


def _is_yes(key: str, *, default: bool) -> bool:
    answer = _line(f"{say(f'adding.{key}', _language())} {'[Y/n]' if default else '[y/N]'} ").casefold()
    return answer in _YES or (default and answer not in _NO)


def _line(prompt: str) -> str:
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        _say("")
        raise ChannelNotAdded(ENDED)
    return line.strip()


def _language() -> str:
    """That of the terminal."""
    named = next((os.environ[each] for each in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(each)), "")
    return closest(named.partition(".")[0] or "en")


def _tell(key: str, **fields: Any) -> None:
    _say(say(f"adding.{key}", _language(), **fields))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
