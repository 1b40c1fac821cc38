"""Shell, wherever it stands: read by the guard's own reader, and by what only somebody hostile writes in one line."""

import re
from collections.abc import Iterator

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.hosts import Trust, trust_of, urls_in
from governance.scanner.rules.sending import SEND, line_of, sent_by_shell, worst_trust
from governance.scanner.rules.written_patterns import WrittenPattern
from governance.shell.grammar.tree import MAX_BYTES
from governance.shell.scope import Findings, Scope, ShellSurroundings
from governance.values.verdicts import Refused

_WORK = "/work"
_BLOCK, _WARN = ScanVerdict.BLOCK, ScanVerdict.WARN
_PIPED = WrittenPattern("commands.piped")
_DECODED = WrittenPattern("commands.decoded")
_REVERSE = WrittenPattern("commands.reverse")
_EXAMPLE_HOST = WrittenPattern("commands.example_host")
_MINER = WrittenPattern("commands.miner")
_STAGED = WrittenPattern("commands.staged")
_QUIET = re.compile(
    r">\s*/dev/null\s+2>&1\s*&|&>\s*/dev/null\s*&|\bnohup\b|\bdisown\b|\|\|\s*true|2>/dev/null|-WindowStyle\s+Hidden",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"\bnohup\b|\bdisown\b|>\s*/dev/null\s+2>&1\s*&(?!&)|&>\s*/dev/null\s*&(?!&)|-W(?:indowStyle)?\s+Hidden",
    re.IGNORECASE,
)
_TIMED = re.compile(r"crontab|/etc/cron|LaunchAgents|schtasks|\.(?:bashrc|zshrc|profile)\b")
_PUTS_KEY = re.compile(r"(?:>>|\btee\s+-a)\s*[\"']?\S*\.ssh/authorized_keys")
_PERSISTS = WrittenPattern("commands.persists")
_START_FILES = re.compile(r"\.(?:bashrc|zshrc|bash_profile|profile|zprofile|zshenv)")
_SPEAKS = re.compile(r"\b(?:curl|wget|nc|ncat)\s")
_PLANTS_WORDS = WrittenPattern("commands.plants_words")
_PRIVILEGE = re.compile(
    r"(?:>>?|\btee\b)[^\n]*/etc/sudoers|NOPASSWD[^\n]*(?:>>?|\btee\b)|\bdocker\s+run\b[^\n]*-v\s+/:/\S*[^\n]*chroot"
)
_WEAKENS_HARD = WrittenPattern("commands.weakens_hard")
_WEAKENS = WrittenPattern("commands.weakens")
_DESTROYS = WrittenPattern("commands.destroys")
_BY_WORD: dict[str, tuple[str, ScanVerdict]] = {
    "shell.hands_shell": ("command.reverse_shell", _BLOCK),
    "shell.reverse_shell": ("command.reverse_shell", _BLOCK),
    "shell.opens_connection": ("command.reverse_shell", _BLOCK),
    "shell.text_connection": ("command.reverse_shell", _BLOCK),
    "shell.code_shell": ("command.reverse_shell", _BLOCK),
    "shell.code_bomb": ("command.destroys", _BLOCK),
    "shell.function_bomb": ("command.destroys", _BLOCK),
    "shell.text_bomb": ("command.destroys", _BLOCK),
    "shell.text_removes": ("command.destroys", _BLOCK),
    "shell.code_removes": ("command.destroys", _BLOCK),
    "shell.writes_device": ("command.destroys", _BLOCK),
    "shell.text_device": ("command.destroys", _BLOCK),
    "shell.code_device": ("command.destroys", _BLOCK),
    "shell.formats": ("command.destroys", _WARN),
    "shell.feeds_download": ("command.disguised", _WARN),
    "shell.feeds_decoded": ("command.decoded", _BLOCK),
    "elsewhere.hides": ("command.hides", _WARN),
    "shell.runs_arrived": ("command.staged", _WARN),
    "shell.hides_traces": ("command.weakens", _WARN),
    "elsewhere.traces": ("command.weakens", _WARN),
    "shell.writes_obeyed": ("command.persists", _WARN),
    "elsewhere.persists": ("command.persists", _WARN),
    "shell.plants": ("command.persists", ScanVerdict.OK),
    "shell.metadata": ("command.metadata", _WARN),
    "shell.code_metadata": ("command.metadata", _WARN),
    "shell.shows_secrets": ("command.reads_secret", _WARN),
    "shell.reads_secret": ("command.reads_secret", _WARN),
    "shell.hijack": ("command.hijack", ScanVerdict.OK),
    "elsewhere.tunnel": ("command.tunnel", _WARN),
    "shell.setuid": ("command.privilege", _WARN),
}
"""What the guard says of a command that counts in a file as well, and how much."""
_CONTINUED = re.compile(r"(?:[^\n]*\\\n)+[^\n]*")
_PUT_TOGETHER = frozenset({"shell.composed_program", "shell.unknown_commands", "shell.unknown_program"})
_UNCHECKED = re.compile(r"\s-k\b|--insecure|--no-check-certificate")
_QUOTED = re.compile(r"^(.*?)`([^`]{4,})`")


def command_findings(piece: ScanPiece) -> Iterator[ScanFinding]:
    """What the shell in a piece would do."""
    text = _uncommented(piece.text)
    yield from _judged(piece, text)
    yield from _fetched(piece, text)
    for rule, pattern, hard in (
        ("command.decoded", _DECODED, True),
        ("command.miner", _MINER, True),
        ("command.destroys", _DESTROYS, True),
        ("command.puts_key", _PUTS_KEY, True),
        ("command.privilege", _PRIVILEGE, True),
        ("command.weakens", _WEAKENS_HARD, True),
        ("command.persists", _PERSISTS, False),
        ("command.plants_words", _PLANTS_WORDS, False),
        ("command.weakens", _WEAKENS, False),
    ):
        for found in list(pattern.finditer(text))[:5]:
            severity = _weight(piece, found[0], hard=hard)
            if rule == "command.persists" and piece.is_run and _speaks_later(found[0], text):
                severity = _BLOCK
            yield finding(rule, severity, piece.file, piece.line_at(found.start(), text), _line_of(text, found))
    for found in list(_REVERSE.finditer(text))[:5]:
        is_example = not piece.is_run and _EXAMPLE_HOST.search(_line_of(text, found))
        severity = _WARN if is_example else _BLOCK
        yield finding(
            "command.reverse_shell", severity, piece.file, piece.line_at(found.start(), text), _line_of(text, found)
        )
    yield from sent_by_shell(piece, text)


def _speaks_later(planted: str, text: str) -> bool:
    """Whether what is planted by that line may speak to others later; start files only where something is sent."""
    return bool((SEND if _START_FILES.search(planted) else _SPEAKS).search(text))


def _weight(piece: ScanPiece, line: str, *, hard: bool) -> ScanVerdict:
    """A hard sign blocks unless it is only shown as an example; a soft one blocks only where it is out of sight."""
    if piece.kind is PieceKind.HIDDEN:
        return _BLOCK
    if hard:
        return _BLOCK if piece.is_run or not _EXAMPLE_HOST.search(line) else _WARN
    return _WARN


def _judged(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    """What the guard's reader says; it is told that nothing contains the command but that network is fine."""
    from governance.shell.walk import Walker  # noqa: PLC0415  # the parser loads with the first command

    if piece.language != "shell" or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return
    around = ShellSurroundings(workspace=_WORK, contained=True, network=True, undoable=True)
    findings = Findings(contained=True, undoable=True)
    try:
        Walker(Scope(places=frozenset({_WORK})), around, findings).script(text)
    except RecursionError:
        yield finding("uncertain.nested", _WARN, piece.file, piece.line)
        return
    words = {word for verdict in findings.verdicts for word in verdict.because.words}
    if piece.is_run and words & _PUT_TOGETHER:
        for contact in findings.contacts:
            if trust_of(f"https://{contact.host}") is Trust.ILL:
                yield finding("command.disguised", _BLOCK, piece.file, piece.line, contact.program)
    for verdict in findings.verdicts:
        for word in verdict.because.words:
            if word in _BY_WORD or (isinstance(verdict, Refused) and word.startswith("shell.")):
                yield from _weighed(piece, text, word, str(verdict.because))


def _weighed(piece: ScanPiece, text: str, word: str, said: str) -> Iterator[ScanFinding]:
    """What the guard said by that word, as a finding, and how bad it is here."""
    rule, severity = _BY_WORD.get(word, ("command.never", _WARN))
    quoted = _QUOTED.match(said)
    at = text.find(quoted[2].rstrip("…").split("  ")[0][:24]) if quoted else -1
    line = line_of(text, max(at, 0))
    if rule == "command.disguised":
        if _PIPED.search(text):
            return
        severity = _BLOCK if piece.is_run else _WARN
    if rule == "command.reads_secret" and piece.kind in {PieceKind.AUTORUN, PieceKind.HIDDEN}:
        severity = _BLOCK
    if rule == "command.never" and piece.is_run:
        severity = _BLOCK
    if severity is _BLOCK and not piece.is_run and (_EXAMPLE_HOST.search(line) or at < 0):
        severity = _WARN
    yield finding(rule, severity, piece.file, piece.line_at(max(at, 0), text), line if at >= 0 else said)


def _fetched(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    for pattern, rule in ((_PIPED, "command.fetched_run"), (_STAGED, "command.staged")):
        for found in list(pattern.finditer(text))[:8]:
            line = found[0] if pattern is _STAGED else _line_of(text, found)
            severity = _of_fetched(piece, line, is_piped=pattern is _PIPED)
            yield finding(rule, severity, piece.file, piece.line_at(found.start(), text), line)


def _of_fetched(piece: ScanPiece, line: str, *, is_piped: bool) -> ScanVerdict:
    """How bad it is to run what that line fetches: by whence it comes, and by whether anybody would see it."""
    trust = worst_trust(line)
    if trust is Trust.ILL or _UNCHECKED.search(line):
        return _BLOCK
    if trust in {Trust.KNOWN, Trust.HERE}:
        return ScanVerdict.OK
    if "http://" in line or _UNSEEN.search(line) or _TIMED.search(line):
        return _BLOCK
    if piece.is_run and (_QUIET.search(line) or piece.kind is not PieceKind.SCRIPT):
        return _BLOCK
    return _BLOCK if piece.kind is PieceKind.SCRIPT and (is_piped or "chmod" in line) and urls_in(line) else _WARN


def _uncommented(text: str) -> str:
    """Without comments that take whole lines, and with continued lines as one."""
    kept = re.sub(r"^[ \t]*#(?!!).*$", "", text, flags=re.MULTILINE)
    return _CONTINUED.sub(_joined, kept) if "\\\n" in kept else kept


def _joined(lines: re.Match[str]) -> str:
    """One line, and empty ones for those it took, so that the next keeps its number."""
    return re.sub(r"\\\n[ \t]*", " ", lines[0]) + "\n" * lines[0].count("\\\n")


def _line_of(text: str, found: re.Match[str]) -> str:
    return line_of(text, found.start())
