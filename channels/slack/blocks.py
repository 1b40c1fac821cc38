"""The words in blocks, which stand in place of a text where a message is passed on.

Facts: docs.slack.dev/reference/block-kit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

LINES = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})


def words_in(blocks: Sequence[Mapping[str, Any]]) -> str:
    """What a person reads in them, a line for each."""
    return "\n".join(filter(None, (_words(block).strip("\n") for block in blocks)))


def shared(attachment: Mapping[str, Any]) -> str:
    """The words of a message that is passed on with its blocks alone."""
    return words_in(
        [
            block
            for each in attachment.get("message_blocks") or ()
            for block in each.get("message", {}).get("blocks") or ()
        ]
    )


def _words(element: Mapping[str, Any]) -> str:
    kind, text = element.get("type", ""), element.get("text", "")
    if kind == "link":
        return str(text or element.get("url", ""))
    if kind == "emoji":
        return f":{element.get('name', '')}:"
    if kind in {"user", "channel"}:
        return f"{'@' if kind == 'user' else '#'}{element.get(f'{kind}_id', '')}"
    if kind == "image":
        return f"[picture: {element.get('alt_text', '')}]"
    said = str(text["text"]) if isinstance(text, Mapping) else str(text)
    inside = [*(element.get("fields") or ()), *(element.get("elements") or ())]
    found = "".join(map(_words, inside))
    return said + found + ("\n" if kind in LINES else "")
