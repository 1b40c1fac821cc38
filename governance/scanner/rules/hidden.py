"""What nobody sees: tag characters, joiners and marks in a row, letters that are not what they seem, encoded texts."""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

from channels.text.visible import mixed_words
from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.plain_words import tagged_words
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules import sayings
from governance.scanner.rules.commands import command_findings
from governance.scanner.rules.prose import prose_findings
from governance.scanner.rules.written_patterns import WrittenPattern

_BLOCK, _WARN, _OK = ScanVerdict.BLOCK, ScanVerdict.WARN, ScanVerdict.OK
_RUN = re.compile("[\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\U000e0100-\U000e01ef\u180e\ufeff]{6,}")
_INSIDE = re.compile("(?<=[A-Za-z])[\u200b-\u200d\u2060\ufeff\u00ad](?=[A-Za-z])")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]{2,8}")
_BASE64 = re.compile(r"(?<![\w+/=:.-])(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![\w+/=])")
_HEX = re.compile(r"(?<![\w#])(?:(?:\\x)?[0-9a-fA-F]{2}){24,}(?![\w])")
_READABLE = 0.95
_TELLING = WrittenPattern("hidden.telling")
_MOST_BLOBS = 40


def hidden_findings(piece: ScanPiece) -> Iterator[ScanFinding]:
    """What a piece hides from eyes."""
    text = piece.text
    if not text.isascii():
        yield from _unseen(piece, text)
    yield from _encoded(piece, text)


def _unseen(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    bare = _FLAG.sub("", text)
    if tagged := tagged_words(bare):
        yield finding("hidden.tags", _BLOCK, piece.file, piece.line_at(_first_tag(text), text), tagged)
    for found in list(_RUN.finditer(bare))[:2]:
        yield finding("hidden.run", _BLOCK, piece.file, piece.line_at(found.start(), bare), found[0])
    inside = list(_INSIDE.finditer(text))
    if inside:
        severity = _BLOCK if piece.is_run or len(inside) > 2 else _WARN  # noqa: PLR2004  # one slip of an editor is none
        at = inside[0].start()
        yield finding("hidden.inside", severity, piece.file, piece.line_at(at, text), text[max(0, at - 30) : at + 30])
    turns = _TURNS.search(text)
    if turns and not re.search("[\u0590-\u08ff]", text):
        at = turns.start()
        severity = _BLOCK if piece.language not in {"prose", "markdown"} else _WARN
        yield finding("hidden.turns", severity, piece.file, piece.line_at(at, text), text[max(0, at - 40) : at + 40])
    yield from _alike(piece, text)


def _first_tag(text: str) -> int:
    return next((at for at, sign in enumerate(text) if "\U000e0020" <= sign <= "\U000e007e"), 0)


def _alike(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    """Words with letters of two scripts; in a text that is mostly of the other one they are slips."""
    words = [word for word in mixed_words(text) if "Cyrillic" in word or "Greek" in word]
    letters = sum(1 for sign in text if "\u0370" <= sign <= "\u052f")
    if not words or letters > 40 * len(words):
        return
    shown = words[0].partition(" ")[0]
    at = max(text.find(shown), 0)
    is_math = all(re.search(r"[μαβγδεθλπρσφωΔΣΩ]", word) and not re.search(r"Cyrillic", word) for word in words)
    if is_math:
        return
    in_address = re.search(
        rf"(?:https?://|@|pip3? install|npm (?:i|install)|import|from)\s*\S*{re.escape(shown)}", text
    )
    severity = _BLOCK if in_address or piece.is_run or len(words) > 2 else _WARN  # noqa: PLR2004  # several are no slip
    yield finding("hidden.look_alike", severity, piece.file, piece.line_at(at, text), words[0])


def _encoded(piece: ScanPiece, text: str) -> Iterator[ScanFinding]:
    """Texts in base64 or hexadecimal that become words of a model or a shell."""
    for pattern in (_BASE64, _HEX):
        for found in list(pattern.finditer(text))[:_MOST_BLOBS]:
            inner = decoded(found[0])
            if not inner:
                continue
            line = piece.line + text.count("\n", 0, found.start())
            within = ScanPiece(file=piece.file, kind=PieceKind.HIDDEN, language="shell", text=inner, line=line)
            worse = [*prose_findings(within, is_example=False), *command_findings(within)]
            if any(one.severity is _BLOCK for one in worse) or re.search(r"\|\s*(?:ba)?sh|/dev/tcp|https?://\d", inner):
                yield finding("hidden.encoded", _BLOCK, piece.file, line, inner)
            elif _TELLING.search(inner) and (piece.kind is PieceKind.PROSE or sayings.ORDERS.search(inner)):
                yield finding("hidden.encoded", _WARN, piece.file, line, inner)


def decoded(blob: str) -> str:
    """The text that a blob of base64 or hexadecimal is; empty where it is none."""
    try:
        plain = (
            bytes.fromhex(blob.replace("\\x", "")) if _HEX.fullmatch(blob) else base64.b64decode(blob, validate=True)
        )
        text = plain.decode()
    except (binascii.Error, ValueError):
        return ""
    seen = sum(sign.isprintable() or sign in "\n\t\r" for sign in text)
    if not text or seen < _READABLE * len(text) or not any(unicodedata.category(sign).startswith("L") for sign in text):
        return ""
    if re.fullmatch(r"[A-Za-z0-9+/=\n]{32,}", text):
        return decoded(text.strip()) or text
    return text
