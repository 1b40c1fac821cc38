"""Where an agent works, told to its model in a few words: the day, its folder, what commands can do, what is at hand.

The day changes the words once a day and nothing else does, so that providers keep what they have read of a prompt.
"""

import shutil
from collections.abc import Collection, Iterator
from functools import lru_cache

from agents.sandbox import Sandbox, SandboxLevel, extras
from channels import times
from governance.record.transaction import Clock, utc_now

_PROGRAMS = (
    *("git", "python3", "node", "npm", "go", "cargo", "java", "gcc", "make"),
    *("rg", "jq", "curl", "sqlite3", "psql", "pandoc", "pdftotext", "ffmpeg", "convert", "zip"),
)
"""Programs that models would else try one after the other to find."""
_WHERE = "/usr/local/bin:/usr/bin:/bin"
_FOLDER = "Your tools share one folder, which belongs to this conversation; give paths relative to it."
_COMMANDS = {
    SandboxLevel.BUBBLEWRAP: "Commands run there in a sandbox, without a network unless you ask for one.",
    SandboxLevel.LANDLOCK: "Commands run there in a sandbox, never with a network.",
    SandboxLevel.NONE: "Commands run there, and a person has to approve each of them.",
}
_BETWEEN = "Nothing but files lives on from one command to the next."


class PromptPlace:
    """The words for one gateway. Commands run in `sandbox`; the day is that of `now`, told in a zone."""

    def __init__(self, sandbox: Sandbox, now: Clock = utc_now) -> None:
        self._sandbox = sandbox
        self._now = now

    def today(self, zone: str = "") -> str:
        """The day in that time zone, else in the machine's, and how far its clock is from UTC.

        As in `Today is Monday, 30 November 2026 (UTC+08:00).`.
        """
        here = self._now().astimezone(times.zone(zone) if zone else None)
        offset = f"{here:%z}"
        return f"Today is {here:%A}, {here.day} {here:%B} {here.year} (UTC{offset[:3]}:{offset[3:5]})."

    def words(self, tools: Collection[str]) -> str:
        """What holds for an agent with these tools; empty where it has none that need a folder."""
        runs = "shell" in tools
        if not runs and not any(name.endswith(("_file", "_files")) for name in tools):
            return ""
        found = ", ".join(self._with_packages(programs())) if runs else ""
        commands = [_COMMANDS[self._sandbox.level], _BETWEEN] if runs else []
        return " ".join([_FOLDER, *commands, *([f"Programs: {found}."] if found else [])])

    def _with_packages(self, names: tuple[str, ...]) -> Iterator[str]:
        """The programs, with what an extra gives to Python."""
        has = ", ".join(extras.at_hand(self._sandbox.extras))
        if has and "python3" not in names:
            yield f"python3 (with {has})"
        yield from (f"{name} (with {has})" if has and name == "python3" else name for name in names)


@lru_cache(maxsize=256)
def is_at_hand(program: str) -> bool:
    """Whether commands find a program of that name."""
    return shutil.which(program, path=_WHERE) is not None


@lru_cache(maxsize=1)
def programs() -> tuple[str, ...]:
    """Those at hand where commands look for them. Looked up once."""
    return tuple(name for name in _PROGRAMS if is_at_hand(name))
