"""The files that a command with a network names, and so may send: their size, digest and beginning, for a card.

Which of them a program sends is its own affair, so all are shown but the scripts, which are shown whole.
"""

import hashlib
import os
from collections.abc import Mapping

from governance.guard.calls import ProposedCall
from governance.guard.script import Script, Seen
from governance.guard.scripts import text_of
from governance.values.safe_files import PathRefused, safe_open

MOST_FILES = 10
"""So many are shown by their beginning; of the others the card has name and digest."""
_LINES, _LINE_CHARACTERS = 10, 160


def sent_along(call: ProposedCall) -> tuple[Script, ...]:
    """Those of a call whose contents are bound; none for a call that asks for no network. Blocks."""
    if call.arguments.get("network") is not True:
        return ()
    contents: Mapping[str, str] = call.contents or {}
    found = (_sent(call, path, digest) for path, digest in contents.items() if path not in call.scripts)
    return tuple(each for each in found if each is not None)[:MOST_FILES]


def _sent(call: ProposedCall, path: str, digest: str) -> Script | None:
    try:
        opened = safe_open(call.workspace, path, os.O_RDONLY)
    except (OSError, PathRefused):
        return None
    try:
        size = os.fstat(opened).st_size
        is_file = os.path.isfile(opened)  # noqa: PTH113  # a descriptor, not a path
    finally:
        os.close(opened)
    if not is_file:
        return None
    return Script(path=path, digest=digest, seen=Seen.SENT, text=_beginning(call, path, digest), size_bytes=size)


def _beginning(call: ProposedCall, path: str, digest: str) -> str:
    """The first lines of what the digest is of; empty for what is no text, or too long to be looked at."""
    text = text_of(call.workspace, path) or ""
    if hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() != digest:
        return ""
    lines = text.encode("utf-8", "replace").decode().splitlines()
    kept = [line if len(line) <= _LINE_CHARACTERS else f"{line[:_LINE_CHARACTERS]}…" for line in lines[:_LINES]]
    return "\n".join([*kept, *(["…"] if len(lines) > _LINES else [])])
