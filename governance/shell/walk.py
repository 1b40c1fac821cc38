"""Reads the syntax tree of a command, statement by statement, as bash would run it, and judges each simple command.

Allow-list semantics: a kind of statement that is not understood asks, and so does a command or redirection that no rule
has reached. Loops over constants are read once per value; variables that a loop, a branch or a function may set count
as unknown where the order of things is not certain.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from governance.shell.commands import assign
from governance.shell.grammar.syntax import ASSIGNMENTS, REDIRECTIONS
from governance.shell.grammar.tree import (
    MAX_BYTES,
    MAX_NODES,
    Node,
    ambiguity,
    hidden_character,
    nested,
    parse,
    text_of,
)
from governance.shell.grammar.words import SUBSTITUTIONS, Reader
from governance.shell.never import text_never
from governance.shell.redirections import redirect
from governance.shell.scope import UNKNOWN, Findings, Input, Scope, ShellSurroundings, Word, clip
from governance.shell.simple import judge_simple
from governance.shell.statements import IGNORED, STATEMENTS
from governance.values.reasons import why
from governance.values.verdicts import Risk

MAX_DEPTH = 8
PROBE_WORK = 200

_BRACE_COMMAND = re.compile(r"((?:^|[;&|(\n])[ \t]*)\{(?=[^\s\"])")
"""A brace expansion where a command begins, which the grammar takes for a group; quotes before it make it a word."""
_NO_COMMAND = frozenset(
    {"shell.backtick", "shell.becomes_command", "shell.broken_word", "shell.composed_program", "shell.too_deep",
     "shell.too_many_parts", "shell.unforeseen", "shell.unknown_program", "shell.unparsed", "shell.unplaced"},
)  # fmt: skip
"""What is said of a text that is no command."""
_MUST_BE_SEEN = REDIRECTIONS | {"command"}


class Walker:
    """One shell that reads a command. Nested shells are walkers of their own that share its findings."""

    def __init__(self, scope: Scope, around: ShellSurroundings, findings: Findings, depth: int = 0) -> None:
        self.scope = scope
        self.around = around
        self.findings = findings
        self.seen: set[int] = set()
        self.root: Node | None = None
        self.reader = Reader(scope=scope, findings=findings, substitute=self._substitute)
        self._depth = depth

    def script(self, command: str) -> str:
        """Judge a whole text; returns what it prints where that is known, else UNKNOWN."""
        self.findings.work_left -= 1 + len(command) // 32
        if self._depth > MAX_DEPTH or self.findings.work_left <= 0 or len(command) > MAX_BYTES:
            self._give_up(command, "shell.too_deep")
            return UNKNOWN
        if hidden := hidden_character(command.replace(UNKNOWN, "x")):
            self.findings.ask(why("shell.hidden_character", name=hidden), Risk.HIGH)
        self.seen = set()
        source = _printable(command)
        root = parse(source)
        if root is None or root.descendant_count > MAX_NODES:
            self._give_up(command, "shell.too_many_parts")
            return UNKNOWN
        if unsure := ambiguity(source, root):
            self._doubt(source, unsure)
        else:
            self.root = root
        printed = self.statements(root.children, Input())
        self._ask_unseen(root)
        return printed

    def _doubt(self, source: str, unsure: str) -> None:
        self.findings.ask(why(unsure, shown=clip(source)), Risk.HIGH)
        if what := text_never(source):
            self.findings.refuse(why(what, shown=clip(source)))
        if _BRACE_COMMAND.search(source):
            self.probe(_BRACE_COMMAND.sub(r'\1""{', source))

    def _give_up(self, command: str, word: str) -> None:
        self.findings.ask(why(word, shown=clip(command)), Risk.CRITICAL)
        if what := text_never(command):
            self.findings.refuse(why(what, shown=clip(command)))

    def _ask_unseen(self, root: Node) -> None:
        """The net under all rules: whatever none of them has reached was not judged."""
        pending = [root]
        while pending:
            node = pending.pop()
            if node.type in _MUST_BE_SEEN and node.id not in self.seen:
                self.findings.ask(why("shell.unplaced", shown=clip(text_of(node))), Risk.HIGH)
                return
            pending.extend(node.children)

    def run(self, words: Sequence[Word], given: Input) -> None:
        """Judge these words as a command of their own."""
        self.findings.work_left -= 1
        if self.findings.work_left > 0:
            judge_simple(words, given, self)
        else:
            self.findings.ask(why("shell.too_many_parts", shown=why("shell.the_command")), Risk.CRITICAL)

    def text(self, command: str, *, has_arguments: bool = False) -> None:
        """Judge a text as the script of another shell, which may have been given arguments."""
        inner = self.inner()
        inner.scope.has_arguments = has_arguments
        inner.script(command.replace(UNKNOWN, "$_nexora_unknown"))

    def here(self, command: str) -> None:
        """Judge a text that this very shell runs, as `eval` does; what it sets and where it goes stays so."""
        same = Walker(self.scope, self.around, self.findings, self._depth + 1)
        same.script(command.replace(UNKNOWN, "$_nexora_unknown"))

    def probe(self, text: str) -> None:
        """Judge a text as a command, and keep only what nobody can approve."""
        if not text.strip() or UNKNOWN in text or self.findings.work_left <= 0:
            return
        allowance = min(self.findings.work_left, PROBE_WORK)
        found = Findings(work_left=allowance, contained=self.findings.contained, undoable=self.findings.undoable)
        Walker(self.scope.copy(), self.around, found, self._depth + 2).script(text)
        self.findings.work_left -= allowance - found.work_left
        self.findings.verdicts.extend(found.refusals)

    def weigh(self, text: str) -> None:
        """Judge a text that may be a command or none; that it is none is not kept."""
        if not text.strip() or self.findings.work_left <= 0:
            return
        allowance = min(self.findings.work_left, PROBE_WORK)
        found = Findings(work_left=allowance, contained=self.findings.contained, undoable=self.findings.undoable)
        Walker(self.scope.copy(), self.around, found, self._depth + 2).script(text.replace(UNKNOWN, "$_nexora_unknown"))
        self.findings.work_left -= allowance - found.work_left
        self.findings.verdicts.extend(one for one in found.verdicts if one.because.word not in _NO_COMMAND)

    def harmless(self, command: str) -> bool:
        """Whether a text is known to be harmless wherever it runs, by the list of programs that are."""
        allowance = min(self.findings.work_left, PROBE_WORK)
        found = Findings(work_left=allowance)
        outside = replace(self.around, contained=False)
        Walker(Scope(places=self.scope.places), outside, found, self._depth + 2).script(command)
        self.findings.work_left -= allowance - found.work_left
        return not found.verdicts

    def inner(self) -> "Walker":
        """A reader for a subshell, with a copy of the state."""
        walker = Walker(self.scope.copy(), self.around, self.findings, self._depth + 1)
        walker.seen = self.seen
        return walker

    def statements(self, nodes: Iterable[Node], given: Input) -> str:
        """Judge statements in order; returns what they print together."""
        return "".join(self.visit(node, given) for node in nodes if node.is_named and node.type != "comment")

    def visit(self, node: Node, given: Input) -> str:
        """Judge one statement; returns what it prints where that is known, else UNKNOWN."""
        self.findings.work_left -= 1
        if self.findings.work_left <= 0:
            self.findings.ask(why("shell.too_many_parts", shown=why("shell.the_command")), Risk.CRITICAL)
            return UNKNOWN
        rule = STATEMENTS.get(node.type)
        if rule is not None:
            return rule(self, node, given)
        if node.type in IGNORED:
            return ""
        if node.type != "ERROR":
            self.findings.unsure(why("shell.odd_statement", shown=clip(text_of(node))))
        for child in node.named_children:
            self.visit(child, given)
        return UNKNOWN

    def expression(self, node: Node) -> None:
        """Judge what an arithmetic or test expression substitutes or assigns."""
        for inner in [node] if node.type in SUBSTITUTIONS else list(nested(node, SUBSTITUTIONS)):
            self._substitute(inner)
        if node.type not in ASSIGNMENTS:
            for assigned in nested(node, ASSIGNMENTS):
                assign(self, assigned)

    def _substitute(self, node: Node) -> str:
        inner = self.inner()
        children = [child for child in node.named_children if child.type != "comment"]
        if [child.type for child in children] == ["file_redirect"]:
            redirect(inner, children[0], Input())
            return UNKNOWN
        fed = node.type == "process_substitution" and text_of(node).startswith(">(")
        return inner.statements(children, Input(fed_by=("tee",), given=True) if fed else Input())


def _printable(command: str) -> str:
    """The command with characters that no tree can hold replaced, so that the rest can still be judged."""
    return command.encode("utf-8", "replace").decode().replace("\0", " ").replace("\r", " ")
