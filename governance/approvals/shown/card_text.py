"""What a card, a reason and the record may leave out of what runs: nothing, but for secrets that are mere words.

Whoever decides alone sees everything; where others read along, and in the record, what looks like a secret is replaced
by its length and the beginning of its digest, and only where it is part of one literal word that no shell interprets.
So the text that is shown has the same syntax tree as the text that runs.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from channels.text.visible import mixed_words
from governance.masking import keys_in
from governance.shell.grammar.literal import literal_arguments
from governance.shell.reading import Reading

_DIGITS = 8


def looks_secret(text: str) -> int:
    """In how many places the text holds what looks like a secret."""
    return len(keys_in(text, strict=True))


def borrowed_letters(text: str) -> list[str]:
    """Words of the text whose letters look like those of another script, with which they are."""
    return mixed_words(text)


def masked_command(command: str, reading: Reading | None = None) -> str:
    """A command for others' eyes: secrets are masked where they are part of one literal argument, and nowhere else.

    `reading` is the command as it was read, where it was.
    """
    spans = _spans(command)
    if not spans:
        return command
    try:
        words = list(literal_arguments(command, reading))
    except (RecursionError, UnicodeError):
        return command
    free = [(start, end) for start, end in spans if any(low <= start and end <= high for low, high in words)]
    return _replaced(command, free)


def masked_text(text: str) -> str:
    """Words that are no command: what looks like a secret is masked, for none of its signs means anything."""
    return _replaced(text, _spans(text))


def masked_arguments(arguments: Mapping[str, Any], command: str = "", reading: Reading | None = None) -> dict[str, Any]:
    """The arguments of a call for the record, whole; `command` names the one that a shell reads, if any.

    `reading` is that command as it was read, where it was.
    """
    return {
        name: masked_command(value, reading) if name == command and isinstance(value, str) else _masked(value)
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
