"""Simple commands, and the assignments, declarations and tests that stand beside them."""

import posixpath
from collections.abc import Sequence

from governance.shell.decoders import output_of
from governance.shell.environment import judge_assignment
from governance.shell.grammar.syntax import NAME, REDIRECTIONS, SETS_NAMES, SyntaxReader, continuations, hides_command
from governance.shell.grammar.tree import Node, nested, text_of
from governance.shell.grammar.words import MAX_VALUE
from governance.shell.redirections import redirect
from governance.shell.scope import UNKNOWN, Input, Word, clip
from governance.shell.simple import judge_simple
from governance.values.reasons import why
from governance.values.verdicts import Risk

_EVALUATES_INDEX = frozenset(
    {"[", "declare", "export", "let", "local", "mapfile", "printf", "read", "test", "typeset", "unset"},
)
_QUOTED = frozenset({"ansi_c_string", "raw_string", "string"})


def command(shell: SyntaxReader, node: Node, given: Input, more: Sequence[Word] = ()) -> str:
    """A simple command; `more` are words that the grammar put elsewhere. Returns what it prints where that is known."""
    shell.seen.add(node.id)
    words: list[Word] = []
    late = list(more)
    assignments: list[Node] = []
    for child in node.children:
        if child.type == "variable_assignment":
            assignments.append(child)
        elif child.type in REDIRECTIONS:
            given, extra = redirect(shell, child, given)
            late = [*late, *extra] if words else [*extra, *late]
            for part in continuations(child):
                shell.findings.ask(why("shell.unplaced", shown=clip(text_of(part))))
                shell.visit(part, Input())
        elif child.is_named and child.type != "comment":
            words.extend(shell.reader.words(child))
    words.extend(late)
    for one in assignments:
        assign(shell, one, for_command=words[0].text if words else "")
    if words:
        return _judged(shell, words, given)
    if not assignments:
        shell.findings.ask(why("shell.becomes_command", shown=clip(text_of(node))))
    return ""


def _judged(shell: SyntaxReader, words: list[Word], given: Input) -> str:
    name = posixpath.basename(words[0].text)
    if name in _EVALUATES_INDEX and any(hides_command(word.text) for word in words[1:]):
        shell.findings.ask(why("shell.index_runs", shown=clip(name)), Risk.HIGH)
    judge_simple(words, given, shell)
    names = words[1:] if name in SETS_NAMES else words[2:3] if name == "printf" and words[1:2] else []
    for word in names:
        if NAME.fullmatch(word.text) and (name != "printf" or words[1].text == "-v"):
            judge_assignment(word.text, UNKNOWN, shell.findings)
            shell.scope.forget([word.text])
            shell.scope.carrying |= {word.text}
    if name == "set" and len(words) > 1:
        shell.scope.has_arguments = True
    return output_of(name, [word.text for word in words[1:]], given.text)


def assign(shell: SyntaxReader, node: Node, *, for_command: str = "") -> None:
    """One assignment; `for_command` is the command that alone sees it."""
    name = text_of(node.child_by_field_name("name"))
    value = node.child_by_field_name("value")
    text = ""
    if value is not None and value.type == "array":
        for child in value.named_children:
            shell.reader.words(child)
        text = UNKNOWN
    elif value is not None:
        text = shell.reader.text(value)
    plain = name.partition("[")[0]
    if plain != name or text_of(node)[len(name) :].startswith("+="):
        shell.expression(node)
        text = UNKNOWN
    judge_assignment(plain, text, shell.findings, for_command=for_command)
    if not for_command:
        if value is not None and shell.reader.carries(value) and UNKNOWN in text:
            shell.scope.carrying |= {plain}
        shell.scope.variables[plain] = text if len(text) <= MAX_VALUE // 4 else UNKNOWN


def assignments(shell: SyntaxReader, node: Node, _: Input) -> str:
    """Assignments without a command."""
    for child in node.named_children if node.type == "variable_assignments" else [node]:
        assign(shell, child)
    return ""


def declaration(shell: SyntaxReader, node: Node, _: Input) -> str:
    """`export`, `declare`, `local` and their like."""
    for child in node.named_children:
        if child.type == "variable_assignment":
            assign(shell, child)
            continue
        for word in shell.reader.words(child):
            _declared(shell, word, node)
    return ""


def _declared(shell: SyntaxReader, word: Word, node: Node) -> None:
    shown = clip(text_of(node))
    if not word.known or word.glob or (word.expanded and "=" in word.text):
        shell.findings.unsure(why("shell.declares_unknown", shown=shown), Risk.HIGH)
    elif hides_command(word.text) or (word.text.startswith("-") and "n" in word.text):
        shell.findings.ask(why("shell.declares_command", shown=shown), Risk.HIGH)
    elif not word.text.startswith("-"):
        name, _, value = word.text.partition("=")
        judge_assignment(name, value, shell.findings)
        if "=" in word.text:
            shell.scope.forget([name])


def unset(shell: SyntaxReader, node: Node, _: Input) -> str:
    """`unset`, after which a variable or function of that name is not what it was."""
    for child in node.named_children:
        for word in shell.reader.words(child):
            if hides_command(word.text):
                shell.findings.ask(why("shell.index_runs", shown=clip(text_of(node))), Risk.HIGH)
            if word.text == "IFS":
                shell.scope.variables.pop("IFS", None)
                continue
            if shell.findings.contained and word.text in {"HISTFILE", "HISTSIZE"}:
                shell.findings.ask(why("shell.hides_traces", shown=clip(text_of(node))), Risk.HIGH)
            shell.scope.forget([word.text])
            shell.scope.functions = frozenset() if not word.known else shell.scope.functions - {word.text}
    return ""


def test(shell: SyntaxReader, node: Node, _: Input) -> str:
    """`[ … ]` and `[[ … ]]`: only what they substitute matters."""
    shell.expression(node)
    if any(hides_command(text_of(one).strip("$'\"")) for one in nested(node, _QUOTED)):
        shell.findings.ask(why("shell.index_runs", shown=clip(text_of(node))), Risk.HIGH)
    return ""
