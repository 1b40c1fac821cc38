"""Every sentence of the console in both languages. It refuses a key that a language lacks.

The sentences are in config/locales/<language>.json, flat, named page.thing; `{name}` marks what is filled in.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
LOCALES = Path(__file__).parents[2] / "config" / "locales"


@cache
def sentences(language: str) -> Mapping[str, str]:
    """All sentences of a language."""
    loaded: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def say(language: str, key: str, /, **values: object) -> str:
    """One sentence with its values filled in; raises KeyError for an unknown key."""
    sentence = sentences(language if language in LANGUAGES else "en")[key]
    return sentence.format(**values) if values else sentence


def preferred(header: str) -> str:
    """The language that a browser's Accept-Language asks for first, of those there are."""
    wanted: list[tuple[float, int, str]] = []
    for place, piece in enumerate(header.split(",")[:20]):
        tag, _, weight = piece.partition(";q=")
        code = tag.strip().lower()[:2]
        if code in LANGUAGES:
            wanted.append((-_weight(weight), place, code))
    return min(wanted)[2] if wanted else "en"


def _weight(text: str) -> float:
    try:
        return float(text) if text.strip() else 1.0
    except ValueError:
        return 0.0
