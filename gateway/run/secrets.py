"""The commands `nexora secret`: what is kept by name for tools, channels and models. A value is never an argument.

They speak of the secrets of the installation; a person's own are given in the console.
"""

import argparse
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from channels.home import home_language
from channels.locales import say
from gateway.run.admin import CLI, with_store
from gateway.settings.model import Settings
from governance.keys.keys import open_keys
from governance.record.transaction import Store
from governance.secrets.names import StoredSecret, holder_of, require_name, require_value
from governance.secrets.store import Secrets

T = TypeVar("T")


def keep(chosen: argparse.Namespace) -> int:
    """Keep what is typed unseen, or what comes on standard input, under a name; say who may have it."""
    name, holders = require_name(chosen.name), [holder_of(*each) for each in chosen.for_holder or ()]
    value = require_value(_read())
    version = _with_secrets(lambda secrets: secrets.set(name, value, by=None, holders=holders, origin=CLI))
    _tell("set", name=name, version=version)
    if not holders:
        _tell("nobody", name=name)
    return 0


def listed(_: argparse.Namespace) -> int:
    """Print each secret of the installation: name, version, the day of its last change, who may have it; no value."""
    for one in _with_secrets(lambda secrets: secrets.list(None)):
        sys.stdout.write(f"{_line(one)}\n")
    return 0


def remove(chosen: argparse.Namespace) -> int:
    """Forget a secret for good."""
    _with_secrets(lambda secrets: secrets.remove(chosen.name, by=None, origin=CLI))
    _tell("removed", name=chosen.name)
    return 0


def allow(chosen: argparse.Namespace) -> int:
    """Let a holder have a secret, or no longer."""
    holder = holder_of(chosen.kind, chosen.holder)
    may = not chosen.end
    _with_secrets(lambda secrets: secrets.entitle(chosen.name, holder, by=None, may=may, origin=CLI))
    _tell("allowed" if may else "disallowed", name=chosen.name, holder=str(holder))
    return 0


def rotate(chosen: argparse.Namespace) -> int:
    """Seal a secret under a new key of its own; its value stays."""
    version = _with_secrets(lambda secrets: secrets.rotate(chosen.name, by=None, origin=CLI))
    _tell("rotated", name=chosen.name, version=version)
    return 0


def _read() -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{say('terminal.secret.value', home_language())} ")
    return sys.stdin.read()


def _line(one: StoredSecret) -> str:
    holders = ", ".join(map(str, one.holders)) or "-"
    return f"{one.name}\t{one.version}\t{one.changed_at:%Y-%m-%d}\t{holders}"


def _with_secrets(run: Callable[[Secrets], Awaitable[T]]) -> T:
    async def work(store: Store, settings: Settings) -> T:
        keys = await open_keys(store, settings.home, settings.keys.given)
        return await run(Secrets(store, keys.master))

    return with_store(work)


def _tell(word: str, **fields: object) -> None:
    sys.stdout.write(f"{say(f'terminal.secret.{word}', home_language(), **fields)}\n")
