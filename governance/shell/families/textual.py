"""The little languages of sed and awk: which scripts only turn text into text, and which run or write something."""

import re

MAX_SCRIPT = 4_000
"""Characters of a script that are read; a longer one is not understood."""

_ADDRESS = re.compile(r"\s*(?:(?:\d+|\$)(?:~\d+)?|/(?:[^/\\\n]|\\.)*/[IM]*|\\(.)(?:(?!\1)[^\\\n]|\\.)*\1[IM]*)?")
_FLAGS = re.compile(r"[gpiIMm0-9]*")
_PLAIN = frozenset("pdqQ=nNDPgGhHxlzF{}")


def sed_never_leaves(script: str) -> tuple[bool, list[str], list[str]]:
    """Whether every command of a sed script is understood and runs nothing, and the files it reads and writes."""
    reads: list[str] = []
    writes: list[str] = []
    if len(script) > MAX_SCRIPT:
        return False, reads, writes
    at = 0
    while at < len(script):
        if script[at] in " \t\n;":
            at += 1
            continue
        at = _skip_address(script, at)
        if at >= len(script):
            return False, reads, writes
        end = _command_end(script, at, reads, writes)
        if end < 0:
            return False, reads, writes
        at = end
    return True, reads, writes


def _skip_address(script: str, at: int) -> int:
    match = _ADDRESS.match(script, at)
    end = match.end() if match else at
    if end < len(script) and end > at and script[end] == ",":
        relative = re.compile(r"\s*[+~]\d+").match(script, end + 1)
        second = relative or _ADDRESS.match(script, end + 1)
        end = second.end() if second else end + 1
    while end < len(script) and script[end] in " \t!":
        end += 1
    return end


def _command_end(script: str, at: int, reads: list[str], writes: list[str]) -> int:
    """Where the command at `at` ends; -1 when it is not understood or would run something."""
    letter = script[at]
    if letter in _PLAIN:
        digits = re.compile(r"\s*\d*").match(script, at + 1)
        return digits.end() if letter in "qQlL" and digits else at + 1
    line_end = script.find("\n", at)
    line_end = len(script) if line_end < 0 else line_end
    if letter in "aic#":
        while line_end < len(script) and script[line_end - 1] == "\\":
            following = script.find("\n", line_end + 1)
            line_end = len(script) if following < 0 else following
        return line_end
    if letter in "btT:":
        label = re.compile(r"\s*[\w.-]*").match(script, at + 1)
        return label.end() if label else at + 1
    if letter in "rRwW":
        (reads if letter in "rR" else writes).append(script[at + 1 : line_end].strip())
        return line_end
    return _substitution_end(script, at, writes) if letter in "sy" and at + 1 < len(script) else -1


def _substitution_end(script: str, at: int, writes: list[str]) -> int:
    mark, seen, here = script[at + 1], 0, at + 2
    while here < len(script) and seen < 2:  # noqa: PLR2004  # a pattern and its replacement
        if script[here] == "\\":
            here += 1
        elif script[here] == mark:
            seen += 1
        here += 1
    if seen < 2 or mark in "\\\n":  # noqa: PLR2004  # as above
        return -1
    flags = _FLAGS.match(script, here)
    here = flags.end() if flags else here
    if here < len(script) and script[here] == "w" and script[at] == "s":
        line_end = script.find("\n", here)
        line_end = len(script) if line_end < 0 else line_end
        writes.append(script[here + 1 : line_end].strip())
        return line_end
    rest = re.compile(r"\s*(?:[;}\n]|$)").match(script, here)
    return here if rest else -1


_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_REGEX = re.compile(r"(^|[(,~!{;&|\n])(\s*)/(?:[^/\\\n]|\\.)+/")
_RUNS = re.compile(r"\bsystem\b|\bgetline\b|@load|@include|/inet/|\bclose\b|\bfflush\b|@\w+\s*\(")
_WRITES = re.compile(r"\bprintf?\b[^;}\n]*>")


def awk_only_prints(program: str) -> bool:
    """Whether an awk program starts nothing, reads no other file and writes none."""
    if len(program) > MAX_SCRIPT or _RUNS.search(program):
        return False
    bare = _REGEX.sub(r"\1\2R", _STRING.sub("S", program))
    return not _WRITES.search(bare) and "|" not in bare.replace("||", "")
