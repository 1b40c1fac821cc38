"""Where the literal arguments of a command stand: words of signs that mean nothing but themselves to any shell."""

import re
from collections.abc import Iterator

from governance.shell.grammar.tree import Node, ambiguity, leaves, parse
from governance.shell.reading import Reading

_LITERAL = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
"""Signs that mean only themselves to a shell, wherever in a word they stand."""
_ARGUMENTS = frozenset({"command", "variable_assignment"})


def literal_arguments(command: str, reading: Reading | None = None) -> Iterator[tuple[int, int]]:
    """From where to where in the command they go; none where its tree is not certain. A program's name is none.

    Of a command that was read, the tree of its `reading` is looked at; of a text out of a request, one of its own.
    """
    root = _tree(command, reading)
    if root is None:
        return
    starts = _starts(command)
    for leaf in leaves(root):
        start, end = starts[leaf.start_byte], starts[leaf.end_byte]
        if leaf.type == "word" and _is_argument(leaf) and _LITERAL.fullmatch(command, start, end):
            yield start, end


def _tree(command: str, reading: Reading | None) -> Node | None:
    if reading is not None and reading.command == command and reading.root is not None:
        return reading.root
    root = parse(command)
    return None if root is None or ambiguity(command, root) else root


def _is_argument(leaf: Node) -> bool:
    return leaf.parent is not None and leaf.parent.type in _ARGUMENTS


def _starts(command: str) -> dict[int, int]:
    """The index of each character by that of its first byte."""
    found, at = {}, 0
    for index, sign in enumerate(command):
        found[at] = index
        at += len(sign.encode("utf-8"))
    found[at] = len(command)
    return found
