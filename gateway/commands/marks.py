"""Markdown for answers: what others wrote is shown as it is, and never as markup."""

from collections.abc import Iterable

LONGEST = 120


def verbatim(text: object, limit: int = LONGEST) -> str:
    """Somebody else's words on one line, as code, so that they are neither a link nor a mention."""
    shown = "".join(letter if letter.isprintable() else " " for letter in str(text)).replace("`", "'")
    shown = " ".join(shown.split())
    return f"`{shown[: limit - 1]}…`" if len(shown) > limit else f"`{shown or '-'}`"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)
