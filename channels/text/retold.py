"""What a library or a check said in English, as somebody else reads it.

Mistakes in settings, agents and policies are found by libraries and by validators that know no reader. Their sentences
stand once more in the catalogue, under `told.`: one is found by its English words. What fills its blanks is kept, and
retold in its turn under `{why}`. What is not there stays English.
"""

import re
from functools import cache
from string import Formatter

from channels.locales import DEFAULT, say, sentences
from channels.sayings import ChannelSaying

_BEGIN = "told."
_WHY = "why"


def retold(says: str, language: str) -> str:
    """The same in a language: what carries its key by that, anything else line by line."""
    if isinstance(says, ChannelSaying):
        return says.said(language)
    if language == DEFAULT:
        return says
    return "\n".join(_retold(line, language) for line in says.split("\n"))


def _retold(says: str, language: str) -> str:
    for name, pattern in _patterns():
        if found := pattern.fullmatch(says):
            filled = found.groupdict()
            if _WHY in filled:
                filled[_WHY] = _retold(filled[_WHY], language)
            return say(f"told.{name}", language, **filled)
    return says


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each English sentence as a pattern, those with the most words of their own first."""
    known = [
        (key, form) for key, form in sentences(DEFAULT).items() if key.startswith(_BEGIN) and isinstance(form, str)
    ]
    own = {key: sum(len(text) for text, *_ in Formatter().parse(form)) for key, form in known}
    known.sort(key=lambda each: -own[each[0]])
    return tuple((key.removeprefix(_BEGIN), re.compile(_pattern(form), re.IGNORECASE)) for key, form in known)


def _pattern(form: str) -> str:
    return "".join(
        re.escape(text) + (f"(?P<{field}>.+?)" if field is not None else "")
        for text, field, *_ in Formatter().parse(form)
    )
