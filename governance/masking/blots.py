"""Notices when a mask is about to be written over the secret that it stands for. It reads and writes nothing itself."""

import re

from governance.masking import keys_in

_MASKED = re.compile(
    r"\*{3,}|secret[:-]|[‹<«\[](?:secret|redacted|hidden|masked)\b|(?:redacted|hidden|masked)\b", re.IGNORECASE
)
_LOOKS_MASKED = re.compile(r"\*{3}|[‹<«\[]secret|secret[:-]|redacted|hidden|masked", re.IGNORECASE)
_MOST = 200


def may_blot(text: str) -> bool:
    """Whether a text holds anything that a mask could be; without it nothing needs to be compared."""
    return _LOOKS_MASKED.search(text) is not None


def blotted(before: str, after: str) -> str:
    """The beginning of the first line in which a mask would take the place of a secret; empty when there is none."""
    lines = after.splitlines()
    for found in keys_in(before)[:_MOST]:
        if before[found.start : found.end] in after:
            continue
        begins = before.rfind("\n", 0, found.start) + 1
        prefix = before[begins : found.start].strip()
        for line in lines:
            bare = line.strip()
            if bare.startswith(prefix) and _MASKED.match(bare[len(prefix) :].lstrip()):
                return prefix or bare
    return ""
