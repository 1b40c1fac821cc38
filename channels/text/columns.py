"""Text in columns for a chat on a phone: widths as a screen shows them, where a Chinese character takes two places."""

from unicodedata import combining, east_asian_width

PHONE_COLUMNS = 40


def width(text: str) -> int:
    """How many places the text takes in a font of fixed width."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(character) else 2 if east_asian_width(character) in "FW" else 1 for character in text)


def shorten(text: str, places: int) -> str:
    """The text within that many places, its end replaced by an ellipsis when it is longer."""
    if width(text) <= places:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= places:
            break
        kept += character
    return f"{kept}…"


def left(text: str, places: int) -> str:
    """Shortened and filled up on its right."""
    short = shorten(text, places)
    return short + " " * (places - width(short))


def right(text: str, places: int) -> str:
    """Shortened and filled up on its left."""
    short = shorten(text, places)
    return " " * (places - width(short)) + short


def wrap(text: str, places: int, lines: int) -> list[str]:
    """The text in at most so many lines, broken at spaces where there are any."""
    wrapped: list[str] = []
    rest = text
    while rest and len(wrapped) < lines - 1 and width(rest) > places:
        end = _fitting(rest, places)
        space = rest.rfind(" ", 1, end + 1)
        cut = space if space > 0 else end
        wrapped.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*wrapped, shorten(rest, places)] if rest else wrapped


def block(lines: list[str]) -> str:
    """A code block, which no text inside can end."""
    return "\n".join(["```", *(line.replace("`", "'").rstrip() for line in lines), "```"])


def _fitting(text: str, places: int) -> int:
    taken = 0
    for index, character in enumerate(text):
        taken += width(character)
        if taken > places:
            return index
    return len(text)
