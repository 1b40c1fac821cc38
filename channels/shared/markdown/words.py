"""Words and cards letter by letter, for dialects of Markdown. What is live in one its adapter knows."""

import re
from collections.abc import Callable

from channels.messages import BodyKind, Card

JOINER = "\u2060"
"""A word joiner, which nobody sees: between a sign and what it would act on, it makes the sign a letter."""

_MARKS = re.compile(r"([\\`*_~\[\]#>|!])")
_TICKS = re.compile(r"`{3,}")


def unmarked(text: str) -> str:
    """The text with every mark escaped, so that it is shown as it stands."""
    return _MARKS.sub(r"\\\1", text)


def fenced(text: str) -> str:
    """The text as a block of code that nothing inside it closes."""
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=2) + 1)
    return f"{fence}\n{text}\n{fence}"


def card_words(card: Card, escaped: Callable[[str], str]) -> str:
    """A card as Markdown; `escaped` makes any text of it be shown letter by letter."""
    lines = [f"**{escaped(card.title)}**"]
    lines += [f"{escaped(fact.label)}: {escaped(fact.value)}" for fact in card.facts]
    if card.body.strip():
        lines.append(escaped(card.body) if card.body_kind is BodyKind.TEXT else fenced(card.body))
    if card.note:
        lines.append(escaped(card.note))
    return "\n".join(lines)
