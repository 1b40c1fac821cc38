"""What the shell sends: secrets on their way to another machine, through variables and files."""

import re
from collections.abc import Iterator

from governance.scanner.pieces import ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.hosts import Trust, is_drop, is_plain_address, trust_of, urls_in
from governance.scanner.rules.places import DOTENV, PASTEBOARD, is_source, is_strong
from governance.scanner.rules.written_patterns import WrittenPattern

_BLOCK, _WARN = ScanVerdict.BLOCK, ScanVerdict.WARN
_GIVES = re.compile(r"@|\$\(|`|\$\{?\w")
"""A file, a variable or what a command prints."""
SEND = WrittenPattern("commands.send")
_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)?\$?(\w+)\s*=\s*(.+)$", re.MULTILINE
)
_WRITTEN = re.compile(
    r"(?:>>?|\btee\s+(?:-a\s+)?|\btar\s+-?\w*c\w*f\s*|\bzip\s+(?:-\w+\s+)*|\bcp\s+[^\n]*\s)\s*[\"']?([^\s\"';&|]+)"
)
_LOOPED = re.compile(r"\bfor\s+(\w+)\s+in\s+([^\n;]+)")


def worst_trust(line: str) -> Trust:
    """What the least trusted machine is that a line names; a drop or a bare number is ill."""
    found = [trust_of(url) for url in urls_in(line)]
    for trust in (Trust.ILL, Trust.ORDINARY, Trust.HERE, Trust.KNOWN):
        if trust in found:
            return trust
    return Trust.ILL if is_drop(line) or is_plain_address(line) else Trust.ORDINARY


def sent_by_shell(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    """Commands that send what was read from places of secrets, followed through variables and files."""
    tainted, strong = _tainted(text)
    for found in SEND.finditer(text):
        line = line_of(text, found.start())
        urls = urls_in(line)
        if urls and all(trust_of(url) is Trust.HERE for url in urls):
            continue
        drops = is_drop(line) or worst_trust(line) is Trust.ILL
        rule, severity = "flow.secret_sent", _BLOCK
        if is_strong(line) or _uses(line, strong):
            severity = _BLOCK
        elif DOTENV.search(line) or _uses(line, tainted):
            severity = _BLOCK if piece.is_run or drops else _WARN
        elif PASTEBOARD.search(line) or drops:
            rule = "flow.sent_to_drop"
            severity = _BLOCK if PASTEBOARD.search(line) or _GIVES.search(line) else _WARN
        else:
            continue
        yield finding(rule, severity, piece.file, piece.line_at(found.start(), text), line)


def _tainted(text: str) -> tuple[set[str], set[str]]:
    """Names of variables and files that hold what came from places of secrets, and those of the worst places."""
    tainted: set[str] = set()
    strong: set[str] = set()
    for each, listed in _LOOPED.findall(text):
        if is_source(listed):
            tainted.add(each)
            strong.update({each} if is_strong(listed) else set())
    for line in text.split("\n"):
        if is_source(line) or _uses(line, tainted):
            names = {name for name, _ in _ASSIGNED.findall(line)} | set(_WRITTEN.findall(line)) - {"/dev/null"}
            tainted |= names
            if is_strong(line) or _uses(line, strong):
                strong |= names
    return tainted, strong


def _uses(line: str, names: set[str]) -> bool:
    return any(
        re.search(
            rf"\$\{{?{re.escape(name)}\b" if name.isidentifier() else rf"(?<![\w/]){re.escape(name)}(?![\w])", line
        )
        for name in names
    )


def line_of(text: str, at: int) -> str:
    """The line of a text on which that place stands, without blanks around it."""
    end = text.find("\n", at)
    return text[text.rfind("\n", 0, at) + 1 : end if end >= 0 else len(text)].strip()
