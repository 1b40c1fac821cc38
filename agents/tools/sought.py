"""Words by which tools and skills are looked for: those of Latin letters and digits, and each sign of Chinese."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"[a-z0-9]{2,}|[^\W\da-z_]", re.IGNORECASE)


def words_sought(text: str) -> Iterator[str]:
    """The words of a text, as they are compared."""
    return (word.casefold() for word in _WORD.findall(text))
