"""Patterns of file names: `*`, `?` and `[a-z]` within a part, `**` for any parts, `{a,b}` for either."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate

MOST_FORMS = 200
"""So many patterns `{a,b}{c,d}` may stand for; the rest of the braces are taken as they are."""
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_Part = Callable[[str], object]


class Glob:
    """A pattern for paths: without `/` it fits a name at any depth, with one the path from where the search began."""

    def __init__(self, text: str) -> None:
        """`text` as people write it: a leading `/` or `./` is dropped, a closing `/` means all that lies below."""
        self._names: list[_Part] = []
        self._paths: list[list[_Part | None]] = []
        for form in braces_of(text.strip()):
            parts = [part for part in form.split("/") if part not in {"", "."}]
            parts += ["**"] * form.endswith("/")
            if len(parts) == 1 and parts[0] != "**":
                self._names.append(re.compile(translate(parts[0])).match)
            elif parts:
                self._paths.append([None if part == "**" else re.compile(translate(part)).match for part in parts])

    def fits(self, path: str) -> bool:
        """Whether a path fits."""
        name = path.rpartition("/")[2]
        if any(fits(name) for fits in self._names):
            return True
        return bool(self._paths) and any(_fits(path.split("/"), parts) for parts in self._paths)


def braces_of(text: str) -> list[str]:
    """The patterns that one with braces stands for, from the innermost braces out."""
    ready: list[str] = []
    waiting = [text]
    while waiting:
        form = waiting.pop(0)
        found = _BRACES.search(form)
        if found is None or len(ready) + len(waiting) >= MOST_FORMS:
            ready.append(form)
            continue
        waiting += [f"{form[: found.start()]}{each}{form[found.end() :]}" for each in found[1].split(",")]
    return ready


def _fits(names: Sequence[str], parts: Sequence[_Part | None]) -> bool:
    """Row by row over both lists, so that many `**` cost no more than their product."""
    reached = [True, *([False] * len(names))]
    for part in parts:
        if part is None:
            for at in range(1, len(reached)):
                reached[at] = reached[at] or reached[at - 1]
        else:
            reached = [False, *(was and bool(part(name)) for was, name in zip(reached, names, strict=False))]
    return reached[-1]
