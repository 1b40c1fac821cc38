"""What a start prints: where the console is, how to become its admin, which model answers and why, what to do next."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Protocol

from agents.models.choice import ModelChoice
from agents.sandbox import Sandbox
from channels.base import ChannelState
from channels.running.supervisor import Supervisor
from gateway.settings.model import Configuration, Settings

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
    """Print the start's report at once, and how the channels are as soon as they have settled."""
    base = started.settings.reached_at(port)
    lines = ["", f"  Nexora is up    {base}"]
    if code:
        lines.append(f"  First admin     {base}/welcome/{code}")
        lines.append("                  (open it once, within 24 hours; it makes you the admin)")
    lines.append(f"  Model           {started.choice.explain()}")
    lines += [f"                  {line}" for line in started.choice.addresses()]
    lines.append(f"  Sandbox         {started.sandbox.describe()}")
    lines.append(f"  Data            {started.settings.home}")
    _print(lines)
    await _settled(started.channels)
    lines = [f"  Channel         {name}: {_state(supervisor)}" for name, supervisor in started.channels.items()]
    lines += [
        f"  Channel         {name}: cannot start: {'; '.join(given.problems)}"
        for name, given in configuration.channels.items()
        if given.options is None
    ]
    _print([*lines, f"  Next            {_next(started, has_admin=not code)}", "  Stop            Ctrl-C", ""])


async def _settled(channels: Mapping[str, Supervisor]) -> None:
    """Wait a moment, or less when no channel is starting any more."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLING_SECONDS
    while loop.time() < deadline:
        if all(one.health.state is not ChannelState.STARTING for one in channels.values()):
            return
        await asyncio.sleep(0.05)


def _state(supervisor: Supervisor) -> str:
    health = supervisor.health
    return f"{health.state.value}{f': {health.reason}' if health.reason else ''}"


def _next(started: Started, *, has_admin: bool) -> str:
    if not has_admin:
        return "open the link above, choose a password, and say hello to the assistant"
    if len(started.channels) == 1:
        return "connect a chat: docs/channels.md; then people write to the bot and you admit them"
    return "write to the bot; `./nexora check` says what is wrong with the settings"


def _print(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
