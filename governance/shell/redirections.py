"""Where the input of a command comes from and where its output goes."""

import re
from collections.abc import Sequence

from governance.shell.decoders import DECODERS
from governance.shell.grammar.syntax import SyntaxReader, continuations, programs_in
from governance.shell.grammar.tree import Node, nested, text_of
from governance.shell.grammar.words import SUBSTITUTIONS
from governance.shell.network import NETWORK
from governance.shell.never import pipes_shell
from governance.shell.places import judge_read, judge_write, resolved
from governance.shell.planting import judge_hooks
from governance.shell.scope import UNKNOWN, Input, Named, Word, clip
from governance.values.reasons import why

_EXPANSIONS = frozenset({*SUBSTITUTIONS, "simple_expansion", "expansion", "arithmetic_expansion"})
_ARRIVES = (DECODERS | NETWORK) - {"git", "tr", "gh"}
"""Programs whose output is what another machine or an encoded text says."""
_BESIDE_TEXT = re.compile(r"(?<!\\)\$\(|`")


def redirected(shell: SyntaxReader, node: Node, given: Input) -> str:
    """A statement with redirections behind it; returns what it prints where that is known."""
    from governance.shell.commands import command  # noqa: PLC0415  # commands have redirections too

    body = node.child_by_field_name("body")
    more: list[Word] = []
    following: list[Node] = []
    for one in node.children_by_field_name("redirect"):
        given, extra = redirect(shell, one, given)
        more.extend(extra)
        following.extend(continuations(one))
    if body is None:
        printed = ""
    elif more and body.type == "command":
        printed = command(shell, body, given, more)  # the grammar counts words after a redirection to it, bash does not
    else:
        if more:
            shell.findings.ask(why("shell.unplaced_words", shown=clip(text_of(body))))
        printed = shell.visit(body, given)
    if body is not None and shell.around.contained:
        _note_written(shell, node, programs_in(body), printed)
    return _continued(shell, body, following, printed) if following else printed


def _note_written(shell: SyntaxReader, node: Node, programs: Sequence[str], printed: str) -> None:
    """Remember what a statement puts into files, as far as that is known, and where what it says comes from."""
    paths = _written(shell, node)
    if _ARRIVES & set(programs):
        shell.findings.arrived.update(paths)
    sources = {word.text for one in shell.findings.named[-3:] for word in one.words}
    endless = _ENDLESS & set(programs) or ("cat" in programs and {"/dev/zero", "/dev/urandom"} & sources)
    if paths and endless and not {"head", "timeout"} & set(programs):
        shell.findings.ask(why("shell.floods", shown=clip(text_of(node))), inside=True)
    if UNKNOWN in printed or not printed:
        shell.findings.overwritten.update(paths)
    else:
        for path in paths:
            judge_hooks(path, printed, shell.findings, clip(" | ".join(programs)))
            shell.findings.written[path] = shell.findings.written.get(path, "") + printed


_ENDLESS = frozenset({"yes"})


def _written(shell: SyntaxReader, node: Node) -> list[str]:
    """The files that the redirections of a statement write, as far as their names are plain."""
    found: list[str] = []
    for one in node.children_by_field_name("redirect"):
        for target in one.children_by_field_name("destination"):
            found.extend(resolved(text_of(target).strip("'\""), shell.scope))
    return found


def _continued(shell: SyntaxReader, body: Node | None, following: list[Node], printed: str) -> str:
    names = programs_in(body) if body is not None else []
    passed = Input(text=printed, fed_by=tuple(names), given=True)
    for part in following:
        printed = shell.visit(part, passed)
        names += programs_in(part)
    if pipes_shell(names):
        shell.findings.refuse(why("shell.hands_shell", shown=clip(" | ".join(names))))
    return printed


def redirect(shell: SyntaxReader, node: Node, given: Input) -> tuple[Input, list[Word]]:
    """Judge one redirection; returns what the command reads then, and words that belong to the command."""
    shell.seen.add(node.id)
    if node.type == "heredoc_redirect":
        return _heredoc(shell, node, given)
    if node.type == "herestring_redirect":
        texts = [shell.reader.text(child) for child in node.named_children if child.type != "file_descriptor"]
        return Input(text="".join(texts) + "\n", fed_by=given.fed_by, given=True), []
    return _file(shell, node, given)


def _file(shell: SyntaxReader, node: Node, given: Input) -> tuple[Input, list[Word]]:
    words = [word for child in node.children_by_field_name("destination") for word in shell.reader.words(child)]
    operator = next((child.type for child in node.children if not child.is_named), "")
    if not words:
        return given, []
    target, extra = words[0], words[1:]
    if operator in {">&", "<&", ">&-", "<&-"} and re.fullmatch(r"\d*-?", target.text):
        return given, extra
    if target.glob:
        shell.findings.unsure(why("shell.redirects_many", path=clip(target.text)))
    reads = operator == "<" and not target.text.startswith(("/dev/tcp", "/dev/udp"))
    if reads:
        shell.findings.named.append(Named(places=shell.scope.places, words=(target,), is_input=True))
    (judge_read if reads else judge_write)(
        target, shell.scope, shell.around, shell.findings, why("shell.a_redirection")
    )
    if operator not in {"<", "<>"}:
        return given, extra
    fed_by = shell.scope.feeding.get(target.text, given.fed_by)
    printed = shell.scope.streams.get(target.text, UNKNOWN)
    return Input(text=printed, fed_by=fed_by, given=True, source=target.text), extra


def _heredoc(shell: SyntaxReader, node: Node, given: Input) -> tuple[Input, list[Word]]:
    start = next((child for child in node.children if child.type == "heredoc_start"), None)
    body = next((child for child in node.children if child.type == "heredoc_body"), None)
    more: list[Word] = []
    for one in node.children_by_field_name("redirect"):
        given, extra = redirect(shell, one, given)
        more.extend(extra)
    more.extend(word for child in node.children_by_field_name("argument") for word in shell.reader.words(child))
    quoted = start is not None and any(mark in text_of(start) for mark in "'\"\\")
    text = "" if body is None else text_of(body) if quoted else _expanded(shell, body)
    return Input(text=text, given=True), more


def _expanded(shell: SyntaxReader, body: Node) -> str:
    """The text of a here-document whose end word has no quotes; the grammar leaves out what lies between."""
    source: bytes = body.text
    text, at = "", 0
    for inner in nested(body, _EXPANSIONS):
        between = source[at : inner.start_byte - body.start_byte].decode()
        _judge_between(shell, between)
        text += between + shell.reader.text(inner)
        at = inner.end_byte - body.start_byte
    rest = source[at:].decode()
    _judge_between(shell, rest)
    return text + rest


def _judge_between(shell: SyntaxReader, text: str) -> None:
    if _BESIDE_TEXT.search(text):
        shell.findings.ask(why("shell.heredoc_runs"))
