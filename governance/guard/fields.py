"""What a server has answered, taken apart: values that stand in a field by themselves, and all that is text.

Fields are those of JSON. Whoever can write a text into one, such as the body of a mail, cannot make a field of what the
text names; what they can write as a field is who they are, so the names of writers are kept apart. It judges nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_VALUES = 5_000
"""So many values of a conversation are kept; what is beyond them is known from no field."""
_DEEPEST = 40
_SHORT = 5
_LEAST_NAME = 3
_WRITERS = frozenset(
    {"author", "by", "createdby", "creator", "from", "fromemail", "replyto", "sender", "senderemail", "sendername"}
)
_AROUND = r"[a-z0-9_.@+-]"
_MARKED = r"(?:['\"‘’“”「」`#]|\b(?:ids?|no|nr|number|nummer)\W{{0,3}}|编号\W{{0,3}}|号\W{{0,3}}){}(?![a-z0-9_])"


@dataclass(slots=True, kw_only=True)
class AnswerFields:
    """What servers have told in a conversation, in small letters: `values`, `writers`, and `texts`."""

    values: set[str] = field(default_factory=set)
    writers: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    def add(self, told: str) -> None:
        """Take in a result: JSON, also one document after the other; anything else is text."""
        rest = told.strip()
        while rest[:1] in {"{", "["}:
            try:
                found, end = json.JSONDecoder().raw_decode(rest)
            except (RecursionError, ValueError):
                break
            for key, value in _leaves(found, "", 0):
                self._keep(key, value)
            rest = rest[end:].lstrip()
        if rest:
            self.texts.append(rest.casefold())

    def knows(self, value: str, said: str) -> bool:
        """Whether a field holds this value, and no text names it; of a writer, whether the person names them, too."""
        wanted = value.strip().casefold()
        if not wanted or any(_names(text, wanted) for text in self.texts):
            return False
        return wanted in self.values or (wanted in self.writers and _is_named(wanted, said))

    def _keep(self, key: str, value: str) -> None:
        plain = value.strip().casefold()
        if len(plain.split()) > 1 or not plain.isascii():  # Chinese has no blanks
            self.texts.append(plain)
        if not plain or len(self.values) + len(self.writers) >= MOST_VALUES:
            return
        is_writer = re.sub(r"[\W_]", "", key.casefold()) in _WRITERS
        (self.writers if is_writer else self.values).add(plain)


def _leaves(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """The single values of what was answered, each with the name of its field."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, name, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, key, depth + 1)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield key, str(value)


def _names(text: str, value: str) -> bool:
    """Whether a text names that value; of a short one only when it stands there as an id or between quotes."""
    if text == value or value not in text:
        return False
    if len(value) < _SHORT or value.isdigit():
        return re.search(_MARKED.format(re.escape(value)), text) is not None
    return re.search(rf"(?<!{_AROUND}){re.escape(value)}(?!{_AROUND[:-1]}]*\w)", text) is not None


def _is_named(writer: str, said: str) -> bool:
    """Whether the person has named who that is: `mark.davies@example.org` where they said Mark."""
    named = {word.casefold() for word in _names_in(said)}
    parts = [part for part in re.split(r"[\W_]+", writer.partition("@")[0]) if part]
    return any(
        part in named if part.isascii() else part in said
        for part in parts
        if len(part) >= _LEAST_NAME or not part.isascii()
    )


def _names_in(said: str) -> Iterable[str]:
    return (word for word in re.findall(r"[^\W\d_]+", said) if word[0].isupper())
