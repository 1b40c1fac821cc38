"""A script that a command runs, as a request keeps it: its text, what has changed since approval, its verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.values.reasons import Why, why_of


class Seen(StrEnum):
    """How a script stands to what was approved last. Alphabetical."""

    CHANGED = "changed"
    NEW = "new"
    SAME = "same"
    SENT = "sent"
    """It is no script: a file that the command may send. Its text is how it begins."""
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One script, or a file that may be sent.

    `text` is all of it, `difference` what has changed since approval; `because` its own verdict.
    """

    path: str
    digest: str
    seen: Seen
    text: str = ""
    difference: str = ""
    risk: str = ""
    because: str = ""
    size_bytes: int = 0

    @property
    def shown(self) -> str:
        """What has to be read of it."""
        return self.difference if self.seen is Seen.CHANGED else self.text

    @property
    def why(self) -> Why | None:
        """What its own verdict says, where that is worse than that it may run."""
        return why_of(self.because)


def scripts_of(subject: Mapping[str, Any]) -> tuple[Script, ...]:
    """The scripts that a request keeps."""
    return tuple(Script(**{**each, "seen": Seen(each["seen"])}) for each in subject.get("scripts", ()))
