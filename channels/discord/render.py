"""Markdown and cards in Discord's dialect, so that nothing a person or a model wrote can do more than be read.

Nobody is notified by our words whatever they hold: every message says `allowed_mentions: none`. What is written here
keeps them from looking like a mention, a spoiler or a link to somewhere else.
Facts: support.discord.com, "Markdown Text 101"; discord.com/developers/docs/reference#message-formatting.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from channels.base import MessageRefused, Traits
from channels.markdown.words import JOINER, aligned, dedented, end_of_fence, rows_of, widths_of
from channels.messages import BodyKind, Card, Outbound, Tone, when_cut
from channels.split import measure, split_text

MAX_CONTENT = 2000
MAX_TEXT = 1900
"""What we are given at most; the rest is for the signs that escape others."""
MAX_LABEL, ROW = 80, 5
STYLES = {Tone.PRIMARY: 3, Tone.DANGER: 4, Tone.NEUTRAL: 2}
_HIDDEN = {
    "en": "… {count} characters do not fit here; SHA-256 of the whole begins with {digest}.",
    "zh": "……此处放不下 {count} 个字符；全文的 SHA-256 以 {digest} 开头。",
}
WHOLE = Traits(max_text=MAX_CONTENT, counts_utf16=True)
"""What one message takes; Discord does not say in which units, so the shorter reading holds."""

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})[ \t]*([\w+#.-]*)([^`]*)$")
_DEEP_HEADING = re.compile(r"^\s{0,3}#{4,6}\s+(.+?)\s*#*$")
_RULE = re.compile(r"^\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_TASK = re.compile(r"^(\s*[-*+] )\[([ xX])\]\s+")
_QUOTE_ALL = re.compile(r"^(\s*)(?:>\s?)(?:>\s?)+")
_DIVIDER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")
_URL = re.compile(r"https?://[^\s<]+[^<.,:;\"'\])\s]")
_OUTSIDE = re.compile(
    r"""(?P<kept>\\[!-/:-@\[-`{-~])
    |(?P<image>!(?=\[[^\[\]\n]*\]\())
    |\[(?P<label>[^\[\]\n]+)\]\(<?(?P<url>https?://[^\s()<>]+)>?\)
    |(?<!\w)__(?=\S)(?P<heavy>[^_\n]+?)(?<=\S)__(?!\w)
    |(?P<spoiler>\|\|)
    |(?P<ticks>`{3,})
    |(?P<call><(?=@[!&]?\d|\#\d|a?:\w+:\d|/[^>\n]+:\d|t:-?\d|id:))""",
    re.VERBOSE,
)
_HOST = re.compile(r"^\s*(?:https?://)?([\w-]+(?:\.[\w-]+)+)(?:[/:?#].*|\s*)$", re.IGNORECASE)
_SIGNS = re.compile(r"[\\*_~`|<\[\]]")
_AT_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]))", re.MULTILINE)


def shown_of(message: Outbound) -> Outbound:
    """The message with the buttons that its card has when escaping has left no room to show its body."""
    if message.card is None or _is_shown(message.card):
        return message
    return replace(message, card=when_cut(message.card))


def contents(message: Outbound) -> list[str]:
    """The words and the card of a message, each piece short enough for one message of Discord's; most often one."""
    pieces = [markdown(message.text)] if message.text.strip() else []
    if message.card is not None:
        shown = card_text(message.card, message.language)
        together = "\n\n".join([*pieces, shown])
        pieces = [together] if fits(together) else [*pieces, shown]
    return [short for piece in pieces for short in _short(piece)]


def fits(text: str) -> bool:
    """Whether one message takes it."""
    return measure(text, WHOLE) <= MAX_CONTENT


def _short(piece: str) -> list[str]:
    """Escaping may have made it too long for one message."""
    return [piece] if fits(piece) else split_text(piece, WHOLE)


def components(card: Card) -> list[dict[str, Any]]:
    """The buttons in rows of five. What a button carries names what is decided, never what it is."""
    buttons = [
        {
            "type": 2,
            "style": STYLES[button.tone],
            "label": button.label[:MAX_LABEL],
            "custom_id": f"ap|{card.id}|{button.choice}",
        }
        for button in card.buttons
    ]
    return [{"type": 1, "components": buttons[at : at + ROW]} for at in range(0, len(buttons), ROW)]


# Words


def markdown(text: str) -> str:
    """Markdown as models write it, a fence left open included."""
    return "\n".join(_blocks(text.split("\n")))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    index = 0
    while index < len(lines):
        line = lines[index]
        if fence := _FENCE.match(line):
            end = end_of_fence(lines, index + 1, fence[1])
            yield _code(dedented(lines[index + 1 : end], line), fence[2])
            index = end + 1
        elif "|" in line and index + 1 < len(lines) and "-" in lines[index + 1] and _DIVIDER.match(lines[index + 1]):
            end = next((at for at in range(index + 2, len(lines)) if "|" not in lines[at]), len(lines))
            yield _table([line, *lines[index + 2 : end]])
            index = end
        else:
            yield _line(line)
            index += 1


def _code(lines: Sequence[str], language: str = "") -> str:
    """A block that nothing inside it closes."""
    body = "\n".join(lines).replace("```", f"`{JOINER}`{JOINER}`")
    return f"```{language}\n{body}\n```" if body.strip() else body


def _table(lines: Sequence[str]) -> str:
    """Columns padded with spaces, because Discord has no tables; as it was written where that would be far longer."""
    rows = rows_of(lines)
    widths = widths_of(rows)
    padded = [aligned(row, widths) for row in rows]
    is_far_longer = sum(map(len, padded)) > sum(map(len, lines)) * 3 // 2 + 200
    return _code(lines if is_far_longer else padded)


def _line(line: str) -> str:
    if heading := _DEEP_HEADING.match(line):
        return f"**{_inline(heading[1].replace('**', ''))}**"
    if _RULE.match(line):
        return "———"
    if task := _TASK.match(line):
        return f"{task[1]}{'☐' if task[2] == ' ' else '☑'} {_inline(line[task.end() :])}"
    return _inline(_QUOTE_ALL.sub(r"\1> ", line))  # `>>>` would quote everything to the end


def _inline(text: str) -> str:
    """Everything but code spans; in those Discord takes nothing for markup."""
    pieces, at = [], 0
    for span in _SPAN.finditer(text):
        pieces += [_OUTSIDE.sub(_plain, text[at : span.start()]), span[0]]
        at = span.end()
    return "".join([*pieces, _OUTSIDE.sub(_plain, text[at:])])


def _plain(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "image":
            return ""
        case "label" | "url":
            return _link(found[0], found["label"], found["url"])
        case "heavy":
            return f"**{_OUTSIDE.sub(_plain, found['heavy'])}**"
        case "spoiler" | "ticks" | "call":
            return "".join(f"\\{sign}" for sign in found[0])
    return found[0]


def _link(whole: str, label: str, url: str) -> str:
    """A link, unless its label promises another place than it leads to."""
    promised = _HOST.match(label)
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    honest = promised is None or f".{host}".endswith(f".{promised[1].lower()}")
    return whole if honest else f"{label} ({url})"


# Cards


def escaped(text: str) -> str:
    """Plain words, letter by letter. Addresses are left alone: inside them Discord takes nothing for markup."""
    pieces, at = [], 0
    for url in _URL.finditer(text):
        pieces += [_SIGNS.sub(r"\\\g<0>", text[at : url.start()]), url[0]]
        at = url.end()
    pieces.append(_SIGNS.sub(r"\\\g<0>", text[at:]))
    return _AT_START.sub(_unstarted, "".join(pieces))


def _unstarted(found: re.Match[str]) -> str:
    """A number that begins a list is broken after it, a sign before it."""
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def card_text(card: Card, language: str = "en") -> str:
    """A card as one text: everything on it, with fewer marks where those would make it too long.

    Raises MessageRefused when even so it does not fit: a card must not ask for a decision on what it does not show.
    """
    for text in (_rich(card), _bare(card, card.body), _bare(card, _digest(card.body, language))):
        if fits(text):
            return text
    raise MessageRefused("the card is too long for Discord")


def _is_shown(card: Card) -> bool:
    return fits(_rich(card)) or fits(_bare(card, card.body))


def _rich(card: Card) -> str:
    lines = [f"**{escaped(card.title)}**"]
    lines += [f"**{escaped(fact.label)}:** {escaped(fact.value)}" for fact in card.facts]
    if card.body.strip() and card.body_kind is BodyKind.TEXT:
        lines.append(escaped(card.body))
    elif card.body.strip():
        lines.append(_code(card.body.split("\n"), "diff" if card.body_kind is BodyKind.DIFF else ""))
    lines += [f"-# {escaped(line)}" for line in card.note.splitlines() if line.strip()]
    return "\n".join(lines)


def _bare(card: Card, body: str) -> str:
    """All below the title as code, in which hardly anything needs a sign before it."""
    facts = [f"{fact.label}: {fact.value}" for fact in card.facts]
    below = "\n".join(filter(None, [*facts, body, card.note]))
    return f"**{escaped(card.title)}**\n{_code(below.split(chr(10)))}"


def _digest(body: str, language: str) -> str:
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return _HIDDEN["zh" if language == "zh" else "en"].format(count=len(body), digest=digest)
