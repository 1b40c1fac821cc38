"""The syntax tree of a command, and what is looked for before one is built. tree-sitter loads on first use.

The grammar is not bash itself, so what the two could read differently is named here and always asks.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

Node: TypeAlias = Any
"""A tree-sitter node; the package stays unloaded until a command is judged."""

MAX_BYTES = 65_536
MAX_NODES = 3_000
MAX_STEPS = 300
MAX_HEREDOCS = 64
CHUNK = 1_024
SYSTEM_LIMIT_BYTES = 131_072
"""Linux hands no program a single argument longer than this (`MAX_ARG_STRLEN` in execve(2))."""

_ASCII_ONLY = bytes(range(128)) + b"." * 128
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_SPLIT_WORD = re.compile(r"[^\s\\]\\\r?\n[^\s]")
_SUBSTITUTION = re.compile(r"(?<!\\)(?:\$\(|\$\{|<\(|>\()|`")


@dataclass(slots=True)
class Tally:
    """How many trees have been built."""

    trees: int = 0


BUILT = Tally()
"""Of this process: by it one sees whether a command is read once."""


@cache
def _language() -> tuple[Any, Any]:
    """The class of parsers and the grammar that they take."""
    import tree_sitter  # noqa: PLC0415  # heavy, so on first use
    import tree_sitter_bash  # noqa: PLC0415  # as above

    return tree_sitter.Parser, tree_sitter.Language(tree_sitter_bash.language())


def parse(command: str) -> Node | None:
    """The root node of a command that is valid UTF-8; None where building it would take too long.

    Some texts, such as twenty thousand pipes, take the parser quadratic time; the limit counts its steps and so gives
    the same answer on every machine.
    """
    if command.count("<<") > MAX_HEREDOCS:
        return None
    BUILT.trees += 1
    source, steps = _Source(command), itertools.count()
    new_parser, grammar = _language()  # a parser for each text: threads may not share one, and a new one costs 1 µs
    try:
        tree = new_parser(grammar).parse(source, progress_callback=lambda *_: next(steps) > MAX_STEPS)
    except ValueError:
        return None
    source.is_read = True
    return tree.root_node


class _Source:
    """The text of a command as the parser reads it: first to build the tree, then to give each node its text.

    The grammar's scanner looks letters up in C tables that hold no more than 256, and one far beyond crashes the
    process. So the tree is built with a full stop for every byte beyond ASCII, which bash takes for a plain letter too.
    """

    def __init__(self, command: str) -> None:
        self.is_read = False
        self._source = command.encode()
        self._plain = self._source.translate(_ASCII_ONLY)

    def __call__(self, offset: int, _point: object) -> bytes:
        return self._source[offset : offset + CHUNK] if self.is_read else self._plain[offset:]


def text_of(node: Node) -> str:
    """The source text of a node."""
    return str(node.text.decode())


def hidden_character(command: str) -> str:
    """The name of the first character that a person would not see or would misread; empty when there is none."""
    if command.isascii() and command.isprintable():
        return ""
    for character in command:
        if character in "\n\t" or " " <= character <= "~":
            continue
        category = unicodedata.category(character)
        blank = category == "Zs" and character != "\u3000"
        if category in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} or blank or character in _BLANK_LETTERS:
            return unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return ""


def ambiguity(command: str, root: Node) -> str:
    """Why the tree might not be what bash would run, as the name of a sentence; empty when it is what it seems."""
    if root.has_error:
        return "shell.unparsed"
    if "`" in command and any(_has_backtick(node) for node in leaves(root)):
        return "shell.backtick"
    if not command.isascii() and any(_ends_oddly(node) for node in leaves(root)):
        return "shell.odd_end_word"
    if "\\\n" in command and _SPLIT_WORD.search(command):
        return "shell.broken_word"
    return ""


def _ends_oddly(node: Node) -> bool:
    return node.type == "heredoc_start" and not node.text.isascii()


def _has_backtick(node: Node) -> bool:
    return node.type not in {"raw_string", "heredoc_body"} and b"`" in node.text


def leaves(root: Node) -> Iterator[Node]:
    """Every node without children, in order."""
    stack = [root]
    while stack:
        node = stack.pop()
        children = node.children
        if children:
            stack.extend(reversed(children))
        else:
            yield node


def nested(node: Node, kinds: frozenset[str]) -> Iterator[Node]:
    """The topmost descendants of these kinds, in order."""
    stack = list(reversed(node.children))
    while stack:
        child = stack.pop()
        if child.type in kinds:
            yield child
        else:
            stack.extend(reversed(child.children))


def hides_substitution(text: str) -> bool:
    """Whether text that the grammar calls plain would be expanded by bash."""
    return _SUBSTITUTION.search(text) is not None
