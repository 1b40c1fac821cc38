"""Lists, pipelines, branches, loops and functions: in which order things happen, and what may not happen at all."""

import itertools
import re
from collections.abc import Callable

from governance.shell.commands import assignments, command, declaration, test, unset
from governance.shell.environment import judge_assignment
from governance.shell.grammar.syntax import (
    SyntaxReader,
    assigned_in,
    first_word,
    has_alternative,
    moves,
    multiplies,
    parts_of,
    programs_in,
)
from governance.shell.grammar.tree import Node, text_of
from governance.shell.never import pipes_shell
from governance.shell.programs import PROGRAMS
from governance.shell.redirections import redirect, redirected
from governance.shell.scope import UNKNOWN, Input, Scope, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

MAX_ROUNDS = 8
"""A loop over at most this many constants is read once for each."""

IGNORED = frozenset(
    {"comment", "heredoc_body", "heredoc_end", "heredoc_start", "file_descriptor", "variable_name", "word"},
)
"""Kinds of node that are no statements and do nothing where statements stand."""

_MULTIPLIES = re.compile(
    r"^while\s+(?:true|:|\(\(\s*1\s*\)\)|\[ 1 \])\s*;(?!.*\b(?:sleep|wait|read|inotifywait)\b).*[^&>]&(?![&>\d])",
    re.DOTALL,
)
"""A loop without end that starts something beside itself each time, and never waits."""
_CLAUSES = frozenset({"case_item", "elif_clause", "else_clause"})


def _sequence(shell: SyntaxReader, node: Node, given: Input) -> str:
    for child in node.named_children:
        if child.type not in STATEMENTS and child.type not in IGNORED:
            shell.expression(child)
    return shell.statements([child for child in node.named_children if child.type in STATEMENTS], given)


def _subshell(shell: SyntaxReader, node: Node, given: Input) -> str:
    return shell.inner().statements(node.named_children, given)


def _negated(shell: SyntaxReader, node: Node, given: Input) -> str:
    return shell.statements(node.named_children, given)


def _list(shell: SyntaxReader, node: Node, given: Input) -> str:
    parts, alternative, scope = parts_of(node), has_alternative(node), shell.scope
    came_from = scope.places
    printed = shell.visit(parts[0], given)
    before, functions = dict(scope.variables), scope.functions
    for last, part in itertools.pairwise(parts):
        if first_word(last) in {"cd", "chdir"} and not alternative:
            scope.places = scope.arrived  # what follows `cd x &&` runs only if it worked
        printed += shell.visit(part, given)
        if alternative:
            _forget_changes(scope, before, functions)
    _forget_changes(scope, before, functions)
    if [first_word(part) for part in parts] in (["cd", "exit"], ["cd", "return"]):
        scope.places = scope.arrived
    elif came_from is not None and scope.places is not None:
        scope.places |= came_from
    return UNKNOWN if alternative else printed


def _forget_changes(scope: Scope, before: dict[str, str], functions: frozenset[str]) -> None:
    """What may or may not have happened: changed variables are unknown, new functions perhaps other programs."""
    scope.forget([name for name in scope.variables if scope.variables[name] != before.get(name)])
    scope.functions &= functions


def _pipeline(shell: SyntaxReader, node: Node, given: Input) -> str:
    names: list[str] = []
    for part in node.named_children:
        if part.type == "comment":
            continue
        printed = shell.inner().visit(part, given)
        names.extend(programs_in(part))
        given = Input(text=printed, fed_by=tuple(names[-6:]), given=True)
    if pipes_shell(names):
        shell.findings.refuse(why("shell.hands_shell", shown=clip(" | ".join(names))))
    return given.text


def _branches(shell: SyntaxReader, node: Node, given: Input) -> str:
    before, functions = dict(shell.scope.variables), shell.scope.functions
    for child in node.named_children:
        if child.type in STATEMENTS or child.type in _CLAUSES:
            shell.visit(child, given)
        elif child.type not in IGNORED:
            shell.expression(child)
    _forget_changes(shell.scope, before, functions)
    return UNKNOWN


def _while(shell: SyntaxReader, node: Node, given: Input) -> str:
    shell.findings.work_left -= node.descendant_count // 16
    if shell.around.contained and _MULTIPLIES.search(text_of(node)):
        shell.findings.ask(why("shell.floods", shown=clip(text_of(node))), Risk.HIGH)
    shell.scope.forget(assigned_in(node))
    if moves(node):
        shell.scope.places = None
    return _branches(shell, node, given)


def _for(shell: SyntaxReader, node: Node, given: Input) -> str:
    name, scope = text_of(node.child_by_field_name("variable")), shell.scope
    judge_assignment(name, UNKNOWN, shell.findings)
    values = [word for child in node.children_by_field_name("value") for word in shell.reader.words(child)]
    if any(word.carries for word in values):
        scope.carrying |= {name}
    changed, functions = assigned_in(node), scope.functions
    shell.findings.work_left -= node.descendant_count // 16
    scope.forget(changed)
    known = 0 < len(values) <= MAX_ROUNDS and all(word.known for word in values)
    if moves(node) and (not known or any(word.glob for word in values)):
        scope.places = None  # it goes round more often than it is read
    for text in [word.text for word in values] if known else [UNKNOWN]:
        scope.variables[name] = text
        shell.visit(node.child_by_field_name("body"), given)
        scope.forget(changed)
    scope.forget([name])
    scope.functions &= functions
    return UNKNOWN


def _function(shell: SyntaxReader, node: Node, given: Input) -> str:
    name = text_of(node.child_by_field_name("name"))
    body = node.child_by_field_name("body")
    for one in node.children_by_field_name("redirect"):
        redirect(shell, one, given)
    if multiplies(body, name):
        shell.findings.refuse(why("shell.function_bomb", name=clip(name)))
    elif programs_in(body).count(name) > 1:
        shell.findings.unsure(why("shell.function_twice", name=clip(name)))
    if not re.fullmatch(r"[A-Za-z_][\w-]*", name) or name in PROGRAMS or name in {"cd", "git", "rm", "sudo", "find"}:
        shell.findings.unsure(why("shell.redefines", name=clip(name)), Risk.HIGH)
    inner = shell.inner()
    inner.scope.in_function = True
    inner.scope.functions |= {name}
    if moves(body):
        inner.scope.places = shell.scope.places = None
    inner.visit(body, given)
    shell.scope.functions |= {name}
    shell.scope.forget(assigned_in(node))
    return ""


STATEMENTS: dict[str, Callable[[SyntaxReader, Node, Input], str]] = {
    "c_style_for_statement": _while,
    "case_item": _branches,
    "case_statement": _branches,
    "command": command,
    "compound_statement": _sequence,
    "declaration_command": declaration,
    "do_group": _sequence,
    "elif_clause": _branches,
    "else_clause": _branches,
    "for_statement": _for,
    "function_definition": _function,
    "if_statement": _branches,
    "list": _list,
    "negated_command": _negated,
    "pipeline": _pipeline,
    "redirected_statement": redirected,
    "subshell": _subshell,
    "test_command": test,
    "unset_command": unset,
    "variable_assignment": assignments,
    "variable_assignments": assignments,
    "while_statement": _while,
}
"""The rule for each kind of statement that is understood."""
