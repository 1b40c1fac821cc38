"""A text as its sentences, and whether one of them is only quoted."""

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?](?!\s|$)[^.!?。！？\n]*)*[.!?。！？]*\n?")
_QUOTED = re.compile(r"^\W*[\"“「『‘'`|].*[\"”」』’'`|]\W*$", re.DOTALL)


def sentences(text: str) -> Iterator[tuple[str, int]]:
    """Each sentence without the blanks around it, and at which sign of the text it begins."""
    for found in _SENTENCE.finditer(text):
        if found[0].strip():
            lead = len(found[0]) - len(found[0].lstrip())
            yield found[0].strip(), found.start() + lead


def is_quoted_whole(sentence: str) -> bool:
    """Whether a sentence is nothing but a quotation."""
    return _QUOTED.match(sentence) is not None
