"""Sentences of ours about a channel, kept as what they say until somebody reads them: in that reader's language.

What a channel is like reaches people through its errors and its health, beside the platforms' own words. A saying is
the English sentence as text, for logs and the API; with `told` it is the sentence of the reader.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import Protocol, runtime_checkable

from channels.locales import knows, say
from channels.times import lasting, moment


@runtime_checkable
class _InAnyLanguage(Protocol):
    """A sentence of another floor, as the reason for which something was refused."""

    def said(self, language: str) -> str:
        """It in that language."""


class ChannelSaying(str):
    """A sentence of the catalogue and what it is about. Errors keep it, for `str` of it is itself."""

    __slots__ = ("_about", "_key")
    _key: str
    _about: dict[str, object]

    def __str__(self) -> str:
        return self

    def said(self, language: str) -> str:
        """The sentence in that language; what it is about may be sayings, too, or times and spans of it."""
        return say(self._key, language, **{name: _in(value, language) for name, value in self._about.items()})

    @classmethod
    def of(cls, key: str, about: dict[str, object]) -> "ChannelSaying":
        """The sentence of that name."""
        made = cls(say(key, "en", **{name: _in(value, "en") for name, value in about.items()}))
        made._key, made._about = key, about
        return made


def saying(key: str, /, **about: object) -> ChannelSaying:
    """The sentence `health.KEY` of the catalogue about these; `thing` is what a platform calls its line to us."""
    return ChannelSaying.of(
        f"health.{key}", about | {"thing": _thing(str(about["thing"]))} if "thing" in about else about
    )


def together(texts: Iterable[str]) -> str:
    """Several of them as one."""
    given = list(texts)
    return reduce(lambda first, then: saying("both", first=first, then=then), given) if given else ""


def told(text: str, language: str) -> str:
    """Words about a channel for a reader: ours in their language, those of others as they stand."""
    return text.said(language) if isinstance(text, ChannelSaying) else text


def _thing(name: str) -> str:
    key = f"thing.{name.replace(' ', '_')}"
    return saying(key) if knows(f"health.{key}") else name


def _in(value: object, language: str) -> object:
    if isinstance(value, datetime):
        return moment(value, language)
    if isinstance(value, timedelta):
        return lasting(value, language)
    return value.said(language) if isinstance(value, _InAnyLanguage) else value
