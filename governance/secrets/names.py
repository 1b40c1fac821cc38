"""How secrets and those who may have them are called, and how one refers to a secret: `secret:NAME`. Values only."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from channels.base import NexoraError
from governance.values.reasons import Why, why

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
SIGN_INS = "oauth."
"""How the names of those begin that the gateway keeps itself, of sign-ins to servers."""
SHORTEST, LONGEST = 8, 65_536
"""Signs of a value. A shorter one could not be told from other words where a tool prints it."""
_BLANKS = {ord(sign): None for sign in "\n\r\t"}
_REFERENCE = re.compile(rf"secret:({NAME.pattern})")
_HOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,127}")


class SecretWrong(NexoraError):
    """A secret cannot be kept, or does not open."""

    def __init__(self, because: Why) -> None:
        super().__init__(str(because))
        self.because = because


class SecretMissing(NexoraError):
    """There is no such secret; `nexora secret list` prints those that there are."""


class SecretLinkUsed(NexoraError):
    """This link has been used or is too old; `/secret set NAME` sends another."""


class SecretForbidden(NexoraError):
    """Secrets of the installation are for admins, and a person's own for that person alone."""


class SecretRefused(NexoraError):
    """A holder asked for a secret that it may not have."""

    def __init__(self, because: Why) -> None:
        super().__init__(str(because))
        self.because = because


class HolderKind(StrEnum):
    """What may be entitled to a secret. Alphabetical."""

    CHANNEL = "channel"
    MCP = "mcp"
    MODEL = "model"
    PLUGIN = "plugin"
    SETTING = "setting"
    SKILL = "skill"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """Somebody who may have secrets: Holder("mcp", "github"), Holder("skill", "x"), Holder("model", "openai")."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSecret:
    """What anybody may know of a secret: everything but its value. `owner` None is the installation."""

    name: str
    owner: UUID | None
    version: int
    holders: tuple[Holder, ...] = field(default=())
    created_by: str = ""
    created_at: datetime
    changed_at: datetime
    used_at: datetime | None = None


def holder_of(kind: str, name: str) -> Holder:
    """The holder of that kind and name as somebody types it. Raises SecretWrong."""
    if kind not in list(HolderKind):
        raise SecretWrong(why("secret.kind", kind=kind, kinds=", ".join(HolderKind)))
    if not _HOLDER.fullmatch(name):
        raise SecretWrong(why("secret.holder", kind=kind))
    return Holder(HolderKind(kind).value, name)


def require_name(name: str) -> str:
    """The name. Raises SecretWrong, which does not repeat it: it may be the value, given in the wrong place."""
    if not NAME.fullmatch(name):
        raise SecretWrong(why("secret.name"))
    return name


def require_value(value: str) -> str:
    """The value, without the line end that a terminal or a file leaves. Raises SecretWrong, which does not show it."""
    kept = value.removesuffix("\n").removesuffix("\r")
    if not kept.translate(_BLANKS).isprintable():
        raise SecretWrong(why("secret.binary"))
    if len(kept) < SHORTEST or len(set(kept)) == 1:
        raise SecretWrong(why("secret.short", least=str(SHORTEST)))
    if len(kept) > LONGEST:
        raise SecretWrong(why("secret.long", most=str(LONGEST)))
    return kept


def referred(text: str) -> str:
    """The name in a reference `secret:NAME`; empty where the text is none."""
    found = _REFERENCE.fullmatch(text)
    return found[1] if found else ""
