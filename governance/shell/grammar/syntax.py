"""Questions about the tree of a command that need no state, and the one who reads it as its statements see them."""

import posixpath
import re
from collections.abc import Iterable
from typing import Protocol

from governance.shell.grammar.tree import Node, nested, text_of
from governance.shell.grammar.words import Reader
from governance.shell.scope import Input, Judging

ASSIGNMENTS = frozenset({"variable_assignment"})
COMMANDS = frozenset({"command"})
REDIRECTIONS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
SETS_NAMES = frozenset({"getopts", "mapfile", "read", "readarray"})
MOVES = frozenset({"cd", "chdir", "popd", "pushd"})
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INDEXED = re.compile(r"[A-Za-z_]\w*\[")
_BACKGROUND = re.compile(r"(?<![&><|])&(?![&>\d])")


class SyntaxReader(Judging, Protocol):
    """The reader of a whole command, as the rules for its statements see it."""

    reader: Reader
    seen: set[int]

    def visit(self, node: Node, given: Input) -> str:
        """Judge one statement; returns what it prints where that is known, else UNKNOWN."""

    def statements(self, nodes: Iterable[Node], given: Input) -> str:
        """Judge statements in order; returns what they print together."""

    def expression(self, node: Node) -> None:
        """Judge what an arithmetic or test expression substitutes or assigns."""

    def inner(self) -> "SyntaxReader":
        """A reader for a subshell, with a copy of the state."""


def parts_of(node: Node) -> list[Node]:
    """The commands of a list such as `a && b || c`, in order; the grammar nests them to the left."""
    children = [child for child in node.named_children if child.type != "comment"]
    if children and children[0].type == "list":
        return [*parts_of(children[0]), *children[1:]]
    return children


def has_alternative(node: Node) -> bool:
    """Whether a list holds `||`, so that what follows may run although what came before did not."""
    return any(child.type == "||" or (child.type == "list" and has_alternative(child)) for child in node.children)


def continuations(redirect: Node) -> list[Node]:
    """Commands that follow `<<EOF` on its line; the grammar puts them inside the redirection."""
    if redirect.type != "heredoc_redirect":
        return []
    own = {"heredoc_start", "heredoc_body", "heredoc_end", "file_descriptor", "comment", *REDIRECTIONS}
    arguments = redirect.children_by_field_name("argument")
    return [child for child in redirect.named_children if child.type not in own and child not in arguments]


def first_word(command: Node) -> str:
    """The name of a simple command as written; empty for anything else."""
    name = command.child_by_field_name("name") if command.type == "command" else None
    return text_of(name) if name is not None else ""


def programs_in(node: Node) -> list[str]:
    """The names of all simple commands in a statement."""
    commands = [node] if node.type in COMMANDS else list(nested(node, COMMANDS))
    return [posixpath.basename(name) for name in map(first_word, commands) if name]


def assigned_in(node: Node) -> list[str]:
    """The variables that a statement may set."""
    names = [text_of(one.child_by_field_name("name")).partition("[")[0] for one in nested(node, ASSIGNMENTS)]
    for command in _all_commands(node):
        if first_word(command) in SETS_NAMES | {"printf", "let", "unset"}:
            names.extend(text_of(child) for child in command.named_children if NAME.fullmatch(text_of(child)))
    return names


def moves(node: Node) -> bool:
    """Whether a statement may change the working folder."""
    return any(first_word(command) in MOVES for command in _all_commands(node))


def multiplies(body: Node, name: str) -> bool:
    """Whether the body of a function starts the function beside itself: a fork bomb."""
    if _BACKGROUND.search(text_of(body)) and name in map(first_word, _all_commands(body)):
        return True
    pipelines = list(nested(body, frozenset({"pipeline"})))
    return any([first_word(part) for part in pipeline.named_children].count(name) > 1 for pipeline in pipelines)


def hides_command(text: str) -> bool:
    """Whether a text names an element of an array whose index would run a command."""
    return _INDEXED.match(text) is not None and ("$(" in text or "`" in text)


def _all_commands(node: Node) -> list[Node]:
    """Every simple command below a node, those inside the arguments of others included."""
    found: list[Node] = []
    pending = [node]
    while pending:
        here = pending.pop()
        if here.type == "command":
            found.append(here)
        pending.extend(here.children)
    return found
