"""Notices when a mask is about to be written over the secret that it stands for. It reads and writes nothing itself."""

import re

from governance.masking import keys_in

_MASKED = re.compile(
    r"\*{3,}|secret[:-]|[‹<«\[](?:secret|redacted|hidden|masked)\b|(?:redacted|hidden|masked)\b", re.IGNORECASE
)
_LOOKS_MASKED = re.compile(r"\*{3}|[‹<«\[]secret|secret[:-]|redacted|hidden|masked", re.IGNORECASE)
_GIVEN = r"""["'`\]]?\s{0,3}(?:=>|:=|==?|:)\s{0,3}["'`]?"""
_NAME = re.compile(rf"([\w.-]{{2,80}}){_GIVEN}$")
_MOST = 200


def may_blot(text: str) -> bool:
    """Whether a text holds anything that a mask could be; without it nothing needs to be compared."""
    return _LOOKS_MASKED.search(text) is not None


def blotted(before: str, after: str) -> str:
    """The beginning of the first line in which a mask would take the place of a secret; empty when there is none.

    Such a line begins as that of the secret did, or gives the mask to the name to which the secret was given.
    """
    lines = [line.strip() for line in after.splitlines() if _LOOKS_MASKED.search(line)]
    if not lines:
        return ""
    for found in keys_in(before)[:_MOST]:
        if before[found.start : found.end] in after:
            continue
        begins = before.rfind("\n", 0, found.start) + 1
        prefix = before[begins : found.start].strip()
        name = _NAME.search(before[max(begins, found.start - _MOST) : found.start])
        given = re.compile(rf"(?<![\w.-]){re.escape(name[1])}{_GIVEN}", re.IGNORECASE) if name else None
        if prefix.startswith("-----BEGIN") and _follows(after, prefix):
            return prefix
        for line in lines:
            if line.startswith(prefix) and _MASKED.match(line[len(prefix) :].lstrip()):
                return prefix or line
            if given and any(_MASKED.match(line, each.end()) for each in given.finditer(line)):
                return prefix or line
    return ""


def _follows(after: str, prefix: str) -> bool:
    """Whether a mask stands where the body of a private key was."""
    return any(_MASKED.match(after, each.end()) for each in re.finditer(rf"{re.escape(prefix)}\s*", after))
