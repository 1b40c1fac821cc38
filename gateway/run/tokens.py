"""The commands `nexora token`: what a program is given to speak as a person, as at `/mcp`. It is printed once."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from channels.home import home_language
from channels.locales import say
from gateway.run.admin import CLI, with_store
from gateway.settings.model import Settings
from governance.people.people import People, Person
from governance.people.wrong import PersonMissing
from governance.record.transaction import Store
from governance.sign_in.tokens import AccessTokens, TokenListed

T = TypeVar("T")


def create(chosen: argparse.Namespace) -> int:
    """Make a token and print it, alone on standard output; what it is for goes to standard error."""

    async def run(store: Store, _: Settings) -> str:
        person = await _named(store, chosen.person)
        tokens = AccessTokens(store)
        return await tokens.create(person, name=chosen.name, days=chosen.days, by=None, origin=CLI)

    token = with_store(run)
    sys.stderr.write(f"{_said('created', person=chosen.person, days=chosen.days)}\n")
    sys.stdout.write(f"{token}\n")
    return 0


def listed(chosen: argparse.Namespace) -> int:
    """Print each token that stands: code, person, its end, its last use, its name."""

    async def run(store: Store, _: Settings) -> list[TokenListed]:
        person = await _named(store, chosen.person) if chosen.person else None
        return await AccessTokens(store).list(person.id if person else None)

    for one in with_store(run):
        used = f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "-"
        sys.stdout.write(f"{one.code}\t{one.person}\t{one.expires_at:%Y-%m-%d}\t{used}\t{one.name}".rstrip() + "\n")
    return 0


def revoke(chosen: argparse.Namespace) -> int:
    """End a token at once."""
    _with_tokens(lambda tokens: tokens.revoke(chosen.code, by=None, origin=CLI))
    sys.stdout.write(f"{_said('revoked', code=chosen.code)}\n")
    return 0


async def _named(store: Store, name: str) -> Person:
    person = await People(store).by_name(name)
    if person is None:
        raise PersonMissing(say("terminal.no_person", home_language(), name=name))
    return person


def _with_tokens(run: Callable[[AccessTokens], Awaitable[T]]) -> T:
    async def work(store: Store, _: Settings) -> T:
        return await run(AccessTokens(store))

    return with_store(work)


def _said(word: str, **fields: object) -> str:
    return say(f"terminal.token.{word}", home_language(), **fields)
