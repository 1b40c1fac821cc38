"""JavaScript and other languages, statement by statement: JavaScript's texts and calls come from its grammar.

What a statement reads from a place of secrets goes into the names it gives values to, and from there into calls that
send. Comments are left out; a statement goes on over lines while its brackets are open.
"""

import re
from collections.abc import Iterator

from governance.scanner.pieces import ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.commands import command_findings
from governance.scanner.rules.hosts import Trust, is_drop, is_plain_address, trust_of, urls_in
from governance.scanner.rules.places import DOTENV, HARVEST, is_strong
from governance.scanner.rules.written_patterns import WrittenPattern

_BLOCK, _WARN = ScanVerdict.BLOCK, ScanVerdict.WARN
_COMMENTS = re.compile(
    r"/\*.*?\*/|(?<![:\"'`\w])//[^\n]*|^\s*(?:#|--|REM\b|::)[^\n]*", re.DOTALL | re.MULTILINE | re.IGNORECASE
)
_GIVEN = WrittenPattern("scripts.given")
_SENDS = WrittenPattern("scripts.sends")
_SPEAKS = WrittenPattern("scripts.speaks")
_DECODED_RUN = WrittenPattern("scripts.decoded_run")
_FETCHED_RUN = WrittenPattern("scripts.fetched_run")
_REVERSE = WrittenPattern("scripts.reverse")
_RUNS_TEXT = WrittenPattern("scripts.runs_text")
_ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2}){3,}|(?:\\u00[0-9a-fA-F]{2}){3,}")
_JOINS = re.compile(r"\[((?:\s*[\"'][^\"'\n]*[\"']\s*,?)+)\]\s*\.join\(\s*[\"'][\"']\s*\)")
_ADDED = re.compile(r"[\"']([^\"'\n]*)[\"']\s*\+\s*[\"']([^\"'\n]*)[\"']")
_CONSTANTS = re.compile(r"\b(\w+)\s*=\s*[\"']([^\"'\n]{1,200})[\"']")
_TEMPLATED = re.compile(r"\$\{(\w+)\}")
_MOST_ROUNDS = 6
_TRICKS = re.compile(
    r"display dialog[^\n]*(?:hidden answer|password)|osascript[^\n]*password|System Events[^\n]*keystroke",
    re.IGNORECASE,
)
_EVALUATES = re.compile(r"\b(?:new\s+)?Function\s*\(\s*[a-z]\w*\s*\)|(?<![.\w])eval\s*\(\s*[a-z]\w*\s*\)")
_GETS = re.compile(r"\bfetch\s*\(|\bhttps?\.get\s*\(|\baxios\b")
_MANGLED = re.compile(r"(?:var|const|let|function)\s+_0x[0-9a-f]{3,}\s*[=(]")
_MOST_STATEMENT = 6_000
_MOST_NAMES = 12
"""A statement that gives values to more names is a whole module, and tells nothing."""


def script_findings(piece: ScanPiece) -> Iterator[ScanFinding]:
    """What code that is neither shell nor Python does."""
    text = _folded(_COMMENTS.sub(lambda one: "\n" * one[0].count("\n"), piece.text))
    for rule, pattern, severity in (
        ("code.decoded_run", _DECODED_RUN, _BLOCK),
        ("code.fetched_run", _FETCHED_RUN, _BLOCK),
        ("command.reverse_shell", _REVERSE, _BLOCK),
        ("code.watches_person", _TRICKS, _BLOCK),
    ):
        for found in list(pattern.finditer(text))[:4]:
            yield finding(
                rule, severity if piece.is_run else _WARN, piece.file, piece.line_at(found.start(), text), found[0]
            )
    if piece.language in {"powershell", "batch"}:
        yield from command_findings(
            ScanPiece(file=piece.file, kind=piece.kind, language=piece.language, text=text, line=piece.line)
        )
    evaluated, mangled = _EVALUATES.search(text), _MANGLED.search(text)
    if evaluated and _GETS.search(text):
        line = piece.line_at(evaluated.start(), text)
        yield finding("code.fetched_run", _BLOCK if piece.is_run else _WARN, piece.file, line, evaluated[0])
    if mangled and piece.is_run:
        yield finding("code.decoded_run", _BLOCK, piece.file, piece.line_at(mangled.start(), text), mangled[0])
    yield from _flows(piece, text)
    yield from _commands(piece, text)


def _folded(text: str) -> str:
    """The text with what it puts together put together: texts added or joined, escapes, constants in templates."""
    plain = _ESCAPES.sub(
        lambda run: bytes.fromhex(re.sub(r"\\x|\\u00", "", run[0])).decode("latin-1").replace("\n", " "), text
    )
    plain = _JOINS.sub(lambda found: '"' + "".join(re.findall(r"[\"']([^\"']*)[\"']", found[1])) + '"', plain)
    for _ in range(_MOST_ROUNDS):
        added = _ADDED.sub(lambda found: f'"{found[1]}{found[2]}"', plain)
        if added == plain:
            break
        plain = added
    held = dict(_CONSTANTS.findall(plain)[:200])
    return _TEMPLATED.sub(lambda found: held.get(found[1], found[0]), plain) if held else plain


def _commands(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    """Commands that code hands to a shell, as what they are."""
    for found in list(_RUNS_TEXT.finditer(text))[:40]:
        command = found[2]
        if found[3]:
            command += " " + " ".join(re.findall(r"[\"'`]([^\"'`]*)[\"'`]", found[3]))
        line = piece.line + text.count("\n", 0, found.start())
        inner = ScanPiece(
            file=piece.file, kind=piece.kind, language="shell", text=command.replace("\\n", "\n"), line=line
        )
        yield from command_findings(inner)


def _flows(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    if not _SPEAKS.search(text):
        return
    pieces = list(_statements(text))
    strong, weak = _tainted([statement for statement, _ in pieces])
    for statement, line in pieces:
        if not _SENDS.search(statement) or len(statement) > _MOST_STATEMENT:
            continue
        urls = urls_in(statement)
        drops = is_drop(statement) or any(trust_of(url) is Trust.ILL for url in urls) or is_plain_address(statement)
        if urls and all(trust_of(url) is Trust.HERE for url in urls):
            continue
        if is_strong(statement) or _uses(statement, strong):
            yield finding(
                "flow.secret_sent", _BLOCK if piece.is_run or drops else _WARN, piece.file, piece.line + line, statement
            )
        elif DOTENV.search(statement) or _uses(statement, weak):
            yield finding("flow.secret_sent", _BLOCK if drops else _WARN, piece.file, piece.line + line, statement)
        elif drops and re.search(r"POST|body|data|write|send", statement):
            yield finding(
                "flow.sent_to_drop", _BLOCK if piece.is_run else _WARN, piece.file, piece.line + line, statement
            )


def _tainted(statements: list[str]) -> tuple[set[str], set[str]]:
    """The names that hold what came from places of secrets, and those that hold settings of a project."""
    strong: set[str] = set()
    weak: set[str] = set()
    given = []
    for statement in statements:
        names = {
            name
            for one in _GIVEN.finditer(statement)
            for part in one.groups()
            if part
            for name in re.findall(r"\w+", part)
        }
        if names and len(names) <= _MOST_NAMES:
            is_weak = bool(DOTENV.search(statement) or HARVEST.search(statement))
            given.append((names, set(re.findall(r"\w+", statement)), is_strong(statement), is_weak))
    for _ in range(3):
        for names, used, own_strong, own_weak in given:
            if own_strong or used & strong:
                strong |= names
            elif own_weak or used & weak:
                weak |= names
    return strong, weak


def _uses(statement: str, names: set[str]) -> bool:
    return bool(names & set(re.findall(r"\w+", statement)))


def _statements(text: str) -> Iterator[tuple[str, int]]:
    """Statements with the line on which each begins: lines, joined while round or square brackets are open."""
    held: list[str] = []
    began = depth = 0
    for number, line in enumerate(text.split("\n")):
        if not held:
            began = number
        held.append(line)
        depth += sum(line.count(sign) for sign in "([") - sum(line.count(sign) for sign in ")]")
        if depth <= 0 or len(held) > 40 or re.search(r"(?:=>|\))\s*\{\s*$|function[^\n]*\{\s*$", line):  # noqa: PLR2004  # lines
            yield "\n".join(held), began
            held, depth = [], 0
    if held:
        yield "\n".join(held), began
