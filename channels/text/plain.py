"""Others' words in a line of ours: without signs that nobody sees, on one line, no longer than there is room."""

import re

_SEPARATORS = re.compile(r"[/\\]")


def printable(text: str, instead: str = "") -> str:
    """The text with something else `instead` of each sign that prints nothing; ends of lines are such signs too."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else instead for sign in text)


def one_line(text: str) -> str:
    """The printable words of a text with one blank between them."""
    return " ".join(printable(text, " ").split())


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters, its end replaced by an ellipsis where it is longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def file_name(name: str, instead: str = "") -> str:
    """The last part of a file's name as somebody sent it, without dots around it; may be empty.

    It can be read and stand in a header. A name by which a file is stored is stricter.
    """
    return printable(_SEPARATORS.split(name)[-1], instead).strip(". ")
