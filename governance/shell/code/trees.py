"""Rows of tokens from a grammar: JavaScript, TypeScript, Ruby, PHP and Lua as their parsers see them.

So that a regular expression, a template or a nested quotation is what it is and hides no call. A grammar loads when its
language is first met. Where a tree has errors the reader of tokens is asked as well, so nothing hides in a mistake.
"""

import itertools
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from governance.shell.code.tokens import Token, TokenKind, unescaped
from governance.shell.scope import UNKNOWN

Node: TypeAlias = Any
"""A tree-sitter node."""

MAX_NODES = 40_000
MAX_STEPS = 300
MAX_READS = 200
"""So often a parser may look at the code again; where it finds no sense, it does so tens of thousands of times."""
MAX_ROWS = 200
CHUNK = 4_096

_GRAMMARS = {
    "javascript": ("tree_sitter_javascript", "language"),
    "lua": ("tree_sitter_lua", "language"),
    "php": ("tree_sitter_php", "language_php_only"),
    "ruby": ("tree_sitter_ruby", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
_PLAIN_LETTERS = bytes(range(128)) + b"x" * 128
"""The scanners of grammars look letters up in C tables that end at 256, so every byte beyond ASCII is a letter."""

_TEXTS = frozenset(
    {
        "bare_string", "bare_symbol", "delimited_symbol", "encapsed_string", "heredoc", "heredoc_body", "nowdoc",
        "simple_symbol", "string", "template_string",
    },
)  # fmt: skip
_COMMANDS = frozenset({"shell_command_expression", "subshell"})
_SKIPPED = frozenset({"comment", "hash_bang_line", "heredoc_beginning", "php_tag", "regex"})
_CONTENT = frozenset({"escape_sequence", "heredoc_content", "heredoc_end", "heredoc_start", "nowdoc_body",
    "nowdoc_string", "string_content",
                      "string_fragment", "string_value"})  # fmt: skip
_NAME = re.compile(r"[$@&%]*[A-Za-z_$][\w$]*[!?]?")
_JOINTS = frozenset({".", "::", "->", "?."})


@cache
def _parser(language: str) -> tuple[Any, Any]:
    """The class of parsers and the grammar of a language."""
    import tree_sitter  # noqa: PLC0415  # heavy, so on first use

    package, function = _GRAMMARS[language]
    return tree_sitter.Parser, tree_sitter.Language(getattr(import_module(package), function)())


def has_grammar(language: str) -> bool:
    """Whether there is a grammar for the language."""
    return language in _GRAMMARS


def rows_of(code: str, language: str) -> tuple[list[list[Token]], bool]:
    """The rows of tokens, the code first and then what is put into its texts, and whether the tree is whole."""
    source = code.encode("utf-8", "replace")
    plain, steps, reads = source.translate(_PLAIN_LETTERS), itertools.count(), itertools.count()
    try:
        new_parser, grammar = _parser(language)
        tree = new_parser(grammar).parse(
            lambda offset, _: plain[offset : offset + CHUNK] if next(reads) < MAX_READS else b"",
            progress_callback=lambda *_: next(steps) > MAX_STEPS,
        )
    except (ImportError, ValueError):
        return [], False
    if tree.root_node.descendant_count > MAX_NODES or next(reads) > MAX_READS:
        return [], False
    pending, rows = [tree.root_node], list[list[Token]]()
    while pending and len(rows) < MAX_ROWS:
        rows.append(list(_joined(_tokens(pending.pop(0), source, pending))))
    return rows, not tree.root_node.has_error and not pending


def _tokens(root: Node, source: bytes, inner: list[Node]) -> Iterator[Token]:
    stack = list(reversed(root.children))
    line = 0
    while stack:
        node = stack.pop()
        kind = node.type
        if node.start_point.row > line and root.type != "string":
            line = node.start_point.row
            yield Token(TokenKind.SIGN, "\n")
        if kind in _SKIPPED:
            continue
        if kind in _TEXTS or kind in _COMMANDS:
            yield _text(node, source, inner)
        elif node.child_count and not (kind == "variable_name" and node.child_count <= 2):  # noqa: PLR2004  # $ and a name
            stack.extend(reversed(node.children))
        else:
            yield from _leaf(source[node.start_byte : node.end_byte].decode("utf-8", "replace"))


def _leaf(text: str) -> Iterator[Token]:
    if _NAME.fullmatch(text):
        yield Token(TokenKind.NAME, text)
    elif text in _JOINTS:
        yield Token(TokenKind.SIGN, text)
    else:
        for sign in re.findall(r"\d[\w.]*|\S", text):
            yield Token(TokenKind.SIGN, sign)


def _text(node: Node, source: bytes, inner: list[Node]) -> Token:
    """A text without its quotes; what is put into it is UNKNOWN, and a row of its own."""
    start, end = node.start_byte, node.end_byte
    children = node.children
    if node.type == "simple_symbol":
        start += 1
    for child in itertools.takewhile(lambda one: not one.is_named, children):
        start = child.end_byte
    if len(children) > 1 and not children[-1].is_named:
        end = max(children[-1].start_byte, start)
    text, at = b"", start
    for child in children:
        if child.is_named and child.type not in _CONTENT:
            text += source[at : child.start_byte] + UNKNOWN.encode()
            at = max(at, child.end_byte)
            inner.append(child)
    text += source[at:end] if at < end else b""
    said = text.decode("utf-8", "replace")
    return Token(TokenKind.COMMAND if node.type in _COMMANDS else TokenKind.TEXT, unescaped(said))


def _joined(tokens: Iterator[Token]) -> Iterator[Token]:
    """Names with the names that follow them behind a dot as one, as the reader of calls expects them."""
    held: list[Token] = []
    for token in tokens:
        if len(held) == 2 and token.kind is TokenKind.NAME:  # noqa: PLR2004  # a name and its joint
            held = [Token(TokenKind.NAME, held[0].text + held[1].text + token.text)]
            continue
        if len(held) == 1 and token.kind is TokenKind.SIGN and token.text in _JOINTS:
            held.append(token)
            continue
        yield from held
        held = [token] if token.kind is TokenKind.NAME else []
        if not held:
            yield token
    yield from held
