"""Why an approved call did not run, so that everybody reads it in their own language, also later and elsewhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.audit import canonical
from governance.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The name of a sentence in `governance.words`, without its last dot, and what it is about."""

    word: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """The sentence in that language."""
        return say(self.word, language, **self.fields)

    @property
    def stored(self) -> str:
        """As the row of a call keeps it."""
        return canonical([self.word, dict(self.fields)])


def because(words: str) -> Why:
    """The guard's own words, which are the same in every language."""
    return Why(word="why.guard", fields={"because": words.rstrip(".")})


def why_of(stored: str | None) -> Why | None:
    """The reason that a row keeps; None where there is none."""
    if not stored:
        return None
    word, fields = json.loads(stored)
    return Why(word=word, fields=fields)
