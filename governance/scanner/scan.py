"""The scan itself: each file typed by its content, each piece given to the rules for its kind, the verdict drawn."""

import re
import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from governance.masking import keys_in
from governance.packages.package import Package, PackageFile, package_of
from governance.scanner.documents import words_of_document
from governance.scanner.kinds import MOST_TEXT_BYTES, ContentKind, certain, kind_of, text_of
from governance.scanner.pieces import PieceKind, ScanPiece, embedded, pieces_of, pieces_of_words
from governance.scanner.report import ScanFinding, ScanReport, ScanVerdict, finding
from governance.scanner.rules import sayings
from governance.scanner.rules.commands import command_findings
from governance.scanner.rules.hidden import hidden_findings
from governance.scanner.rules.hooks import hook_findings
from governance.scanner.rules.names import name_findings
from governance.scanner.rules.prose import prose_findings
from governance.scanner.rules.python import python_findings
from governance.scanner.rules.scripts import script_findings
from governance.scanner.together import sign_findings, signs_of, summed

MOST_FINDINGS = 200
_MOST_PIECES = 3_000
_HEAD = 3_000
_OPENED = re.compile(r'"runOn"\s*:\s*"folderOpen"')
"""A task of an editor that runs as soon as somebody opens the folder."""


def scan(package: Package) -> ScanReport:
    """Everything that is odd about a package, and the verdict: the worst of it. Runs nothing; takes about a second.

    It reads what somebody hostile wrote: outside of tests call it through `scan_within`.
    """
    began = time.perf_counter()
    found = [one for file in package.files for one in certain(file)]
    documents = {file.path: words_of_document(file) for file in package.files if kind_of(file) is ContentKind.DOCUMENT}
    found.extend(one for words in documents.values() for one in words.findings)
    is_example = _speaks_of_attacks(package)
    read = (piece for file in package.files for piece in _pieces(file))
    written = (piece for path, words in documents.items() for piece in pieces_of_words(path, words.shown, words.hidden))
    pieces = list(islice(chain(read, written), _MOST_PIECES))
    for piece in pieces:
        found.extend(_read(piece, is_example=is_example))
    if len(pieces) == _MOST_PIECES:
        found.append(finding("uncertain.many", ScanVerdict.WARN, ""))
    signs = signs_of(package, pieces, is_lesson=is_example)
    found.extend(sign_findings(signs))
    found.extend(summed(signs, found))
    if not package.files:
        found.append(finding("package.empty", ScanVerdict.WARN, ""))
    return _report(found, began, package.digest)


def scan_text(text: str, name: str = "text") -> ScanReport:
    """The same of one text that a model will read, such as the description of a tool; `name` says what it is."""
    return scan(package_of({f"{name}.md": (0o644, text.encode("utf-8", "replace"))}))


def _speaks_of_attacks(package: Package) -> bool:
    """Whether its own page says that it is about attacks, so that it has to show some."""
    page = package.file("SKILL.md")
    head = (text_of(page.content) or "")[:_HEAD] if page else ""
    return len(sayings.ABOUT.findall(head)) > 1


def _pieces(file: PackageFile) -> Iterator[ScanPiece]:
    if kind_of(file) is not ContentKind.TEXT:
        return
    text = text_of(file.content[:MOST_TEXT_BYTES]) or file.content[:MOST_TEXT_BYTES].decode("utf-8", "replace")
    yield from pieces_of(file, text)


def _read(piece: ScanPiece, *, is_example: bool) -> Iterator[ScanFinding]:
    yield from hidden_findings(piece)
    yield from hook_findings(piece)
    yield from name_findings(piece)
    if piece.kind in {PieceKind.PROSE, PieceKind.HIDDEN} or piece.language == "prose":
        yield from prose_findings(piece, is_example=is_example and piece.kind is not PieceKind.HIDDEN)
    yield from _code(piece)
    yield from _secrets(piece)


def _code(piece: ScanPiece) -> Iterator[ScanFinding]:
    if piece.language == "shell" or piece.kind is PieceKind.HIDDEN:
        yield from command_findings(piece)
        for inner in embedded(piece):
            yield from _code(inner)
    elif piece.language == "python":
        yield from python_findings(piece)
    elif piece.language == "settings":
        if piece.may_hold_commands:
            yield from command_findings(piece)
        if _OPENED.search(piece.text):
            yield finding("hook.agent", ScanVerdict.BLOCK, piece.file, piece.line, piece.text[:160])
    elif piece.language != "prose":
        yield from script_findings(piece)


def _secrets(piece: ScanPiece) -> Iterator[ScanFinding]:
    for found in keys_in(piece.text)[:5]:
        line = piece.line + piece.text.count("\n", 0, found.start)
        shown = piece.text[piece.text.rfind("\n", 0, found.start) + 1 : found.end]
        yield finding("secret.written", ScanVerdict.WARN, piece.file, line, shown[-200:])


def _report(found: Iterable[ScanFinding], began: float, digest: str) -> ScanReport:
    worst_of: dict[tuple[str, str, int], ScanFinding] = {}
    for one in found:
        key = (one.rule, one.file, one.line)
        if key not in worst_of or worst_of[key].severity.rank < one.severity.rank:
            worst_of[key] = one
    findings = sorted(worst_of.values(), key=lambda one: (-one.severity.rank, one.file, one.line, one.rule))
    worst = findings[0].severity if findings else ScanVerdict.OK
    return ScanReport(
        verdict=worst,
        findings=tuple(findings[:MOST_FINDINGS]),
        seconds=time.perf_counter() - began,
        digest=digest,
    )
