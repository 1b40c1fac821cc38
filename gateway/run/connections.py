"""Builds a supervisor for each channel of the settings and gives its adapter what it may use. Starts none of them."""

import hmac
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from aiohttp import ClientSession
from pydantic import ValidationError

from channels.base import Board, Channel, ChannelError, ChannelRefused, Receive, Surroundings
from channels.completing import Complete
from channels.messages import Account, Card, Inbound
from channels.mistakes import mistakes
from channels.moves import Moves
from channels.options import ChannelOptions, PlatformOptions
from channels.running import catalogue
from channels.running.lacks import Told
from channels.running.supervisor import Supervisor
from channels.seat import Seat
from gateway.commands.menu import menu
from gateway.settings.model import ChannelSettings, Configuration
from gateway.settings.network import session_for
from gateway.settings.own_secrets import secrets_in
from governance.masking.known import HANDED_OUT
from governance.people.people import CONSOLE
from governance.record.fence import must_hold
from governance.record.transaction import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What all channels share; what goes by name is one channel's own.

    `newest` finds what it heard last in each conversation; `seat` is the place of the gateway that listens on it;
    `moves` are its rooms that got another id;
    `complete` tells how a line that somebody is typing may go on;
    `waiting` finds the cards that wait for the owner of an account;
    `lack_of_kind` says why there is no such kind of channel just now.
    key: from which each channel's own is made.
    http: for every channel, but for those with `tls: {strict: false}`, which have `lenient`.
    """

    http: ClientSession
    lenient: ClientSession
    board: Board
    now: Clock
    key: bytes = field(repr=False)
    receive: Receive
    newest: Callable[[str], Awaitable[Sequence[Inbound]]]
    seat: Callable[[str], Seat]
    moves: Callable[[str], Moves]
    complete: Complete
    waiting: Callable[[str, Account], Awaitable[Sequence[Card]]]
    lack_of_kind: Callable[[str], ChannelError]


def supervisors(configuration: Configuration, *, now: Clock, told: Told) -> dict[str, Supervisor]:
    """A supervisor for each channel that can start, and for the console, which is always there; none is connected.

    `told` hears of what a channel cannot do any more, or can again.
    """
    return {name: Supervisor(name, now=now, told=told, must_hold=must_hold) for name in _wanted(configuration)}


def connections(
    configuration: Configuration, around: Around, channels: Mapping[str, Supervisor]
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """What keeps each of them connected, until cancelled."""
    return {
        name: partial(
            channels[name].run,
            partial(_build, name, given, _surroundings(name, given, configuration, around), around.lack_of_kind),
            around.receive,
            around.seat(name),
        )
        for name, given in _wanted(configuration).items()
    }


def _wanted(configuration: Configuration) -> Mapping[str, ChannelSettings]:
    """Each channel that can start, by its name."""
    console = ChannelSettings(kind=CONSOLE, options=ChannelOptions())
    return {CONSOLE: console} | {name: given for name, given in configuration.channels.items() if given.may_connect}


def _build(
    name: str, given: ChannelSettings, surroundings: Surroundings, lack_of_kind: Callable[[str], ChannelError]
) -> Channel:
    """A new adapter. Raises ChannelError where the plugin that brings its kind is not there, or its options are wrong.

    Options that are judged only now may hold secrets, which from then on are masked wherever they come up.
    """
    try:
        adapter = catalogue.load(given.kind)
    except catalogue.UnknownChannelKind:
        raise lack_of_kind(given.kind) from None
    if given.options is not None:
        return adapter.build(name, given.options, surroundings)
    try:
        options = adapter.Options.model_validate(given.unjudged)
    except ValidationError as error:
        wrong = mistakes(error, adapter.Options)
        raise ChannelRefused("; ".join(f"{'.'.join(map(str, one.place))}: {one.sentence}" for one in wrong)) from None
    HANDED_OUT.learn(secrets_in(name, options), are_named=True)
    return adapter.build(name, options, surroundings)


def lenient_session(configuration: Configuration, usual: ClientSession, stack: AsyncExitStack) -> ClientSession:
    """The session of the channels with `tls: {strict: false}`; the usual one where there is none. `stack` closes it."""
    if not any(_is_lenient(channel) for channel in configuration.channels.values()):
        return usual
    session = session_for(configuration.settings.network, os.environ, strict=False)
    stack.push_async_callback(session.close)
    return session


def session_of(given: ChannelSettings, usual: ClientSession, lenient: ClientSession) -> ClientSession:
    """The session with which that channel speaks."""
    return lenient if _is_lenient(given) else usual


def _is_lenient(given: ChannelSettings) -> bool:
    if isinstance(given.options, PlatformOptions):
        return not given.options.tls.strict
    tls = (given.unjudged or {}).get("tls")
    return isinstance(tls, Mapping) and tls.get("strict") is False


def _surroundings(name: str, given: ChannelSettings, configuration: Configuration, around: Around) -> Surroundings:
    return Surroundings(
        http=session_of(given, around.http, around.lenient),
        now=around.now,
        public_url=configuration.settings.server.public_url,
        board=around.board if name == CONSOLE else None,
        key=hmac.digest(around.key, f"channel:{name}".encode(), "sha256"),
        newest=partial(around.newest, name),
        moves=around.moves(name),
        complete=around.complete,
        menu=menu(),
        waiting=partial(around.waiting, name),
        ca_file=str(trusted) if (trusted := configuration.settings.network.ca_file) else None,
    )
