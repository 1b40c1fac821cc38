"""Paragraphs that a program wrapped for old screens and marked as wrapped (RFC 3676), as one line again."""

import re

_QUOTED = re.compile(r">+")


def unflowed(text: str, *, deletes_space: bool) -> str:
    """`deletes_space` is the parameter DelSp, for languages that put no blank between words."""
    lines: list[list[str]] = []
    open_depth = -1
    for line in text.replace("\r\n", "\n").split("\n"):
        found = _QUOTED.match(line)
        depth = len(found[0]) if found else 0
        words = line[depth:].removeprefix(" ")
        is_wrapped = words.endswith(" ") and words != "-- "
        kept = words[:-1] if is_wrapped and deletes_space else words
        if depth == open_depth and words != "-- ":
            lines[-1].append(kept)
        else:
            lines.append([f"{'>' * depth}{' ' if depth else ''}{kept}"])
        open_depth = depth if is_wrapped else -1
    return "\n".join("".join(pieces) for pieces in lines)
