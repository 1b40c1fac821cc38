"""What the tools of servers are called by models: `SERVER__tool`, valid for every provider, and no name given twice."""

import re
import unicodedata
from collections.abc import Sequence

from governance.guard.calls import hashed

MOST_WIRE = 64
"""The longest name that every provider takes (OpenAI, Anthropic and Gemini: 64)."""
_MOST_LABEL = 24
_MARK = 6
_LATIN_WORD = re.compile(r"[A-Za-z0-9_-]+")


def wire_names(server: str, tools: Sequence[str]) -> dict[str, str]:
    """What each tool of a server is called.

    A name that has to be changed for that ends in a piece of the digest of what it was.
    """
    label = server_label(server)
    names: dict[str, str] = {}
    for tool in sorted(tools):
        name = f"{label}__{_fitting(tool, MOST_WIRE - len(label) - 2)}"
        if name in names.values():
            name = f"{label}__{_marked(tool, MOST_WIRE - len(label) - 2)}"
        names[tool] = name
    return names


def server_label(server: str) -> str:
    """What stands before `__`: letters, digits, - and single _ alone, at most 24."""
    return _fitting(server, _MOST_LABEL, single=True)


def _fitting(name: str, longest: int, *, single: bool = False) -> str:
    is_fine = _LATIN_WORD.fullmatch(name) and len(name) <= longest
    if is_fine and not (single and ("__" in name or name.startswith("_") or name.endswith("_"))):
        return name
    return _marked(name, longest)


def _marked(name: str, longest: int) -> str:
    """What can be kept of the name, and a piece of the digest of the whole."""
    kept = re.sub(r"[^A-Za-z0-9-]+", "_", unicodedata.normalize("NFKC", name)).strip("_-")
    return "_".join(part for part in (kept[: longest - _MARK - 1].rstrip("_-"), hashed(name)[:_MARK]) if part)
