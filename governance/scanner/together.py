"""What several weak signs of a skill are worth together: one alone warns, enough of them block.

Each kind of sign counts once, by its worst; so a long page that does one odd thing many times is no worse than a short
one, and a skill that asks for silence, speaks to a machine that no page names and stays behind is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from governance.packages.package import Package
from governance.scanner.kinds import text_of
from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.asks import asked
from governance.scanner.rules.concepts import mentions_in
from governance.scanner.rules.deeds import deeds, host_words
from governance.scanner.rules.signs import Sign

BLOCKS_ALONE, WARNS_ALONE, BLOCKS_TOGETHER = 6, 4, 8
_LEAST_THAT_COUNTS = 2
_MOST_OF_ONE, _MOST_OF_A_PLACE = 5, 2
_FRONT = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---\s*\n(?:\s*#\s+([^\n]*))?", re.DOTALL)
_LICENCE = re.compile(r"(?:^|/)(?:licen[cs]e|notice|copying|changelog)[^/]*$|\.(?:bib|bst|cls|sty)$", re.IGNORECASE)
_MOST_SAID = 400_000
_LESS_IN_A_LESSON = 2
_WARNINGS = {
    "code.fetched_run": 3,
    "command.disguised": 3,
    "command.fetched_run": 3,
    "command.hides": 2,
    "command.never": 2,
    "command.persists": 2,
    "command.plants_words": 2,
    "command.privilege": 3,
    "command.reads_secret": 2,
    "command.reverse_shell": 3,
    "command.staged": 3,
    "command.tunnel": 2,
    "command.weakens": 2,
    "flow.secret_sent": 3,
    "flow.sent_to_drop": 3,
    "hidden.encoded": 2,
    "hidden.inside": 2,
    "hidden.look_alike": 2,
    "hook.agent": 2,
    "hook.install": 3,
    "hook.server": 2,
    "hook.start": 3,
    "package.source": 3,
    "prose.bypass": 2,
    "prose.conceal": 3,
    "prose.exfiltrate": 3,
    "prose.plants": 2,
    "uncertain.program": 2,
}
"""What a warning of another rule is worth beside others."""
_SAME = {
    "flow.secret_sent": "does.sends",
    "flow.sent_to_drop": "does.sends",
    "prose.conceal": "asks.hides",
    "prose.exfiltrate": "asks.sends",
    "prose.bypass": "asks.lowers",
    "prose.plants": "asks.stays",
    "command.persists": "does.stays",
    "command.plants_words": "does.stays",
}
"""Rules that see the same as another, so that it does not count twice."""


def signs_of(package: Package, pieces: Sequence[ScanPiece], *, is_lesson: bool) -> list[Sign]:
    """What a whole skill asks for and does; `is_lesson` where it is about attacks, so that it has to show some."""
    page = package.file("SKILL.md")
    front = _FRONT.match(text_of(page.content) or "") if page else None
    about = [part for part in front.groups() if part] if front else []
    declared = frozenset(one.concept for part in about for one in mentions_in(part))
    own_hosts = host_words(about)
    blocks: dict[str, list[int]] = {}
    for piece in pieces:
        if piece.kind is PieceKind.BLOCK:
            blocks.setdefault(piece.file, []).append(piece.line)
    words = [
        piece
        for piece in pieces
        if (piece.kind is PieceKind.PROSE or piece.language == "prose") and not _LICENCE.search(piece.file)
    ]
    found = [sign for piece in words for sign in asked(piece, declared, own_hosts, blocks.get(piece.file, ()))]
    less = _LESS_IN_A_LESSON if is_lesson else 0
    said = "\n".join(piece.text for piece in words)[:_MOST_SAID]
    heard = [replace(sign, points=sign.points - less) for sign in found if sign.points > less]
    return [*heard, *deeds(pieces, own_hosts, said)]


def sign_findings(signs: Iterable[Sign]) -> Iterator[ScanFinding]:
    """Signs that tell enough alone, as findings."""
    for sign in signs:
        if sign.points >= WARNS_ALONE:
            severity = ScanVerdict.BLOCK if sign.points >= BLOCKS_ALONE else ScanVerdict.WARN
            yield finding(sign.rule, severity, sign.file, sign.line, sign.shown)


def summed(signs: Iterable[Sign], found: Iterable[ScanFinding]) -> Iterator[ScanFinding]:
    """A block where the signs and warnings are enough together, and each of those that made it so as a warning."""
    worst: dict[str, Sign] = {}
    places: dict[tuple[str, int], list[Sign]] = {}
    warned = [
        Sign(rule=one.rule, points=_WARNINGS[one.rule], file=one.file, line=one.line, shown=one.snippet)
        for one in found
        if one.severity is ScanVerdict.WARN and one.rule in _WARNINGS
    ]
    for sign in [*signs, *warned]:
        places.setdefault((sign.file, sign.line), []).append(sign)
    for sign in (one for each in places.values() for one in sorted(each, key=_by_points)[-_MOST_OF_A_PLACE:]):
        kind = _SAME.get(sign.rule, sign.rule)
        if sign.points >= _LEAST_THAT_COUNTS and (kind not in worst or worst[kind].points < sign.points):
            worst[kind] = sign
    total = sum(min(_MOST_OF_ONE, sign.points) for sign in worst.values())
    if total < BLOCKS_TOGETHER or len(worst) < 2:  # noqa: PLR2004  # several
        return
    for sign in worst.values():
        yield finding(sign.rule, ScanVerdict.WARN, sign.file, sign.line, sign.shown)
    most = max(worst.values(), key=_by_points)
    yield finding("skill.together", ScanVerdict.BLOCK, most.file, most.line, most.shown, count=str(len(worst)))


def _by_points(sign: Sign) -> int:
    return sign.points
