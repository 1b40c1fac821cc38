"""The catalogue of sentences: one file for each language in `config/locales`, and the one `say` that reads it.

A file is a JSON object of keys and sentences; `{name}` marks what is filled in. Where a number decides about the words,
the sentence is an object of that field and its forms, `{"count": {"one": "{count} step", "other": "{count} steps"}}`,
under the names of the Unicode plural rules, which `babel` knows for every language. A language is whatever has a file:
no list of languages is kept anywhere else. What a language lacks is said in English. Nothing is read before it is said.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from channels.errors import NexoraError

if TYPE_CHECKING:  # who says nothing with a number in it never loads it
    from babel import Locale

LOCALES = Path(__file__).parents[1] / "config" / "locales"
DEFAULT = "en"
_OTHER = "other"
_TELLING = 2
"""So many of a language's commonest words in one text tell that it is written in it."""
_GROUPED = ":,}"
"""Ends a number that is written as the language writes long ones: 1,234 or 1.234."""

Forms = Mapping[str, Mapping[str, str]]


class CatalogueBroken(NexoraError):
    """A file of sentences cannot be read."""


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages that there are, English first."""
    return tuple(sorted((path.stem for path in LOCALES.glob("*.json")), key=lambda code: (code != DEFAULT, code)))


@cache
def sentences(language: str) -> Mapping[str, str | Forms]:
    """Everything that can be said in a language, as its file has it. Raises CatalogueBroken."""
    path = LOCALES / f"{language}.json"
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueBroken(f"{path} cannot be read: {error}. Put back the file that came with Nexora.") from error
    if not isinstance(read, dict):
        raise CatalogueBroken(f"{path} must be one JSON object of keys and sentences.")
    for key, sentence in read.items():
        if not isinstance(sentence, str) and not _are_forms(sentence):
            raise CatalogueBroken(f'{path}: {key} must be a text, or {{"FIELD": {{"one": "…", "other": "…"}}}}.')
    return read


def say(key: str, language: str, /, **fields: object) -> str:
    """The sentence of that name. Without fields it comes as it stands. Raises KeyError for one that does not exist."""
    spoken = language if language in languages() else DEFAULT
    sentence = sentences(spoken).get(key)
    if sentence is None:
        spoken, sentence = DEFAULT, sentences(DEFAULT)[key]
    if not isinstance(sentence, str):
        sentence = _form(sentence, spoken, fields)
    if _GROUPED in sentence:
        return _InLanguage(spoken).vformat(sentence, (), fields)
    return sentence.format_map(fields) if fields else sentence


def listed(names: Iterable[str], language: str) -> str:
    """Names one after the other, between them the sign that the language has for that."""
    return say("language.list", language).join(names)


def in_each(key: str, /, **fields: object) -> dict[str, str]:
    """The sentence in every language, by its code, for whoever chooses later."""
    return {language: say(key, language, **fields) for language in languages()}


def say_in_each(key: str, /, **fields: object) -> str:
    """The sentence in every language, a line each, for somebody whose language is not known."""
    return "\n".join(in_each(key, **fields).values())


def knows(key: str) -> bool:
    """Whether there is a sentence of that name."""
    return key in sentences(DEFAULT)


def say_to(text: str, told: str, key: str, /, **fields: object) -> str:
    """The sentence for whoever wrote that, if the words or what the platform `told` show a language; else in each."""
    spoken = written_in(text, "") or closest(told, default="")
    return say(key, spoken, **fields) if spoken else say_in_each(key, **fields)


def closest(*wanted: str, default: str = DEFAULT) -> str:
    """The language that suits somebody who wants these, best first: codes as platforms write them, `de-AT`, `zh_CN`."""
    return _negotiated(wanted) or default


def written_in(text: str, default: str = DEFAULT) -> str:
    """The language in which somebody wrote: by letters that no other one here has, else by its commonest words.

    One word tells nothing: who says hello speaks any language.
    """
    for language in languages():
        letters = say("language.letters", language)
        if letters and re.search(f"[{letters}]", text):
            return language
    said = set(re.findall(r"\w+", text.casefold()))
    shared = {language: len(said & _common(language)) for language in languages()}
    most = max(shared, key=lambda language: shared[language])
    return most if shared[most] >= _TELLING and list(shared.values()).count(shared[most]) == 1 else default


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(say("language.words", language).split())


def language_called(words: str) -> str | None:
    """The language that somebody names, by its code or by its name in any language there is; None for none of them.

    Codes with a country or a script count too, as `zh-CN`.
    """
    wanted = words.strip().casefold()
    for code in languages():
        names = [locale_of(code).get_display_name(spoken) or "" for spoken in languages()]
        names += [code, say("language.name", code), *say("language.names", code).split()]
        if wanted in {name.casefold() for name in names if name}:
            return code
    return _negotiated((wanted,)) if re.fullmatch("[a-z]{2,3}([-_][a-z0-9]{2,8}){1,3}", wanted) else None


@cache
def locale_of(language: str) -> "Locale":
    """What babel knows of a language: its plurals, dates, numbers and lists."""
    from babel import Locale  # noqa: PLC0415  # as above

    return Locale.parse(language)


def day_name(weekday: int, language: str) -> str:
    """The short name of a day of the week; 0 is Monday."""
    return str(locale_of(language).days["stand-alone"]["abbreviated"][weekday])


@lru_cache(maxsize=256)
def _negotiated(wanted: tuple[str, ...]) -> str | None:
    known = languages()
    if wanted and wanted[0] in known:
        return wanted[0]
    from babel.core import negotiate_locale  # noqa: PLC0415  # as above

    return negotiate_locale([code.replace("_", "-") for code in wanted], known, sep="-")


class _InLanguage(Formatter):
    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec != ",":
            return str(super().format_field(value, format_spec))
        from babel.numbers import format_decimal  # noqa: PLC0415  # as above

        return format_decimal(value, locale=locale_of(self._language))


def _form(forms: Forms, language: str, fields: Mapping[str, object]) -> str:
    [(field, words)] = forms.items()
    number = fields[field]
    kind = locale_of(language).plural_form(number) if isinstance(number, int | float) else _OTHER
    return words.get(kind, words[_OTHER])


def _are_forms(sentence: Any) -> bool:
    if not isinstance(sentence, dict) or len(sentence) != 1:
        return False
    [forms] = sentence.values()
    return isinstance(forms, dict) and _OTHER in forms and all(isinstance(form, str) for form in forms.values())
