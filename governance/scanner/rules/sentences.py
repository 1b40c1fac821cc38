"""A text as its sentences, and whether one of them is only quoted."""

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?](?!\s|$)[^.!?。！？\n]*)*[.!?。！？]*\n?")
_QUOTED = re.compile(r"^\W*[\"“「『‘'`].*[\"”」』’'`]\W*$", re.DOTALL)


def sentences(text: str, whole: str = "") -> Iterator[tuple[str, int, int]]:
    """Each sentence without the blanks around it, the sign at which it begins, and the lines before it.

    Lines are counted in `whole` where the text had some of its line breaks taken out, sign for sign.
    """
    lines = counted = 0
    for found in _SENTENCE.finditer(text):
        if found[0].strip():
            begins = found.start() + len(found[0]) - len(found[0].lstrip())
            lines += (whole or text).count("\n", counted, begins)
            counted = begins
            yield found[0].strip(), begins, lines


def is_quoted_whole(sentence: str) -> bool:
    """Whether a sentence is nothing but a quotation."""
    return _QUOTED.match(sentence) is not None
