"""Why something is asked, refused, allowed or was not run: everybody reads it in their language, also later."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.locales import say
from governance.record.audit import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The name of a sentence in `channels.locales`, without its last dot, and what it is about.

    A field may be a sentence itself. As text it is English, which is what models and the record get.
    """

    word: str
    fields: "Mapping[str, str | Why]" = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said("en")

    def said(self, language: str) -> str:
        """The sentence in that language."""
        said = {name: value.said(language) if isinstance(value, Why) else value for name, value in self.fields.items()}
        return say(self.word, language, **said)

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the sentences that it is made of; one that only joins others is named by them."""
        inner = tuple(word for value in self.fields.values() if isinstance(value, Why) for word in value.words)
        return inner if inner and self.word == "both" else (self.word, *inner)

    @property
    def stored(self) -> str:
        """As a row keeps it."""
        return canonical(self._listed())

    def _listed(self) -> list[Any]:
        fields = {
            name: value._listed() if isinstance(value, Why) else value  # noqa: SLF001  # of the same class
            for name, value in self.fields.items()
        }
        return [self.word, fields]


def why(word: str, /, **fields: "str | Why") -> Why:
    """The sentence of that name about these."""
    return Why(word=word, fields=fields)


def because(words: str) -> Why:
    """Words that are the same in every language: somebody's own, or a system's."""
    return Why(word="why.guard", fields={"because": words.rstrip(".")})


def granted_by(reason: Why) -> str:
    """The code of the grant that a reason speaks of; empty when it speaks of none."""
    return str(reason.fields["code"]) if reason.word == "grant.allows" else ""


def why_of(stored: str | None) -> Why | None:
    """The reason that a row keeps, also one that an older program wrote as mere English; None where there is none."""
    if not stored:
        return None
    return _why(json.loads(stored)) if stored.startswith('["') else because(stored)


def _why(listed: list[Any]) -> Why:
    word, fields = listed
    return Why(
        word=word, fields={name: _why(value) if isinstance(value, list) else value for name, value in fields.items()}
    )
