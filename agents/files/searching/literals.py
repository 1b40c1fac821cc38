"""What text a regular expression cannot do without: a file or line that lacks it need not be tried.

It says nothing rather than something wrong: an expression that it does not understand has no such text.
"""

import re
from collections.abc import Iterable
from re import _constants as of  # type: ignore[attr-defined]  # there is no public way to what an expression means
from re import _parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

MOST = 16
"""Alternatives beyond these cost more to look for than they save."""
_NEWLINE = 10
_Tree: TypeAlias = Iterable[tuple[Any, Any]]


def required(pattern: str, flags: int = 0) -> tuple[str, ...]:
    """Texts of which at least one stands in every line that the expression is found in; none where nobody can tell.

    Where the expression ignores case they are in lower case and ASCII, and hold for lines that are ASCII alone.
    """
    compiled = re.compile(pattern, flags)
    found = _best(_parser.parse(pattern, flags))
    if compiled.flags & re.IGNORECASE:
        found = tuple(each.lower() for each in found) if all(each.isascii() for each in found) else ()
    return found if found and _worth(found) > 1 else ()


def has_line_end(pattern: str, flags: int = 0) -> bool:
    """Whether the expression asks for a line end, which no line holds."""
    return _asks(_parser.parse(pattern, flags))


def _asks(tree: Any) -> bool:
    if isinstance(tree, tuple) and len(tree) > 1 and tree[0] is of.LITERAL:
        return bool(tree[1] == _NEWLINE)
    if isinstance(tree, str | int) or tree is None:
        return False
    return any(map(_asks, tree))


def _worth(texts: Iterable[str]) -> int:
    """A text is worth its letters; one that is not ASCII is rare, so it is worth more."""
    return min(len(each) if each.isascii() else 2 * len(each) for each in texts)


def _best(tree: _Tree) -> tuple[str, ...]:
    """The alternatives that are worth most, of all that the parts of a sequence need."""
    needed: list[tuple[str, ...]] = []
    run = ""
    for what, value in tree:
        if what is of.LITERAL and value != _NEWLINE:
            run += chr(value)
            continue
        needed.append((run,))
        run = ""
        needed.append(_of_part(what, value))
    needed.append((run,))
    return max((each for each in needed if each and all(each)), key=_worth, default=())


def _of_part(what: Any, value: Any) -> tuple[str, ...]:
    if what is of.SUBPATTERN:
        _, added, removed, inner = value
        return () if added or removed else _best(inner)
    if what is of.ATOMIC_GROUP:
        return _best(value)
    if what in {of.MAX_REPEAT, of.MIN_REPEAT, of.POSSESSIVE_REPEAT}:
        least, _, inner = value
        return _best(inner) if least else ()
    if what is of.BRANCH:
        each = [_best(branch) for branch in value[1]]
        every = tuple(dict.fromkeys(text for one in each for text in one))
        return every if all(each) and len(every) <= MOST else ()
    return ()
