"""What a start prints: where the console is, how to become its admin, which model answers and why, what to do next."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Protocol

from agents.models.choice import ModelChoice
from agents.sandbox import Sandbox
from channels.base import ChannelState
from channels.home import home_language
from channels.locales import say
from channels.running.supervisor import Supervisor
from channels.sayings import told
from channels.text.columns import left
from gateway.settings.model import Configuration, Settings

_LABEL = 16
SETTLING_SECONDS = 1.0
"""How long the channels may take before the start says how they are."""


class Started(Protocol):
    """What the banner tells of."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def channels(self) -> Mapping[str, Supervisor]:
        """The channels by name."""

    @property
    def choice(self) -> ModelChoice:
        """Which model answers."""

    @property
    def sandbox(self) -> Sandbox:
        """How commands are contained."""


async def announce(started: Started, configuration: Configuration, port: int, code: str) -> None:
    """Print the start's report at once, and how the channels are as soon as they have settled.

    In the language of the settings, else of the machine.
    """
    base, language = started.settings.reached_at(port), home_language()
    lines = ["", _line("up", language, base)]
    if code:
        lines.append(_line("first_admin", language, f"{base}/welcome/{code}"))
        lines.append(f"  {left('', _LABEL)}{say('banner.first_admin_how', language)}")
    lines.append(_line("model", language, started.choice.explain(language)))
    lines += [f"  {left('', _LABEL)}{line}" for line in started.choice.addresses()]
    lines.append(_line("sandbox", language, started.sandbox.describe(language)))
    lines.append(_line("data", language, str(started.settings.home)))
    _print(lines)
    await _settled(started.channels)
    lines = [_line("channel", language, f"{name}: {_state(one, language)}") for name, one in started.channels.items()]
    lines += [
        _line("channel", language, say("banner.cannot_start", language, name=name, why="; ".join(given.problems)))
        for name, given in configuration.channels.items()
        if not given.may_connect
    ]
    told = _next(started, has_admin=not code)
    _print(
        [*lines, _line("next", language, say(f"banner.next.{told}", language)), _line("stop", language, "Ctrl-C"), ""]
    )


def _line(label: str, language: str, says: str) -> str:
    return f"  {left(say(f'banner.{label}', language), _LABEL)}{says}"


async def _settled(channels: Mapping[str, Supervisor]) -> None:
    """Wait a moment, or less when no channel is starting any more."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLING_SECONDS
    while loop.time() < deadline:
        if all(one.health.state is not ChannelState.STARTING for one in channels.values()):
            return
        await asyncio.sleep(0.05)


def _state(supervisor: Supervisor, language: str) -> str:
    health = supervisor.health
    state = say(f"command.state.{health.state.value}", language)
    return f"{state}: {told(health.reason, language)}" if health.reason else state


def _next(started: Started, *, has_admin: bool) -> str:
    """The last word of the sentence that says what to do next."""
    if not has_admin:
        return "open"
    return "connect" if len(started.channels) == 1 else "write"


def _print(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
