"""What the words of a sentence stand for: acts, what they are done to, where it goes, and what is kept quiet.

A phrase that was met once says little about the next attack; the ideas behind it hardly change. So words are looked
up by concept (`concepts.toml`), in English, Chinese, Russian and German, and `asks.py` judges the concepts together.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path


class Concept(StrEnum):
    """What words stand for. Alphabetical. The acts are `ACTS`, what they are done to `OBJECTS`."""

    AGENT_SETTINGS = "agent_settings"
    ALWAYS = "always"
    APPROVAL = "approval"
    AWAY = "away"
    CHANGE = "change"
    CREDENTIAL = "credential"
    DESTROY = "destroy"
    FETCH = "fetch"
    GIVE = "give"
    HISTORY = "history"
    INSTRUCTIONS = "instructions"
    KEEP = "keep"
    LOWER = "lower"
    OUTRANKS = "outranks"
    PRETEXT = "pretext"
    PRIVATE = "private"
    REMOTE_TEXT = "remote_text"
    RUN = "run"
    STARTUP = "startup"
    TAKE = "take"
    WORK = "work"


ACTS = frozenset(
    {
        *(Concept.CHANGE, Concept.DESTROY, Concept.FETCH, Concept.GIVE),
        *(Concept.KEEP, Concept.LOWER, Concept.RUN, Concept.TAKE),
    }
)
OBJECTS = frozenset(
    {
        *(Concept.AGENT_SETTINGS, Concept.APPROVAL, Concept.CREDENTIAL, Concept.HISTORY),
        *(Concept.PRIVATE, Concept.STARTUP, Concept.WORK),
    }
)
_TOKEN = re.compile(r"[~.]?[\w@][\w.@/+-]*|\.[\w/.-]+")
_NO_WORD = re.compile(r"['\u2019`\"]")
_NEGATIONS = frozenset(
    {
        *("not", "never", "don", "doesn", "no", "without", "avoid", "cannot", "won", "shouldn", "mustn", "refuse"),
        *(
            "nor",
            "prevent",
            "prohibits",
            "forbid",
            "не",
            "нельзя",
            "никогда",
            "nicht",
            "nie",
            "niemals",
            "kein",
            "keine",
        ),
        *("prevents", "avoids", "instead", "rather"),
    }
)
_NEGATION_REACH = 4
_CHINESE_NO = re.compile(r"(?:不要|不得|禁止|切勿|请勿|严禁|避免|不会|不能|绝不|不应)[^，。；、]{0,8}$")


@dataclass(frozen=True, slots=True)
class MentionedConcept:
    """A concept that a sentence mentions: as its how manyth word, and whether the sentence says not to."""

    concept: Concept
    at: int
    is_denied: bool
    words: str


@cache
def _lexicon() -> tuple[
    dict[str, list[tuple[Concept, tuple[str, ...]]]], dict[str, frozenset[Concept]], re.Pattern[str]
]:
    """Phrases by their first word as it is written, Chinese words with their concepts, and a pattern over these."""
    read = tomllib.loads(Path(__file__).with_name("concepts.toml").read_text(encoding="utf-8"))
    phrases: dict[str, list[tuple[Concept, tuple[str, ...]]]] = {}
    chinese: dict[str, frozenset[Concept]] = {}
    for name, words in read.items():
        concept = Concept(name)
        for language, listed in words.items():
            for phrase in listed:
                if language == "chinese":
                    chinese[phrase] = chinese.get(phrase, frozenset()) | {concept}
                else:
                    parts = tuple(_stem(word) for word in phrase.split(" "))
                    phrases.setdefault(parts[0], []).append((concept, parts[1:]))
    longest_first = sorted(chinese, key=lambda one: (-len(one), one))
    return phrases, chinese, re.compile("|".join(map(re.escape, longest_first)))


def _stem(word: str) -> str:
    """A word as tokens are written; a folder stands for whatever lies in it."""
    plain = word.removeprefix("~/") or word
    return plain + "*" if plain.endswith("/") else plain


@lru_cache(maxsize=20_000)
def _begun(token: str) -> tuple[tuple[Concept, tuple[str, ...]], ...]:
    """What may begin with that word."""
    phrases = _lexicon()[0]
    found = list(phrases.get(token, ()))
    for end in range(2, len(token) + 1):
        found.extend(phrases.get(token[:end] + "*", ()))
    return tuple(found)


@lru_cache(maxsize=50_000)
def _begun_with(token: str, second: str) -> tuple[tuple[Concept, tuple[str, ...]], ...]:
    """What may begin with those two words; most pairs come again and again."""
    return tuple((concept, rest) for concept, rest in _begun(token) if not rest or _fits(rest[0], second))


def _fits(written: str, token: str) -> bool:
    return token.startswith(written[:-1]) if written.endswith("*") else token == written


def _goes_on(words: list[str], start: int, rest: tuple[str, ...]) -> bool:
    """Whether a phrase whose first word was found goes on there."""
    return start + len(rest) <= len(words) and all(
        _fits(written, words[start + number]) for number, written in enumerate(rest)
    )


def mentions_in(sentence: str) -> Iterator[MentionedConcept]:
    """Every concept that a sentence mentions, in the order of its words within each script."""
    words = [token.removeprefix("~/").rstrip(".,/") for token in _TOKEN.findall(_NO_WORD.sub(" ", sentence.lower()))]
    for number, token in enumerate(words):
        for concept, rest in _begun_with(token, words[number + 1] if number + 1 < len(words) else ""):
            if len(rest) < 2 or _goes_on(words, number + 1, rest):  # noqa: PLR2004  # both words were seen
                before = words[max(0, number - _NEGATION_REACH) : number]
                shown = " ".join(words[number : number + 1 + len(rest)])
                yield MentionedConcept(concept, number, not _NEGATIONS.isdisjoint(before), shown)
    if not sentence.isascii():
        _, chinese, pattern = _lexicon()
        for found in pattern.finditer(sentence):
            is_denied = _CHINESE_NO.search(sentence[max(0, found.start() - 12) : found.start()]) is not None
            for concept in chinese[found[0]]:
                yield MentionedConcept(concept, found.start(), is_denied, found[0])
