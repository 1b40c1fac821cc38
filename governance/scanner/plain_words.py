"""Texts as a model understands them: without the disguises of signs that look alike, are wide, or are not seen.

Look-alikes are the letters of confusables.txt (Unicode Technical Standard 39) that stand for Latin ones; they are
changed only inside words that also have Latin letters, so that Russian and Greek stay what they are.
"""

import re
import unicodedata

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0000-\U000e0fff]"
)
_ALIKE = str.maketrans(
    "аесԁһіјӏорԛѕтυѵԝхуАВЕНІЈКМОРЅТХУαοιρνκΑΒΕΗΙΚΜΝΟΡΤΥΧΖ",
    "aecdhijlopqstuvwxyABEHIJKMOPSTXYaoipvkABEHIKMNOPTYXZ",
)
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0370-\u052f])\w+\b")
_SPACED = re.compile(r"\b(?:[A-Za-z][ ._*-]){4,}[A-Za-z]\b")
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")


def plain_words(text: str) -> str:
    """The text without disguises; lines stay lines."""
    if text.isascii():
        return _SPACED.sub(_together, text)
    seen = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    return _SPACED.sub(_together, _MIXED.sub(lambda word: word[0].translate(_ALIKE), seen))


def tagged_words(text: str) -> str:
    """What is written in tag characters, which no screen shows and models read; empty where nothing is."""
    return " ".join("".join(chr(ord(sign) - 0xE0000) for sign in run) for run in _TAGS.findall(text))


def _together(spaced: re.Match[str]) -> str:
    return re.sub(r"[ ._*-]", "", spaced[0])
