"""How people type commands and decisions, in every language of the catalogue, in chat and by mail alike.

The names of commands and the words that may follow them stand in the catalogue, under `typed.command.` and
`typed.word.`: those of every language are understood from everybody, and English always. Signs are read as an input
method of an East Asian language writes them (NFKC, Unicode standard annex 15): a wide letter, an ideographic blank, a
comma that ends a code. What this module reads it never looks up; whether something may be done is for others to say.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from channels.locales import DEFAULT, languages, sentences

_COMMANDS = "typed.command."
_LONGEST_NAME = 32
_SLIP = "、､"
"""What the key of the slash writes while a Chinese or Japanese input method is on."""
_SIGNS = frozenset(" ,.:;!?。、~")
"""What may stand between a name, a code and a reason, once wide signs are the usual ones."""
_PAIRS = {
    "「": "」",
    "『": "』",
    "《": "》",
    "【": "】",
    "[": "]",
    "(": ")",
    "“": "”",
    "‘": "’",
    '"': '"',
    "'": "'",
    "`": "`",
}
_MARKS = "*#＃"
_ENCLOSING = "「」『』《》【】“”‘’"
_WIDE_ENDS = "。，、！？；…～"
_NUMBER = re.compile(r"([0-9]{1,6})(.*)", re.DOTALL)
_CODE_LENGTHS = range(4, 9)
_DECIDING = frozenset({"approve", "cancel", "deny"})
_ANSWERS = {"assent": "approve", "dissent": "deny"}
"""Everyday words, by the decision that somebody means who says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A decision in words, without a slash: the command that it means, and what follows.

    `code` is what may be the code of a request, in capitals, and `behind` what follows that; `rest` is all that follows
    the deciding word. One that `is_loose` is an everyday word, such as "ok", which answers and never decides.
    """

    command: str
    rest: str = ""
    code: str = ""
    behind: str = ""
    is_loose: bool = False


def names_of(command: str, language: str) -> tuple[str, ...]:
    """What a command is called in a language, the name that is shown first; none where the language has no name."""
    return _listed(f"typed.command.{command}", language)


def shown_name(command: str, language: str) -> str:
    """The name under which somebody who speaks a language reads the command."""
    return next(iter(names_of(command, language)), command)


def command_called(name: str) -> str:
    """The command of that name in any language; the name in small letters where there is none."""
    plain = folded(name)
    return _commands().get(plain, plain)


def is_name(name: str) -> bool:
    """Whether a command is called so in any language."""
    return folded(name) in _commands()


def is_word(typed: str, *words: str) -> bool:
    """Whether what was typed is one of these words, named as in the catalogue, in any language."""
    return word_called(typed, *words) != ""


def word_called(typed: str, *words: str) -> str:
    """Which of these words was typed, in any language; empty for none of them."""
    plain = folded(typed)
    return next((word for word in words if plain in spellings(word)), "")


def names_in_all(command: str) -> frozenset[str]:
    """What a command is called in any language, as words are compared."""
    return frozenset(folded(name) for language in languages() for name in (command, *names_of(command, language)))


@cache
def spellings(word: str) -> frozenset[str]:
    """How a word that may follow a command is typed in any language, as words are compared."""
    return frozenset(folded(each) for language in languages() for each in _listed(f"typed.word.{word}", language))


def counted(typed: str, *units: str) -> tuple[int, str] | None:
    """A number and which of these units follows it, named as in the catalogue, empty for none; None for all else."""
    found = _NUMBER.fullmatch("".join(folded(typed).split()))
    unit = word_called(found[2], *units) if found else ""
    return (int(found[1]), unit) if found and (unit or not found[2]) else None


def shown_word(word: str, language: str) -> str:
    """A word that may follow a command, as somebody who speaks a language types it."""
    return next(iter(_listed(f"typed.word.{word}", language)), word)


def folded(text: str) -> str:
    """The text as words are compared."""
    return plain(text).casefold()


def plain(text: str) -> str:
    """The text with the usual letters for wide and styled ones, and without what nobody can see."""
    return "".join(filter(_is_seen, unicodedata.normalize("NFKC", text))).strip()


def parse(text: str, bot_names: Collection[str] = ()) -> tuple[str, str] | None:
    """The command and what follows its name; None for what is no command, or one for another bot.

    Takes a slash of any width and "/name@bot", with `bot_names` only for one of them. A name that is known in some
    language may be followed by a sign, and one in Chinese letters by its code at once. What is unknown comes as typed.
    """
    typed = _trimmed(text)
    if plain(typed[:1]) != "/":
        return None
    name, behind = _name_in(typed[1:])
    if not name or not name[0].isalpha() or (name.isascii() and len(name) > _LONGEST_NAME):
        return None
    if behind[:1] in {"@", "＠"}:
        bot, _, behind = behind[1:].partition(_first_blank(behind))
        if not bot or (bot_names and bot.casefold() not in {each.casefold() for each in bot_names}):
            return None
    elif behind and not behind[0].isspace() and not _ends_name(name, behind):
        return None
    return command_called(name), _without_signs(behind)


def slip_of(text: str) -> str:
    """The command that somebody meant who pressed the key of the slash and got another sign; empty for none."""
    typed = _trimmed(text)
    if typed[:1] not in tuple(_SLIP):
        return ""
    name, behind = _name_in(typed[1:])
    is_meant = is_name(name) and (not behind or behind[0].isspace() or _ends_name(name, behind))
    return command_called(name) if is_meant else ""


def spoken(text: str) -> Spoken | None:
    """The decision that a message is or begins with, without a slash; None for everything else."""
    typed = _trimmed(text)
    known = folded(typed[: _LONGEST_NAME + 1])
    for name, (command, is_loose) in _deciding().items():
        if not known.startswith(name):
            continue
        rest = _behind(typed, name)
        if rest is None or (is_loose and rest):
            continue
        code, behind = leading(rest)
        is_code = code.isascii() and len(code) in _CODE_LENGTHS
        return Spoken(
            command=command,
            rest=rest,
            code=code.upper() if is_code else "",
            behind=behind if is_code else "",
            is_loose=is_loose,
        )
    return None


def is_order(text: str) -> bool:
    """Whether it is a command, or may decide something."""
    return parse(text) is not None or slip_of(text) != "" or spoken(text) is not None


_LONGEST_HEAD = 200
"""A code or word that begins something, with what stands around it, has fewer characters."""


def leading(rest: str) -> tuple[str, str]:
    """The code or word with which something begins, bare of brackets and signs, and what stands behind it.

    Letters that no code has end one, so that its reason may follow at once.
    """
    head = rest[:_LONGEST_HEAD]
    start = next((at for at, sign in enumerate(head) if _is_letter(sign)), len(head))
    if not all(_is_sign(sign) or sign in _PAIRS or sign in _MARKS for sign in head[:start]):
        return "", rest.strip()
    is_latin = plain(head[start : start + 1]).isascii()
    end = start
    while end < len(head) and _is_letter(head[end], "-_") and plain(head[end]).isascii() == is_latin:
        end += 1
    if end == _LONGEST_HEAD:
        return "", rest.strip()
    behind = rest[end:]
    for sign in reversed(rest[:start]):
        behind = behind.removeprefix(_PAIRS.get(sign, sign))
    return plain(rest[start:end]), _without_signs(behind)


def words(rest: str) -> tuple[str, ...]:
    """What follows a command, split at blanks, each word bare of what an input method puts around it."""
    bare = (plain(each.strip(_ENCLOSING).rstrip(_WIDE_ENDS + _ENCLOSING)) for each in rest.split())
    return tuple(each for each in bare if each)


def behind_words(rest: str, count: int) -> str:
    """What stands behind so many words, as it was typed."""
    split = rest.split(maxsplit=count)
    return split[count].strip() if len(split) > count else ""


def _trimmed(text: str) -> str:
    """The text from the first sign that can be seen."""
    text = text.replace("\0", "")
    start = next((at for at, sign in enumerate(text) if _is_seen(sign) and not sign.isspace()), len(text))
    return text[start:].rstrip()


def _name_in(typed: str) -> tuple[str, str]:
    """The name with which something begins, and what stands behind it."""
    end = 0
    while end < len(typed) and (_is_letter(typed[end], "-_") or not _is_seen(typed[end])):
        end += 1
    name = plain(typed[:end])
    if is_name(name) or name.isascii():
        return name, typed[end:]
    for cut in range(min(end, _LONGEST_NAME), 0, -1):
        is_followed = not plain(typed[cut - 1]).isascii() and plain(typed[cut : cut + 1]).isascii()
        if is_followed and is_name(typed[:cut]):
            return plain(typed[:cut]), typed[cut:]
    return name, typed[end:]


def _ends_name(name: str, behind: str) -> bool:
    """Whether this may stand at once behind a name: a sign, an opening bracket, or the code behind Chinese letters."""
    if name.isascii() and not is_name(name):
        return False
    sign = plain(behind[0])
    if sign == ".":
        return not behind.strip(". ")
    return _is_sign(sign) or not {behind[0], sign}.isdisjoint(_PAIRS) or (_is_letter(sign) and is_name(name))


def _behind(typed: str, name: str) -> str | None:
    """What stands behind a deciding word with which something begins; None where the word goes on there."""
    longest = min(len(typed), 2 * _LONGEST_NAME)
    at = next((at for at in range(1, longest + 1) if folded(typed[:at]) == name), 0)
    if not at:
        return None
    behind = typed[at:]
    goes_on = bool(behind) and _is_letter(behind[0])
    if goes_on and (name.isascii() or not plain(behind[0]).isascii()):
        return None
    return _without_signs(behind)


def _without_signs(text: str) -> str:
    """What is left behind the blanks and signs with which it begins; nothing where it is only such."""
    at = 0
    while at < len(text) and _is_sign(text[at]):
        at += 1
    return text[at:].strip()


def _first_blank(text: str) -> str:
    return next((sign for sign in text if sign.isspace()), " ")


def _is_letter(sign: str, also: str = "") -> bool:
    shown = unicodedata.normalize("NFKC", sign)
    return bool(shown) and all(each.isalnum() or each in also for each in shown)


def _is_sign(sign: str) -> bool:
    """Whether it separates and says nothing; so does what nobody can see."""
    return all(each in _SIGNS for each in plain(sign))


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) != "Cf"


def _listed(key: str, language: str) -> tuple[str, ...]:
    listed = sentences(language if language in languages() else DEFAULT).get(key, "")
    return tuple(filter(None, listed.split("|"))) if isinstance(listed, str) else ()


@cache
def _commands() -> Mapping[str, str]:
    """Every command, by its own name and by what it is called in each language."""
    own = [key.removeprefix(_COMMANDS) for key in sentences(DEFAULT) if key.startswith(_COMMANDS)]
    called = {folded(name): each for language in languages() for each in own for name in names_of(each, language)}
    return {**called, **{each: each for each in own}}


@cache
def _deciding() -> Mapping[str, tuple[str, bool]]:
    """The words that decide and those that only answer, the longest first, with the command that they mean."""
    found = {each: (command, True) for word, command in _ANSWERS.items() for each in spellings(word)}
    found |= {name: (command, False) for name, command in _commands().items() if command in _DECIDING}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))
