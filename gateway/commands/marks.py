"""Markdown for answers: what others wrote is shown as it is, and never as markup."""

from collections.abc import Iterable

from channels.text.plain import one_line, shortened

LONGEST = 120


def verbatim(text: object, limit: int = LONGEST) -> str:
    """Somebody else's words on one line, as code, so that they are neither a link nor a mention."""
    shown = shortened(one_line(str(text)).replace("`", "'"), limit)
    return f"`{shown or '-'}`"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)
