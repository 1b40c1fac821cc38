"""Markdown and cards in Discord's dialect, so that nothing a person or a model wrote can do more than be read.

Nobody is notified by our words whatever they hold: every message says `allowed_mentions: none`. What is written here
keeps them from looking like a mention, a spoiler or a link to somewhere else.
Facts: support.discord.com, "Markdown Text 101"; discord.com/developers/docs/reference#message-formatting.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from channels.base import MessageRefused, Traits
from channels.locales import say
from channels.messages import BodyKind, Card, Outbound, Tone, when_cut
from channels.shared.markdown.dialect import Dialect
from channels.shared.markdown.reader import read
from channels.shared.markdown.tables import cells_of, columns
from channels.shared.markdown.tree import Block, Code, Heading, Link, Quoted, Table, without_bold
from channels.shared.markdown.walk import LINE, MARGIN
from channels.shared.markdown.words import JOINER
from channels.shared.split import measure, split_text

MAX_CONTENT = 2000
MAX_TEXT = 1900
"""What we are given at most; the rest is for the signs that escape others."""
MAX_LABEL, ROW = 80, 5
DEEPEST_HEADING = 3
STYLES = {Tone.PRIMARY: 3, Tone.DANGER: 4, Tone.NEUTRAL: 2}
WHOLE = Traits(max_text=MAX_CONTENT, counts_utf16=True)
"""What one message takes; Discord does not say in which units, so the shorter reading holds."""

_ACTS = re.compile(r"\|\||<(?=@[!&]?\d|#\d|a?:\w+:\d|/[^>\n]+:\d|t:-?\d|id:)")
_NESTED = re.compile(rf"^({MARGIN}?)(?:> ?)+")
_URL = re.compile(r"https?://[^\s<]+[^<.,:;\"'\])\s]")
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
    return _DISCORD.write(read(text))


class _Discord(Dialect):
    """Three titles, one quote, no tables, no rules; bars hide and numbers in brackets call."""

    encodes_brackets = True

    def parts(self, before: Block, after: Block) -> bool:  # noqa: ARG002 -- nothing reaches across lines here
        return False

    def heading(self, heading: Heading) -> list[str]:
        if heading.level <= DEEPEST_HEADING:
            return super().heading(heading)
        title = " ".join(self.spans(without_bold(heading.spans)).split())
        return [f"**{title}**" if title else ""]

    def rule(self) -> str:
        return LINE

    def code(self, code: Code) -> list[str]:
        lines = [code.about, *code.text.split("\n")] if code.about else code.text.split("\n")
        return self.at_margin(_code(lines, code.language).split("\n"))

    def quote(self, quote: Quoted) -> list[str]:
        """One quote: `>>>` would quote everything to the end."""
        return [f"> {_NESTED.sub(chr(92) + '1', line).removeprefix(MARGIN)}" for line in self.lines(quote.blocks)]

    def table(self, table: Table) -> list[str]:
        """Columns padded with spaces, or as it was written where that would be far longer."""
        padded = columns(cells_of(table))
        is_far_longer = sum(map(len, padded)) > sum(map(len, table.written)) * 3 // 2 + 200
        return self.at_margin(_code(table.written if is_far_longer else padded).split("\n"))

    def inert(self, text: str) -> str:
        return _ACTS.sub(lambda found: self.escaped(found[0]), text)

    def code_span(self, text: str) -> str:
        """One or two ticks, which is all that Discord knows within a line."""
        ticks = "``" if "`" in text else "`"
        inside = text.replace("``", f"`{JOINER}`")
        blank = " " if inside.startswith("`") or inside.endswith("`") else ""
        return f"{ticks}{blank}{inside}{blank}{ticks}"

    def dead_link(self, link: Link, label: str) -> str:
        """As it was written: Discord follows nothing but the web."""
        return link.url if link.is_bare else f"[{label}]({self.words(link.url, begins=False)})"


_DISCORD = _Discord()


def _code(lines: Sequence[str], language: str = "") -> str:
    """A block that nothing inside it closes."""
    body = "\n".join(lines).replace("```", f"`{JOINER}`{JOINER}`")
    return f"```{language}\n{body}\n```" if body.strip() else body


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
    return say("discord.hidden", language, count=len(body), digest=digest)
