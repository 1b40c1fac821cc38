"""Whether a sentence keeps something from the person: by what is not to be said, to whom, or where it is not to stand.

Whoever protects secrets also writes "never show"; so it counts what is to be kept quiet. A deed is, a password is not.
"""

from dataclasses import dataclass

from governance.scanner.rules.written_patterns import WrittenPattern

_AUDIENCE = WrittenPattern("hush.audience")
_A_DEED = WrittenPattern("hush.a_deed")
_CHINESE = WrittenPattern("hush.chinese")
_CHINESE_AUDIENCE = WrittenPattern("hush.chinese_audience")
_DENIED = WrittenPattern("hush.denied")
_GERMAN = WrittenPattern("hush.german")
_LEFT_OUT = WrittenPattern("hush.left_out")
_NOT_SAID = WrittenPattern("hush.not_said")
_PROTECTED = WrittenPattern("hush.protected")
_QUIETLY = WrittenPattern("hush.quietly")
_RUSSIAN = WrittenPattern("hush.russian")
_SAID_OTHERWISE = WrittenPattern("hush.said_otherwise")
_UNLESS = WrittenPattern("hush.unless")
_WORRIES = WrittenPattern("hush.worries")


@dataclass(frozen=True, slots=True)
class Hush:
    """That something is kept from the person: how surely, 1 to 3, and the words that say so."""

    sureness: int
    words: str


def hush_in(sentence: str) -> Hush | None:
    """Whether a sentence keeps a deed quiet; None where it does not, or protects a secret instead."""
    return _otherwise(sentence) or _unsaid(sentence) or (None if sentence.isascii() else _elsewhere(sentence))


def _otherwise(sentence: str) -> Hush | None:
    """Something else is to be said, or it is to be left out, or it would only worry somebody."""
    for pattern, sure in ((_SAID_OTHERWISE, 2), (_WORRIES, 3), (_LEFT_OUT, 3)):
        found = pattern.search(sentence)
        denied = (
            found
            and pattern is _SAID_OTHERWISE
            and _DENIED.search(sentence[max(0, found.start() - 25) : found.start()])
        )
        if found and not denied and not _PROTECTED.search(found[0]):
            return Hush(sure, found[0])
    return None


def _unsaid(sentence: str) -> Hush | None:
    found = _NOT_SAID.search(sentence)
    rest = found["rest"] if found else ""
    if found and not _PROTECTED.search(rest[:60]):
        audience = _AUDIENCE.search(rest)
        if audience and not _UNLESS.search(rest[: audience.start()]):
            return Hush(3, found[0])
        if _A_DEED.match(rest) and len(rest.strip()) < 25:  # noqa: PLR2004  # nothing but "it" or "this step"
            return Hush(2, found[0])
    quietly = _QUIETLY.search(sentence)
    return Hush(1, quietly[0]) if quietly else None


def _elsewhere(sentence: str) -> Hush | None:
    """The same in Chinese, Russian and German."""
    for pattern in (_CHINESE, _RUSSIAN, _GERMAN):
        found = pattern.search(sentence)
        if found and not _PROTECTED.search(sentence[found.start() : found.end() + 12]):
            return Hush(3 if pattern is not _CHINESE or _CHINESE_AUDIENCE.search(sentence) else 2, found[0])
    return None
