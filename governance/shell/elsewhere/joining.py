"""`socat`, which joins two ends: a file, a program or a machine, each by an address of its own notation."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.shell.elsewhere.senders import stays_here
from governance.shell.places import judge_read, judge_write
from governance.shell.scope import UNKNOWN, Input, Judging, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

_ADDRESS = re.compile(r"(?:(?P<kind>[A-Za-z][\w-]*):)?(?P<rest>[^,]*)(?P<options>(?:,.*)?)", re.DOTALL)
_FILES = frozenset({"creat", "create", "file", "gopen", "open", "pipe"})
_MACHINES = re.compile(r"(?:tcp|udp|udplite|sctp|dccp|openssl|ssl|socks\w*|proxy|ip|vsock)\d?(?:-\w+)*", re.IGNORECASE)
_WRITES = re.compile(r",\s*(?:creat|create|wronly|wr|rdwr|trunc|append|ftruncate\w*)(?:[,=]|$)")
_VALUED = frozenset({"-b", "-L", "-l", "-t", "-T", "-W", "-r", "-R"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One of the two: the file that it is, or whether it is a machine elsewhere, or one that waits for others."""

    file: str = ""
    writes: bool = False
    elsewhere: bool = False


def _socat(name: str, words: Sequence[Word], given: Input, shell: Judging) -> bool:
    """A file is read or written as by `cat`; what goes from a file or a pipeline to a machine elsewhere is sent."""
    texts = [word.text for word in words[1:]]
    ends = [end for text in _addresses(texts) for end in map(_end, text.split("!!"))]
    judging = (shell.scope, shell.around, shell.findings, clip(name))
    for at, end in enumerate(ends):
        if not end.file:
            continue
        if not (at and "-u" in texts):
            judge_read(end.file, *judging)
        if end.writes or (at and "-u" in texts):
            judge_write(end.file, *judging)
    fed = any(end.file for end in ends) or (given.given and UNKNOWN in given.text)
    if fed and any(end.elsewhere for end in ends):
        part = clip(" ".join([name, *texts]))
        shell.findings.ask(why("elsewhere.sends", part=part), Risk.HIGH, network=True)
    return True


def _addresses(texts: Sequence[str]) -> list[str]:
    """Its two addresses, without its options."""
    return [
        text
        for at, text in enumerate(texts)
        if (text == "-" or not text.startswith("-")) and not (at and texts[at - 1] in _VALUED)
    ][:2]


def _end(address: str) -> _End:
    match = _ADDRESS.fullmatch(address)
    kind, rest = ((match["kind"] or "").lower(), match["rest"]) if match else ("", address)
    if kind in _FILES or (not kind and "/" in rest):
        opened = _WRITES.search(match["options"]) if match else None
        return _End(file=rest, writes=kind in {"creat", "create"} or opened is not None)
    if not _MACHINES.fullmatch(kind):
        return _End()
    waits = re.search(r"-(?:listen|l|recv\w*)$", kind) is not None
    return _End(elsewhere=not waits and not stays_here([rest.strip("[]")]))


RULES: dict[str, Callable[[str, Sequence[Word], Input, Judging], bool]] = {"socat": _socat}
"""The rule for it."""
