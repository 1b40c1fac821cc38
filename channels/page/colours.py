"""Colours as styles write them, and whether one is seen on another."""

import re

Colour = tuple[int, int, int]
_HEX = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+)(%?))?\s*\)")
_NAMED = {
    "aliceblue": "f0f8ff", "aqua": "00ffff", "beige": "f5f5dc", "black": "000000", "blue": "0000ff", "cyan": "00ffff",
    "floralwhite": "fffaf0", "fuchsia": "ff00ff", "ghostwhite": "f8f8ff", "gray": "808080", "green": "008000",
    "grey": "808080", "honeydew": "f0fff0", "ivory": "fffff0", "lime": "00ff00", "magenta": "ff00ff",
    "maroon": "800000", "mintcream": "f5fffa", "navy": "000080", "olive": "808000", "orange": "ffa500",
    "purple": "800080", "red": "ff0000", "silver": "c0c0c0", "snow": "fffafa", "teal": "008080", "white": "ffffff",
    "whitesmoke": "f5f5f5", "yellow": "ffff00",
}  # fmt: skip
_HALF_OF_HEX = 4
_LEAST = 12
"""The differences of red, green and blue, added up, below which an eye takes two colours for one."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
LINK: Colour = (0, 0, 238)


def colour(text: str) -> Colour | None:
    """The colour that a text names; None for one that is not known here."""
    text = _NAMED.get(text, text)
    if found := _HEX.fullmatch(text):
        digits = found[1]
        if len(digits) <= _HALF_OF_HEX:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if found := _RGB.fullmatch(text):
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    return None


def is_clear(text: str) -> bool:
    """Whether a colour lets everything through."""
    if text == "transparent":
        return True
    if found := _HEX.fullmatch(text):
        return text.startswith("#") and len(found[1]) in (4, 8) and not found[1][-(len(found[1]) // 4) :].strip("0")
    found = _RGB.fullmatch(text)
    return found is not None and found[4] is not None and float(found[4].strip(".") or 0) == 0


def is_seen(text: Colour | None, ground: Colour | None) -> bool:
    """Whether words of one colour stand out from the other; what is not known does."""
    if text is None or ground is None:
        return True
    return sum(abs(one - other) for one, other in zip(text, ground, strict=True)) > _LEAST
