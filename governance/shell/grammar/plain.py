"""Whether a command is one program with plain arguments and nothing else, for grants that may cover its like."""

from governance.shell.grammar.tree import MAX_BYTES, Node, ambiguity, hidden_character, parse
from governance.shell.grammar.words import Reader
from governance.shell.scope import HOME, UNKNOWN, Findings, Scope

_CONSTANT = frozenset({"command_name", "concatenation", "number", "raw_string", "string", "string_content", "word"})


def plain_words(command: str) -> list[str] | None:
    """The words of a text that nobody has parsed yet; None for any but one plain command."""
    if len(command) > MAX_BYTES or hidden_character(command) or not command.strip():
        return None
    root = parse(command)
    words = None if root is None or ambiguity(command, root) else words_of(command, root)
    return None if words is None else list(words)


def words_of(command: str, root: Node | None) -> tuple[str, ...] | None:
    """The words of a command without lists, redirections, assignments or expansions; None for any other.

    `root` is its tree, None where there is none that is certain.
    """
    if root is None or hidden_character(command) or "\n" in command:
        return None
    if "$$" in command:  # the number of the shell, which the grammar takes for two letters behind others
        return None
    if len(root.children) != 1 or root.children[0].type != "command":
        return None
    pending = list(root.children[0].children)
    while pending:
        node = pending.pop()
        if node.is_named and node.type not in _CONSTANT:
            return None
        pending.extend(node.children)
    findings = Findings()
    reader = Reader(scope=Scope(places=None), findings=findings, substitute=lambda _: UNKNOWN)
    words = [word for child in root.children[0].named_children for word in reader.words(child)]
    changed = findings.verdicts or any(word.glob or not word.known or word.text.startswith(HOME) for word in words)
    return None if changed else tuple(word.text for word in words)
