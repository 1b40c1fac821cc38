"""A tool call as governance sees it: who asks for what, exactly, the digest an approval is bound to, and its end."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from governance.egress.hosts import Destination
from governance.people.people import Person
from governance.record.audit import canonical
from governance.shell.reading import Reading
from governance.values.verdicts import Effect

CWD = "cwd"
"""The argument that names the folder in which a command begins."""


class CallState(StrEnum):
    """How a call stands. Done, failed, lapsed, refused and unknown are ends; each call has exactly one. Alphabetical.

    Done and failed calls ran. Refused ones never began: a person or the guard said no, also after an approval. Lapsed
    ones never began either: nobody decided, the request was withdrawn, or the approval ran out. Unknown: its gateway
    ended while it ran.
    """

    APPROVED = "approved"
    DONE = "done"
    FAILED = "failed"
    LAPSED = "lapsed"
    PENDING = "pending"
    REFUSED = "refused"
    RUNNING = "running"
    UNKNOWN = "unknown"

    @property
    def is_end(self) -> bool:
        """Whether nothing more becomes of it."""
        return self not in {CallState.APPROVED, CallState.PENDING, CallState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCall:
    """What a model wants to do. `subject` names the argument that the effect is about (`command`, `path`, `url`).

    `subjects` name further arguments that it is about.

    `contents` are the digests of the files that a command names, by their paths from the workspace; None while nobody
    has looked at them. `scripts` are those among them that it runs or takes along. `reading` is a command as it
    was read for this call, once (governance.guard.reading), and `destinations` are the hosts that it names where it
    wants the network; None while nobody has read it.
    `secrets` are the references for which the arguments hold the values (governance.guard.hidden). `server` is whose
    tool it is where it is not ours.
    """

    person: Person
    agent: str
    conversation: str
    tool: str
    arguments: Mapping[str, Any]
    effect: Effect
    subject: str
    workspace: Path
    contents: Mapping[str, str] | None = None
    scripts: tuple[str, ...] = field(default=(), compare=False)
    reading: Reading | None = field(default=None, compare=False, repr=False)
    destinations: tuple[Destination, ...] | None = field(default=None, compare=False)
    secrets: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    server: str = field(default="", compare=False)

    @property
    def subject_value(self) -> str:
        """The command, path or URL; empty for a tool that affects nothing."""
        return str(self.arguments.get(self.subject, "")) if self.subject else ""

    @property
    def as_read(self) -> Reading:
        """Its command as it was read for it. Raises RuntimeError where nobody has: none is read a second time."""
        if self.reading is None or self.reading.command != self.subject_value:
            raise RuntimeError("a command is read before anything is done with its call")
        return self.reading

    @property
    def folder(self) -> Path:
        """Where a command begins: its workspace, or the folder that its `cwd` names."""
        inner = self.arguments.get(CWD) if self.effect is Effect.RUNS else ""
        return Path(os.path.normpath(self.workspace / inner)) if inner and isinstance(inner, str) else self.workspace

    @property
    def command_name(self) -> str:
        """The argument that a shell reads; empty where none does."""
        return self.subject if self.effect is Effect.RUNS else ""

    @property
    def digest(self) -> str:
        """SHA-256 over everything an approval is bound to, as 64 hex digits; the same on every machine."""
        return self._digest(self.workspace.name)

    def has_digest(self, digest: str) -> bool:
        """Whether this is the call that was asked about, also where the question was put by an older program.

        Until then the whole path of the workspace was bound, so such a question holds on this machine alone.
        """
        return digest in {self.digest, self._digest(str(self.workspace))}

    def _digest(self, workspace: str) -> str:
        bound: dict[str, Any] = {
            "tool": self.tool,
            "arguments": self.arguments,
            "workspace": workspace,
            "agent": self.agent,
            "person": str(self.person.id),
            "conversation": self.conversation,
        }
        if self.contents:
            bound["contents"] = self.contents
        return hashed(canonical(bound))


def hashed(text: str) -> str:
    """SHA-256 of a text, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
