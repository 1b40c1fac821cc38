"""What words tell a model to do against the person it works for, in English, Chinese and Russian.

One sentence alone is often innocent: documentation quotes attacks, asks for keys and forbids things. So a sentence is
judged by what it wants (hide, send, obey, lower the guard), by whether it forbids that, and by whether it is quoted.
"""

import re
from collections.abc import Iterator

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.plain_words import plain_words
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules import sayings
from governance.scanner.rules.hosts import Trust, is_drop, trust_of, urls_in
from governance.scanner.rules.places import DOTENV, STRONG
from governance.scanner.rules.sentences import sentences

_BLOCK, _WARN, _OK = ScanVerdict.BLOCK, ScanVerdict.WARN, ScanVerdict.OK
_BEACON = re.compile(
    r"!\[[^\]]*\]\(https?://[^)\s]*[?&][^)\s]*(?:\{\{?|\$\{?|<|\[)[^)\n]{0,20}"
    r"(?:key|token|secret|e-?mail|user|data|conversation|summary|history|prompt)[^)\n]*\)",
    re.IGNORECASE,
)
"""A picture whose address carries something away as soon as it is shown."""
_PASTES = re.compile(
    r"(?:glot\.io|rentry\.(?:co|org)|pastebin\.com|paste\.ee|hastebin\.com|ghostbin|dpaste|ix\.io|termbin\.com)/\S",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"[\"“”'‘’`«»「」『』|]")


def prose_findings(piece: ScanPiece, *, is_example: bool) -> Iterator[ScanFinding]:
    """What the sentences of a piece ask for; `is_example` where the whole text is about attacks."""
    text = plain_words(piece.text)
    hidden = piece.kind is PieceKind.HIDDEN
    for sentence, at, lines in sentences(text):
        if len(sentence) < 6:  # noqa: PLR2004  # nothing is asked for in so few letters
            continue
        line = piece.line + lines
        around = text[max(0, at - 300) : at + len(sentence) + 200]
        for rule, severity in _wants(sentence, around, hidden=hidden, is_example=is_example):
            yield finding(rule, severity, piece.file, line, sentence)
    for found in list(_BEACON.finditer(text))[:3]:
        if trust_of(found[0]) not in {Trust.HERE, Trust.KNOWN} and not is_example:
            yield finding("prose.exfiltrate", _BLOCK, piece.file, piece.line_at(found.start(), text), found[0])
    for found in list(sayings.TEMPLATE.finditer(text))[:3]:
        severity = _OK if is_example or _is_quoted(text, found) else _BLOCK
        yield finding("prose.template", severity, piece.file, piece.line + text.count("\n", 0, found.start()), found[0])


def _wants(sentence: str, around: str, *, hidden: bool, is_example: bool) -> Iterator[tuple[str, ScanVerdict]]:
    override = sayings.OVERRIDE.search(sentence)
    if override:
        lowered = (
            is_example
            or sayings.EXAMPLE.search(around)
            or _is_quoted(sentence, override)
            or _forbids(sentence, override)
        )
        yield "prose.override", _OK if lowered else _BLOCK
    conceals = sayings.CONCEAL.search(sentence)
    quietly = sayings.QUIETLY.search(sentence)
    sends = sayings.SEND.search(sentence)
    before = sayings.BEFORE.search(sentence)
    takes = _takes(sentence) if conceals or quietly or sends or before or hidden else None
    if conceals or quietly:
        yield "prose.conceal", _behind(sentence, around, conceals or quietly, hidden=hidden, is_example=is_example)
    if takes and sends and not _forbids(sentence, sends):
        yield "prose.exfiltrate", _sent_where(sentence, around, is_example=is_example)
    elif takes and (before or hidden) and sayings.READS.search(sentence) and not _forbids(sentence, takes):
        named = STRONG.search(sentence) or DOTENV.search(sentence)
        yield "prose.exfiltrate", _WARN if is_example else _BLOCK if named or hidden else _OK
    if _PASTES.search(sentence) and sayings.TYPES.search(sentence) and not is_example:
        yield "prose.clickfix", _BLOCK
    yield from _lowers(sentence, around, hidden=hidden, is_example=is_example)


def _behind(sentence: str, around: str, found: re.Match[str] | None, *, hidden: bool, is_example: bool) -> ScanVerdict:
    """How bad it is that something is to be done so that nobody hears of it: by what is to be done."""
    if found is None or sayings.HARMLESS_SILENCE.search(sentence):
        return _OK
    is_told = sayings.CONCEAL.search(sentence) is not None
    hard = sayings.ACTS_HARD.search(sentence) or (is_told and (hidden or sayings.ACTS_HARD.search(around)))
    takes = _takes(sentence) and sayings.SEND.search(sentence)
    if not (hard or takes):
        return _WARN if (hidden or is_told) and sayings.ACTS.search(sentence) else _OK
    if is_example or _forbids(sentence, found) or sayings.EXAMPLE.search(around):
        return _WARN
    return _BLOCK if hidden or takes or sayings.ACTS_HARD.search(sentence) or is_told else _WARN


def _takes(sentence: str) -> re.Match[str] | None:
    return STRONG.search(sentence) or DOTENV.search(sentence) or sayings.PRIVATE.search(sentence)


def _sent_where(sentence: str, around: str, *, is_example: bool) -> ScanVerdict:
    """How bad it is that somebody's secrets go there."""
    if is_example or sayings.EXAMPLE.search(around):
        return _WARN
    urls = urls_in(sentence) or urls_in(around)
    if is_drop(sentence) or sayings.MAILBOX.search(sentence) or any(trust_of(url) is Trust.ILL for url in urls):
        return _BLOCK
    if urls and all(trust_of(url) in {Trust.HERE, Trust.KNOWN} for url in urls):
        return _OK
    if urls or sayings.AWAY.search(sentence):
        return _BLOCK
    return _OK


def _lowers(sentence: str, around: str, *, hidden: bool, is_example: bool) -> Iterator[tuple[str, ScanVerdict]]:
    for rule, pattern, severity in (
        ("prose.jailbreak", sayings.JAILBREAK, _BLOCK),
        ("prose.bypass", sayings.BYPASS, _WARN),
        ("prose.clickfix", sayings.CLICKFIX, _BLOCK),
        ("prose.money", sayings.MONEY, _BLOCK),
        ("prose.plants", sayings.PLANTS, _WARN),
    ):
        found = pattern.search(sentence)
        if not found:
            continue
        lowered = (
            is_example or _is_quoted(sentence, found) or _forbids(sentence, found) or sayings.EXAMPLE.search(around)
        )
        if lowered:
            yield rule, _OK
        elif (severity is _WARN and (hidden or (rule != "prose.plants" and sayings.CONCEAL.search(around)))) or (
            rule == "prose.plants" and sayings.PLANTED.search(sentence)
        ):
            yield rule, _BLOCK
        else:
            yield rule, severity
    if hidden and sayings.ORDERS.search(sentence) and sayings.ACTS_HARD.search(sentence):
        yield "hidden.order", _BLOCK


def _is_quoted(text: str, found: re.Match[str]) -> bool:
    """Whether what was found stands between quotes, or in a row of a table."""
    before = text[max(0, found.start() - 120) : found.start()].rpartition("\n")[2]
    after = text[found.end() : found.end() + 120].partition("\n")[0]
    return bool(_QUOTES.search(before) and _QUOTES.search(after))


def _forbids(sentence: str, found: re.Match[str]) -> bool:
    """Whether what was found is what must not be done."""
    return bool(sayings.FORBIDS.search(sentence[max(0, found.start() - 60) : found.start()]))
