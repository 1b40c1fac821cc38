"""What a card, a reason and the record may leave out of what runs: nothing, but for secrets that are mere words.

Whoever decides alone sees everything; where others read along, and in the record, what looks like a secret is replaced
by its length and the beginning of its digest, and only where it is part of one literal word that no shell interprets.
So the text that is shown has the same syntax tree as the text that runs.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from channels.visible import mixed_words
from governance.masking import keys_in
from governance.shell.tree import Node, ambiguity, leaves, parse

_DIGITS = 8
_LITERAL = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
"""Signs that mean only themselves to a shell, wherever in a word they stand."""
_ARGUMENTS = frozenset({"command", "variable_assignment"})


def looks_secret(text: str) -> int:
    """In how many places the text holds what looks like a secret."""
    return len(keys_in(text, strict=True))


def borrowed_letters(text: str) -> list[str]:
    """Words of the text whose letters look like those of another script, with which they are."""
    return mixed_words(text)


def masked_command(command: str) -> str:
    """A command for others' eyes: secrets are masked where they are part of one literal argument, and nowhere else."""
    spans = _spans(command)
    if not spans:
        return command
    try:
        words = list(_literal_words(command))
    except (RecursionError, UnicodeError):
        return command
    free = [(start, end) for start, end in spans if any(low <= start and end <= high for low, high in words)]
    return _replaced(command, free)


def masked_text(text: str) -> str:
    """Words that are no command: what looks like a secret is masked, for none of its signs means anything."""
    return _replaced(text, _spans(text))


def masked_arguments(arguments: Mapping[str, Any], command: str = "") -> dict[str, Any]:
    """The arguments of a call for the record, whole; `command` names the one that a shell reads, if any."""
    return {
        name: masked_command(value) if name == command and isinstance(value, str) else _masked(value)
        for name, value in arguments.items()
    }


def _spans(text: str) -> list[tuple[int, int]]:
    return [(found.start, found.end) for found in keys_in(text, strict=True)]


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return {str(key): _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list | tuple) else value


def _literal_words(command: str) -> Iterator[tuple[int, int]]:
    """Where the literal arguments of the command are; none where its tree is not certain. A program's name is none."""
    root = parse(command)
    if root is None or ambiguity(command, root):
        return
    starts = _starts(command)
    for leaf in leaves(root):
        start, end = starts[leaf.start_byte], starts[leaf.end_byte]
        if leaf.type == "word" and _is_argument(leaf) and _LITERAL.fullmatch(command, start, end):
            yield start, end


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


def _replaced(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], _stand_in(text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def _stand_in(secret: str) -> str:
    """One word, in which a shell finds nothing either: how long it is, and what it can be recognised by."""
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"‹secret-{len(secret)}-{digest}›"
